"""A device of the bench: an SNMP table whose every answer is a new serial number, noted in the ledger."""

from collections.abc import Callable
from functools import partial
from typing import Final

from campanile.chaos.ledger import SERIAL_METRIC, Ledger, serial_series
from simulator.snmp import ber
from simulator.snmp.ber import Oid
from simulator.snmp.responder import Responder, utc_now
from simulator.snmp.tree import MibTree, Source


def _text(oid: Oid) -> str:
    return ".".join(map(str, oid))


OBJECT_ID: Final[Oid] = (1, 3, 6, 1, 4, 1, 99999, 77)
_ROW: Final[Oid] = (*OBJECT_ID, 1, 1)
_SERIAL: Final[Oid] = (*OBJECT_ID, 1, 2)
PROFILE_NAME: Final = "bench/serial"
PROFILE: Final = f"""\
title: A device of the chaos bench
kind: sensor
match: {{sys_object_id: [{_text(OBJECT_ID)}]}}
facts:
  vendor: [{{text: Campanile}}]
  model: [{{text: serial}}]
tables:
  serials:
    rows: {_text(_ROW)}
    instance: {{text: 'row {{0}}'}}
    points: [{{metric: {SERIAL_METRIC}, oid: {_text(_SERIAL)}}}]
"""


def row_name(row: int) -> str:
    """The instance of a row, as the profile names it."""
    return f"row {row}"


def serial_device(ledger: Ledger, site: str, device: str, rows: int, clock: Callable[[], int] = utc_now) -> Responder:
    """A responder of `rows` series, not started. What it answers is in the ledger before it is on the wire."""
    began_at = clock()
    sources: dict[Oid, Source] = {
        (1, 3, 6, 1, 2, 1, 1, 1, 0): ber.encode_octets(b"Chaos bench"),
        (1, 3, 6, 1, 2, 1, 1, 2, 0): ber.encode_oid(OBJECT_ID),
        (1, 3, 6, 1, 2, 1, 1, 3, 0): lambda now: ber.encode_integer((now - began_at) // 10, ber.TIME_TICKS),
    }
    for row in range(1, rows + 1):
        sources[(*_ROW, row)] = ber.encode_integer(row)
        sources[(*_SERIAL, row)] = partial(_next_serial, ledger, site, device, row_name(row))
    return Responder(MibTree(sources), clock=clock)


def _next_serial(ledger: Ledger, site: str, device: str, row: str, now: int) -> bytes:
    return ber.encode_integer(ledger.say(serial_series(site, device, row), now), ber.GAUGE32)
