"""Sparkplug B: births name what data tell, deaths end it, and what was missed is asked for."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from agent.collect.mqtt.sparkplug import ASK_AT_MOST_EVERY_MS, MAX_NODES
from agent.presence import Sign
from campus.errors import Poison
from firmware_profiles.messages import Dialect, MessageFacts, NamedPoint, Vocabulary
from firmware_profiles.model import Profile
from tests.support import sparkplug as tahu
from tests.support.mqtt_ears import CATALOGUE, NOW, Ears, signs, values
from tests.support.sparkplug import PAYLOAD, metric, payload

NODE, DEVICE = "no-1-edge", "no-1-edge-air"


def topic(kind: str, device: str = "") -> str:
    return f"spBv1.0/no-1/{kind}/edge{'/' if device else ''}{device}"


def node_birth(number: int = 3, **fields: Any) -> bytes:
    return payload(
        metric("bdSeq", number, tahu.INT64),
        metric("Properties/Hardware Make", "Acme", tahu.STRING),
        metric("Properties/Hardware Model", "EG-4", tahu.STRING),
        metric("Uptime", 50, tahu.UINT32, alias=1),
        **{"timestamp": NOW, "seq": 0, **fields},
    )


def device_birth(seq: int = 1) -> bytes:
    return payload(
        metric("Temperature", 69.8, tahu.DOUBLE, alias=10, unit="°F"),
        metric("Rack/Humidity", 40, tahu.INT8, alias=11),
        metric("Door Open", False, tahu.BOOLEAN, alias=12),
        metric("Paint", "blue", tahu.STRING, alias=13),
        metric("Properties/Hardware Model", "AIR-2", tahu.STRING),
        timestamp=NOW,
        seq=seq,
    )


def born() -> Ears:
    ears = Ears()
    ears.hear(topic("NBIRTH"), node_birth())
    ears.hear(topic("DBIRTH", "air"), device_birth())
    return ears


def data(seq: int, *told: tuple[int, Any, int], **fields: Any) -> bytes:
    return payload(*(metric("", value, 0, as_type=kind, alias=alias, **fields) for alias, value, kind in told), seq=seq)


def test_births_tell_who_is_there_and_what_it_measures() -> None:
    ears = Ears()
    node = ears.said(topic("NBIRTH"), node_birth())
    assert (node.device, node.sign, node.gateway) == (NODE, Sign.ONLINE, None)
    assert node.harvest.facts is not None
    assert (node.harvest.facts.vendor, node.harvest.facts.model, node.harvest.facts.name) == ("Acme", "EG-4", "edge")
    assert values(node) == {("uptime_s", ""): 50}
    device = ears.said(topic("DBIRTH", "air"), device_birth())
    assert (device.device, device.sign, device.gateway) == (DEVICE, Sign.ONLINE, NODE)
    assert device.harvest.facts is not None
    assert (device.harvest.facts.model, device.harvest.facts.profile) == ("AIR-2", "sparkplug/standard")
    assert values(device) == {
        ("temperature_cel", ""): 21.0,
        ("humidity_percent", "Rack"): 40,
        ("door_state", ""): 0,
    }


def test_data_mean_what_the_birth_said_of_their_aliases() -> None:
    ears = born()
    said = ears.said(topic("DDATA", "air"), data(2, (10, 50.0, tahu.DOUBLE), (12, True, tahu.BOOLEAN)))
    assert values(said) == {("temperature_cel", ""): 10.0, ("door_state", ""): 1}
    assert said.sign is Sign.ONLINE
    assert not said.harvest.dropped


def test_signed_numbers_come_back_from_their_unsigned_fields() -> None:
    ears = Ears()
    ears.hear(topic("NBIRTH"), payload(metric("Temperature", -20, tahu.INT16, alias=5), seq=0))
    assert values(ears.said(topic("NDATA"), data(1, (5, -21, tahu.INT16)))) == {("temperature_cel", ""): -21}


def test_a_metric_told_by_its_name_a_null_and_an_older_moment() -> None:
    ears = born()
    body = payload(
        metric("Temperature", 32.0, tahu.DOUBLE, timestamp=NOW - 60_000, is_historical=True),
        metric("", is_null=True, alias=12),
        timestamp=NOW - 5_000,
        seq=2,
    )
    said = ears.said(topic("DDATA", "air"), body)
    assert [(s.key.metric, s.value, s.measured_at) for s in said.harvest.samples] == [
        ("temperature_cel", 0.0, NOW - 60_000)
    ]


def test_a_lost_message_is_counted_and_the_node_asked_once_to_tell_its_births() -> None:
    ears = born()
    first = ears.hear(topic("DDATA", "air"), data(3, (10, 50.0, tahu.DOUBLE)))
    assert first is not None
    assert first.said[0].harvest.dropped == {"sequence_gap": 1}
    assert values(first.said[0])
    (request,) = first.requests
    assert request.topic == "spBv1.0/no-1/NCMD/edge"
    assert PAYLOAD.FromString(request.payload).metrics[0].name == "Node Control/Rebirth"
    second = ears.hear(topic("DDATA", "air"), data(9, (10, 50.0, tahu.DOUBLE)))
    assert second is not None
    assert second.requests == []
    ears.now += ASK_AT_MOST_EVERY_MS
    third = ears.hear(topic("DDATA", "air"), data(11, (10, 50.0, tahu.DOUBLE)))
    assert third is not None
    assert len(third.requests) == 1


def test_the_sequence_wraps_and_is_shared_by_the_node_and_its_devices() -> None:
    ears = born()
    for number in range(2, 600):
        kind, device = ("DDATA", "air") if number % 3 else ("NDATA", "")
        assert not ears.said(topic(kind, device), data(number % 256)).harvest.dropped


def test_data_of_a_birth_nobody_heard_say_nothing_but_that_somebody_speaks() -> None:
    ears = Ears()
    understood = ears.hear(topic("DDATA", "air"), data(7, (10, 50.0, tahu.DOUBLE)))
    assert understood is not None
    (said,) = understood.said
    assert (said.device, said.sign, said.gateway, values(said)) == (DEVICE, Sign.SPOKE, NODE, {})
    assert said.harvest.dropped == {"birth_unseen": 1}
    assert len(understood.requests) == 1
    silent = Ears(may_ask=False).hear(topic("DDATA", "air"), data(7, (10, 50.0, tahu.DOUBLE)))
    assert silent is not None
    assert silent.requests == []


def test_an_alias_that_no_birth_told_is_counted_and_its_neighbours_are_read() -> None:
    ears = born()
    understood = ears.hear(topic("DDATA", "air"), data(2, (99, 1.0, tahu.DOUBLE), (11, 41, tahu.INT8)))
    assert understood is not None
    assert values(understood.said[0]) == {("humidity_percent", "Rack"): 41}
    assert understood.said[0].harvest.dropped == {"alias_unknown": 1}
    assert len(understood.requests) == 1


def test_what_is_no_plain_value_is_counted() -> None:
    body = payload(metric("d", b"x", tahu.BYTES), metric("Temperature", 20.0, tahu.DOUBLE), seq=0)
    said = Ears().said(topic("NBIRTH"), body)
    assert values(said) == {("temperature_cel", ""): 20.0}
    assert said.harvest.dropped == {"not_plain": 1}


def test_a_dead_node_takes_its_devices_with_it() -> None:
    ears = born()
    death = payload(metric("bdSeq", 3, tahu.INT64))
    assert signs(ears.hear(topic("NDEATH"), death)) == {NODE: Sign.OFFLINE, DEVICE: Sign.OFFLINE}
    assert ears.said(topic("DDATA", "air"), data(2, (10, 50.0, tahu.DOUBLE))).harvest.dropped == {"birth_unseen": 1}


def test_a_death_of_an_older_session_means_nothing() -> None:
    ears = born()
    understood = ears.hear(topic("NDEATH"), payload(metric("bdSeq", 2, tahu.INT64)))
    assert signs(understood) == {NODE: Sign.KNOWN}
    assert understood is not None
    assert understood.said[0].harvest.dropped == {"death_of_old_session": 1}
    assert values(ears.said(topic("DDATA", "air"), data(2, (10, 50.0, tahu.DOUBLE))))


def test_a_dead_device_leaves_its_node_alive() -> None:
    ears = born()
    assert signs(ears.hear(topic("DDEATH", "air"), payload(seq=2))) == {DEVICE: Sign.OFFLINE}
    assert ears.said(topic("NDATA"), data(3, (1, 60, tahu.UINT32))).sign is Sign.ONLINE


def test_a_device_that_is_not_born_again_with_its_node_is_gone() -> None:
    ears = born()
    ears.hear(topic("NBIRTH"), node_birth(4))
    assert signs(ears.hear(topic("NDATA"), data(1, (1, 5, tahu.UINT32)))) == {DEVICE: Sign.OFFLINE, NODE: Sign.ONLINE}


def test_after_a_lost_connection_every_known_node_is_asked() -> None:
    ears = born()
    requests = [request for each in ears.interpreters for request in each.reconnected(NOW + 1)]
    assert [request.topic for request in requests] == ["spBv1.0/no-1/NCMD/edge"]
    assert ears.said(topic("NDATA"), data(2, (1, 60, tahu.UINT32))).harvest.dropped == {"birth_unseen": 1}


def test_a_retained_birth_is_of_no_session() -> None:
    said = Ears().said(topic("NBIRTH"), node_birth(), is_retained=True)
    assert (said.sign, values(said)) == (Sign.KNOWN, {})


@pytest.mark.parametrize("where", ["NCMD/edge", "DCMD/edge/air"])
def test_what_hosts_say_is_no_device(where: str) -> None:
    assert signs(Ears().hear(f"spBv1.0/no-1/{where}", payload(seq=0))) == {}
    assert signs(Ears().hear("spBv1.0/STATE/host", b'{"online": true}')) == {}


@pytest.mark.parametrize(
    "name",
    ["g", "g/NBIRTH", "g/NBIRTH/", "g/XDATA/n", "g/DDATA/n", "g/NDATA/n/d", "/NDATA/n", "g/DDATA/n/d/e"],
)
def test_a_topic_that_is_none(name: str) -> None:
    with pytest.raises(Poison) as refusal:
        Ears().hear(f"spBv1.0/{name}", payload(seq=0))
    assert refusal.value.reason == "not_sparkplug"


def test_the_number_of_nodes_has_a_bound() -> None:
    ears = Ears()
    for number in range(MAX_NODES):
        ears.hear(f"spBv1.0/g/NBIRTH/n{number}", node_birth())
    with pytest.raises(Poison) as refusal:
        ears.hear("spBv1.0/g/NBIRTH/more", node_birth())
    assert refusal.value.reason == "too_many_nodes"
    assert ears.said("spBv1.0/g/NDATA/n0", data(1)).sign is Sign.ONLINE


def test_an_own_vocabulary_comes_before_the_one_for_all() -> None:
    words = Vocabulary(
        dialect=Dialect.SPARKPLUG,
        publisher="^no-1/",
        points=(NamedPoint(metric="temperature_cel", name="AI/(.+)", scale=0.1, offset=-50, ignore=(65535,)),),
        facts=MessageFacts(vendor="Acme", model="/Model"),
    )
    own = replace(CATALOGUE, profiles={**CATALOGUE.profiles, "acme/edge": Profile("Acme edge", vocabulary=words)})
    body = payload(
        metric("AI/cold store", 520, tahu.UINT16, unit="weird"),
        metric("AI/spare", 65535, tahu.UINT16),
        metric("Temperature", 20.0, tahu.DOUBLE),
        metric("Model", "E1", tahu.STRING),
        seq=0,
    )
    said = Ears(own).said(topic("NBIRTH"), body)
    assert values(said) == {("temperature_cel", "cold store"): 2.0}
    assert said.harvest.facts is not None
    told = msgspec.structs.asdict(said.harvest.facts)
    assert {key: told[key] for key in ("vendor", "model", "profile")} == {
        "vendor": "Acme",
        "model": "E1",
        "profile": "acme/edge",
    }
    other = Ears(own).said("spBv1.0/no-2/NBIRTH/edge", body)
    assert values(other) == {("temperature_cel", ""): 20.0}


def test_a_unit_nobody_knows_drops_the_value_and_no_other() -> None:
    body = payload(metric("Temperature", 20.0, tahu.DOUBLE, unit="furlong"), metric("Humidity", 5, tahu.INT32), seq=0)
    said = Ears().said(topic("NBIRTH"), body)
    assert values(said) == {("humidity_percent", ""): 5}
    assert said.harvest.dropped == {"unknown_unit": 1}
