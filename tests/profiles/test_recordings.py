"""Recordings of real devices, replayed over UDP and probed; scored by the rules that stand beside them.

The recordings are no part of the project (their licence is another): without them these tests are skipped and say so.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from agent.address import HostPort
from agent.probe import probe_report
from agent.snmp_access import Community
from campus.secret import Secret
from simulator.snmp.quirk import Quirks
from simulator.snmp.responder import Responder, responding
from simulator.snmp.snmprec import read_snmprec
from tests.profiles.score_table import measured, scored, written
from tests.support.snmp import NOW, SHIPPED

READ_BY = {
    "apc_smt750x-nmc2": "apc/ups",
    "aruba-instant": "aruba/instant",
    "arubaos-cx_10.10": "aruba/aos-cx",
    "avtech_roomalert12e": "avtech/room-alert-12e",
    "axiscam_p1455-le": "axis/camera",
    "ciscosb_c1200-8t-e-2g": "cisco/business",
    "clickshare_main": "barco/clickshare",
    "comware_a5500": "h3c/comware",
    "dahua-nvr": "dahua/recorder",
    "deltaups_mini-snmp": "delta/ups",
    "dlink_dgs-1510-28": "d-link/dgs",
    "epson-projector_eb-4770w": "epson/projector",
    "fortigate_60fospfv3": "fortinet/fortigate",
    "hikvision-nvr_disk": "hikvision/nvr",
    "hwg-poseidon": "hwgroup/poseidon",
    "ios_2960x": "cisco/ios",
    "jetdirect_m252dw": "hp/printer",
    "jetstream_sg2218p": "tp-link/jetstream",
    "linux_powermon": "generic/net-snmp",
    "procurve_e2910": "hpe/procurve",
    "routeros_rb760igs": "mikrotik/routeros",
    "ruijie": "ruijie/rgos",
    "unifi_nanohd": "ubiquiti/unifi",
    "vrp_5720": "huawei/vrp",
    "vrp_ac6605-26": "huawei/vrp-ac",
    "vrp_ar169sfp": "huawei/vrp-ar",
    "yunshan_s5735-v2": "huawei/yunshan",
    "zxr10_5950": "zte/zxr10",
}
# What is expected and yet not told, because it is not so: how many values of which class.
LEFT_OUT = {
    "aruba-instant": {"wireless": 2},  # the frequency 0 of radios for 6 GHz
    "deltaups_mini-snmp": {"sensor": 3},  # 2302 V: this UPS tells tenths
    "dlink_dgs-1510-28": {"memory": 1},  # its flash is told as storage
    "jetdirect_m252dw": {"supply": 1},  # a tray whose filling the printer does not know
    "routeros_rb760igs": {
        "temperature": 1,
        "sensor": 4,
        "neighbour": 1,
    },  # a module that tells no numbers; NULs in a name
    "vrp_ac6605-26": {"sensor": 1},  # three thousandths of a volt on a board
    "vrp_ar169sfp": {"sensor": 1},  # the same
    "yunshan_s5735-v2": {"sensor": 12},  # -0.01 dBm of modules that tell no numbers: -1 throughout, -255 degrees
}
# The share of all recordings' values that must be held, class by class.
GOALS = {
    "identity": 1.0,
    "interfaces": 1.0,
    "cpu": 1.0,
    "memory": 0.95,
    "storage": 1.0,
    "temperature": 0.95,
    "sensor": 0.84,
    "state": 1.0,
    "wireless": 0.97,
    "supply": 0.8,
    "neighbour": 0.96,
}


def test_what_was_never_held_to_a_recording_says_so() -> None:
    claimed = {
        name
        for name, profile in SHIPPED.profiles.items()
        if not (profile.is_fragment or profile.messages or profile.unverified or name.startswith("generic/"))
    }
    assert len(claimed) > 20
    assert claimed <= set(READ_BY.values())


def probed(path: Path, quirks: Quirks = Quirks()) -> dict[str, Any]:  # noqa: B008 - frozen
    device = Responder(read_snmprec(path), quirks=quirks)
    with responding(device):
        return probe_report(HostPort("127.0.0.1", device.port), Community(Secret("public")), lambda: NOW, SHIPPED)


@pytest.mark.parametrize("name", READ_BY)
def test_a_device_is_read_whole_by_the_profile_of_its_family(recordings: Path, name: str) -> None:
    report = probed(recordings / f"{name}.snmprec")
    assert report["profile"] == READ_BY[name]
    assert report["identity"]["vendor"]
    missed = {kind: want - held for kind, (held, want) in scored(recordings, name, report).items() if held < want}
    assert missed == LEFT_OUT.get(name, {})
    assert report["dropped"] == {}


def test_all_recordings_together_reach_the_goals(recordings: Path) -> None:
    names = sorted(path.stem for path in recordings.glob("*.snmprec"))
    assert names == sorted(READ_BY)
    total = {kind: [0, 0] for kind in GOALS}
    for name in names:
        for kind, (held, want) in scored(recordings, name, probed(recordings / f"{name}.snmprec")).items():
            total[kind] = [total[kind][0] + held, total[kind][1] + want]
    assert {kind: held / want for kind, (held, want) in total.items() if held < want * GOALS[kind]} == {}
    assert total["interfaces"] == [654, 654]
    told, expected = (sum(total[kind][side] for kind in ("sensor", "state")) for side in (0, 1))
    assert told / expected >= 0.9


def test_the_page_tells_what_is_measured(recordings: Path) -> None:
    assert recordings.exists()
    assert written() == measured(), "python -m tests.profiles.score_table --write"


def test_neighbours_stand_on_the_port_they_hang_on(recordings: Path) -> None:
    seen = 0
    for name in READ_BY:
        wanted = json.loads((recordings / "expected" / f"{name}.json").read_text())["neighbours_librenms"]
        if not wanted:
            continue
        report = probed(recordings / f"{name}.snmprec")
        told = {(each["local_port"], each["remote_name"].lower()) for each in report["neighbours"]}
        assert {(each["local_ifName"], each["remote_hostname"].lower()) for each in wanted} <= told, name
        seen += len(wanted)
    assert seen == 26


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
