"""Telling: who hears of an alert, when, by which channel, in which words; and the ledger that says why (not)."""
