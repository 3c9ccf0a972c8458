"""`campanile agent set`: change objects of one device by SNMP, shown before and after."""

import asyncio
from typing import TYPE_CHECKING

import click

from agent.access_options import with_access
from campus.errors import Poison

if TYPE_CHECKING:
    from agent.assignment import Assignment, Held
    from agent.snmp_access import SnmpAccess


@click.command(name="set", short_help="Change something on one device by SNMP.")
@click.argument("device", metavar="HOST[:PORT]")
@click.argument("assignments", metavar="OID=TYPE:VALUE...", nargs=-1, required=True)
@with_access
@click.option("--yes", is_flag=True, help="Do not ask.")
def set_(device: str, assignments: tuple[str, ...], access: "SnmpAccess", *, yes: bool) -> None:
    """Change objects of one device: shows what they hold, asks, sets all or none, and shows what they hold then.

    TYPE is integer, unsigned, timeticks, string, hex, oid or address. The community or user must be one that the device
    lets write. Most devices forget what was set when they restart, unless their configuration is saved.

    \b
    Examples (port 3 of a switch down; its PoE off; the beeper of a UPS muted; where a device stands):
      campanile agent set 10.20.1.2 1.3.6.1.2.1.2.2.1.7.3=integer:2 --v3-user admin --v3-privacy aes128
      campanile agent set 10.20.1.2 1.3.6.1.2.1.105.1.1.1.3.1.3=integer:2 --community s3cret
      campanile agent set 10.20.1.9 1.3.6.1.2.1.33.1.9.8.0=integer:3 --config agent.yaml --credential ups
      campanile agent set 10.20.1.2 1.3.6.1.2.1.1.6.0=string:"Teaching block, 2nd floor"
    """
    from agent.address import parse_host_port
    from agent.assignment import parse_assignment
    from agent.config import SNMP_PORT
    from agent.snmp_set import Setter

    wanted = [parse_assignment(text) for text in assignments]
    oids = [each.oid for each in wanted]
    setter = Setter(parse_host_port(device, SNMP_PORT), access)
    before = asyncio.run(setter.read(oids))
    for each, held in zip(wanted, before, strict=True):
        click.echo(f"{each.oid} holds {held}; it shall hold {_wanted(each)}")
    if not yes:
        click.confirm(f"Set this on {setter.address}?", abort=True, err=True)
    asyncio.run(setter.write(wanted))
    after = asyncio.run(setter.read(oids))
    for each, held in zip(wanted, after, strict=True):
        click.echo(f"{each.oid} holds {held} now")
    other = [each.oid for each, held in zip(wanted, after, strict=True) if not _is_held(each, held)]
    if other:
        raise Poison(
            "not_kept",
            f"{setter.address} says that it has set everything, and {', '.join(other)} holds something else: it may take a "
            "while, or the object is a button",
        )


def _wanted(each: "Assignment") -> str:
    from agent.assignment import shown

    return f"{each.type} {shown(each.value)}"


def _is_held(wanted: "Assignment", held: "Held") -> bool:
    return held.value == wanted.value
