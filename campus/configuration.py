"""What a document of the kind ``configuration`` holds: the text a device runs by, its secrets masked in the school."""

import msgspec

from campus.errors import Poison

MAX_LINES = 50_000
"""Of one configuration; a device that shows more shows something else, and every line costs whoever looks at it."""
_ENCODER = msgspec.json.Encoder()


class ConfigurationText(msgspec.Struct, frozen=True, omit_defaults=True):
    """One running configuration. Lines end with a newline character alone; what differs without a change is left out."""

    text: str
    changed_at: int = 0
    """When the device told that it was changed (UTC ms); 0 where it told nothing and the change was found by reading."""
    changed_by: str = ""
    """Who changed it last, as far as the device tells."""


def encode_configuration(told: ConfigurationText) -> bytes:
    """The document's content.

    >>> encode_configuration(ConfigurationText("hostname sw-1"))
    b'{"text":"hostname sw-1"}'
    """
    return _ENCODER.encode(told)


def decode_configuration(content: bytes) -> ConfigurationText:
    """The way back; `Poison` when it is none. Keys of a newer sender are passed over."""
    try:
        told = msgspec.json.decode(content, type=ConfigurationText)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Poison("bad_configuration", f"not the text of a configuration: {error}") from error
    if len(told.text.splitlines()) > MAX_LINES:
        raise Poison("bad_configuration", f"more than {MAX_LINES} lines")
    return told
