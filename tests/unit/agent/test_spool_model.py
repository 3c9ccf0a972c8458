"""No frame is lost or invented, whatever the order of append, acknowledge, drop, failed write and restart."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.spool.file import FRAME_OVERHEAD_BYTES, DiskFull, SpoolFile
from campus.wire.codec import decode_frame
from campus.wire.frame import Body, SamplesBody
from tests.support.disk import file_size_limit
from tests.unit.agent.bodies import HERE, NOW, event, facts, noisy

MAX_BYTES = 60_000
MAX_AGE_S = 100
FRAME = st.one_of(
    st.builds(noisy, st.integers(1, 400), st.integers(0, 5)),
    st.builds(facts, st.sampled_from(["sw-1", "sw-2"])),
    st.builds(event, st.text("ab", max_size=20)),
)


class SpoolAgainstModel(RuleBasedStateMachine):
    """The model: a dictionary of what must be there, by number, with the rule of what goes first."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.model: dict[int, tuple[Body, int, int]] = {}
        self.dropped_points = 0
        self.highest = 0
        self.now = NOW

    @initialize()
    def first_start(self) -> None:
        self.spool = self._opened()
        self.epoch = self.spool.epoch

    def _opened(self) -> SpoolFile:
        spool = SpoolFile(self.folder / "spool.db", HERE, MAX_BYTES, MAX_AGE_S)
        spool.open(self.now)
        return spool

    @rule(bodies=st.lists(FRAME, min_size=1, max_size=8))
    def append(self, bodies: list[Body]) -> None:
        numbers = self.spool.append(bodies, self.now)
        assert numbers == sorted(set(numbers))
        assert numbers[0] > self.highest
        self.highest = numbers[-1]
        sizes = {stored.number: len(stored.payload) for stored in self.spool.read_from(numbers[0], 100)}
        for number, body in zip(numbers, bodies, strict=True):
            # A frame dropped in its own commit has no size to look up; it only happens to samples beyond the bound.
            self.model[number] = (body, self.now, sizes.get(number, MAX_BYTES) + FRAME_OVERHEAD_BYTES)
        self._drop_in_model()

    def _drop_in_model(self) -> None:
        for number, (body, made_at, _) in sorted(self.model.items()):
            too_old = made_at < self.now - MAX_AGE_S * 1000
            too_many = sum(size for _, _, size in self.model.values()) > MAX_BYTES
            if isinstance(body, SamplesBody) and (too_old or too_many):
                del self.model[number]
                self.dropped_points += body.count

    @rule(first=st.integers(-2, 60), length=st.integers(0, 20), more=st.integers(0, 60))
    def acknowledge(self, first: int, length: int, more: int) -> None:
        runs = [(first, first + length), (more, more)]
        gone = [number for number in self.model if any(low <= number <= high for low, high in runs)]
        assert self.spool.acknowledge(self.epoch, runs) == len(gone)
        for number in gone:
            del self.model[number]

    @rule(seconds=st.integers(0, 70))
    def wait(self, seconds: int) -> None:
        self.now += seconds * 1000

    @rule()
    def restart(self) -> None:
        self.spool.close()
        self.spool = self._opened()

    @rule(body=FRAME)
    def append_on_a_full_disk(self, body: Body) -> None:
        with file_size_limit(0):
            try:
                self.spool.append([body], self.now)
            except DiskFull:
                return
        raise AssertionError("a write passed the limit")

    @invariant()
    def holds_what_the_model_holds(self) -> None:
        if not hasattr(self, "spool"):
            return
        kept = {}
        for stored in self.spool.read_from(0, 10_000):
            frame = decode_frame(stored.payload)
            assert (frame.epoch, frame.number) == (self.epoch, stored.number)
            kept[stored.number] = frame.body
        assert kept == {number: body for number, (body, _, _) in self.model.items()}
        state = self.spool.state()
        assert state.size_bytes == sum(size for _, _, size in self.model.values())
        assert state.dropped_points == self.dropped_points
        assert state.oldest_kept == min(self.model, default=state.next_number)
        assert state.next_number > self.highest

    def teardown(self) -> None:
        if hasattr(self, "spool"):
            self.spool.close()
        shutil.rmtree(self.folder)


SpoolAgainstModel.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestSpoolAgainstModel = pytest.mark.slow(SpoolAgainstModel.TestCase)
