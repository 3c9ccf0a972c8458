"""What a device profile says of traps: which notification is which event, and in which words. Pure nouns and one rule.

`firmware_profiles.check_trap` judges them, `agent.traps.meaning` obeys them.
"""

from enum import StrEnum

import msgspec

from campus.samples import Severity

STANDARD = "generic/traps"
"""The fragment that is asked behind every profile: traps of RFCs, which any device may send."""


class InstanceForm(StrEnum):
    """What says which part of a device a trap is about: a varbind's value, or the index behind its OID."""

    VALUE = "value"
    INDEX = "index"
    PORT = "port"
    """The value is an ifIndex; the event bears the port's name."""
    PORT_INDEX = "port_index"
    """The index is an ifIndex."""


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base: an unknown key is an error."""


class TrapInstance(_Strict, frozen=True):
    """Which part of the device: `varbind` is the OID of an object of the notification, with or without its index."""

    varbind: str
    form: InstanceForm = InstanceForm.VALUE


class TrapCondition(_Strict, frozen=True):
    """The trap means this only while the value of `varbind` is one of `any_of`."""

    varbind: str
    any_of: tuple[int | str, ...]


class Trap(_Strict, frozen=True, kw_only=True):
    """One notification as an event; of several that fit the first counts.

    `kind` is the event's stable word: one that ends in ``_up`` ends the alert of its ``_down``. `en` and `zh` are what a
    person reads; ``{instance}`` and the names under `values` (name to OID) stand for what the device says.
    """

    oid: str
    kind: str
    en: str
    zh: str
    severity: Severity = Severity.INFO
    read_as: str = ""
    """The metric that tells the same. Where the device's profile reads it the event is `info`: the reading raises the alert."""
    instance: TrapInstance | None = None
    values: dict[str, str] = {}
    where: tuple[TrapCondition, ...] = ()


def trap_key(oid: str) -> str:
    """The OID under which a notification is looked up: without the 0 that v1 traps get before their last arc.

    RFC 3584, section 3.1 puts it there whether the MIB has it or not; UPS-MIB has none (RFC 1628).

    >>> trap_key("1.3.6.1.2.1.33.2.0.1"), trap_key("1.3.6.1.2.1.33.2.1")
    ('1.3.6.1.2.1.33.2.1', '1.3.6.1.2.1.33.2.1')
    """
    head, _, last = oid.rpartition(".")
    return f"{head.removesuffix('.0')}.{last}"
