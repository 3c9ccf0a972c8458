"""How samples are named in InfluxDB: the one thing that its writer, its readers and the dashboards must agree on.

A measurement is a metric of the catalogue and has its unit for ever. Raw samples stand in the default retention policy
with the field `value`; each roll-up has a policy of its own, with five fields and the start of its bucket as time. On
InfluxDB 2 a policy is the bucket ``campus`` or ``campus/5m``, which `/query` maps to database and policy by their names.
"""

from enum import StrEnum
from typing import Final, NamedTuple

DATABASE: Final = "campus"


class Policy(StrEnum):
    """Retention policies; RAW is the one every database of InfluxDB 1.x is born with."""

    RAW = "autogen"
    FIVE_MINUTES = "5m"
    HOUR = "1h"
    DAY = "1d"

    @property
    def level(self) -> str:
        """What the controller's stores call what stands in it.

        >>> Policy.RAW.level, Policy.HOUR.level
        ('raw', '1h')
        """
        return "raw" if self is Policy.RAW else str(self)


class Tag(StrEnum):
    """Tags of every sample. One that is empty is left out, as InfluxDB has no empty tags."""

    SITE = "site"
    DEVICE = "device"
    KIND = "kind"
    ROOM = "room"
    INSTANCE = "instance"


class Field(StrEnum):
    """VALUE is raw, the others are of roll-ups; all are floats but COUNT, an integer."""

    VALUE = "value"
    COUNT = "count"
    MINIMUM = "min"
    MEAN = "mean"
    MAXIMUM = "max"
    P95 = "p95"


ALERT_MEASUREMENT: Final = "campanile_alert"
"""One point for each alert at the instant it opened, written again as it changes; tags site, device, kind, instance, rule,
severity; fields id, ends_at (ms; now while it stands), title_en, title_zh, text_en, text_zh, state (open, cleared). None of
what stands hidden: behind a cause, held back, silenced."""
MAINTENANCE_MEASUREMENT: Final = "campanile_maintenance"
"""One point for each time a silence or maintenance window begins; tag site (none: the whole district); fields id, ends_at
(ms), title_en, title_zh, text_en, text_zh."""
LEVEL_MEASUREMENT: Final = "campanile_level"
"""Which policy fits a range of time: one point for each policy, at the midnight before now in UTC plus its place in ms. Tag
level; fields policy, width (of its intervals, as InfluxQL writes it), mean, minimum, maximum, p95 (names of fields there),
least_ms, below_ms (the range's length in ms, half open; integers)."""
STORE_MEASUREMENT: Final = "campanile_store"
"""One point a day in the policy 1d, and one in each at every start, without tags: the field id, a text, names the controller's
store that these data are of."""
_HOUR_MS: Final = 3_600_000


class FittingLevel(NamedTuple):
    """For ranges of time of least_ms <= length < below_ms, where to read and which field is what."""

    policy: Policy
    least_ms: int
    below_ms: int
    mean: Field = Field.MEAN
    minimum: Field = Field.MINIMUM
    maximum: Field = Field.MAXIMUM
    p95: Field = Field.P95

    @property
    def width(self) -> str:
        """Of the intervals to group by. A roll-up's are its buckets, so that a mean is the mean; raw comes once a minute.

        >>> FittingLevel(Policy.HOUR, 0, 1).width
        '1h'
        """
        return "1m" if self.policy is Policy.RAW else str(self.policy)

    def words(self) -> dict[str, str]:
        """Those fields of its point that are texts; dashboards have a hidden variable for each."""
        return {
            "policy": str(self.policy),
            "width": self.width,
            "mean": str(self.mean),
            "minimum": str(self.minimum),
            "maximum": str(self.maximum),
            "p95": str(self.p95),
        }

    def fields(self) -> dict[str, str | int]:
        """Of its point of LEVEL_MEASUREMENT, whose tag is the policy's `level`."""
        return {**self.words(), "least_ms": self.least_ms, "below_ms": self.below_ms}


FITTING_LEVELS: Final = (
    FittingLevel(Policy.RAW, 0, 4 * _HOUR_MS, Field.VALUE, Field.VALUE, Field.VALUE, Field.VALUE),
    FittingLevel(Policy.FIVE_MINUTES, 4 * _HOUR_MS, 4 * 24 * _HOUR_MS),
    FittingLevel(Policy.HOUR, 4 * 24 * _HOUR_MS, 60 * 24 * _HOUR_MS),
    FittingLevel(Policy.DAY, 60 * 24 * _HOUR_MS, 1 << 53),
)
"""What the points of LEVEL_MEASUREMENT say, in their order: at most some 1,400 buckets of a series are read for any range."""
