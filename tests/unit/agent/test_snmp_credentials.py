"""What SNMP takes of a credential: a community of either version or a user of SNMPv3; mistakes come with a line and advice."""

import re
from pathlib import Path

import pytest

from agent.config import load_config, load_credentials
from agent.snmp_access import AuthProtocol, Community, PrivacyProtocol, SnmpAccess, SnmpUser, SnmpVersion
from campus.errors import ConfigError
from tests.support.handbook import handbook


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROOF", "long enough")
    monkeypatch.setenv("SHORT", "short")


def access(folder: Path, entry: str) -> SnmpAccess:
    path = folder / "agent.yaml"
    path.write_text(
        f"site: no-1\ncredentials:\n  core: {entry}\ndevices: [{{id: sw-1, address: 10.1.1.1, credential: core}}]\n"
    )
    credential = load_config(path).devices[0].credential
    assert credential is not None
    assert credential.snmp is not None
    return credential.snmp


@pytest.mark.parametrize("written", ["1", "'1'"])
def test_a_community_may_be_spoken_by_version_1(tmp_path: Path, written: str) -> None:
    old = access(tmp_path, f"{{community: {{value: r3ad}}, version: {written}}}")
    assert isinstance(old, Community)
    assert (old.text.reveal(), old.version, old.spoken) == ("r3ad", SnmpVersion.V1, "SNMP v1")
    new = access(tmp_path, "{community: {value: r3ad}}")
    assert isinstance(new, Community)
    assert new.version is SnmpVersion.V2C


def test_a_user_proves_by_sha_256_unless_it_says_otherwise(tmp_path: Path) -> None:
    plain = access(tmp_path, "{user: nms, auth_password: {env: PROOF}}")
    assert isinstance(plain, SnmpUser)
    assert (plain.auth, plain.privacy, plain.privacy_password) == (AuthProtocol.SHA256, None, None)
    whole = access(
        tmp_path,
        "{user: nms, auth: sha512, auth_password: {env: PROOF}, privacy: aes256-cisco, privacy_password: {env: PROOF}}",
    )
    assert isinstance(whole, SnmpUser)
    assert (whole.auth, whole.privacy) == (AuthProtocol.SHA512, PrivacyProtocol.AES256_CISCO)
    assert "long enough" not in repr(whole)


def test_an_unproven_user_must_be_said(tmp_path: Path) -> None:
    guest = access(tmp_path, "{user: guest, auth: none}")
    assert isinstance(guest, SnmpUser)
    assert (guest.auth, guest.auth_password) == (AuthProtocol.NONE, None)


MISTAKES = [
    ("{user: nms}", "give `auth_password`; or say `auth: none`"),
    ("{user: nms, auth: none, auth_password: {env: PROOF}}", "or say `auth: none`, without passwords"),
    ("{user: nms, auth: none, privacy: aes128, privacy_password: {env: PROOF}}", "hides nothing that is not proven"),
    ("{user: nms, auth_password: {env: PROOF}, privacy: aes128}", "belong together"),
    ("{user: nms, auth_password: {env: SHORT}}", "at least 8 characters"),
    ("{user: nms, auth_password: {env: PROOF}, privacy: des, privacy_password: {env: PROOF}}", "des"),
    ("{user: nms, auth: md5, auth_password: {env: PROOF}}", "md5"),
    (f"{{user: {'n' * 33}, auth_password: {{env: PROOF}}}}", "1 to 32 characters"),
    ("{auth_password: {env: PROOF}, community: {value: r3ad}}", "add `user`"),
    ("{community: {value: r3ad}, version: 3}", "version"),
    ("{password: {value: r3ad}}", "neither `community` nor `user`"),
]


@pytest.mark.parametrize(("entry", "said"), MISTAKES)
def test_mistakes_are_explained(tmp_path: Path, entry: str, said: str) -> None:
    with pytest.raises(ConfigError, match=r"agent.yaml:[34]: ") as caught:
        access(tmp_path, entry)
    assert said in str(caught.value)


def test_the_credentials_of_the_page_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = re.findall(r"```yaml\n(credentials:\n  read:.*?)```", handbook(), re.DOTALL)
    for name in ("community.txt", "proof.txt", "recorder.txt"):
        (tmp_path / name).write_text("long enough\n")
    monkeypatch.setenv("CORE_PRIVACY", "long enough")
    (tmp_path / "agent.yaml").write_text(f"site: no-1\n{block}", encoding="utf-8")
    known = load_credentials(tmp_path / "agent.yaml")
    spoken = {name: each.snmp.spoken if each.snmp else "" for name, each in known.items()}
    assert spoken == {"read": "SNMP v2c", "old": "SNMP v1", "core": "SNMP v3", "lab": "SNMP v3", "recorder": ""}


def test_traps_are_believed_of_the_same_users(tmp_path: Path) -> None:
    path = tmp_path / "agent.yaml"
    core = "credentials: {core: {user: nms, auth_password: {env: PROOF}}, read: {community: {value: r3ad}}}"
    path.write_text(f"site: no-1\n{core}\ntraps: {{credentials: [core, read]}}\n")
    traps = load_config(path).traps
    assert traps is not None
    assert [user.name for user in traps.access.users] == ["nms"]
    assert [each.reveal() for each in traps.access.communities] == ["r3ad"]
    path.write_text("site: no-1\ncredentials: {guest: {user: guest, auth: none}}\ntraps: {credentials: [guest]}\n")
    with pytest.raises(ConfigError, match=r"agent.yaml:3: user 'guest' has no password"):
        load_config(path)
    path.write_text("site: no-1\ncredentials: {web: {password: {env: PROOF}}}\ntraps: {credentials: [web]}\n")
    with pytest.raises(ConfigError, match="it proves no trap"):
        load_config(path)
