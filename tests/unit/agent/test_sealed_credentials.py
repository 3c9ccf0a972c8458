"""Credentials at rest: sealed and opened again, whatever they are; each thing that can be wrong is one clear sentence."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from agent.config import load_config
from agent.credentials import Credential
from agent.sealed import new_key, read_keys, read_sealed, sealed_path, write_keys, write_sealed
from agent.secret_source import SecretSource
from agent.settings import CredentialEntry
from agent.snmp_access import AuthProtocol, PrivacyProtocol, SnmpVersion
from campanile.cli import main
from campus.errors import ConfigError

AGENT = "site: no-1\ncredentials_key: {file: keys/campanile.key}\n"
PROOF, HIDING, WORD = "proof of campanile", "hiding of campanile", "c0mmun1ty"
secrets = st.text(min_size=1).map(lambda text: SecretSource(value=text))
entries = st.builds(
    CredentialEntry,
    community=st.none() | secrets,
    version=st.sampled_from(["1", "2c"]),
    user=st.text(),
    auth=st.none() | st.sampled_from(AuthProtocol),
    auth_password=st.none() | secrets,
    privacy=st.none() | st.sampled_from(PrivacyProtocol),
    privacy_password=st.none() | secrets,
    username=st.text(),
    password=st.none() | secrets,
    enable=st.none() | secrets,
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "keys").mkdir()
    (tmp_path / "agent.yaml").write_text(AGENT)
    return tmp_path


def run(home: Path, command: str, *options: str, typed: str = "") -> Result:
    arguments = ["agent", "credentials", command, *options, "--config", str(home / "agent.yaml")]
    return CliRunner().invoke(main, arguments, input=typed)


def entered(home: Path) -> None:
    assert run(home, "set", "read", typed=f"{WORD}\n").exit_code == 0
    v3 = ("--kind", "snmpv3", "--username", "nms", "--privacy", "aes256")
    assert run(home, "set", "core", *v3, typed=f"{PROOF}\n{HIDING}\n").exit_code == 0


def used(home: Path, name: str, more: str = "") -> Credential:
    device = f"devices: [{{id: sw-1, {more}address: 10.0.0.1, credential: {name}}}]\n"
    (home / "agent.yaml").write_text(AGENT + device)
    found = load_config(home / "agent.yaml").devices[0].credential
    assert found is not None
    return found


@given(held=st.dictionaries(st.text(min_size=1), entries, max_size=5))
def test_what_is_sealed_is_opened_again_and_cannot_be_read_without(
    tmp_path_factory: pytest.TempPathFactory, held: dict[str, CredentialEntry]
) -> None:
    path, key = tmp_path_factory.mktemp("sealed") / "agent.credentials.sealed", new_key()
    write_sealed(path, key, held)
    assert read_sealed(path, [key]) == held
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConfigError, match="was sealed with another key"):
        read_sealed(path, [new_key()])


def test_what_is_entered_is_usable_by_its_name(home: Path) -> None:
    entered(home)
    community = used(home, "read")
    assert community.community is not None
    assert (community.community.reveal(), community.snmp_version) == (WORD, SnmpVersion.V2C)
    user = used(home, "core").snmp_user
    assert user is not None
    assert user.auth_password is not None
    assert user.privacy_password is not None
    assert (user.name, user.auth, user.privacy) == ("nms", AuthProtocol.SHA256, PrivacyProtocol.AES256)
    assert (user.auth_password.reveal(), user.privacy_password.reveal()) == (PROOF, HIDING)


def test_a_login_may_have_a_second_password_for_privilege(home: Path) -> None:
    login = ("--kind", "login", "--username", "admin", "--enable")
    assert run(home, "set", "ssh", *login, typed=f"{PROOF}\n{HIDING}\n").exit_code == 0
    found = used(home, "ssh", "protocol: pjlink, ")
    assert found.password is not None
    assert found.enable is not None
    assert (found.username, found.password.reveal(), found.enable.reveal()) == ("admin", PROOF, HIDING)


def test_a_list_tells_names_and_kinds_and_no_command_tells_a_secret(home: Path) -> None:
    said = [run(home, "set", "read", typed=f"{WORD}\n")]
    said.append(run(home, "set", "core", "--kind", "snmpv3", "--username", "nms", typed=f"{PROOF}\n"))
    said.append(run(home, "set", "camera", "--kind", "login", "--username", "admin", typed=f"{HIDING}\n"))
    said.append(run(home, "set", "short", "--kind", "snmpv3", "--username", "nms", typed="tiny\n"))
    said += [run(home, "rekey"), listed := run(home, "list"), run(home, "remove", "camera", "--yes")]
    assert [row.split()[0] for row in listed.output.splitlines()] == ["camera", "core", "read"]
    assert re.search(r"core +SNMPv3 user, sha256 +sealed", listed.output)
    assert re.search(r"camera +user name and password +sealed", listed.output)
    assert "at least 8 characters" in said[3].output
    shown = "".join(result.output for result in said) + "".join(
        path.read_text() for path in home.rglob("*") if path.is_file()
    )
    for secret in (WORD, PROOF, HIDING, "tiny", "admin", "nms"):
        assert secret not in shown


def test_a_running_agent_says_no_secret_either(home: Path) -> None:
    entered(home)
    used(home, "core")
    checked = subprocess.run(
        [sys.executable, "-m", "campanile", "agent", "run", "--check", "--config", str(home / "agent.yaml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert not any(secret in checked.stdout + checked.stderr for secret in (WORD, PROOF, HIDING))


def test_removing_asks_and_says_who_will_miss_it(home: Path) -> None:
    entered(home)
    used(home, "core")
    kept = run(home, "remove", "core", typed="n\n")
    assert kept.exit_code == 1
    assert "sw-1 of agent.yaml name it" in kept.output
    assert "core" in run(home, "list").output
    assert run(home, "remove", "core", typed="y\n").exit_code == 0
    assert "core" not in run(home, "list").output
    assert "Did you mean 'read'" in run(home, "remove", "raed", "--yes").output


def test_a_new_key_opens_what_the_old_one_no_longer_does(home: Path) -> None:
    entered(home)
    key_file = home / "keys" / "campanile.key"
    (old,) = read_keys(SecretSource(file=str(key_file)), "", home)
    assert run(home, "rekey").exit_code == 0
    assert key_file.stat().st_mode & 0o777 == 0o600
    assert len(key_file.read_text().splitlines()) == 1
    assert used(home, "read").community is not None
    with pytest.raises(ConfigError, match="another key"):
        read_sealed(sealed_path(home / "agent.yaml"), [old])


@pytest.mark.parametrize("sealed_by", ["old", "new"])
def test_a_machine_that_stops_while_keys_are_changed_loses_nothing(home: Path, sealed_by: str) -> None:
    entered(home)
    key_file, sealed = home / "keys" / "campanile.key", sealed_path(home / "agent.yaml")
    keys = {"old": read_keys(SecretSource(file=str(key_file)), "", home)[0], "new": new_key()}
    held = read_sealed(sealed, [keys["old"]])
    write_keys(key_file, [keys["new"], keys["old"]])
    write_sealed(sealed, keys[sealed_by], held)
    assert used(home, "read").community is not None
    assert run(home, "rekey").exit_code == 0
    assert used(home, "read").community is not None


def damaged(home: Path) -> None:
    path = sealed_path(home / "agent.yaml")
    path.write_text(path.read_text()[:-10] + "AAAAAAAAA\n")


def other_key(home: Path) -> None:
    write_keys(home / "keys" / "campanile.key", [new_key()])


def no_key(home: Path) -> None:
    (home / "keys" / "campanile.key").unlink()


def wide_key(home: Path) -> None:
    (home / "keys" / "campanile.key").chmod(0o644)


def empty_key(home: Path) -> None:
    (home / "keys" / "campanile.key").write_text("")


def half_a_key(home: Path) -> None:
    (home / "keys" / "campanile.key").write_text("c2hvcnQ=\n")


def another_file(home: Path) -> None:
    sealed_path(home / "agent.yaml").write_text("read: c0mmun1ty\n")


def key_in_the_file(home: Path) -> None:
    text = (home / "agent.yaml").read_text()
    (home / "agent.yaml").write_text(text.replace("{file: keys/campanile.key}", "{value: abc}"))


def no_key_named(home: Path) -> None:
    (home / "agent.yaml").write_text("site: no-1\n")


def twice(home: Path) -> None:
    (home / "agent.yaml").write_text(AGENT + "snmp_communities: {read: {value: public}}\n")


WRONG = [
    (damaged, "agent.credentials.sealed: is damaged: put back"),
    (other_key, "agent.credentials.sealed: was sealed with another key"),
    (no_key, r"agent.yaml:2: the key file .*campanile.key cannot be read: there is no such file"),
    (wide_key, r"agent.yaml:2: others may read or change the key file .*: chmod 600"),
    (empty_key, r"agent.yaml:2: the key file .* is empty"),
    (half_a_key, r"agent.yaml:2: .*campanile.key: holds no key"),
    (another_file, "is no file of sealed credentials"),
    (key_in_the_file, "agent.yaml:2: name a file or an environment variable"),
    (no_key_named, "agent.credentials.sealed: nothing opens these credentials"),
    (twice, "the credential 'read' stands in agent.yaml too"),
]


@pytest.mark.parametrize(("spoil", "sentence"), WRONG, ids=[spoil.__name__ for spoil, _ in WRONG])
def test_what_is_wrong_is_said(home: Path, spoil: object, sentence: str) -> None:
    entered(home)
    assert callable(spoil)
    spoil(home)
    with pytest.raises(ConfigError, match=sentence) as caught:
        load_config(home / "agent.yaml")
    assert "\n" not in str(caught.value)
    assert WORD not in str(caught.value)


def test_the_key_may_come_from_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMPANILE_KEY", new_key().reveal())
    (home / "agent.yaml").write_text("site: no-1\ncredentials_key: {env: CAMPANILE_KEY}\n")
    assert run(home, "set", "read", typed=f"{WORD}\n").exit_code == 0
    assert "read" in run(home, "list").output
    assert "names no file" in run(home, "rekey").output


def test_the_key_may_lie_elsewhere_than_where_the_agent_is_handed_it(home: Path) -> None:
    handed, kept = home / "run" / "credentials.key", home / "keys" / "kept.key"
    (home / "agent.yaml").write_text(f"site: no-1\ncredentials_key: {{file: {handed}}}\n")
    by_hand = ("--key-file", str(kept))
    assert run(home, "set", "read", *by_hand, typed=f"{WORD}\n").exit_code == 0
    assert run(home, "rekey", *by_hand).exit_code == 0
    handed.parent.mkdir()
    handed.write_text(kept.read_text())
    handed.chmod(0o440)
    listed = run(home, "list")
    assert "read" in listed.output, "systemd hands a credential to a service by its group"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_enters_is_the_agent_s_to_read(home: Path) -> None:
    config, kept = home / "agent.yaml", home / "keys" / "kept.key"
    os.chown(config, 4711, 4712)
    entered(home)
    assert run(home, "rekey").exit_code == 0
    for path in (sealed_path(config), home / "keys" / "campanile.key"):
        assert (path.stat().st_uid, path.stat().st_mode & 0o777) == (4711, 0o600)
    sealed_path(config).unlink()
    assert run(home, "set", "read", "--key-file", str(kept), typed=f"{WORD}\n").exit_code == 0
    assert (kept.stat().st_uid, sealed_path(config).stat().st_uid) == (0, 4711)


def test_without_anything_sealed_no_key_is_needed(home: Path) -> None:
    assert load_config(home / "agent.yaml").devices == ()


def test_an_agent_without_sealed_credentials_does_not_load_the_library(home: Path) -> None:
    asked = f"import sys, pathlib, agent.config as c; c.load_config(pathlib.Path({str(home / 'agent.yaml')!r}))"
    told = subprocess.run(
        [sys.executable, "-c", f"{asked}; print('cryptography' in sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == "False"
