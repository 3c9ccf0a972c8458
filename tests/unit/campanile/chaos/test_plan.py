"""The same seed gives the same faults; every broker has its turn."""

from campanile.chaos.brokers import BrokerKind
from campanile.chaos.faults import BY_NAME, FAULTS, ON_SMALL_DISKS, SPARING
from campanile.chaos.plan import TURN, Planned, plan_faults

WEIGHTS = [(fault.name, fault.weight) for fault in FAULTS]
ALL = list(BrokerKind)


def drawn(seed: int, count: int = 500, schools: int = 4) -> list[Planned]:
    return plan_faults(seed, count, schools, WEIGHTS, ALL)


def test_the_same_seed_gives_the_same_sequence() -> None:
    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)


def test_five_hundred_faults_are_of_every_kind_and_hit_every_school() -> None:
    planned = drawn(1)
    assert {one.name for one in planned} == {*(fault.name for fault in FAULTS), TURN}
    assert {one.school for one in planned} == {0, 1, 2, 3}


def test_every_broker_has_its_turn() -> None:
    turns = [(one.number, one.kind) for one in drawn(1, count=300) if one.name == TURN]
    assert turns == [(101, ALL[1]), (201, ALL[2])]


def test_one_broker_keeps_its_place() -> None:
    assert TURN not in {one.name for one in plan_faults(1, 100, 1, WEIGHTS, ALL[:1])}


def test_names_are_distinct_and_a_soak_has_faults_of_its_own() -> None:
    assert len(BY_NAME) == len(FAULTS) + len(ON_SMALL_DISKS)
    assert {fault.stage for fault in FAULTS} >= SPARING
    assert not {BY_NAME[name].stage for name in ("kill-agent", "kill-controller")} & SPARING
