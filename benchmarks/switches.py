"""Five hundred switches of 48 ports for `benchmarks.polling`: real SNMP over UDP, one socket for each, one process for all.

    python -m benchmarks.switches COUNT

prints their ports as one JSON list once all of them answer, and answers until its standard input ends. The answers stand
ready encoded but for the octet counters, which move with the clock, so that the responder costs little beside who asks.
"""

import asyncio
import json
import sys
import time
from typing import Final

from campus.samples import DeviceKind
from simulator.district.device import Family, Port, SimDevice
from simulator.district.hardware import SWITCHES, describe
from simulator.mib.leaf import DeviceMib, Fixed, Leaf, Sum, Uptime
from simulator.mib.standard import interfaces, lldp, system
from simulator.mib.vendors import vendor_mib
from simulator.snmp import ber
from simulator.snmp.responder import Responder
from simulator.snmp.tree import MibTree, Source

PORTS: Final = 48
GIGABIT: Final = 1_000_000_000
OCTETS_PER_S: Final = 1_250_000
_WRAP: Final = {ber.COUNTER32: 1 << 32, ber.COUNTER64: 1 << 64}


def switch() -> SimDevice:
    """A Huawei access switch with 48 gigabit ports."""
    model = SWITCHES[Family.HUAWEI]
    names = [f"GigabitEthernet0/0/{number}" for number in range(1, PORTS + 1)]
    return SimDevice(
        id="sw-1",
        kind=DeviceKind.SWITCH,
        family=Family.HUAWEI,
        name_zh="接入交换机",
        system_name="sw-1",
        room="r1",
        vendor=model.vendor,
        model=model.name,
        serial=f"{model.serial_prefix}001",
        firmware=model.firmware[-1],
        mac=bytes.fromhex("3c15fb000001"),
        sys_object_id=model.sys_object_id,
        ports=tuple(Port(number, name, name, GIGABIT) for number, name in enumerate(names, start=1)),
    )


def mib_tree() -> MibTree:
    """Its objects."""
    device = switch()
    described = describe(device.family, device.model, device.firmware)
    mib: DeviceMib = system(device, described, "School") | interfaces(device)
    mib |= lldp(device, (), {}) | vendor_mib(device)
    began_at = time.time_ns() // 1_000_000 - 86_400_000
    return MibTree({oid: _source(leaf, began_at) for oid, leaf in mib.items()})


def _source(leaf: Leaf, began_at: int) -> Source:
    match leaf:
        case Fixed(encoded=encoded):
            return encoded
        case Sum(tag=tag, share=share):
            return lambda now: ber.encode_integer(
                int((now - began_at) * OCTETS_PER_S * share) // 1000 % _WRAP[tag], tag
            )
        case Uptime():
            return lambda now: ber.encode_integer((now - began_at) // 10, ber.TIME_TICKS)
    return ber.encode_integer(1, leaf.tag)


async def _serve(count: int) -> None:
    view = mib_tree()
    responders = [Responder(view) for _ in range(count)]
    for responder in responders:
        await responder.start()
    print(json.dumps([responder.port for responder in responders]), flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
