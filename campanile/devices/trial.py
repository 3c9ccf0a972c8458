"""A profile tried on a recording: replayed over UDP, read by the agent's own collector, compared with what is expected."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from agent.address import HostPort
from agent.clock import utc_ms
from agent.probe import probe_report
from agent.probe_text import rendered
from agent.snmp_access import Community
from campanile.devices.leftover import never_answered, not_read
from campus.document import nearest
from campus.errors import ConfigError
from campus.secret import Secret
from firmware_profiles.catalogue import FALLBACK, Catalogue
from firmware_profiles.load import load_catalogue
from firmware_profiles.survey import recognised
from firmware_profiles.walk import Walk, read_walk
from simulator.snmp.responder import Responder, responding
from simulator.snmp.snmprec import read_snmprec

FOLDERS: Final = (Path("tests/recordings"), Path("../shared/recordings"))
"""Where recordings are looked for when none is named: the project's own, and real devices' beside it."""
_VOLATILE: Final = frozenset({"response_time_ms"})
_SHOWN: Final = 20


@dataclass(frozen=True)
class Trial:
    """What one recording gave. `trouble` is what makes it bad; `differences` are from what was expected."""

    recording: Path
    profile: str
    report: dict[str, Any]
    unanswered: Sequence[str]
    unread: Sequence[str]
    trouble: Sequence[str]
    differences: Sequence[str]
    accepted: str = ""

    @property
    def is_good(self) -> bool:
        """Whether nothing has to be done."""
        return not (self.trouble or self.differences)

    def as_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "recording": str(self.recording),
            "good": self.is_good,
            "trouble": list(self.trouble),
            "differences": list(self.differences),
            "never_answered": list(self.unanswered),
            "not_read": list(self.unread),
            "report": self.report,
        }

    def text(self) -> str:
        """For a person."""
        lines = [f"== {self.recording}", rendered(self.report)]
        lines += _listed(f"Named by {self.profile} and never answered", self.unanswered)
        lines += _listed("Recorded where the profile reads, and not read", self.unread)
        lines += _listed("Different from what is expected (--accept makes it the expected)", self.differences)
        lines += _listed("Wrong", self.trouble)
        return "\n".join([*lines, self.accepted or ("all right" if self.is_good else "not right")])


def chosen(profile: str, recordings: Sequence[Path]) -> tuple[str, Catalogue, list[Path]]:
    """(name, all profiles, recordings to try) of what a person names; `ConfigError` when there is none of it."""
    path = Path(profile)
    is_file = path.suffix == ".yaml"
    if is_file and not path.is_file():
        raise ConfigError(f"{path}: there is no such file")
    path = path.resolve()
    catalogue = load_catalogue(path if is_file else None)
    name = f"{path.parent.name}/{path.stem}" if is_file else profile
    if name not in catalogue.profiles:
        raise ConfigError(f"there is no profile {name!r}.{nearest(name, list(catalogue.profiles))}")
    files = [file for each in recordings for file in _within(each)]
    if not files and is_file and path.with_suffix(".snmprec").is_file():
        files = [path.with_suffix(".snmprec")]
    if not recordings and not files:
        files = [
            file for folder in FOLDERS for file in _within(folder) if recognised(catalogue, read_walk(file)) == name
        ]
    if not files:
        raise ConfigError(f"there is no recording to try {name} on: name one by --recording, or make one with `record`")
    return name, catalogue, files


def tried(name: str, catalogue: Catalogue, recording: Path, *, accept: bool = False) -> Trial:
    """Read one recording; with `accept` what was read is written down as what is expected from now on."""
    walk = read_walk(recording)
    report = _read(catalogue, recording)
    expected = expected_file(recording)
    told = {key: value for key, value in report.items() if key not in _VOLATILE}
    accepted, differences = "", []
    if accept:
        expected.write_text(json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        accepted = f"{expected}: written"
    elif expected.is_file():
        differences = differing(_expectation(expected), told)
    profile = catalogue.profiles[name]
    return Trial(
        recording,
        name,
        report,
        never_answered(profile, catalogue.profiles[FALLBACK], walk),
        not_read(profile, walk),
        _trouble(name, report, walk),
        differences,
        accepted,
    )


def expected_file(recording: Path) -> Path:
    """Where what is expected of a recording stands."""
    return recording.with_suffix(".expected.json")


def differing(expected: dict[str, Any], told: dict[str, Any]) -> list[str]:
    """What differs, a line each: ``-`` was expected and not read, ``+`` was read and not expected. JSON has no order here."""
    lines = []
    for key in sorted(expected.keys() | told.keys()):
        before, now = _counted(expected.get(key)), _counted(told.get(key))
        lines += [f"- {key}: {text}" for text in sorted((before - now).elements())]
        lines += [f"+ {key}: {text}" for text in sorted((now - before).elements())]
    return lines


def _counted(part: Any) -> Counter[str]:
    rows = part if isinstance(part, list) else [{k: v} for k, v in part.items()] if isinstance(part, dict) else [part]
    return Counter(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows if row is not None)


def _expectation(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}. Write it anew with --accept") from error
    if not isinstance(found, dict):
        raise ConfigError(f"{path}: is no JSON object. Write it anew with --accept")
    return found


def _read(catalogue: Catalogue, recording: Path) -> dict[str, Any]:
    device = Responder(read_snmprec(recording))
    with responding(device):
        return probe_report(HostPort("127.0.0.1", device.port), Community(Secret("public")), utc_ms, catalogue)


def _trouble(name: str, report: dict[str, Any], walk: Walk) -> list[str]:
    found = []
    if report["profile"] != name:
        found.append(f"the device is read by {report['profile'] or 'no profile'}: look at `match` of {name}")
    missing = [key for key in ("vendor", "model") if not report["identity"][key]]
    if missing:
        found.append(f"nothing tells its {' and '.join(missing)}: say under `facts` where it stands")
    found += [f"{count} readings left out: {reason}" for reason, count in report["dropped"].items()]
    if not len(walk):
        found.append("the recording is empty")
    return found


def _within(path: Path) -> list[Path]:
    return sorted(path.glob("*.snmprec")) if path.is_dir() else [path] if path.is_file() else []


def _listed(title: str, rows: Sequence[str]) -> list[str]:
    if not rows:
        return []
    more = [f"  ... and {len(rows) - _SHOWN} more (--json has them all)"] if len(rows) > _SHOWN else []
    return [title, *(f"  {row}" for row in rows[:_SHOWN]), *more]
