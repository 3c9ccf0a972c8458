"""Silences and maintenance windows: what nobody is told of for a while, by whom, why, until when."""
