"""Looking at one camera: two pictures some seconds apart, a third where the first two are one and the same."""

import asyncio

from agent.collect.camera.http import MAX_PICTURE_BYTES, DeviceHttp
from agent.collect.camera.picture import Look, PictureState, UsualSharpness, is_frozen, judge, look_at
from agent.collect.camera.requests import ABSENT
from agent.collect.port import Harvest
from agent.decode.value import settled
from campus.errors import Poison
from campus.ids import DeviceId, Instance, MetricId
from campus.metrics import catalogue as metric_catalogue
from campus.samples import Sample, SeriesKey

_STATE, _SHARPNESS = MetricId("picture_state"), MetricId("picture_sharpness")


class Watcher:
    """Judges what one camera sees. Pictures live as long as `look_at` runs; between checks only its usual sharpness is kept."""

    def __init__(self, device: DeviceId, http: DeviceHttp, apart_s: float) -> None:
        self._device = device
        self._http = http
        self._apart_s = apart_s
        self._usual = UsualSharpness()

    async def check(self, path: str, now: int) -> Harvest:
        """``picture_state`` and ``picture_sharpness``; the state ``none`` where what the device gives at `path` is no picture.

        Empty where it does not know the path. `Transient` when it does not answer, `Poison` when the password is refused: then
        nothing is known of the picture.
        """
        harvest = Harvest()
        try:
            first = await self._look(path, now)
            await asyncio.sleep(self._apart_s)
            second = await self._look(path, now)
            if is_frozen(first, second):  # once more, for an encoder may give the same picture twice
                await asyncio.sleep(self._apart_s)
                first, second = second, await self._look(path, now)
        except Poison as error:
            if error.reason.startswith("login"):
                raise
            harvest.dropped[error.reason] += 1
            if error.reason in ABSENT:
                return harvest
            harvest.samples.append(self._sample(_STATE, metric_catalogue()[_STATE].state_value("none"), now))
            return harvest
        state = judge(first, second, self._usual.of(second))
        if state in {PictureState.OK, PictureState.DARK}:
            self._usual.learn(second)
        harvest.samples.append(self._sample(_STATE, metric_catalogue()[_STATE].state_value(state), now))
        harvest.samples.append(self._sample(_SHARPNESS, second.sharpness, now))
        return harvest

    async def _look(self, path: str, now: int) -> Look:
        reply = await self._http.ask(path, now, most_bytes=MAX_PICTURE_BYTES)
        return await asyncio.to_thread(look_at, reply.content)

    def _sample(self, metric: MetricId, value: float, now: int) -> Sample:
        return Sample(SeriesKey(self._device, metric, Instance("")), now, settled(metric_catalogue()[metric], value))
