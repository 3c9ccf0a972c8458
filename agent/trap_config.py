"""The `traps` block of agent.yaml, checked and resolved. Opens nothing but the secret files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agent.address import HostPort, parse_host_port
from agent.credentials import Credential, Where, resolved_user
from agent.settings import TrapSettings
from agent.snmp_access import AuthProtocol, Community, SnmpAccess, SnmpUser
from agent.traps.access import TrapAccess, own_engine_id
from agent.traps.senders import plain
from campus.document import nearest
from campus.errors import ConfigError, Poison
from campus.topics import Address

TRAP_PORT = 162


@dataclass(frozen=True)
class TrapConfig:
    """Where to listen and whom to believe."""

    listen: tuple[HostPort, ...]
    access: TrapAccess


def trap_config(
    settings: TrapSettings, address: Address, credentials: Mapping[str, Credential], where: Where, folder: Path
) -> TrapConfig:
    """Check the block; `ConfigError` with file, line and advice. `where` gives ``file:line`` of a place in the file."""
    if not settings.credentials and not settings.users:
        raise ConfigError(
            f"{where('traps')}: traps names nobody who may send: give `credentials` (communities for v1 and v2c, or users) or "
            "`users` (for SNMPv3). What cannot be proven is not listened to"
        )
    senders = [_sender(name, credentials, where, i) for i, name in enumerate(settings.credentials)]
    users = [
        resolved_user(entry.name, entry, partial(where, "traps", "users", i), folder)
        for i, entry in enumerate(settings.users)
    ]
    users += [sender for sender in senders if isinstance(sender, SnmpUser)]
    _refuse_unproven(users, where)
    access = TrapAccess(
        engine_id=_engine_id(settings.engine_id, where) or own_engine_id(address),
        communities=tuple(sender.text for sender in senders if isinstance(sender, Community)),
        users=tuple(users),
    )
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


def _sender(name: str, credentials: Mapping[str, Credential], where: Where, index: int) -> SnmpAccess:
    place = where("traps", "credentials", index)
    if name not in credentials:
        raise ConfigError(f"{place}: there is no credential {name!r}.{nearest(name, list(credentials))}")
    access = credentials[name].snmp
    if access is None:
        raise ConfigError(f"{place}: the credential {name!r} has neither `community` nor `user`, so it proves no trap")
    return access


def _refuse_unproven(users: Sequence[SnmpUser], where: Where) -> None:
    for index, user in enumerate(users):
        if user.auth is AuthProtocol.NONE:
            raise ConfigError(
                f"{where('traps')}: user {user.name!r} has no password: what cannot be proven is not listened to"
            )
        if user.name in [each.name for each in users[:index]]:
            raise ConfigError(f"{where('traps')}: the user {user.name!r} stands twice: keep one")


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
