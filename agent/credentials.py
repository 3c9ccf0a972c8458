"""How the agent proves itself to devices: the credentials of agent.yaml by name. Their secrets never leave the school."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agent.sealed import read_keys, read_sealed, sealed_path
from agent.secret_source import SecretSource, read_secret
from agent.settings import AgentFile, CredentialEntry, TrapUserEntry
from agent.snmp_access import AuthProtocol, Community, SnmpAccess, SnmpUser, SnmpVersion
from campus.errors import ConfigError
from campus.secret import Secret

MIN_PASSWORD_CHARS = 8
"""RFC 3414, section 11.2; net-snmp and most devices refuse shorter ones too."""
MAX_USER_BYTES = 32
Where = Callable[..., str]


@dataclass(frozen=True)
class Credential:
    """One name's secrets; a protocol takes those it knows, and None is not given."""

    name: str
    community: Secret | None = None
    """SNMP v1 and v2c."""
    username: str = ""
    password: Secret | None = None
    """With `username` for HTTP, ONVIF, RTSP and SSH; alone for PJLink."""
    snmp_version: SnmpVersion = SnmpVersion.V2C
    """What the community is sent by."""
    snmp_user: SnmpUser | None = None
    """SNMPv3; it goes before a community."""
    enable: Secret | None = None
    """For privilege, once in by SSH."""

    @property
    def snmp(self) -> SnmpAccess | None:
        """What SNMP takes of it, None where it gives nothing for SNMP."""
        return self.snmp_user or (Community(self.community, self.snmp_version) if self.community else None)


def resolved_credentials(path: Path, file: AgentFile, where: Where) -> dict[str, Credential]:
    """All credentials of an agent's `file` at `path`, communities and sealed ones among them; `where` gives ``file:line``.

    `ConfigError` for a name that stands twice, an entry that gives nothing, an SNMPv3 user that cannot be one, a secret that
    cannot be read, and a sealed file that cannot be opened.
    """
    folder = path.parent
    found = {
        name: Credential(name, read_secret(source, where("snmp_communities", name), folder))
        for name, source in file.snmp_communities.items()
    }
    for name, entry in file.credentials.items():
        if name in found:
            raise ConfigError(
                f"{where('credentials', name)}: {name!r} stands in snmp_communities too: give each its own name"
            )
        found[name] = resolved(name, entry, partial(where, "credentials", name), folder)
    sealed = sealed_path(path)
    for name, entry in _sealed_entries(sealed, file, where, folder).items():
        if name in found:
            raise ConfigError(f"{sealed}: the credential {name!r} stands in {path.name} too: remove one of them")
        found[name] = resolved(name, entry, lambda *_, name=name: f"{sealed}: {name}", folder)
    return found


def _sealed_entries(sealed: Path, file: AgentFile, where: Where, folder: Path) -> dict[str, CredentialEntry]:
    if not sealed.exists():
        return {}
    if file.credentials_key is None:
        raise ConfigError(
            f"{sealed}: nothing opens these credentials: say `credentials_key: {{file: ...}}` in the agent's file, or move "
            "them away"
        )
    return read_sealed(sealed, read_keys(file.credentials_key, where("credentials_key"), folder))


def resolved(name: str, entry: CredentialEntry, where: Where, folder: Path) -> Credential:
    """One entry with its secrets fetched; `where` gives the place of the entry, or of a key in it. `ConfigError` as above."""
    if not (entry.community or entry.username or entry.password or entry.user):
        raise ConfigError(
            f"{where()}: {name!r} gives nothing: `community` or `user` for SNMP, `username` and `password` for others"
        )
    if not entry.user and (entry.auth or entry.auth_password or entry.privacy or entry.privacy_password):
        raise ConfigError(f"{where()}: {name!r} has passwords of an SNMPv3 user and names none: add `user`")

    def secret(key: str) -> Secret | None:
        source: SecretSource | None = getattr(entry, key)
        return read_secret(source, where(key), folder) if source else None

    return Credential(
        name,
        community=secret("community"),
        username=entry.username,
        password=secret("password"),
        snmp_version=SnmpVersion(str(entry.version)),
        snmp_user=resolved_user(entry.user, entry, where, folder) if entry.user else None,
        enable=secret("enable"),
    )


def resolved_user(name: str, entry: CredentialEntry | TrapUserEntry, where: Where, folder: Path) -> SnmpUser:
    """The SNMPv3 user of an entry; `where` gives the place of the entry, or of a key in it.

    `ConfigError` for a name or password that RFC 3414 does not allow, and for an unproven user unless ``auth: none`` says so.
    """
    if not 0 < len(name.encode()) <= MAX_USER_BYTES:
        raise ConfigError(f"{where()}: a user's name has 1 to {MAX_USER_BYTES} characters (RFC 3414)")
    if (entry.privacy is None) != (entry.privacy_password is None):
        raise ConfigError(
            f"{where()}: user {name!r}: `privacy` and `privacy_password` belong together: give both or neither"
        )
    if (entry.auth is AuthProtocol.NONE) != (entry.auth_password is None):
        raise ConfigError(
            f"{where()}: user {name!r}: give `auth_password`; or say `auth: none`, without passwords, where the device lets in "
            "whoever knows the name"
        )
    if entry.auth is AuthProtocol.NONE and entry.privacy:
        raise ConfigError(
            f"{where()}: user {name!r}: SNMPv3 hides nothing that is not proven: give `auth_password` too"
        )

    def password(key: str) -> Secret | None:
        source: SecretSource | None = getattr(entry, key)
        return _password(source, where(key), folder) if source else None

    return SnmpUser(
        name,
        entry.auth or AuthProtocol.SHA256,
        password("auth_password"),
        entry.privacy,
        password("privacy_password"),
    )


def _password(source: SecretSource, where: str, folder: Path) -> Secret:
    password = read_secret(source, where, folder)
    if len(password.reveal()) < MIN_PASSWORD_CHARS:
        raise ConfigError(f"{where}: an SNMPv3 password has at least {MIN_PASSWORD_CHARS} characters (RFC 3414)")
    return password
