"""What goes out on one standing connection, and when: live frames before the backlog, each until it is acknowledged.

Begins when hello has been said and ends with `Transient`; a new connection gets a new one.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final

from agent.clock import SteadyClock, Timer
from agent.link import MqttLink
from agent.settings import UplinkSettings
from agent.spool.model import StoredFrame, Wanted
from agent.spool.spool import Spool
from agent.uplink.bucket import Bucket
from agent.uplink.hold import Hold
from agent.uplink.window import Lane, Runs, Window
from campus.wire.frame import FrameError
from campus.wire.shift import shifted

ANSWER_WITHIN_S: Final = 10.0
"""Hello is answered with what time it is and how much is wanted. Without an answer frames go out after this if the time is
known, and hello is said again if it is not."""
LOOK_AGAIN_S: Final = 1.0
LEAST_WAIT_S: Final = 0.01


class Sender:
    """What lies below `live_from` is backlog on this connection, what was under way on the last one too."""

    def __init__(
        self,
        link: MqttLink,
        live_from: int,
        topic: str,
        settings: UplinkSettings,
        spool: Spool,
        *,
        clock: SteadyClock,
        timer: Timer,
        hold: Hold,
        bucket: Bucket,
        counts: Counter[str],
        say_hello: Callable[[MqttLink], Awaitable[None]],
        answer_within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        self._link = link
        self._topic = topic
        self._settings = settings
        self._spool = spool
        self._clock = clock
        self._timer = timer
        self._hold = hold
        self._bucket = bucket
        self._counts = counts
        self._say_hello = say_hello
        self._answer_within_s = answer_within_s
        self._window = Window(settings.window_frames, settings.ack_timeout_s)
        self._unconfirmed: dict[int, int] = {}
        """Frame number by message id, of what the broker has not confirmed."""
        self._live_from = live_from
        self._asked_s = timer.now_s()
        self.answered = asyncio.Event()
        """Set by who listens, at each acknowledgement."""
        link.on_confirmed = self._confirm

    def last_sent_s(self, epoch: int, runs: Runs) -> float | None:
        """When the last of these was sent on this connection, by the timer; None when none is under way."""
        return self._window.last_sent_s(epoch, runs)

    def acknowledge(self, epoch: int, runs: Runs) -> None:
        """The controller has these and the spool has noted it: there is room again."""
        self._window.acknowledge(epoch, runs)
        self._spool.appended.set()

    async def run(self) -> None:
        """Send for ever. Nothing goes out before the controller has answered hello or let `answer_within_s` pass, and nothing
        at all before it has told the time in this process life: until then hello is said again.
        """
        await self._until_answered()
        while not self._clock.is_confirmed:
            self.answered.clear()
            await self._say_hello(self._link)
            await self._until_answered()
        while True:
            self._spool.appended.clear()
            self._link.check()
            wait_s = await self._send_some()
            try:
                async with asyncio.timeout(wait_s):
                    await self._spool.appended.wait()
            except TimeoutError:
                continue

    async def _until_answered(self) -> None:
        try:
            async with asyncio.timeout(self._answer_within_s):
                await self.answered.wait()
        except TimeoutError:
            self._counts["unanswered_hellos"] += 1
            self._link.check()

    async def _send_some(self) -> float:
        """Send what may go at this moment; seconds until it is worth looking again."""
        held_s = self._hold.left_s(Lane.LIVE, self._timer.now_s())
        if held_s:
            return min(held_s, LOOK_AGAIN_S)
        late = self._window.expire(self._timer.now_s())
        self._counts["resent"] += late
        if late:
            await self._ask_again()
        await self._send_live()
        return await self._send_backlog()

    async def _ask_again(self) -> None:
        """Say hello, unless the last one is not answered yet: perhaps frames are put off because our clock is ahead."""
        now_s = self._timer.now_s()
        if self.answered.is_set() and now_s - self._asked_s >= self._answer_within_s:
            self.answered.clear()
            self._asked_s = now_s
            await self._say_hello(self._link)

    async def _send_live(self) -> None:
        # When the controller falls behind, only the newest stay live; what is stepped over is backlog by its number.
        self._live_from = max(self._live_from, self._spool.next_number - self._settings.window_frames)
        if self._live_from >= self._spool.next_number or not self._window.has_room(Lane.LIVE):
            return
        for frame in await self._spool.read_from(self._live_from, self._settings.window_frames):
            if not self._window.has_room(Lane.LIVE):
                return
            self._publish(frame, Lane.LIVE)
            self._live_from = frame.number + 1

    async def _send_backlog(self) -> float:
        if not self._window.has_room(Lane.BACKLOG):
            return LOOK_AGAIN_S
        if not self._bucket.is_open(self._timer.now_s()):
            return min(max(self._bucket.wait_s(), LEAST_WAIT_S), LOOK_AGAIN_S)
        # Facts are few and never held: live samples of a device that stays unknown for long are set aside for good.
        is_held = self._hold.left_s(Lane.BACKLOG, self._timer.now_s()) > 0
        wanted = Wanted.FACTS if is_held else Wanted.EVERYTHING
        found = await self._spool.read_backlog(self._live_from, self._window.numbers, 1, wanted)
        if not found:
            return LOOK_AGAIN_S
        self._publish(found[0], Lane.BACKLOG)
        self._bucket.take(len(found[0].payload))
        return 0.0

    def _publish(self, frame: StoredFrame, lane: Lane) -> None:
        payload = self._timed(frame)
        message = self._link.publish(self._topic, payload)
        self._unconfirmed[message] = frame.number
        self._window.send(frame.number, frame.epoch, len(payload), lane, self._timer.now_s())
        self._counts[f"sent_{lane.value}"] += 1
        self._counts["sent_bytes"] += len(payload)

    def _timed(self, frame: StoredFrame) -> bytes:
        """The frame with the instants it would have, had the time been known when it was sealed.

        It may have gone out before with other instants. Both carry the same mark, so the controller stores whichever it
        commits first and only acknowledges the other: there is one content, never a mixture.
        """
        if frame.anchor_ms is None or not self._clock.is_confirmed:
            return frame.payload
        shift_ms = self._clock.shift_of(frame.anchor_ms)
        if not shift_ms:
            return frame.payload
        try:
            payload = shifted(frame.payload, shift_ms)
        except FrameError:
            # Sealed by another version: the controller knows it, or counts it and keeps the bytes for a person.
            return frame.payload
        self._counts["shifted"] += 1
        return payload

    def _confirm(self, message: int) -> None:
        number = self._unconfirmed.pop(message, None)
        if number is not None:
            self._window.confirm(number, self._timer.now_s())
            self._spool.appended.set()
