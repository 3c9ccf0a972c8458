"""`campanile spec read`: what a packed frame says, as JSON that a person and `jq` can read."""

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from campus.spec.check.origin import from_file_or_broker, messages_from, missing_library

if TYPE_CHECKING:
    from campus.spec.check.message import Message
    from campus.wire.frame import Frame

EXIT_UNREADABLE = 1


@click.command()
@from_file_or_broker
def read(**origin: Any) -> None:
    """Print frames as JSON, one per line: samples as rows, times as UTC.

    A payload that is no frame is named on standard error, and the exit code is then 1.

    \b
    campanile spec read dead-letters.frames | jq .samples
    campanile spec read --broker 127.0.0.1:1883 --topic 'campus/1/+/no-3-primary/#' --count 5
    """
    from campus.wire.frame import FrameError

    unreadable = 0
    try:
        for number, message in enumerate(messages_from(**origin), start=1):
            try:
                click.echo(json.dumps(_readable(message), ensure_ascii=False))
            except FrameError as error:
                unreadable += 1
                click.echo(f"message {number}: {error.reason}: {error}", err=True)
    except ModuleNotFoundError as error:
        raise missing_library(error) from error
    except KeyboardInterrupt:
        pass
    sys.exit(EXIT_UNREADABLE if unreadable else 0)


def _readable(message: "Message") -> dict[str, Any]:
    from campus.wire.codec import decode_frame

    topic = {"topic": message.topic} if message.topic else {}
    if message.topic.endswith("/state"):
        return {**topic, "state": message.payload.decode(errors="replace")}
    return {**topic, **frame_as_json(decode_frame(message.payload))}


def frame_as_json(frame: "Frame") -> dict[str, Any]:
    """The frame as JSON values; `FrameError` when its columns are wrong."""
    import msgspec

    from campus.wire.frame import SamplesBody

    header = {
        "site": frame.site,
        "agent": frame.agent,
        "epoch": frame.epoch,
        "number": frame.number,
        "sent_at": _utc(frame.sent_at),
    }
    if isinstance(frame.body, SamplesBody):
        return {**header, "kind": "samples", "samples": _rows(frame.body)}
    return {**header, **msgspec.to_builtins(frame.body)}


def _rows(body: Any) -> list[dict[str, Any]]:
    from campus.wire.columns import read_columns, read_dictionary

    keys = read_dictionary(body.dictionary)
    columns = read_columns(body, len(keys))
    return [
        {**keys[index]._asdict(), "at": _utc(at), "value": value}
        for index, at, value in zip(*(column.tolist() for column in columns), strict=True)
    ]


def _utc(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
