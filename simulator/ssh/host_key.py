"""The SSH key of the simulated switches: made once in the district's folder, so that agents know them again."""

from pathlib import Path

import asyncssh

FILE = "ssh_host_key"


def host_key(directory: Path) -> asyncssh.SSHKey:
    """The key in the folder; made when there is none."""
    path = directory / FILE
    if not path.exists():
        key = asyncssh.generate_private_key("ssh-ed25519")
        path.touch(mode=0o600)
        path.write_bytes(key.export_private_key())
    return asyncssh.read_private_key(str(path))
