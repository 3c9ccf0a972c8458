"""Hearing what devices say unasked: SNMP traps and informs become events, and the device is read again at once.

`receiver` listens and counts, `engine` alone knows pysnmp, `meaning` turns a notification into an event, `storm` keeps
a device that shouts from drowning the others, `senders` knows whose address is whose.
"""
