"""Two processes under one name are told from one that was restarted."""

from hypothesis import given
from hypothesis import strategies as st

from controller.ingest.clashes import ENDS_AFTER_MS, EPOCHS_KEPT, LIVE_MS, SLACK_MS, Clash, Clashes
from tests.unit.ingest.frames import NO_1, NO_2, NOW


def heard(clashes: Clashes, *hellos: tuple[int, int]) -> list[bool]:
    """Hellos of an epoch, each said at an instant after `NOW`."""
    return [clashes.greet(NO_1, epoch, NOW + at, NOW + at) for epoch, at in hellos]


def test_a_restart_is_no_clash() -> None:
    clashes = Clashes()
    assert heard(clashes, (1, 0), (1, 10), (5, 20), (5, 30), (9, 40)) == [False] * 5
    assert clashes.standing(NOW + 40) == {}


def test_an_epoch_that_comes_back_is_one_and_is_named_until_one_falls_silent() -> None:
    clashes = Clashes()
    assert heard(clashes, (1, 0), (5, 10), (1, 20), (5, 30), (1, 40)) == [False, False, True, False, False]
    assert clashes.standing(NOW + 40) == {NO_1: Clash(NOW + 20, NOW + 40)}
    assert heard(clashes, *((1, 50 + at) for at in range(0, ENDS_AFTER_MS, 60_000))) == [False] * 15
    assert clashes.standing(NOW + 40 + ENDS_AFTER_MS - 1).keys() == {NO_1}
    assert clashes.standing(NOW + 40 + ENDS_AFTER_MS) == {}


def test_another_agents_hellos_are_its_own() -> None:
    clashes = Clashes()
    for epoch, address in ((1, NO_1), (5, NO_2), (1, NO_1), (5, NO_2)):
        assert not clashes.greet(address, epoch, NOW + epoch, NOW)


@given(st.lists(st.integers(0, 2000), min_size=1), st.data())
def test_one_process_at_a_time_never_clashes_whatever_the_broker_repeats(lives: list[int], data: st.DataObject) -> None:
    said = [(epoch, NOW + number) for number, epoch in enumerate(sorted(lives))]
    clashes = Clashes()
    for number in range(len(said)):
        # A broker that lost its receipts hands over again what came last, in order.
        again = data.draw(st.integers(0, min(number, EPOCHS_KEPT - 1)))
        for epoch, at in said[number - again : number + 1]:
            assert not clashes.greet(NO_1, epoch, at, at)
    assert clashes.standing(NOW) == {}


def test_two_that_both_stay_connected_are_told_by_what_they_seal() -> None:
    clashes = Clashes()
    clashes.greet(NO_1, 1, NOW, NOW)
    clashes.greet(NO_1, 5, NOW + 10, NOW + 10)
    told = [
        clashes.hear(NO_1, epoch, NOW + at, NOW + at + 200)
        for at in range(1_000, SLACK_MS + 60_000, 10_000)
        for epoch in (1, 5)
    ]
    assert told.count(True) == 1
    assert clashes.standing(NOW + SLACK_MS + 60_000)[NO_1].since > NOW + SLACK_MS


def test_what_an_earlier_life_left_in_the_spool_is_no_clash() -> None:
    clashes = Clashes()
    clashes.greet(NO_1, 5, NOW, NOW)
    for minutes in range(60):
        now = NOW + minutes * 60_000
        assert not clashes.hear(NO_1, 5, now, now)
        assert not clashes.hear(NO_1, 1, now - LIVE_MS - 1, now), "sealed before it was restarted, sent afterwards"


def test_a_controller_that_began_later_tells_them_apart_too() -> None:
    clashes = Clashes()
    assert not clashes.hear(NO_1, 5, NOW, NOW)
    assert not clashes.hear(NO_1, 1, NOW, NOW)
    assert clashes.hear(NO_1, 1, NOW + SLACK_MS + 1, NOW + SLACK_MS + 1)
