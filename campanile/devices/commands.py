"""`campanile profiles record` and `campanile profiles test`. Libraries are imported by the command that needs them."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from agent.access_options import with_access
from campus.errors import ConfigError

if TYPE_CHECKING:
    from agent.snmp_access import SnmpAccess

_FILE = click.Path(dir_okay=False, path_type=Path)
_SNMP_PORT = 161


@click.command(short_help="Record a device, without what names anybody.")
@click.argument("device", metavar="HOST[:PORT]")
@click.option("-o", "--output", type=_FILE, help="Where to; without it, HOST.snmprec.")
@click.option(
    "--objects", default=300_000, show_default=True, type=click.IntRange(1), help="End after so many objects."
)
@click.option("--seconds", default=900, show_default=True, type=click.IntRange(1), help="End after so long.")
@with_access
def record(device: str, access: "SnmpAccess", output: Path | None, objects: int, seconds: int) -> None:
    """Walk a whole device and write down what it answers, without what names anybody. Ctrl-C keeps what there is.

    Addresses, names, places, people, serial numbers and free texts are replaced, the same by the same, so that the
    recording reads like the device. Look through it before you give it away: a vendor's own objects are masked word by word.

    \b
    Examples:
      campanile profiles record 10.20.1.9 -o box.snmprec
      campanile profiles record 10.20.1.9 --v3-user reader --v3-privacy aes128
    """
    from agent.address import parse_host_port
    from campanile.devices.record import record_device
    from campanile.devices.walk_device import Limits

    address = parse_host_port(device, _SNMP_PORT)
    target = output or Path(f"{address.host.replace(':', '-')}.snmprec")
    if target.exists():
        raise ConfigError(f"{target} is there already: name another by -o, or remove it")
    click.echo(record_device(address, access, target, Limits(objects, seconds), _progress), err=True)


def _progress(objects: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{objects} objects ", err=True, nl=False)


@click.command(short_help="Read recordings by a profile, and compare.")
@click.argument("profile", metavar="FILE_OR_FAMILY")
@click.option(
    "--recording",
    "recordings",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="A recording, or a folder with some; may be given more than once. Default: FILE's own, else those of "
    "tests/recordings and ../shared/recordings that the family reads.",
)
@click.option("--accept", is_flag=True, help="Write down what was read as what is expected from now on.")
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output.")
def test(profile: str, recordings: tuple[Path, ...], *, accept: bool, as_json: bool) -> None:
    """Replay recordings to the agent's collector and show what the profile reads of them.

    Told as well: what the profile names and the recording never answered, what the recording has where the profile reads
    and is not read, and what differs from RECORDING.expected.json where that stands beside the recording. The exit code
    is 1 when a device is read by another profile, has no identity, or something differs.

    \b
    Examples:
      campanile profiles test my-profiles/acme/box.yaml --recording box.snmprec
      campanile profiles test my-profiles/acme/box.yaml --recording box.snmprec --accept
      campanile profiles test huawei/vrp
    """
    from campanile.devices.trial import chosen, tried

    name, catalogue, files = chosen(profile, recordings)
    trials = [tried(name, catalogue, file, accept=accept) for file in files]
    if as_json:
        click.echo(json.dumps([each.as_json() for each in trials], ensure_ascii=False))
    else:
        click.echo("\n\n".join(each.text() for each in trials))
    if not all(each.is_good for each in trials):
        sys.exit(1)
