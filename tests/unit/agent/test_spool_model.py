"""No frame is lost, doubled or invented, whatever the order of append, hand out, acknowledge, offer, full disk, restart."""

import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from agent.spool.file import SpoolFile
from agent.spool.model import DiskFull, Moment, Progress, StoredFrame
from agent.spool.thin import samples_of
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import Sample, SeriesKey
from campus.wire.codec import decode_frame
from campus.wire.frame import Body, EventsBody, FactsBody, SamplesBody
from campus.wire.pack import pack_samples
from tests.support.disk import file_size_limit
from tests.unit.agent.bodies import HERE, NOW, event, facts

MAX_BYTES = 10_000
MAX_AGE_S = 24 * 3_600
KEEP_S = 6 * 3_600
EVERYTHING = 1 << 40
BODY = st.one_of(
    st.integers(1, 60),
    st.builds(facts, st.sampled_from(["sw-1", "sw-2"])),
    st.builds(event, st.text("ab", max_size=20)),
)
"""A number stands for so many samples."""


class SpoolAgainstModel(RuleBasedStateMachine):
    """Knows every frame ever seen by its name, and which samples were handed out under which name."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.path = self.folder / "spool.db"
        self.names: dict[tuple[int, int], bytes] = {}
        self.handed: list[StoredFrame] = []
        self.handed_samples: dict[Sample, tuple[int, int]] = {}
        """Which a controller may have stored under that name, and must therefore not get under another."""
        self.said: set[Sample] = set()
        self.said_points = 0
        self.acknowledged: dict[int, int] = {}
        """Points of acknowledged frames in the file, by number."""
        self.forgotten_points = 0
        self.must_wait: set[int] = set()
        """Events that wait, and the newest facts of each device."""
        self.newest_facts: dict[str, int] = {}
        self.now = NOW
        self.chance = random.Random(1)

    @initialize()
    def first_start(self) -> None:
        self.spool = self._opened(self.path)
        for _ in range(12):  # so that it is nearly full from the start
            self.append([40, 20], False, 900)

    def _opened(self, path: Path) -> SpoolFile:
        spool = SpoolFile(path, HERE, MAX_BYTES, MAX_AGE_S, KEEP_S)
        spool.open(self.now)
        return spool

    def _body(self, chosen: int | Body) -> Body:
        if not isinstance(chosen, int):
            return chosen
        key = SeriesKey(DeviceId("sw-1"), MetricId("if_in_bps"), Instance("p1"))
        return pack_samples([Sample(key, self.now + n * 1_000, self.chance.random()) for n in range(chosen)])

    @rule(chosen=st.lists(BODY, min_size=2, max_size=10), is_confirmed=st.booleans(), seconds=st.integers(60, 5_400))
    def append(self, chosen: list[int | Body], is_confirmed: bool, seconds: int) -> None:
        self.now += seconds * 1_000
        bodies = [self._body(each) for each in chosen]
        first, refused = self.spool.next_number, self.spool.state().refused_events
        numbers = self.spool.append(bodies, Moment(self.now, 0, is_confirmed))
        assert numbers == sorted(set(numbers))
        assert len(bodies) - len(numbers) == self.spool.state().refused_events - refused
        for number, body in enumerate(bodies, start=first):
            if number in numbers:
                self._note_kept(number, body)

    def _note_kept(self, number: int, body: Body) -> None:
        if isinstance(body, SamplesBody):
            self.said_points += body.count
            self.said |= set(samples_of(body))
        elif isinstance(body, EventsBody):
            self.must_wait.add(number)
        elif isinstance(body, FactsBody):
            device = body.devices[0].device
            self.must_wait -= {self.newest_facts.get(device, 0)}
            self.newest_facts[device] = number
            self.must_wait.add(number)

    @rule(count=st.integers(1, 3), is_live=st.booleans())
    def hand_out(self, count: int, is_live: bool) -> None:
        without = frozenset(frame.number for frame in self.handed[-5:])
        if is_live:
            frames = self.spool.read_from(max(1, self.spool.next_number - count), count)
        else:
            frames = self.spool.read_backlog(self.spool.next_number, without, count)
        self.handed += frames
        for frame in frames:
            body = decode_frame(frame.payload).body
            if isinstance(body, SamplesBody):
                self.handed_samples |= dict.fromkeys(samples_of(body), (frame.epoch, frame.number))

    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        if not self.handed:
            return
        frame = data.draw(st.sampled_from(self.handed))
        before = self._points(Progress.ACKNOWLEDGED)
        self.spool.acknowledge(frame.epoch + 1, [(0, EVERYTHING)], self.now)  # nobody's
        taken = self.spool.acknowledge(frame.epoch, [(frame.number, frame.number)], self.now)
        assert taken == len(self._points(Progress.ACKNOWLEDGED)) - len(before)
        self.must_wait.discard(frame.number)

    @rule(seconds=st.integers(0, 7_200))
    def offer_again(self, seconds: int) -> None:
        before = self._points(Progress.ACKNOWLEDGED)
        assert self.spool.offer_again(self.now - seconds * 1_000, 0) == len(before) - len(
            self._points(Progress.ACKNOWLEDGED)
        )
        self._notice_forgotten(before)
        self.acknowledged = self._points(Progress.ACKNOWLEDGED)

    @rule(is_sending=st.booleans())
    def connection(self, is_sending: bool) -> None:
        if is_sending:
            self.spool.begin_sending()
        else:
            self.spool.end_sending()

    @rule()
    def restart(self) -> None:
        self.spool.close()
        self.spool = self._opened(self.path)

    @rule()
    def clone(self) -> None:
        """Somebody copies the machine: the copy goes on by itself for a while."""
        self.spool.close()
        copied = self.folder / "copy.db"
        shutil.copy(self.path, copied)
        other = self._opened(copied)
        for n in range(3):
            other.append([self._body(20)], Moment(self.now + n))
        self._note_names(other)
        other.close()
        self.spool = self._opened(self.path)

    @rule(chosen=BODY)
    def append_on_a_full_disk(self, chosen: int | Body) -> None:
        with file_size_limit(0):
            try:
                self.spool.append([self._body(chosen)], Moment(self.now))
            except DiskFull:
                return
        raise AssertionError("a write passed the limit")

    @invariant()
    def nothing_is_lost_doubled_or_invented(self) -> None:
        if not hasattr(self, "spool"):
            return
        self._notice_forgotten(self.acknowledged)
        self.acknowledged = self._points(Progress.ACKNOWLEDGED)
        waiting = self._points(Progress.WAITING) | self._points(Progress.SENT)
        state = self.spool.state()
        gone = state.dropped_points + state.thinned_points + self.forgotten_points
        assert self.said_points == sum(waiting.values()) + sum(self.acknowledged.values()) + gone
        assert self.must_wait <= waiting.keys()
        assert (state.frames, state.acknowledged_frames) == (len(waiting), len(self.acknowledged))
        assert state.size_bytes + state.acknowledged_bytes <= MAX_BYTES
        here = self._note_names(self.spool)
        assert set(here) <= self.said
        assert max(here.values(), default=1) == 1

    def _note_names(self, spool: SpoolFile) -> Counter[Sample]:
        """Every frame has the bytes it always had; the samples that wait."""
        found: Counter[Sample] = Counter()
        with spool._database.reading() as connection:
            rows = connection.execute(
                "SELECT epoch, number, progress, payload FROM frames JOIN payloads USING (number)"
            ).fetchall()
        for epoch, number, progress, payload in rows:
            assert self.names.setdefault((epoch, number), payload) == payload
            body = decode_frame(payload).body
            if progress < Progress.ACKNOWLEDGED and isinstance(body, SamplesBody):
                samples = list(samples_of(body))
                found.update(samples)
                assert all(self.handed_samples.get(sample, (epoch, number)) == (epoch, number) for sample in samples)
        return found

    def _points(self, progress: Progress) -> dict[int, int]:
        with self.spool._database.reading() as connection:
            return dict(connection.execute("SELECT number, points FROM frames WHERE progress = ?", (progress,)))

    def _notice_forgotten(self, before: dict[int, int]) -> None:
        """Acknowledged frames that are no longer in the file at all."""
        with self.spool._database.reading() as connection:
            here = {row[0] for row in connection.execute("SELECT number FROM frames")}
        self.forgotten_points += sum(points for number, points in before.items() if number not in here)

    def teardown(self) -> None:
        if hasattr(self, "spool"):
            self.spool.close()
        shutil.rmtree(self.folder)


SpoolAgainstModel.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestSpoolAgainstModel = pytest.mark.slow(SpoolAgainstModel.TestCase)
