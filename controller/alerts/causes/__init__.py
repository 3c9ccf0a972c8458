"""Which alert is the cause and which only follow from it: one fault, one message."""
