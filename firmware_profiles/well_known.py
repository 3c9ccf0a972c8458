"""What standard OIDs count in, so that a scale that a person forgot is seen before a wrong number is.

Columns without index, scalars with their ``.0``. The factor brings the device's unit to the catalogue's.
"""

from typing import NamedTuple


class WellKnown(NamedTuple):
    """A standard object: its name, what the device counts in, and the scale to the catalogue's unit."""

    name: str
    counted_in: str
    scale: float


WELL_KNOWN = {
    # IF-MIB, RFC 2863
    "1.3.6.1.2.1.2.2.1.5": WellKnown("ifSpeed", "bit/s", 1),
    "1.3.6.1.2.1.2.2.1.10": WellKnown("ifInOctets", "octets", 8),
    "1.3.6.1.2.1.2.2.1.16": WellKnown("ifOutOctets", "octets", 8),
    "1.3.6.1.2.1.31.1.1.1.6": WellKnown("ifHCInOctets", "octets", 8),
    "1.3.6.1.2.1.31.1.1.1.10": WellKnown("ifHCOutOctets", "octets", 8),
    "1.3.6.1.2.1.31.1.1.1.15": WellKnown("ifHighSpeed", "Mbit/s", 1e6),
    # UPS-MIB, RFC 1628
    "1.3.6.1.2.1.33.1.2.3.0": WellKnown("upsEstimatedMinutesRemaining", "minutes", 60),
    "1.3.6.1.2.1.33.1.2.4.0": WellKnown("upsEstimatedChargeRemaining", "percent", 1),
    "1.3.6.1.2.1.33.1.2.7.0": WellKnown("upsBatteryTemperature", "degrees Celsius", 1),
    "1.3.6.1.2.1.33.1.3.3.1.3": WellKnown("upsInputVoltage", "volts", 1),
    "1.3.6.1.2.1.33.1.4.4.1.2": WellKnown("upsOutputVoltage", "volts", 1),
    "1.3.6.1.2.1.33.1.4.4.1.4": WellKnown("upsOutputPower", "watts", 1),
    "1.3.6.1.2.1.33.1.4.4.1.5": WellKnown("upsOutputPercentLoad", "percent", 1),
    # HOST-RESOURCES-MIB, RFC 2790
    "1.3.6.1.2.1.25.3.3.1.2": WellKnown("hrProcessorLoad", "percent", 1),
}
