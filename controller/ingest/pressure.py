"""How hard ingest is pressed, and what that asks of an agent. Pure: what is known goes in, a level and a hold come out.

Pressure rises at once and falls slowly, one level at a time, so that schools are not called and sent away in turns.
"""

import math
from enum import IntEnum
from typing import Final, NamedTuple

from campus.topics import Address

CALM_S: Final = 10.0
"""A level is left once the load has been low for this long."""
BACKLOG_LAG_S: Final = 5.0
BACKLOG_FILL: Final = 0.5
ALL_LAG_S: Final = 20.0
ALL_FILL: Final = 0.9
LOW: Final = 0.4
"""The share of what raises a level under which the load must stay for the level to be left."""
HOLD_BACKLOG_S: Final = 30
TURNS: Final = 4
TURN_S: Final = 5
"""At the highest level a quarter of the schools may send at any time, for this long, one after the other."""


class Load(NamedTuple):
    """What ingest knows of itself. `lag_s`: how long the oldest message not taken yet has waited; `fill`: 1.0 is full.

    `is_stuck`: the store cannot be written just now (away, or its disk is full).
    """

    lag_s: float
    fill: float
    is_stuck: bool


class Level(IntEnum):
    """What is asked of the agents: nothing, to keep their backlog back, to take turns even with what is new."""

    FREE = 0
    BACKLOG = 1
    ALL = 2


class Hold(NamedTuple):
    """What an agent is asked to keep back, in seconds from hearing it; 0 means that it may send."""

    hold_s: int = 0
    hold_backlog_s: int = 0


def called_for(load: Load, share: float = 1.0) -> Level:
    """The level this load raises; with a `share` under 1 the one that it still holds up.

    >>> called_for(Load(lag_s=7.0, fill=0.1, is_stuck=False)).name
    'BACKLOG'
    """
    if load.is_stuck or load.lag_s >= ALL_LAG_S * share or load.fill >= ALL_FILL * share:
        return Level.ALL
    if load.lag_s >= BACKLOG_LAG_S * share or load.fill >= BACKLOG_FILL * share:
        return Level.BACKLOG
    return Level.FREE


class Pressure:
    """The level over time. One thread reads the load into it."""

    def __init__(self) -> None:
        self.level = Level.FREE
        self._calm_since_s: float | None = None

    def read(self, load: Load, now_s: float) -> Level:
        """The level from now on."""
        if called_for(load) > self.level:
            self.level, self._calm_since_s = called_for(load), None
        elif called_for(load, LOW) >= self.level:
            self._calm_since_s = None
        elif self._calm_since_s is None:
            self._calm_since_s = now_s
        elif now_s - self._calm_since_s >= CALM_S:
            self.level, self._calm_since_s = Level(self.level - 1), now_s
        return self.level


def hold_at(level: Level, address: Address, now_s: float) -> Hold:
    """What an agent is asked at a level.

    At the highest it waits for its school's turn, which comes every `TURNS` times `TURN_S` seconds.

    >>> from campus.ids import AgentId, SiteId
    >>> hold_at(Level.BACKLOG, Address(SiteId("no-1"), AgentId("no-1")), 0.0)
    Hold(hold_s=0, hold_backlog_s=30)
    """
    if level is Level.FREE:
        return Hold()
    if level is Level.BACKLOG:
        return Hold(0, HOLD_BACKLOG_S)
    round_s = TURNS * TURN_S
    begins_s = address.partition % TURNS * TURN_S
    until_turn_s = (begins_s - now_s) % round_s
    is_its_turn = round_s - until_turn_s < TURN_S or until_turn_s == 0
    return Hold(0 if is_its_turn else math.ceil(until_turn_s), HOLD_BACKLOG_S)
