"""The files of a controller for the small district of `tests.support.district`, beside a broker of this machine."""

from pathlib import Path

import msgspec
import yaml

from tests.servers.daemon import free_port
from tests.support.district import enrolment


def controller_file(path: Path, broker_port: int, data_dir: str = "data") -> Path:
    """Write a controller's configuration, with a free port of its own, and beside it the district it enrols."""
    path.with_name("district.yaml").write_bytes(yaml.safe_dump(msgspec.to_builtins(enrolment())).encode())
    settings = {
        "data_dir": data_dir,
        "broker": {"host": "127.0.0.1", "port": broker_port},
        "http": {"host": "127.0.0.1", "port": free_port()},
        "enrolment": "district.yaml",
    }
    path.write_text(yaml.safe_dump(settings))
    return path
