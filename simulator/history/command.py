"""`campanile simulate history`: from words on the command line to frames on standard output."""

from datetime import datetime
from typing import BinaryIO

from campus.errors import ConfigError
from campus.wire.frame_file import FrameWriter
from simulator.history.frames import FrameMaker, count_samples
from simulator.history.past import Past
from simulator.life.moment import DAY_MS
from simulator.plan.shape import SimulatorPlan
from simulator.snmp.responder import utc_now


def open_past(plan: SimulatorPlan, days: int, end: str, step_s: int) -> Past:
    """The past that is asked for; its last instant is a whole multiple of the step, not after `end`."""
    step_ms = step_s * 1000
    last = parse_end(end) // step_ms * step_ms
    return Past(plan, last - days * DAY_MS + step_ms, last, step_ms, utc_now())


def parse_end(text: str) -> int:
    """``now`` or an RFC 3339 instant, as UTC milliseconds; `ConfigError` otherwise.

    >>> parse_end("2026-09-01T00:00:00+08:00")
    1788192000000
    """
    if text == "now":
        return utc_now()
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = datetime.min  # noqa: DTZ901 - refused below like any time without an offset
    if instant.tzinfo is None:
        raise ConfigError(f"--end {text!r} is no instant: write now, or such as 2026-09-01T00:00:00+08:00")
    return int(instant.timestamp() * 1000)


def count_history(plan: SimulatorPlan, days: int, end: str, step_s: int) -> int:
    """Exactly how many samples `write_history` would write now."""
    return count_samples(open_past(plan, days, end, step_s))


def write_history(plan: SimulatorPlan, days: int, end: str, step_s: int, output: BinaryIO) -> None:
    """Write every frame to `output`."""
    writer = FrameWriter(output)
    for payload, _ in FrameMaker(open_past(plan, days, end, step_s)).frames():
        writer.write_frame(payload)
    output.flush()
