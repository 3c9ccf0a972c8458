"""`campanile agent credentials`: enter, list, remove and re-key credentials that are kept sealed. No secret is ever shown."""

import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from agent.snmp_access import AuthProtocol, PrivacyProtocol
from campus.document import nearest
from campus.errors import ConfigError

if TYPE_CHECKING:
    from agent.secret_source import SecretSource
    from agent.settings import AgentFile, CredentialEntry
    from campus.secret import Secret

_FILE = click.Path(dir_okay=False, path_type=Path)
_CONFIG = click.option("--config", "path", type=_FILE, required=True, help="The agent's YAML file.")
_KEY = click.option("--key-file", type=_FILE, help="Where the key lies, when a service manager hands it to the agent.")


class Kind(StrEnum):
    """What a credential is."""

    COMMUNITY = "community"
    SNMPV3 = "snmpv3"
    LOGIN = "login"
    PASSWORD = "password"  # noqa: S105 - a kind, not a secret


@click.group()
def credentials() -> None:
    """Keep the school's passwords sealed instead of in text files.

    They lie in a file beside agent.yaml, which nobody reads without the key that `credentials_key` of agent.yaml names;
    keep that elsewhere, and a copy of it. A sealed credential is named like any other: `credential: core`.

    \b
    Example:
      campanile agent credentials set core --config agent.yaml --kind snmpv3 --username campanile --privacy aes128
      campanile agent credentials set read --config agent.yaml < community.txt
      campanile agent credentials list --config agent.yaml
    """


@credentials.command(name="set", short_help="Enter a credential, or enter it anew.")
@click.argument("name")
@_CONFIG
@_KEY
@click.option("--kind", type=click.Choice([str(kind) for kind in Kind]), default="community", show_default=True)
@click.option("--username", default="", help="Of snmpv3 and login.")
@click.option("--version", type=click.Choice(["1", "2c"]), default="2c", show_default=True, help="Of a community.")
@click.option(
    "--auth",
    type=click.Choice([str(each) for each in AuthProtocol if each is not AuthProtocol.NONE]),
    default="sha256",
    show_default=True,
    help="Of snmpv3.",
)
@click.option(
    "--privacy",
    type=click.Choice([str(each) for each in PrivacyProtocol]),
    help="Of snmpv3; left out, messages are proven and not hidden.",
)
@click.option("--enable", is_flag=True, help="A login has a second password, for privilege, once in by SSH.")
def set_(
    name: str,
    path: Path,
    key_file: Path | None,
    *,
    kind: str,
    username: str,
    version: str,
    auth: str,
    privacy: str | None,
    enable: bool,
) -> None:
    """Ask for the secrets of one credential, or read them from standard input, one a line, and seal them.

    A community and a password are one secret; snmpv3 has a password to prove by, and with --privacy one to hide by.
    """
    from agent.credentials import resolved

    if kind in {Kind.SNMPV3, Kind.LOGIN} and not username:
        raise ConfigError(f"a credential of kind {kind} needs --username")
    store = _opened(path, key_file, makes_key=True)
    if name in (store.file.credentials.keys() | store.file.snmp_communities.keys()):
        raise ConfigError(f"{path} has a credential {name!r} already: take it out there, or choose another name")
    entry = _entered(Kind(kind), username, version, auth, privacy)
    if enable:
        entry = msgspec.structs.replace(entry, enable=_asked("enable password"))
    resolved(name, entry, lambda *_: name, path.parent)
    store.write({**store.entries, name: entry})
    click.echo(
        f"{name}: {_in_words(entry)}, sealed in {store.sealed}. A running agent uses it when it is started again."
    )


@credentials.command(name="list")
@_CONFIG
@_KEY
def list_(path: Path, key_file: Path | None) -> None:
    """Show names and kinds, of agent.yaml and sealed; secrets are not shown, whoever asks."""
    store = _opened(path, key_file)
    rows = [(name, "SNMP v2c community", path.name) for name in store.file.snmp_communities]
    rows += [(name, _in_words(entry), path.name) for name, entry in store.file.credentials.items()]
    rows += [(name, _in_words(entry), "sealed") for name, entry in store.entries.items()]
    if not rows:
        click.echo("there are no credentials: campanile agent credentials set NAME")
    for name, kind, place in sorted(rows):
        click.echo(f"{name:20} {kind:40} {place}")


@credentials.command()
@click.argument("name")
@_CONFIG
@_KEY
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(name: str, path: Path, key_file: Path | None, *, yes: bool) -> None:
    """Remove a sealed credential. Devices that name it keep the agent from starting."""
    store = _opened(path, key_file)
    if name not in store.entries:
        raise ConfigError(f"no credential {name!r} is sealed.{nearest(name, list(store.entries))}")
    users = [device.id for device in store.file.devices if device.credential == name]
    if users:
        click.echo(f"{', '.join(users[:5])}{' and others' if len(users) > 5 else ''} of {path.name} name it.", err=True)
    if not yes:
        click.confirm(f"Remove {name!r}? It cannot be had back.", abort=True, err=True)
    store.write({other: entry for other, entry in store.entries.items() if other != name})
    click.echo(f"{name} is removed.")


@credentials.command()
@_CONFIG
@_KEY
def rekey(path: Path, key_file: Path | None) -> None:
    """Make a new key, seal everything with it, and forget the old one: after somebody has left who could read it.

    At no moment is there a file that no key opens, whenever the machine stops.
    """
    from agent.sealed import new_key, write_keys

    store = _opened(path, key_file)
    if store.key_path is None:
        raise ConfigError(f"{path}: `credentials_key` names no file to put a new key into: say --key-file")
    fresh = new_key()
    write_keys(store.key_path, [fresh, *store.keys])
    _Store(store.path, store.file, store.sealed, [fresh], store.key_path, store.entries).write(store.entries)
    write_keys(store.key_path, [fresh])
    click.echo(
        f"{len(store.entries)} credentials are sealed with a new key, which is in {store.key_path}. Copy it anew."
    )


@dataclass(frozen=True)
class _Store:
    """The sealed credentials of one agent's file, opened."""

    path: Path
    file: "AgentFile"
    sealed: Path
    keys: "list[Secret]"
    key_path: Path | None
    entries: "dict[str, CredentialEntry]"

    def write(self, entries: "dict[str, CredentialEntry]") -> None:
        from agent.sealed import write_sealed

        write_sealed(self.sealed, self.keys[0], entries, like=self.path)


def _opened(path: Path, key_file: Path | None, *, makes_key: bool = False) -> _Store:
    """Open what `path` says; with `makes_key` a key file that is named and not there is made."""
    from agent.sealed import new_key, read_keys, read_sealed, sealed_path, write_keys
    from agent.secret_source import SecretSource
    from agent.settings import AgentFile
    from campus.document import load_placed

    file, places = load_placed(path, AgentFile)
    where, source = f"{path}:{places.line_of('credentials_key')}", file.credentials_key
    if key_file:
        where, source = "--key-file", SecretSource(file=str(key_file.absolute()))
    if source is None:
        raise ConfigError(
            f"{path}: say where the key lies that opens sealed credentials, such as `credentials_key: {{file: "
            "/etc/campanile/credentials.key}`; the file is made when it is not there"
        )
    key_path = path.parent / source.file if source.file else None
    sealed = sealed_path(path)
    if makes_key and key_path and not key_path.exists() and not sealed.exists():
        write_keys(key_path, [new_key()], like=None if key_file else path)
        click.echo(
            f"A new key is in {key_path}. Keep a copy elsewhere: nothing opens the credentials without it.", err=True
        )
    keys = read_keys(source, where, path.parent)
    return _Store(path, file, sealed, keys, key_path, read_sealed(sealed, keys))


def _entered(kind: Kind, username: str, version: str, auth: str, privacy: str | None) -> "CredentialEntry":
    """The entry of what somebody types."""
    from agent.settings import CredentialEntry

    match kind:
        case Kind.COMMUNITY:
            return CredentialEntry(community=_asked("community"), version="1" if version == "1" else "2c")
        case Kind.SNMPV3:
            return CredentialEntry(
                user=username,
                auth=AuthProtocol(auth),
                auth_password=_asked("auth password"),
                privacy=PrivacyProtocol(privacy) if privacy else None,
                privacy_password=_asked("privacy password") if privacy else None,
            )
        case Kind.LOGIN:
            return CredentialEntry(username=username, password=_asked("password"))
        case Kind.PASSWORD:
            return CredentialEntry(password=_asked("password"))


def _asked(what: str) -> "SecretSource":
    """One secret from the keyboard, hidden, twice; or a line of standard input."""
    from agent.secret_source import SecretSource

    if sys.stdin.isatty():
        text = click.prompt(what, hide_input=True, confirmation_prompt=True, err=True)
    else:
        text = sys.stdin.readline().strip()
    if not text:
        raise ConfigError(f"the {what} is empty: type it, or give it as a line of standard input")
    return SecretSource(value=text)


def _in_words(entry: "CredentialEntry") -> str:
    kinds = []
    if entry.user:
        kinds.append(" ".join(["SNMPv3 user,", entry.auth or "sha256", *([entry.privacy] if entry.privacy else [])]))
    if entry.community:
        kinds.append(f"SNMP v{entry.version} community")
    if entry.password:
        kinds.append("user name and password" if entry.username else "password")
    return ", ".join(kinds) or "user name"
