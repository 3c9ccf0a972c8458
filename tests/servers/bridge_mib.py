"""The kernel's forwarding table as BRIDGE-MIB (RFC 4188), for net-snmp's snmpd, which has none: a `pass_persist` program.

Run as ``python bridge_mib.py BRIDGE`` in the bridge's network namespace. Speaks on standard input and output as snmpd.conf(5)
describes: PING, get and getnext, an OID on the next line.
"""

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

BASE = (1, 3, 6, 1, 2, 1, 17)
Oid = tuple[int, ...]


def objects(bridge: str) -> dict[Oid, tuple[str, str]]:
    """Everything as it is now: OID to (type, value)."""
    link = Path("/sys/class/net")
    found: dict[Oid, tuple[str, str]] = {
        (*BASE, 1, 1, 0): ("octet", (link / bridge / "address").read_text().strip().replace(":", " "))
    }
    numbers = {}
    for port in (link / bridge / "brif").iterdir():
        number = int((port / "port_no").read_text(), 16)
        numbers[port.name] = number
        found[*BASE, 1, 4, 1, 2, number] = ("integer", (link / port.name / "ifindex").read_text().strip())
    told = subprocess.run(["bridge", "-j", "fdb", "show", "br", bridge], capture_output=True, check=True, text=True)
    for entry in json.loads(told.stdout):
        if entry.get("state") != "permanent" and entry["ifname"] in numbers:
            mac = tuple(int(octet, 16) for octet in entry["mac"].split(":"))
            found[*BASE, 4, 3, 1, 2, *mac] = ("integer", str(numbers[entry["ifname"]]))
    return found


def answer(bridge: str, question: str, oid: Oid) -> Iterable[str]:
    """The lines of one answer."""
    known = objects(bridge)
    if question == "getnext":
        oid = min((each for each in known if each > oid), default=())
    if oid not in known:
        return ["NONE"]
    return [f".{'.'.join(map(str, oid))}", *known[oid]]


def _say(lines: Iterable[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Answer until snmpd goes away."""
    for line in sys.stdin:
        if line.strip() == "PING":
            _say(["PONG"])
        elif line.strip():
            oid = tuple(int(arc) for arc in sys.stdin.readline().strip().strip(".").split("."))
            _say(answer(sys.argv[1], line.strip(), oid))


if __name__ == "__main__":
    main()
