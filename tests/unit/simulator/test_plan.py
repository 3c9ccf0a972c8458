"""The files of a district, and the ports they name."""

import socket
from datetime import date
from pathlib import Path

import pytest
import yaml

from campus.document import load_document
from campus.errors import ConfigError
from controller.registry.enrolment import Enrolment
from simulator.plan.ports import free_tcp_ports, free_udp_port
from simulator.plan.shape import THROUGHPUT_TOKEN, read_plan
from simulator.plan.write import write_plan

TODAY = date(2026, 11, 16)


def test_planned_twice_is_the_same_district_on_ports_that_are_free(tmp_path: Path) -> None:
    first = write_plan(tmp_path, 4, 2, 18_830, TODAY)
    enrolment = (tmp_path / "district.yaml").read_text(encoding="utf-8")
    again = write_plan(tmp_path, 4, 2, 18_830, TODAY)
    assert (tmp_path / "district.yaml").read_text(encoding="utf-8") == enrolment
    assert again == read_plan(tmp_path)
    assert [site.id for site in first.sites] == ["centre", "no-1-primary", "no-2-middle"]
    ports = [port for site in first.sites for port in (site.broker_port, site.fibre_port) if port]
    assert len(set(ports)) == 5


def test_agents_measure_their_lines_where_the_console_is_known(tmp_path: Path) -> None:
    write_plan(tmp_path, 4, 2, 18_830, TODAY)
    assert not (tmp_path / THROUGHPUT_TOKEN).exists()
    plan = write_plan(tmp_path, 4, 2, 18_830, TODAY, console_port=8080)
    assert (tmp_path / THROUGHPUT_TOKEN).stat().st_mode & 0o777 == 0o600
    for site in plan.sites:
        path = yaml.safe_load((tmp_path / "agents" / f"{site.id}.yaml").read_text(encoding="utf-8"))["path"]
        assert path["throughput"]["url"] == "http://127.0.0.1:8080"
        assert {target["id"] for target in path["targets"]} == (
            {"centre"} if site.id == "centre" else {"centre", "gateway"}
        )


def test_the_enrolment_is_what_the_controller_reads(tmp_path: Path) -> None:
    plan = write_plan(tmp_path, 4, 6, 18_830, TODAY)
    enrolment = load_document(tmp_path / "district.yaml", Enrolment)
    organisations = {each.id for each in enrolment.organisations}
    assert [site.id for site in enrolment.sites] == [site.id for site in plan.sites]
    assert {site.organisation for site in enrolment.sites} <= organisations
    assert [site.centre for site in enrolment.sites] == [True] + [False] * 6
    for site in enrolment.sites[1:]:
        rooms = {room.id for room in site.rooms}
        assert site.agents == (site.id,)
        assert {lesson.room for lesson in site.timetable} <= rooms
        assert {lesson.period for lesson in site.timetable} <= set(range(1, len(site.periods) + 1))
    assert date(2026, 10, 1) in enrolment.holidays


def test_ports_that_are_taken_are_not_planned() -> None:
    first = free_udp_port(["127.77.250.1"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.77.250.1", first))
        assert free_udp_port(["127.77.250.1"]) != first
    (port,) = free_tcp_ports(1, "127.0.0.1")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        assert port not in free_tcp_ports(50, "127.0.0.1")


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be written"):
        write_plan(tmp_path / "file", 1, 1, 18_830, TODAY)


def test_a_wrong_plan_is_explained(tmp_path: Path) -> None:
    write_plan(tmp_path, 1, 1, 18_830, TODAY)
    path = tmp_path / "simulator.yaml"
    path.write_text(path.read_text().replace("snmp_port", "snmp_prt"))
    with pytest.raises(ConfigError, match=r"simulator.yaml:\d+: unknown key 'snmp_prt'"):
        read_plan(tmp_path)
