"""The `traps` block of agent.yaml, checked and resolved. Opens nothing but the secret files."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.address import HostPort, parse_host_port
from agent.secret_source import SecretSource, read_secret
from agent.settings import TrapSettings, TrapUserEntry
from agent.traps.access import TrapAccess, TrapUser, own_engine_id
from agent.traps.senders import plain
from campus.document import nearest
from campus.errors import ConfigError, Poison
from campus.secret import Secret
from campus.topics import Address

TRAP_PORT = 162
MIN_PASSWORD_CHARS = 8
"""RFC 3414, section 11.2; net-snmp and most devices refuse shorter ones too."""
Where = Callable[..., str]


@dataclass(frozen=True)
class TrapConfig:
    """Where to listen and whom to believe."""

    listen: tuple[HostPort, ...]
    access: TrapAccess


def trap_config(
    settings: TrapSettings, address: Address, communities: Mapping[str, Secret], where: Where, folder: Path
) -> TrapConfig:
    """Check the block; `ConfigError` with file, line and advice. `where` gives ``file:line`` of a place in the file."""
    if not settings.credentials and not settings.users:
        raise ConfigError(
            f"{where('traps')}: traps names nobody who may send: give `credentials` (of snmp_communities, for v1 and v2c) or "
            "`users` (for SNMPv3). What cannot be proven is not listened to"
        )
    access = TrapAccess(
        engine_id=_engine_id(settings.engine_id, where) or own_engine_id(address),
        communities=tuple(_community(name, communities, where, i) for i, name in enumerate(settings.credentials)),
        users=tuple(_user(entry, where, i, folder) for i, entry in enumerate(settings.users)),
    )
    names = [user.name for user in access.users]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise ConfigError(f"{where('traps', 'users', index, 'name')}: the user {name!r} stands twice: keep one")
    return TrapConfig(tuple(_place(text, where, i) for i, text in enumerate(settings.listen)), access)


def _place(text: str, where: Where, index: int) -> HostPort:
    try:
        place = parse_host_port(text, TRAP_PORT)
    except Poison as error:
        raise ConfigError(f"{where('traps', 'listen', index)}: {error}") from error
    if not plain(place.host):
        raise ConfigError(
            f"{where('traps', 'listen', index)}: {text!r} is a name: write the address of this machine to listen on, such as "
            "10.20.1.5:1162"
        )
    return place


def _community(name: str, communities: Mapping[str, Secret], where: Where, index: int) -> Secret:
    if name not in communities:
        raise ConfigError(
            f"{where('traps', 'credentials', index)}: snmp_communities has no {name!r}.{nearest(name, list(communities))}"
        )
    return communities[name]


def _user(entry: TrapUserEntry, where: Where, index: int, folder: Path) -> TrapUser:
    steps = ("traps", "users", index)
    if not 0 < len(entry.name.encode()) <= 32:
        raise ConfigError(f"{where(*steps, 'name')}: a user's name has 1 to 32 characters (RFC 3414)")
    if (entry.privacy is None) != (entry.privacy_password is None):
        raise ConfigError(
            f"{where(*steps)}: user {entry.name!r}: `privacy` and `privacy_password` belong together: give both or neither"
        )
    hidden = entry.privacy_password
    return TrapUser(
        entry.name,
        entry.auth,
        _password(entry.auth_password, where(*steps, "auth_password"), folder),
        entry.privacy,
        _password(hidden, where(*steps, "privacy_password"), folder) if hidden else None,
    )


def _password(source: SecretSource, where: str, folder: Path) -> Secret:
    password = read_secret(source, where, folder)
    if len(password.reveal()) < MIN_PASSWORD_CHARS:
        raise ConfigError(f"{where}: an SNMPv3 password has at least {MIN_PASSWORD_CHARS} characters (RFC 3414)")
    return password


def _engine_id(text: str, where: Where) -> bytes:
    """The bytes of an engine id, empty for none: 5 to 32, not all alike (RFC 3411, SnmpEngineID)."""
    try:
        engine_id = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        engine_id = b"?"
    if text and (not 5 <= len(engine_id) <= 32 or set(engine_id) in ({0}, {255})):
        raise ConfigError(
            f"{where('traps', 'engine_id')}: {text[:80]!r} is not an engine id: 5 to 32 bytes in hexadecimal, such as "
            "0x80004fb805a1b2c3d4e5; or leave it out"
        )
    return engine_id if text else b""
