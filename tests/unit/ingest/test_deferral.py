"""How long a device that the registry does not know is waited for."""

from hypothesis import given
from hypothesis import strategies as st

from campus.ids import DeviceId
from controller.ingest import deferral
from controller.ingest.deferral import PATIENCE_MS, SILENCE_COUNTS_MS, SILENCE_MS, Strangers
from tests.fakes.ingest_neighbours import MemoryRegistrar
from tests.unit.ingest.frames import NO_1, NO_2, NOW

SITE = NO_1.site
AP_7, AP_8 = DeviceId("ap-7"), DeviceId("ap-8")


def name_until(strangers: Strangers, end: int, start: int = NOW) -> int | None:
    """Name ap-7 every minute; what was said last."""
    waited_ms = None
    for now in range(start, end + 1, 60_000):
        waited_ms = strangers.waited_ms(SITE, [AP_7], now)
    return waited_ms


def test_a_stranger_is_waited_for_half_an_hour_and_never_again() -> None:
    strangers = Strangers(MemoryRegistrar())
    assert name_until(strangers, NOW + PATIENCE_MS - 60_000) == PATIENCE_MS - 60_000
    assert strangers.waited_ms(SITE, [AP_7], NOW + PATIENCE_MS) is None
    assert strangers.waited_ms(SITE, [AP_7], NOW + 100 * PATIENCE_MS) is None
    assert strangers.waited_ms(NO_2.site, [AP_7], NOW + PATIENCE_MS) == 0  # another school's device of that name


def test_while_nobody_names_it_little_of_the_wait_passes() -> None:
    strangers = Strangers(MemoryRegistrar())
    name_until(strangers, NOW + 120_000)
    later = NOW + 100 * PATIENCE_MS
    assert strangers.waited_ms(SITE, [AP_7], later) == 120_000 + SILENCE_COUNTS_MS
    assert strangers.waited_ms(SITE, [AP_7], NOW) == 120_000 + SILENCE_COUNTS_MS  # nor while the clock is set back
    assert strangers.waited_ms(SITE, [AP_7], NOW + 1_000) == 121_000 + SILENCE_COUNTS_MS


def test_one_whose_frames_come_again_seldom_is_given_up_too() -> None:
    strangers, pause_ms = Strangers(MemoryRegistrar()), 2 * SILENCE_MS
    namings = range(NOW, NOW + 100 * pause_ms, pause_ms)
    heard = [strangers.waited_ms(SITE, [AP_7], now) for now in namings]
    assert heard.index(None) == PATIENCE_MS // SILENCE_COUNTS_MS


def test_a_frame_waits_for_its_newest_stranger_and_tells_of_its_oldest() -> None:
    strangers = Strangers(MemoryRegistrar())
    name_until(strangers, NOW + 120_000)
    assert strangers.waited_ms(SITE, [AP_7, AP_8], NOW + 120_000) == 120_000
    strangers.told(SITE, [AP_7], NOW + 130_000)
    assert strangers.waited_ms(SITE, [AP_7, AP_8], NOW + 180_000) == 60_000
    strangers.told(SITE, [AP_8], NOW + 190_000)
    assert strangers.waited_ms(SITE, [AP_7, AP_8], NOW + 200_000) is None


def test_facts_that_were_taken_say_nothing_against_a_device_that_is_forgotten_later() -> None:
    registrar = MemoryRegistrar()
    strangers = Strangers(registrar)
    registrar.devices.add((SITE, AP_7))
    strangers.told(SITE, [AP_7], NOW)
    assert strangers.among(SITE, [AP_7, AP_8]) == [AP_8]
    registrar.devices.clear()
    assert strangers.waited_ms(SITE, [AP_7], NOW) == 0


def test_strangers_are_bounded() -> None:
    strangers = Strangers(MemoryRegistrar())
    for number in range(deferral.STRANGERS + 10):
        strangers.waited_ms(SITE, [DeviceId(f"ap-{number}")], NOW)
    assert strangers.waited_ms(SITE, [DeviceId("ap-0")], NOW + 1_000) == 0  # forgotten, waited for once more
    assert strangers.waited_ms(SITE, [DeviceId("ap-100")], NOW + 1_000) == 1_000


@given(st.lists(st.integers(0, SILENCE_MS * 2), max_size=40))
def test_nobody_is_given_up_before_it_was_named_through_the_whole_patience(pauses_ms: list[int]) -> None:
    strangers = Strangers(MemoryRegistrar())
    now, wanted_ms = NOW, 0
    for pause_ms in [*pauses_ms, 0]:
        waited_ms = strangers.waited_ms(SITE, [AP_7], now)
        assert waited_ms == (wanted_ms if wanted_ms < PATIENCE_MS else None)
        now += pause_ms
        wanted_ms += pause_ms if pause_ms <= SILENCE_MS else SILENCE_COUNTS_MS
