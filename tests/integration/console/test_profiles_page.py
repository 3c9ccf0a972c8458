"""The page of device families: all of them, found by what they are called and what is read, with how that is known."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from controller.identity.model import ScopeSpec
from controller.identity.scope import Role
from firmware_profiles.load import load_catalogue
from tests.support.district import enrolment
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import Visitor

FAMILIES = {name: p for name, p in load_catalogue().profiles.items() if not p.is_fragment}


@pytest.fixture
def viewer(tmp_path: Path) -> Iterator[Visitor]:
    with standing_controller(tmp_path, enrolment()) as standing:
        yield signed_in(standing, ScopeSpec(Role.VIEWER, "bureau"))


def rows(who: Visitor, path: str, language: str = "en") -> list[str]:
    response = who.get(path, headers={"Accept-Language": language, "Accept": "text/html"})
    assert response.status_code == 200
    body = response.text.partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in body.split("</tr>") if "<td" in row]


def test_every_family_stands_there_once(viewer: Visitor) -> None:
    told = rows(viewer, "/profiles")
    assert len(told) == len(FAMILIES)
    assert sum("By its documents alone" in row for row in told) == sum(p.unverified for p in FAMILIES.values())
    for profile in FAMILIES.values():
        assert any(row.startswith(profile.title.replace("&", "&amp;")) for row in told), profile.title


def test_a_family_says_what_is_read_what_it_says_and_how_that_is_known(viewer: Visitor) -> None:
    (row,) = rows(viewer, "/profiles?text=Huawei switch (VRP)")
    for words in ("Processor load", "and all that every network device tells", "A part of the device is too warm"):
        assert words in row
    assert "Read from a recorded real device" in row
    assert "HUAWEI-ENTITY-EXTENT-MIB" in row
    (chinese,) = rows(viewer, "/profiles?text=Huawei switch (VRP)", "zh-CN")
    assert "已用真实设备记录验证" in chinese
    assert "设备部件温度过高" in chinese


def test_families_are_found_by_kind_and_by_what_is_read(viewer: Visitor) -> None:
    assert len(rows(viewer, "/profiles?kind=ups")) == sum(p.kind == "ups" for p in FAMILIES.values())
    found = rows(viewer, "/profiles?text=battery charge&kind=ups")
    assert found
    assert all("Battery charge" in row for row in found)
    assert rows(viewer, "/profiles?text=no-such-thing") == []


def test_they_are_found_by_how_they_are_known_and_counted(viewer: Visitor) -> None:
    by_documents = sum(p.unverified for p in FAMILIES.values())
    assert len(rows(viewer, "/profiles?proof=documents")) == by_documents
    assert all(
        "Read from a recorded real device" in row for row in rows(viewer, "/profiles?proof=recording&kind=switch")
    )
    body = viewer.get("/profiles", headers={"Accept-Language": "en", "Accept": "text/html"}).text
    assert f"By documents {by_documents}<" in body
    ups = sum(p.kind == "ups" for p in FAMILIES.values())
    assert f"UPS ({ups})" in body
    assert "campanile profiles new --from-walk" in body


def test_a_family_bears_the_name_that_commands_know_it_by(viewer: Visitor) -> None:
    (row,) = rows(viewer, "/profiles?text=hillstone/stoneos")
    assert "hillstone/stoneos" in row
