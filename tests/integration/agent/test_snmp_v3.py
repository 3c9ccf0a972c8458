"""SNMPv3 against Debian's own snmpd: every way to prove and to hide, a restart of its engine, and what a refusal says."""

import asyncio
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agent.address import HostPort
from agent.collect.snmp import DeviceTarget, SnmpCollector
from agent.collect.snmp_dialogue import LoginRefused, SnmpDialogue, SnmpTiming
from agent.collect.snmp_refusal import Refusal, refusal_of
from agent.decode.snmp import SYS_UPTIME
from agent.schedule import Outcome, Turns
from agent.snmp_access import AuthProtocol, Community, PrivacyProtocol, SnmpUser
from campanile.cli import main
from campus.ids import DeviceId
from campus.secret import Secret
from firmware_profiles.model import Cadence
from tests.servers.daemon import free_port
from tests.servers.snmpd import COMMUNITY, Snmpd, snmpd
from tests.support.snmp import NOW, QUICK, SHIPPED, polls, values

PROOF, HIDING = "a proof of it", "a hiding of it"
AUTH = {
    AuthProtocol.SHA1: "SHA",
    AuthProtocol.SHA224: "SHA-224",
    AuthProtocol.SHA256: "SHA-256",
    AuthProtocol.SHA384: "SHA-384",
    AuthProtocol.SHA512: "SHA-512",
}
PRIVACY = {
    PrivacyProtocol.AES128: "AES",
    PrivacyProtocol.AES192: "AES192",
    PrivacyProtocol.AES256: "AES256",
    PrivacyProtocol.AES192_CISCO: "AES192C",
    PrivacyProtocol.AES256_CISCO: "AES256C",
}


def user(
    auth: AuthProtocol = AuthProtocol.SHA256,
    privacy: PrivacyProtocol | None = PrivacyProtocol.AES128,
    *,
    name: str = "",
    proof: str = PROOF,
    hiding: str = HIDING,
) -> SnmpUser:
    """A user of the daemon's; without `name` the one that has these protocols."""
    return SnmpUser(
        name or f"{auth}-{privacy or 'open'}",
        auth,
        None if auth is AuthProtocol.NONE else Secret(proof),
        privacy,
        Secret(hiding) if privacy else None,
    )


def users() -> str:
    """Lines of snmpd.conf: a user of each pair of protocols, one that only proves, one that does neither, one without a view."""
    lines = [f"createUser {AuthProtocol.NONE}-open\nrouser {AuthProtocol.NONE}-open noauth"]
    for auth, word in AUTH.items():
        lines.append(f'createUser {auth}-open {word} "{PROOF}"\nrouser {auth}-open auth')
        for privacy, hidden in PRIVACY.items():
            name = f"{auth}-{privacy}"
            lines.append(f'createUser {name} {word} "{PROOF}" {hidden} "{HIDING}"\nrouser {name} priv')
    return "\n".join([*lines, f'createUser blind SHA-256 "{PROOF}"'])


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snmpd]:
    with snmpd(tmp_path_factory.mktemp("snmpd-v3"), users()) as running:
        yield running


def dialogue(port: int, who: SnmpUser, timing: SnmpTiming = QUICK) -> SnmpDialogue:
    return SnmpDialogue(HostPort("127.0.0.1", port), who, timing)


def test_every_pair_of_protocols_is_spoken(host: Snmpd) -> None:
    asked = [user(auth, privacy) for auth in AUTH for privacy in (None, *PRIVACY)]
    asked.append(user(AuthProtocol.NONE, None))
    assert len(asked) == 31

    async def run() -> list[bool]:
        return [SYS_UPTIME in await dialogue(host.port, who).hail([SYS_UPTIME]) for who in asked]

    assert all(asyncio.run(run()))


def test_a_host_is_polled_whole(host: Snmpd) -> None:
    target = DeviceTarget(DeviceId("host-1"), HostPort("127.0.0.1", host.port), user())
    first, second = polls(SnmpCollector(target, SHIPPED), NOW, NOW + 60_000)
    assert first.facts is not None
    assert first.facts.profile == "generic/net-snmp"
    assert 0 < values(second)["memory_percent", ""] < 100
    assert second.dropped == {}


@pytest.mark.slow
def test_a_restarted_engine_is_asked_with_a_new_session_in_the_same_poll(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM)
    one = SnmpCollector(DeviceTarget(DeviceId("host-1"), HostPort("127.0.0.1", port), user()), SHIPPED, QUICK)
    with snmpd(tmp_path, users(), port=port):
        (before,) = polls(one, NOW)
    (gone,) = polls(one, NOW + 60_000)
    with snmpd(tmp_path, users(), port=port):
        (back,) = polls(one, NOW + 120_000)
        sessions = one.dialogue.counts["sessions"]
    with snmpd(tmp_path, users(), port=port):
        (again,) = polls(one, NOW + 180_000)
    reachable = [values(harvest)["reachable", ""] for harvest in (before, gone, back, again)]
    assert reachable == [1, 0, 1, 1]
    assert one.dialogue.counts["sessions"] > sessions, "a session does not outlive the engine it was made for"
    assert one.dialogue.counts["refused"] == 0


def test_a_session_that_has_rested_is_not_used_again(host: Snmpd) -> None:
    async def sessions(who: SnmpUser | Community) -> int:
        asking = SnmpDialogue(HostPort("127.0.0.1", host.port), who, replace(QUICK, fresh_s=-1))
        for _ in range(3):
            await asking.hail([SYS_UPTIME])
        return asking.counts["sessions"]

    assert asyncio.run(sessions(user())) == 3, "it would tell the device the time of then"
    assert asyncio.run(sessions(Community(Secret(COMMUNITY)))) == 1


REFUSED = [
    (user(name="nobody"), Refusal.UNKNOWN_USER),
    (user(proof="another proof"), Refusal.WRONG_PASSWORD),
    (user(AuthProtocol.SHA512, name="sha256-aes128"), Refusal.WRONG_PASSWORD),
    (user(AuthProtocol.SHA256, PrivacyProtocol.AES128, name="sha256-open"), Refusal.UNSUPPORTED_LEVEL),
    (user(AuthProtocol.SHA256, None, name="sha256-aes128"), Refusal.NO_ACCESS),
    (user(AuthProtocol.NONE, None, name="sha256-open"), Refusal.NO_ACCESS),
    (user(AuthProtocol.SHA256, None, name="blind"), Refusal.NO_ACCESS),
    (user(hiding="another hiding"), Refusal.SILENT_AFTER_GREETING),
    (user(AuthProtocol.SHA1, PrivacyProtocol.AES256_CISCO, name="sha1-aes256"), Refusal.SILENT_AFTER_GREETING),
    (user(), Refusal.NONE),
]


@pytest.mark.parametrize(("who", "why"), REFUSED, ids=[why.name for _, why in REFUSED])
def test_a_refusal_says_why(host: Snmpd, who: SnmpUser, why: Refusal) -> None:
    assert asyncio.run(refusal_of(HostPort("127.0.0.1", host.port), who, 0.5)) is why


def test_where_nothing_listens_there_is_no_refusal() -> None:
    port = free_port(socket.SOCK_DGRAM)
    assert asyncio.run(refusal_of(HostPort("127.0.0.1", port), user(), 0.3)) is Refusal.SILENT


def test_a_refused_user_is_tried_once_a_poll_and_the_harvest_says_why(host: Snmpd) -> None:
    who = user(proof="another proof")
    one = SnmpCollector(DeviceTarget(DeviceId("host-1"), HostPort("127.0.0.1", host.port), who), SHIPPED, QUICK)
    first, second = polls(one, NOW, NOW + 60_000)
    assert values(first) == values(second) == {("reachable", ""): 0.0}
    assert Refusal.WRONG_PASSWORD in first.refused
    assert second.refused == first.refused
    assert one.dialogue.counts["requests"] == 2
    assert not any(secret in first.refused for secret in (PROOF, "another proof", HIDING))


def test_in_half_an_hour_a_wrong_password_is_tried_less_often_than_locks_a_user_out(host: Snmpd) -> None:
    place, start_s = HostPort("127.0.0.1", host.port), 0.0
    access = user(proof="another proof")
    one = SnmpCollector(DeviceTarget(DeviceId("host-1"), place, access), SHIPPED, QUICK)
    turns = Turns("host-1", {Cadence.FAST: 30.0, Cadence.NORMAL: 60.0, Cadence.SLOW: 900.0}, 120.0, start_s)
    wrong_digests = "1.3.6.1.6.3.15.1.1.5.0"

    async def counted() -> int:
        answer = await SnmpDialogue(place, Community(Secret(COMMUNITY))).hail([wrong_digests])
        return int(str(answer[wrong_digests]))

    async def half_an_hour() -> list[int]:
        counts = [await counted()]
        while turns.next.due_s < start_s + 1800:
            harvest = await one.poll(turns.next.cadences, NOW)
            assert harvest.refused
            turns.finish(Outcome.REFUSED, turns.next.due_s)
            counts.append(await counted())
        return counts

    counts = asyncio.run(half_an_hour())
    assert len(counts) == 4, "at once, after 5 minutes, after 10 more; the next comes after 20 more"
    assert counts[1] - counts[0] <= 3, "the first time the device is asked why"
    assert counts[-1] - counts[1] <= 4


def test_a_user_that_is_changed_under_a_session_is_refused_and_no_error_of_another_kind(tmp_path: Path) -> None:
    port = free_port(socket.SOCK_DGRAM)
    asking = dialogue(port, user())

    async def hail() -> None:
        await asking.hail([SYS_UPTIME])

    with snmpd(tmp_path, users(), port=port):
        asyncio.run(hail())
    (tmp_path / "changed").mkdir()
    with snmpd(tmp_path / "changed", "createUser other SHA-256 whatever12", port=port), pytest.raises(LoginRefused):
        asyncio.run(hail())


def probed(host: Snmpd, *options: str) -> Result:
    return CliRunner().invoke(main, ["agent", "probe", f"127.0.0.1:{host.port}", "--json", *options])


@pytest.fixture
def passwords(tmp_path: Path) -> tuple[str, ...]:
    """The options that say where the passwords lie."""
    (tmp_path / "proof.txt").write_text(f"{PROOF}\n")
    (tmp_path / "hiding.txt").write_text(f"{HIDING}\n")
    proof, hiding = str(tmp_path / "proof.txt"), str(tmp_path / "hiding.txt")
    return "--v3-auth-password-file", proof, "--v3-privacy-password-file", hiding


def test_a_technician_probes_by_a_user(host: Snmpd, passwords: tuple[str, ...]) -> None:
    done = probed(host, "--v3-user", "sha256-aes128", "--v3-privacy", "aes128", *passwords)
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["profile"] == "generic/net-snmp"


@pytest.mark.slow
def test_a_technician_is_told_what_is_wrong(host: Snmpd, passwords: tuple[str, ...]) -> None:
    wrong_name = probed(host, "--v3-user", "sha256-aes12", "--v3-privacy", "aes128", *passwords)
    too_open = probed(host, "--v3-user", "sha256-aes128", *passwords)
    assert wrong_name.exit_code == too_open.exit_code == 1
    assert Refusal.UNKNOWN_USER in wrong_name.output
    assert Refusal.NO_ACCESS in too_open.output
    assert not any(secret in wrong_name.output + too_open.output for secret in (PROOF, HIDING))


def test_a_sealed_user_is_named_like_any_other(host: Snmpd, tmp_path: Path) -> None:
    config = tmp_path / "agent.yaml"
    config.write_text("site: no-1\ncredentials_key: {file: key}\n")
    options = ["core", "--config", str(config), "--kind", "snmpv3", "--username", "sha1-aes256", "--auth", "sha1"]
    typed = f"{PROOF}\n{HIDING}\n"
    sealed = CliRunner().invoke(main, ["agent", "credentials", "set", *options, "--privacy", "aes256"], input=typed)
    assert sealed.exit_code == 0, sealed.output
    assert probed(host, "--config", str(config), "--credential", "core").exit_code == 0
