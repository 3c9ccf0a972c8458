"""What a store can do besides, so that a whole history moves from one to another: `controller.store.copying` uses it."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from controller.store.marks import Run, Stream
from controller.store.port import FrameMark, Level, SampleStore
from controller.store.rollup import Buckets, Rows


class MovableStore(SampleStore, Protocol):
    """Used by one thread while nobody else uses the store; errors are those of `SampleStore`."""

    @property
    def keeps_twins(self) -> bool:
        """Whether two samples of one series at the same instant are both kept; else the later takes the other's place."""

    def kept_days(self) -> dict[int, bool]:
        """Each local day that has rows or buckets, by its start, ascending; and whether its raw samples are still kept."""

    def frame_runs(self) -> list[tuple[Stream, Run]]:
        """All committed frames."""

    def append_buckets(self, level: Level, buckets: Buckets, marks: Sequence[FrameMark]) -> None:
        """Keep roll-ups of days whose raw samples are gone, with the marks in one commit; known marks: nothing happens.

        Each bucket comes once. The days, and all before them, are final: samples of them come too late from now on.
        """

    def floors(self) -> Mapping[Level, int]:
        """Where what is kept of each level begins, for those of which something was dropped."""

    def inherit(self, frames: Sequence[tuple[Stream, Run]], latest: Rows, floors: Mapping[Level, int]) -> None:
        """Take over frames that another store has committed, newest values, and floors; may be repeated.

        What the other store has no more of a level is looked for at a coarser one from now on, however long this one keeps.
        """
