"""`campanile spec check`: exit code 0 clean (advice does not count), 1 findings, 2 usage."""

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from campus.spec.check.origin import from_file_or_broker, messages_from, missing_library

if TYPE_CHECKING:
    from campus.spec.check.message import Message
    from campus.spec.check.publisher import PublisherCheck

EXIT_FINDINGS = 1


@click.command()
@from_file_or_broker
@click.option("--lang", "language", type=click.Choice(["en", "zh"]), default="en", help="Language of the report.")
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def check(language: str, as_json: bool, **origin: Any) -> None:  # noqa: FBT001 - click gives flags as booleans
    """Tell a publisher what it does wrong, where, and what to do.

    FILE is one JSON frame, JSON lines, one packed frame or a file of frames; - is standard input.

    \b
    campanile spec check frame.json
    ./publisher --dry-run | campanile spec check -
    campanile spec check --broker 10.0.0.5 --topic 'campus/1/+/no-3-primary/acme/#' --for 30
    campanile spec check --broker 10.0.0.5:8883 --tls-ca ca.pem --username acme --password-file pw --count 100 --json

    Exit code 0: clean (advice does not count); 1: findings; 2: usage, or the broker cannot be reached.
    """
    messages = messages_from(**origin)
    try:
        from campus.spec.check.report import report_json, report_text

        judged = _judged(messages)
    except ModuleNotFoundError as error:
        raise missing_library(error) from error
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
