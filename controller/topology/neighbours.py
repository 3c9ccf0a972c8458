"""Links by LLDP and CDP: whom devices name on their ports, and whether those name them too. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from campus.ids import DeviceId
from campus.samples import DeviceKind
from controller.topology.joints import Joints
from controller.topology.model import NETWORK_KINDS, Conflict, ConflictKind, End, Evidence, Source, Teller
from controller.topology.port_names import PortNames
from controller.topology.who import Who

BOTH, ONE_BY_ADDRESS, ONE_BY_NAME = 1.0, 0.9, 0.85


class _Claim(NamedTuple):
    """A device says who hangs on its port; `there.port` is empty where it cannot be known."""

    here: End
    there: End
    seen_at: int
    by_name: bool


def join_neighbours(tellers: Sequence[Teller], who: Who, joints: Joints) -> list[Conflict]:
    """Join the ends that devices name as neighbours; strangers they name are noted on the port."""
    kinds = {teller.id: teller.kind for teller in tellers}
    claims, conflicts = _claims(tellers, who, joints)
    current = _newest(claims, kinds)
    mutual: dict[End, End] = {}
    alone: list[_Claim] = []
    said: Mapping[End, list[_Claim]] = _by_here(current)
    for claim in current:
        answer = _answer(claim, said)
        if answer is None:
            alone.append(claim)
            continue
        mutual[claim.here] = answer.here
        evidence = (_evidence(claim), _evidence(answer))
        joints.join(claim.here, answer.here, BOTH, evidence)
    for claim in alone:
        chosen = mutual.get(claim.there)
        if chosen is not None and claim.there.port:
            conflicts.append(Conflict(ConflictKind.OTHER_NEIGHBOUR, DeviceId(claim.there.node), chosen, claim.here))
            continue
        joints.join(claim.here, claim.there, ONE_BY_NAME if claim.by_name else ONE_BY_ADDRESS, [_evidence(claim)])
    return conflicts


def _claims(tellers: Sequence[Teller], who: Who, joints: Joints) -> tuple[list[_Claim], list[Conflict]]:
    ports = {teller.id: PortNames(teller.facts) for teller in tellers}
    claims: list[_Claim] = []
    conflicts: list[Conflict] = []
    for teller in tellers:
        latest = max((met.seen_at for met in teller.sightings.met), default=0)
        for neighbour, seen_at in ((met.neighbour, met.seen_at) for met in teller.sightings.met):
            here = End(teller.id, neighbour.local_port)
            by_address, by_name = who.named(neighbour)
            if by_address and by_name and by_address != by_name:
                kind = ConflictKind.TWO_NAMES
                conflicts.append(Conflict(kind, teller.id, End(by_address), End(by_name)))
            remote = by_address or by_name
            if remote is None and seen_at == latest:
                name = neighbour.remote_name or neighbour.remote_chassis or neighbour.remote_port
                joints.named_strangers[here].add(name)
            elif remote is not None and remote != teller.id:
                there = End(remote, ports[remote].find(neighbour.remote_port))
                claims.append(_Claim(here, there, seen_at, by_address is None))
    return sorted(claims), conflicts


def _newest(claims: Sequence[_Claim], kinds: Mapping[DeviceId, DeviceKind]) -> list[_Claim]:
    """Claims without those that were true before a cable was moved: a later one says that an end leads elsewhere."""
    latest: dict[End, dict[frozenset[str], int]] = defaultdict(dict)
    for claim in claims:
        for end in _exclusive(claim, kinds):
            latest[end][_pair(claim)] = max(claim.seen_at, latest[end].get(_pair(claim), 0))

    def is_current(claim: _Claim) -> bool:
        told = (said for end in _exclusive(claim, kinds) for said in latest[end].items())
        return all(pair == _pair(claim) or seen_at <= claim.seen_at for pair, seen_at in told)

    return [claim for claim in claims if is_current(claim)]


def _pair(claim: _Claim) -> frozenset[str]:
    return frozenset((claim.here.node, claim.there.node))


def _exclusive(claim: _Claim, kinds: Mapping[DeviceId, DeviceKind]) -> list[End]:
    """The ends that can be in one place only: known ports, and devices that are no network equipment as a whole."""
    is_leaf = kinds.get(DeviceId(claim.there.node)) not in NETWORK_KINDS
    return (
        [claim.here, End(claim.there.node) if is_leaf else claim.there] if is_leaf or claim.there.port else [claim.here]
    )


def _by_here(claims: Sequence[_Claim]) -> dict[End, list[_Claim]]:
    found: dict[End, list[_Claim]] = defaultdict(list)
    for claim in claims:
        found[End(claim.here.node)].append(claim)
    return found


def _answer(claim: _Claim, said: Mapping[End, list[_Claim]]) -> _Claim | None:
    """The neighbour's own claim that means the same cable; one that names the very ports before one that leaves them open."""
    fitting = [
        each
        for each in said.get(End(claim.there.node), ())
        if each.there.node == claim.here.node
        and claim.there.port in ("", each.here.port)
        and each.there.port in ("", claim.here.port)
    ]
    return max(fitting, key=lambda each: (bool(each.there.port), each), default=None)


def _evidence(claim: _Claim) -> Evidence:
    return Evidence(Source.NEIGHBOURS, DeviceId(claim.here.node), claim.seen_at)
