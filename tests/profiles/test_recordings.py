"""Recordings of real devices, replayed over UDP and probed; scored by the rules that stand beside them.

The recordings are no part of the project (their licence is another): without them these tests are skipped and say so.
"""

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from agent.address import HostPort
from agent.probe import probe_report
from campus.secret import Secret
from simulator.snmp.quirk import Quirks
from simulator.snmp.responder import Responder, responding
from simulator.snmp.snmprec import read_snmprec
from tests.support.snmp import NOW, SHIPPED

# What must be answered, class by class: (held, expected). States of fans and supplies, currents and voltages of optics
# are no catalogue metrics on Huawei; of the YunShan switch the expected -0.01 dBm of empty sockets are not believed.
WANTED = {
    "vrp_5720": {"cpu": (1, 1), "memory": (1, 1), "temperature": (4, 4), "sensor": (6, 12), "neighbour": (4, 4)},
    "vrp_ac6605-26": {
        "cpu": (1, 1),
        "memory": (1, 1),
        "storage": (1, 1),
        "temperature": (1, 1),
        "wireless": (7, 11),
        "neighbour": (2, 2),
    },
    "vrp_ar169sfp": {"cpu": (1, 1), "memory": (1, 1), "temperature": (2, 2), "sensor": (2, 5), "wireless": (1, 1)},
    "yunshan_s5735-v2": {"cpu": (1, 1), "temperature": (1, 1), "state": (6, 6), "sensor": (2, 14)},
    "comware_a5500": {"cpu": (1, 1), "memory": (1, 1), "temperature": (3, 3), "state": (3, 3)},
    "ruijie": {},
}
PROFILE_OF = {
    "vrp_5720": "huawei/vrp",
    "vrp_ac6605-26": "huawei/vrp-ac",
    "vrp_ar169sfp": "huawei/vrp-ar",
    "yunshan_s5735-v2": "huawei/yunshan",
    "comware_a5500": "h3c/comware",
    "ruijie": "ruijie/rgos",
}


def probed(path: Path, quirks: Quirks = Quirks()) -> dict[str, Any]:  # noqa: B008 - frozen
    device = Responder(read_snmprec(path), quirks=quirks)
    with responding(device):
        return probe_report(HostPort("127.0.0.1", device.port), Secret("public"), lambda: NOW, SHIPPED)


def scored(recordings: Path, name: str, report: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Class to (held, expected), by the rules of `score.py`."""
    spec = importlib.util.spec_from_file_location("score", recordings / "score.py")
    assert spec is not None
    assert spec.loader is not None
    rules = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(rules)
    want = json.loads((recordings / "expected" / f"{name}.json").read_text())
    return {kind: (held, expected) for kind, (held, expected, _) in rules.score(want, report).items()}


@pytest.mark.parametrize("name", WANTED)
def test_a_device_of_the_families_here_is_read_whole(recordings: Path, name: str) -> None:
    report = probed(recordings / f"{name}.snmprec")
    score = scored(recordings, name, report)
    assert report["profile"] == PROFILE_OF[name]
    assert report["identity"]["vendor"]
    assert report["identity"]["model"]
    assert score["identity"][0] == score["identity"][1], report["identity"]
    assert score["interfaces"][0] == score["interfaces"][1] > 0
    for kind, (held, expected) in WANTED[name].items():
        assert score[kind][1] == expected, kind
        assert score[kind][0] >= held, kind
    assert report["dropped"] == {}


@pytest.mark.slow
def test_every_recording_is_read_without_a_profile_of_its_own(recordings: Path) -> None:
    paths = sorted(recordings.glob("*.snmprec"))
    held = expected = 0
    for path in paths:
        report = probed(path)
        assert report["profile"], path.stem
        score = scored(recordings, path.stem, report)
        held, expected = held + score["interfaces"][0], expected + score["interfaces"][1]
    assert len(paths) == 28
    assert held == expected == 654


def test_the_ac6605_with_its_weakness(recordings: Path) -> None:
    report = probed(recordings / "vrp_ac6605-26.snmprec", Quirks(max_repetitions=7))
    assert scored(recordings, "vrp_ac6605-26", report)["interfaces"] == (33, 33)


def test_old_devices_have_32_bit_counters_only(recordings: Path) -> None:
    for name in ("zxr10_5950", "apc_smt750x-nmc2", "axiscam_p1455-le", "jetdirect_m252dw"):
        counters = [i["in_octets"] for i in probed(recordings / f"{name}.snmprec")["interfaces"]]
        assert counters
        assert any(counters), name


def test_ruijies_lldp_rows_differ_in_time_mark_and_are_known_by_their_port(recordings: Path) -> None:
    report = probed(recordings / "ruijie.snmprec")
    assert report["identity"]["model"] == "RG-S6220-48XS4QXS"
    assert report["neighbours"] == [], "the recorded rows name nobody"
