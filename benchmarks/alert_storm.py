"""A storm: how many changes of alerts within a minute are written, none lost, and how many messages it makes.

    python -m benchmarks.alert_storm [--quick] [--json]

Ports of switches in eighty schools go down within a minute and a part of them comes up again, at random instants. Batches
reach a real engine over a real registry, which ticks once a second of the scene and writes; the real telling service looks
every five seconds and sends to a real HTTP receiver on this machine: to an operator of the district, to whom all of it is
escalated, and to a technician in each school. Time of the scene is made to pass; what is measured is the processor's.

    changes               openings and ends found
    written               of them written down
    lost                  that are in no row of the database: 0
    behind_s              longest time the scene had to wait for a second's changes to be written, beyond that second
    written_s             time to judge and write all of it
    resident_mb           memory of the process at most, the district and the receiver included
    messages              sent to everybody within an hour and a half of the scene
    messages_operator     of them to the operator
    messages_technician   of them to the technician who had most
    telling_s             time to follow, group and send all of it

The last line is one JSON object.
"""

import argparse
import json
import resource
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from campus.ids import AgentId, DeviceId, Instance, MetricId, SiteId
from campus.samples import DeviceFacts, DeviceKind, PortFacts, Severity
from campus.secret import Secret
from campus.topics import Address
from controller.alerts.engine import AlertEngine
from controller.alerts.model import Rule, States
from controller.alerts.rulebook import Rulebook, shipped_rules
from controller.alerts.service import AlertService
from controller.calendar.service import CalendarService
from controller.identity.scope import SYSTEM
from controller.ingest.port import Committed
from controller.registry.database import create_engine, sqlite_url
from controller.registry.enrolment import Enrolment, OrganisationEntry, SiteEntry
from controller.registry.schema import migrate
from controller.registry.service import RegistryService
from controller.store.embedded.store import EmbeddedStore
from controller.store.port import DistrictSeries, Ids, Retention
from controller.telling.channels.programs import SignedWebhook, SmsGateway
from controller.telling.model import Person, Reach, Register, Sms, Webhook
from controller.telling.port import Channel, Setup
from controller.telling.service import TellingService
from controller.wording import Language

ZONE: Final = ZoneInfo("Asia/Shanghai")
BEGINS_AT: Final = 1_788_746_400_000
"""A Monday, 10:00 in the district."""
MINUTE_MS: Final = 60_000
STORM_S: Final = 60
DOWN_UNTIL_S: Final = 40
TELLING_S: Final = 5
SETTLED_S: Final = 240
"""Telling looks every five seconds until then, and every half minute after."""
END_S: Final = 5_400
UP, DOWN = 1.0, 2.0
BACK_SHARE: Final = 0.25
"""Of the ports, which come up again within the minute."""


class Size(NamedTuple):
    """How large the storm is: ports times 1.25 are its changes."""

    schools: int
    switches: int
    ports: int


FULL: Final = Size(80, 25, 20)
QUICK: Final = Size(20, 10, 20)


class Clock:
    """Time of the scene."""

    def __init__(self) -> None:
        self.now = BEGINS_AT

    def __call__(self) -> int:
        """UTC milliseconds."""
        return self.now


class Fixed:
    """A register that never changes."""

    trouble = ""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup

    def look(self) -> bool:
        """Nobody writes another one."""
        return False


class Storm:
    """The district, what happens to it, and who is told."""

    def __init__(self, folder: Path, size: Size, receiver: str) -> None:
        self.clock = Clock()
        self.database = create_engine(sqlite_url(folder / "registry.db"))
        migrate(self.database)
        registry = RegistryService(self.database, self.clock)
        registry.start()
        store = EmbeddedStore(folder / "samples", timezone=ZONE, retention=Retention())
        store.start()
        self.ids = _district(registry, store, size)
        rules = Rulebook([_rule()])
        self.engine = AlertEngine(store, registry, self.database, self.clock, rules)
        self.engine.restore()
        alerts = AlertService(self.database, registry, self.clock, rules)
        calendar = CalendarService(self.database, registry, str(ZONE))
        setup = _register(size, receiver)
        self.telling = TellingService(self.database, alerts, registry, calendar, self.clock, ZONE, Fixed(setup))
        self.alerts = alerts

    def at(self, second: float) -> int:
        """An instant of the scene."""
        return BEGINS_AT + round(second * 1000)

    def commit(self, ids: Ids, value: float) -> None:
        """Readings of now, as ingest hands them over."""
        now = np.full(len(ids), self.clock.now, dtype=np.int64)
        self.engine.judge(Committed(ids, now, np.full(len(ids), value), self.clock.now))

    def tell(self) -> None:
        """One look."""
        self.telling.tend(self.clock.now)
        self.telling.deliver(self.clock.now)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="measure a storm of alerts")
    parser.add_argument("--quick", action="store_true", help="5,000 changes instead of 50,000")
    parser.add_argument("--json", action="store_true", help="print nothing but the JSON object")
    options = parser.parse_args()
    figures = measure(QUICK if options.quick else FULL)
    if not options.json:
        for key, value in figures.items():
            print(f"{key:22} {value}")
    print(json.dumps(figures))


def measure(size: Size, end_s: int = END_S) -> dict[str, float]:
    """The scene until `end_s`; by key what the module's text says."""
    with tempfile.TemporaryDirectory(prefix="campanile-benchmark-") as folder, _receiver() as (address, messages):
        storm = Storm(Path(folder), size, address)
        try:
            return _measured(storm, messages, end_s)
        finally:
            storm.database.dispose()


def _measured(storm: Storm, messages: Counter[str], end_s: int) -> dict[str, float]:
    down_s, up_s = _instants(len(storm.ids))
    changes = len(storm.ids) + int((up_s < STORM_S).sum())
    storm.commit(storm.ids, UP)
    storm.engine.tick(storm.clock.now)
    written_s = telling_s = busy_until = behind_s = 0.0
    for second in [*range(min(SETTLED_S, end_s)), *range(SETTLED_S, end_s, 30)]:
        storm.clock.now = storm.at(second + 1)
        began = time.process_time()
        if second < STORM_S:
            storm.commit(storm.ids[down_s == second], DOWN)
            storm.commit(storm.ids[up_s == second], UP)
        storm.engine.tick(storm.clock.now)
        told = time.process_time()
        if second % TELLING_S == 0:
            storm.tell()
        took = told - began
        busy_until = max(busy_until, second) + took
        behind_s = max(behind_s, busy_until - second - 1)
        written_s += took if second <= STORM_S else 0.0
        telling_s += time.process_time() - told
    found = storm.engine.figures()
    rows, over = _rows(storm.database)
    people = {name: count for name, count in messages.items() if name != "operator"}
    return {
        "changes": changes,
        "written": found.written.get("raised", 0) + found.written.get("cleared", 0),
        "lost": changes - rows - over,
        "behind_s": round(behind_s, 2),
        "written_s": round(written_s, 1),
        "resident_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000),
        "messages": messages.total(),
        "messages_operator": messages["operator"],
        "messages_technician": max(people.values(), default=0),
        "telling_s": round(telling_s, 1),
    }


def _instants(quantity: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """In which second each port goes down, and comes up again: beyond the storm for most."""
    rng = np.random.default_rng(7)
    up_s = np.where(rng.random(quantity) < BACK_SHARE, rng.integers(DOWN_UNTIL_S, STORM_S, quantity), END_S)
    return rng.integers(0, DOWN_UNTIL_S, quantity), up_s


def _rows(database: sa.Engine) -> tuple[int, int]:
    """Alerts in the database, and those of them that are over."""
    with database.connect() as connection:
        count = "SELECT count(*), coalesce(sum(cleared_at > 0), 0) FROM alert"
        rows, over = connection.exec_driver_sql(count).one()
    return int(rows), int(over)


def _rule() -> Rule:
    pattern = next(rule for rule in shipped_rules().rules() if rule.id == "port-down")
    return Rule(
        id="storm",
        metric="if_oper_state",
        condition=States(bad=("down",)),
        severity=Severity.CRITICAL,
        title_en=pattern.title_en,
        title_zh=pattern.title_zh,
        advice_en=pattern.advice_en,
        advice_zh=pattern.advice_zh,
        count=pattern.count,
    )


def _district(registry: RegistryService, store: EmbeddedStore, size: Size) -> Ids:
    names = [f"school-{number}" for number in range(size.schools)]
    sites = tuple(SiteEntry(name, "district", f"School {name}", f"学校 {name}", agents=(name,)) for name in names)
    registry.enrol(SYSTEM, Enrolment((OrganisationEntry("district", "District", "区"),), sites))
    ports = [f"GE0/0/{port}" for port in range(1, size.ports + 1)]
    switches = [DeviceId(f"sw-{number}") for number in range(size.switches)]
    for name in names:
        facts = [
            DeviceFacts(switch, DeviceKind.SWITCH, BEGINS_AT, name=switch, ports=tuple(map(PortFacts, ports)))
            for switch in switches
        ]
        registry.learn_facts(Address(SiteId(name), AgentId(name)), facts, BEGINS_AT)
    return store.series_ids(
        [
            DistrictSeries(SiteId(name), switch, MetricId("if_oper_state"), Instance(port))
            for name in names
            for switch in switches
            for port in ports
        ]
    )


def _register(size: Size, receiver: str) -> Setup:
    """An operator at the top of the tree, and a technician in each school."""
    people = [Person("operator", "Operator", (Reach("robot"),), language=Language.EN)]
    people += [
        Person(f"technician-{number}", "T", (Reach("sms", str(number)),), place=f"school-{number}")
        for number in range(size.schools)
    ]
    channels: dict[str, Channel] = {
        "robot": SignedWebhook(Secret(f"{receiver}/operator"), Secret("secret")),
        "sms": SmsGateway(Secret(f"{receiver}/technician"), Sms("url").body, None),
    }
    return Setup(Register({"robot": Webhook("url", "secret"), "sms": Sms("url")}, tuple(people)), channels)


@contextmanager
def _receiver() -> Iterator[tuple[str, Counter[str]]]:
    """A server that takes everything: its address, and how much came for whom."""
    messages: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            messages["operator" if self.path == "/operator" else f"technician-{body['phone']}"] += 1
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the standard library's name
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", messages
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    main()
