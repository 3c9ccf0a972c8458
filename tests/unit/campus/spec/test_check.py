"""Each mistake of a publisher is found, placed and named; a good publisher hears nothing."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.samples import DeviceFacts, DeviceKind, Sample
from campus.spec.check.findings import MAX_GROUPS, Findings, Place
from campus.spec.check.message import Message
from campus.spec.check.publisher import ENOUGH_FRAMES, PublisherCheck
from campus.spec.check.report import report_json, report_text
from campus.spec.check.sources import read_messages
from campus.spec.texts import every_reason
from campus.topics import Address, Leg
from campus.wire.codec import encode_frame
from campus.wire.frame import AckBody, FactsBody, Frame, FrameError, HelloBody
from campus.wire.frame_file import FrameWriter
from campus.wire.json_form import decode_json
from campus.wire.pack import pack_samples
from tests.unit.campus.wire.frames import AT, frame_of, frames, sample
from tests.unit.campus.wire.test_json_form import form

ANNOUNCED = frame_of(FactsBody([DeviceFacts(sample().key.device, DeviceKind.KITCHEN_MONITOR, AT)]))
TOPIC = Address(ANNOUNCED.site, ANNOUNCED.agent).topic(Leg.UP)
STATE_TOPIC = Address(ANNOUNCED.site, ANNOUNCED.agent).topic(Leg.STATE)


def live(frame: Frame | bytes, **changes: Any) -> Message:
    payload = frame if isinstance(frame, bytes) else encode_frame(frame)
    return Message(payload, TOPIC, 1, is_retained=False, received_at=AT + 100)._replace(**changes)


def said_of(*messages: Message) -> dict[str, tuple[str, str, int]]:
    """Reason -> (detail, place, count)."""
    check = PublisherCheck()
    for message in messages:
        check.feed(message)
    check.finish()
    groups = check.findings.groups.values()
    assert len({finding.reason for finding in groups}) == len(groups)
    return {finding.reason: (finding.detail, str(finding.place), finding.count) for finding in groups}


def said_of_samples(*samples: Sample) -> dict[str, tuple[str, str, int]]:
    return said_of(live(ANNOUNCED), live(frame_of(pack_samples(samples), number=2)))


def test_a_good_publisher_hears_nothing() -> None:
    assert said_of_samples(sample(), sample(metric="door_state", value=1.0, instance="door-1")) == {}


def test_a_good_json_publisher_hears_nothing() -> None:
    devices = {"site": "no-3-primary", "agent": "acme", "epoch": 1, "number": 0, "sent_at": AT}
    announced = json.dumps(devices | {"devices": [{"device": "cold-1", "kind": "kitchen_monitor"}]}).encode()
    assert said_of(Message(announced), Message(form())) == {}


def test_an_unknown_metric_is_named_with_its_nearest() -> None:
    detail, place, count = said_of_samples(
        sample(), sample(metric="temprature_cel"), sample(metric="temprature_cel", at=AT - 1)
    )["unknown_metric"]
    assert "Did you mean 'temperature_cel'?" in detail
    assert place == f"message 2, on {TOPIC}, no-3-primary/acme 1.2, samples[1]"
    assert count == 2


SAMPLE_MISTAKES: list[tuple[Sample, str, str]] = [
    (sample(value=-999), "out_of_range", "cold-1: temperature_cel -999 is outside -80 to 500 Cel"),
    (sample(value=4.217), "finer_than_resolution", "cold-1: temperature_cel 4.217: the resolution is 0.1 Cel"),
    (sample(metric="door_state", value=2), "unknown_state", "cold-1: door_state 2 is none of 0 closed, 1 open"),
    (sample(metric="door_state", value=0.5, instance="d1"), "unknown_state", "cold-1 d1: door_state 0.5 is none of"),
    (sample(at=AT + 8 * 3_600_000), "measured_after_sent", "cold-1: measured 28,800.0 s after its frame was sent"),
    (sample(at=AT - 3_600_000), "late_samples", "cold-1: measured 3,600.1 s before it arrived"),
    (sample(device="cold-2"), "not_announced", "cold-2: no devices or facts frame before this"),
]  # fmt: skip


@pytest.mark.parametrize(("wrong", "reason", "detail"), SAMPLE_MISTAKES)
def test_a_wrong_sample_is_explained(wrong: Sample, reason: str, detail: str) -> None:
    said = said_of_samples(sample(), wrong)
    assert set(said) == {reason}
    assert said[reason][0].startswith(detail)


@pytest.mark.parametrize("value", [0.1, 0.3, 21.7, 499.9, -79.9, 33.300000000000004])
def test_a_rounded_value_is_not_called_noisy(value: float) -> None:
    assert said_of_samples(sample(value=value)) == {}


OTHER = frame_of(ANNOUNCED.body, site="no-4-primary")
SAMPLES = frame_of(pack_samples([sample()]), number=2)
MESSAGE_MISTAKES: list[tuple[list[Message], str, str]] = [
    ([live(b"hello")], "not_a_frame", "starts neither"),
    ([live(form(v=2))], "bad_version", "frame version 2"),
    ([live(form([{"device": "Cold 1", "metric": "m", "at": AT, "value": 1}]))], "bad_dictionary", "'Cold 1'"),
    ([live(ANNOUNCED, qos=0)], "wrong_qos", "QoS 0"),
    ([live(ANNOUNCED, is_retained=True)], "wrong_retain", "published retained"),
    ([live(b'{"online": true}', topic=STATE_TOPIC)], "wrong_retain", "not published retained"),
    ([live(b"yes", topic=STATE_TOPIC, is_retained=True)], "bad_state", "JSON"),
    ([live(b'{"online": 1}', topic=STATE_TOPIC, is_retained=True)], "bad_state", "bool"),
    ([live(OTHER)], "wrong_topic", "the frame says no-4-primary/acme, the topic no-3-primary/acme"),
    ([live(ANNOUNCED, topic="campus/1/16/no-3-primary/acme/up")], "bad_topic", "modulo 64 is 15"),
    ([live(ANNOUNCED, topic="school/temperature")], "bad_topic", "is not campus/1/PARTITION"),
    ([live(frame_of(AckBody(1, [(1, 2)])))], "wrong_kind", "ack on up"),
    ([live(ANNOUNCED, topic=TOPIC.replace("/up", "/down"))], "wrong_kind", "facts on down"),
    ([live(ANNOUNCED, received_at=AT - 3_600_000)], "sent_at_skew", "3600 s ahead"),
    ([live(ANNOUNCED, received_at=AT + 28_800_000)], "sent_at_skew", "all 1 frames arrived more than 120 s after"),
    ([live(ANNOUNCED), live(ANNOUNCED)], "repeated_frame", "came again"),
    ([live(ANNOUNCED), live(frame_of(SAMPLES.body))], "number_reused", "with other content"),
    ([], "nothing_heard", "no message came"),
]


@pytest.mark.parametrize(("messages", "reason", "detail"), MESSAGE_MISTAKES)
def test_a_wrong_message_is_explained(messages: list[Message], reason: str, detail: str) -> None:
    said = said_of(*messages)
    assert set(said) == {reason}
    assert detail in said[reason][0]


def at(frame: Frame, number: int, sent_at: int, epoch: int = 1) -> Message:
    moved = Frame(frame.site, frame.agent, epoch, number, sent_at, frame.body)
    return live(moved, received_at=sent_at)


def test_numbers_must_grow_in_the_order_of_sealing() -> None:
    said = said_of(at(ANNOUNCED, 7, AT), at(ANNOUNCED, 6, AT + 1))
    assert said["number_fell"][0] == "number 6 was sealed after 7 in epoch 1"
    assert "epoch 1 after 2" in said_of(at(ANNOUNCED, 1, AT, 2), at(ANNOUNCED, 9, AT + 1))["epoch_fell"][0]


def test_a_backlog_behind_live_frames_is_right() -> None:
    assert said_of(at(ANNOUNCED, 1, AT, 1), at(ANNOUNCED, 9, AT + 5, 2), at(ANNOUNCED, 8, AT + 4, 2)) == {}
    assert said_of(at(ANNOUNCED, 9, AT + 5, 2), at(ANNOUNCED, 3, AT, 1)) == {}


def test_a_hello_is_not_numbered() -> None:
    hello = frame_of(HelloBody("1", 1), number=0)
    assert said_of(live(hello), live(ANNOUNCED), live(hello)) == {}


def test_who_listens_from_the_middle_does_not_ask_for_announcements() -> None:
    assert said_of(live(frame_of(SAMPLES.body, number=50))) == {}
    assert set(said_of(Message(encode_frame(frame_of(SAMPLES.body, number=50))))) == {"not_announced"}


def test_inefficient_frames_are_advised() -> None:
    tiny = [live(frame_of(pack_samples([sample(at=AT - n)]), number=2 + n)) for n in range(ENOUGH_FRAMES)]
    assert set(said_of(live(ANNOUNCED), *tiny)) == {"small_frames", "wasteful_bytes"}


@given(
    st.lists(frames.map(encode_frame) | st.binary(max_size=60), max_size=4), st.sampled_from([TOPIC, STATE_TOPIC, ""])
)
def test_the_checker_survives_anything_and_explains_it(payloads: list[bytes], topic: str) -> None:  # fmt: skip
    check = PublisherCheck()
    for payload in payloads:
        check.feed(Message(payload, topic, 1, is_retained=False, received_at=AT))
    check.finish()
    assert check.figures.messages == len(payloads)
    assert {finding.reason for finding in check.findings.groups.values()} <= set(every_reason())
    report = json.loads(json.dumps(report_json(check, "zh")))
    assert report["clean"] == (not check.findings.wrong)
    assert report_text(check, "en")


def test_findings_stay_bounded() -> None:
    findings = Findings()
    for number in range(MAX_GROUPS + 7):
        findings.add("corrupt", f"topic {number}", "", Place(number))
    findings.add("corrupt", "topic 3", "", Place(9))
    assert len(findings.groups) == MAX_GROUPS
    assert findings.left_out == 7
    assert findings.groups["corrupt", "topic 3"].count == 2


class TestSources:
    packed = encode_frame(ANNOUNCED)

    def payloads(self, content: bytes) -> list[bytes]:
        return [message.payload for message in read_messages(io.BytesIO(content))]

    def test_a_packed_frame(self) -> None:
        assert self.payloads(self.packed) == [self.packed]

    def test_a_frame_file(self) -> None:
        file = io.BytesIO()
        writer = FrameWriter(file)
        for payload in (self.packed, form(), self.packed):
            writer.write_frame(payload)
        assert self.payloads(file.getvalue()) == [self.packed, form(), self.packed]

    def test_a_damaged_frame_file_gives_what_it_can(self) -> None:
        file = io.BytesIO()
        writer = FrameWriter(file)
        writer.write_frame(self.packed)
        messages = read_messages(io.BytesIO(file.getvalue() + b"\x05\x00\x00\x00ab"))
        assert next(messages).payload == self.packed
        with pytest.raises(FrameError, match="3 bytes before"):
            next(messages)

    def test_json_on_one_line_on_many_and_lines_of_json(self) -> None:
        pretty = json.dumps(json.loads(form()), indent=2).encode() + b"\n"
        assert [decode_json(payload) for payload in self.payloads(pretty)] == [decode_json(form())]
        assert self.payloads(form()) == [form()]
        assert self.payloads(form() + b"\n\n" + form() + b"\r\nrubbish\n") == [form(), form(), b"rubbish"]

    def test_nothing_and_too_much(self) -> None:
        assert self.payloads(b"") == []
        assert {len(payload) for payload in self.payloads(bytes(3 << 20))} == {(1 << 20) + 1}
        with pytest.raises(FrameError, match="a line of more than"):
            self.payloads(form() + b"\n" + bytes(2 << 20))
