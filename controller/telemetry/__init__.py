"""Reading samples for people: newest values and charts, checked against the caller's scope."""
