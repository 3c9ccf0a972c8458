"""What pictures are called: drawn scenes by day, by infrared, in dim corridors, with every trouble, and how often that is right.

The scenes are the simulator's: doors, a walker, sensor noise, JPEG as cameras write it, a clock that runs whatever happens.
"""

import io
import random
import sys
from collections import Counter
from dataclasses import dataclass, replace

import pytest
from PIL import Image

from agent.collect.camera.picture import (
    USUAL_AFTER,
    Look,
    PictureState,
    UsualSharpness,
    is_frozen,
    judge,
    look_at,
)
from campus.errors import Poison
from campus.metrics import catalogue
from simulator.camera.scene import Trouble, View, frozen, snapshot

AT = 1_790_000_000_000
APART_MS = 4000
LIGHTS = (
    {"light": 1.0},
    {"light": 0.6, "noise": 4.0},
    {"light": 0.95, "is_infrared": True, "noise": 6.0},
    {"light": 0.3, "noise": 5.0},
)
DIM = {"light": 0.12, "noise": 4.0}
"""One lamp at the far end; what little is seen is seen."""
SCENES = 240


def looks(view: View, at: int = AT) -> tuple[Look, Look]:
    return look_at(snapshot(view, at)), look_at(snapshot(view, at + APART_MS))


def usual(view: View) -> float:
    """The sharpness of that view without its trouble."""
    return look_at(snapshot(replace(view, trouble=Trouble.NONE, frozen_at=0), AT - 60_000)).sharpness


def called(view: View) -> PictureState:
    return judge(*looks(view), usual(view))


def jpeg(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("trouble", "state"),
    [
        (Trouble.NONE, PictureState.OK),
        (Trouble.BLACK, PictureState.BLACK),
        (Trouble.COVERED, PictureState.COVERED),
        (Trouble.WALL, PictureState.COVERED),
        (Trouble.BLURRED, PictureState.BLURRED),
        (Trouble.OVEREXPOSED, PictureState.OVEREXPOSED),
        (Trouble.SNOW, PictureState.NOISE),
    ],
)
def test_each_trouble_has_its_name(trouble: Trouble, state: PictureState) -> None:
    assert called(View(11, trouble=trouble)) is state


def test_a_frozen_picture_is_frozen_though_its_clock_runs() -> None:
    view = frozen(View(12), AT - 60_000)
    first, second = looks(view)
    assert first.prints != second.prints
    assert called(view) is PictureState.FROZEN


@pytest.mark.parametrize("light", [*LIGHTS, DIM])
def test_a_still_corridor_is_not_frozen(light: dict[str, float]) -> None:
    """Nobody walks, no clock is written: only the sensor's noise tells that the camera lives."""
    view = View(13, is_clock_written=False, **light)  # type: ignore[arg-type]
    first = look_at(snapshot(view, AT))
    again = look_at(snapshot(view, AT + 60_000))  # the walker is where he was
    assert not is_frozen(first, again)


def test_a_dim_corridor_at_night_is_dark_and_a_capped_lens_black() -> None:
    assert called(View(14, **DIM)) is PictureState.DARK  # type: ignore[arg-type]
    assert called(View(14, trouble=Trouble.BLACK, noise=5.0)) is PictureState.BLACK


def test_nothing_is_blurred_before_it_is_known_what_is_sharp() -> None:
    assert judge(*looks(View(15, trouble=Trouble.BLURRED))) is PictureState.OK


def test_what_is_usual_is_learnt_by_day_and_by_night_apart_and_slowly() -> None:
    usual_of = UsualSharpness()
    day, night = look_at(snapshot(View(16), AT)), look_at(snapshot(View(16, light=0.2, is_infrared=True), AT))
    for _ in range(USUAL_AFTER - 1):
        usual_of.learn(day)
    assert usual_of.of(day) == 0
    usual_of.learn(day)
    assert usual_of.of(day) == pytest.approx(day.sharpness)
    assert usual_of.of(night) == 0
    for _ in range(60):  # an hour of a lens that grows dull
        usual_of.learn(replace(day, sharpness=day.sharpness / 2))
    assert usual_of.of(day) > 0.9 * day.sharpness


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0 no more", b"GIF89a" + bytes(40), b"<html>"])
def test_what_is_no_jpeg_is_refused(content: bytes) -> None:
    with pytest.raises(Poison, match="not a JPEG"):
        look_at(content)


def test_a_picture_that_breaks_off_is_refused() -> None:
    with pytest.raises(Poison, match="not a JPEG"):
        look_at(snapshot(View(1), AT)[:20_000])


def test_a_picture_no_camera_has_is_refused_before_it_is_decoded() -> None:
    with pytest.raises(Poison, match="a picture of 9000 x 8000"):
        look_at(jpeg(Image.new("L", (9_000, 8_000))))


@pytest.mark.parametrize("size", [(1, 1), (16, 9), (352, 288), (2688, 1520)])
def test_pictures_of_any_size_are_judged(size: tuple[int, int]) -> None:
    look = look_at(jpeg(Image.new("L", size, 4)))
    assert judge(look, look) is PictureState.BLACK


def test_every_state_is_one_of_the_metric() -> None:
    named = next(metric for name, metric in catalogue().items() if name == "picture_state")
    assert {state.value for state in PictureState} < {state.name for state in named.states}


@dataclass
class Score:
    """How often a name was given rightly and wrongly."""

    given: Counter[PictureState]
    wanted: Counter[PictureState]
    right: Counter[PictureState]

    def precision(self, state: PictureState) -> float:
        return self.right[state] / max(self.given[state], 1)

    def recall(self, state: PictureState) -> float:
        return self.right[state] / max(self.wanted[state], 1)


def scenes() -> list[tuple[View, PictureState]]:
    """As many of each trouble; light, noise, quality, clock and corridor by chance that repeats."""
    chance = random.Random(20)
    wanted = {
        Trouble.NONE: PictureState.OK,
        Trouble.BLACK: PictureState.BLACK,
        Trouble.FROZEN: PictureState.FROZEN,
        Trouble.COVERED: PictureState.COVERED,
        Trouble.WALL: PictureState.COVERED,
        Trouble.BLURRED: PictureState.BLURRED,
        Trouble.OVEREXPOSED: PictureState.OVEREXPOSED,
        Trouble.SNOW: PictureState.NOISE,
    }
    found = []
    for number in range(SCENES):
        trouble, state = list(wanted.items())[number % len(wanted)]
        light = LIGHTS[0] if trouble in {Trouble.OVEREXPOSED, Trouble.WALL} else chance.choice(LIGHTS)
        view = View(
            1000 + number,
            trouble=trouble,
            quality=chance.choice((50, 65, 75, 90)),
            is_clock_written=chance.random() < 0.9,
            frozen_at=AT - 90_000 if trouble is Trouble.FROZEN else 0,
            **light,  # type: ignore[arg-type]
        )
        found.append((view, state))
    return found


@pytest.mark.slow
def test_of_hundreds_of_scenes_nearly_all_are_called_what_they_are() -> None:
    score = Score(Counter(), Counter(), Counter())
    for view, state in scenes():
        name = called(view)
        name = PictureState.OK if name is PictureState.DARK and state is PictureState.OK else name
        score.given[name] += 1
        score.wanted[state] += 1
        score.right[state] += name is state
    lines = [
        f"{state:12} of {score.wanted[state]:3} scenes: precision {score.precision(state):.3f}, recall {score.recall(state):.3f}"
        for state in score.wanted
    ]
    sys.stdout.write("\n".join(["", *lines, ""]))
    assert score.wanted.total() == SCENES
    for state in score.wanted:
        assert score.precision(state) >= 0.95, "\n".join(lines)
        assert score.recall(state) >= 0.95, "\n".join(lines)
    for state in (PictureState.BLACK, PictureState.FROZEN):  # these open an alert at once
        assert score.precision(state) == 1.0
