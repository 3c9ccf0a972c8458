"""What each end device of a school asks of the network, in bit/s down (towards the device) and up."""

from dataclasses import dataclass
from enum import Enum

import numpy as np

from campus.samples import DeviceKind
from simulator.district.dice import key_of
from simulator.district.site import SimSite
from simulator.life.boards import BoardPanel
from simulator.life.moment import MINUTE_MS, Moments
from simulator.life.noise import Floats, chance, keys_for, wander
from simulator.life.scene import Scene
from simulator.life.watchers import CAMERA_BPS

MEGABIT = 1_000_000.0
UPLOAD_BEGIN, UPLOAD_END = 18 * 60, 23 * 60
"""Minutes between which cameras hand the day's recordings to the centre."""
UPLOAD_FACTOR = 3.0
KITCHEN_CAMERA = "camera-kitchen"
"""Must reach the food regulator's platform all day."""
SOCKET_BPS = 700 * MEGABIT
"""What a gigabit socket carries at most, as the mean of five minutes."""
CELL_MS = 5_000
BLOCK_MS = 300_000
CELLS_PER_BLOCK = BLOCK_MS // CELL_MS


class Course(Enum):
    """What the traffic of an end device follows."""

    BOARD = "board"
    RADIO = "radio"
    CAMERA = "camera"
    OFFICE = "office"
    COMPUTERS = "computers"
    TRICKLE = "trickle"


@dataclass(frozen=True)
class Appetite:
    """Mean bit/s when a device wants all it can use, before the school's own factor."""

    down_bps: float
    up_bps: float


APPETITE = {
    Course.BOARD: Appetite(9 * MEGABIT, 1.6 * MEGABIT),
    Course.RADIO: Appetite(62 * MEGABIT, 11 * MEGABIT),
    Course.CAMERA: Appetite(20_000.0, CAMERA_BPS),
    Course.OFFICE: Appetite(85 * MEGABIT, 24 * MEGABIT),
    Course.COMPUTERS: Appetite(290 * MEGABIT, 26 * MEGABIT),
    Course.TRICKLE: Appetite(9_000.0, 14_000.0),
}
_COURSE_OF_KIND = {
    DeviceKind.BOARD: Course.BOARD,
    DeviceKind.ACCESS_POINT: Course.RADIO,
    DeviceKind.CAMERA: Course.CAMERA,
}
_COURSE_OF_SOCKET = {"office": Course.OFFICE, "computer-room": Course.COMPUTERS}


class Demand:
    """All end devices of a school side by side, in the order of `leaves`."""

    def __init__(self, seed: int, site: SimSite, boards: BoardPanel) -> None:
        self.leaves = list(site.wired)
        self.courses = [_course(site, leaf) for leaf in self.leaves]
        self.is_camera = np.array([course is Course.CAMERA for course in self.courses])
        self._boards = boards
        self._keys = keys_for([key_of(seed, site.id, leaf, "traffic") for leaf in self.leaves])
        scale = np.where(self.is_camera, 1.0, site.demand)
        self._down = np.array([APPETITE[course].down_bps for course in self.courses]) * scale
        self._up = np.array([APPETITE[course].up_bps for course in self.courses]) * scale
        self._jitter = np.where(self.is_camera, 0.06, 0.35)
        self._columns = {course: [i for i, c in enumerate(self.courses) if c is course] for course in Course}
        self._computer_lessons = _grid_of(site, "computer-1")
        self._kitchen = [i for i, leaf in enumerate(self.leaves) if leaf == KITCHEN_CAMERA]

    def asked(self, scene: Scene) -> tuple[Floats, Floats]:
        """(down, up) in bit/s, each of shape (instants, leaves): the mean of the five minutes each instant lies in."""
        block = scene.block
        want = np.full((len(block), len(self.leaves)), 1.0)
        want[:, self._columns[Course.BOARD]] = self._boards.hungry(block)
        want[:, self._columns[Course.RADIO]] = (0.02 + 0.98 * block.presence)[:, np.newaxis]
        want[:, self._columns[Course.OFFICE]] = (0.03 + 0.97 * block.presence)[:, np.newaxis]
        want[:, self._columns[Course.COMPUTERS]] = self._at_computers(block)[:, np.newaxis]
        want[:, self._columns[Course.CAMERA]] = _uploading(block)[:, np.newaxis]
        want[:, self._kitchen] = 1.0
        mood = 1 + self._jitter * wander(self._keys, block.at, 30 * MINUTE_MS)
        roll = 1 + self._jitter * (chance(self._keys ^ np.uint64(9), block.at // BLOCK_MS) - 0.5)
        want *= mood * roll
        return np.minimum(want * self._down, SOCKET_BPS), np.minimum(want * self._up, SOCKET_BPS)

    def cell_weights(self, scene: Scene) -> Floats:
        """How the five seconds of each instant differ from the mean of their five minutes; over those the mean is exactly 1."""
        block = scene.block.at // BLOCK_MS
        weights = np.empty((len(block), len(self.leaves)))
        for number in np.unique(block):
            cells = number * CELLS_PER_BLOCK + np.arange(CELLS_PER_BLOCK)
            raw = 0.7 + 0.6 * chance(self._keys ^ np.uint64(11), cells)
            raw = 1 + np.clip(raw / raw.mean(axis=0) - 1, -0.4, 0.4) * self._jitter / 0.35
            raw += 1 - raw.mean(axis=0)
            mine = block == number
            weights[mine] = raw[scene.now.at[mine] // CELL_MS - number * CELLS_PER_BLOCK]
        return weights

    def _at_computers(self, block: Moments) -> Floats:
        lesson = self._computer_lessons[block.weekday, block.period] & (block.period >= 0)
        return np.where(lesson, 1.0, 0.02 + 0.06 * block.presence)


def _uploading(block: Moments) -> Floats:
    return np.where(block.between(UPLOAD_BEGIN, UPLOAD_END), UPLOAD_FACTOR, 0.05)


def _course(site: SimSite, leaf: str) -> Course:
    if leaf in _COURSE_OF_SOCKET:
        return _COURSE_OF_SOCKET[leaf]
    return _COURSE_OF_KIND.get(site.device(leaf).kind, Course.TRICKLE)


def _grid_of(site: SimSite, room: str) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    grid = np.zeros((7, max(1, len(site.periods))), dtype=np.bool_)
    for lesson in site.lessons:
        if lesson.room == room:
            grid[lesson.weekday, lesson.period] = True
    return grid
