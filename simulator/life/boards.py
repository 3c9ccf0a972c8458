"""Interactive boards: on in the lessons that use them. Some never are; some are on all day and nobody touches them."""

from enum import Enum

import numpy as np

from simulator.district.device import SimDevice
from simulator.district.dice import key_of
from simulator.district.site import SimSite
from simulator.life.columns import ColumnName, Quantity
from simulator.life.fault import FaultName
from simulator.life.moment import MINUTE_MS, Moments
from simulator.life.noise import Floats, chance, keys_for, wander
from simulator.life.scene import Scene

OFF, STANDBY, ON = 0.0, 1.0, 2.0
NO_INPUT, BUILTIN, HDMI, CAST = 0.0, 1.0, 2.0, 4.0
_LESSONS_A_DAY = 32


class Habit(Enum):
    """What becomes of a board."""

    USED = "used"
    NEVER = "never"
    IDLE_ON = "idle_on"


QUANTITIES = (
    Quantity.ALIVE,
    Quantity.POWER,
    Quantity.INPUT,
    Quantity.APP,
    Quantity.TOUCHES,
    Quantity.CPU,
    Quantity.MEMORY,
    Quantity.STORAGE,
    Quantity.TEMPERATURE,
)
APPS = ("none", "whiteboard", "teaching", "presentation", "video", "browser")
"""What may be in front of a board's own computer, by the number of its quantity."""


def habit_of(seed: int, site: str, device: str) -> Habit:
    """About one board in eight is never used, one in nine idles."""
    roll = key_of(seed, site, device, "habit") % 1000
    if roll < 125:
        return Habit.NEVER
    return Habit.IDLE_ON if roll < 235 else Habit.USED


class BoardPanel:
    """All boards of a site side by side."""

    def __init__(self, seed: int, site: SimSite, boards: tuple[SimDevice, ...]) -> None:
        self.names = [ColumnName(board.id, quantity) for quantity in QUANTITIES for board in boards]
        self._ids = [board.id for board in boards]
        self._keys = keys_for([key_of(seed, site.id, board.id) for board in boards])
        habits = [habit_of(seed, site.id, board.id) for board in boards]
        self._is_idle_on = np.array([habit is Habit.IDLE_ON for habit in habits])
        likely = [0.45 + 0.5 * (key_of(seed, site.id, board.id, "liking") % 1000) / 1000 for board in boards]
        self._likely = np.array(likely) * np.array([habit is Habit.USED for habit in habits])
        self._lessons = _lesson_grid(site, [board.room for board in boards])

    def used(self, moments: Moments) -> Floats:
        """1 where a board is used in a lesson, 0 elsewhere; shape (instants, boards)."""
        period = moments.period
        lesson = self._lessons[moments.weekday, period]
        wish = chance(self._keys, moments.day * _LESSONS_A_DAY + period) < self._likely
        used: Floats = (lesson & wish & (period >= 0)[:, np.newaxis]).astype(np.float64)
        return used

    def hungry(self, moments: Moments) -> Floats:
        """Share of its possible traffic a board asks for."""
        return np.maximum(self.used(moments), 0.04 * self._idle(moments))

    def fill(self, scene: Scene) -> Floats:
        """See `Panel`."""
        now = scene.now
        used, idle = self.used(now), self._idle(now)
        working = used + idle * (1 - used)
        at_school = ((now.presence > 0.3)[:, np.newaxis] & (self._likely > 0)).astype(np.float64)
        power = np.where(working > 0, ON, at_school * STANDBY)
        lesson_steps = now.day * _LESSONS_A_DAY + now.period
        taste = chance(self._keys ^ np.uint64(5), lesson_steps)
        source = np.where(taste < 0.62, BUILTIN, np.where(taste < 0.85, HDMI, CAST))
        busy = chance(self._keys ^ np.uint64(6), now.at // MINUTE_MS)
        touches = np.floor(used * busy * busy * 40)
        cpu = power * 3 + used * (18 + 30 * busy) + idle * 4 + 2
        warmth = wander(self._keys ^ np.uint64(7), now.at, 40 * MINUTE_MS)
        temperature = 24 + 9 * working + 6 * used + 2.5 * warmth
        app = np.where(used * (source == BUILTIN) > 0, 1 + np.floor(taste / 0.62 * (len(APPS) - 1)), 0.0)
        memory = (power > OFF) * (24 + 0.5 * cpu + 3 * warmth)
        disk = 30 + (self._keys % np.uint64(55)).astype(np.float64) + 0 * power
        return np.hstack((self._alive(scene), power, source * used, app, touches, cpu, memory, disk, temperature))

    def _idle(self, moments: Moments) -> Floats:
        open_hours = moments.between(7 * 60 + 15, 18 * 60) & moments.is_school_day
        idle: Floats = (open_hours[:, np.newaxis] & self._is_idle_on).astype(np.float64)
        return idle

    def _alive(self, scene: Scene) -> Floats:
        return alive_of(scene, self._ids)


def alive_of(scene: Scene, ids: list[str]) -> Floats:
    """1 where a device has power, a line, and does not hang; shape (instants, devices)."""
    alive = np.repeat((~scene.dark).astype(np.float64)[:, np.newaxis], len(ids), axis=1)
    for device in scene.faults.devices(FaultName.HANG_BOARD) & set(ids):
        alive[scene.faults.during(FaultName.HANG_BOARD, scene.now.at, device), ids.index(device)] = 0.0
    if scene.faults.faults:
        for index, device in enumerate(ids):
            alive[scene.silent(device), index] = 0.0
    for device in scene.faults.devices(FaultName.GATEWAY_HANGS) & set(ids):
        alive[scene.faults.during(FaultName.GATEWAY_HANGS, scene.now.at, device), ids.index(device)] = 0.0
    return alive


def _lesson_grid(site: SimSite, rooms: list[str]) -> np.ndarray[tuple[int, int, int], np.dtype[np.bool_]]:
    """Whether a room has a lesson: indexed by weekday, period, board."""
    grid = np.zeros((7, max(1, len(site.periods)), len(rooms)), dtype=np.bool_)
    for lesson in site.lessons:
        for index, room in enumerate(rooms):
            if room == lesson.room:
                grid[lesson.weekday, lesson.period, index] = True
    return grid
