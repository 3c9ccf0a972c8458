"""The options by which a person proves himself to one SNMP device on the command line. No password is ever an argument.

Whoever may list processes may read arguments, so passwords come from a file, from the environment or from the keyboard.
"""

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from campus.errors import ConfigError

if TYPE_CHECKING:
    from agent.snmp_access import SnmpAccess

_PASSWORDS = {"auth": "CAMPANILE_V3_AUTH_PASSWORD", "privacy": "CAMPANILE_V3_PRIVACY_PASSWORD"}
_AUTH = ["none", "sha1", "sha224", "sha256", "sha384", "sha512"]
_PRIVACY = ["aes128", "aes192", "aes256", "aes192-cisco", "aes256-cisco"]
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
    click.option("--version", type=click.Choice(["1", "2c"]), default="2c", show_default=True),
    click.option("--v3-user", help="SNMPv3 user; its passwords are asked for, or come from the two files, or from "
                 f"{' and '.join(_PASSWORDS.values())}."),
    click.option("--v3-auth", type=click.Choice(_AUTH), default="sha256", show_default=True),
    click.option("--v3-auth-password-file", type=_FILE, help="Its first line is the password."),
    click.option("--v3-privacy", type=click.Choice(_PRIVACY), help="Left out: messages are proven, and not hidden."),
    click.option("--v3-privacy-password-file", type=_FILE, help="Its first line is the password."),
)  # fmt: skip


def with_access(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options, and what they mean as its argument `access`."""

    @functools.wraps(command)
    def resolved(**options: Any) -> None:
        ours = {name: options.pop(name) for name in _NAMES}
        command(access=_chosen(**ours), **options)

    for option in reversed(_OPTIONS):
        resolved = option(resolved)
    return resolved


_NAMES = (
    "config",
    "credential",
    "community",
    "version",
    "v3_user",
    "v3_auth",
    "v3_auth_password_file",
    "v3_privacy",
    "v3_privacy_password_file",
)


def _chosen(
    *,
    config: Path | None,
    credential: str | None,
    community: str,
    version: str,
    v3_user: str | None,
    v3_auth: str,
    v3_auth_password_file: Path | None,
    v3_privacy: str | None,
    v3_privacy_password_file: Path | None,
) -> "SnmpAccess":
    from agent.credentials import resolved_user
    from agent.settings import CredentialEntry
    from agent.snmp_access import AuthProtocol, Community, PrivacyProtocol, SnmpVersion
    from campus.secret import Secret

    if credential or config:
        return _configured(config, credential)
    if not v3_user:
        return Community(Secret(community), SnmpVersion(version))
    auth = AuthProtocol(v3_auth)
    entry = CredentialEntry(
        auth=auth,
        auth_password=None if auth is AuthProtocol.NONE else _source("auth", v3_user, v3_auth_password_file),
        privacy=PrivacyProtocol(v3_privacy) if v3_privacy else None,
        privacy_password=_source("privacy", v3_user, v3_privacy_password_file) if v3_privacy else None,
    )
    return resolved_user(v3_user, entry, _option_of, Path())


def _option_of(*steps: str) -> str:
    return f"--v3-{steps[0].replace('_', '-')}" if steps and steps[0] != "name" else "--v3-user"


def _configured(config: Path | None, credential: str | None) -> "SnmpAccess":
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


def _source(kind: str, user: str, file: Path | None) -> Any:
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
