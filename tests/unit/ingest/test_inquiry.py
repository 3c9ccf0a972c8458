"""Whom a controller asks for facts, and how often."""

from campus.delivery import TELL_FACTS
from campus.ids import AgentId, SiteId
from campus.topics import Address
from campus.wire.codec import decode_frame
from campus.wire.frame import CommandBody
from controller.ingest.inquiry import ASK_AGAIN_MS, ASKED_AT_ONCE, Inquiry
from tests.unit.ingest.frames import NO_1, NO_2, NOW


def test_who_is_wanted_is_asked_once_a_minute_while_it_is_wanted() -> None:
    inquiry = Inquiry()
    inquiry.want(NO_1)
    ((address, payload),) = inquiry.due(NOW)
    frame = decode_frame(payload)
    assert (address, frame.site, frame.agent) == (NO_1, NO_1.site, NO_1.agent)
    assert isinstance(frame.body, CommandBody)
    assert frame.body.name == TELL_FACTS
    assert inquiry.due(NOW + ASK_AGAIN_MS) == []  # its frames wait no longer
    inquiry.want(NO_1)
    inquiry.want(NO_2)
    assert [each for each, _ in inquiry.due(NOW + ASK_AGAIN_MS - 1)] == [NO_2]
    assert [each for each, _ in inquiry.due(NOW + ASK_AGAIN_MS)] == [NO_1]
    assert inquiry.asked == 3


def test_frames_put_off_before_the_facts_came_are_no_reason_to_ask_again() -> None:
    inquiry = Inquiry()
    inquiry.want(NO_1)
    assert len(inquiry.due(NOW)) == 1
    inquiry.want(NO_1)  # put off while the answer was on its way
    asked_at = [NOW + s * 1_000 for s in range(1, 120) if inquiry.due(NOW + s * 1_000)]
    assert asked_at == []


def test_a_district_is_asked_in_turns() -> None:
    inquiry = Inquiry()
    for number in range(ASKED_AT_ONCE + 1):
        inquiry.want(Address(SiteId(f"no-{number}"), AgentId(f"no-{number}")))
    assert [len(inquiry.due(NOW)) for _ in range(3)] == [ASKED_AT_ONCE, 1, 0]
