"""What anybody with a sticker may do, and how little harm: one open order for a thing, so many tries, no code guessed."""

import io
from pathlib import Path

import pytest
from PIL import Image

from campus.errors import Poison
from campus.samples import DeviceKind
from controller.identity.scope import Denied, NotFound
from controller.workorders.model import Act, Command, OrderQuery, OrderState, Source
from controller.workorders.patience import Patience
from controller.workorders.pictures import MAX_PIXELS, MAX_SIDE, reduced
from controller.workorders.reports import Report, Seen, Told
from controller.workorders.troubles import troubles_of
from tests.support.district import BOARD_101, BOARD_102, DAY_MS, HOUR_MS, NO_1, NO_1_SCOPE, NO_2, NO_2_VIEWER
from tests.unit.workorders.scene import Scene, scene

ADDRESS = "203.0.113.7"


def photo(size: tuple[int, int] = (40, 30), kind: str = "JPEG", **more: object) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", size, "red").save(made, kind, **more)
    return made.getvalue()


def code_of(here: Scene, device: str = BOARD_102) -> str:
    here.orders.stickers.issue_stickers(NO_1_SCOPE, NO_1)
    return next(each.code for each in here.orders.stickers.stickers(NO_1_SCOPE, NO_1) if each.device == device)


def state(here: Scene, code: str) -> OrderState | None:
    seen = here.orders.reports.look(code, ADDRESS)
    assert isinstance(seen, Seen)
    return seen.state


def test_two_taps_make_an_order_and_the_page_says_so(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        code = code_of(here)
        assert state(here, code) is None
        assert here.orders.reports.report(code, ADDRESS, Report("k", "touch", " left side ", photo())) is Told.OPENED
        assert state(here, code) is OrderState.NEW
        (order,) = here.orders.orders(NO_1_SCOPE)
        assert (order.source, order.device, order.what_zh) == (Source.STICKER, BOARD_102, "触摸、书写失灵")
        assert [step.note for step in here.orders.history(NO_1_SCOPE, order.id)] == ["left side", ""]
        (kept,) = here.orders.photos(NO_1_SCOPE, order.id)
        assert here.orders.photo(NO_1_SCOPE, order.id, kept.id)[:2] == b"\xff\xd8"


def test_others_who_tell_of_it_are_counted_on_the_same_order(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        code = code_of(here)
        for key in ("a", "a", "b", "c"):
            here.orders.reports.report(code, ADDRESS, Report(key, "dead"))
        (order,) = here.orders.orders(NO_1_SCOPE)
        assert order.reports == 2, "the second and the third; the button pressed twice is one"


def test_told_again_after_it_was_done_it_is_not_done(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        code = code_of(here)
        here.orders.reports.report(code, ADDRESS, Report("a", "dead"))
        (order,) = here.orders.orders(NO_1_SCOPE)
        here.orders.command(NO_1_SCOPE, order.id, Command("1", Act.CLAIM))
        here.orders.command(NO_1_SCOPE, order.id, Command("2", Act.FINISH))
        assert state(here, code) is OrderState.DONE
        assert here.orders.reports.report(code, ADDRESS, Report("b", "dead")) is Told.ADDED
        assert state(here, code) is OrderState.ASSIGNED
        assert here.orders.history(NO_1_SCOPE, order.id)[-1].note == "told_again"


def test_one_sticker_is_heard_so_often_in_an_hour(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        code = code_of(here)
        told = [here.orders.reports.report(code, f"198.51.100.{n}", Report(str(n), "dead")) for n in range(9)]
        assert told == [Told.OPENED, *[Told.ADDED] * 5, *[Told.TOO_MANY] * 3]
        here.clock.now += HOUR_MS
        assert here.orders.reports.report(code, ADDRESS, Report("later", "dead")) is Told.ADDED
        assert here.orders.reports.counts["report too_many"] == 3
        figures = {figure.labels: figure.value for figure in here.orders.reports.figures()}
        assert figures[(("what", "report too_many"),)] == 3


def test_one_address_cannot_flood_and_one_school_is_not_flooded(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        code_of(here)
        codes = [each.code for each in here.orders.stickers.stickers(NO_1_SCOPE, NO_1)]
        told = [here.orders.reports.report(codes[n % len(codes)], ADDRESS, Report(f"{n}", "other")) for n in range(60)]
        assert told.count(Told.TOO_MANY) == 20
        assert len(here.orders.orders(NO_1_SCOPE)) == len(codes), "one open order for each thing, whoever shouts"


def test_codes_cannot_be_guessed_nor_known_from_their_answers(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        code = code_of(here)
        told = [here.orders.reports.look(f"{code[:-3]}{n:03}", ADDRESS) for n in range(40)]
        assert [each for each in told if each is Told.TOO_MANY], "who tries many is stopped"
        assert isinstance(here.orders.reports.look(code.lower(), "192.0.2.1"), Seen), "others are not"
        assert isinstance(here.orders.reports.look(f"{code[:4]}-{code[4:8]}-{code[8:]}", "192.0.2.1"), Seen)


def test_only_what_stands_on_the_page_can_be_told(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        code = code_of(here)
        assert here.orders.reports.report(code, ADDRESS, Report("k", "<script>")) is Told.NO_TROUBLE
        assert here.orders.reports.report(code, ADDRESS, Report("k", "dead", photo=b"GIF89a")) is Told.BAD_PHOTO
        assert here.orders.orders(NO_1_SCOPE) == []


def test_a_new_code_ends_the_old_one(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        old = code_of(here)
        with pytest.raises(NotFound):
            here.orders.stickers.reissue_sticker(NO_1_SCOPE, NO_1, "0000000000")
        new = here.orders.stickers.reissue_sticker(NO_1_SCOPE, NO_1, old)
        assert here.orders.reports.look(old, ADDRESS) is Told.UNKNOWN
        assert isinstance(here.orders.reports.look(new.code, ADDRESS), Seen)
        assert here.orders.stickers.issue_stickers(NO_1_SCOPE, NO_1) == 0


def test_stickers_are_of_ones_own_school(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        code = code_of(here)
        with pytest.raises(NotFound):
            here.orders.stickers.stickers(NO_2_VIEWER, NO_1)
        with pytest.raises(Denied):
            here.orders.stickers.issue_stickers(NO_2_VIEWER, NO_2)
        with pytest.raises(NotFound):
            here.orders.stickers.reissue_sticker(NO_1_SCOPE, NO_2, code)


def test_photos_are_bounded_and_carry_nothing_beside_the_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "Wang's phone"
    exif.get_ifd(0x8825)[1] = "N"
    made = reduced(photo((3_000, 2_000), exif=exif))
    with Image.open(io.BytesIO(made)) as kept:
        assert max(kept.size) == MAX_SIDE
        assert not kept.getexif()
    assert b"Wang" not in made


def test_a_picture_taken_sideways_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    with Image.open(io.BytesIO(reduced(photo((400, 300), exif=exif)))) as kept:
        assert kept.size == (300, 400)


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"%PDF-1.7", photo(kind="GIF"), photo()[:200]])
def test_what_is_no_photo_is_refused(content: bytes) -> None:
    with pytest.raises(Poison) as refused:
        reduced(content)
    assert refused.value.reason == "photo_unreadable"


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    side = int(MAX_PIXELS**0.5) + 100
    made = io.BytesIO()
    Image.new("1", (side, side)).save(made, "PNG")  # some kilobytes
    assert len(made.getvalue()) < 100_000
    with pytest.raises(Poison) as refused:
        reduced(made.getvalue())
    assert refused.value.reason == "photo_too_large"


def test_an_order_has_so_many_photos_and_they_are_forgotten_in_time(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        code = code_of(here)
        here.orders.reports.report(code, ADDRESS, Report("k", "dead", photo=photo()))
        (order,) = here.orders.orders(NO_1_SCOPE, OrderQuery())
        for n in range(11):
            here.orders.add_photo(NO_1_SCOPE, order.id, f"p{n}", photo())
        here.orders.add_photo(NO_1_SCOPE, order.id, "p0", photo())  # sent again
        with pytest.raises(Poison):
            here.orders.add_photo(NO_1_SCOPE, order.id, "one-more", photo())
        with pytest.raises(NotFound):
            here.orders.photo(NO_2_VIEWER, order.id, 1)
        assert len(list((tmp_path / "photos").rglob("*.jpg"))) == 12
        here.clock.now += 731 * DAY_MS
        here.orders.tend(here.clock.now)
        assert here.orders.photos(NO_1_SCOPE, order.id) == []
        assert list((tmp_path / "photos").rglob("*.jpg")) == []


def test_every_kind_of_device_offers_a_few_choices() -> None:
    for kind in [None, *DeviceKind]:
        choices = troubles_of(kind)
        assert 4 <= len(choices) <= 8
        assert len({each.id for each in choices}) == len(choices)
        assert choices[-1].id == "other"


def test_patience_comes_back_with_time_and_forgets_nobody_too_soon() -> None:
    patience = Patience(3, 60)
    assert [patience.takes("a", 1_000) for _ in range(4)] == [True, True, True, False]
    assert patience.takes("b", 1_000)
    assert not patience.takes("a", 20_000)
    assert patience.takes("a", 22_000)
    assert not patience.takes("a", 0), "a clock set back gives nothing"


def test_a_sticker_of_a_device_with_an_alert_gets_what_telemetry_knows(tmp_path: Path) -> None:
    with scene(tmp_path) as here:
        here.raise_alert(device=BOARD_101)
        code = code_of(here, BOARD_101)
        here.orders.reports.report(code, ADDRESS, Report("k", "dead"))
        (order,) = here.orders.orders(NO_1_SCOPE)
        assert [each.rule for each in order.causes] == ["device-unreachable"], "so its repair can be proved"


def test_a_photo_in_thousands_of_layers_is_not_decoded() -> None:
    """Each scan of a progressive JPEG goes over all pixels again: 12 MB of them would be decoded for hours."""
    whole = photo((320, 240), progressive=True)
    last = whole[whole.rindex(b"\xff\xda") : -2]
    assert reduced(whole), "some layers are usual"
    with pytest.raises(Poison) as refused:
        reduced(whole[:-2] + last * 100 + whole[-2:])
    assert refused.value.reason == "photo_too_large"


def test_what_a_camera_puts_behind_or_beside_a_photo_does_not_count_as_layers() -> None:
    layers = b"\xff\xda\x00\x02" * 100
    assert reduced(photo(exif=b"Exif\x00\x00" + layers) + layers), "a film behind it, a small picture beside it"
