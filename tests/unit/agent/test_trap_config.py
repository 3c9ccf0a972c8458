"""The `traps` block: who may send is always said, secrets stay in their files, mistakes come with a line and advice."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from agent.address import HostPort
from agent.config import AgentConfig, load_config
from agent.snmp_access import AuthProtocol, PrivacyProtocol
from agent.traps.access import own_engine_id
from agent.traps.ear import refuse_unusable
from campanile.cli import main
from campus.errors import ConfigError

SENDERS = """\
  credentials: [traps]
  users:
    - {name: campanile, auth: sha512, auth_password: {file: password.txt}}
"""
WHOLE = f"""\
site: no-1-primary
snmp_communities: {{read: {{file: community.txt}}, traps: {{value: t4aps}}}}
devices:
  - {{id: gw-1, address: 10.0.0.1, trap_addresses: [10.1.0.1, "fd00::1"]}}
traps:
  listen: ["127.0.0.1:1162", "[::1]:1162"]
{SENDERS}  engine_id: "0x80004fb805aabbccdd"
"""


def loaded(folder: Path, text: str) -> AgentConfig:
    (folder / "community.txt").write_text("s3cret\n")
    (folder / "password.txt").write_text("long enough\n")
    (folder / "agent.yaml").write_text(text)
    return load_config(folder / "agent.yaml")


def test_the_block_is_read_with_its_secrets(tmp_path: Path) -> None:
    traps = loaded(tmp_path, WHOLE).traps
    assert traps is not None
    assert traps.listen == (HostPort("127.0.0.1", 1162), HostPort("::1", 1162))
    assert [each.reveal() for each in traps.access.communities] == ["t4aps"]
    (user,) = traps.access.users
    assert user.auth_password is not None
    assert (user.name, user.auth, user.auth_password.reveal(), user.privacy) == (
        "campanile",
        AuthProtocol.SHA512,
        "long enough",
        None,
    )
    assert traps.access.engine_id.hex() == "80004fb805aabbccdd"
    assert "long enough" not in repr(traps)


def test_nothing_is_listened_for_unless_it_is_said(tmp_path: Path) -> None:
    config = loaded(tmp_path, "site: no-1-primary")
    assert config.traps is None
    least = loaded(
        tmp_path, "site: no-1-primary\nsnmp_communities: {read: {value: r3ad}}\ntraps: {credentials: [read]}"
    ).traps
    assert least is not None
    assert least.listen == (HostPort("127.0.0.1", 1162),)
    assert least.access.engine_id == own_engine_id(config.address)


MISTAKES = [
    (SENDERS, "", 5, "nobody who may send"),
    ("credentials: [traps]", "credentials: [trap]", 7, "Did you mean 'traps'?"),
    ('"127.0.0.1:1162"', "school.example", 6, "write the address of this machine"),
    ('"127.0.0.1:1162"', '"127.0.0.1:x"', 6, "the port must be a number"),
    ("auth: sha512", "auth: md5", 9, "'md5'"),
    ("auth: sha512", "privacy: aes128, auth: sha512", 9, "belong together"),
    ("{file: password.txt}", "{value: short}", 9, "at least 8 characters"),
    ("name: campanile", 'name: ""', 9, "1 to 32 characters"),
    ("0x80004fb805aabbccdd", "0x8000", 10, "5 to 32 bytes"),
    ("0x80004fb805aabbccdd", "hello", 10, "5 to 32 bytes"),
    ("10.1.0.1", "10.1.0.1:162", 4, "without a port"),
    ("listen:", "listens:", 6, "listen"),
]  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "line", "advice"), MISTAKES)
def test_a_mistake_is_told_with_file_line_and_advice(
    tmp_path: Path, right: str, wrong: str, line: int, advice: str
) -> None:
    assert right in WHOLE
    with pytest.raises(ConfigError) as told:
        loaded(tmp_path, WHOLE.replace(right, wrong, 1))
    assert str(told.value).startswith(f"{tmp_path / 'agent.yaml'}:{line}: ")
    assert advice in str(told.value)


def test_a_user_stands_once(tmp_path: Path) -> None:
    user = "    - {name: campanile, auth: sha512, auth_password: {file: password.txt}}\n"
    with pytest.raises(ConfigError, match="stands twice"):
        loaded(tmp_path, WHOLE.replace(user, user * 2))


HIDDEN = WHOLE.replace("auth: sha512", "privacy: aes128, privacy_password: {value: long enough}, auth: sha512")


def test_a_user_may_encrypt(tmp_path: Path) -> None:
    traps = loaded(tmp_path, HIDDEN).traps
    assert traps is not None
    assert traps.access.users[0].privacy is PrivacyProtocol.AES128


def test_an_address_that_is_not_ours_is_refused() -> None:
    refuse_unusable([HostPort("127.0.0.1", 0), HostPort("::1", 0)])
    with pytest.raises(ConfigError, match="this machine has no such address"):
        refuse_unusable([HostPort("192.0.2.1", 1162)])


def test_check_says_where_traps_are_heard(tmp_path: Path) -> None:
    loaded(tmp_path, WHOLE)
    done = CliRunner().invoke(main, ["agent", "run", "--config", str(tmp_path / "agent.yaml"), "--check"])
    assert done.exit_code == 0, done.output
    assert "SNMP traps heard on 127.0.0.1:1162, [::1]:1162 (engine id 0x80004fb805aabbccdd)" in done.output
