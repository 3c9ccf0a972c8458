"""A device walked, anonymised and written down."""

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path

from agent.address import HostPort
from agent.snmp_access import SnmpAccess
from campanile.devices.walk_device import Limits, Recorded, walk_device
from campus.errors import Transient
from firmware_profiles.anonymise import anonymised
from firmware_profiles.load import load_catalogue
from firmware_profiles.walk import Walk, written

_KEY_BYTES = 32


def record_device(
    address: HostPort, access: SnmpAccess, target: Path, limits: Limits, told: Callable[[int], None]
) -> str:
    """Walk, anonymise by a key that nobody keeps, write `target`; what to say of it. Ctrl-C ends the walk and not the writing.

    `Transient` when nothing was answered.
    """
    recorded = Recorded()
    try:
        asyncio.run(walk_device(address, access, recorded, told, limits))
    except KeyboardInterrupt:
        recorded.ended = "you broke it off"
    if not recorded.rows:
        raise Transient(f"nothing was recorded of {address}: {recorded.ended}")
    walk = anonymised(Walk(recorded.rows), load_catalogue().profiles.values(), secrets.token_bytes(_KEY_BYTES))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("".join(f"{written(row)}\n" for row in walk.rows), encoding="utf-8")
    cut = f" It is not whole: {recorded.ended}." if recorded.ended else ""
    return (
        f"{target}: {len(walk)} objects, names and addresses replaced.{cut} Look through it before you give it away. "
        f"Next: campanile profiles new --from-walk {target}"
    )
