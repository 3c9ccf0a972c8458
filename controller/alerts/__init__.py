"""Judgement: rules over series, kept as arrays of state, and the alerts they raise."""
