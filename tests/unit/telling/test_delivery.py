"""How messages get away: pauses, what vendors allow, a channel that is down and comes back."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from campus.errors import Transient
from controller.telling.delivery import TRY_AGAIN_MS
from controller.telling.model import DingTalk, Person, Policy, Reach, Standing, most_per_minute
from controller.telling.port import Busy, Unreached
from tests.support.district import DISTRICT_SCOPE
from tests.unit.telling.town import CHANNELS, LI, MINUTE, WANG, ZHAO, S, Town


def test_a_busy_channel_is_left_alone_as_long_as_it_asks(tmp_path: Path) -> None:
    town = Town(tmp_path, [WANG])
    town.boxes["mail"].trouble = Busy("answered 429", 300)
    alert = town.open()
    town.pass_ms(4 * MINUTE)
    assert town.boxes["mail"].asked == 1
    town.boxes["mail"].trouble = None
    town.pass_ms(2 * MINUTE)
    assert town.standings(alert) == {"wang": (Standing.TOLD, "")}


def test_a_robot_gets_no_more_in_a_minute_than_its_vendor_takes_and_loses_none(tmp_path: Path) -> None:
    most = most_per_minute(CHANNELS["group"])
    assert most == most_per_minute(DingTalk("url", "secret")) == 20
    people = [Person("li", "Li", (Reach("group", "li"),))]
    town = Town(tmp_path, people, Policy(per_hour=1_000, again_s=0, group_s=0))
    alerts = []
    for number in range(most + 5):
        alerts.append(town.open(instance=str(number)))
        town.telling.tend(town.clock.now)
    town.telling.deliver(town.clock.now)
    assert len(town.boxes["group"].letters) == most
    town.pass_ms(2 * MINUTE)
    assert len(town.boxes["group"].letters) == most + 5
    assert all(town.standings(alert)["li"] == (Standing.TOLD, "") for alert in alerts)


def test_a_channel_that_was_down_is_tried_again_and_its_return_is_told(tmp_path: Path) -> None:
    town = Town(tmp_path, [LI, ZHAO])
    town.boxes["mail"].trouble = Transient("no answer")
    town.open("major")
    town.pass_ms(5 * MINUTE)
    town.boxes["mail"].trouble = None
    town.pass_ms(TRY_AGAIN_MS, step=MINUTE)
    second = town.open("major", instance="2")
    town.pass_ms(MINUTE)
    assert town.standings(second)["li"] == (Standing.TOLD, "")
    assert len(town.boxes["mail"].letters) == 1
    assert town.boxes["sms-mail"].subjects()[-1] == 'Messages by "mail" arrive again'
    assert not any(each.is_down for each in town.telling.channels(DISTRICT_SCOPE))


def test_a_channel_that_is_still_down_delays_nobody_for_long(tmp_path: Path) -> None:
    town = Town(tmp_path, [LI, ZHAO])
    town.boxes["mail"].trouble = Transient("no answer")
    town.open("major")
    town.pass_ms(5 * MINUTE + TRY_AGAIN_MS, step=MINUTE)
    asked = town.boxes["mail"].asked
    alerts = [town.open("major", instance=str(number), site=site) for number, site in enumerate(["no-1-primary"] * 3)]
    town.pass_ms(MINUTE, step=5 * S)
    assert all(town.standings(each)["li"] == (Standing.TOLD, "") for each in alerts)
    assert town.boxes["mail"].asked == asked + 1


def test_who_cannot_be_reached_does_not_bring_the_channel_down(tmp_path: Path) -> None:
    town = Town(tmp_path, [LI, ZHAO])
    town.boxes["mail"].trouble = Unreached("the mail server refuses the address (550)")
    for number in range(4):
        town.open(instance=str(number))
        town.pass_ms(MINUTE)
    assert len(town.boxes["sms-mail"].letters) == 4  # to Li alone, each by the next way
    assert not any(each.is_down or each.failures for each in town.telling.channels(DISTRICT_SCOPE))


def test_a_group_is_warned_of_a_channel_once(tmp_path: Path) -> None:
    top = [Person(name, name, (Reach("mail", f"{name}@x"), Reach("group", name))) for name in ("zhao", "qian")]
    town = Town(tmp_path, [LI, *top])
    town.boxes["mail"].trouble = Transient("no answer")
    town.open("major")
    town.pass_ms(5 * MINUTE)
    (letter,) = town.boxes["group"].letters
    assert letter.subject == "通知渠道“mail”无法送达"
    assert [each.id for each in letter.recipients] == ["zhao", "qian"]


def test_a_message_to_people_who_left_goes_to_nobody(tmp_path: Path) -> None:
    town = Town(tmp_path, [LI])
    town.boxes["mail"].trouble = Transient("no answer")
    alert = town.open()
    town.pass_ms(MINUTE)
    town.boxes["mail"].trouble = None
    town.source.replace(replace(town.source.setup.register, people=(WANG,)))
    town.pass_ms(3 * MINUTE)
    assert town.boxes["mail"].subjects() == []
    assert town.standings(alert)["li"][0] is Standing.FAILED


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_what_is_said_of_a_channel_is_for_people(tmp_path: Path, language: str) -> None:
    zhao = replace(ZHAO, language=type(ZHAO.language)(language))
    town = Town(tmp_path, [LI, zhao])
    town.boxes["mail"].trouble = Transient("no answer within 10 s")
    town.open("major")
    town.pass_ms(5 * MINUTE)
    told = next(each for each in town.boxes["sms-mail"].letters if each.recipients[0].id == "zhao")
    assert "no answer within 10 s" in told.text
    assert told.url == "https://campanile.example/telling"


def test_what_is_urgent_gets_through_when_the_hour_is_full_but_not_all_the_time(tmp_path: Path) -> None:
    town = Town(tmp_path, [ZHAO], Policy(per_hour=2))
    for number in range(2):
        town.open("major", site=("no-1-primary", "no-2-primary")[number])
    town.pass_ms(2 * MINUTE)
    fires = [town.open(site=site, instance="fire") for site in ("no-1-primary", "no-2-primary")]
    town.pass_ms(6 * MINUTE)
    assert all(town.standings(each) == {"zhao": (Standing.TOLD, "")} for each in fires)
    assert len(town.boxes["sms-mail"].letters) == 3  # both in one
    late = town.open(site="no-1-primary", instance="late")
    town.pass_ms(MINUTE)
    assert town.standings(late) == {"zhao": (Standing.HELD, "cap")}
    town.pass_ms(5 * MINUTE)
    assert town.standings(late) == {"zhao": (Standing.TOLD, "")}


def test_a_message_that_breaks_its_channel_keeps_nobody_elses_back(tmp_path: Path) -> None:
    town = Town(tmp_path, [LI, ZHAO])
    town.boxes["mail"].trouble = ValueError("nobody foresaw this")
    alert = town.open()
    town.pass_ms(MINUTE)
    assert town.standings(alert)["li"] == (Standing.TOLD, "")
    assert len(town.boxes["sms-mail"].letters) == 1, "told by the next way"
    town.boxes["mail"].trouble = None
    town.pass_ms(10 * MINUTE)
    town.open(instance="2")
    town.pass_ms(2 * MINUTE)
    assert town.boxes["mail"].letters
