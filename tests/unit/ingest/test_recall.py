"""After a restore every agent is asked once for what may be missing, and who has answered is not asked again."""

import json
from collections.abc import Callable
from pathlib import Path

from campus.delivery import OFFER_AGAIN
from campus.ids import AgentId, SiteId
from campus.topics import Address
from campus.wire.codec import decode_frame
from campus.wire.frame import CommandBody, ResultBody
from controller.ingest.past import Past
from controller.ingest.recall import ASK_AGAIN_MS, ASKED_AT_ONCE, FORGOTTEN_AFTER_MS, MARGIN_MS, NOTE, Recall
from tests.support.samples import Feed
from tests.unit.ingest.frames import NO_1, NO_2, NOW

WHOLE_UNTIL = NOW - 3_600_000


def begun(directory: Path, whole_before: Callable[[Address, int], int] = lambda _address, until: until) -> Recall:
    recall = Recall(directory, whole_before)
    recall.start()
    return recall


def restore(directory: Path, restored_at: int = NOW) -> None:
    (directory / NOTE).write_text(json.dumps({"whole_until": WHOLE_UNTIL, "restored_at": restored_at}))


def command(payload: bytes) -> CommandBody:
    body = decode_frame(payload).body
    assert isinstance(body, CommandBody)
    return body


def test_without_a_restore_nobody_is_asked(tmp_path: Path) -> None:
    recall = begun(tmp_path)
    assert (recall.due([NO_1], NOW), recall.standing(NOW)) == ([], None)
    recall.note_result(NO_1, ResultBody("restored-1", ok=True))
    assert recall.answered == frozenset()


def test_each_agent_is_asked_until_it_answers_also_over_a_restart(tmp_path: Path) -> None:
    restore(tmp_path)
    recall = begun(tmp_path)
    asked = dict(recall.due([NO_1, NO_2], NOW))
    assert asked.keys() == {NO_1, NO_2}
    told = command(asked[NO_1])
    assert (told.name, told.arguments) == (OFFER_AGAIN, {"since": str(WHOLE_UNTIL - MARGIN_MS)})
    assert recall.due([NO_1, NO_2], NOW + ASK_AGAIN_MS - 1) == []
    recall.note_result(NO_1, ResultBody(told.id, ok=True))
    recall.note_result(NO_2, ResultBody(told.id, ok=False, text="not now"))
    recall.note_result(NO_2, ResultBody("another command", ok=True))
    assert dict(recall.due([NO_1, NO_2], NOW + ASK_AGAIN_MS)).keys() == {NO_2}
    again = begun(tmp_path)
    assert again.answered == {NO_1}
    assert dict(again.due([NO_1, NO_2], NOW)).keys() == {NO_2}


def test_another_restore_asks_everyone_anew(tmp_path: Path) -> None:
    restore(tmp_path)
    recall = begun(tmp_path)
    recall.note_result(NO_1, ResultBody(command(recall.due([NO_1], NOW)[0][1]).id, ok=True))
    restore(tmp_path, NOW + 1)
    assert begun(tmp_path).answered == frozenset()


def test_many_agents_are_asked_in_portions(tmp_path: Path) -> None:
    restore(tmp_path)
    recall = begun(tmp_path)
    schools = [Address(SiteId(f"school-{number}"), AgentId("a")) for number in range(2 * ASKED_AT_ONCE)]
    first, second = dict(recall.due(schools, NOW)), dict(recall.due(schools, NOW))
    assert first.keys() | second.keys() == set(schools)
    assert len(first) == len(second) == ASKED_AT_ONCE


def test_an_old_restore_and_an_unreadable_note_ask_nobody(tmp_path: Path) -> None:
    restore(tmp_path)
    assert begun(tmp_path).due([NO_1], NOW + FORGOTTEN_AFTER_MS) == []
    (tmp_path / NOTE).write_text('{"whole_until": "yesterday"}')
    assert begun(tmp_path).due([NO_1], NOW) == []


def test_what_had_waited_in_a_school_is_asked_for_from_where_it_had_waited(feed: Feed) -> None:
    for age_s, at in ((86_400.0, WHOLE_UNTIL - 60_000), (7_200.0, WHOLE_UNTIL - 30_000)):
        feed.say(NO_1.site, NO_1.agent, "agent_spool_age_s", age_s, at=at)
    past = Past(feed.store)
    past.read_spool_ages()
    assert past.whole_before(NO_1, WHOLE_UNTIL) == WHOLE_UNTIL - 30_000 - 7_200_000
    assert past.whole_before(NO_2, WHOLE_UNTIL) == 0, "it never said: everything it keeps"


def test_series_are_counted_by_site(feed: Feed) -> None:
    for site, device in (("no-1", "a"), ("no-1", "b"), ("no-2", "a")):
        feed.say(SiteId(site), device, "cpu_percent", 1.0, at=NOW)
    past = Past(feed.store)
    assert [past.series_held(SiteId(site)) for site in ("no-1", "no-2", "no-3")] == [2, 1, 0]
