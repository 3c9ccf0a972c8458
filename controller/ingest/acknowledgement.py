"""Step 11 of a sample's path: telling each agent which of its frames are stored. Pure."""

from collections import defaultdict
from collections.abc import Sequence

from campus.topics import Address
from campus.wire.codec import encode_frame
from campus.wire.frame import AckBody, Frame
from controller.store.marks import runs_of
from controller.store.port import FrameMark


def acknowledgements(marks: Sequence[FrameMark], now: int) -> list[tuple[Address, bytes]]:
    """Ack frames ready to publish on each agent's leg down: one for each agent and epoch, frame numbers as runs."""
    runs: dict[tuple[Address, int], list[tuple[int, int]]] = defaultdict(list)
    for stream, run in runs_of(marks):
        runs[Address(stream.site, stream.agent), stream.epoch].append((run.first, run.last))
    return [
        (
            address,
            encode_frame(
                Frame(
                    site=address.site,
                    agent=address.agent,
                    epoch=0,
                    number=0,
                    sent_at=now,
                    body=AckBody(epoch=epoch, runs=numbers),
                )
            ),
        )
        for (address, epoch), numbers in runs.items()
    ]
