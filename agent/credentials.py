"""How the agent proves itself to devices: the credentials of agent.yaml by name. Their secrets never leave the school."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from agent.secret_source import SecretSource, read_secret
from agent.settings import CredentialEntry
from campus.errors import ConfigError
from campus.secret import Secret


@dataclass(frozen=True)
class Credential:
    """One name's secrets; a protocol takes those it knows, and None is not given."""

    name: str
    community: Secret | None = None
    """SNMP v1 and v2c."""
    username: str = ""
    password: Secret | None = None
    """With `username` for HTTP, ONVIF, RTSP and SSH; alone for PJLink."""


def resolved_credentials(
    entries: Mapping[str, CredentialEntry],
    communities: Mapping[str, SecretSource],
    where: Callable[..., str],
    folder: Path,
) -> dict[str, Credential]:
    """All credentials of the file, `snmp_communities` among them; `where` gives ``file:line``, relative files start in `folder`.

    `ConfigError` for a name that stands in both blocks, an entry that gives nothing, and a secret that cannot be read.
    """
    found = {
        name: Credential(name, read_secret(source, where("snmp_communities", name), folder))
        for name, source in communities.items()
    }
    for name, entry in entries.items():
        if name in found:
            raise ConfigError(
                f"{where('credentials', name)}: {name!r} stands in snmp_communities too: give each its own name"
            )
        found[name] = _resolved(name, entry, where, folder)
    return found


def _resolved(name: str, entry: CredentialEntry, where: Callable[..., str], folder: Path) -> Credential:
    if not (entry.community or entry.username or entry.password):
        raise ConfigError(
            f"{where('credentials', name)}: {name!r} gives nothing: `community` for SNMP, `username` and `password` for others"
        )

    def secret(key: str) -> Secret | None:
        source: SecretSource | None = getattr(entry, key)
        return read_secret(source, where("credentials", name, key), folder) if source else None

    return Credential(name, secret("community"), entry.username, secret("password"))
