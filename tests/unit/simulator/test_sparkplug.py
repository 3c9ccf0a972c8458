"""The simulator's Sparkplug B is what Protocol Buffers read."""

from simulator.mqtt import sparkplug
from simulator.mqtt.sparkplug import Told
from tests.support.sparkplug import BOOLEAN, DOUBLE, INT64, PAYLOAD, STRING

NOW = 1_790_000_000_000


def test_births_and_data_are_sparkplug() -> None:
    told = [Told("a", -5, 1), Told("b", 4.25, 2, "°C"), Told("c", value=True, alias=3), Told("d", "温室")]
    birth = PAYLOAD.FromString(sparkplug.birth(told, NOW, 7))
    assert (birth.timestamp, birth.seq, [m.name for m in birth.metrics]) == (NOW, 7, ["a", "b", "c", "d"])
    assert [m.datatype for m in birth.metrics] == [INT64, DOUBLE, BOOLEAN, STRING]
    a, b, c, d = birth.metrics
    assert (a.long_value, b.double_value, c.boolean_value, d.string_value) == ((1 << 64) - 5, 4.25, True, "温室")
    assert (list(b.properties.keys), b.properties.values[0].string_value) == (["engUnit"], "°C")
    data = PAYLOAD.FromString(sparkplug.data(told[:3], NOW, 8))
    assert [(m.name, m.alias, m.HasField("datatype")) for m in data.metrics] == [
        ("", 1, False),
        ("", 2, False),
        ("", 3, False),
    ]
    assert not PAYLOAD.FromString(sparkplug.birth(told, 0, None)).HasField("seq")
