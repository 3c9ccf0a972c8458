"""A topology seen from the metro network: who is reached by whom, and whether there is a second way. Pure."""

from collections import deque
from collections.abc import Iterable, Sequence

from campus.ids import DeviceId
from campus.samples import DeviceKind
from controller.topology.model import HUB, NETWORK_KINDS, End, Link, Teller, Topology, Tree, Up


def tree_of(topology: Topology, tellers: Iterable[Teller]) -> Tree:
    """The tree under the devices with a link to the metro network; without one, under gateways, or the busiest device.

    Parts that no known link joins to it are trees of their own, each under its busiest device.
    """
    links_of: dict[str, list[Link]] = {}
    for link in topology.links:
        for node in (link.one.node, link.other.node):
            links_of.setdefault(node, []).append(link)
    told = sorted(tellers, key=lambda each: each.id)
    roots = _roots(told, links_of)
    up, depth = _climbed(roots, links_of)
    network = [str(each.id) for each in told if each.kind in NETWORK_KINDS and each.id in links_of]
    while apart := [node for node in network if node not in depth]:
        roots = (*roots, _busiest(apart, links_of))
        up, depth = _climbed(roots, links_of)
    return Tree(roots, up, {node: _ways(node, roots, links_of, up, depth) for node in sorted(up)})


def path_of(tree: Tree, node: str) -> list[Up]:
    """The steps from a node to its root, empty at a root and where there is no way."""
    steps: list[Up] = []
    while (step := tree.up.get(node)) is not None:
        steps.append(step)
        node = step.parent
    return steps


def place_of(tree: Tree, node: str) -> End | None:
    """The managed device above a node and its port that leads there; hubs are passed over. None where there is none."""
    step = tree.up.get(node)
    while step is not None and step.parent.startswith(HUB):
        step = tree.up.get(step.parent)
    return step.link.end_of(step.parent) if step is not None else None


def parents_of(tree: Tree) -> dict[DeviceId, tuple[DeviceId, ...]]:
    """The devices over which each one reaches a root, the nearest first; hubs are passed over."""

    def managed(node: str) -> list[str]:
        return [other for way in tree.ways.get(node, ()) for other in (managed(way) if way.startswith(HUB) else [way])]

    return {
        DeviceId(node): tuple(DeviceId(parent) for parent in dict.fromkeys(managed(node)) if parent != node)
        for node in tree.up
        if not node.startswith(HUB)
    }


def _roots(tellers: Sequence[Teller], links_of: dict[str, list[Link]]) -> tuple[str, ...]:
    for wanted in (
        [str(each.id) for each in tellers if each.facts.uplinks],
        [str(each.id) for each in tellers if each.kind is DeviceKind.GATEWAY and each.id in links_of],
    ):
        if wanted:
            return tuple(wanted)
    return ()


def _busiest(nodes: Sequence[str], links_of: dict[str, list[Link]]) -> str:
    return max(nodes, key=lambda node: (len(links_of[node]), node))


def _climbed(roots: Sequence[str], links_of: dict[str, list[Link]]) -> tuple[dict[str, Up], dict[str, int]]:
    """The shortest way up of every node, and how long it is; of two as short the surer one."""
    up: dict[str, Up] = {}
    depth = dict.fromkeys(roots, 0)
    waiting = deque(roots)
    while waiting:
        node = waiting.popleft()
        for link in sorted(links_of.get(node, ()), key=lambda each: (-each.confidence, each.one, each.other)):
            beyond = link.beyond(node).node
            if beyond not in depth:
                depth[beyond] = depth[node] + 1
                up[beyond] = Up(node, link)
                waiting.append(beyond)
    return up, depth


def _ways(
    node: str, roots: Sequence[str], links_of: dict[str, list[Link]], up: dict[str, Up], depth: dict[str, int]
) -> tuple[str, ...]:
    """The neighbours from which a root is reached without coming back through `node`."""
    beside = sorted({link.beyond(node).node for link in links_of[node]})
    if len(beside) == 1:
        return (up[node].parent,)
    found = [each for each in beside if each in depth and _reaches(each, node, roots, links_of)]
    return tuple(sorted(found, key=lambda each: (depth[each], each)))


def _reaches(start: str, without: str, roots: Sequence[str], links_of: dict[str, list[Link]]) -> bool:
    met, waiting = {without, start}, [start]
    while waiting:
        node = waiting.pop()
        if node in roots:
            return True
        for link in links_of[node]:
            beyond = link.beyond(node).node
            if beyond not in met:
                met.add(beyond)
                waiting.append(beyond)
    return False
