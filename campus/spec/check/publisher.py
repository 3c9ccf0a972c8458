"""Judges messages one after the other as a controller would, and keeps what it must remember of each publisher.

Pure but for what it remembers: messages and their moment of arrival come in, findings are noted.
"""

from dataclasses import dataclass, field

import msgspec

from campus.delivery import LATE_AFTER_MS, MAX_AHEAD_MS, SetAside
from campus.errors import Poison
from campus.ids import DeviceId
from campus.spec.check.columns import sample_mistakes
from campus.spec.check.findings import Findings, Place
from campus.spec.check.message import Message
from campus.spec.check.numbering import Numbering
from campus.topics import Address, Leg, parse_topic
from campus.wire.codec import decode_frame
from campus.wire.columns import read_columns, read_dictionary
from campus.wire.frame import AckBody, CommandBody, FactsBody, Frame, FrameError, HelloBody, SamplesBody

MAX_PUBLISHERS = 10_000
FEW_SAMPLES = 10
MANY_BYTES_PER_SAMPLE = 40
ENOUGH_FRAMES = 20
"""Before that many frames nothing is said about how efficient they are."""


class State(msgspec.Struct):
    """The retained message of the `state` topic."""

    online: bool
    version: str = ""


@dataclass
class _Memory:
    """What is remembered of one publisher."""

    numbering: Numbering = field(default_factory=Numbering)
    announced: set[DeviceId] = field(default_factory=set)
    is_known_from_start: bool | None = None
    """Whether its very first frame was seen; who listens in the middle cannot know what was announced before."""


@dataclass
class Figures:
    """What passed by."""

    messages: int = 0
    frames: int = 0
    samples: int = 0
    samples_frames: int = 0
    samples_bytes: int = 0
    live_frames: int = 0
    late_frames: int = 0
    """Of the live ones, those that arrived long after they were sealed: a backlog, or a clock that is behind."""
    publishers: set[str] = field(default_factory=set)


class PublisherCheck:
    """Feed it every message in order, then `finish`; read `findings` and `figures` at any time. One thread."""

    def __init__(self) -> None:
        self.findings = Findings()
        self.figures = Figures()
        self._memories: dict[Address, _Memory] = {}

    def feed(self, message: Message) -> None:
        """Judge one message; never raises for what it holds."""
        self.figures.messages += 1
        place = Place(self.figures.messages, message.topic)
        leg, address = Leg.UP, None
        if message.topic:
            try:
                address, leg = parse_topic(message.topic)
            except Poison as error:
                self.findings.add("bad_topic", message.topic, str(error), place)
        self._check_flags(message, leg, place)
        if leg is Leg.STATE:
            self._check_state(message.payload, place)
        else:
            self._check_payload(message, leg, address, place)

    def finish(self) -> None:
        """Say what can only be said of the whole."""
        figures, place = self.figures, Place(self.figures.messages)
        if not figures.messages:
            self.findings.add("nothing_heard", "", "no message came", place)
        if figures.late_frames == figures.live_frames > 0:
            detail = f"all {figures.live_frames} frames arrived more than {LATE_AFTER_MS // 1000} s after sent_at"
            self.findings.add("sent_at_skew", "", detail, place, figures.live_frames)
        if figures.samples_frames >= ENOUGH_FRAMES:
            self._judge_efficiency(place)

    def _judge_efficiency(self, place: Place) -> None:
        figures = self.figures
        each, cost = figures.samples / figures.samples_frames, figures.samples_bytes / figures.samples
        if each < FEW_SAMPLES:
            self.findings.add("small_frames", "", f"{each:.1f} samples per frame", place, figures.samples_frames)
        if cost > MANY_BYTES_PER_SAMPLE:
            self.findings.add("wasteful_bytes", "", f"{cost:.0f} bytes per sample", place, figures.samples_frames)

    def _check_flags(self, message: Message, leg: Leg, place: Place) -> None:
        if message.qos == 0 and leg is not Leg.STATE:
            self.findings.add("wrong_qos", message.topic, "published with QoS 0", place)
        if message.is_retained is not None and message.is_retained != (leg is Leg.STATE):
            said = "published retained" if message.is_retained else "not published retained"
            self.findings.add("wrong_retain", message.topic, said, place)

    def _check_state(self, payload: bytes, place: Place) -> None:
        try:
            msgspec.json.decode(payload, type=State)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            self.findings.add("bad_state", place.topic, str(error), place)

    def _check_payload(self, message: Message, leg: Leg, address: Address | None, place: Place) -> None:
        try:
            frame = decode_frame(message.payload)
            place = place._replace(frame=f"{frame.site}/{frame.agent} {frame.epoch}.{frame.number}")
            self._check_frame(frame, message, leg, address, place)
        except FrameError as error:
            self.findings.add(error.reason, message.topic, str(error), place)

    def _check_frame(self, frame: Frame, message: Message, leg: Leg, address: Address | None, place: Place) -> None:
        self.figures.frames += 1
        sender = Address(frame.site, frame.agent)
        if address and address != sender:
            detail = f"the frame says {frame.site}/{frame.agent}, the topic {address.site}/{address.agent}"
            self.findings.add(SetAside.WRONG_TOPIC, message.topic, detail, place._replace(path="site, agent"))
        if isinstance(frame.body, AckBody | CommandBody):
            if leg is Leg.UP:
                self.findings.add("wrong_kind", _named(sender), f"{_kind(frame)} on up", place)
            return
        if leg is Leg.DOWN:
            self.findings.add("wrong_kind", _named(sender), f"{_kind(frame)} on down", place)
        self.figures.publishers.add(_named(sender))
        self._check_clock(frame, message.received_at, place)
        memory = self._memory(sender)
        if isinstance(frame.body, HelloBody):
            return
        if memory.is_known_from_start is None:
            memory.is_known_from_start = message.received_at is None or frame.number <= 1
        verdict = memory.numbering.judge(frame, message.payload)
        if verdict.reason:
            self.findings.add(verdict.reason, _named(sender), verdict.detail, place._replace(path="number"))
        if verdict.is_news:
            self._check_body(frame, message, memory, place)

    def _check_clock(self, frame: Frame, received_at: int | None, place: Place) -> None:
        if received_at is None:
            return
        self.figures.live_frames += 1
        self.figures.late_frames += frame.sent_at < received_at - LATE_AFTER_MS
        if frame.sent_at > received_at + MAX_AHEAD_MS:
            detail = f"sent_at is {(frame.sent_at - received_at) / 1000:.0f} s ahead of the moment of arrival"
            self.findings.add("sent_at_skew", frame.agent, detail, place._replace(path="sent_at"))

    def _check_body(self, frame: Frame, message: Message, memory: _Memory, place: Place) -> None:
        if isinstance(frame.body, FactsBody):
            memory.announced.update(facts.device for facts in frame.body.devices)
        if not isinstance(frame.body, SamplesBody):
            return
        keys = read_dictionary(frame.body.dictionary)
        columns = read_columns(frame.body, len(keys))
        self.figures.samples += frame.body.count
        self.figures.samples_frames += 1
        self.figures.samples_bytes += len(message.payload)
        for mistake in sample_mistakes(keys, columns, frame.sent_at, message.received_at or frame.sent_at):
            where = place._replace(path=f"samples[{mistake.first}]")
            self.findings.add(mistake.reason, mistake.subject, mistake.detail, where, mistake.samples)
        if memory.is_known_from_start:
            for device in sorted({key.device for key in keys} - memory.announced):
                self.findings.add("not_announced", device, f"{device}: no devices or facts frame before this", place)

    def _memory(self, sender: Address) -> _Memory:
        if len(self._memories) >= MAX_PUBLISHERS and sender not in self._memories:
            return _Memory()
        return self._memories.setdefault(sender, _Memory())


def _kind(frame: Frame) -> str:
    return str(frame.body.__struct_config__.tag)


def _named(sender: Address) -> str:
    return f"{sender.site}/{sender.agent}"
