"""What a school's boards were used for, hour by hour, added up: so that a picture of 800 schools need not read every board."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from campus.ids import DeviceId, MetricId, SiteId
from controller.gauges.model import BOARD_USE, SCHOOL, WHOLE, Table
from controller.localtime import DAY_MS
from controller.store.port import DistrictSeries, Level, SampleStore, Times
from controller.utilisation.model import HourUse

IN_LESSONS: Final = MetricId("school_boards_in_lessons")
USED_IN_LESSONS: Final = MetricId("school_boards_used_in_lessons")
WITH_LESSONS: Final = MetricId("school_boards_with_lessons")
EVER_USED: Final = MetricId("school_boards_ever_used")
WEEK_MS: Final = 7 * DAY_MS
_GROWTH: Final = 1024


def hours_of_schools(uses: Sequence[HourUse], hours: Times) -> list[Table]:
    """Of each school and hour (ascending): the boards whose use in lessons is known, and the sum of their used shares."""
    number_of = {site: number for number, site in enumerate(dict.fromkeys(use.site for use in uses))}
    place = np.array([number_of[use.site] for use in uses], np.intp)
    column = np.searchsorted(hours, np.array([use.at for use in uses], np.int64))
    known = np.zeros((len(number_of), len(hours)))
    used = np.zeros(known.shape)
    np.add.at(known, (place, column), 1.0)
    np.add.at(used, (place, column), np.array([use.share for use in uses]))
    return [
        Table(_of(metric, list(number_of)), np.where(known > 0, value, np.nan))
        for metric, value in ((IN_LESSONS, known), (USED_IN_LESSONS, used))
    ]


class LastUse:
    """When each board was last in a lesson, and last used in one: which boards a week has seen. One thread."""

    def __init__(self) -> None:
        self._number_of: dict[tuple[SiteId, DeviceId], int] = {}
        self._site_of: dict[SiteId, int] = {}
        self._school: NDArray[np.intp] = np.zeros(_GROWTH, np.intp)
        self._at: NDArray[np.int64] = np.zeros((2, _GROWTH), np.int64)  # last in a lesson, last used in one

    def remember(self, store: SampleStore, until: int) -> None:
        """What the store has of the week before `until`."""
        ids = store.find_ids(metric=BOARD_USE)
        found = store.window(ids, until - WEEK_MS, until, Level.HOUR)
        board = np.array([self._number(name.site, name.device) for name in store.series_names(ids)], np.intp)
        self._note(board[np.searchsorted(ids, found.series)], found.at, found.maximum > 0)

    def hear(self, uses: Sequence[HourUse]) -> None:
        """Some hours more."""
        board = np.array([self._number(use.site, use.device) for use in uses], np.intp)
        at = np.array([use.at for use in uses], np.int64)
        self._note(board, at, np.array([use.share > 0 for use in uses], np.bool_))

    def tables(self, hour: int) -> list[Table]:
        """Of each school: boards that had lessons within the week that ends with the hour that begins at `hour`, and those
        of them that were used in any."""
        boards = len(self._number_of)
        recent = self._at[:, :boards] > hour - WEEK_MS
        found = []
        for metric, seen in zip((WITH_LESSONS, EVER_USED), recent, strict=True):
            count = np.bincount(self._school[:boards][seen], minlength=len(self._site_of)).astype(float)
            found.append(Table(_of(metric, list(self._site_of)), count.reshape(-1, 1)))
        return found

    def _note(self, board: NDArray[np.intp], at: Times, is_used: NDArray[np.bool_]) -> None:
        np.maximum.at(self._at[0], board, at)
        np.maximum.at(self._at[1], board[is_used], at[is_used])

    def _number(self, site: SiteId, device: DeviceId) -> int:
        number = self._number_of.setdefault((site, device), len(self._number_of))
        if number == len(self._school):
            self._school = np.concatenate([self._school, np.zeros(number, np.intp)])
            self._at = np.concatenate([self._at, np.zeros((2, number), np.int64)], axis=1)
        self._school[number] = self._site_of.setdefault(site, len(self._site_of))
        return number


def _of(metric: MetricId, sites: Sequence[SiteId]) -> list[DistrictSeries]:
    return [DistrictSeries(site, SCHOOL, metric, WHOLE) for site in sites]
