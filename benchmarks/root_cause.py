"""How well the cause of an outage is found, and how many messages one fault makes.

    python -m benchmarks.root_cause [--quick] [--json] [--seed N]

Twelve simulated schools of 23 to 210 devices and their centre are broken at random, several at once: fibres, gateways (that
hang, or lose power), agents, mains, feeds of floors, switches, cables, single devices; some schools get two faults, some
samples arrive late, some devices stand in nobody's forwarding table, and half of the agents ask as seldom as they do when
nobody told them otherwise. Now and then the centre's core switch dies, or the centre is cut off from everybody. The
simulator says what falls silent, the agent's own schedule when that is noticed; the engine judges by the rules that ship.

Lines that are full in lessons are as they are and left out. An alert is told once it stands for itself at a look every five
seconds, as telling follows it. It is right if it names the thing that was broken: for a school as a whole also the verdict,
for a line or what hangs on it either of the two.

    faults                 broken
    precision              share of what was told that names a fault not named by another
    recall                 share of faults that were named while they lasted
    notifications_per_cut  told for each school that was cut off or lost power, mean
    recall_afterwards      the same with the verdicts that stand once what the school kept meanwhile has come

The last line is one JSON object.
"""

import argparse
import json
import random
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.root_cause_district import World, fault
from campus.samples import DeviceKind
from controller.alerts.causes.model import DISTRICT_RULE, FLOOR_RULE
from controller.alerts.model import Alert
from controller.identity.scope import SYSTEM
from simulator.district.centre import CENTRE, CORE
from simulator.district.device import SimDevice
from simulator.district.site import SimSite
from simulator.life.fault import Fault, FaultName, FaultSet
from simulator.life.outage import Reach

SCHOOLS: Final = 12
SIZES: Final = {3: 30, 5: 112, 8: 55}
"""Classrooms of those that are no usual schools: about 60, 200 and 110 devices."""
WARM_S, SPREAD_S, LASTS_S, CALM_S = 240, 240, 480, 420
LOOK_S: Final = 5
ROUNDS_AT_ONCE: Final = 2
WANTED, QUICK = 220, 40
SEED: Final = 20261123
_SCHOOL_WIDE: Final = {
    FaultName.CUT_UPLINK: "fibre",
    FaultName.GATEWAY_DEAD: "gateway",
    FaultName.GATEWAY_HANGS: "gateway",
    FaultName.AGENT_STOPS: "agent",
    FaultName.POWER_LOSS: "power",
}
_ODDS: Final = {
    FaultName.CUT_UPLINK: 6,
    FaultName.POWER_LOSS: 5,
    FaultName.AGENT_STOPS: 4,
    FaultName.GATEWAY_HANGS: 3,
    FaultName.GATEWAY_DEAD: 1,
    FaultName.SWITCH_DEAD: 6,
    FaultName.LINK_CUT: 6,
    FaultName.FLOOR_DARK: 4,
    FaultName.SILENT: 5,
    FaultName.CAMERA_BLACK: 2,
}
"""How often each befalls a school, against the others. Gateways hang or crash more often than their power supply dies."""
FULL_LINES: Final = {
    "uplink-in-full",
    "uplink-out-full",
    "uplink-in-filling",
    "uplink-out-filling",
    "port-drops-packets",
}
_ALONE: Final = (DeviceKind.SWITCH, DeviceKind.ACCESS_POINT, DeviceKind.UPS, DeviceKind.CAMERA, DeviceKind.GATE)


@dataclass
class Truth:
    """One thing that was broken, and what became of it."""

    kind: str
    site: str
    verdict: str
    names: Callable[[Alert], bool]
    """Whether an alert is about it, whatever its verdict."""
    needs_verdict: bool
    is_cut: bool
    found: list[Alert] = field(default_factory=list)


@dataclass
class Round:
    """Some minutes with some faults."""

    truths: list[Truth]
    faults: dict[str, FaultSet]


class Deck:
    """Kinds of faults as cards: each comes as often as its odds say, in a short run as in a long one."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._cards: list[FaultName] = []

    def draw(self) -> FaultName:
        """The next one."""
        if not self._cards:
            self._cards = [name for name, odds in _ODDS.items() for _ in range(odds)]
            self._chance.shuffle(self._cards)
        return self._cards.pop()

    def give_back(self, name: FaultName) -> None:
        """One that could not befall whom it was drawn for: it comes last."""
        self._cards.insert(0, name)


class Breaker:
    """Chooses what breaks."""

    def __init__(self, world: World, chance: random.Random, deck: Deck) -> None:
        self._world = world
        self._chance = chance
        self._deck = deck

    def round(self, number: int) -> Round:
        """Every school but a few gets a fault or two; every eighth round it is the centre's."""
        start = self._world.clock.now + WARM_S * 1000
        if number % 8 == 5:
            return self._of_centre(start)
        truths: list[Truth] = []
        faults: dict[str, FaultSet] = {}
        for school in self._world.district.schools:
            chosen: list[Fault] = []
            for _ in range(self._chance.choices((0, 1, 2), (2, 9, 2))[0]):
                self._add(school, start, chosen, truths)
            faults[school.id] = FaultSet(tuple(chosen))
        return Round(truths, faults)

    def _add(self, school: SimSite, start: int, chosen: list[Fault], truths: list[Truth]) -> None:
        """One more fault, where it can be told apart from those before."""
        name = self._deck.draw()
        is_alone = chosen and (name in _SCHOOL_WIDE or any(each.name in _SCHOOL_WIDE for each in chosen))
        device = None if is_alone else self._victim(school, name, {each.device for each in chosen})
        if device is None:
            self._deck.give_back(name)
            return
        begins = start + self._chance.randrange(SPREAD_S) * 1000
        chosen.append(fault(name, school.id, device, begins, start + (SPREAD_S + LASTS_S) * 1000))
        truths.append(_truth(school, name, device))

    def _victim(self, school: SimSite, name: FaultName, taken: set[str]) -> str | None:
        if name in _SCHOOL_WIDE:
            return "gw-1" if name in (FaultName.GATEWAY_DEAD, FaultName.GATEWAY_HANGS) else ""
        reach = Reach(school)
        fitting = [each.id for each in school.devices if self._fits(school, reach, name, each, taken)]
        return self._chance.choice(fitting) if fitting else None

    @staticmethod
    def _fits(school: SimSite, reach: Reach, name: FaultName, device: SimDevice, taken: set[str]) -> bool:
        """Not one that another fault takes with it, nor one that nothing would be heard of."""
        touched = {
            device.id,
            *reach.behind(device.id),
            *(reach.floor_mates(device.id) if name is FaultName.FLOOR_DARK else ()),
        }
        above = school.wired.get(device.id, ("", ""))[0]
        lost = {each for one in taken for each in (one, *reach.behind(one), *reach.floor_mates(one))}
        if touched & lost or above in taken:
            return False
        match name:
            case FaultName.SWITCH_DEAD:
                return device.kind is DeviceKind.SWITCH
            case FaultName.LINK_CUT:
                return device.kind is DeviceKind.SWITCH or device.id in school.wired
            case FaultName.FLOOR_DARK:
                return len(reach.floor_mates(device.id)) >= 3 and device.kind is DeviceKind.BOARD
            case FaultName.CAMERA_BLACK:
                return device.kind is DeviceKind.CAMERA and device.id in school.wired
            case _:
                return device.kind in _ALONE and (device.id in school.wired or device.kind is DeviceKind.SWITCH)

    def _of_centre(self, start: int) -> Round:
        """The core dies, or nobody is heard any more: one fault, whatever falls silent."""
        end = start + (SPREAD_S + LASTS_S) * 1000
        everybody = [CENTRE, *(school.id for school in self._world.district.schools)]
        if self._chance.random() < 0.5:
            stops = {site: FaultSet((fault(FaultName.AGENT_STOPS, site, "", start, end),)) for site in everybody}
            return Round([_truth_of_centre("centre")], stops)
        cut = {
            site: FaultSet((fault(FaultName.CUT_UPLINK, site, "", start, end),)) for site in everybody if site != CENTRE
        }
        cut[CENTRE] = FaultSet((fault(FaultName.SWITCH_DEAD, CENTRE, CORE, start, end),))
        return Round([_truth_of_centre("core")], cut)


def _truth_of_centre(kind: str) -> Truth:
    def names(alert: Alert) -> bool:
        if kind == "core":
            return alert.site == CENTRE and alert.device == CORE
        return alert.rule == DISTRICT_RULE

    return Truth(kind, CENTRE, "centre" if kind == "centre" else "switch", names, needs_verdict=False, is_cut=True)


def _truth(school: SimSite, name: FaultName, device: str) -> Truth:
    verdict = _SCHOOL_WIDE.get(name)
    if verdict is not None:

        def of_school(alert: Alert) -> bool:
            return alert.site == school.id and alert.rule in {"school-cut-off", "ups-on-battery"}

        return Truth(name.value, school.id, verdict, of_school, needs_verdict=True, is_cut=True)
    places = {(device, "")}
    if device in school.wired:
        places.add(school.wired[device])
    else:
        places |= {(cable.device, cable.port) for cable in school.cables if cable.remote_device == device}
    floors = {room.id: room.floor for room in school.rooms}
    floor = floors[school.device(device).room]

    def of_part(alert: Alert) -> bool:
        if alert.site != school.id:
            return False
        if name is FaultName.FLOOR_DARK:
            return alert.rule == FLOOR_RULE and alert.instance == f"floor-{floor}"
        return alert.device == device or (str(alert.device), str(alert.instance)) in places

    kinds = {FaultName.SWITCH_DEAD: "switch", FaultName.LINK_CUT: "link", FaultName.FLOOR_DARK: "power"}
    own = "switch" if school.device(device).kind is DeviceKind.SWITCH else "device"
    return Truth(name.value, school.id, kinds.get(name, own), of_part, needs_verdict=False, is_cut=False)


class Score:
    """Counts over all rounds."""

    def __init__(self) -> None:
        self.truths: list[Truth] = []
        self.wrong: list[Alert] = []
        self.told = 0
        self.afterwards = 0
        self.kinds: dict[str, Counter[str]] = defaultdict(Counter)
        self.confusion: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, truths: Sequence[Truth], told: Sequence[Alert], finally_: dict[int, str]) -> None:
        """What was told in a round, with the verdicts of the time, and those that stand at its end."""
        self.told += len(told)
        for alert in told:
            truth = next((each for each in truths if each.names(alert)), None)
            if truth is None or truth.found:
                self.wrong.append(alert)
            if truth is not None:
                truth.found.append(alert)
        for truth in truths:
            self._count(truth, finally_)
        self.truths += truths

    def _count(self, truth: Truth, finally_: dict[int, str]) -> None:
        kind = self.kinds[truth.kind]
        kind["faults"] += 1
        kind["told"] += len(truth.found)
        verdict = (truth.found[0].verdict or "none") if truth.found else "nothing told"
        last = finally_.get(truth.found[0].id, "") if truth.found else ""
        kind["found"] += is_right(truth, verdict)
        kind["found_afterwards"] += is_right(truth, last or verdict)
        self.confusion[truth.verdict][verdict] += 1
        if truth.found and not is_right(truth, verdict):
            self.wrong.append(truth.found[0])
        self.afterwards += is_right(truth, last or verdict)

    def report(self) -> dict[str, object]:
        """The figures."""
        found = sum(each["found"] for each in self.kinds.values())
        cuts = [truth for truth in self.truths if truth.is_cut]
        return {
            "faults": len(self.truths),
            "precision": round(1 - len(self.wrong) / max(1, self.told), 4),
            "recall": round(found / max(1, len(self.truths)), 4),
            "notifications_per_cut": round(sum(len(each.found) for each in cuts) / max(1, len(cuts)), 4),
            "recall_afterwards": round(self.afterwards / max(1, len(self.truths)), 4),
            "told": self.told,
            "kinds": {kind: dict(counts) for kind, counts in sorted(self.kinds.items())},
            "confusion": {kind: dict(counts) for kind, counts in sorted(self.confusion.items())},
        }


def is_right(truth: Truth, verdict: str) -> bool:
    """Whether what was told of a fault names it."""
    return bool(truth.found) and (not truth.needs_verdict or verdict == truth.verdict)


def main() -> None:
    """Break, look, print."""
    parser = argparse.ArgumentParser(description="score the search for root causes")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} faults, not {WANTED}")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    parser.add_argument("--seed", type=int, default=SEED, help="of all chance")
    options = parser.parse_args()
    score, chance, number = Score(), random.Random(options.seed), 0
    deck = Deck(chance)
    while len(score.truths) < (QUICK if options.quick else WANTED):
        number = run(chance, deck, number, score, is_loud=not options.json)
    report = {**score.report(), "seed": options.seed}
    if not options.json:
        _print(report)
    print(json.dumps(report))


def run(chance: random.Random, deck: Deck, number: int, score: Score, *, is_loud: bool) -> int:
    """Some rounds in a new district, beginning with `number`; the number of the next.

    A school that breaks every twenty minutes all day is said to come and go, and would be told of once.
    """
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder:
        world = World(Path(folder), chance.randrange(1 << 30), SIZES, SCHOOLS)
        try:
            for each in range(number, number + ROUNDS_AT_ONCE):
                made = Breaker(world, chance, deck).round(each)
                told = _play(world, made)
                last = {alert.id: alert.verdict for alert in world.alerts.by_ids(SYSTEM, [alert.id for alert in told])}
                before = len(score.wrong)
                score.add(made.truths, told, last)
                if is_loud:
                    _tell_round(world, each, made, told, score.wrong[before:])
        finally:
            world.close()
    return number + ROUNDS_AT_ONCE


def _play(world: World, made: Round) -> list[Alert]:
    """What was told while the faults lasted and until all was calm again, with the verdicts of the time they were last open."""
    told: dict[int, Alert] = {}
    before = set(world.alerts.standing(SYSTEM))
    end = world.clock.now + (WARM_S + SPREAD_S + LASTS_S) * 1000
    for now in world.play(WARM_S + SPREAD_S + LASTS_S + CALM_S, made.faults):
        if now // 1000 % LOOK_S == 0:
            standing = set(world.alerts.standing(SYSTEM)) - before
            fresh = standing if now < end else standing - told.keys()
            told |= {each.id: each for each in world.alerts.by_ids(SYSTEM, fresh)}
    return sorted((each for each in told.values() if each.rule not in FULL_LINES), key=lambda each: each.id)


def _tell_round(world: World, number: int, made: Round, told: Sequence[Alert], wrong: Sequence[Alert]) -> None:
    print(f"round {number}: {len(made.truths)} faults, {len(told)} told, standing {len(world.alerts.standing(SYSTEM))}")
    for truth in made.truths:
        if not is_right(truth, truth.found[0].verdict if truth.found else ""):
            print(
                f"    missed {truth.kind} at {truth.site}, want {truth.verdict}: {[(a.rule, a.verdict) for a in truth.found]}"
            )
    for alert in wrong:
        steps = [f"{step.stage}: {step.reason}" for step in world.alerts.alert(SYSTEM, alert.id).trail]
        print(f"    wrong {alert.rule} {alert.site}/{alert.device} {alert.instance} {alert.verdict} {steps}")


def _print(report: dict[str, object]) -> None:
    kinds, confusion = report["kinds"], report["confusion"]
    assert isinstance(kinds, dict)
    assert isinstance(confusion, dict)
    print(f"{'kind':16} {'faults':>7} {'told':>6} {'found':>6} {'afterwards':>11}")
    for kind, counts in kinds.items():
        print(
            f"{kind:16} {counts['faults']:7} {counts['told']:6} {counts['found']:6} {counts.get('found_afterwards', 0):11}"
        )
    print("verdicts, as it was: as it was told")
    for kind, counts in confusion.items():
        print(f"    {kind:10} {', '.join(f'{name} {count}' for name, count in counts.items())}")


if __name__ == "__main__":
    main()
