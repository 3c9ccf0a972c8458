"""Nouns of path quality: the `path:` block of agent.yaml, and what was measured. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import msgspec

from agent.secret_source import SecretSource


class TargetEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place that answers pings, by address or name: the centre, the school's gateway, something beyond."""

    id: str
    address: str


class ThroughputEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A transfer to and from the controller now and then, when it grants one: `url` is the console's address.

    At most `max_bytes` each way, no faster than `max_bps`; the controller may allow less. The first turn is asked for within
    `first_within_s` of the start, each agent at its own moment.
    """

    url: str
    token: SecretSource
    ca_file: str = ""
    every_s: float = 6 * 3600.0
    first_within_s: float = 3600.0
    max_bytes: int = 8 << 20
    max_bps: float = 100e6


class PathSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is pinged: every `every_s`, `pings` packets `interval_s` apart. The largest packet is sought every `mtu_every_s`."""

    targets: tuple[TargetEntry, ...] = ()
    every_s: float = 60.0
    pings: int = 10
    interval_s: float = 0.2
    timeout_s: float = 1.0
    mtu_every_s: float = 3600.0
    throughput: ThroughputEntry | None = None


class PathState(IntEnum):
    """How a place answered pings: the numbers of the catalogue's `path_state`."""

    ANSWERS = 1
    SILENT = 2
    NAME_NOT_FOUND = 3
    NOT_PERMITTED = 4


@dataclass(frozen=True)
class Pinged:
    """One round of pings: round-trip times of those answered, in the order they were sent."""

    state: PathState
    sent: int = 0
    rtts_ms: tuple[float, ...] = ()

    @property
    def loss_percent(self) -> float:
        """Share of pings without an answer."""
        return 100.0 * (1 - len(self.rtts_ms) / self.sent) if self.sent else 100.0

    @property
    def jitter_ms(self) -> float | None:
        """Variation of delay: the mean absolute difference between one answered ping and the next; None below two.

        The packet delay variation of RFC 3393, of round trips (no clock at the far end is needed), summed up as its mean
        magnitude. It is not the smoothed estimate of RFC 3550, which depends on everything that went before.

        >>> Pinged(PathState.ANSWERS, 3, (10.0, 14.0, 12.0)).jitter_ms
        3.0
        """
        if len(self.rtts_ms) < 2:
            return None
        steps = [abs(later - earlier) for earlier, later in zip(self.rtts_ms, self.rtts_ms[1:], strict=False)]
        return sum(steps) / len(steps)


def percentile(values: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile: of n ascending values the one at rank ceil(share n); None of nothing.

    >>> percentile([4.0, 1.0, 3.0, 2.0], 0.5), percentile([4.0, 1.0, 3.0, 2.0], 0.95)
    (2.0, 4.0)
    """
    return sorted(values)[max(1, math.ceil(share * len(values))) - 1] if values else None
