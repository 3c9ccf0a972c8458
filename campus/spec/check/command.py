"""`campanile spec check`: exit code 0 clean (advice does not count), 1 findings, 2 usage."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from campus.errors import ConfigError
from campus.topics import ALL_UP

if TYPE_CHECKING:
    from campus.spec.check.publisher import Message, PublisherCheck

EXIT_FINDINGS = 1
DEFAULT_SECONDS = 60.0
DEFAULT_PORT = 1883
DEFAULT_TLS_PORT = 8883


@click.command()
@click.argument("file", type=click.File("rb"), required=False)
@click.option("--broker", metavar="HOST[:PORT]", help="Listen on a live broker instead of reading FILE.")
@click.option("--topic", default=ALL_UP, show_default=True, help="Topic filter to listen on.")
@click.option("--for", "seconds", type=click.FloatRange(min=0.1), help="Stop after so many seconds [default: 60].")
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many messages.")
@click.option("--username", help="User name at the broker.")
@click.option("--password-file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Its password.")
@click.option("--tls-ca", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Use TLS; trust this CA.")
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", help="Language of the report.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def check(
    file: BinaryIO | None,
    broker: str | None,
    language: str,
    as_json: bool,  # noqa: FBT001 - click gives flags as booleans
    **listening: Any,
) -> None:
    """Tell a publisher what it does wrong, where, and what to do.

    FILE is one JSON frame, JSON lines, one packed frame or a file of frames; - is standard input.

    \b
    campanile spec check frame.json
    ./publisher --dry-run | campanile spec check -
    campanile spec check --broker 10.0.0.5 --topic 'campus/1/+/no-3-primary/acme/#' --for 30
    campanile spec check --broker 10.0.0.5:8883 --tls-ca ca.pem --username acme --password-file pw --count 100 --json

    Exit code 0: clean (advice does not count); 1: findings; 2: usage, or the broker cannot be reached.
    """
    if (file is None) == (broker is None):
        raise click.UsageError("give either FILE (- for standard input) or --broker HOST:PORT")
    try:
        from campus.spec.check.report import report_json, report_text

        judged = _judged(_from_broker(broker, listening) if broker else _from_file(file))
    except ModuleNotFoundError as error:
        raise ConfigError(f"this check needs {error.name}: pip install 'campanile[spec]'") from error
    if as_json:
        click.echo(json.dumps(report_json(judged, language), ensure_ascii=False))
    else:
        click.echo(report_text(judged, language))
    sys.exit(EXIT_FINDINGS if judged.findings.wrong else 0)


def _judged(messages: "Iterator[Message]") -> "PublisherCheck":
    from campus.spec.check.findings import Place
    from campus.spec.check.publisher import PublisherCheck
    from campus.wire.frame import FrameError

    judged = PublisherCheck()
    try:
        for message in messages:
            judged.feed(message)
    except FrameError as error:  # a file that is damaged between its frames
        judged.findings.add(error.reason, "", str(error), Place(judged.figures.messages + 1))
    except KeyboardInterrupt:  # the person has heard enough; what was heard is still worth saying
        pass
    judged.finish()
    return judged


def _from_file(file: BinaryIO | None) -> "Iterator[Message]":
    from campus.spec.check.sources import read_messages

    return read_messages(file) if file else iter(())


def _from_broker(broker: str, listening: dict[str, Any]) -> "Iterator[Message]":
    from campus.spec.check.live import Subscription, hear_messages

    host, _, port = broker.rpartition(":") if ":" in broker else (broker, "", "")
    if port and not port.isdecimal():
        raise click.UsageError(f"--broker {broker}: the port is not a number")
    seconds = listening.pop("seconds") or DEFAULT_SECONDS
    default = DEFAULT_TLS_PORT if listening["tls_ca"] else DEFAULT_PORT
    return hear_messages(Subscription(host=host, port=int(port or default), seconds=seconds, **listening))
