"""The closest profile wins; topics fill their holes."""

from pathlib import Path

import pytest

from firmware_profiles.catalogue import Catalogue, Identity, is_in_range
from firmware_profiles.load import load_catalogue
from firmware_profiles.model import FirmwareRange, Match, Profile
from firmware_profiles.topic import match_topic, overlap

HUAWEI = "1.3.6.1.4.1.2011"


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return load_catalogue()


@pytest.mark.parametrize(
    ("object_id", "descr", "first"),
    [
        (f"{HUAWEI}.2.23.291", "S5720 Huawei Versatile Routing Platform Software", "huawei/vrp"),
        (f"{HUAWEI}.2.23.1097", "Huawei YunShan OS Version 1.22", "huawei/yunshan"),
        (f"{HUAWEI}.2.224.62", "Huawei AR169F", "huawei/vrp-ar"),
        (f"{HUAWEI}.2.240.6", "Huawei AC6605", "huawei/vrp-ac"),
        (f"{HUAWEI}.2.240.17", "Huawei AP7060DN Huawei Versatile Routing Platform", "huawei/vrp-ap"),
        ("1.3.6.1.4.1.25506.1.1588", "H3C Comware Platform Software", "h3c/comware"),
        ("1.3.6.1.4.1.4881.1.1.10.1.150", "Ruijie 10G Routing Switch", "ruijie/rgos"),
        ("1.3.6.1.4.1.8072.3.2.10", "Linux web-1 6.1.0-18-amd64 #1 SMP Debian x86_64", "generic/net-snmp"),
    ],
)
def test_the_closest_profile_comes_first(shipped: Catalogue, object_id: str, descr: str, first: str) -> None:
    certain = [n for n in shipped.candidates(Identity(object_id, descr)) if not shipped.profiles[n].match.answers]
    assert certain[0] == first


def test_net_snmps_number_on_something_else_is_not_taken_for_a_host(shipped: Catalogue) -> None:
    names = shipped.candidates(Identity("1.3.6.1.4.1.8072.3.2.10", "UAP-nanoHD 5.43.36.12724"))
    assert "generic/net-snmp" not in names
    assert names[-1] == "generic/if-mib"
    assert names.index("generic/ups-mib") < names.index("generic/printer-mib") < names.index("generic/host-resources")


def test_a_prefix_ends_between_arcs(shipped: Catalogue) -> None:
    assert "huawei/vrp" not in shipped.candidates(Identity(f"{HUAWEI}.2.230.1", ""))


def test_a_firmware_range_decides_between_two() -> None:
    old = Match((HUAWEI,), r"Version (\S+)", FirmwareRange(below="5.170"))
    new = Match((HUAWEI,), r"Version (\S+)", FirmwareRange(from_="5.170"))
    both = Catalogue({"a/old": Profile("Old", match=old), "a/new": Profile("New", match=new)})
    assert both.candidates(Identity(f"{HUAWEI}.1", "Version 5.160")) == ["a/old"]
    assert both.candidates(Identity(f"{HUAWEI}.1", "Version 5.170")) == ["a/new"]
    assert both.candidates(Identity(f"{HUAWEI}.1", "no version told")) == []


def test_versions_compare_number_by_number() -> None:
    assert is_in_range("V200R010C00SPC600", FirmwareRange(from_="V200R005", below="V200R011"))
    assert not is_in_range("V200R019C00", FirmwareRange(below="V200R011"))


def test_topics(shipped: Catalogue) -> None:
    assert [name for name, _, _ in shipped.heard_on("kitchen/canteen-1/telemetry")] == ["kitchen/standard"]
    assert list(shipped.heard_on("kitchen/canteen-1")) == []
    assert match_topic("a/{room}/{device}", "a/r1/d1") == {"room": "r1", "device": "d1"}
    assert overlap("a/{device}/b", "a/x/b")
    assert not overlap("a/{device}/b", "a/{device}/c")
    assert match_topic("plug{model}-{mac}/rpc", "plug1pm-a0b1/rpc") == {"model": "1pm", "mac": "a0b1"}
    assert match_topic("plug.{mac}/rpc", "plugXa0b1/rpc") is None
    assert overlap("plug{model}-{mac}/rpc", "{device}/rpc")
    assert not overlap("plug-{mac}/rpc", "lamp-{mac}/rpc")


def test_own_sources_are_asked_before_included_ones(shipped: Catalogue, tmp_path: Path) -> None:
    model = shipped.profiles["huawei/vrp"].facts.model
    assert model[0].oid.startswith(HUAWEI)
    assert model[-1].oid == "1.3.6.1.2.1.1.1.0"
    assert shipped.profiles["delta/ups"].tables["input"].points[0].nonstandard, "an own table replaces the included one"
