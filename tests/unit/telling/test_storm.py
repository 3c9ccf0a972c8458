"""A storm is a handful of messages: news of many schools at once is summed up, and what is urgent does not come every minute."""

from pathlib import Path

import pytest

from controller.alerts.tables import AlertRow
from controller.identity.scope import SYSTEM
from controller.registry.database import writing
from controller.registry.enrolment import Enrolment, SiteEntry
from tests.support.district import enrolment
from tests.unit.telling.town import LI, MINUTE, WANG, ZHAO, S, Town

SCHOOLS = [f"school-{number}" for number in range(12)]


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """A district of many schools with nobody of their own: all of it is the business of two people above."""
    town = Town(tmp_path, people=(LI, WANG, ZHAO))
    usual = enrolment()
    sites = tuple(SiteEntry(name, "north-town", f"School {name}", f"学校 {name}") for name in SCHOOLS)
    town.district.service.enrol(SYSTEM, Enrolment(usual.organisations, (*usual.sites, *sites)))
    town.restart()
    return town


def storm(town: Town, severity: str, per_school: int = 5) -> None:
    with writing(town.district.engine) as session:
        session.add_all(
            AlertRow(
                rule=("gateway-unreachable", "device-unreachable")[number > 0],
                site=site,
                device=f"device-{number}",
                metric="reachable",
                instance="",
                severity=severity,
                opened_at=town.clock.now,
                value=0.0,
            )
            for site in SCHOOLS
            for number in range(per_school)
        )


@pytest.mark.parametrize("severity", ["major", "critical"])
def test_news_of_many_schools_is_one_message_with_what_and_since_when(town: Town, severity: str) -> None:
    storm(town, severity)
    town.pass_ms(2 * MINUTE)
    (letter,) = town.boxes["mail"].letters
    assert letter.subject.startswith("60 faults in 12 schools")
    assert "Since 10:00: 48 × " in letter.text
    assert "12 × The gateway does not answer" in letter.text
    assert letter.text.count("Where:") == 8


def test_what_comes_after_a_summary_waits_for_the_next_one(town: Town) -> None:
    storm(town, "critical")
    town.pass_ms(MINUTE)
    for number in range(8):
        for site in SCHOOLS[:6]:
            town.open("critical", site=site, device=f"later-{number}", rule="device-unreachable")
        town.pass_ms(20 * S)
    town.pass_ms(8 * MINUTE)
    subjects = [letter.subject for letter in town.boxes["mail"].letters if letter.subject.count("faults in")]
    assert [subject.split(" schools")[0] for subject in subjects] == ["60 faults in 12", "48 faults in 6"]


def test_urgent_news_of_one_school_comes_less_and_less_often(town: Town) -> None:
    for number in range(30):
        town.open("critical", device=f"board-{number}", rule="device-unreachable")
        town.pass_ms(20 * S)
    town.pass_ms(5 * MINUTE)
    to_li = [letter for letter in town.boxes["mail"].letters if letter.recipients[0].id == "li"]
    assert 3 <= len(to_li) <= 8


def test_two_schools_are_told_apart(town: Town) -> None:
    town.open(site=SCHOOLS[0])
    town.open(site=SCHOOLS[1])
    town.pass_ms(2 * MINUTE)
    assert len(town.boxes["mail"].letters) == 2
