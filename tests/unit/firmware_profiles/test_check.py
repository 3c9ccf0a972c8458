"""Every kind of mistake in a profile is found, in its line, with advice."""

from pathlib import Path

import pytest

from campus.errors import ConfigError
from firmware_profiles.examine import examine
from firmware_profiles.load import load_catalogue

HEAD = "title: Box\nkind: switch\n"
FACTS = "facts: {model: [{oid: 1.3.6.1.2.1.1.1.0}]}\n"
MATCH = "match: {sys_object_id: [1.3.6.1.4.1.99999]}\n"
GOOD = HEAD + MATCH + FACTS
CPU = "points: [{metric: cpu_percent, oid: 1.3.6.1.4.1.99999.1.0}]\n"

ASKED = HEAD + "facts: {model: [{text: x}]}\nrequests:\n"
TIME = "points: [{metric: clock_offset_s, pointer: /t, type: moment}]"

MISTAKES = {
    "a request of nothing": (ASKED + f"  - {{form: json, {TIME}}}", 5, "Give `path`, or `onvif`"),
    "ONVIF in JSON": (ASKED + f"  - {{form: json, onvif: GetSystemDateAndTime, {TIME}}}", 5, "Write `form: xml`"),
    "an address for a path": (ASKED + f"  - {{form: json, path: 'http://cloud/x', {TIME}}}", 5, "Begin with one slash"),
    "another host for a path": (ASKED + f"  - {{form: json, path: //cloud/x, {TIME}}}", 5, "Begin with one slash"),
    "an answer unread": (ASKED + "  - {form: json, path: /x}", 5, "Give `points`, `facts` or `kind`"),
    "a kind without kinds": (ASKED + "  - {form: json, path: /x, kind: /type}", 5, "Give `kind` and `kinds`"),
    "items asked alike": (
        ASKED + f"  - {{form: json, path: /x, over: {{path: /l, form: json, each: /l, item: /id}}, {TIME}}}",
        5,
        "Write {item}",
    ),
    "whole without a slash": (
        ASKED + "  - {form: json, path: /x, points: [{metric: storage_percent, pointer: /a, of: b}]}",
        5,
        "'/b'",
    ),
    "a moment by SNMP": (
        GOOD + "points: [{metric: clock_offset_s, oid: 1.3.6.1.0, type: moment}]",
        5,
        "moment in text",
    ),
    "anything answers": (HEAD + "match: {http: {path: /x}}\n" + FACTS + CPU, 3, "Give `challenge` or `answers`"),
    "unknown metric": (
        GOOD + "points: [{metric: cpu_precent, oid: 1.3.6.1.4.1.99999.1.0}]",
        5,
        "Did you mean 'cpu_percent'",
    ),
    "a VLAN in an address": (
        GOOD + CPU + "forwarding: [{port: 1.3.6.1.2.1, mac_at: 1, vlan_at: 3}]",
        6,
        "Look where the index has the one and the other",
    ),
    "a VLAN told twice": (
        GOOD + CPU + "forwarding: [{port: 1.3.6.1.2.1, vlan_at: 6, per_vlan: 1.3.6.1.4}]",
        6,
        "Keep `per_vlan` or `vlan_at`",
    ),
    "VLANs of nothing": (
        GOOD + CPU + "forwarding: [{port: 1.3.6.1.2.1, vlans: 1.3.6.1.4}]",
        6,
        "Say where under `vlan_at`",
    ),
    "an index before its begin": (GOOD + CPU + "forwarding: [{port: 1.3.6.1.2.1, mac_at: -1}]", 6, "Count its numbers"),
    "addresses of no OID": (GOOD + CPU + "addresses: [{mac: arp}]", 6, "names are not looked up"),
    "own addresses from nowhere": (GOOD + CPU + "macs: [{form: mac}]", 6, "Keep one of them"),
    "unknown key": (GOOD + "pionts: []", 5, "Did you mean 'points'"),
    "leading dot": (GOOD + "points: [{metric: cpu_percent, oid: .1.3.6.1.0}]", 5, "Write 1.3.6.1.0"),
    "no OID": (GOOD + "points: [{metric: cpu_percent, oid: sysUpTime.0}]", 5, "names are not looked up"),
    "huge arc": (GOOD + "points: [{metric: cpu_percent, oid: 1.3.6.1.4294967296}]", 5, "beyond 32 bits"),
    "octets as bits": (
        GOOD + "points: [{metric: if_in_bps, oid: 1.3.6.1.2.1.31.1.1.1.6, type: counter64}]",
        5,
        "`scale: 8`",
    ),
    "scale 0": (GOOD + "points: [{metric: cpu_percent, oid: 1.3.6.1.0, scale: 0}]", 5, "scale 0"),
    "counter of a level": (
        GOOD + "points: [{metric: cpu_percent, oid: 1.3.6.1.0, type: counter32}]",
        5,
        "rate per second",
    ),
    "ticks of no time": (
        GOOD + "points: [{metric: cpu_percent, oid: 1.3.6.1.0, type: timeticks}]",
        5,
        "become seconds",
    ),
    "part without per cent": (
        GOOD + "points: [{metric: memory_percent, oid: 1.3.6.1.0, of: 1.3.6.2.0}]",
        5,
        "scale: 100",
    ),
    "a counter of a part": (
        GOOD + "points: [{metric: if_in_bps, oid: 1.3.6.1.0, type: counter64, minus: [1.3.6.2.0]}]",
        5,
        "are for gauges",
    ),
    "a counter that follows from another": (
        GOOD + "points: [{metric: if_in_bps, oid: 1.3.6.1.0, type: counter64, joined: [1.3.6.2.0]}]",
        5,
        "are for gauges",
    ),
    "scale 0 of some": (GOOD + "points: [{metric: power_w, oid: 1.3.6.1.0, scale_from: {700: 0}}]", 5, "scale 0"),
    "another scale than the standard's": (
        GOOD + "points: [{metric: input_voltage_v, oid: 1.3.6.1.2.1.33.1.3.3.1.3, scale_from: {700: 0.1}}]",
        5,
        "with scale 0.1 it is not V",
    ),
    "rows of no column": (
        GOOD + "tables: {fans: {instance: {}, where: [{at_least: 2}], points: [{metric: fan_rpm, oid: 1.3.6.1}]}}",
        5,
        "Name a `column`",
    ),
    "neighbours nowhere": (
        GOOD + CPU + "neighbours: [{remote_name: 1.3.6.1, remote_port: [1.3.6.2], local_port: [1.3.6.3]}]",
        6,
        "`local_index` or both",
    ),
    "pattern that takes nothing": (
        GOOD + "points: [{metric: cpu_percent, oid: 1.3.6.1.0, pattern: '[0-9]+'}]",
        5,
        "Put what shall be taken in ( )",
    ),
    "state as gauge": (GOOD + "points: [{metric: power_state, oid: 1.3.6.1.0}]", 5, "type: state"),
    "state without states": (GOOD + "points: [{metric: smoke_state, oid: 1.3.6.1.0, type: state}]", 5, "clear, smoke"),
    "no such state": (
        GOOD + 'points: [{metric: power_state, oid: 1.3.6.1.0, type: state, states: {1: "onn"}}]',
        5,
        "Did you mean 'on'",
    ),
    "states of a gauge": (GOOD + "points: [{metric: cpu_percent, oid: 1.3.6.1.0, states: {1: high}}]", 5, "no states"),
    "YAML's on": (
        GOOD + "points: [{metric: power_state, oid: 1.3.6.1.0, type: state, states: {1: on}}]",
        5,
        "put them in quotes",
    ),
    "broken pattern": (HEAD + "match: {sys_descr: 'a('}\n" + FACTS + CPU, 3, "does not compile"),
    "pattern without group": (GOOD.replace("1.1.0}", "1.1.0, pattern: abc}") + CPU, 4, "no group"),
    "source without place": (HEAD + MATCH + "facts: {model: [{pattern: (a)}]}\n" + CPU, 4, "one of text, oid, column"),
    "unknown include": (GOOD + "include: [generic/ifmib]\n" + CPU, 5, "Did you mean 'generic/if-mib'"),
    "no identity": (HEAD + MATCH + CPU, 1, "no identity facts"),
    "nothing read": (GOOD, 1, "nothing is read"),
    "twice": (GOOD + CPU.replace("}]", "}, {metric: cpu_percent, oid: 1.3.6.1.4.1.99999.2.0}]"), 5, "duplicate point"),
    "no such port table": (GOOD + CPU + "ports: {table: prots}\n", 6, "there is no table 'prots'"),
    "range without version": (
        HEAD + "match: {sys_descr: Box, firmware: {from: '2'}}\n" + FACTS + CPU,
        3,
        "no group",
    ),
    "filter without condition": (
        GOOD + "tables: {t: {instance: {}, where: [{column: 1.3.6}], points: [{metric: cpu_percent, oid: 1.3.6.1.4}]}}",
        5,
        "any_of",
    ),
    "condition of a scalar's index": (
        GOOD + "points: [{metric: cpu_percent, oid: 1.3.6.1.0, where: [{matches: a}]}]",
        5,
        "no index to look at",
    ),
    "rows named by a scalar": (
        GOOD + "tables: {t: {instance: {}, points: [{metric: cpu_percent, oid: 1.3.6.1.4, named_by: 1.3.6.1.0}]}}",
        5,
        "named by `instance`",
    ),
    "bit by a word": (
        GOOD + "points: [{metric: printer_fault_state, oid: 1.3.6.1.0, type: bits, states: {jam: jammed}}]",
        5,
        "'jam' is no bit",
    ),
    "unverified, after nothing": (GOOD + CPU + "unverified: true\n", 6, "what it rests on"),
    "group that is not there": (
        GOOD + "tables: {t: {instance: {text: 'fan {2}'}, points: [{metric: cpu_percent, oid: 1.3.6.1.4}]}}",
        5,
        "index_pattern",
    ),
    "topic without device": (
        HEAD + "messages: [{topic: box/x, facts: {model: /m}, points: [{metric: cpu_percent, pointer: /cpu}]}]",
        3,
        "no hole {device}",
    ),
    "wildcard topic": (
        HEAD
        + "messages: [{topic: 'box/{device}/#', facts: {model: /m}, points: [{metric: cpu_percent, pointer: /cpu}]}]",
        3,
        "holes, not + or #",
    ),
    "pointer without slash": (
        HEAD + "messages: [{topic: 'box/{device}', facts: {model: /m}, points: [{metric: cpu_percent, pointer: cpu}]}]",
        3,
        "'/cpu'",
    ),
    "topic of another": (
        HEAD
        + "messages: [{topic: 'gate/{device}/status', facts: {model: /m}, points: [{metric: cpu_percent, pointer: /c}]}]",
        3,
        "hears the same topic",
    ),
    "match of another": (
        HEAD + "match: {sys_object_id: [1.3.6.1.4.1.2011.2.224]}\n" + FACTS + CPU,
        3,
        "ambiguous: huawei/vrp-ar",
    ),
}


def written(folder: Path, text: str, name: str = "zzz/box.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_profile_has_no_findings(tmp_path: Path) -> None:
    verdict = examine([written(tmp_path, GOOD + CPU)])
    assert (verdict.checked, verdict.findings) == (1, [])


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_in_its_line_with_advice(tmp_path: Path, mistake: str) -> None:
    text, line, words = MISTAKES[mistake]
    path = written(tmp_path, text)
    findings = examine([path]).findings
    assert [str(f) for f in findings if f.line == line and words in str(f) and f.path == str(path)], [
        str(f) for f in findings
    ]


def test_there_are_many_mistakes() -> None:
    assert len(MISTAKES) == 58


def test_an_include_loop_is_told_once_for_each_who_is_in_it(tmp_path: Path) -> None:
    one = written(tmp_path, GOOD + CPU + "include: [zzz/two]\n")
    two = written(tmp_path, "title: Two\ninclude: [zzz/box]\n", "zzz/two.yaml")
    findings = examine([tmp_path]).findings
    assert {f.path for f in findings} == {str(one), str(two)}
    assert all("include loop" in f.problem for f in findings)


def test_broken_yaml_names_its_line(tmp_path: Path) -> None:
    (finding,) = examine([written(tmp_path, "title: [\n")]).findings
    assert finding.line == 2
    assert "not valid YAML" in str(finding)


def test_a_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no profile there"):
        examine([tmp_path / "nowhere"])


def test_an_agent_does_not_load_half_its_knowledge(tmp_path: Path) -> None:
    written(tmp_path, GOOD + CPU.replace("cpu_percent", "cpu_precent"))
    with pytest.raises(ConfigError, match=r"box\.yaml:5: points\[0\]\.metric: unknown metric"):
        load_catalogue(tmp_path)


def test_an_own_folder_adds_and_replaces(tmp_path: Path) -> None:
    written(tmp_path, GOOD + CPU)
    written(
        tmp_path, HEAD.replace("Box", "Our gate") + FACTS + MATCH.replace("99999", "99998") + CPU, "gate/standard.yaml"
    )
    profiles = load_catalogue(tmp_path).profiles
    assert profiles["zzz/box"].title == "Box"
    assert profiles["gate/standard"].title == "Our gate"
    assert profiles["gate/standard"].messages == ()
