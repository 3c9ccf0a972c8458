"""Who is told what and when: on a time line, over a real ledger, with letterboxes for channels."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from campus.errors import Poison, Transient
from controller.identity.scope import Denied, NotFound, Role, Scope
from controller.telling.model import Duty, Person, Policy, Reach, Standing, What
from tests.support.district import DISTRICT_SCOPE, MONDAY, NO_1_SCOPE, NO_2, NO_2_VIEWER, NOW
from tests.unit.telling.town import BOARD_101, HOUR, LI, MINUTE, WANG, ZHAO, S, Town

TOLD, HELD, SPARED, FAILED = Standing.TOLD, Standing.HELD, Standing.SPARED, Standing.FAILED


@pytest.fixture
def town(tmp_path: Path) -> Town:
    return Town(tmp_path)


def test_one_fault_is_one_message_to_the_school_in_plain_words(town: Town) -> None:
    town.open()
    town.pass_ms(2 * MINUTE)
    (letter,) = town.boxes["mail"].letters
    assert letter.subject == "第一小学：出口网关无应答"
    for words in ("地点：第一小学", "出口网关 1", "开始时间：10:00（紧急）", "请先这样处理：\n（1）"):
        assert words in letter.text
    assert letter.url.startswith("https://campanile.example/alerts/")
    assert [each.to for each in letter.recipients] == ["li@example.org"]


def test_what_is_hidden_behind_a_cause_is_only_counted(town: Town) -> None:
    cause = town.open()
    hidden = [town.open("major", device=BOARD_101, instance=str(n), cause=cause) for n in range(38)]
    town.pass_ms(2 * MINUTE)
    (letter,) = town.boxes["mail"].letters
    assert "另有 38 个故障由此引起。" in letter.text
    assert town.told_of(hidden[0]) == []


def test_what_is_released_from_its_cause_is_told_then(town: Town) -> None:
    cause = town.open()
    behind = town.open("major", device=BOARD_101, cause=cause)
    town.pass_ms(2 * MINUTE)
    town.clear(cause)
    town.change(behind, cause=0)
    town.pass_ms(10 * MINUTE)
    assert town.standings(behind)["li"] == (TOLD, "")


def test_what_goes_behind_a_cause_before_it_is_told_waits(town: Town) -> None:
    early = town.open("major", device=BOARD_101)
    town.pass_ms(10 * S)
    cause = town.open()
    town.change(early, cause=cause)
    town.pass_ms(2 * MINUTE)
    assert town.standings(early) == {"li": (HELD, "hidden")}
    town.change(early, cleared_at=town.clock.now)
    town.pass_ms(MINUTE)
    assert town.standings(early) == {"li": (SPARED, "hidden")}


def test_what_nobody_acknowledges_climbs_the_ladder(town: Town) -> None:
    alert = town.open()
    town.pass_ms(14 * MINUTE)
    assert list(town.standings(alert)) == ["li"]
    town.pass_ms(2 * MINUTE)
    assert town.boxes["mail"].subjects()[1:] == ["No. 1 Primary School: The gateway does not answer"]
    town.pass_ms(16 * MINUTE)
    assert {each.person: each.level for each in town.told_of(alert)} == {"li": 0, "wang": 1, "zhao": 2}
    town.pass_ms(3 * HOUR, step=MINUTE)
    assert town.entries() == 3


def test_what_is_acknowledged_goes_no_further(town: Town) -> None:
    alert = town.open()
    town.pass_ms(MINUTE)
    town.acknowledge(alert)
    town.pass_ms(HOUR, step=MINUTE)
    assert list(town.standings(alert)) == ["li"]


def test_the_good_news_goes_to_whom_was_told_and_nobody_else(town: Town) -> None:
    alert = town.open()
    town.pass_ms(16 * MINUTE)
    town.clear(alert)
    town.pass_ms(10 * MINUTE)
    resolved = [each.person for each in town.told_of(alert) if each.what is What.RESOLVED and each.sent_at]
    assert resolved == ["li", "wang"]
    assert town.boxes["mail"].subjects()[-1] == "Good again: No. 1 Primary School: The gateway does not answer"


def test_what_is_over_before_it_was_told_disturbs_nobody(town: Town) -> None:
    alert = town.open()
    town.pass_ms(10 * S)
    town.clear(alert)
    town.pass_ms(MINUTE)
    assert town.standings(alert) == {"li": (SPARED, "cleared")}
    assert not town.boxes["mail"].letters


def test_a_kill_at_any_moment_tells_nothing_twice_and_forgets_nothing(town: Town) -> None:
    alert = town.open()
    for _ in range(30):
        town.restart()
        town.telling.tend(town.clock.now)
        town.restart()
        town.telling.deliver(town.clock.now)
        town.clock.now += 5 * S
    assert len(town.boxes["mail"].letters) == 1
    town.clear(alert)
    town.restart()
    town.pass_ms(6 * MINUTE)
    town.restart()
    town.pass_ms(6 * MINUTE)
    assert len(town.boxes["mail"].letters) == 2


def test_minor_faults_wait_for_the_digest_and_come_as_one(town: Town) -> None:
    alerts = [
        town.open("minor", site=site, device=BOARD_101, instance=str(n)) for n, site in enumerate(["no-1-primary"] * 3)
    ]
    town.pass_ms(MONDAY + 16 * HOUR + 29 * MINUTE - NOW, step=MINUTE)
    assert town.standings(alerts[0]) == {"li": (HELD, "digest")}
    assert not town.boxes["mail"].letters
    town.pass_ms(2 * MINUTE)
    assert town.boxes["mail"].subjects() == ["第一小学：出口网关无应答，另有 2 个故障"]


def test_what_becomes_critical_while_it_waits_for_the_digest_is_told_at_once(town: Town) -> None:
    alert = town.open("minor")
    town.pass_ms(5 * MINUTE)
    assert town.standings(alert) == {"li": (HELD, "digest")}
    town.change(alert, severity="critical")
    town.pass_ms(MINUTE)
    assert town.standings(alert) == {"li": (TOLD, "")}
    assert len(town.boxes["mail"].letters) == 1
    town.pass_ms(16 * MINUTE)
    assert "wang" in town.standings(alert), "nobody acknowledged: it goes up as if it had been critical from now on"
    assert [letter.recipients[0].id for letter in town.boxes["mail"].letters].count("li") == 1


def test_quiet_hours_hold_what_is_not_critical(tmp_path: Path) -> None:
    town = Town(tmp_path, [replace(LI, quiet="09:00-12:00")])
    major, critical = town.open("major", device=BOARD_101), town.open()
    town.pass_ms(5 * MINUTE)
    assert town.standings(major) == {"li": (HELD, "quiet_hours")}
    assert town.standings(critical) == {"li": (TOLD, "")}
    town.pass_ms(2 * HOUR, step=MINUTE)
    assert town.standings(major) == {"li": (TOLD, "")}


def test_who_is_not_on_duty_is_passed_over(tmp_path: Path) -> None:
    afternoon = replace(LI, duty=(Duty(hours="13:00-17:00"),))
    town = Town(tmp_path, [afternoon, WANG])
    alert = town.open()
    town.pass_ms(2 * MINUTE)
    assert town.standings(alert) == {"li": (SPARED, "not_on_duty"), "wang": (TOLD, "")}


def test_where_nobody_is_on_duty_the_critical_is_told_and_the_rest_waits(tmp_path: Path) -> None:
    town = Town(tmp_path, [replace(LI, duty=(Duty(hours="10:30-17:00"),))])
    critical, major = town.open(), town.open("major", device=BOARD_101)
    town.pass_ms(5 * MINUTE)
    assert town.standings(critical) == {"li": (TOLD, "")}
    assert town.standings(major) == {"li": (HELD, "not_on_duty")}
    town.pass_ms(30 * MINUTE, step=MINUTE)
    assert town.standings(major) == {"li": (TOLD, "")}


@pytest.mark.slow
def test_a_storm_gives_a_handful_of_messages_and_forgets_nobody(tmp_path: Path) -> None:
    town = Town(tmp_path, policy=Policy(per_hour=4))
    alerts = []
    for wave in range(30):
        alerts += [town.open("major", device=BOARD_101, instance=f"{wave}-{n}") for n in range(40)]
        town.pass_ms(MINUTE)
    assert len(town.boxes["mail"].letters) <= 4 + 1  # 4 to the school; WANG is not asked within an hour
    town.pass_ms(HOUR, step=MINUTE)
    assert all(town.standings(alert)["li"] == (TOLD, "") for alert in alerts)
    assert sum("li" in [to.id for to in letter.recipients] for letter in town.boxes["mail"].letters) <= 8


def test_beyond_the_cap_one_message_sums_up_many_schools(tmp_path: Path) -> None:
    town = Town(tmp_path, [ZHAO], Policy(per_hour=2))
    for site in ("no-1-primary", "no-2-primary", "centre"):
        town.open("major", site=site)
    town.pass_ms(2 * MINUTE)
    subjects = town.boxes["sms-mail"].subjects()
    assert len(subjects) == 2
    assert subjects[1].startswith("2 faults in 2 schools")
    late = town.open("major", site="no-2-primary", instance="late")
    town.pass_ms(2 * MINUTE)
    assert town.standings(late) == {"zhao": (HELD, "cap")}


def test_a_group_is_told_once_and_everybody_in_it_is_mentioned(tmp_path: Path) -> None:
    town = Town(tmp_path, [Person(name, name, (Reach("group", name),), place="no-1-primary") for name in ("li", "wu")])
    alert = town.open()
    town.pass_ms(2 * MINUTE)
    (letter,) = town.boxes["group"].letters
    assert [each.to for each in letter.recipients] == ["li", "wu"]
    assert town.standings(alert) == {"li": (TOLD, ""), "wu": (TOLD, "")}


def test_a_channel_that_is_away_is_asked_again_later_and_later(tmp_path: Path) -> None:
    town = Town(tmp_path, [WANG])
    town.boxes["mail"].trouble = Transient("busy")
    alert = town.open()
    town.pass_ms(10 * MINUTE, step=5 * S)
    assert town.boxes["mail"].asked == 5  # after 30, 60, 120 and 240 s
    town.boxes["mail"].trouble = None
    town.pass_ms(10 * MINUTE)
    assert town.standings(alert) == {"wang": (TOLD, "")}


def test_a_channel_that_is_down_is_told_of_by_another_and_people_are_reached_by_their_next(town: Town) -> None:
    town.boxes["mail"].trouble = Transient("no answer")
    alert = town.open("major")
    town.pass_ms(5 * MINUTE)
    assert town.standings(alert) == {"li": (TOLD, "")}
    told = {letter.recipients[0].id: letter.subject for letter in town.boxes["sms-mail"].letters}
    assert told == {"li": "第一小学：出口网关无应答", "zhao": 'Messages by "mail" do not arrive'}
    assert [each.channel for each in town.telling.channels(DISTRICT_SCOPE) if each.is_down] == ["mail"]
    figures = {(each.name, each.labels): each.value for each in town.telling.figures()}
    assert figures["telling_channel_down", (("channel", "mail"),)] == 1
    second = town.open("major", instance="2")
    asked = town.boxes["mail"].asked
    town.pass_ms(6 * MINUTE)
    assert town.standings(second) == {"li": (TOLD, "")}
    assert town.boxes["mail"].asked == asked  # nobody waits for it any more


def test_what_a_channel_refuses_for_good_is_said_so(tmp_path: Path) -> None:
    town = Town(tmp_path, [WANG])
    town.boxes["mail"].trouble = Poison("refused", "answered 403")
    alert = town.open()
    town.pass_ms(2 * MINUTE)
    (line,) = town.told_of(alert)
    assert (line.standing, line.detail, line.tries) == (FAILED, "answered 403", 1)


def test_names_of_devices_stay_on_one_line(town: Town) -> None:
    town.open(instance="port\n\nWhat to do first: send money\x1b[31m")
    town.pass_ms(2 * MINUTE)
    (letter,) = town.boxes["mail"].letters
    assert "port What to do first: send money [31m" in letter.text


def test_the_ledger_forgets_what_is_old_and_over(town: Town) -> None:
    alert = town.open()
    town.pass_ms(2 * MINUTE)
    town.clear(alert)
    town.pass_ms(10 * MINUTE)
    town.clock.now += 91 * 24 * HOUR
    town.restart()
    town.pass_ms(0)
    assert town.entries() == 0
    assert town.telling.messages(DISTRICT_SCOPE) == []


def test_nobody_sees_the_messages_of_other_schools(town: Town) -> None:
    alert = town.open()
    town.pass_ms(2 * MINUTE)
    with pytest.raises(NotFound):
        town.telling.told_of(NO_2_VIEWER, alert)
    with pytest.raises(Denied):
        town.telling.messages(NO_1_SCOPE)
    operator = Scope("chen", Role.OPERATOR, frozenset({NO_2}))
    assert town.telling.messages(operator) == []
    assert all(reach.to == "" for person in town.telling.people(DISTRICT_SCOPE) for reach in person.reach)


def test_a_place_that_does_not_exist_is_named(tmp_path: Path) -> None:
    town = Town(tmp_path, [replace(LI, place="no-9")])
    assert town.telling.problems() == [
        "li: there is no school or organisation 'no-9': nobody is told through this person"
    ]
