"""What a device profile says: how a family is recognised, what is read from it and what each number means.

Pure nouns. `document` reads them from YAML, `include` joins them, `check` judges them, `agent.decode` obeys them.
A profile names catalogue metrics only (`campus.metrics`), so that two vendors' devices answer one question in one unit.
"""

import math
from enum import StrEnum

import msgspec

from campus.samples import DeviceKind
from firmware_profiles.cadence import Cadence as Cadence
from firmware_profiles.command_line import CommandLine
from firmware_profiles.messages import Message as Message
from firmware_profiles.messages import MessageFacts as MessageFacts
from firmware_profiles.messages import MessagePoint as MessagePoint
from firmware_profiles.messages import Vocabulary
from firmware_profiles.point_type import PointType as PointType
from firmware_profiles.requests import HttpMatch, Request, Video
from firmware_profiles.traps import Trap


class IndexForm(StrEnum):
    """What the numbers of a row's index are: numbers, or characters behind their count (a string index)."""

    NUMBERS = "numbers"
    TEXT = "text"


class SameName(StrEnum):
    """What rows that bear one name are: different things, parts of one, one thing told often, or sides of one thing."""

    APART = "apart"
    """Told apart by their index."""
    SUM = "sum"
    """Their values are added up."""
    FIRST = "first"
    """The first row speaks for all."""
    SHARED = "shared"
    """Each row tells something else of it, which the points' own `where` sort out."""


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base: an unknown key is an error."""


class Filter(_Strict, frozen=True):
    """Keep a table's row when `column` at the row's index is one of `any_of`, or `matches` is found in it; give one.

    Without `column` the row's index itself is looked at. `at_least` asks another thing: that the column has so many rows.
    """

    column: str = ""
    any_of: tuple[int | str, ...] = ()
    matches: str = ""
    at_least: int = 0


class Reading(_Strict, frozen=True, kw_only=True):
    """How one number is read: value = (raw + sum(plus) - sum(minus)) / sum(of) x scale + offset.

    `ignore` lists raw values that mean "none here"; they are no error. `pattern` picks its groups out of the raw text
    first, and `values` then says which number a raw value stands for. `plus`, `minus`, `of`, `prefix` and `precision` are
    OIDs beside `oid`: columns in a table, scalars elsewhere. With `of`, a scale of 100 makes a percentage of two numbers.
    `prefix` tells the SI prefix and `precision` the decimal digits the raw number is in (ENTITY-SENSOR-MIB, RFC 3433).

    `joined` lists OIDs whose texts stand behind the raw value, parted by spaces, before `pattern` is looked for: what
    one number means may follow from another at the same moment. `scale_from` has the scale of raw values from a bound on,
    for a device whose unit nothing but the size of its numbers tells.
    """

    oid: str
    type: PointType = PointType.GAUGE
    scale: float = 1.0
    scale_from: dict[int, float] = {}
    decibels_from: dict[int, float] = {}
    """Raw values from a bound on are a power, told in decibels against this much: 10 log10(raw / 1000) of microwatts is dBm."""
    offset: float = 0.0
    ignore: tuple[int | str, ...] = ()
    joined: tuple[str, ...] = ()
    pattern: str = ""
    values: dict[int | str, float] = {}
    plus: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    of: str | tuple[str, ...] = ()
    prefix: str = ""
    precision: str = ""
    nonstandard: bool = False
    """The device counts a standard object otherwise than its standard says; the comment beside it says how that is known."""

    @property
    def whole(self) -> tuple[str, ...]:
        """The OIDs whose sum the number is a part of; empty when it is no part."""
        return ((self.of,) if self.of else ()) if isinstance(self.of, str) else self.of

    @property
    def beside(self) -> tuple[str, ...]:
        """Every other OID that the number needs."""
        return (*self.joined, *self.plus, *self.minus, *self.whole, *filter(None, (self.prefix, self.precision)))

    @property
    def unusual_scales(self) -> bool:
        """Whether the size of a number says how it is scaled."""
        return bool(self.scale_from or self.decibels_from)

    def scaled(self, number: float) -> float:
        """A number in the metric's unit, before `offset`.

        >>> Reading(oid="1.3", scale_from={700: 0.1}).scaled(2000), Reading(oid="1.3", scale_from={700: 0.1}).scaled(230)
        (200.0, 230.0)
        >>> round(Reading(oid="1.3", scale=0.01, decibels_from={1: 1000}).scaled(536), 2)
        -2.71
        """
        for least, reference in self.decibels_from.items():
            if number >= least > 0:
                return 10 * math.log10(number / reference)
        bound = max((bound for bound in self.scale_from if number >= bound), default=None)
        return number * (self.scale if bound is None else self.scale_from[bound])


class Point(Reading, frozen=True, kw_only=True):
    """One metric by SNMP. `otherwise` are read in order where the device does not answer `oid`.

    `oid` is a whole OID (``...0``) under `points`, a column under a table. `states` maps raw values to state names of the metric.
    `instance` names what a scalar measures, and stands behind the row's name in a table. `named_by`, under `points`, is a
    whole OID whose text is the instance, such as what people called a sensor; where it says nothing `instance` stands.
    `where` keeps the point only where it holds: of columns at the row, or of whole OIDs.
    """

    metric: str
    cadence: Cadence = Cadence.NORMAL
    states: dict[int | str, str] = {}
    instance: str = ""
    named_by: str = ""
    where: tuple[Filter, ...] = ()
    otherwise: tuple[Reading, ...] = ()


class Naming(_Strict, frozen=True):
    """How a row's index becomes an instance.

    The name is the first of `columns` that is not empty, at the row's index; `pattern` picks its groups out of it where it
    is found. `index_pattern` takes the index apart: with
    `columns` its first group is the index to look up there. `text` writes the name: ``{0}`` the name (or whole index),
    ``{1}`` ``{2}`` the groups.
    """

    columns: tuple[str, ...] = ()
    pattern: str = ""
    index_pattern: str = ""
    text: str = "{0}"
    index_as: IndexForm = IndexForm.NUMBERS


class Table(_Strict, frozen=True):
    """Points that stand once per row. The rows are the indices of `rows`, the first of these columns that has any; default:
    the name columns, else the first point's."""

    instance: Naming
    points: tuple[Point, ...]
    rows: str | tuple[str, ...] = ()
    where: tuple[Filter, ...] = ()
    same_name: SameName = SameName.APART

    @property
    def row_columns(self) -> tuple[str, ...]:
        """The columns of which the first that the device has says which rows there are."""
        told = ((self.rows,) if self.rows else ()) if isinstance(self.rows, str) else self.rows
        return told or self.instance.columns or (self.points[0].oid,)


class FactForm(StrEnum):
    """What a fact is told as: text, or the six bytes of a MAC address."""

    TEXT = "text"
    MAC = "mac"


class Source(_Strict, frozen=True):
    """Where one fact stands: a fixed `text`, a scalar `oid`, or the first row of a `column` that `where` keeps.

    `pattern` picks its groups out of the text, joined by a space; text that it does not match is passed over. `values` says
    which text a raw value stands for; one that it does not name is passed over too.
    """

    text: str = ""
    oid: str = ""
    column: str = ""
    pattern: str = ""
    form: FactForm = FactForm.TEXT
    values: dict[int | str, str] = {}
    where: tuple[Filter, ...] = ()


class Facts(_Strict, frozen=True):
    """Sources per fact, tried in order."""

    vendor: tuple[Source, ...] = ()
    model: tuple[Source, ...] = ()
    serial: tuple[Source, ...] = ()
    firmware: tuple[Source, ...] = ()
    hardware: tuple[Source, ...] = ()
    name: tuple[Source, ...] = ()


class PortColumns(_Strict, frozen=True):
    """Facts of ports: `table` names one of the profile's tables, the others are columns beside it."""

    table: str
    alias: str = ""
    type: str = ""
    mac: str = ""
    discontinuity: str = ""
    """Column that says when the row's counters last jumped (RFC 2863, ifCounterDiscontinuityTime)."""


class NeighbourColumns(_Strict, frozen=True):
    """Who hangs on which port: a table of remote rows, one of `local_port`'s columns naming the port.

    The local port's index there is `index_pattern`'s first group in the remote row's index, or stands in the column
    `local_index` at the remote row's index, of which `index_pattern` takes a part when it is given too.
    """

    remote_name: str
    remote_port: tuple[str, ...]
    local_port: tuple[str, ...]
    index_pattern: str = ""
    local_index: str = ""
    rows: str = ""
    remote_chassis: str = ""
    remote_address: str = ""
    """Column of the neighbour's management address."""
    remote_address_index: str = ""
    """The same where it stands in a column's index, behind the row's: kind, length, octets (lldpRemManAddrTable)."""


class ForwardingColumns(_Strict, frozen=True):
    """A bridge's forwarding table: at an index with the six octets of a MAC address, `port` is where that was heard last.

    `mac_at` and `vlan_at` say where in the index octets and VLAN begin. The number in `port` is one of the bridge's own, to
    which `offset` is added; `interfaces` leads from it to ifIndex, and without that it is an ifIndex itself.
    """

    port: str
    mac_at: int = 0
    vlan_at: int = -1
    """-1: no VLAN is told."""
    vlans: str = ""
    """Column whose value is the number that stands for a VLAN in the index, and whose own index ends in the VLAN."""
    interfaces: str = ""
    offset: int = 0
    per_vlan: str = ""
    """Column whose index ends in a VLAN, 1 where it is in use: each has a table of its own, asked for as ``community@VLAN``."""


class AddressColumns(_Strict, frozen=True):
    """Which MAC address has which IP address: `mac` at an index of ifIndex and the address.

    The address is four octets (RFC 1213), or kind, length and octets (RFC 4293).
    """

    mac: str


class ModuleColumns(_Strict, frozen=True):
    """Parts that have a name plate of their own: the rows of `rows` that `where` keeps and that tell a model or a serial number.

    `name` and `firmware` are columns of which the first that says anything counts.
    """

    rows: str
    name: tuple[str, ...]
    where: tuple[Filter, ...] = ()
    model: str = ""
    serial: str = ""
    firmware: tuple[str, ...] = ()


class LicenceColumns(_Strict, frozen=True):
    """What a device may do, and until when. `expires`: a date in text or as DateAndTime (RFC 2579); or `seconds_left`."""

    name: str
    expires: str = ""
    seconds_left: str = ""
    where: tuple[Filter, ...] = ()


class FirmwareRange(_Strict, frozen=True, rename={"from_": "from"}):
    """Versions from `from_` (inclusive) to `below` (exclusive), compared number by number; empty is unbounded."""

    from_: str = ""
    below: str = ""


class Match(_Strict, frozen=True):
    """What all must hold for an SNMP device to be of this family; MQTT families are matched by their messages' topics.

    `http` stands beside it, for devices that are asked over HTTP.

    `sys_object_id`: one of these prefixes. `sys_descr`: this pattern is found. `firmware`: the version that the
    pattern's first group gives is in range. `answers`: the device has something under this OID. Among families that
    fit equally closely the higher `priority` wins.
    """

    sys_object_id: tuple[str, ...] = ()
    sys_descr: str = ""
    firmware: FirmwareRange | None = None
    answers: str = ""
    priority: int = 0
    http: HttpMatch | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked of a device's SNMP, so that none matches."""
        return not (self.sys_object_id or self.sys_descr or self.answers)


class KnownFirmware(_Strict, frozen=True):
    """A version worth a word to the reader; `below` names a whole range."""

    version: str = ""
    below: str = ""
    note: str = ""


class Profile(_Strict, frozen=True):
    """One family, `vendor/family`. A file without `match`, `messages`, `vocabulary` and `requests` is a fragment for others."""

    title: str
    kind: DeviceKind = DeviceKind.OTHER
    unverified: bool = False
    """Written after `sources` alone: nobody has seen it read a device."""
    sources: tuple[str, ...] = ()
    """Public documents it rests on: MIB modules, RFCs, vendors' pages."""
    match: Match = Match()
    include: tuple[str, ...] = ()
    facts: Facts = Facts()
    points: tuple[Point, ...] = ()
    tables: dict[str, Table] = {}
    ports: PortColumns | None = None
    neighbours: tuple[NeighbourColumns, ...] = ()
    forwarding: tuple[ForwardingColumns, ...] = ()
    """The first that has any rows is read."""
    addresses: tuple[AddressColumns, ...] = ()
    """The first that has any rows is read."""
    macs: tuple[Source, ...] = ()
    """Where the device's own MAC addresses stand, besides those of its ports."""
    own_addresses: tuple[str, ...] = ()
    """Columns whose index is an IP address of the device: four octets (RFC 1213), or kind, length and octets (RFC 4293)."""
    modules: tuple[ModuleColumns, ...] = ()
    licences: tuple[LicenceColumns, ...] = ()
    messages: tuple[Message, ...] = ()
    vocabulary: Vocabulary | None = None
    requests: tuple[Request, ...] = ()
    video: Video = Video()
    traps: tuple[Trap, ...] = ()
    cli: CommandLine | None = None
    known_firmware: tuple[KnownFirmware, ...] = ()
    get_at_once: int = 40
    """How many OIDs the family answers in one request."""
    repetitions: int = 20
    """The max-repetitions to begin a walk with."""

    @property
    def is_fragment(self) -> bool:
        """Whether it describes no device by itself."""
        return self.match.is_empty and not self.messages and not self.vocabulary and not self.requests
