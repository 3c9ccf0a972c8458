"""When a connection on which the broker confirms nothing is given up."""

from agent.unconfirmed import SILENCE_S, SLOWEST_BYTES_PER_S, Unconfirmed


def test_a_broker_that_owes_nothing_may_be_silent_for_ever() -> None:
    owed = Unconfirmed()
    assert not owed.is_hopeless(1e9)
    owed.send(1, 100, 0)
    owed.confirm(1, 1)
    assert not owed
    assert not owed.is_hopeless(1e9)


def test_silence_is_counted_from_what_was_owed_first_or_confirmed_last() -> None:
    owed = Unconfirmed()
    owed.send(1, 0, 1_000)
    owed.send(2, 0, 1_050)
    assert not owed.is_hopeless(1_000 + SILENCE_S)
    assert owed.is_hopeless(1_001 + SILENCE_S)
    owed.confirm(99, 1_060)
    assert owed.is_hopeless(1_001 + SILENCE_S)
    owed.confirm(1, 1_060)
    assert not owed.is_hopeless(1_060 + SILENCE_S)
    assert owed.is_hopeless(1_061 + SILENCE_S)


def test_much_that_lies_in_a_slow_line_is_given_the_time_it_takes() -> None:
    owed = Unconfirmed()
    owed.send(1, 100 * SLOWEST_BYTES_PER_S, 0)
    assert not owed.is_hopeless(SILENCE_S + 100)
    assert owed.is_hopeless(SILENCE_S + 101)
