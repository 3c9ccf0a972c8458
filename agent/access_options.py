"""The options by which a person proves himself to one SNMP device on the command line. No user's password is an argument.

Whoever may list processes may read arguments, so passwords come from a file, from the environment or from the keyboard; a
community may come from the environment too.
"""

import functools
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from agent.snmp_access import AuthProtocol, Community, PrivacyProtocol, SnmpAccess, SnmpVersion
from campus.errors import ConfigError
from campus.secret import Secret

if TYPE_CHECKING:
    from agent.secret_source import SecretSource

_PASSWORDS = {"auth": "CAMPANILE_V3_AUTH_PASSWORD", "privacy": "CAMPANILE_V3_PRIVACY_PASSWORD"}
_FILE = click.Path(dir_okay=False, path_type=Path)
_OPTIONS = (
    click.option("--config", type=_FILE, help="An agent's YAML file, for --credential."),
    click.option("--credential", help="The name of a credential of --config."),
    click.option(
        "--community",
        default="public",
        show_default=True,
        help="SNMP v1 or v2c community.",
        envvar="CAMPANILE_COMMUNITY",
        show_envvar=True,
    ),
    click.option("--version", type=click.Choice([str(each) for each in SnmpVersion]), default="2c", show_default=True),
    click.option("--v3-user", help="SNMPv3 user; its passwords are asked for, or come from the two files, or from "
                 f"{' and '.join(_PASSWORDS.values())}."),
    click.option("--v3-auth", type=click.Choice([str(each) for each in AuthProtocol]), default="sha256", show_default=True),
    click.option("--v3-auth-password-file", type=_FILE, help="Its first line is the password."),
    click.option("--v3-privacy", type=click.Choice([str(each) for each in PrivacyProtocol]),
                 help="Left out: messages are proven, and not hidden."),
    click.option("--v3-privacy-password-file", type=_FILE, help="Its first line is the password."),
)  # fmt: skip


def with_access(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options, and what they mean as its argument `access`."""

    @functools.wraps(command)
    def resolved(**options: Any) -> None:
        chosen = _Chosen(**{each.name: options.pop(each.name) for each in fields(_Chosen)})
        command(access=_access(chosen), **options)

    for option in reversed(_OPTIONS):
        resolved = option(resolved)
    return resolved


@dataclass(frozen=True)
class _Chosen:
    """What was given for each of `_OPTIONS`."""

    config: Path | None
    credential: str | None
    community: str
    version: str
    v3_user: str | None
    v3_auth: str
    v3_auth_password_file: Path | None
    v3_privacy: str | None
    v3_privacy_password_file: Path | None


def _access(chosen: _Chosen) -> SnmpAccess:
    from agent.credentials import resolved_user
    from agent.settings import CredentialEntry

    if chosen.credential or chosen.config:
        return _configured(chosen.config, chosen.credential)
    user = chosen.v3_user
    if not user:
        return Community(Secret(chosen.community), SnmpVersion(chosen.version))
    auth = AuthProtocol(chosen.v3_auth)
    privacy = PrivacyProtocol(chosen.v3_privacy) if chosen.v3_privacy else None
    entry = CredentialEntry(
        auth=auth,
        auth_password=None if auth is AuthProtocol.NONE else _source("auth", user, chosen.v3_auth_password_file),
        privacy=privacy,
        privacy_password=_source("privacy", user, chosen.v3_privacy_password_file) if privacy else None,
    )
    return resolved_user(user, entry, _option_of, Path())


def _option_of(*steps: str) -> str:
    return f"--v3-{steps[0].replace('_', '-')}" if steps else "--v3-user"


def _configured(config: Path | None, credential: str | None) -> SnmpAccess:
    from agent.config import load_credentials
    from campus.document import nearest

    if not (config and credential):
        raise ConfigError("--credential is the name of one in --config: give both")
    known = load_credentials(config)
    access = known[credential].snmp if credential in known else None
    if access is None:
        usable = [name for name, each in known.items() if each.snmp]
        raise ConfigError(f"{config} has no credential {credential!r} for SNMP.{nearest(credential, usable)}")
    return access


def _source(kind: str, user: str, file: Path | None) -> "SecretSource":
    """Where a password comes from: the file, else the environment, else whoever sits at the keyboard."""
    from agent.secret_source import SecretSource

    if file:
        return SecretSource(file=str(file))
    if os.environ.get(_PASSWORDS[kind]):
        return SecretSource(env=_PASSWORDS[kind])
    if not sys.stdin.isatty():
        raise ConfigError(
            f"the {kind} password of {user!r} is not given: --v3-{kind}-password-file FILE, or set {_PASSWORDS[kind]}"
        )
    return SecretSource(value=click.prompt(f"{kind} password of {user}", hide_input=True, err=True))
