"""Silence of devices heard over MQTT."""

from agent.presence import Presence, Sign
from campus.ids import DeviceId

BOARD, LAMP = DeviceId("board-101"), DeviceId("lamp-1")
SPOKE, ONLINE, OFFLINE, KNOWN = Sign
AT = 1_790_000_000_000


def told(samples: list) -> list[tuple[str, float]]:  # type: ignore[type-arg]
    return [(sample.key.device, sample.value) for sample in samples]


def presence(*expected: DeviceId) -> Presence:
    there = Presence(expected, silence_s=30, repeat_s=15)
    there.connected("school", 0)
    return there


def test_a_device_that_speaks_is_reachable_once_per_interval() -> None:
    there = presence()
    assert told(there.note(BOARD, SPOKE, "school", 1, AT)) == [(BOARD, 1)]
    assert told(there.note(BOARD, SPOKE, "school", 8, AT)) == []
    assert told(there.note(BOARD, SPOKE, "school", 16, AT)) == [(BOARD, 1)]


def test_a_device_that_falls_silent_is_unreachable_at_once_and_then_once_per_interval() -> None:
    there = presence()
    there.note(BOARD, SPOKE, "school", 1, AT)
    assert told(there.due(30.9, AT)) == []
    assert told(there.due(31, AT + 5)) == [(BOARD, 0)]
    assert told(there.due(32, AT)) == []
    assert told(there.due(46, AT)) == [(BOARD, 0)]
    assert told(there.note(BOARD, SPOKE, "school", 47, AT)) == [(BOARD, 1)]
    assert told(there.due(48, AT)) == []


def test_an_expected_device_that_was_never_heard_is_unreachable() -> None:
    there = presence(LAMP)
    assert told(there.due(29, AT)) == []
    assert told(there.due(30, AT)) == [(LAMP, 0)]


def test_while_the_broker_is_away_nobody_is_called_silent_and_silence_counts_anew() -> None:
    there = presence(LAMP)
    there.note(BOARD, SPOKE, "school", 1, AT)
    assert there.disconnected("school")
    assert not there.disconnected("school")
    assert told(there.due(500, AT)) == []
    there.connected("school", 510)
    assert told(there.due(539, AT)) == []
    assert sorted(told(there.due(540, AT))) == [(BOARD, 0), (LAMP, 0)]


def test_a_device_of_another_broker_is_judged_by_that_broker() -> None:
    there = presence()
    there.connected("canteen", 0)
    there.note(BOARD, SPOKE, "school", 1, AT)
    there.note(LAMP, SPOKE, "canteen", 1, AT)
    there.disconnected("canteen")
    assert told(there.due(40, AT)) == [(BOARD, 0)]
