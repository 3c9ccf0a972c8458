"""Silence of devices heard over MQTT."""

from hypothesis import given
from hypothesis import strategies as st

from agent.presence import MAX_DEVICES, Presence, Sign
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


def test_a_device_speaks_through_its_gateway_or_through_the_broker() -> None:
    there = presence()
    there.note(BOARD, SPOKE, "school", 1, AT)
    there.note(LAMP, SPOKE, "school", 1, AT, gateway=BOARD)
    there.disconnected("school")
    assert [there.speaks_through(each) for each in (BOARD, LAMP, DeviceId("nobody"))] == ["school", BOARD, ""]


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


GATEWAY, SENSOR = DeviceId("gateway"), DeviceId("sensor")


def test_what_a_last_will_says_holds_however_long_the_device_is_silent() -> None:
    there = presence()
    assert told(there.note(BOARD, ONLINE, "school", 1, AT)) == [(BOARD, 1)]
    assert told(there.due(40, AT)) == [(BOARD, 1)]
    assert told(there.note(BOARD, OFFLINE, "school", 41, AT)) == [(BOARD, 0)]
    assert told(there.due(42, AT)) == []
    assert told(there.note(BOARD, ONLINE, "school", 43, AT)) == [(BOARD, 1)]


def test_who_was_called_gone_and_speaks_is_there_as_long_as_any() -> None:
    there = presence()
    there.note(BOARD, OFFLINE, "school", 1, AT)
    assert told(there.note(BOARD, SPOKE, "school", 2, AT)) == [(BOARD, 1)]
    assert told(there.due(31.9, AT)) == []
    assert told(there.due(32, AT)) == [(BOARD, 0)]


def test_a_device_that_is_only_known_is_silent_since_the_connection() -> None:
    there = presence()
    assert told(there.note(BOARD, KNOWN, "school", 20, AT)) == []
    assert told(there.due(29, AT)) == []
    assert told(there.due(30, AT)) == [(BOARD, 0)]


def test_a_device_may_be_allowed_a_longer_silence_and_is_told_of_meanwhile() -> None:
    there = presence()
    there.note(BOARD, SPOKE, "school", 1, AT, silence_s=900)
    assert told(there.due(31, AT)) == [(BOARD, 1)]
    assert told(there.due(901, AT)) == [(BOARD, 0)]


def test_with_the_gateway_all_behind_it_are_gone_and_come_back_as_they_speak() -> None:
    there = presence()
    there.note(GATEWAY, ONLINE, "school", 1, AT)
    there.note(SENSOR, SPOKE, "school", 1, AT, gateway=GATEWAY)
    there.note(LAMP, ONLINE, "school", 1, AT, gateway=GATEWAY)
    assert told(there.note(GATEWAY, OFFLINE, "school", 2, AT)) == [(GATEWAY, 0), (LAMP, 0), (SENSOR, 0)]
    assert told(there.note(LAMP, ONLINE, "school", 3, AT, gateway=GATEWAY)) == []
    assert told(there.note(GATEWAY, ONLINE, "school", 9, AT)) == [(GATEWAY, 1), (LAMP, 1)]
    assert told(there.due(38.9, AT)) == [(GATEWAY, 1), (LAMP, 1)], "the sensor has its time to speak"
    assert told(there.due(39, AT)) == [(SENSOR, 0)]


def test_a_device_that_speaks_shows_that_its_gateway_is_there() -> None:
    there = presence()
    there.note(GATEWAY, OFFLINE, "school", 1, AT)
    assert told(there.note(SENSOR, SPOKE, "school", 2, AT, gateway=GATEWAY)) == [(GATEWAY, 1), (SENSOR, 1)]


def test_a_gateway_that_never_speaks_itself_is_there_while_one_behind_it_speaks() -> None:
    there = presence()
    there.note(GATEWAY, KNOWN, "school", 1, AT)
    assert told(there.note(SENSOR, SPOKE, "school", 25, AT, gateway=GATEWAY)) == [(GATEWAY, 1), (SENSOR, 1)]
    assert told(there.due(54, AT)) == []
    assert told(there.due(55, AT)) == [(GATEWAY, 0), (SENSOR, 0)]


def test_what_one_kind_of_message_leaves_out_stays_as_another_said_it() -> None:
    there = presence()
    there.note(GATEWAY, ONLINE, "school", 1, AT)
    there.note(SENSOR, SPOKE, "school", 1, AT, gateway=GATEWAY, silence_s=900)
    there.note(SENSOR, SPOKE, "school", 2, AT)
    assert (SENSOR, 0) not in told(there.due(100, AT))
    assert (SENSOR, 0) in told(there.note(GATEWAY, OFFLINE, "school", 101, AT))


def test_gateways_behind_gateways_and_loops_of_them() -> None:
    there = presence()
    for device, gateway in ((GATEWAY, None), (BOARD, GATEWAY), (SENSOR, BOARD)):
        there.note(device, SPOKE, "school", 1, AT, gateway=gateway)
    assert told(there.note(GATEWAY, OFFLINE, "school", 2, AT)) == [(GATEWAY, 0), (BOARD, 0), (SENSOR, 0)]
    there.note(GATEWAY, SPOKE, "school", 3, AT, gateway=SENSOR)
    there.note(GATEWAY, OFFLINE, "school", 4, AT, gateway=SENSOR)
    there.note(LAMP, SPOKE, "school", 4, AT, gateway=LAMP)
    assert (LAMP, 0) in told(there.due(500, AT))


def test_what_was_said_over_a_lost_connection_is_asked_anew() -> None:
    there = presence()
    there.note(GATEWAY, ONLINE, "school", 1, AT)
    there.disconnected("school")
    assert told(there.due(400, AT)) == []
    there.connected("school", 500)
    assert told(there.due(529, AT)) == []
    assert told(there.due(530, AT)) == [(GATEWAY, 0)]


def test_a_flood_of_names_finds_an_end_and_the_expected_stay_welcome() -> None:
    there = presence(LAMP)
    for number in range(MAX_DEVICES):
        device = DeviceId(f"d-{number}")
        if there.admits(device):
            there.note(device, SPOKE, "school", 1, AT)
    assert len(there) == MAX_DEVICES
    assert there.admits(LAMP)
    assert there.admits(DeviceId("d-0"))
    assert not there.admits(DeviceId("one-more"))


NAMES = st.sampled_from([DeviceId(name) for name in "abcd"])


@given(
    st.lists(
        st.tuples(
            NAMES, st.sampled_from(Sign), st.none() | NAMES, st.floats(0, 40), st.sampled_from(["", "down", "up"])
        ),
        max_size=40,
    )
)
def test_whatever_is_said_changes_alone_are_told_within_the_interval_and_no_child_outlives_its_gateway(
    steps: list[tuple[DeviceId, Sign, DeviceId | None, float, str]],
) -> None:
    there, now_s = presence(), 0.0
    latest: dict[str, tuple[float, float]] = {}
    for device, sign, gateway, pause_s, line in steps:
        now_s += pause_s
        if line == "down":
            there.disconnected("school")
        elif line == "up":
            there.connected("school", now_s)
        samples = there.note(device, sign, "school", now_s, AT, gateway=gateway) + there.due(now_s, AT)
        for name, value in told(samples):
            before = latest.get(name)
            assert before is None or before[0] != value or now_s - before[1] >= 15
            latest[name] = (value, now_s)
        if sign is OFFLINE:
            assert latest[device][0] == 0
