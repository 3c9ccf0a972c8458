"""Whatever an agent tells of a device is kept whole or refused with a reason; it never breaks what is kept already."""

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind, Neighbour, PortFacts
from controller.identity.scope import SYSTEM
from controller.registry.facts import bare_mac, facts_problem
from tests.support.district import NO_1, NOW, ReadyRegistry, address_of, ready_registry

texts = st.text(max_size=20)
numbers = st.one_of(st.floats(), st.just(1e9))
ports = st.builds(PortFacts, instance=texts, alias=texts, type=st.integers(-(1 << 70), 1 << 70) | st.just(6), mac=texts)
neighbours = st.builds(Neighbour, local_port=texts, remote_name=texts, remote_port=texts, remote_chassis=texts)
device_facts = st.builds(
    DeviceFacts,
    device=st.sampled_from([DeviceId("gw-1"), DeviceId("new-1"), DeviceId("new-2"), DeviceId("Not An Id")]),
    kind=st.sampled_from(list(DeviceKind)),
    observed_at=st.integers(0, NOW),
    name=texts,
    room=texts,
    serial=texts,
    address=texts,
    uplinks=st.lists(texts, max_size=3).map(tuple),
    uplink_capacity_bps=numbers,
    ports=st.lists(ports, max_size=4).map(tuple),
    neighbours=st.lists(neighbours, max_size=3).map(tuple),
)


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> ReadyRegistry:
    return ready_registry(tmp_path_factory.mktemp("registry"))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(told=[DeviceFacts(DeviceId("new-1"), DeviceKind.SWITCH, NOW, uplink_capacity_bps=float("nan"))])
@example(told=[DeviceFacts(DeviceId("new-1"), DeviceKind.SWITCH, NOW, ports=(PortFacts("a"), PortFacts("a", "twice")))])
@given(told=st.lists(device_facts, max_size=4))
def test_facts_are_kept_whole_or_refused(ready: ReadyRegistry, told: list[DeviceFacts]) -> None:
    before = {device.id: device.facts for device in ready.service.devices(SYSTEM, NO_1)}
    refused = ready.service.facts_refused.total()
    ready.service.learn_facts(address_of(NO_1), told, NOW)
    good = {facts.device: facts for facts in told if not facts_problem(facts)}
    after = {device.id: device.facts for device in ready.service.devices(SYSTEM, NO_1)}
    assert after == before | good
    assert ready.service.facts_refused.total() - refused == sum(bool(facts_problem(facts)) for facts in told)
    for device, facts in good.items():
        assert ready.service.kind_of(NO_1, device) is facts.kind
        assert ready.service.room_of(NO_1, device) == facts.room


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=100))
def test_any_text_may_be_searched_for(ready: ReadyRegistry, text: str) -> None:
    assert len(ready.service.search(SYSTEM, text)) <= 20


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("00:1A:2b:3C:4d:5E", "001a2b3c4d5e"),
        ("001a-2b3c-4d5e", "001a2b3c4d5e"),
        ("001A.2B3C.4D5E", "001a2b3c4d5e"),
        ("00:1a:2b", "001a2b"),
        ("", ""),
        ("switch", ""),
        ("00:1a:2b:3c:4d:5e:6f:70:81", ""),
    ],
)
def test_a_mac_is_known_in_any_writing(text: str, bare: str) -> None:
    assert bare_mac(text) == bare
