"""Hearing devices on the school's own broker: messages in, harvests out, silence noticed.

What messages mean is the interpreters' to say, who is there is `agent.presence`'s; this is the connection and the loop.
"""

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from agent.candidates import Candidates, topic_shape
from agent.clock import Timer, UtcClock
from agent.collect.mqtt.early import WAIT_S, Early, Unread
from agent.collect.mqtt.port import Interpreter, Request, Said, Understood
from agent.collect.port import Harvest
from agent.config import Broker
from agent.link import Heard, MqttLink
from agent.poll import Sink
from agent.presence import Presence
from agent.reconnect import Pauses, converse_for_ever
from agent.spool.spool import Spool
from campus.errors import Poison, Transient
from campus.ids import DeviceId
from campus.samples import Event, Severity
from campus.topics import WIRE_VERSION, Address

EVERYTHING = "#"
"""All topics but the broker's own ($SYS): a publisher that no profile knows is a device somebody forgot to register."""
_OWN_TREE = f"campus/{WIRE_VERSION}/"
PAUSES = Pauses(1.0, 30.0)
LOOK_FOR_SILENCE_S = 1.0
ANSWER_WITHIN_S = 30.0
"""A broker that has not answered since the start is called down after this: it may be starting as we are."""
REMEMBER_EVERY_S = 30.0
MESSAGES_IN_A_ROW = 200
"""Decoded before other tasks get their turn."""
LOGGED_PUBLISHERS = 200
"""Unknown ones are told in the log up to so many; `campanile agent heard` shows who they are now."""
_log = logging.getLogger(__name__)


class MqttListener:
    """One connection to one of the school's brokers.

    The first of `interpreters` that knows a message's topic reads it. `part` tells its events from those of other brokers,
    wherever it moves.
    """

    def __init__(
        self,
        broker: Broker,
        address: Address,
        interpreters: Sequence[Interpreter],
        presence: Presence,
        candidates: Candidates,
        sink: Sink,
        *,
        clock: UtcClock,
        timer: Timer,
        part: str = "",
        answer_within_s: float = ANSWER_WITHIN_S,
        explain_within_s: float = WAIT_S,
    ) -> None:
        self._broker = broker
        self._client_id = (
            f"campanile-{address.site}-{address.agent}-ear-{secrets.token_hex(4)}"  # as the uplink's: no fights
        )
        self._address = address
        self._interpreters = interpreters
        self._presence = presence
        self._candidates = candidates
        self._sink = sink
        self._clock = clock
        self._timer = timer
        self._part = part
        self._answer_within_s = answer_within_s
        self._explain_within_s = explain_within_s
        self._started_s = 0.0
        self._is_told_absent = False
        self._logged = 0
        self.counts: Counter[str] = Counter()
        """messages, connections, failures, overflowed, requests; ``unread_{reason}`` for each message that gave nothing."""

    async def run(self) -> None:
        """Listen until cancelled, whatever the broker does. That a broker went is told; that we leave is not."""
        self._started_s = self._timer.now_s()
        await converse_for_ever("mqtt_listener", self._listen, PAUSES, self._timer)

    async def _listen(self) -> None:
        link = MqttLink(self._broker, self._client_id, self._clock)
        try:
            await link.open([EVERYTHING])
            self._note_connected(link)
            early = Early(self._timer.now_s() + self._explain_within_s)
            for interpreter in self._interpreters:
                self._ask(interpreter.reconnected(self._clock()), link)
            while True:
                await self._take(await self._received(link, early), link, early)
        except Transient:
            self._note_lost(link)
            raise
        finally:
            self.counts["overflowed"] += link.overflowed
            self._presence.disconnected(link.name)
            await link.close()

    async def _received(self, link: MqttLink, early: Early) -> list[Heard]:
        """What arrived; nothing when that takes long and messages wait for an explanation."""
        if not early:
            return await link.receive()
        with suppress(TimeoutError):
            async with asyncio.timeout(self._explain_within_s):
                return await link.receive()
        return []

    async def _take(self, messages: list[Heard], link: MqttLink, early: Early) -> None:
        is_taught = False
        for index, heard in enumerate(messages):
            if index % MESSAGES_IN_A_ROW == MESSAGES_IN_A_ROW - 1:
                await asyncio.sleep(0)
            self.counts["messages"] += 1
            is_taught |= self._take_one(heard, link, early)
        if is_taught:
            for unread in early.again():
                self._take_one(unread.heard, link, early)
        for unread in early.overdue(self._timer.now_s()):
            self._note_unread(unread, link.name)

    def _take_one(self, heard: Heard, link: MqttLink, early: Early) -> bool:
        """Read one message; whether more may be understood because of it."""
        if heard.topic.startswith(_OWN_TREE):
            return False  # a broker that serves the school and the district: agents' frames are not devices
        try:
            understood = self._understood(heard)
        except Poison as error:
            unread = Unread(heard, error.reason)
            if not early.hold(unread, self._timer.now_s()):
                self._note_unread(unread, link.name)
            return False
        for said in understood.said:
            self._take_said(said, heard, link.name)
        self._ask(understood.requests, link)
        self.counts.update({f"unread_{reason}": number for reason, number in understood.spoilt.items()})
        return understood.teaches

    def _understood(self, heard: Heard) -> Understood:
        """`Poison` where nobody knows the topic, or who knows it cannot read the message."""
        for interpreter in self._interpreters:
            try:
                understood = interpreter.understand(heard)
            except Poison:
                raise
            except Exception as error:  # the edge of what publishers may say: their neighbours are heard all the same
                _log.warning("message_broken topic=%r", heard.topic[:200], exc_info=self.counts["unread_broken"] < 10)
                raise Poison("broken", "the message was read wrongly") from error
            if understood is not None:
                return understood
        raise Poison("no_profile", f"no profile hears {heard.topic[:200]!r}")

    def _take_said(self, said: Said, heard: Heard, via: str) -> None:
        if not self._presence.admits(said.device):
            self.counts["unread_too_many_devices"] += 1
            return
        told = self._presence.note(
            said.device,
            said.sign,
            via,
            self._timer.now_s(),
            heard.received_at,
            gateway=said.gateway,
            silence_s=said.silence_s,
        )
        for sample in told:
            if sample.key.device == said.device:
                said.harvest.samples.append(sample)
            else:
                self._sink(sample.key.device, Harvest(samples=[sample]))
        self._sink(said.device, said.harvest)

    def _note_unread(self, unread: Unread, via: str) -> None:
        heard, reason = unread
        self.counts[f"unread_{reason}"] += 1
        shape = topic_shape(heard.topic)
        is_new = self._candidates.note(heard.topic, heard.payload, reason, heard.received_at, shape)
        if is_new and self._logged < LOGGED_PUBLISHERS:
            self._logged += 1
            _log.info("publisher_unknown topic=%r reason=%s broker=%s", shape, reason, via)

    def _ask(self, requests: list[Request], link: MqttLink) -> None:
        for request in requests:
            self.counts["requests"] += 1
            link.publish(request.topic, request.payload)

    def _note_connected(self, link: MqttLink) -> None:
        self.counts["connections"] += 1
        self._presence.connected(link.name, self._timer.now_s())
        _log.info("mqtt_listener_connected broker=%s", link.name)
        self._tell("mqtt_listener_up", link.name, Severity.INFO)

    def _note_lost(self, link: MqttLink) -> None:
        """Tell once that the broker is down: when a connection ended, and when none was made in time since the start."""
        self.counts["failures"] += 1
        was_heard = self._presence.disconnected(link.name)
        if not was_heard:
            waited_s = self._timer.now_s() - self._started_s
            if self.counts["connections"] or self._is_told_absent or waited_s < self._answer_within_s:
                return
        self._is_told_absent = True
        self._tell("mqtt_listener_down", link.name, Severity.MAJOR)

    def _tell(self, kind: str, broker: str, severity: Severity) -> None:
        device = DeviceId(self._address.agent)
        event = Event(device, self._clock(), kind, broker, severity, self._part)
        self._sink(device, Harvest(events=[event]))


async def watch_for_silence(presence: Presence, sink: Sink, clock: UtcClock, timer: Timer) -> None:
    """Tell of devices that fell silent, and of those that may be silent for long, for ever."""
    while True:
        await timer.sleep_until(timer.now_s() + LOOK_FOR_SILENCE_S)
        for sample in presence.due(timer.now_s(), clock()):
            sink(sample.key.device, Harvest(samples=[sample]))


async def remember_candidates(candidates: Candidates, spool: Spool, timer: Timer) -> None:
    """Keep the unknown publishers across restarts and for `campanile agent heard`, for ever."""
    candidates.recall(await spool.load_candidates())
    while True:
        if candidates.is_changed:
            candidates.is_changed = False
            await spool.save_candidates(candidates.listed())
        await timer.sleep_until(timer.now_s() + REMEMBER_EVERY_S)
