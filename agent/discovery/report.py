"""What `campanile agent discover` prints: lines as devices answer, then the table, then what to do."""

import unicodedata
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from agent.discovery.observation import Observation
from agent.discovery.propose import Finding, Findings
from campus.newcomers import Confidence, printable

_WORDS = {Confidence.CERTAIN: "", Confidence.LIKELY: "likely ", Confidence.GUESS: "perhaps "}
_HEAD = ("address", "what it is", "vendor, model", "name", "hangs on", "profile", "credential", "in agent.yaml")
_MOST_CHARS = 34


def answer_line(told: Sequence[Observation]) -> str:
    """One line for an address that answered, while the scan goes on."""
    first = next((one for one in told if one.kind != "other"), told[0])
    what = " ".join(part for part in (first.vendor, first.model) if part) or first.says or first.source.word
    cells = (
        f"{first.address:15}",
        f"{printable(first.name or what, 40):40}",
        printable(first.profile or first.protocol, 40),
    )
    return "  ".join(cells).rstrip()


def table(findings: Sequence[Finding]) -> str:
    """All devices, one a line, columns as wide as they need to be; empty when there are none."""
    if not findings:
        return ""
    rows = [_HEAD, *(_row(each) for each in findings)]
    widths = [max(_width(row[column]) for row in rows) for column in range(len(_HEAD))]
    return "\n".join(
        "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


class Silence(NamedTuple):
    """Addresses that are no devices: those that kept silent, those that answered ping alone, those that were not asked."""

    silent: int
    pinged: int
    outside: Sequence[str]


def closing(found: Findings, around: Silence) -> str:
    """What a person should know beside the table, and do now."""
    newcomers = found.newcomers
    ready = found.readable
    pinged = f", {around.pinged} answered ping and nothing else" if around.pinged else ""
    lines = [
        f"{len(found.devices)} devices found, {len(newcomers)} of them not in agent.yaml; {around.silent} addresses kept "
        f"silent{pinged}."
    ]
    lines += [f"Kept apart: {printable(conflict, 300)}." for conflict in found.conflicts]
    if around.outside:
        some = ", ".join(around.outside[:10]) + (" ..." if len(around.outside) > 10 else "")
        lines.append(f"Neighbours also told of addresses outside discovery.ranges, which were not asked: {some}")
    if ready:
        lines.append(
            f"To take in the {len(ready)} that can be read: the same command with --write, or add to agent.yaml:"
        )
        for section in dict.fromkeys(each.section for each in ready):
            lines.append(f"{section}:")
            lines += [f"  {line}" for each in ready if each.section == section for line in each.entry.split("\n")]
    if len(newcomers) > len(ready):
        unread = len(newcomers) - len(ready)
        lines.append(f"{unread} cannot be read yet: give a credential, or write a profile (docs/20-add-a-device.md).")
    return "\n".join(lines)


def as_json(found: Findings, outside: Sequence[str], asked: int) -> dict[str, Any]:
    """The same for programs."""
    return {
        "asked": asked,
        "devices": [
            {**msgspec.to_builtins(each.device), "kind": str(each.device.kind), "registered": each.registered}
            for each in found.devices
        ],
        "conflicts": list(found.conflicts),
        "outside": list(outside),
    }


def _row(finding: Finding) -> tuple[str, ...]:
    device = finding.device
    kind = str(device.kind).replace("_", " ")
    cells = (
        device.address or ("by MQTT" if device.protocol == "mqtt" or device.sample else "not told"),
        _WORDS[device.confidence] + kind if kind != "other" else "not known",
        device.what,
        device.name or (device.evidence[0].says if device.evidence else ""),
        f"{device.place_device} {device.place_port}".strip(),
        device.profile,
        device.credential,
        finding.registered,
    )
    return tuple(_cell(cell) for cell in cells)


def _cell(text: str) -> str:
    """A text that fits its column; three dots say that there is more."""
    return printable(text if len(text) <= _MOST_CHARS else f"{text[: _MOST_CHARS - 1]}…", _MOST_CHARS)


def _width(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
