"""What a camera sees, judged from two pictures some seconds apart: black, frozen, covered, blurred, and so on. Pure.

`look_at` turns a JPEG into a few hundred numbers and lets the picture go; `judge` compares numbers. A picture is cut into
16 x 12 cells. Clock and name stand written in the upper or lower rows, so what is seen is looked for in the eight rows
between, and a frozen picture may change above and below them.
"""

import io
import statistics
import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from PIL import Image, ImageFilter, ImageStat

from campus.errors import Poison

ACROSS, DOWN = 16, 12
EDGE_ROWS: Final = 2
"""Rows at top and bottom where cameras write."""
GREY_SIZE: Final = (320, 240)
DECODED_SIZE: Final = (640, 480)
"""The decoder gives at least so much: JPEG is decoded at an eighth, a quarter or a half at a fraction of the cost."""
MAX_PIXELS: Final = 64_000_000

BLACK_LEVEL: Final = 13.0
"""Of 255. A capped sensor gives below 10 with its noise; what covers a lens lets some light through."""
DARK_LEVEL: Final = 30.0
BRIGHT_LEVEL: Final = 235.0
BRIGHT_SHARE: Final = 0.6
DETAIL_LEAST: Final = 2.0
DETAIL_SHARE_OF_LEVEL: Final = 0.05
"""A cell shows something when it varies by more than 2 levels and 5 % of its brightness: less is shading and noise."""
COVERED_SHARE: Final = 0.04
"""A hand, a leaf, a wall leave fewer cells that show something; the emptiest corridor has one in ten."""
NOISE_RATIO: Final = 6.0
"""Variance of the Laplacian by variance: 20 for white noise, whatever its strength; 3 at most for things."""
NOISE_LEAST: Final = 20.0
WRITING_SHARE: Final = 0.2
"""So much of a frozen picture may change, above and below."""
BLURRED_SHARE: Final = 0.5
"""Of the usual sharpness: noise in dim light keeps a picture without any focus at 0.45, and a sharp one stays above 0.9."""
USUAL_AFTER: Final = 5
"""Looks until a camera's usual sharpness is known."""
USUAL_PACE: Final = 0.002
"""How fast what is usual follows, each look: half in six hours of one look a minute, so that dirt is noticed before it is."""
_LAPLACIAN = ImageFilter.Kernel((3, 3), (0, 1, 0, 1, -4, 1, 0, 1, 0), scale=1, offset=128)


class PictureState(StrEnum):
    """States of the metric ``picture_state``."""

    OK = "ok"
    BLACK = "black"
    FROZEN = "frozen"
    COVERED = "covered"
    BLURRED = "blurred"
    OVEREXPOSED = "overexposed"
    DARK = "dark"
    NOISE = "noise"


@dataclass(frozen=True)
class Look:
    """The numbers of one picture, cell by cell from the top left; nobody can see anything in them."""

    means: tuple[float, ...]
    """Of the middle rows, as everything but `prints`."""
    details: tuple[float, ...]
    """Standard deviation, noise smoothed away."""
    sharpness: float
    """Of the sharpest tenth of the cells, by the picture's brightness."""
    noise_ratio: float
    spread: float
    """Standard deviation of the whole."""
    prints: tuple[int, ...]
    """CRC of every cell of all rows: two cells with equal prints are equal to the last bit."""

    @property
    def level(self) -> float:
        """The brightness of the middle cell."""
        return statistics.median(self.means)


class UsualSharpness:
    """What is sharp for one camera, by day and in the dark apart: its infrared picture has other edges."""

    def __init__(self) -> None:
        self._kept: dict[bool, tuple[int, float]] = {}

    def of(self, look: Look) -> float:
        """The usual sharpness in such light; 0 as long as it is not known."""
        count, mean = self._kept.get(_is_dim(look), (0, 0.0))
        return mean if count >= USUAL_AFTER else 0.0

    def learn(self, look: Look) -> None:
        """Take a picture that was found good."""
        count, mean = self._kept.get(_is_dim(look), (0, 0.0))
        pace = 1 / (count + 1) if count < USUAL_AFTER else USUAL_PACE
        self._kept[_is_dim(look)] = (count + 1, mean + (look.sharpness - mean) * pace)


def look_at(jpeg: bytes) -> Look:
    """The numbers of a picture; `Poison` ``not_a_picture`` when it is no JPEG, or one too large to be a camera's."""
    try:
        with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise Poison("not_a_picture", f"a picture of {picture.width} x {picture.height}")
            picture.draft("L", DECODED_SIZE)
            decoded = picture.convert("L")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise Poison("not_a_picture", f"not a JPEG picture: {error}") from error
    return _numbers(decoded)


def judge(first: Look, second: Look, usual_sharpness: float = 0.0) -> PictureState:
    """What two pictures show, some seconds apart; the gravest that is sure comes first.

    `usual_sharpness` 0 is not known yet, and nothing is called blurred.
    """
    seen = _shown(second)
    if seen < COVERED_SHARE and second.level < BLACK_LEVEL:
        return PictureState.BLACK
    if sum(mean > BRIGHT_LEVEL for mean in second.means) >= BRIGHT_SHARE * len(second.means):
        return PictureState.OVEREXPOSED
    if is_frozen(first, second):
        return PictureState.FROZEN
    if second.spread > NOISE_LEAST and second.noise_ratio > NOISE_RATIO:
        return PictureState.NOISE
    if seen < COVERED_SHARE:
        return PictureState.COVERED
    if second.sharpness < BLURRED_SHARE * usual_sharpness:
        return PictureState.BLURRED
    return PictureState.DARK if second.level < DARK_LEVEL else PictureState.OK


def is_frozen(first: Look, second: Look) -> bool:
    """Whether nothing moved but writing: a live sensor's noise leaves hardly a cell as it was, not even of a bare wall."""
    changed = [index for index, pair in enumerate(zip(first.prints, second.prints, strict=True)) if pair[0] != pair[1]]
    rows = {index // ACROSS for index in changed}
    return len(changed) <= WRITING_SHARE * len(first.prints) and not rows & set(range(EDGE_ROWS, DOWN - EDGE_ROWS))


def _shown(look: Look) -> float:
    """The share of cells that show something."""
    pairs = zip(look.means, look.details, strict=True)
    return sum(detail > DETAIL_LEAST + DETAIL_SHARE_OF_LEVEL * mean for mean, detail in pairs) / len(look.means)


def _is_dim(look: Look) -> bool:
    return look.level < 2 * DARK_LEVEL


def _numbers(decoded: Image.Image) -> Look:
    grey = decoded.resize(GREY_SIZE, Image.Resampling.BOX)
    smooth = grey.filter(ImageFilter.BoxBlur(1))
    edges = smooth.filter(_LAPLACIAN)
    boxes = _boxes(GREY_SIZE)[ACROSS * EDGE_ROWS : ACROSS * (DOWN - EDGE_ROWS)]
    means, details = zip(*(_mean_and_deviation(smooth.crop(box)) for box in boxes), strict=True)
    keen = sorted(_mean_and_deviation(edges.crop(_within(box)))[1] for box in boxes)
    middle = _within((0, boxes[0][1], GREY_SIZE[0], boxes[-1][3]))
    spread = _mean_and_deviation(grey.crop(middle))[1]
    fine = _mean_and_deviation(grey.filter(_LAPLACIAN).crop(middle))[1]
    return Look(
        means=means,
        details=details,
        sharpness=min(100 * keen[int(0.9 * len(keen))] / (statistics.fmean(means) + 16), 1000.0),
        noise_ratio=(fine / spread) ** 2 if spread else 0.0,
        spread=spread,
        prints=tuple(zlib.crc32(decoded.crop(box).tobytes()) for box in _boxes(decoded.size)),
    )


def _boxes(size: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    width, height = size
    return [
        (x * width // ACROSS, y * height // DOWN, (x + 1) * width // ACROSS, (y + 1) * height // DOWN)
        for y in range(DOWN)
        for x in range(ACROSS)
    ]


def _within(box: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """The box without its rim: a picture's outermost pixels pass a filter unfiltered."""
    left, top, right, bottom = box
    return left + 1, top + 1, right - 1, bottom - 1


def _mean_and_deviation(picture: Image.Image) -> tuple[float, float]:
    told = ImageStat.Stat(picture)
    return float(told.mean[0]), float(told.stddev[0])
