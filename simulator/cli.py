"""`campanile simulate`: the command line of the simulator. Heavy libraries are imported inside commands."""

import asyncio
from pathlib import Path

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def simulate() -> None:
    """A whole district that speaks the real protocols, and its faults.

    \b
    A recording as a device, to point an agent or snmpwalk at:
      campanile simulate replay switch.snmprec --listen 127.0.0.1:1161
      snmpbulkwalk -v2c -c public 127.0.0.1:1161 system
    """


@simulate.command()
@click.argument("recording", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--listen", default="127.0.0.1:1161", show_default=True, help="UDP address; port 0 takes any free one.")
@click.option("--community", default="public", show_default=True, help="Other communities get silence.")
@click.option(
    "--quirk", "quirks", multiple=True, metavar="NAME[=N]", help="Make it awkward; may be given several times."
)
def replay(recording: Path, listen: str, community: str, quirks: tuple[str, ...]) -> None:
    """Answer SNMP v1 and v2c from a recording (.snmprec: OID|TAG|VALUE lines).

    \b
    Quirks of real devices:
      max-repetitions=N  silent when a GETBULK asks for more repetitions (Huawei AC6605: 7)
      max-bytes=N        longest answer: tooBig or a shorter GETBULK beyond it
      no-bulk            silent on any GETBULK
      delay-ms=N         answers late
      loss-percent=N     loses requests at random
      garbage            answers bytes that are not SNMP
      silent             never answers

    \b
    Example:
      campanile simulate replay ac6605.snmprec --quirk max-repetitions=7 --quirk delay-ms=20
    """
    from simulator.snmp.quirk import parse_quirks
    from simulator.snmp.replay import parse_listen
    from simulator.snmp.replay import replay as replay_recording

    asyncio.run(replay_recording(recording, parse_listen(listen), community, parse_quirks(quirks), click.echo))
