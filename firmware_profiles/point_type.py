"""What the number is that a device tells."""

from enum import StrEnum


class PointType(StrEnum):
    """What the device's number is. Counters become rates per second; timeticks (1/100 s) become seconds."""

    GAUGE = "gauge"
    COUNTER32 = "counter32"
    COUNTER64 = "counter64"
    TIMETICKS = "timeticks"
    STATE = "state"
    BITS = "bits"
    """A state told as bits (RFC 2578, section 7.1.4): the first of `states` whose bit is set; ``none`` when no bit is."""
    MOMENT = "moment"
    """An instant as text (ISO 8601): seconds from now, above 0 when it lies ahead. In messages and answers only."""

    @property
    def counts(self) -> bool:
        """Whether two readings are needed."""
        return self in {PointType.COUNTER32, PointType.COUNTER64}

    @property
    def tells_state(self) -> bool:
        """Whether raw values stand for states of the metric."""
        return self in {PointType.STATE, PointType.BITS}
