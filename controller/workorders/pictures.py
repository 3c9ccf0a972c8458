"""Makes a picture somebody sent small and harmless: other bytes, no more than so many pixels, nothing of what a camera writes.

Whoever sends it may be anybody, so it is looked at before it is decoded: only three formats, no more pixels than a phone's
camera has (a file of some kilobytes may unpack to gigabytes), and no more scans than a camera writes (each of a progressive
JPEG goes over all pixels anew, and takes some dozen bytes: a file of megabytes would be decoded for hours).
"""

import io
import re
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from campus.errors import Poison
from controller.workorders.model import MAX_PICTURE_BYTES as MAX_PICTURE_BYTES

MAX_PIXELS: Final = 50_000_000
MAX_SCANS: Final = 64
"""Cameras and programs write ten at most."""
_MARKER: Final = re.compile(rb"\xff+([^\x00\x01\xd0-\xd7\xff])")
"""Of JPEG (ITU-T T.81 table B.1) those that a segment of so many bytes follows, but for the end of the picture."""
_SCAN: Final = b"\xda"
_END: Final = b"\xd9"
MAX_SIDE: Final = 1_600
QUALITY: Final = 80
FORMATS: Final = ("JPEG", "PNG", "WEBP")


def reduced(content: bytes) -> bytes:
    """The picture as JPEG, upright, at most `MAX_SIDE` on a side, without EXIF, position or anything else beside it.

    `Poison`: ``photo_too_large`` (bytes, pixels or scans), ``photo_unreadable`` (none of the formats, or broken).
    """
    if len(content) > MAX_PICTURE_BYTES:
        raise Poison("photo_too_large", f"the photo has more than {MAX_PICTURE_BYTES >> 20} MB")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            width, height = opened.size
            if width * height > MAX_PIXELS:
                raise Poison("photo_too_large", f"the photo has more than {MAX_PIXELS // 1_000_000} million pixels")
            if opened.format in ("JPEG", "MPO") and _has_many_scans(content):
                raise Poison("photo_too_large", "the photo is put together of more layers than any camera writes")
            opened.draft("RGB", (MAX_SIDE, MAX_SIDE))
            opened.thumbnail((2 * MAX_SIDE, 2 * MAX_SIDE), Image.Resampling.BOX)
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise Poison("photo_unreadable", "this is no photo that can be read: send JPEG, PNG or WebP") from error
    upright.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.LANCZOS)
    clean = Image.new("RGB", upright.size)
    clean.paste(upright)
    made = io.BytesIO()
    clean.save(made, "JPEG", quality=QUALITY, optimize=True)
    return made.getvalue()


def _has_many_scans(jpeg: bytes) -> bool:
    """Whether more than `MAX_SCANS` stand before the picture's end; what is behind that (films, other pictures) is not read."""
    count, at = 0, 2
    while count <= MAX_SCANS and (found := _MARKER.search(jpeg, at)) and found[1] != _END:
        count += found[1] == _SCAN
        at = found.end() + int.from_bytes(jpeg[found.end() : found.end() + 2], "big")
    return count > MAX_SCANS
