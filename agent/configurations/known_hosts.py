"""Which SSH key each device showed first: believed once, pinned from then on, in OpenSSH's own file format."""

import threading
from pathlib import Path

import paramiko

from campus.errors import CampusError


class KnownHosts:
    """The agent's known_hosts file. Thread-safe; opens nothing before its first use."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def teach(self, client: paramiko.SSHClient) -> None:
        """Tell a client the keys that are pinned; one it does not know is pinned when it is met."""
        with self._lock:
            if self.path.exists():
                client.load_host_keys(str(self.path))
        client.set_missing_host_key_policy(_Pinning(self))

    def pin(self, host: str, key: paramiko.PKey) -> None:
        """Remember a key for good; `CampusError` when it cannot be written, for then nobody would notice another one."""
        with self._lock:
            known = paramiko.HostKeys(str(self.path)) if self.path.exists() else paramiko.HostKeys()
            known.add(host, key.get_name(), key)
            written = self.path.with_suffix(".new")
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                known.save(str(written))
                written.replace(self.path)
            except OSError as error:
                raise CampusError(f"{self.path} cannot be written: {error.strerror}") from error


class _Pinning(paramiko.MissingHostKeyPolicy):
    """Trust on first use."""

    def __init__(self, hosts: KnownHosts) -> None:
        self._hosts = hosts

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        """Pin it; a device that has another one pinned never comes here."""
        self._hosts.pin(hostname, key)
