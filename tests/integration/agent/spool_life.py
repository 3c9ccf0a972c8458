"""One life of a spool's owner, to be killed: appends, hands out to a file that stands for the broker, is acknowledged.

``python spool_life.py SPOOL BROKER LIFE``; a line on stdout for each minute of samples whose append returned. The samples of
a minute are the same whoever makes them, so that who checks needs no list of them.
"""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

from agent.spool.file import SpoolFile
from agent.spool.model import Moment, StoredFrame
from campus.ids import DeviceId, Instance, MetricId
from campus.samples import Sample, SeriesKey
from campus.wire.codec import decode_frame
from campus.wire.frame_file import FrameWriter
from campus.wire.pack import pack_samples
from tests.unit.agent.bodies import HERE, NOW, event, facts

MAX_BYTES = 300_000
LIFE_MS = 30 * 86_400_000
"""Virtual time between the beginnings of two lives; each is killed long before."""
KEEP_S = 40 * 86_400
SERIES = 10


def minute(life: int, number: int) -> list[Sample]:
    """What is measured in that minute."""
    at = NOW + life * LIFE_MS + number * 60_000
    chance = random.Random(at)
    return [
        Sample(SeriesKey(DeviceId("sw-1"), MetricId("if_in_bps"), Instance(f"p{n}")), at, chance.random())
        for n in range(SERIES)
    ]


def handed_out(spool: SpoolFile, chance: random.Random) -> Iterator[StoredFrame]:
    """A few frames as the uplink takes them."""
    for _ in range(chance.randrange(4)):
        if chance.random() < 0.5:
            yield from spool.read_from(max(1, spool.next_number - 2), 2)
        else:
            yield from spool.read_backlog(spool.next_number, frozenset(), chance.randint(1, 3))


def live(path: Path, broker: Path, life: int) -> None:
    """For ever."""
    chance = random.Random(life)
    spool = SpoolFile(path, HERE, MAX_BYTES, 40 * 86_400, KEEP_S)
    spool.open(NOW + life * LIFE_MS)
    with broker.open("wb", buffering=0) as file:
        published = FrameWriter(file)
        for number in range(100_000):
            moment = Moment(NOW + life * LIFE_MS + number * 60_000, 0)
            if number % 150 == 0:
                spool.begin_sending()
            if number % 150 == 20:
                spool.end_sending()
            spool.append(
                [pack_samples(minute(life, number)), *((facts(), event(f"{number}")) if number % 50 == 0 else ())],
                moment,
            )
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            if number % 150 < 20:
                for frame in handed_out(spool, chance):
                    published.write_frame(frame.payload)
                    if chance.random() < 0.7:
                        spool.acknowledge(decode_frame(frame.payload).epoch, [(frame.number, frame.number)], moment.at)
            if number % 400 == 399:
                spool.offer_again(moment.at - 3_600_000, 0)


if __name__ == "__main__":
    live(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
