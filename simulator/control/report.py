"""The list of faults, as text or JSON."""

import json
from pathlib import Path

import msgspec

from campus.errors import ConfigError
from simulator.control.client import ask
from simulator.control.words import Act, Answer, Question
from simulator.life.fault import FAULTS


def fault_list(directory: Path, *, as_json: bool) -> str:
    """What can break, and what is broken in the district that runs in `directory`, if one does."""
    try:
        running: Answer | None = ask(directory, Question(Act.STATUS))
    except ConfigError:
        running = None
    if as_json:
        known = {name.value: {"text": kind.text, "kinds": list(kind.kinds or ())} for name, kind in FAULTS.items()}
        return json.dumps({"faults": known, "active": msgspec.to_builtins(running.faults) if running else None})
    width = max(len(name) for name in FAULTS) + 2
    lines = [f"{name.value:<{width}}{kind.text}" for name, kind in FAULTS.items()]
    return "\n".join([*lines, "", *_active(running, directory)])


def _active(running: Answer | None, directory: Path) -> list[str]:
    if running is None:
        return [
            f"No simulated district is running in {directory}: start `campanile demo`, or name its folder with --dir."
        ]
    if not running.faults:
        return ["Nothing is broken. Break something: campanile simulate fault cut-uplink --school no-1-primary"]
    broken = [
        f"  {fault.name} at {fault.site} {fault.device}".rstrip() + f", for {fault.since_s:.0f} s"
        for fault in running.faults
    ]
    return ["Broken now:", *broken, "Mend it all: campanile simulate heal"]
