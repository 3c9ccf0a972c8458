"""A past that an agent gathered while nobody could be reached: virtual hours or days, by the agent's own batch and spool."""

import random
from typing import Final

from agent.batch import Batch
from agent.spool.file import SpoolFile
from agent.spool.model import Moment
from campanile.chaos.device import row_name
from campanile.chaos.ledger import Ledger, serial_series
from campanile.chaos.school import School
from campus.ids import AgentId, DeviceId, SiteId
from campus.samples import DeviceFacts, DeviceKind, Sample, SeriesKey
from campus.topics import Address
from simulator.snmp.responder import utc_now

DEVICE: Final = "device-past"
_MAX_BYTES: Final = 200 << 20
_MAX_AGE_S: Final = 30 * 86_400
_KEEP_S: Final = 2 * 86_400
_ROWS: Final = 5


def gather_past(school: School, ledger: Ledger, dice: random.Random, length_ms: int, frames: int) -> int:
    """Put `frames` frames of samples, evenly over the `length_ms` before now, into the spool of an agent that is down.

    How many samples it were. Each frame is sealed at its own virtual moment.
    """
    now = utc_now()
    address = Address(SiteId(school.site), AgentId(school.site))
    file = SpoolFile(school.spool, address, _MAX_BYTES, _MAX_AGE_S, _KEEP_S)
    file.open(now)
    samples = 0
    try:
        for frame in range(frames):
            sealed_at = now - length_ms + length_ms * frame // frames
            batch = Batch(1_000)
            batch.add(_samples(school, ledger, dice, sealed_at))
            bodies = batch.take([DeviceFacts(DeviceId(DEVICE), DeviceKind.SENSOR, sealed_at)] if frame == 0 else [])
            file.append(bodies, Moment(sealed_at))
            samples += 10 * _ROWS
    finally:
        file.close()
    return samples


def _samples(school: School, ledger: Ledger, dice: random.Random, sealed_at: int) -> list[Sample]:
    instants = sorted(dice.sample(range(sealed_at - 10_000, sealed_at), 10))
    return [
        Sample(
            SeriesKey(series.device, series.metric, series.instance),
            measured_at,
            float(ledger.say(series, measured_at)),
        )
        for measured_at in instants
        for row in range(1, _ROWS + 1)
        for series in (serial_series(school.site, DEVICE, row_name(row)),)
    ]
