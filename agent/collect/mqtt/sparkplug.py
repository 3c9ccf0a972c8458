"""Sparkplug B: edge nodes and the devices behind them, by births and deaths (Eclipse Sparkplug 3.0, sections 4 and 5).

A birth tells names, aliases and types; data then use the aliases, so without the birth they mean nothing and the node is asked to
tell it again. The topics are ``spBv1.0/GROUP/TYPE/NODE[/DEVICE]``.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from agent.collect.mqtt.port import Request, Said, Understood
from agent.collect.port import Harvest
from agent.decode.identity import device_id
from agent.decode.mqtt import believable
from agent.decode.named import Lexicon, Lexicons, Named
from agent.decode.payload import MAX_PAYLOAD_BYTES
from agent.decode.sparkplug import Metric, Payload, decode_payload, rebirth_command, typed
from agent.link import Heard
from agent.presence import Sign
from campus.errors import Poison
from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind
from firmware_profiles.catalogue import Catalogue
from firmware_profiles.messages import Dialect
from firmware_profiles.raw import Raw, text_of

NAMESPACE = "spBv1.0/"
MAX_NODES = 200
MAX_DEVICES = 500
"""Behind one node."""
MAX_KNOWN_METRICS = 20_000
"""Of one node and its devices."""
ASK_AT_MOST_EVERY_MS = 30_000
_SEQUENCE = 256
_BIRTH_NUMBER = "bdSeq"
_OTHERS = frozenset({"NCMD", "DCMD", "STATE"})
"""What hosts say, not devices."""


class _Known(NamedTuple):
    """What a birth told of a metric."""

    name: str
    datatype: int
    unit: str


@dataclass
class _Session:
    """One node since its birth. `devices` holds the metrics by alias of each born device, under "" the node's own."""

    born: bool = False
    birth_number: Raw = None
    seq: int | None = None
    devices: dict[str, dict[int, _Known]] = field(default_factory=dict)
    named: dict[str, dict[str, _Known]] = field(default_factory=dict)
    unborn: set[str] = field(default_factory=set)
    """Devices of before the last birth of the node that were not born again yet. Births come first: with data they are gone."""
    asked_at: int = -ASK_AT_MOST_EVERY_MS

    def end(self) -> None:
        """Nothing that was born is known any more."""
        self.born, self.seq = False, None
        self.devices.clear()
        self.named.clear()
        self.unborn.clear()


class _Address(NamedTuple):
    """Who speaks: a node, or a device behind it."""

    group: str
    node: str
    device: str = ""

    @property
    def id(self) -> DeviceId:
        return device_id(*filter(None, self))


class SparkplugInterpreter:
    """Reads Sparkplug B of all nodes on one broker. With `may_ask` it commands nodes to tell their births, and nothing else."""

    def __init__(self, catalogue: Catalogue, lacks_ms: Callable[[], int] = lambda: 0, *, may_ask: bool = True) -> None:
        self._lexicons = Lexicons(catalogue, Dialect.SPARKPLUG)
        self._lacks_ms = lacks_ms
        self._may_ask = may_ask
        self._nodes: dict[tuple[str, str], _Session] = {}
        self._readers = {
            "NBIRTH": self._node_birth,
            "NDATA": self._data,
            "NDEATH": self._node_death,
            "DBIRTH": self._device_birth,
            "DDATA": self._data,
            "DDEATH": self._device_death,
        }

    def understand(self, heard: Heard) -> Understood | None:
        """As `Interpreter.understand`; reasons: ``too_large``, ``not_sparkplug``, ``too_many_`` metrics, devices or nodes."""
        if not heard.topic.startswith(NAMESPACE):
            return None
        group, kind, node, device, *_ = (*heard.topic.removeprefix(NAMESPACE).split("/"), "", "", "")
        address = _Address(group, node, device)
        if group == "STATE" or kind in _OTHERS:
            return Understood([], [])
        expected = 4 if kind.startswith("D") else 3
        read = self._readers.get(kind)
        if read is None or not all(address[: expected - 1]) or heard.topic.count("/") != expected:
            raise Poison("not_sparkplug", f"{heard.topic[:200]!r} is no topic of Sparkplug")
        if heard.is_retained:  # the specification forbids it: of a session nobody knows whether it still is
            return Understood([Said(address.id, Harvest(dropped=Counter(retained_undated=1)), Sign.KNOWN)], [])
        if len(heard.payload) > MAX_PAYLOAD_BYTES:
            raise Poison("too_large", f"{len(heard.payload)} bytes")
        payload = decode_payload(heard.payload)
        return read(address, payload, heard, self._session(address))

    def reconnected(self, now: int) -> list[Request]:
        """Births may have been missed, and aliases mean something else since: every node that was known is asked for them."""
        requests = []
        for (group, node), session in self._nodes.items():
            session.end()
            requests += self._ask(_Address(group, node), session, now)
        return requests

    def _session(self, address: _Address) -> _Session:
        key = address.group, address.node
        if key not in self._nodes and len(self._nodes) >= MAX_NODES:
            raise Poison("too_many_nodes", f"more than {MAX_NODES} nodes")
        return self._nodes.setdefault(key, _Session())

    def _node_birth(self, address: _Address, payload: Payload, heard: Heard, session: _Session) -> Understood:
        session.born, session.seq = True, payload.seq
        session.unborn = set(session.devices) - {""}
        session.devices.clear()
        session.named.clear()
        session.birth_number = _birth_number(payload)
        return self._birth(address, payload, heard, session)

    def _device_birth(self, address: _Address, payload: Payload, heard: Heard, session: _Session) -> Understood:
        dropped, requests = self._followed(address, payload, heard, session)
        if address.device not in session.devices and len(session.devices) > MAX_DEVICES:
            raise Poison("too_many_devices", f"more than {MAX_DEVICES} devices behind one node")
        session.unborn.discard(address.device)
        birth = self._birth(address, payload, heard, session)
        birth.said[0].harvest.dropped.update(dropped)
        return Understood(birth.said, requests)

    def _data(self, address: _Address, payload: Payload, heard: Heard, session: _Session) -> Understood:
        dropped, requests = self._followed(address, payload, heard, session)
        harvest = Harvest(dropped=dropped)
        sign = Sign.SPOKE
        if address.device not in session.devices:
            harvest.dropped["birth_unseen"] += len(payload.metrics) + payload.skipped
            requests = requests or self._ask(address, session, heard.received_at)
        else:
            sign = Sign.ONLINE
            known = session.devices[address.device]
            values, unknown = self._values(payload, known, session.named[address.device], heard.received_at)
            if unknown:
                harvest.dropped["alias_unknown"] += unknown
                requests = requests or self._ask(address, session, heard.received_at)
            self._read(address, values, payload, heard, harvest)
        gone = [self._said(address._replace(device=each), Harvest(), Sign.OFFLINE) for each in sorted(session.unborn)]
        session.unborn.clear()
        return Understood([*gone, self._said(address, harvest, sign)], requests)

    def _node_death(self, address: _Address, payload: Payload, heard: Heard, session: _Session) -> Understood:
        """The broker says it: the node's last will. One of an older session comes late and means nothing now."""
        if session.born and _birth_number(payload) != session.birth_number:
            return Understood([Said(address.id, Harvest(dropped=Counter(death_of_old_session=1)), Sign.KNOWN)], [])
        gone = [address._replace(device=device) for device in session.devices if device]
        session.end()
        return Understood([self._said(each, Harvest(), Sign.OFFLINE) for each in (address, *gone)], [])

    def _device_death(self, address: _Address, payload: Payload, heard: Heard, session: _Session) -> Understood:
        dropped, requests = self._followed(address, payload, heard, session)
        session.devices.pop(address.device, None)
        session.named.pop(address.device, None)
        return Understood([self._said(address, Harvest(dropped=dropped), Sign.OFFLINE)], requests)

    def _birth(self, address: _Address, payload: Payload, heard: Heard, session: _Session) -> Understood:
        harvest = Harvest()
        known = {metric.name: _Known(metric.name, metric.datatype, metric.unit) for metric in payload.metrics}
        room = MAX_KNOWN_METRICS - sum(map(len, session.named.values()))
        if len(known) > room:
            harvest.dropped["too_many_metrics"] += len(known) - max(0, room)
            known = dict(list(known.items())[: max(0, room)])
        session.named[address.device] = known
        session.devices[address.device] = {
            metric.alias: known[metric.name]
            for metric in payload.metrics
            if metric.alias is not None and metric.name in known
        }
        by_alias, by_name = session.devices[address.device], session.named[address.device]
        values, _ = self._values(payload, by_alias, by_name, heard.received_at)
        self._read(address, values, payload, heard, harvest)
        lexicon = self._lexicons.of("/".join(filter(None, address)))
        harvest.facts = _facts(lexicon, address, values, heard.received_at)
        return Understood([self._said(address, harvest, Sign.ONLINE)], [])

    def _followed(
        self, address: _Address, payload: Payload, heard: Heard, session: _Session
    ) -> tuple[Counter[str], list[Request]]:
        """Look whether a message was lost before this one, and whether the node was ever born."""
        expected = None if session.seq is None else (session.seq + 1) % _SEQUENCE
        session.seq = payload.seq
        if not session.born:
            return Counter(), self._ask(address, session, heard.received_at)
        if payload.seq != expected:
            return Counter(sequence_gap=1), self._ask(address, session, heard.received_at)
        return Counter(), []

    def _ask(self, address: _Address, session: _Session, now: int) -> list[Request]:
        if not self._may_ask or now - session.asked_at < ASK_AT_MOST_EVERY_MS:
            return []
        session.asked_at = now
        topic = f"{NAMESPACE}{address.group}/NCMD/{address.node}"
        return [Request(topic, rebirth_command(now + self._lacks_ms()))]

    def _values(
        self, payload: Payload, by_alias: dict[int, _Known], by_name: dict[str, _Known], received_at: int
    ) -> tuple[list[Named], int]:
        """The values that are told, and how many are of an alias that no birth told."""
        values, unknown = [], 0
        for metric in payload.metrics:
            known = (
                by_name.get(metric.name) if metric.name else by_alias.get(-1 if metric.alias is None else metric.alias)
            )
            if known is None:
                unknown += not metric.name
                known = _Known(metric.name, metric.datatype, metric.unit)
            if known.name and not metric.is_null:
                raw = typed(metric.raw, metric.datatype or known.datatype)
                values.append(Named(known.name, raw, metric.unit or known.unit, self._moment(metric, received_at)))
        return values, unknown

    def _moment(self, metric: Metric, received_at: int) -> int:
        return believable(metric.told_at, received_at, self._lacks_ms()) or 0

    def _read(self, address: _Address, values: list[Named], payload: Payload, heard: Heard, harvest: Harvest) -> None:
        if payload.skipped:
            harvest.dropped["not_plain"] += payload.skipped
        lexicon = self._lexicons.of("/".join(filter(None, address)))
        if lexicon is None:
            return
        measured_at = believable(payload.told_at, heard.received_at, self._lacks_ms()) or heard.received_at
        read = lexicon.harvest(values, address.id, measured_at)
        harvest.samples += read.samples
        harvest.dropped.update(read.dropped)

    def _said(self, address: _Address, harvest: Harvest, sign: Sign) -> Said:
        gateway = address._replace(device="").id if address.device else None
        return Said(address.id, harvest, sign, gateway)


def _birth_number(payload: Payload) -> Raw:
    return next((metric.raw for metric in payload.metrics if metric.name == _BIRTH_NUMBER), None)


def _facts(lexicon: Lexicon | None, address: _Address, values: list[Named], observed_at: int) -> DeviceFacts:
    name = text_of(address.device or address.node)
    if lexicon is None:
        return DeviceFacts(address.id, DeviceKind.OTHER, observed_at, name=name)
    told = lexicon.facts(address.id, observed_at, {value.name: value.raw for value in values})
    return told if told.name else msgspec.structs.replace(told, name=name)
