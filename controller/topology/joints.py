"""Ends of links that meet: two are a cable, more are an unmanaged switch between them, or a device that stands in the middle.

Pure. Whoever knows of two ends that meet says so (`join`); what that makes is worked out when all have spoken.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from campus.samples import DeviceKind
from controller.topology.model import HUB, NETWORK_KINDS, End, Evidence, Link

HUB_CONFIDENCE = 0.7
"""Nobody ever sees an unmanaged switch: it only explains why several meet."""
STRANGERS_OF_A_HUB = 2
"""One station beside a device is mostly its own: a board has a computer in it, a telephone a socket."""


@dataclass
class _Meeting:
    """Ends that meet in one place, with what was said of each; those without port stand under their node alone."""

    said: dict[End, dict[Evidence, float]] = field(default_factory=lambda: defaultdict(dict))


class Joints:
    """Collects who meets whom. `tables`: the devices that tell a forwarding table, so that others are known not to be theirs."""

    def __init__(self, kinds: Mapping[str, DeviceKind], tables: Collection[str]) -> None:
        self._kinds = kinds
        self._tables = tables
        self._above: dict[End, End] = {}
        self._pairs: list[tuple[End, End, float, tuple[Evidence, ...]]] = []
        self.strangers: dict[End, int] = defaultdict(int)
        """Unknown stations behind a port, those with an address of their maker."""
        self.named_strangers: dict[End, set[str]] = defaultdict(set)

    def join(self, one: End, other: End, confidence: float, evidence: Iterable[Evidence]) -> None:
        """Say that two ends meet. One without port is a member of that meeting only."""
        self._pairs.append((one, other, confidence, tuple(sorted(evidence))))
        if one.port and other.port:
            root, further = sorted((self._root(one), self._root(other)))
            if root != further:
                self._above[further] = root

    def links(self) -> list[Link]:
        """What it makes, in order; each pair of ends once."""
        meetings: dict[End, _Meeting] = defaultdict(_Meeting)
        for one, other, confidence, evidence in self._pairs:
            meeting = meetings[
                self._root(one if one.port else other if other.port else End(f"{one.node} {other.node}"))
            ]
            for end in (one, other):
                for each in evidence:
                    meeting.said[end][each] = max(confidence, meeting.said[end].get(each, 0.0))
        found = [link for _, meeting in sorted(meetings.items()) for link in self._links_of(meeting)]
        return sorted(found, key=lambda link: (link.one, link.other))

    def _root(self, end: End) -> End:
        while (above := self._above.get(end)) is not None:
            end = above
        return end

    def _links_of(self, meeting: _Meeting) -> list[Link]:
        ends = _without_doubles(meeting.said)
        nodes = {end.node for end in ends}
        if len(nodes) < 2:
            return []
        if len(ends) == 2 and not self._is_crowded(ends):
            one, other = sorted(ends)
            return [_link(one, other, meeting.said[one] | meeting.said[other])]
        middle = self._middle(nodes)
        if middle:
            at = {end for end in ends if end.node == middle}
            port = next(iter(at)).port if len(at) == 1 else ""
            others = sorted(end for end in ends if end.node != middle)
            # the middle's one known port leads to the bridge; where it has others nobody knows
            first = next((end for end in others if end.node in self._tables and end.port), None)
            return [_link(End(middle, port if end == first else ""), end, meeting.said[end]) for end in others]
        name = HUB + "|".join(min(end for end in ends if end.port))
        return [_link(End(name), end, meeting.said[end], HUB_CONFIDENCE) for end in sorted(ends)]

    def _is_crowded(self, ends: Collection[End]) -> bool:
        """Whether two ends are not all that meets there: unknown stations, or unknown switches, stand beside a plain device."""
        for end in ends:
            other = next(each for each in ends if each != end)
            kind = self._kinds.get(other.node, DeviceKind.OTHER)
            if kind in NETWORK_KINDS or kind is DeviceKind.SERVER:  # what stands beside these hangs on them
                continue
            if self.strangers.get(end, 0) >= STRANGERS_OF_A_HUB or self.named_strangers.get(end):
                return True
        return False

    def _middle(self, nodes: Collection[str]) -> str:
        """The one managed device that tells no table: the others hang on it. An access point only where no bridge is beyond."""
        mute = [n for n in nodes if self._kinds.get(n) in NETWORK_KINDS and n not in self._tables]
        if len(mute) != 1:
            return ""
        bridges = sum(self._kinds.get(node) in NETWORK_KINDS for node in nodes) - 1
        return "" if self._kinds[mute[0]] is DeviceKind.ACCESS_POINT and bridges > 1 else mute[0]


def _without_doubles(said: Mapping[End, object]) -> list[End]:
    """Ends, without those that lack a port where the same node is there with one."""
    with_port = {end.node for end in said if end.port}
    return [end for end in said if end.port or end.node not in with_port]


def _link(one: End, other: End, said: Mapping[Evidence, float], most: float = 1.0) -> Link:
    first, second = sorted((one, other))
    return Link(first, second, min(most, max(said.values())), tuple(sorted(said)))
