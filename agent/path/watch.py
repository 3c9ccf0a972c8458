"""Measures the paths at their times, for ever: samples of the agent itself, with the target as the instance."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator

from agent.clock import Timer, UtcClock
from agent.collect.port import Harvest
from agent.path.model import PathSettings, PathState, Pinged, TargetEntry, percentile
from agent.path.ping import HOW_TO_PERMIT, path_mtu, pinged
from agent.poll import Sink
from agent.schedule import stable_share
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import Sample, SeriesKey

_log = logging.getLogger(__name__)


class PathWatch:
    """One task for each target; one that breaks costs its own target one turn."""

    def __init__(self, device: DeviceId, settings: PathSettings, sink: Sink, *, clock: UtcClock, timer: Timer) -> None:
        self._device = device
        self._settings = settings
        self._sink = sink
        self._clock = clock
        self._timer = timer
        self._states: dict[str, PathState] = {}

    async def run(self) -> None:
        """Measure until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for target in self._settings.targets:
                tasks.create_task(self._watch(target), name=f"path-{target.id}")

    async def _watch(self, target: TargetEntry) -> None:
        settings = self._settings
        due_s = self._timer.now_s() + stable_share(f"{self._device} path {target.id}", settings.every_s)
        mtu_due_s = due_s
        while True:
            await self._timer.sleep_until(due_s)
            is_mtu_due = due_s >= mtu_due_s
            self._sink(self._device, await self._measured(target, is_mtu_due=is_mtu_due))
            if is_mtu_due:
                mtu_due_s = due_s + settings.mtu_every_s
            due_s = max(due_s + settings.every_s, self._timer.now_s())

    async def _measured(self, target: TargetEntry, *, is_mtu_due: bool) -> Harvest:
        settings, measured_at = self._settings, self._clock()
        try:
            pings = await pinged(target.address, settings.pings, settings.interval_s, settings.timeout_s)
            is_worth_it = is_mtu_due and pings.state is PathState.ANSWERS
            mtu = await path_mtu(target.address, settings.timeout_s) if is_worth_it else None
        except Exception:  # noqa: BLE001 - the edge of a supervised task: the other targets go on
            _log.warning("path_broken target=%s", target.id, exc_info=True)
            return Harvest(dropped=Counter(path_broken=1))
        self._note(target.id, pings.state)
        return Harvest(samples=path_samples(self._device, target.id, pings, mtu, measured_at))

    def _note(self, target: str, state: PathState) -> None:
        if self._states.get(target) is not state:
            self._states[target] = state
            if state is PathState.NOT_PERMITTED:
                _log.warning("path_not_permitted target=%s %s", target, HOW_TO_PERMIT)
            else:
                _log.info("path_state target=%s state=%s", target, state.name.lower())


def path_samples(device: DeviceId, target: str, pings: Pinged, mtu: int | None, measured_at: int) -> list[Sample]:
    """What a round of pings says; where nothing could be asked, only that."""
    return [
        Sample(SeriesKey(device, MetricId(metric), Instance(target)), measured_at, round(value, 2))
        for metric, value in _values(pings, mtu)
        if value is not None
    ]


def _values(pings: Pinged, mtu: int | None) -> Iterator[tuple[str, float | None]]:
    yield "path_state", float(pings.state)
    if pings.sent:
        yield "path_loss_percent", pings.loss_percent
        yield "path_delay_ms", percentile(pings.rtts_ms, 0.5)
        yield "path_delay_p95_ms", percentile(pings.rtts_ms, 0.95)
        yield "path_jitter_ms", pings.jitter_ms
    yield "path_mtu_bytes", None if mtu is None else float(mtu)
