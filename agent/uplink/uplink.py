"""The conversation with the controller through whatever broker stands between: hello, frames, acknowledgements.

A frame stays in the spool until the controller itself says it is stored, so the broker may lose everything it holds.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress

import msgspec

from agent.clock import Timer, UtcClock
from agent.config import Broker
from agent.link import Keep, MqttLink, Will
from agent.reconnect import Pauses, converse_for_ever, until_one_ends
from agent.settings import UplinkSettings
from agent.spool.spool import Spool
from agent.uplink.bucket import Bucket
from agent.uplink.window import Lane, Window
from campus.errors import Poison, Transient
from campus.topics import Address, Leg
from campus.version import VERSION
from campus.wire.codec import decode_frame, encode_frame
from campus.wire.frame import HELLO_NUMBER, AckBody, CommandBody, Frame, HelloBody, ResultBody

LOOK_AGAIN_S = 1.0
LEAST_WAIT_S = 0.01
FAREWELL_TIMEOUT_S = 2.0
_log = logging.getLogger(__name__)


Greeting = Callable[[], Awaitable[None]]
"""Appends to the spool what every connection begins with (facts); called when it stands, before frames are sent."""


class Uplink:
    """Keeps one connection to the central broker and empties the spool through it."""

    def __init__(
        self,
        broker: Broker,
        settings: UplinkSettings,
        address: Address,
        spool: Spool,
        *,
        clock: UtcClock,
        timer: Timer,
        greeting: Greeting,
        device_count: Callable[[], int],
    ) -> None:
        self._broker = broker
        self._settings = settings
        self._address = address
        self._spool = spool
        self._clock = clock
        self._timer = timer
        self._greeting = greeting
        self._device_count = device_count
        self._window = Window(settings.window_frames, settings.ack_timeout_s)
        self._bucket = Bucket(settings.backlog_bytes_per_s, timer.now_s())
        self._live_from = 0
        self.is_connected = False
        self.counts: Counter[str] = Counter()

    async def run(self) -> None:
        """Connect, talk, reconnect with back-off and jitter, until cancelled; then say goodbye."""
        pauses = Pauses(self._settings.reconnect_min_s, self._settings.reconnect_max_s)
        await converse_for_ever("uplink", self._converse, pauses, self._timer)

    async def _converse(self) -> None:
        state_topic = self._address.topic(Leg.STATE)
        client_id = f"campanile-{self._address.site}-{self._address.agent}"
        link = MqttLink(self._broker, client_id, self._clock, Will(state_topic, _state(online=False)))
        try:
            await link.open([self._address.topic(Leg.DOWN)])
            await self._say_hello(link)
            link.publish(state_topic, _state(online=True), Keep.RETAINED)
            self._note_online(link)
            self._begin()
            await self._greeting()
            await until_one_ends(self._send(link), self._listen(link))
        except asyncio.CancelledError:
            await self._say_goodbye(link, state_topic)
            raise
        finally:
            self.is_connected = False
            await link.close()

    def _begin(self) -> None:
        """Everything spooled so far is backlog on this connection, what was under way on the last one too."""
        self._window = Window(self._settings.window_frames, self._settings.ack_timeout_s)
        self._live_from = self._spool.next_number
        self._spool.appended.set()

    async def _say_hello(self, link: MqttLink) -> None:
        state = await self._spool.state()
        body = HelloBody(VERSION, state.oldest_kept, state.size_bytes, self._device_count())
        frame = Frame(self._address.site, self._address.agent, state.epoch, HELLO_NUMBER, self._clock(), body)
        link.publish(self._address.topic(Leg.UP), encode_frame(frame))

    async def _say_goodbye(self, link: MqttLink, state_topic: str) -> None:
        if self.is_connected:
            with suppress(Transient):  # the line broke in the same moment: the will says it for us
                link.publish(state_topic, _state(online=False), Keep.RETAINED)
                await link.flush(FAREWELL_TIMEOUT_S)

    async def _send(self, link: MqttLink) -> None:
        while True:
            self._spool.appended.clear()
            self._resend_late(link)
            await self._send_live(link)
            wait_s = await self._send_backlog(link)
            try:
                async with asyncio.timeout(wait_s):
                    await self._spool.appended.wait()
            except TimeoutError:
                continue

    async def _send_live(self, link: MqttLink) -> None:
        # When the controller falls behind, only the newest stay live; what is stepped over is backlog by its number.
        self._live_from = max(self._live_from, self._spool.next_number - self._settings.window_frames)
        room = self._window.room(Lane.LIVE)
        if room <= 0 or self._live_from >= self._spool.next_number:
            return
        for frame in await self._spool.read_from(self._live_from, room):
            self._publish(link, frame.number, frame.payload, Lane.LIVE)
            self._live_from = frame.number + 1

    async def _send_backlog(self, link: MqttLink) -> float:
        """Send what the lane's window and the bandwidth cap allow; seconds until it is worth looking again."""
        if self._window.room(Lane.BACKLOG) <= 0:
            return LOOK_AGAIN_S
        if not self._bucket.is_open(self._timer.now_s()):
            return min(max(self._bucket.wait_s(), LEAST_WAIT_S), LOOK_AGAIN_S)
        found = await self._spool.read_below(self._live_from, self._window.numbers, 1)
        if not found:
            return LOOK_AGAIN_S
        self._publish(link, found[0].number, found[0].payload, Lane.BACKLOG)
        self._bucket.take(len(found[0].payload))
        return 0.0

    def _publish(self, link: MqttLink, number: int, payload: bytes, lane: Lane) -> None:
        link.publish(self._address.topic(Leg.UP), payload)
        self._window.send(number, lane, self._timer.now_s())
        self.counts[f"sent_{lane.value}"] += 1
        self.counts["sent_bytes"] += len(payload)

    def _resend_late(self, link: MqttLink) -> None:
        late = self._window.expire(self._timer.now_s())
        self.counts["resent"] += late
        if late and link.oldest_unconfirmed_s() >= self._settings.ack_timeout_s:
            raise Transient("the broker confirms nothing any more")

    async def _listen(self, link: MqttLink) -> None:
        while True:
            runs: list[tuple[int, int]] = []
            for heard in await link.receive():
                try:
                    runs += await self._obey(decode_frame(heard.payload))
                except Poison as error:
                    self.counts[f"refused_down_{error.reason}"] += 1
            if runs:
                self._window.acknowledge(runs)
                self.counts["acknowledged"] += await self._spool.acknowledge(self._spool.epoch, runs)
                self._spool.appended.set()  # there is room in the window again

    async def _obey(self, frame: Frame) -> list[tuple[int, int]]:
        """The runs that a frame from the controller acknowledges; a command is answered through the spool."""
        if (frame.site, frame.agent) != (self._address.site, self._address.agent):
            raise Poison("not_for_us", f"for {frame.site}/{frame.agent}")
        if isinstance(frame.body, AckBody):
            if frame.body.epoch != self._spool.epoch:
                raise Poison("other_epoch", f"epoch {frame.body.epoch}")
            return frame.body.runs
        if isinstance(frame.body, CommandBody):
            answer = f"this agent (version {VERSION}) does not know the command {frame.body.name[:40]!r}"
            await self._spool.append([ResultBody(frame.body.id, ok=False, text=answer)])
            return []
        raise Poison("not_expected", type(frame.body).__name__)

    def _note_online(self, link: MqttLink) -> None:
        self.is_connected = True
        self.counts["connections"] += 1
        _log.info("uplink_connected broker=%s", link.name)


def _state(*, online: bool) -> bytes:
    return msgspec.json.encode({"online": online, "version": VERSION} if online else {"online": False})
