"""SNMP v1 and v2c as a device speaks it: codec, MIB trees, a UDP responder, and the replay of recordings.

`ber` is bytes, `message` is one SNMP message, `tree` is what a device knows, `dialogue` answers a request from a tree,
`responder` does so over UDP, `snmprec` reads recordings into trees, `quirk` makes a device as awkward as real ones are.
"""
