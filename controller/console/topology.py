"""A school's network as a picture: who hangs on whom, from the metro network down. Pure.

Gives places and classes; the template draws them. Two forms of one tree: `Form.WIDE` puts each step in a column, `Form.NARROW`
indents it, for a phone. Where a school has many devices those that are well are folded by kind, until somebody opens a switch.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from campus.ids import DeviceId
from campus.metrics import Health
from campus.samples import DeviceKind
from controller.console.pages.device import natural
from controller.overview.model import DeviceOverview
from controller.topology.model import Link, SiteTopology

FOLD_ABOVE: Final = 60
"""A school with more devices is drawn folded."""
FOLDED_AT_LEAST: Final = 3
"""So many devices of one kind on one switch become one line."""
COLUMN, BOX, LABEL, ROW, NETWORK_ROW = 268, 176, 150, 28, 40
INDENT, NARROW_ROW, NARROW_WIDTH = 18, 46, 360
MARGIN: Final = 12
WIDE_PX: Final = 1400
"""A wider picture is not shrunk to the page but scrolled."""
_QUIET: Final = frozenset({Health.GOOD, Health.UNKNOWN})
METRO, UNMANAGED, STRANGERS = "network", "hub", "other"
"""Signs of what is no registered device."""


class Form(StrEnum):
    """How the tree stands on the page."""

    WIDE = "wide"
    NARROW = "narrow"


class Part(StrEnum):
    """What an item has to do with a fault that is followed on the picture."""

    NONE = ""
    CAUSE = "cause"
    BEHIND = "behind"
    """It only follows from the cause."""


@dataclass(frozen=True)
class DeadPart:
    """The devices that broke, and those whose alerts stand behind them. `is_outside`: what broke is not in this network."""

    causes: frozenset[DeviceId] = frozenset()
    behind: frozenset[DeviceId] = frozenset()
    is_outside: bool = False

    def part_of(self, node: str) -> Part:
        """What a device has to do with it."""
        device = DeviceId(node)
        return Part.CAUSE if device in self.causes else Part.BEHIND if device in self.behind else Part.NONE


NOTHING_DEAD: Final = DeadPart()


@dataclass
class Item:
    """One line of the tree: a device, a hub, devices of one kind folded together, strangers, or the metro network.

    `port` is the port of the item above that leads here, `own_port` the item's own; `count` of what is folded.
    """

    id: str
    sign: str
    health: Health = Health.GOOD
    device: DeviceOverview | None = None
    port: str = ""
    own_port: str = ""
    count: int = 0
    names: tuple[str, ...] = ()
    link: Link | None = None
    children: list["Item"] = field(default_factory=list)
    is_folded: bool = False
    part: Part = Part.NONE

    @property
    def is_network(self) -> bool:
        """Whether others hang on it."""
        return bool(self.children) or self.sign in {METRO, DeviceKind.GATEWAY, DeviceKind.SWITCH}


@dataclass(frozen=True)
class Spot:
    """An item and where it stands: `x`, `y` of its left end; the line from above begins at `from_x`, `from_y`."""

    item: Item
    depth: int
    x: float
    y: float
    from_x: float = 0.0
    from_y: float = 0.0


@dataclass(frozen=True)
class Detour:
    """A link beside the tree: a second way, as in a ring."""

    link: Link
    x: float
    y: float
    to_x: float
    to_y: float


@dataclass(frozen=True)
class Picture:
    """The whole drawing, in pixels; `unplaced` are the devices nobody knows the place of."""

    spots: tuple[Spot, ...]
    detours: tuple[Detour, ...]
    width: float
    height: float
    unplaced: tuple[DeviceOverview, ...]
    is_foldable: bool

    @property
    def is_deep(self) -> bool:
        """Whether it is too wide to be read when shrunk to the page."""
        return self.width > WIDE_PX


def picture(
    site: SiteTopology,
    devices: Mapping[DeviceId, DeviceOverview],
    form: Form,
    opened: Collection[str] = (),
    dead: DeadPart = NOTHING_DEAD,
) -> Picture:
    """The network of a site with its `devices`; `opened` names the devices whose folded lines are shown."""
    fold = len(devices) > FOLD_ABOVE
    tops = _tops(site, devices, opened if fold else None)
    for top in tops:
        _mark(top, dead, is_below=False)
    spots: list[Spot] = []
    height = float(MARGIN)
    for top in tops:
        height = _place(top, 0, height, form, spots)
    spots = _with_lines(spots, form)
    placed = {*site.tree.up, *site.tree.roots}
    lost = [each for device, each in sorted(devices.items()) if device not in placed]
    unplaced = [each for each in lost if each.device.kind is not DeviceKind.AGENT]
    furthest = max((spot.x for spot in spots), default=0.0)
    width = NARROW_WIDTH if form is Form.NARROW else furthest + BOX + LABEL / 2 + MARGIN
    return Picture(tuple(spots), tuple(_detours(site, spots)), width, height + MARGIN, tuple(unplaced), fold)


def _tops(site: SiteTopology, devices: Mapping[DeviceId, DeviceOverview], opened: Collection[str] | None) -> list[Item]:
    """The items at the top: the metro network where a device has a link to it, else what stands for it."""
    below: dict[str, list[str]] = defaultdict(list)
    for node, step in site.tree.up.items():
        below[step.parent].append(node)
    roots = [_item(root, site, devices, below, opened) for root in site.tree.roots]
    outward = [root for root in roots if root.device and root.device.device.facts.uplinks]
    if not outward:
        return roots
    for root in outward:
        root.port = ", ".join(root.device.device.facts.uplinks) if root.device else ""
    return [Item(METRO, METRO, children=outward), *(root for root in roots if root not in outward)]


def _item(
    node: str,
    site: SiteTopology,
    devices: Mapping[DeviceId, DeviceOverview],
    below: Mapping[str, list[str]],
    opened: Collection[str] | None,
) -> Item:
    device = devices.get(DeviceId(node))
    item = Item(node, device.device.kind if device else UNMANAGED, device=device)
    item.health = device.health.health if device else Health.GOOD
    if (step := site.tree.up.get(node)) is not None:
        item.link = step.link
        item.port, item.own_port = step.link.end_of(step.parent).port, step.link.end_of(node).port
    children = [_item(child, site, devices, below, opened) for child in below.get(node, ())]
    children.sort(key=lambda child: (natural(child.port), natural(child.id)))
    if opened is not None and node not in opened:
        children, item.is_folded = _folded(children)
    outward = device.device.facts.uplinks if device else ()
    item.children = [*children, *_strangers(node, site, outward)]
    return item


def _folded(children: list[Item]) -> tuple[list[Item], bool]:
    """Children with those that nobody must look at and that have none of their own as one line for each kind and sign."""
    alike: dict[tuple[str, Health], list[Item]] = defaultdict(list)
    for child in children:
        if not child.children and child.health in _QUIET:
            alike[child.sign, child.health].append(child)
    many = {key: items for key, items in sorted(alike.items()) if len(items) >= FOLDED_AT_LEAST}
    hidden = {item.id for items in many.values() for item in items}
    lines = [Item(f"{items[0].id}+", sign, health, count=len(items)) for (sign, health), items in many.items()]
    return [child for child in children if child.id not in hidden] + lines, bool(many)


def _strangers(node: str, site: SiteTopology, outward: Collection[str]) -> list[Item]:
    """Who is not registered: each that told its name, and all other stations together; who is outside the site is none."""
    found, stations, ports = [], 0, set()
    for end, strangers in site.topology.strangers.items():
        if end.node != node or end.port in outward:
            continue
        if strangers.names:
            found.append(Item(f"{STRANGERS}:{end.node}:{end.port}", STRANGERS, port=end.port, names=strangers.names))
        elif strangers.stations:
            stations += strangers.stations
            ports.add(end.port)
    if stations:
        port = ports.pop() if len(ports) == 1 else ""
        found.append(Item(f"{STRANGERS}:{node}", STRANGERS, port=port, count=stations))
    return found


def _mark(item: Item, dead: DeadPart, *, is_below: bool) -> None:
    """Say of an item and all below it what they have to do with the fault: who is silent below what broke, is behind it."""
    item.part = dead.part_of(item.id)
    if item.sign == METRO and dead.is_outside:
        item.part = Part.CAUSE
    elif item.part is Part.NONE and is_below and item.health is not Health.GOOD:
        item.part = Part.BEHIND
    for child in item.children:
        _mark(child, dead, is_below=is_below or item.part is Part.CAUSE)


def _place(item: Item, depth: int, top: float, form: Form, spots: list[Spot]) -> float:
    """Put an item and all under it on the page from `top` down; where the next one begins."""
    if form is Form.NARROW:
        spots.append(Spot(item, depth, MARGIN + depth * INDENT, top + NARROW_ROW / 2))
        below = top + NARROW_ROW
        for child in item.children:
            below = _place(child, depth + 1, below, form, spots)
        return below
    below = top
    first = len(spots)
    for child in item.children:
        below = _place(child, depth + 1, below, form, spots)
    height = NETWORK_ROW if item.is_network else ROW
    below = max(below, top + height)
    own = [spot.y for spot in spots[first:] if spot.depth == depth + 1]
    middle = (own[0] + own[-1]) / 2 if own else top + height / 2
    spots.append(Spot(item, depth, MARGIN + depth * COLUMN, middle))
    return below


def _with_lines(spots: list[Spot], form: Form) -> list[Spot]:
    """Every spot with where the line from above begins."""
    at = {spot.item.id: spot for spot in spots}
    above = {child.id: spot.item.id for spot in spots for child in spot.item.children}
    found = []
    for spot in spots:
        upper = at.get(above.get(spot.item.id, ""))
        if upper is None:
            found.append(spot)
        elif form is Form.WIDE:
            found.append(replace(spot, from_x=upper.x + BOX, from_y=upper.y))
        else:
            found.append(replace(spot, from_x=upper.x + 8, from_y=upper.y + 12))
    return found


def _detours(site: SiteTopology, spots: list[Spot]) -> list[Detour]:
    at = {spot.item.id: spot for spot in spots}
    in_tree = {step.link for step in site.tree.up.values()}
    found = []
    for link in site.topology.links:
        one, other = link.one.node, link.other.node
        if link not in in_tree and one in at and other in at:
            found.append(Detour(link, at[one].x, at[one].y, at[other].x, at[other].y))
    return found
