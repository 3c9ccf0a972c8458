"""deploy/compose.yaml holds together: names, ports, healthchecks, users, limits, commands and files."""

import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

from campanile.cli import main
from campus.version import VERSION
from tests.unit.deploy.compose_file import DEPLOY, FILE, Project, Service, mounts, project, with_defaults

PROJECT = project()
SERVICES = sorted(PROJECT.services)
OURS = f"campanile:{VERSION}"
ENTRANCES = {"broker": "8883", "console": "8443", "grafana": "3000"}
"""Who listens outside of the containers, and at which port: all of them with TLS and a password."""


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> Service:
    return PROJECT.services[request.param]


def test_everything_the_district_needs_is_there() -> None:
    wanted = {
        "first-start",
        "broker",
        "database",
        "influxdb",
        "console",
        "controller",
        "agent",
        "dashboards",
        "grafana",
    }
    assert wanted == {name for name, one in PROJECT.services.items() if not one.profiles}
    simulated = {name for name, one in PROJECT.services.items() if one.profiles == ["simulator"]}
    assert simulated == {"simulator", "simulated-agent", "simulated-enrolment"}


def test_names_of_other_services_networks_and_volumes_resolve(service: Service) -> None:
    assert set(service.depends_on) <= set(PROJECT.services)
    assert set(service.networks) <= set(PROJECT.networks)
    named = {mount.source for mount in mounts(service) if not mount.is_file_of_ours}
    assert named <= set(PROJECT.volumes)
    if service.network_mode.startswith("service:"):
        owner = service.network_mode.removeprefix("service:")
        assert owner in PROJECT.services
        assert not service.networks
        assert not service.ports, "the owner of the network publishes ports"
    else:
        assert service.network_mode in ("", "none")
        assert bool(service.networks) != bool(service.network_mode)


def test_nothing_is_declared_that_nobody_uses() -> None:
    used = {mount.source for one in PROJECT.services.values() for mount in mounts(one)}
    assert set(PROJECT.volumes) <= used
    assert set(PROJECT.networks) == {name for one in PROJECT.services.values() for name in one.networks}


def test_who_waits_for_whom_is_no_circle_and_says_for_what(service: Service) -> None:
    def waits_for(name: str, seen: tuple[str, ...] = ()) -> None:
        assert name not in seen, f"a circle: {seen}"
        for other in PROJECT.services[name].depends_on:
            waits_for(other, (*seen, name))

    for name, dependency in service.depends_on.items():
        waits_for(name)
        ends = PROJECT.services[name].runs_once
        assert dependency.condition == ("service_completed_successfully" if ends else "service_healthy")


def test_all_that_keeps_running_has_a_healthcheck_and_comes_back(service: Service) -> None:
    if service.runs_once:
        assert service.healthcheck is None
    else:
        assert service.restart == "unless-stopped"
        assert service.healthcheck is not None
        assert service.healthcheck.test[0] in ("CMD", "CMD-SHELL")


def test_ports_are_published_on_loopback_by_entrances_with_tls_alone() -> None:
    published = {name: one.ports for name, one in PROJECT.services.items() if one.ports}
    assert published == {name: [f"${{CAMPANILE_ADDRESS:-127.0.0.1}}:{port}:{port}"] for name, port in ENTRANCES.items()}
    assert "listener 8883" in (DEPLOY / "mosquitto" / "mosquitto.conf").read_text()
    assert "listen 8443 ssl" in (DEPLOY / "console" / "nginx.conf").read_text()
    assert PROJECT.services["grafana"].environment["GF_SERVER_PROTOCOL"] == "https"


def test_stores_cannot_be_reached_from_outside() -> None:
    assert PROJECT.networks["storage"].internal
    assert {name for name in ("database", "influxdb") if PROJECT.services[name].networks == ["storage"]} == {
        "database",
        "influxdb",
    }


def test_nobody_is_root_or_more_than_needed(service: Service) -> None:
    assert service.read_only
    assert service.cap_drop == ["ALL"]
    assert service.security_opt == ["no-new-privileges:true"]
    if service is PROJECT.services["first-start"]:
        assert service.network_mode == "none"
        assert service.cap_add == ["CHOWN", "DAC_OVERRIDE", "FOWNER"]
    else:
        assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service.user)
        assert not service.cap_add


def test_images_have_a_version(service: Service) -> None:
    image = with_defaults(service.image)
    if service.build is not None:
        assert image == OURS
        assert (DEPLOY / service.build.context / service.build.dockerfile).is_file()
    else:
        assert re.fullmatch(r"[a-z/-]+:\d+\.\d+(\.\d+)?(-[a-z]+)?", image)


def test_files_that_are_mounted_exist_and_are_read_only(service: Service) -> None:
    for mount in mounts(service):
        if mount.is_file_of_ours:
            assert (DEPLOY / mount.source).exists(), mount.source
            assert mount.mode == "ro"


def test_secrets_are_written_by_the_first_start_alone() -> None:
    writers = {
        (name, mount.source)
        for name, one in PROJECT.services.items()
        for mount in mounts(one)
        if mount.source.startswith(("keys-", "token-", "authority")) and mount.mode == "rw" and name != "first-start"
    }
    assert writers == {("influxdb", "token-controller"), ("influxdb", "token-grafana")}


def test_each_service_has_its_own_secrets_only() -> None:
    readers: dict[str, set[str]] = {}
    for name, one in PROJECT.services.items():
        for mount in mounts(one):
            if mount.source.startswith(("keys-", "authority")) and name != "first-start":
                readers.setdefault(mount.source, set()).add(name)
    assert readers.pop("keys-controller") == {"controller", "simulated-enrolment"}
    assert readers.pop("keys-simulator") == {"simulated-agent"}
    assert readers == {
        f"keys-{name}": {name} for name in ("broker", "agent", "console", "grafana", "database", "influxdb")
    }


def test_users_are_those_the_first_start_hands_files_to() -> None:
    told = re.findall(r"^    folder ([\w-]+) (\d+) (\d+) (\d+)$", (DEPLOY / "first-start.sh").read_text(), re.MULTILINE)
    owners = {name: f"{user}:{group}" for name, user, group, _ in told}
    of_keys = {
        mount.target.removeprefix("/keys/"): mount.source
        for mount in mounts(PROJECT.services["first-start"])
        if "keys" in mount.target
    }
    assert set(owners) == set(of_keys)
    for name, one in PROJECT.services.items():
        for folder, volume in of_keys.items():
            if (
                volume.startswith("keys-")
                and name != "first-start"
                and volume in {mount.source for mount in mounts(one)}
            ):
                assert owners[folder] == one.user, f"{name} cannot read {volume}"
    for reader in ("controller", "grafana"):
        writer, group = owners[f"token-{reader}"].split(":")
        assert PROJECT.services["influxdb"].user.startswith(f"{writer}:")
        assert PROJECT.services[reader].user.endswith(f":{group}")


def test_our_commands_are_commands_of_our_command_line(service: Service) -> None:
    if service.build is None or service.entrypoint:
        return
    command: click.Command = main
    words = [with_defaults(word) for word in service.command]
    context = click.Context(command)
    while isinstance(command, click.Group):
        found = command.get_command(context, words.pop(0))
        assert found is not None, service.command
        command, context = found, click.Context(found, parent=context)
    path = [word for word in words if word.startswith("/")]
    command.make_parser(context).parse_args(list(words))
    assert path, "it is told where its file is"


def test_files_of_ours_are_where_the_containers_look(service: Service) -> None:
    configured = {mount.target: mount for mount in mounts(service)}
    for word in service.command + service.entrypoint:
        folder, _, name = word.rpartition("/")
        if folder in configured and configured[folder].is_file_of_ours:
            assert (DEPLOY / configured[folder].source / name).is_file(), word


def test_a_linter_of_compose_files_finds_nothing_else_to_say() -> None:
    """Than that images have no digests, and that the first start is root: it hands each service's files over."""
    command = [str(Path(sys.executable).with_name("compose-lint")), "check", "--format", "json", str(FILE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = json.loads(done.stdout)
    said = {
        (finding["rule_id"], finding["service"]) for finding in found["findings"] if finding["rule_id"] != "CL-0019"
    }
    assert said == {("CL-0018", "first-start")}


def test_an_unknown_key_is_found() -> None:
    """The types above are worth something only if they refuse."""
    import msgspec

    with pytest.raises(msgspec.ValidationError, match="unknown field `port`"):
        msgspec.convert({"name": "x", "services": {}, "networks": {}, "volumes": {}, "port": 1}, Project)
