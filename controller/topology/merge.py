"""From what devices told to the topology of a site. Pure; the order of what is given plays no part.

Neighbour tables first, for they name both ends of a cable. Then the forwarding tables: bridge to bridge, and stations to the
bridges they hang on. Address tables only say whose an address is. docs/adr/0007-topology.md says why.
"""

from collections.abc import Iterable

from controller.topology.bridges import Bridges
from controller.topology.edges import join_stations
from controller.topology.joints import Joints
from controller.topology.model import End, Strangers, Teller, Topology
from controller.topology.neighbours import join_neighbours
from controller.topology.who import Who


def merged(tellers: Iterable[Teller]) -> Topology:
    """The topology of one site."""
    told = sorted(tellers, key=lambda teller: teller.id)
    who = Who(told)
    kinds = {str(teller.id): teller.kind for teller in told}
    joints = Joints(kinds, {str(teller.id) for teller in told if teller.sightings.forwarding})
    conflicts = join_neighbours(told, who, joints)
    known = joints.links()
    bridges = Bridges(told, who, known)
    bridges.join(joints)
    conflicts += join_stations(told, bridges, known, joints)
    strangers: dict[End, Strangers] = {}
    for end in sorted({*joints.strangers, *joints.named_strangers}):
        names = tuple(sorted(joints.named_strangers.get(end, ())))
        strangers[end] = Strangers(names, joints.strangers.get(end, 0))
    return Topology(tuple(joints.links()), tuple(sorted(set(conflicts))), strangers)
