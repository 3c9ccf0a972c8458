"""`campanile agent set` at Debian's own snmpd: shown before, asked, set, read back; every refusal in words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from campanile.cli import main
from tests.servers.snmpd import COMMUNITY, Snmpd, snmpd

CONTACT, NAME, LOCATION = "1.3.6.1.2.1.1.4.0", "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.6.0"
TRAPS_WANTED, NOTHING = "1.3.6.1.2.1.11.30.0", "1.3.6.1.2.1.99.1.0"
WRITER, PROOF, HIDING = "campanile-write", "a proof of it", "a hiding of it"
EXTRA = f"""
rwcommunity {WRITER} 127.0.0.1
createUser writer SHA-256 "{PROOF}" AES "{HIDING}"
createUser reader SHA-256 "{PROOF}" AES "{HIDING}"
createUser open
rwuser writer priv
rwuser open noauth
rouser reader priv
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snmpd]:
    with snmpd(tmp_path_factory.mktemp("snmpd-set"), EXTRA, contact="") as running:
        yield running


@pytest.fixture(autouse=True)
def passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPANILE_V3_AUTH_PASSWORD", PROOF)
    monkeypatch.setenv("CAMPANILE_V3_PRIVACY_PASSWORD", HIDING)


def run(host: Snmpd, *options: str, typed: str = "") -> Result:
    return CliRunner().invoke(main, ["agent", "set", f"127.0.0.1:{host.port}", *options], input=typed)


def by_user(name: str) -> tuple[str, ...]:
    return ("--v3-user", name, "--v3-privacy", "aes128", "--yes")


@pytest.mark.parametrize(
    "who",
    [
        ("--community", WRITER, "--yes"),
        ("--community", WRITER, "--version", "1", "--yes"),
        by_user("writer"),
        ("--v3-user", "open", "--v3-auth", "none", "--yes"),
    ],
    ids=["v2c", "v1", "v3", "v3 without a password"],
)
def test_it_shows_what_was_and_what_is(host: Snmpd, who: tuple[str, ...]) -> None:
    assert run(host, f"{CONTACT}=string:before", *who).exit_code == 0
    done = run(host, f"{CONTACT}=string:教务处", *who)
    assert done.exit_code == 0, done.output
    assert f'{CONTACT} holds string "before"; it shall hold string "教务处"' in done.output
    assert f'{CONTACT} holds string "教务处" now' in done.output


def test_nothing_is_set_before_somebody_has_said_yes(host: Snmpd) -> None:
    as_writer = ("--community", WRITER)
    run(host, f"{CONTACT}=string:kept", *as_writer, "--yes")
    refused = run(host, f"{CONTACT}=string:changed", *as_writer, typed="n\n")
    assert refused.exit_code == 1
    assert 'holds string "kept" now' in run(host, f"{CONTACT}=string:kept", *as_writer, typed="y\n").output


@pytest.mark.slow
def test_all_or_none(host: Snmpd) -> None:
    as_writer = ("--community", WRITER, "--yes")
    run(host, f"{CONTACT}=string:kept", *as_writer)
    half = run(host, f"{CONTACT}=string:changed", f"{NAME}=string:changed", *as_writer)
    assert half.exit_code == 1
    assert f"has not set {NAME}: it cannot be set at all" in half.output
    assert 'holds string "kept"; ' in run(host, f"{CONTACT}=string:kept", *as_writer).output


@pytest.mark.parametrize(
    ("what", "who", "said"),
    [
        (f"{CONTACT}=integer:5", ("--community", WRITER), "wrongType"),
        (f"{TRAPS_WANTED}=integer:7", ("--community", WRITER), "wrongValue"),
        (f"{NAME}=string:x", ("--community", WRITER), "notWritable"),
        (f"{NOTHING}=integer:1", ("--community", WRITER), "notWritable"),
        (f"{CONTACT}=string:x", ("--community", COMMUNITY), "noAccess"),
        (f"{CONTACT}=string:x", ("--community", COMMUNITY, "--version", "1"), "noSuchName"),
        (f"{CONTACT}=string:x", by_user("reader"), "noAccess"),
        (f"{CONTACT}=string:x", ("--v3-user", "writer"), "authorizationError"),
        (f"{CONTACT}=string:x", by_user("nobody"), "no SNMPv3 user of this name"),
    ],
)
def test_a_refusal_is_in_words(host: Snmpd, what: str, who: tuple[str, ...], said: str) -> None:
    refused = run(host, what, *who, "--yes")
    assert refused.exit_code == 1
    assert said in refused.output
    assert not any(secret in refused.output for secret in (PROOF, HIDING, WRITER))


def test_a_wrong_password_is_told_from_a_wrong_user(host: Snmpd, tmp_path: Path) -> None:
    (tmp_path / "wrong.txt").write_text("another proof\n")
    refused = run(
        host, f"{CONTACT}=string:x", *by_user("writer"), "--v3-auth-password-file", str(tmp_path / "wrong.txt")
    )
    assert "`auth_password` or `auth` is another at the device" in refused.output


@pytest.mark.slow
def test_a_wrong_community_is_met_with_silence(host: Snmpd) -> None:
    refused = run(host, f"{LOCATION}=string:x", "--community", "wrong", "--yes")
    assert refused.exit_code == 1
    assert "does not answer SNMP v2c" in refused.output


def test_a_credential_of_the_agent_s_file_serves(host: Snmpd, tmp_path: Path) -> None:
    (tmp_path / "agent.yaml").write_text(f"site: no-1\nsnmp_communities: {{write: {{value: {WRITER}}}}}\n")
    chosen = ("--config", str(tmp_path / "agent.yaml"), "--credential")
    assert run(host, f"{CONTACT}=string:x", *chosen, "write", "--yes").exit_code == 0
    assert "Did you mean 'write'" in run(host, f"{CONTACT}=string:x", *chosen, "wriet", "--yes").output
    assert "give both" in run(host, f"{CONTACT}=string:x", "--credential", "write", "--yes").output


def test_a_password_that_is_not_given_is_asked_for_or_explained(host: Snmpd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CAMPANILE_V3_AUTH_PASSWORD")
    assert "--v3-auth-password-file FILE" in run(host, f"{CONTACT}=string:x", "--v3-user", "writer", "--yes").output
