"""The conversation with the controller through whatever broker stands between: hello, frames, acknowledgements.

A frame stays in the spool until the controller itself says it is stored, so the broker may lose everything it holds.
"""

import asyncio
import logging
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import suppress

import msgspec

from agent.clock import SteadyClock, Timer
from agent.config import Broker
from agent.link import Keep, MqttLink, Will
from agent.reconnect import Pauses, converse_for_ever, until_one_ends
from agent.settings import UplinkSettings
from agent.spool.spool import Spool
from agent.uplink.bucket import Bucket
from agent.uplink.hold import Hold
from agent.uplink.orders import Greeting, obey
from agent.uplink.sender import ANSWER_WITHIN_S, Sender
from agent.uplink.window import Lane
from campus.errors import Poison, Transient
from campus.topics import Address, Leg
from campus.version import VERSION
from campus.wire.codec import decode_frame, encode_frame
from campus.wire.frame import HELLO_NUMBER, AckBody, CommandBody, Frame, HelloBody

FAREWELL_TIMEOUT_S = 2.0
STATE_EVERY_S = 60.0
"""That we are online is said again so often: the last will of a connection that broke, of our last process or of a twin,
may come when its broker notices, long after we said so."""
GREET_AT_MOST_EVERY_S = 60.0
"""Facts that were told less than this ago stand in the spool or with the controller; a flapping link must not pile them up.
A controller that lacks them all the same asks."""
_log = logging.getLogger(__name__)


class Uplink:
    """Keeps one connection to the central broker and empties the spool through it."""

    def __init__(
        self,
        broker: Broker,
        settings: UplinkSettings,
        address: Address,
        spool: Spool,
        *,
        clock: SteadyClock,
        timer: Timer,
        greeting: Greeting,
        device_count: Callable[[], int],
        answer_within_s: float = ANSWER_WITHIN_S,
        state_every_s: float = STATE_EVERY_S,
    ) -> None:
        """`greeting` is called when a connection stands, before frames are sent, and when the controller asks for facts."""
        self._broker = broker
        self._settings = settings
        self._address = address
        self._spool = spool
        self._clock = clock
        self._timer = timer
        self._greeting = greeting
        self._device_count = device_count
        self._answer_within_s = answer_within_s
        self._state_every_s = state_every_s
        # Of two sessions with one name a broker ends the older: two agents given one identity by mistake would end each
        # other's for ever. With a name for each process both deliver, and the controller tells them apart by their epochs.
        self._client_id = f"campanile-{address.site}-{address.agent}-{secrets.token_hex(4)}"
        self._bucket = Bucket(settings.backlog_bytes_per_s, timer.now_s())
        self._hold = Hold()
        self._hello_s: float | None = None
        self._greeted_s = -GREET_AT_MOST_EVERY_S
        self.is_connected = False
        self.counts: Counter[str] = Counter()

    @property
    def hold_s(self) -> float:
        """For how long the controller has asked us to keep frames back, live ones or those that waited; 0.0 for not at all."""
        return self._hold.left_s(Lane.BACKLOG, self._timer.now_s())

    async def run(self) -> None:
        """Connect, talk, reconnect with back-off and jitter, until cancelled; then say goodbye."""
        pauses = Pauses(self._settings.reconnect_min_s, self._settings.reconnect_max_s)
        await converse_for_ever("uplink", self._converse, pauses, self._timer)

    async def _converse(self) -> None:
        state_topic = self._address.topic(Leg.STATE)
        link = MqttLink(self._broker, self._client_id, self._clock, Will(state_topic, _state(online=False)))
        try:
            await link.open([self._address.topic(Leg.DOWN)])
            sender = self._sender(link, await self._spool.begin_sending())
            await self._say_hello(link)
            self._note_online(link)
            await self._greet()
            await until_one_ends(sender.run(), self._listen(link, sender), self._stay_online(link, state_topic))
        except asyncio.CancelledError:
            await self._say_goodbye(link, state_topic)
            raise
        finally:
            self.is_connected = False
            await link.close()
            await self._spool.end_sending()

    def _sender(self, link: MqttLink, live_from: int) -> Sender:
        return Sender(
            link,
            live_from,
            self._address.topic(Leg.UP),
            self._settings,
            self._spool,
            clock=self._clock,
            timer=self._timer,
            hold=self._hold,
            bucket=self._bucket,
            counts=self.counts,
            say_hello=self._say_hello,
            answer_within_s=self._answer_within_s,
        )

    async def _say_hello(self, link: MqttLink) -> None:
        state = await self._spool.state()
        body = HelloBody(VERSION, state.oldest_kept, state.size_bytes, self._device_count())
        frame = Frame(self._address.site, self._address.agent, self._spool.epoch, HELLO_NUMBER, self._clock(), body)
        self._hello_s = self._timer.now_s() if self._hello_s is None else self._hello_s
        link.publish(self._address.topic(Leg.UP), encode_frame(frame))

    async def _greet(self) -> None:
        now_s = self._timer.now_s()
        if now_s - self._greeted_s >= GREET_AT_MOST_EVERY_S:
            self._greeted_s = now_s
            await self._greeting()

    async def _stay_online(self, link: MqttLink, state_topic: str) -> None:
        while True:
            link.publish(state_topic, _state(online=True), Keep.RETAINED)
            await self._timer.sleep_until(self._timer.now_s() + self._state_every_s)

    async def _say_goodbye(self, link: MqttLink, state_topic: str) -> None:
        if self.is_connected:
            with suppress(Transient):  # the line broke in the same moment: the will says it for us
                link.publish(state_topic, _state(online=False), Keep.RETAINED)
                await link.flush(FAREWELL_TIMEOUT_S)

    async def _listen(self, link: MqttLink, sender: Sender) -> None:
        while True:
            stored: dict[int, list[tuple[int, int]]] = defaultdict(list)
            for heard in await link.receive():
                try:
                    frame = self._meant_for_us(decode_frame(heard.payload))
                    if isinstance(frame.body, AckBody):
                        self._take_answer(frame.sent_at, frame.body, sender)
                        stored[frame.body.epoch] += frame.body.runs  # none in an answer to hello
                    elif isinstance(frame.body, CommandBody):
                        await self._spool.append([await obey(frame.body, self._spool, self._greeting)])
                except Poison as error:
                    self.counts[f"refused_down_{error.reason}"] += 1
            for epoch, runs in stored.items():
                self.counts["acknowledged"] += await self._spool.acknowledge(epoch, runs)
                sender.acknowledge(epoch, runs)

    def _meant_for_us(self, frame: Frame) -> Frame:
        if (frame.site, frame.agent) != (self._address.site, self._address.agent):
            raise Poison("not_for_us", f"for {frame.site}/{frame.agent}")
        if not isinstance(frame.body, AckBody | CommandBody):
            raise Poison("not_expected", type(frame.body).__name__)
        if isinstance(frame.body, AckBody) and 0 < self._spool.epoch < frame.body.epoch:
            self._tell_of_twin()  # our own epochs only grow: this one is another agent's
            raise Poison("other_epoch", f"epoch {frame.body.epoch}")
        return frame

    def _take_answer(self, told_at: int, ack: AckBody, sender: Sender) -> None:
        """Learn the time and how much is wanted. What was sent last of what is acknowledged was answered; else hello was."""
        now_s = self._timer.now_s()
        asked_s = sender.last_sent_s(ack.epoch, ack.runs)
        if ack.epoch == self._spool.epoch:
            asked_s, self._hello_s = (self._hello_s if asked_s is None else asked_s), None
        if asked_s is not None and now_s - asked_s > self._answer_within_s and not self._clock.is_confirmed:
            asked_s = (
                None  # the question lay somewhere: hello is said again, for an answer that tells the time more closely
            )
        self._clock.hear(told_at, None if asked_s is None else round((now_s - asked_s) * 1000))
        self._hold.replace(ack.hold_s, ack.hold_backlog_s, now_s)
        sender.answered.set()

    def _tell_of_twin(self) -> None:
        if not self.counts["refused_down_other_epoch"]:
            _log.error(
                "identity_used_twice advice=%r",
                f"another agent seems to use the identity {self._address.site}/{self._address.agent}: "
                "give it its own `agent` in agent.yaml, and its own spool",
            )

    def _note_online(self, link: MqttLink) -> None:
        self.is_connected = True
        self.counts["connections"] += 1
        _log.info("uplink_connected broker=%s", link.name)


def _state(*, online: bool) -> bytes:
    return msgspec.json.encode({"online": online, "version": VERSION} if online else {"online": False})
