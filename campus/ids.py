"""Names of things on the wire.

One grammar serves all of them: 1 to 63 characters, lower-case ASCII letters, digits and hyphens, first and last a letter
or digit. That is a DNS label (RFC 1035, section 2.3.1), so an id can stand in a topic, a URL, a file name and a tag
without escaping. Display names, Chinese ones too, are facts and live in the registry.

A device id is local to its site: (site, device) names a device in the district. An agent can therefore never write to
another school's devices, whatever it sends.
"""

import re
from typing import NewType

from campus.errors import Poison

SiteId = NewType("SiteId", str)
AgentId = NewType("AgentId", str)
DeviceId = NewType("DeviceId", str)
MetricId = NewType("MetricId", str)
Instance = NewType("Instance", str)
"""Which part of a device a series is about: a port name, a sensor; empty for the device as a whole."""

MAX_INSTANCE_CHARS = 128
ID_PATTERN = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
METRIC_PATTERN = "[a-z][a-z0-9_]{0,62}"
_LABEL = re.compile(ID_PATTERN + r"\Z")
_METRIC = re.compile(METRIC_PATTERN + r"\Z")


def is_id(text: str) -> bool:
    """Tell whether `text` may name a site, an agent or a device.

    >>> is_id("no-3-primary"), is_id("第三小学"), is_id("-x")
    (True, False, False)
    """
    return _LABEL.match(text) is not None


def is_metric_id(text: str) -> bool:
    """Tell whether `text` has the form of a metric id (``snake_case``, at most 63 characters)."""
    return _METRIC.match(text) is not None


def is_instance(text: str) -> bool:
    """Tell whether `text` may stand as an instance: printable, at most 128 characters, may be empty."""
    return len(text) <= MAX_INSTANCE_CHARS and (not text or text.isprintable())


def parse_site_id(text: str) -> SiteId:
    """Check and brand a site id; `Poison` with reason ``bad_id`` otherwise."""
    return SiteId(_checked(text, "site"))


def parse_agent_id(text: str) -> AgentId:
    """Check and brand an agent id; `Poison` with reason ``bad_id`` otherwise."""
    return AgentId(_checked(text, "agent"))


def parse_device_id(text: str) -> DeviceId:
    """Check and brand a device id; `Poison` with reason ``bad_id`` otherwise."""
    return DeviceId(_checked(text, "device"))


def slug(text: str) -> str:
    """Make an id out of any name: lower case, other characters folded to single hyphens; may be empty.

    >>> slug("Board 101 / East")
    'board-101-east'
    """
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].rstrip("-")


def _checked(text: str, what: str) -> str:
    if not is_id(text):
        raise Poison(
            "bad_id",
            f"{text[:80]!r} cannot name a {what}: use 1 to 63 lower-case letters, digits and hyphens, such as 'no-3-primary'",
        )
    return text
