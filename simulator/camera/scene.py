"""Pictures of a school's corridor, drawn: doors, lamps, somebody who walks by, a clock written into the corner. Pure.

The same seed, moment and view give the same picture, sensor noise included.
"""

import io
import random
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

SIZE = (960, 540)
_WALL, _FLOOR, _CEILING, _DOOR = (196, 190, 176), (120, 112, 104), (228, 228, 224), (118, 84, 58)


class Trouble(StrEnum):
    """What is wrong with the camera."""

    NONE = "none"
    BLACK = "black"
    FROZEN = "frozen"
    COVERED = "covered"
    BLURRED = "blurred"
    OVEREXPOSED = "overexposed"
    SNOW = "snow"
    WALL = "wall"


@dataclass(frozen=True)
class View:
    """How a camera stands: what is drawn follows from `seed`; `light` 1 is day, 0.12 a corridor with one lamp at night."""

    seed: int
    light: float = 1.0
    is_infrared: bool = False
    noise: float = 2.5
    """Of the sensor, in levels of 255."""
    quality: int = 75
    is_clock_written: bool = True
    trouble: Trouble = Trouble.NONE
    frozen_at: int = 0
    """The moment a frozen picture shows; its clock runs on."""


def snapshot(view: View, at: int, size: tuple[int, int] = SIZE) -> bytes:
    """The JPEG of a moment (UTC ms)."""
    chance = random.Random(f"{view.seed} {view.frozen_at or at}")
    picture = _troubled(_lit(_corridor(view, view.frozen_at or at), view), view, chance)
    picture = _with_noise(picture, view, chance)
    if view.is_clock_written:
        _write(picture, view, at)
    out = io.BytesIO()
    picture.resize(size).save(out, "JPEG", quality=view.quality)
    return out.getvalue()


def frozen(view: View, at: int) -> View:
    """The camera stands still from `at` on."""
    return replace(view, trouble=Trouble.FROZEN, frozen_at=at)


def _corridor(view: View, at: int) -> Image.Image:
    """A corridor towards a far wall, doors at both sides, as the camera's own seed has them."""
    chance = random.Random(view.seed)
    width, height = SIZE
    left, top = width * chance.uniform(0.36, 0.46), height * chance.uniform(0.3, 0.38)
    right, bottom = width * chance.uniform(0.54, 0.64), height * chance.uniform(0.56, 0.64)
    picture = Image.new("RGB", SIZE, _WALL)
    draw = ImageDraw.Draw(picture)
    draw.polygon([(0, 0), (width, 0), (right, top), (left, top)], _CEILING)
    draw.polygon([(0, height), (width, height), (right, bottom), (left, bottom)], _FLOOR)
    draw.rectangle((left, top, right, bottom), tuple(level - 22 for level in _WALL))
    for line in ((0, 0, left, top), (width, 0, right, top), (0, height, left, bottom), (width, height, right, bottom)):
        draw.line(line, (84, 80, 74), 3)
    for side in (0, 1):
        for near, far in ((0.08, 0.3), (0.42, 0.56), (0.66, 0.76)):
            near, far = near + chance.uniform(-0.02, 0.02), far + chance.uniform(-0.02, 0.02)
            x = [side * width + (left - side * (width - right + left)) * depth for depth in (near, far)]
            up = [top * depth + height * 0.16 * (1 - depth) + 26 * depth for depth in (near, far)]
            down = [height - (height - bottom) * depth for depth in (near, far)]
            draw.polygon([(x[0], up[0]), (x[1], up[1]), (x[1], down[1]), (x[0], down[0])], _DOOR, (60, 40, 26))
            middle = (x[0] + x[1]) / 2
            draw.rectangle(
                (middle - 9, (up[0] + up[1]) / 2 + 18, middle + 9, (up[0] + up[1]) / 2 + 60),
                (182, 204, 214),
                (50, 34, 24),
            )
    for number in range(1, 9):  # the floor's tiles
        depth = number / 9
        y = bottom + (height - bottom) * depth**2
        draw.line((left * (1 - depth**2), y, right + (width - right) * depth**2, y), (100, 94, 88), 1 + number // 4)
    draw.rectangle((left + 14, top + 16, left + 70, top + 50), (236, 236, 232), (60, 70, 90))
    _walker(draw, at, (left, right, bottom, height))
    return picture


def _walker(draw: ImageDraw.ImageDraw, at: int, floor: tuple[float, float, float, float]) -> None:
    """Somebody who walks up and down once a minute."""
    left, right, bottom, height = floor
    depth = abs((at / 30_000) % 2 - 1)
    y, tall = bottom + (height - bottom) * depth * 0.8, 60 + 150 * depth
    x = (left + right) / 2 + 60 * np.sin(at / 4000)
    draw.ellipse((x - tall * 0.1, y - tall, x + tall * 0.1, y - tall * 0.8), (206, 170, 146), (70, 50, 40))
    draw.rounded_rectangle(
        (x - tall * 0.17, y - tall * 0.8, x + tall * 0.17, y - tall * 0.35), 8, (46, 70, 128), (20, 30, 60)
    )
    draw.rectangle((x - tall * 0.13, y - tall * 0.35, x + tall * 0.13, y), (44, 44, 50))


def _lit(picture: Image.Image, view: View) -> Image.Image:
    if view.is_infrared:  # bright in the middle, black in the corners, no colour
        grey = picture.convert("L")
        cone = Image.radial_gradient("L").point(lambda level: max(40, 235 - level)).resize(SIZE)
        picture = Image.merge(
            "RGB", [Image.fromarray((np.asarray(grey, float) * np.asarray(cone) / 255).astype("uint8"))] * 3
        )
    return ImageEnhance.Brightness(picture).enhance(view.light)


def _troubled(picture: Image.Image, view: View, chance: random.Random) -> Image.Image:
    match view.trouble:
        case Trouble.BLACK:
            return Image.new("RGB", SIZE, (3, 3, 4))
        case Trouble.COVERED:  # a hand or a bag before the lens: light through skin, no edge anywhere
            shade = Image.linear_gradient("L").rotate(chance.choice((0, 90, 180, 270))).resize(SIZE)
            deep = random.Random(view.seed).uniform(0.15, 0.45)
            return Image.merge(
                "RGB",
                [
                    shade.point(lambda level, f=f: int(view.light * (level * deep * f + 40 * f)))
                    for f in (1.0, 0.7, 0.6)
                ],
            )
        case Trouble.WALL:
            return ImageEnhance.Brightness(Image.new("RGB", SIZE, _WALL)).enhance(view.light * 0.8)
        case Trouble.BLURRED:
            return picture.filter(ImageFilter.GaussianBlur(9))
        case Trouble.OVEREXPOSED:
            return ImageEnhance.Brightness(picture).enhance(3.2)
        case Trouble.SNOW:
            rows = np.random.default_rng(chance.getrandbits(32)).integers(0, 256, (SIZE[1], SIZE[0]), dtype=np.uint8)
            return Image.fromarray(rows).convert("RGB")
        case _:
            return picture


def _with_noise(picture: Image.Image, view: View, chance: random.Random) -> Image.Image:
    rows = np.asarray(picture, dtype=np.float32)
    noise = np.random.default_rng(chance.getrandbits(32)).normal(0, view.noise, (*rows.shape[:2], 1)).astype(np.float32)
    return Image.fromarray((rows + noise).clip(0, 255).astype(np.uint8))


def _write(picture: Image.Image, view: View, at: int) -> None:
    """The clock and the camera's name, as nearly every camera writes them."""
    draw = ImageDraw.Draw(picture)
    clock = f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%d %H:%M:%S}"
    draw.text((18, 14), clock, (255, 255, 255), stroke_width=2, stroke_fill=(0, 0, 0), font_size=26)
    draw.text(
        (SIZE[0] - 190, SIZE[1] - 44),
        f"Camera {view.seed % 100:02d}",
        (255, 255, 255),
        stroke_width=2,
        stroke_fill=(0, 0, 0),
        font_size=26,
    )
