"""Makes a picture somebody sent small and harmless: other bytes, no more than so many pixels, nothing of what a camera writes.

Whoever sends it may be anybody, so it is looked at before it is decoded: only three formats, and no more pixels than a
phone's camera has (a file of some kilobytes may unpack to gigabytes).
"""

import io
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from campus.errors import Poison
from controller.workorders.model import MAX_PICTURE_BYTES as MAX_PICTURE_BYTES

MAX_PIXELS: Final = 50_000_000
MAX_SIDE: Final = 1_600
QUALITY: Final = 80
FORMATS: Final = ("JPEG", "PNG", "WEBP")


def reduced(content: bytes) -> bytes:
    """The picture as JPEG, upright, at most `MAX_SIDE` on a side, without EXIF, position or anything else beside it.

    `Poison`: ``photo_too_large`` (bytes or pixels), ``photo_unreadable`` (none of the formats, or broken).
    """
    if len(content) > MAX_PICTURE_BYTES:
        raise Poison("photo_too_large", f"the photo has more than {MAX_PICTURE_BYTES >> 20} MB")
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as opened:
            width, height = opened.size
            if width * height > MAX_PIXELS:
                raise Poison("photo_too_large", f"the photo has more than {MAX_PIXELS // 1_000_000} million pixels")
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
