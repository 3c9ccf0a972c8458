"""Hearing devices on the school's own brokers.

`listener` has the connection and the loop; each other file understands one dialect behind the small port of `port`.
"""
