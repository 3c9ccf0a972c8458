"""Where messages come from, as options that `spec check` and `spec read` share."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import click

from campus.errors import ConfigError
from campus.installing import install_advice
from campus.topics import ALL_UP

if TYPE_CHECKING:
    from campus.spec.check.message import Message

DEFAULT_SECONDS = 60.0
DEFAULT_PORT = 1883
DEFAULT_TLS_PORT = 8883
Command = TypeVar("Command", bound=Callable[..., Any])
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SECONDS = click.FloatRange(min=0.1)
_OPTIONS = (
    click.argument("file", type=click.File("rb"), required=False),
    click.option("--broker", metavar="HOST[:PORT]", help="Listen on a live broker instead of reading FILE."),
    click.option("--topic", default=ALL_UP, show_default=True, help="Topic filter to listen on."),
    click.option("--for", "seconds", type=_SECONDS, default=DEFAULT_SECONDS, show_default=True, help="Stop after so long."),
    click.option("--count", type=click.IntRange(min=1), help="Stop after so many messages."),
    click.option("--username", help="User name at the broker."),
    click.option("--password-file", type=_FILE, help="Its password."),
    click.option("--tls-ca", type=_FILE, help="Use TLS; trust this CA."),
)  # fmt: skip


def from_file_or_broker(command: Command) -> Command:
    """Give a command FILE, --broker and what belongs to it; hand all of them to `messages_from`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def messages_from(file: BinaryIO | None, broker: str | None, **listening: Any) -> "Iterator[Message]":
    """Messages of the file, or of the broker as they arrive; `ConfigError` when a library is missing."""
    if (file is None) == (broker is None):
        raise click.UsageError("give either FILE (- for standard input) or --broker HOST:PORT")
    try:
        if file:
            from campus.spec.check.sources import read_messages

            return read_messages(file)
        return _heard(str(broker), listening)
    except ModuleNotFoundError as error:
        raise missing_library(error) from error


def missing_library(error: ModuleNotFoundError) -> ConfigError:
    """What to install."""
    return ConfigError(f"this needs {error.name}: {install_advice('spec')}")


def _heard(broker: str, listening: dict[str, Any]) -> "Iterator[Message]":
    from campus.spec.check.live import Subscription, hear_messages

    host, _, port = broker.rpartition(":") if ":" in broker else (broker, "", "")
    if port and not port.isdecimal():
        raise click.UsageError(f"--broker {broker}: the port is not a number")
    default = DEFAULT_TLS_PORT if listening["tls_ca"] else DEFAULT_PORT
    return hear_messages(Subscription(host=host, port=int(port or default), **listening))
