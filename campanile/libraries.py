"""What a command that runs everything on one machine needs installed, told before anything starts."""

import importlib.util

from campus.errors import ConfigError
from campus.installing import install_advice

OF_ALL_EXTRAS = ("duckdb", "fastapi", "gufo", "iotcore", "numpy", "paho")
"""One or two of each extra."""


def require_all(what: str) -> None:
    """`ConfigError` when one is missing; `what` is the command that asks."""
    missing = [name for name in OF_ALL_EXTRAS if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(f"{what} needs {', '.join(missing)}, not installed here: {install_advice('demo')}")
