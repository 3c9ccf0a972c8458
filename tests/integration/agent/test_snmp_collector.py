"""SNMP devices over real UDP: recognised, learnt, polled; their facts; rates over two polls."""

from pathlib import Path

import pytest

from agent.address import HostPort
from agent.collect.port import Harvest
from agent.collect.snmp import DeviceTarget, SnmpCollector
from agent.snmp_access import Community
from campus.errors import ConfigError
from campus.ids import DeviceId
from campus.samples import DeviceKind, Neighbour
from campus.secret import Secret
from firmware_profiles.load import load_catalogue
from firmware_profiles.model import Cadence
from simulator.snmp.responder import Responder, responding
from simulator.snmp.tree import MibTree
from tests.support.snmp import ALL, NOW, SHIPPED, collector, polls, port, system, tree, values

MINUTE_MS = 60_000
LLDP_REMOTE, LLDP_LOCAL = "1.0.8802.1.1.2.1.4.1.1", "1.0.8802.1.1.2.1.3.7.1"


def test_ports_give_states_at_once_and_rates_with_the_second_poll() -> None:
    device = Responder(tree(system() | port(1, 1000) | port(2)))
    with responding(device):
        one = collector(device)
        (first,) = polls(one, NOW)
        device.view = tree(system(uptime=106_000) | port(1, 1000 + 60_000) | port(2))
        (second,) = polls(one, NOW + MINUTE_MS, cadences=frozenset({Cadence.NORMAL}))
    assert one.profile_name == "generic/if-mib"
    assert ("if_in_bps", "GE0/1") not in values(first)
    assert values(first)["if_oper_state", "GE0/1"] == 1
    assert values(first)["if_speed_bps", "GE0/2"] == 1e9
    assert values(second)["if_in_bps", "GE0/1"] == 8000
    assert values(second)["if_out_bps", "GE0/2"] == 0
    assert values(second)["reachable", ""] == 1
    assert values(second)["uptime_s", ""] == 1060
    assert ("if_speed_bps", "GE0/1") not in values(second), "slow points wait for their turn"
    assert second.facts is None
    assert first.dropped + second.dropped == {}


def test_32_bit_counters_are_read_where_there_are_no_others_and_their_wrap_is_understood() -> None:
    top = (1 << 32) - 30_000
    device = Responder(tree(system() | port(1, top, wide=False)))
    with responding(device):
        one = collector(device)
        polls(one, NOW)
        device.view = tree(system(uptime=106_000) | port(1, top + 60_000, wide=False))
        (second,) = polls(one, NOW + MINUTE_MS)
    assert values(second)["if_in_bps", "port 1"] == 8000


def test_a_restart_gives_an_event_and_no_rates() -> None:
    device = Responder(tree(system(uptime=900_000) | port(1, 10**9)))
    with responding(device):
        one = collector(device)
        polls(one, NOW)
        device.view = tree(system(uptime=500) | port(1, 2 * 10**9))
        (second,) = polls(one, NOW + MINUTE_MS)
    assert [event.kind for event in second.events] == ["device_restarted"]
    assert second.dropped == {"device_restarted": 2}
    assert second.facts is not None, "a restarted device is learnt anew"


def test_an_uptime_that_wraps_after_497_days_is_no_restart_and_rates_go_on() -> None:
    device = Responder(tree(system(uptime=(1 << 32) - 3_000) | port(1, 1000)))
    with responding(device):
        one = collector(device)
        polls(one, NOW)
        device.view = tree(system(uptime=3_000) | port(1, 1000 + 60_000))
        (second,) = polls(one, NOW + MINUTE_MS)
    assert second.events == []
    assert values(second)["if_in_bps", "GE0/1"] == 8000


def test_a_row_whose_counters_jumped_gives_no_rate_and_its_neighbour_does() -> None:
    jumped = "1.3.6.1.2.1.31.1.1.1.19"

    def at(ticks: int, octets: int) -> MibTree:
        rows = system(uptime=100_000 + ticks) | port(1, octets) | port(2, octets)
        return tree(rows | {f"{jumped}.1": (67, ticks), f"{jumped}.2": (67, 0)})

    device = Responder(at(0, 1000))
    with responding(device):
        one = collector(device)
        polls(one, NOW)
        device.view = at(6_000, 1000 + 60_000)
        (second,) = polls(one, NOW + MINUTE_MS)
    assert ("if_in_bps", "GE0/1") not in values(second)
    assert values(second)["if_in_bps", "GE0/2"] == 8000
    assert second.dropped == {"counter_discontinuity": 2}


def test_a_64_bit_counter_that_stands_lower_was_reset() -> None:
    device = Responder(tree(system() | port(1, 10**12)))
    with responding(device):
        one = collector(device)
        polls(one, NOW)
        device.view = tree(system(uptime=106_000) | port(1, 5))
        second, third = polls(one, NOW + MINUTE_MS, NOW + 2 * MINUTE_MS)
    assert second.dropped == {"counter_reset": 2}
    assert values(third)["if_in_bps", "GE0/1"] == 0


def test_a_port_that_is_plugged_in_later_is_found_by_the_next_slow_poll() -> None:
    device = Responder(tree(system() | port(1)))
    with responding(device):
        one = collector(device)
        polls(one, NOW)
        device.view = tree(system(uptime=106_000) | port(1) | port(2))
        normal, slow = polls(one, NOW + MINUTE_MS, cadences=frozenset({Cadence.NORMAL})) + polls(
            one, NOW + 2 * MINUTE_MS
        )
    assert ("if_oper_state", "GE0/2") not in values(normal)
    assert values(slow)["if_oper_state", "GE0/2"] == 1


def test_facts_say_who_the_device_is_and_who_hangs_on_it() -> None:
    rows = system("1.3.6.1.4.1.2011.2.23.291") | port(1) | port(2)
    rows |= {
        "1.3.6.1.4.1.2011.5.25.31.6.5.0": (4, "S5720-28X"),
        "1.3.6.1.4.1.2011.5.25.188.1.1.0": (4, "21023500"),
        "1.3.6.1.2.1.1.1.0": (4, "S5720 VRP (R) software,Version 5.170 (S5720 V200R010C00SPC600)"),
        "1.3.6.1.2.1.31.1.1.1.18.2": (4, "to the gateway"),
        f"{LLDP_LOCAL}.3.1": (4, "GE0/1"),
        f"{LLDP_REMOTE}.4.4711.1.1": (2, 4),
        f"{LLDP_REMOTE}.7.4711.1.1": (4, "GE0/24"),
        f"{LLDP_REMOTE}.9.4711.1.1": (4, "sw-2"),
    }
    device = Responder(tree(rows))
    with responding(device):
        target = DeviceTarget(
            DeviceId("sw-1"),
            HostPort("127.0.0.1", device.port),
            Community(Secret("public")),
            name="一层交换机",
            room="r101",
            kind=DeviceKind.GATEWAY,
            uplinks=("GE0/2",),
            uplink_capacity_bps=1e9,
        )
        (harvest,) = polls(SnmpCollector(target, SHIPPED), NOW)
    facts = harvest.facts
    assert facts is not None
    assert (facts.profile, facts.kind, facts.name, facts.room) == ("huawei/vrp", "gateway", "一层交换机", "r101")
    assert (facts.vendor, facts.model, facts.serial, facts.firmware) == (
        "Huawei",
        "S5720-28X",
        "21023500",
        "V200R010C00SPC600",
    )
    assert [(p.instance, p.alias, p.type) for p in facts.ports] == [("GE0/1", "", 6), ("GE0/2", "to the gateway", 6)]
    assert facts.neighbours == (Neighbour("GE0/1", "sw-2", "GE0/24"),)
    assert (facts.uplinks, facts.uplink_capacity_bps) == (("GE0/2",), 1e9)


def test_a_profile_of_ones_own_reads_a_device_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "acme" / "box.yaml"
    path.parent.mkdir()
    path.write_text(
        "title: Acme box\nkind: sensor\nmatch: {sys_object_id: [1.3.6.1.4.1.99999]}\ninclude: [generic/if-mib]\n"
        "points: [{metric: humidity_percent, oid: 1.3.6.1.4.1.99999.2.1.0, scale: 0.1}]\n"
    )
    device = Responder(tree(system() | {"1.3.6.1.4.1.99999.2.1.0": (2, 553)}))
    with responding(device):
        one = collector(device, load_catalogue(tmp_path))
        (harvest,) = polls(one, NOW)
    assert one.profile_name == "acme/box"
    assert values(harvest)["humidity_percent", ""] == 55.3


def test_a_ups_is_known_by_what_it_answers() -> None:
    ups = {
        "1.3.6.1.2.1.33.1.1.2.0": (4, "Galaxy"),
        "1.3.6.1.2.1.33.1.2.1.0": (2, 2),
        "1.3.6.1.2.1.33.1.2.3.0": (2, 12),
        "1.3.6.1.2.1.33.1.4.1.0": (2, 5),
        "1.3.6.1.2.1.33.1.4.4.1.2.1": (2, 230),
        "1.3.6.1.2.1.33.1.4.4.1.5.1": (2, 41),
    }
    device = Responder(tree(system() | ups))
    with responding(device):
        (harvest,) = polls(collector(device), NOW)
    assert harvest.facts is not None
    assert (harvest.facts.kind, harvest.facts.model) == ("ups", "Galaxy")
    assert values(harvest)["ups_source_state", ""] == 5
    assert values(harvest)["battery_runtime_s", ""] == 720
    assert values(harvest)["load_percent", "output 1"] == 41


def test_a_device_without_fast_points_is_left_alone_between_the_normal_ones() -> None:
    switch = Responder(tree(system() | port(1)))
    ups = Responder(tree(system() | {"1.3.6.1.2.1.33.1.4.1.0": (2, 3)}))
    fast = frozenset({Cadence.FAST})
    with responding(switch, ups):
        of_switch, of_ups = collector(switch), collector(ups, profile="generic/ups-mib")
        polls(of_switch, NOW)
        polls(of_ups, NOW)
        requests = of_switch.dialogue.counts["requests"]
        (harvest,) = polls(of_switch, NOW + 5_000, cadences=fast)
        (mains,) = polls(of_ups, NOW + 5_000, cadences=fast)
        assert of_switch.dialogue.counts["requests"] == requests
    assert harvest == Harvest()
    assert values(mains).keys() >= {("reachable", ""), ("ups_source_state", "")}


def test_the_hot_path_is_one_request_for_forty_values() -> None:
    rows = system()
    for index in range(1, 13):
        rows |= port(index)
    device = Responder(tree(rows))
    with responding(device):
        one = collector(device)
        polls(one, NOW)
        before = one.dialogue.counts["requests"]
        (harvest,) = polls(one, NOW + MINUTE_MS, cadences=frozenset({Cadence.NORMAL}))
    assert len(harvest.samples) == 4 + 12 * 3
    assert one.dialogue.counts["requests"] - before == 2, "one hail, one GET of 36 OIDs"


def test_a_profile_that_does_not_exist_is_refused_before_anything_is_asked() -> None:
    target = DeviceTarget(DeviceId("x"), HostPort("127.0.0.1", 9), Community(Secret("public")), profile="acme/none")
    with pytest.raises(ConfigError, match="there is no profile 'acme/none'"):
        SnmpCollector(target, SHIPPED)


def test_a_table_that_the_device_does_not_have_asks_nothing_whatever_else_could_name_its_rows() -> None:
    names = {f"1.3.6.1.2.1.47.1.1.1.1.7.{index}": (4, f"slot {index}") for index in range(1, 30)}
    device = Responder(tree(system() | port(1) | names))
    with responding(device):
        one = collector(device)
        polls(one, NOW)
    assert one.learnt is not None
    assert {ask.instance for ask in one.learnt.asks} == {"", "GE0/1"}


def test_ports_are_found_where_there_are_names_only() -> None:
    rows = {oid: told for oid, told in port(1).items() if not oid.startswith("1.3.6.1.2.1.2.2.1.2.")}
    device = Responder(tree(system() | rows))
    with responding(device):
        one = collector(device)
        polls(one, NOW)
    assert one.learnt is not None
    assert [told.instance for told in one.learnt.ports] == ["GE0/1"]


def test_all_cadences_are_read_by_the_first_poll() -> None:
    device = Responder(tree(system() | port(1)))
    with responding(device):
        (harvest,) = polls(collector(device), NOW, cadences=ALL)
    assert {"if_speed_bps", "if_admin_state", "if_oper_state"} <= {s.key.metric for s in harvest.samples}
