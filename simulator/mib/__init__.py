"""What each device of the district answers over SNMP: object identifiers and, behind each, a constant or a quantity of its life.

One `DeviceMib` serves the live responder and the writer of history, so both say the same.
"""
