"""The controller's capabilities meet at their doors only: the contract that import-linter has no words for."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

CONTROLLER = Path(__file__).resolve().parents[2] / "controller"
ROOMS = {folder.name for folder in CONTROLLER.iterdir() if (folder / "__init__.py").is_file()}
DOORS = {"model", "port", "service"}
"""Nouns, what a room asks of others, what it does for them."""
SIDE_DOORS = {
    "identity.scope",  # who asks: the first argument of every service
    "identity.tree",  # which schools lie under a node of the tree
    "identity.dependency",  # the same, as a route receives it
    "registry.database",  # the engine all tables share, and its column types
    "store.days",  # where local days begin, as the store cuts them
    "store.marks",  # runs of frame numbers, which acknowledgements carry
    "store.influx.client",  # these three for what is written there beside samples: annotations
    "store.influx.quoting",
    "store.influx.settings",
    "silences.words",  # pure: a window in a few words
    "registry.schema",  # which schemas this version reads, for backups
    "store.embedded.snapshot",  # these five for backups: one instant of the store, whether it is sound, its files
    "store.influx.snapshot",
    "store.influx.catalogue",
    "store.embedded.checking",
    "store.embedded.part",
    "alerts.rulebook",  # rules as data: what rulings decide about, and hand back to be judged by
    "alerts.rule_check",
    "alerts.judging.replay",  # stored samples judged again
    "alerts.sought",  # pure: what a rule looks for, in words
    "alerts.causes.model",  # pure: which rules find what may follow from something else
    "alerts.causes.service",  # what a fault takes away: a room in the room
    "alerts.tables",  # these five for the migrations alone
    "calendar.school",  # pure: the calendar of one school, laid over real days, as the service gives it
    "calendar.sheet",  # what is told of a calendar as rows: the console takes and gives files of them
    "calendar.tables",
    "configurations.tables",
    "identity.tables",
    "newcomers.tables",
    "readiness.words",  # pure: why a room would fail, on its page as in its alert
    "rulings.adjusting",  # these three pure: a rule with other numbers, how own ones are named, which numbers there are
    "rulings.own",
    "rulings.tighter",
    "rulings.desk",  # replays under way, for the page that waits for them
    "rulings.sheet",  # decisions as a file, given and taken by the console
    "rulings.tables",
    "silences.tables",
    "telling.tables",
    "topology.tables",
    "workorders.machine",  # pure: what may be done to an order, as its buttons ask
    "workorders.metrics",  # pure nouns: how fast, compared by what
    "workorders.promise",  # pure: the clocks of an order, as pages show them
    "workorders.reports",  # what a stranger with a sticker may do, as its page asks
    "workorders.stickers",
    "workorders.tables",
    "workorders.terms",  # pure nouns: service contracts and targets
}


class Crossing(NamedTuple):
    """One room imports from another."""

    file: str
    room: str
    target: str


def crossings() -> Iterator[Crossing]:
    for path in sorted(CONTROLLER.rglob("*.py")):
        inside = path.relative_to(CONTROLLER).parts
        if inside[0] not in ROOMS:  # main.py and its like wire everything
            continue
        for module in imported(ast.parse(path.read_text())):
            room, _, rest = module.removeprefix("controller.").partition(".")
            if module.startswith("controller.") and room in ROOMS and room != inside[0]:
                yield Crossing("/".join(inside), room, rest)


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_capabilities_reach_each_other_only_through_their_doors() -> None:
    found = list(crossings())
    assert len(found) > 100
    through_walls = [
        f"{each.file} imports controller.{each.room}.{each.target}"
        for each in found
        if each.target not in DOORS and f"{each.room}.{each.target}" not in SIDE_DOORS
    ]
    assert not through_walls


def test_every_side_door_is_used() -> None:
    assert {f"{each.room}.{each.target}" for each in crossings()} >= SIDE_DOORS
