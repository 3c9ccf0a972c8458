"""docs/20-add-a-device.md keeps its word: its profile passes the check and reads its device."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.address import HostPort
from agent.decode.mqtt import decode_message
from agent.link import Heard
from agent.presence import Sign
from agent.probe import probe_report
from agent.probe_text import rendered
from agent.snmp_access import Community
from campanile.cli import main
from campus.ids import slug
from campus.secret import Secret
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.examine import examine
from firmware_profiles.load import load_catalogue
from firmware_profiles.messages import Message, MessagePoint, NamedPoint, Vocabulary
from firmware_profiles.model import Match, Point, Profile, Table
from simulator.snmp.responder import Responder, responding
from simulator.snmp.snmprec import parse_snmprec
from tests.support import sparkplug
from tests.support.mqtt_ears import Ears, values
from tests.support.snmp import NOW, SHIPPED
from tests.support.sparkplug import metric, payload

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "20-add-a-device.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


PROFILES = {
    next(line.removeprefix("title: ") for line in text.splitlines()): text
    for language, text in BLOCKS
    if language == "yaml" and text.startswith("title: ")
}
CLIMATE_BOX = "Acme climate box"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The page's profiles as files, each under its title."""
    for title, text in PROFILES.items():
        path = tmp_path / "acme" / f"{slug(title.removeprefix('Acme '))}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def probed(catalogue: Catalogue) -> str:
    (recording,) = [text for language, text in BLOCKS if language == "snmprec"]
    device = Responder(parse_snmprec("page", recording.splitlines()))
    with responding(device):
        return rendered(
            probe_report(HostPort("127.0.0.1", device.port), Community(Secret("public")), lambda: NOW, catalogue)
        )


def test_its_profiles_pass_the_check(own: Path) -> None:
    verdict = examine([own])
    assert (verdict.checked, verdict.findings) == (len(PROFILES), [])
    assert len(PROFILES) >= 4


def test_before_the_profile_the_probe_says_what_to_match_by() -> None:
    text = probed(SHIPPED)
    assert "no profile knows this model" in text
    assert "sysObjectID 1.3.6.1.4.1.99999.7.1, sysDescr Acme ClimateBox CB-2, firmware 2.4.1" in text


def test_after_it_the_device_is_read(own: Path) -> None:
    text = probed(load_catalogue(own))
    for words in ("Acme CB-2", "serial CB2-000417, firmware 2.4.1, read by acme/climate-box", "server rack 24.3 °C"):
        assert words in text
    assert "window" not in text


def commands(section: str) -> list[list[str]]:
    """The page's command lines of one section, in their order; the first section is named by the empty text."""
    text = PAGE.partition(f"## {section}")[2] if section else PAGE
    lines = text.partition("\n## ")[0].splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("    campanile ")]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A folder to work in, and where the page's device answers instead of 10.20.1.9."""
    monkeypatch.chdir(tmp_path)
    (recording,) = [text for language, text in BLOCKS if language == "snmprec"]
    device = Responder(parse_snmprec("page", recording.splitlines()))
    with responding(device):
        yield f"127.0.0.1:{device.port}"


def call(words: list[str], place: str) -> Result:
    return CliRunner().invoke(main, [place if word == "10.20.1.9" else word for word in words])


def test_the_whole_way_as_the_page_has_it(place: str) -> None:
    way = commands("")[:5]
    assert [words[:2] for words in way] == [
        ["agent", "probe"], ["profiles", "record"], ["profiles", "new"], ["profiles", "check"], ["profiles", "test"],
    ]  # fmt: skip
    told = [call(words, place) for words in way]
    assert [result.exit_code for result in told] == [0] * 5, [result.output for result in told]
    assert "read by acme/climate-box" in told[-1].output
    drafted = Path("my-profiles/acme/climate-box.yaml").read_text()
    guessed = next(
        line.strip() for line in PAGE.splitlines() if line.strip().startswith("#  - {metric: temperature_cel")
    )
    assert " ".join(guessed.split()) in " ".join(drafted.split())
    assert "CB2-000417" not in Path("box.snmprec").read_text()


def test_every_step_of_the_page_works_once_the_profile_is_done(place: str) -> None:
    steps = [words for step in ("1. ", "2. ", "3. ") for words in commands(step)]
    assert [call(words, place).exit_code for words in steps] == [0] * len(steps)
    Path("my-profiles/acme/climate-box.yaml").write_text(PROFILES[CLIMATE_BOX])
    told = [call(words, place) for step in ("4. ", "5. ") for words in commands(step)]
    assert [result.exit_code for result in told] == [0, 0, 0]
    for words in ("serial CB2-", "server rack 24.3 °C", "all right"):
        assert words in told[1].output
    assert Path("box.expected.json").is_file()
    assert call(commands("5. ")[0], place).exit_code == 0


def test_its_advice_is_what_the_checker_says(own: Path) -> None:
    path = own / "acme" / "climate-box.yaml"
    path.write_text(path.read_text().replace("metric: humidity_percent", "metric: humidity"))
    (said,) = [str(finding) for finding in examine([own]).findings]
    assert said.replace(str(own), "my-profiles") in PAGE


def test_its_mqtt_device_is_heard(own: Path) -> None:
    body = {"t": 21.5, "h": 40, "contacts": [{"name": "door", "open": True}], "about": {"model": "A1", "fw": "1.0"}}
    heard = Heard("acme/r101/air-7/air", json.dumps(body).encode(), NOW)
    ((device, harvest, *_),) = decode_message(load_catalogue(own), heard) or []
    assert device == "air-7"
    assert {(s.key.metric, s.key.instance, s.value) for s in harvest.samples} == {
        ("temperature_cel", "", 21.5),
        ("humidity_percent", "", 40.0),
        ("door_state", "door", 1.0),
    }
    assert harvest.facts is not None
    assert (harvest.facts.vendor, harvest.facts.model) == ("Acme", "A1")


def test_its_gateway_speaks_for_what_stands_behind_it(own: Path) -> None:
    ears = Ears(load_catalogue(own))
    body = {"nodes": [{"id": 7, "label": "冷库", "t": -18.4, "at": ears.now // 1000}]}
    probe = ears.said("acmegw/gw-1/report", body)
    assert (probe.device, probe.gateway, probe.silence_s, values(probe)) == (
        "gw-1-7",
        "gw-1",
        3600,
        {("temperature_cel", ""): -18.4},
    )
    assert probe.harvest.facts is not None
    assert probe.harvest.facts.name == "冷库"
    assert ears.said("acmegw/gw-1/status", b"down", is_retained=True).sign is Sign.OFFLINE
    assert values(ears.said("acmegw/gw-1/pulse/p-3/2", b"21.5")) == {("temperature_cel", "channel 2"): 21.5}


def test_its_sparkplug_names_mean_what_it_says(own: Path) -> None:
    ears = Ears(load_catalogue(own))
    birth = payload(
        metric("AI/flow temp", 655, sparkplug.INT16),
        metric("DI/Alarm", False, sparkplug.BOOLEAN),
        metric("Info/Type", "B-200", sparkplug.STRING),
        seq=0,
    )
    said = ears.said("spBv1.0/no-1/NBIRTH/boiler-2", birth)
    assert values(said) == {("temperature_cel", "flow"): 65.5, ("alarm_state", ""): 0}
    assert said.harvest.facts is not None
    assert (said.harvest.facts.vendor, said.harvest.facts.model) == ("Acme", "B-200")


def test_every_key_is_explained() -> None:
    section = PAGE.partition("## Every key")[2]
    keys = {*Profile.__struct_fields__, *Match.__struct_fields__, *Point.__struct_fields__, *Table.__struct_fields__}
    assert len(keys) > 25
    keys |= {
        *Message.__struct_fields__,
        *MessagePoint.__struct_fields__,
        *Vocabulary.__struct_fields__,
        *NamedPoint.__struct_fields__,
    }
    missing = {key for key in keys if key not in section}
    assert not missing
