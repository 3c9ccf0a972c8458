"""Step 11 of a sample's path: telling each agent which of its frames are stored, and how much is wanted of it."""

from collections import defaultdict
from collections.abc import Sequence

from campus.topics import Address
from campus.wire.codec import encode_frame
from campus.wire.frame import AckBody, Frame
from controller.ingest.flow import Flow
from controller.ingest.pressure import Hold
from controller.store.marks import runs_of
from controller.store.port import FrameMark


def acknowledgements(
    marks: Sequence[FrameMark], greeted: Sequence[tuple[Address, int]], flow: Flow, now: int
) -> list[tuple[Address, bytes]]:
    """Ack frames ready to publish on each agent's leg down: one for each agent and epoch, frame numbers as runs.

    `greeted` are agents, with their epochs, that said hello and are answered, whether or not a frame of theirs is among
    `marks`.
    """
    runs: dict[tuple[Address, int], list[tuple[int, int]]] = defaultdict(list)
    for stream, run in runs_of(marks):
        runs[Address(stream.site, stream.agent), stream.epoch].append((run.first, run.last))
    for address, epoch in greeted:
        runs.setdefault((address, epoch), [])
    for address, epoch in runs:
        flow.heard(address, epoch)
    return [
        (address, _ack(address, epoch, numbers, flow.hold_of(address), now))
        for (address, epoch), numbers in runs.items()
    ]


def standing_ack(address: Address, epoch: int, flow: Flow, now: int) -> bytes:
    """One without numbers: how much is wanted of an agent that has nothing to be acknowledged."""
    return _ack(address, epoch, [], flow.hold_of(address), now)


def _ack(address: Address, epoch: int, runs: list[tuple[int, int]], hold: Hold, now: int) -> bytes:
    body = AckBody(epoch=epoch, runs=runs, hold_s=hold.hold_s, hold_backlog_s=hold.hold_backlog_s)
    return encode_frame(Frame(address.site, address.agent, 0, 0, now, body))
