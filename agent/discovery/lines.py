"""Entries of agent.yaml written out, and put into a person's file without touching anything else of it. Pure."""

import difflib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml

from campus.errors import ConfigError
from campus.newcomers import TEXT_CHARS, Newcomer, printable
from campus.samples import DeviceKind

_PLAIN: Final = re.compile(r"[A-Za-z0-9一-鿿][A-Za-z0-9一-鿿._:/()-]*")
"""What may stand without quotes, unless YAML takes it for a number or a word of its own."""


def entry_line(section: str, device_id: str, device: Newcomer, usual_kind: DeviceKind = DeviceKind.OTHER) -> str:
    """The two lines that take a device in: what it is as a comment, and its entry in the list `section`.

    `usual_kind` is what the profile that reads it says by itself: another kind is written down.

    >>> told = Newcomer(key="", name="core", vendor="H3C", model="S5130", address="10.20.1.3", protocol="snmp", credential="read")
    >>> print(entry_line("devices", "sw-2", told))
    # H3C S5130
    - {id: sw-2, name: core, address: 10.20.1.3, credential: read}
    """
    is_polled = section == "devices"
    values: dict[str, str] = {
        "id": device_id,
        "name": device.name if device.name != device_id else "",
        "room": device.room,
        "address": device.address if is_polled else "",
        "protocol": device.protocol if is_polled and device.protocol != "snmp" else "",
        "credential": device.credential if is_polled else "",
        "kind": str(device.kind) if device.kind is not usual_kind and device.kind is not DeviceKind.OTHER else "",
    }
    given = ", ".join(f"{key}: {_scalar(printable(text, TEXT_CHARS))}" for key, text in values.items() if text)
    return f"# {_comment(device)}\n- {{{given}}}"


def with_entries(text: str, entries: Mapping[str, Sequence[str]], where: str) -> str:
    """The file's text with entries at the end of its lists; comments, order and all else stay as they are.

    `entries`: name of the list to texts of `entry_line`. `ConfigError` where that cannot be done safely: the lists are written
    on one line, or the result would not be the file and the entries.
    """
    result = text
    for section, added in entries.items():
        if added:
            result = _with_section(result, section, [line for each in added for line in each.split("\n")], where)
    _refuse_another(text, result, entries, where)
    return result


def difference(before: str, after: str, name: str) -> str:
    """What changes, as `diff -u` writes it."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), name, f"{name} (new)", lineterm="", n=2)
    return "\n".join(lines)


def _with_section(text: str, section: str, lines: Sequence[str], where: str) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found = _list_of(root, section)
    rows = text.splitlines()
    if found is None or not found.value:
        return _with_new_section(rows, section, lines, found)
    if found.flow_style:
        raise ConfigError(
            f"{where}:{found.start_mark.line + 1}: {section} is written on one line: put each entry on a line of its own, "
            "beginning with `- `, or add by hand:\n" + "\n".join(f"  {line}" for line in lines)
        )
    last = _last_line(found.value[-1])
    margin = " " * found.start_mark.column
    return "\n".join([*rows[: last + 1], *(margin + line for line in lines), *rows[last + 1 :], ""])


def _with_new_section(rows: list[str], section: str, lines: Sequence[str], found: yaml.Node | None) -> str:
    """A list that is not there yet, or is empty: `devices: []`, or `devices:` with nothing behind it."""
    written = [f"{section}:", *(f"  {line}" for line in lines)]
    head = re.compile(rf"{section}\s*:")
    place = next((number for number, row in enumerate(rows) if head.match(row)), None)
    if place is None or (found is not None and found.end_mark.line > place):
        return "\n".join([*rows, *written, ""])
    return "\n".join([*rows[:place], *written, *rows[place + 1 :], ""])


def _refuse_another(before: str, after: str, entries: Mapping[str, Sequence[str]], where: str) -> None:
    """The file must mean what it meant, with the entries at the end of its lists."""
    wanted: dict[str, Any] = yaml.safe_load(before) or {}
    for section, added in entries.items():
        if added:
            wanted[section] = [*(wanted.get(section) or []), *(yaml.safe_load(each)[0] for each in added)]
    try:
        if yaml.safe_load(after) == wanted:
            return
    except yaml.YAMLError:
        pass
    lines = "\n".join(f"{section}:\n" + "\n".join(added) for section, added in entries.items() if added)
    raise ConfigError(f"{where}: it is written in a way that cannot be added to safely. Add by hand:\n{lines}")


def _list_of(root: yaml.Node | None, section: str) -> yaml.SequenceNode | None:
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            if key.value == section and isinstance(value, yaml.SequenceNode):
                return value
    return None


def _last_line(node: yaml.Node) -> int:
    """The line on which a value ends; PyYAML's mark of a block lies behind the comments that follow it."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return max(map(_last_line, last)) if isinstance(last, tuple) else _last_line(last)
    return int(node.end_mark.line)


def _scalar(text: str) -> str:
    is_plain = _PLAIN.fullmatch(text) is not None and yaml.safe_load(text) == text
    return text if is_plain else json.dumps(text, ensure_ascii=False)


def _comment(device: Newcomer) -> str:
    what = device.what or str(device.kind).replace("_", " ")
    serial = f", serial {device.serial}" if device.serial else ""
    place = f", on {device.place_device} {device.place_port}".rstrip() if device.place_device else ""
    return printable(f"{what}{serial}{place}", 200)
