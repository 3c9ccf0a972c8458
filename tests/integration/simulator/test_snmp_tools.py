"""Debian's SNMP tools against the responder: what another implementation makes of our answers."""

import subprocess
from pathlib import Path

import pytest

from simulator.snmp import ber
from simulator.snmp.quirk import Quirks, parse_quirks
from simulator.snmp.responder import Responder, responding
from simulator.snmp.snmprec import parse_snmprec, read_snmprec
from simulator.snmp.tree import MibTree
from tests.servers.daemon import require_program

ROWS = [
    "1.3.6.1.2.1.1.1.0|4|A switch",
    "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.2011.2.23.291",
    "1.3.6.1.2.1.1.3.0|67|4294967295",
    "1.3.6.1.2.1.2.2.1.6.1|4x|00e0fc010203",
    "1.3.6.1.2.1.2.2.1.10.1|65|4294967295",
    "1.3.6.1.2.1.4.20.1.1.10.0.0.1|64|10.0.0.1",
    "1.3.6.1.2.1.31.1.1.1.6.1|70|18446744073709551615",
    "1.3.6.1.2.1.99.1.1.1.4.1|2|-12",
]


def tool(name: str, responder: Responder, *arguments: str, timeout_s: str = "5") -> subprocess.CompletedProcess[str]:
    program = require_program(name, "snmp")
    *options, target = arguments
    address = f"{responder.host}:{responder.port}"
    command = [program, "-Onqe", "-m", "", "-r", "0", "-t", timeout_s, *options, address, target]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)


def test_every_type_arrives() -> None:
    responder = Responder(parse_snmprec("rows", ROWS))
    with responding(responder):
        done = tool("snmpbulkwalk", responder, "-v2c", "-c", "public", "1.3")
    lines = done.stdout.splitlines()
    assert len(lines) == len(ROWS) + 1, done.stderr
    assert ".1.3.6.1.2.1.31.1.1.1.6.1 18446744073709551615" in lines
    assert ".1.3.6.1.2.1.99.1.1.1.4.1 -12" in lines
    assert ".1.3.6.1.2.1.4.20.1.1.10.0.0.1 10.0.0.1" in lines


def test_version_1_walks_round_counter64() -> None:
    responder = Responder(parse_snmprec("rows", ROWS))
    with responding(responder):
        done = tool("snmpwalk", responder, "-v1", "-c", "public", "1.3")
    assert "1.31.1.1.1.6.1" not in done.stdout
    assert ".1.3.6.1.2.1.99.1.1.1.4.1 -12" in done.stdout.splitlines()


def test_wrong_community_is_met_with_silence() -> None:
    responder = Responder(parse_snmprec("rows", ROWS))
    with responding(responder):
        done = tool("snmpget", responder, "-v2c", "-c", "secret", "1.3.6.1.2.1.1.1.0", timeout_s="0.3")
    assert done.returncode != 0
    assert "Timeout" in done.stderr
    assert responder.counts["other_community"] == 1


def test_a_device_that_cannot_answer_eight_repetitions_answers_five() -> None:
    responder = Responder(parse_snmprec("rows", ROWS), quirks=parse_quirks(["max-repetitions=7"]))
    with responding(responder):
        eight = tool("snmpbulkwalk", responder, "-v2c", "-c", "public", "-Cr8", "1.3", timeout_s="0.3")
        five = tool("snmpbulkwalk", responder, "-v2c", "-c", "public", "-Cr5", "1.3")
    assert "Timeout" in eight.stderr
    assert len(five.stdout.splitlines()) == len(ROWS) + 1


def test_garbage_is_an_error_for_the_asker_and_a_count_for_us() -> None:
    responder = Responder(parse_snmprec("rows", ROWS), quirks=Quirks(garbage=True))
    with responding(responder):
        done = tool("snmpget", responder, "-v2c", "-c", "public", "1.3.6.1.2.1.1.1.0", timeout_s="0.3")
    assert done.returncode != 0
    assert responder.counts["garbage"] >= 1


def test_too_big_is_said() -> None:
    tree = MibTree({(1, 3, 6, 1, 2, 1, 1, 1, 0): ber.encode_octets(b"x" * 600)})
    responder = Responder(tree, quirks=parse_quirks(["max-bytes=500"]))
    with responding(responder):
        done = tool("snmpget", responder, "-v2c", "-c", "public", "1.3.6.1.2.1.1.1.0")
    assert "tooBig" in done.stderr + done.stdout


@pytest.mark.slow
def test_recordings_walk_whole(recordings: Path) -> None:
    files = sorted(recordings.glob("*.snmprec"))
    assert len(files) >= 28
    for file in files:
        view = read_snmprec(file)
        responder = Responder(view)
        with responding(responder):
            done = tool("snmpbulkwalk", responder, "-v2c", "-c", "public", "-Cr25", ".1")
        names = [line.split(" ", 1)[0].lstrip(".") for line in done.stdout.splitlines() if line.startswith(".1.")]
        assert names[:-1] == [".".join(map(str, oid)) for oid in view.oids()], file.name
