"""A configuration as it is compared and kept: without what differs though nobody changed anything. Pure."""

import re

from firmware_profiles.command_line import CommandLine

_CONTROL = re.compile(r"(?:\x1b\[|\x9b)[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_PAGER = re.compile(r"^\s*-{2,}\s*\(?\s*more\s*\)?\s*-{2,}\s*$", re.IGNORECASE)
_REFUSALS = re.compile(
    r"^\s*(?:%|\^\s*$|Error:|.*\b(?:unrecognized|unknown|invalid|incomplete|ambiguous) (?:command|input)|.*permission denied|"
    r".*not authori[sz]ed|command authorization failed)",
    re.IGNORECASE,
)
_CERTIFICATE = re.compile(
    r"\s*(?:certificate (?:self-signed|ca|\S+ nvram:|[0-9A-F]{2,})|[0-9A-F]{8}(?: [0-9A-F]{2,8})*\s*$|[0-9A-F]{2,8}\s*$|quit\s*$)"
)
REFUSAL_LINES = 6
"""A refusal is short; a configuration in which such words stand is not."""


def cleaned(raw: str, cli: CommandLine) -> str:
    """Lines of a configuration without noise, control characters, a pager's traces, and space at their ends.

    >>> cleaned("!Time: 10:00\\r\\nsysname sw-1 \\r\\n\\r\\n", CommandLine("huawei_vrp", "", noise=("^!Time:",)))
    'sysname sw-1'
    """
    noise = [re.compile(pattern) for pattern in cli.noise]
    lines = [_CONTROL.sub("", line).rstrip() for line in raw.split("\n")]
    kept = [line for line in lines if not _PAGER.match(line) and not any(each.search(line) for each in noise)]
    return "\n".join(kept).strip("\n")


def changed_by(raw: str, cli: CommandLine) -> str:
    """Who changed it last, as far as the text tells; at most 64 characters."""
    found = re.search(cli.changed_by, raw) if cli.changed_by else None
    return _CONTROL.sub("", found[1] or "")[:64] if found else ""


def are_same(running: str, startup: str) -> bool:
    """Whether a device would start with what it runs by, of cleaned texts.

    Certificates are passed over: IOS shows their bytes in the one and the name of a file in the other.

    >>> are_same("vlan 10\\n name a", "vlan 10\\n  name a"), are_same("vlan 10", "vlan 20")
    (True, False)
    """
    first, second = (
        [line.split() for line in text.splitlines() if line.strip() and not _CERTIFICATE.match(line)]
        for text in (running, startup)
    )
    return first == second


def is_refusal(text: str) -> bool:
    """Whether a device showed an error in place of a configuration.

    >>> is_refusal("% Invalid input detected"), is_refusal("hostname sw-1")
    (True, False)
    """
    lines = [line for line in text.splitlines() if line.strip()]
    return len(lines) <= REFUSAL_LINES and any(_REFUSALS.match(line) for line in lines)
