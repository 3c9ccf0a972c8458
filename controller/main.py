"""Wiring of the controller: the one place that constructs adapters, and the order in which they start and stop.

Start: 1 the registry's schema and memory, 2 the enrolment file, 3 the sample store (recovers), 4 the alert engine (what
was open, what was last measured), 5 housekeeping, 6 the desk for commands, 7 ingest. The HTTP server comes last
(`controller.run`), so that whoever gets an answer gets a whole one. Stop is the same backwards: no frame is taken any
more, what is in memory is written down, files are closed.
"""

import logging
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from fastapi import FastAPI

from campus.errors import ConfigError, Transient
from campus.samples import DocumentKind
from campus.version import VERSION
from controller.alerts.causes.finder import Causes
from controller.alerts.causes.model import HOLD_MS
from controller.alerts.causes.service import CauseService
from controller.alerts.engine import AlertEngine, EngineFigures
from controller.alerts.rulebook import load_rules
from controller.alerts.service import AlertService
from controller.api import routes as api
from controller.api.metrics import metrics_registry
from controller.api.page import OPENAPI_URL
from controller.api.problems import answer_problems
from controller.api.shapes import HealthShape, Status
from controller.applications.service import ApplicationService
from controller.backup.holding import EMBEDDED, INFLUX
from controller.backup.staging import STAGE_WISH, Staging
from controller.broker import broker_address
from controller.calendar.service import CalendarService
from controller.capacity.service import CapacityService
from controller.clock import utc_ms
from controller.config import ControllerConfig, StoreKind
from controller.configurations.model import ChangeWindows
from controller.configurations.service import ConfigurationService
from controller.console.routes import console_router, mount_static
from controller.desk.model import SOCKET
from controller.desk.service import Desk
from controller.figure import Figure, labelled
from controller.gauges.service import GaugeService
from controller.happenings.influx import InfluxBoard
from controller.happenings.posting import Posting
from controller.happenings.service import HappeningService
from controller.housekeeping import Recurring
from controller.identity.guard import Guard
from controller.identity.routes import router as identity_routes
from controller.identity.scope import SYSTEM
from controller.identity.service import IdentityService
from controller.identity.tokens import AccessTokens
from controller.influxql.routes import query_router
from controller.influxql.service import QueryService
from controller.ingest.ingest import Ingest
from controller.ingest.reception import Reception
from controller.localtime import DAY_MS
from controller.memory import return_large_blocks
from controller.newcomers.service import NewcomersService
from controller.overview.service import OverviewService
from controller.readiness.service import ReadinessService
from controller.registry.database import create_engine, sqlite_file
from controller.registry.enrolment_file import enrol_file
from controller.registry.schema import migrate
from controller.registry.service import RegistryService
from controller.relocation import require_no_half_copy
from controller.rulings.archive import Archive
from controller.rulings.desk import ReplayDesk
from controller.rulings.docket import Docket
from controller.rulings.enforcing import Enforcement
from controller.rulings.replaying import Replayer
from controller.rulings.service import RulingService
from controller.sample_store import registry_tags, sample_store
from controller.silences.service import SilenceService
from controller.steady import FILE as CLOCK_FILE
from controller.steady import SteadyTime
from controller.telemetry.service import TelemetryService
from controller.telling.channels.building import build_channels
from controller.telling.push_key import PushKey
from controller.telling.pushes import Pushes
from controller.telling.register_file import RegisterFile
from controller.telling.routes import push_router
from controller.telling.service import TellingService
from controller.throughput.routes import throughput_router
from controller.throughput.service import ThroughputService
from controller.topology.service import TopologyService
from controller.utilisation.service import UtilisationService
from controller.workorders.service import WorkOrderService

MAINTENANCE_INTERVAL_S: Final = 60.0
TICK_INTERVAL_S: Final = 1.0
TOPOLOGY_INTERVAL_S: Final = 30.0
APPLICATIONS_INTERVAL_S: Final = 10.0
READINESS_INTERVAL_S: Final = 10.0
GAUGES_INTERVAL_S: Final = 5.0
ANNOTATIONS_INTERVAL_S: Final = 2.0
RULINGS_INTERVAL_S: Final = 5.0
TELLING_INTERVAL_S: Final = 5.0
WORK_ORDERS_INTERVAL_S: Final = 20.0
_log = logging.getLogger(__name__)


class Controller:
    """Every room of the controller, built inert. `start` and `stop` are called once each, by one thread."""

    def __init__(self, config: ControllerConfig, clock: Callable[[], int] = utc_ms) -> None:
        zone = config.district.timezone
        self.config = config
        self.district = config.district
        self.clock = clock
        self.engine = create_engine(config.database_url().reveal())
        self.registry = RegistryService(self.engine, clock)
        self.store = sample_store(config, registry_tags(self.registry))
        self.steady = SteadyTime(config.data_path / CLOCK_FILE)
        self.reception = Reception(config.limits, config.data_path, self.store)
        self.calendar = CalendarService(self.engine, self.registry, zone)
        self.identity = IdentityService(self.engine, self.registry)
        self.access_tokens = AccessTokens(self.engine, self.registry)
        rules = load_rules(config.rules_path)  # configuration, so a wrong rule is told before anything starts
        self.alerts = AlertService(self.engine, self.registry, clock, rules)
        self.topology = TopologyService(self.engine, self.registry, clock)
        self.silences = SilenceService(self.engine, self.registry, self.calendar, self.alerts, clock, self.topology)
        causes = Causes(self.store, self.registry, self.topology, self.alerts)
        self.alert_engine = AlertEngine(
            self.store,
            self.registry,
            self.engine,
            clock,
            rules,
            self.calendar,
            passes=(causes,),
            silences=self.silences,
            hold_ms=HOLD_MS,
        )
        causes.tell = self.alert_engine.note_verdicts
        self.causes = CauseService(self.alerts, self.registry, self.topology, self.calendar, clock)
        docket = Docket(Archive(self.engine))
        self.rulings = RulingService(docket, self.registry, clock, rules)
        self._enforcement = Enforcement(docket, self.registry, rules, (self.alert_engine, self.alerts))
        pushes = Pushes(self.engine, self.identity, clock, PushKey(config.data_path))
        register = RegisterFile(config.register_path, partial(build_channels, pushes=pushes))
        self.telling = TellingService(
            self.engine,
            self.alerts,
            self.registry,
            self.calendar,
            clock,
            ZoneInfo(zone),
            register,
            config.http.public_url,
            pushes,
            self.causes,
        )
        self.newcomers = NewcomersService(self.engine, self.registry, clock)
        windows = ChangeWindows(config.configurations.change_windows, ZoneInfo(zone))
        self.configurations = ConfigurationService(self.engine, self.alert_engine, windows, clock)
        self.telemetry = TelemetryService(self.store, self.registry)
        self.workorders = WorkOrderService(
            self.engine,
            self.alerts,
            self.registry,
            self.telemetry,
            self.calendar,
            self.alert_engine,
            clock,
            ZoneInfo(zone),
            config.data_path / "photos",
            config.work_orders,
        )
        self.overview = OverviewService(self.telemetry, self.registry, self.alerts, clock, self.reception)
        self.ingest = Ingest(
            broker_address(config.broker),
            self.store,
            self.registry,
            self.alert_engine,
            self.alert_engine,
            clock,
            dead_letter_directory=config.data_path,
            keep_days=config.retention.raw_days,
            reception=self.reception,
            documents={
                DocumentKind.NEWCOMERS: self.newcomers,
                DocumentKind.CONFIGURATION: self.configurations,
                DocumentKind.STATIONS: self.topology,
            },
            believed=self.steady.believed,
        )
        self.happenings = HappeningService(self.alerts, self.causes, self.silences, self.registry, clock)
        self.queries = QueryService(
            self.store, self.registry, self.happenings, clock, config.retention, self.ingest.give_way
        )
        self.capacity = CapacityService(self.store, self.registry, zone, clock, self.ingest.give_way)
        self.utilisation = UtilisationService(
            self.store, self.registry, self.calendar, zone, clock, self.ingest.give_way
        )
        replayer = Replayer(self.store, self.registry, self.calendar, ZoneInfo(zone), self.ingest.give_way)
        self.replays = ReplayDesk(self.rulings, replayer, clock)
        self.throughput = ThroughputService(
            self.registry, self.calendar, clock, config.throughput, config.throughput_token()
        )
        self.applications = ApplicationService(
            self.store, self.registry, self.alert_engine, clock, config.applications, self.ingest.give_way
        )
        self.readiness = ReadinessService(
            self.registry,
            self.calendar,
            self.overview,
            self.telemetry,
            self.topology,
            self.alerts,
            self.alert_engine,
            clock,
            ZoneInfo(zone),
            config.readiness,
        )
        self.gauges = GaugeService(
            self.store,
            self.registry,
            self.alerts,
            self.capacity,
            self.utilisation,
            self.ingest,
            lambda: [*self.ingest.figures(), *self.figures()],
        )
        self.staging = Staging(
            config.data_path,
            sqlite_file(self.engine),
            self.store.snapshot,
            clock,
            self.ingest.paused,
            INFLUX if config.store is StoreKind.INFLUXDB else EMBEDDED,
        )
        self.desk = Desk(config.data_path / SOCKET, {STAGE_WISH: self.staging.answered})
        self.posting: Posting | None = None
        if config.store is StoreKind.INFLUXDB:
            keeps_ms = config.retention.raw_days * DAY_MS
            board = InfluxBoard(config.influxdb)
            self.posting = Posting(self.happenings, self.alerts, self.silences, board, clock, keeps_ms)
        self._is_judging = False
        self.answers: Counter[str] = Counter()
        alerting = Recurring("alerts", TICK_INTERVAL_S, self.alert_engine.tick, clock)
        self.alert_engine.on_found = alerting.wake
        enforcing = Recurring("rulings", RULINGS_INTERVAL_S, self._enforcement.tend, clock)
        self.rulings.on_decided = enforcing.wake
        posting = Recurring("posting", TELLING_INTERVAL_S, self.telling.deliver, clock)
        self.telling.on_message = posting.wake
        self.housekeeping = (
            alerting,
            enforcing,
            Recurring("flow", TICK_INTERVAL_S, self.ingest.tend, clock),
            Recurring("registry", MAINTENANCE_INTERVAL_S, self._keep_registry, clock),
            Recurring("applications", APPLICATIONS_INTERVAL_S, self.applications.tend, clock),
            Recurring("readiness", READINESS_INTERVAL_S, self.readiness.tend, clock),
            Recurring("telling", TELLING_INTERVAL_S, self.telling.tend, clock),
            posting,
            Recurring("workorders", WORK_ORDERS_INTERVAL_S, self.workorders.tend, clock),
            Recurring("topology", TOPOLOGY_INTERVAL_S, self.topology.refresh, clock),
            Recurring("store", MAINTENANCE_INTERVAL_S, self.maintain_store, clock),
            Recurring("gauges", GAUGES_INTERVAL_S, self.gauges.tend, clock),
            Recurring("baselines", MAINTENANCE_INTERVAL_S, self.alert_engine.learn_usual, clock),
            *([Recurring("annotations", ANNOTATIONS_INTERVAL_S, self.posting.tend, clock)] if self.posting else []),
        )

    def start(self) -> None:
        """Open everything and begin to take frames; `ConfigError` when something a person must mend stands in the way."""
        return_large_blocks()
        require_no_half_copy(self.config)
        self.open_registry()
        self.store.start()
        self._enforcement.tend(self.clock())  # first, lest what only some schools watch is taken for over
        self.alert_engine.restore()
        self._is_judging = True
        for work in self.housekeeping:
            work.start()
        self.staging.clear()
        self.desk.start()
        self.ingest.start()

    def stop(self) -> None:
        """Write down what is in memory and close; harmless after a start that failed half way."""
        self.ingest.stop()
        self.desk.stop()
        self.replays.stop()
        for work in reversed(self.housekeeping):
            work.stop()
        if self.posting:
            self.posting.close()
        if self._is_judging:
            self._write_last_alerts()
        self.store.close()
        self.close_registry()

    def maintain_store(self, now: int) -> None:
        """Its upkeep, which drops nothing for its age while the clock is in doubt."""
        self.store.maintain(now, drop_as_of=self.steady.believed(now))

    def open_registry(self) -> None:
        """The registry alone: for commands that need no samples."""
        _make_folder(self.config.data_path)
        migrate(self.engine)
        self.registry.start()
        if self.config.enrolment:
            enrol_file(self.registry, self.config.enrolment_path)

    def close_registry(self) -> None:
        """Save what was heard of agents, let go of the database."""
        self.registry.save_agents()
        self.engine.dispose()

    def health(self) -> HealthShape:
        """How it is, from memory and one count."""
        held = self.store.figures()
        return HealthShape(
            status=Status.OK if self.ingest.is_at_work else Status.DEGRADED,
            version=VERSION,
            agents=len(self.registry.agents(SYSTEM)),
            devices=self.registry.device_count(),
            series=held.series,
            samples_stored=held.samples_stored,
            open_alerts=self.alerts.open_count(SYSTEM),
            ingest_lag_s=round(self.ingest.lag_s, 3),
        )

    def figures(self) -> list[Figure]:
        """What `/metrics` says of everything that has no figures of its own."""
        held = self.store.figures()
        agents = self.registry.agents(SYSTEM)
        return [
            Figure("store_series", "Series known", held.series),
            Figure(
                "clock_in_doubt",
                "1 while the clock has leapt and nothing is dropped as too old",
                int(self.steady.is_doubted),
            ),
            Figure("store_samples", "Raw samples kept", held.samples_stored),
            Figure(
                "store_samples_too_late_total",
                "Samples not kept because their day was closed for good",
                held.samples_too_late,
            ),
            Figure("store_points_refused_total", "Points InfluxDB will never take, set aside", held.points_refused),
            Figure("store_rollups_refused_total", "Roll-ups InfluxDB will never take, set aside", held.rollups_refused),
            Figure("store_size_bytes", "Size of the sample store at the last upkeep", held.size_bytes),
            Figure("devices", "Devices known", self.registry.device_count()),
            Figure(
                "newcomers",
                "Devices found that nobody has registered or ignored",
                self.newcomers.open_newcomers(SYSTEM),
            ),
            Figure("agents", "Agents enrolled", len(agents)),
            Figure("agents_online", "Agents the broker calls online", sum(agent.online for agent in agents)),
            Figure("alerts_open", "Open alerts not hidden behind a cause", self.alerts.open_count(SYSTEM)),
            *_alert_figures(self.alert_engine.figures()),
            *labelled("facts_refused_total", "Facts not taken", "reason", self.registry.facts_refused),
            *labelled(
                "topology_total", "Tables of stations kept or too old, and moves noticed", "what", self.topology.counts
            ),
            *labelled("http_answers_total", "Answers given", "status", self.answers),
            *self._enforcement.figures(),
            *self.configurations.figures(),
            *self.gauges.figures(),
            *(self.posting.figures() if self.posting else []),
            *self.staging.figures(),
            *self.access_tokens.figures(),
            *self.queries.figures(),
            *self.applications.figures(),
            *self.silences.figures(),
            *self.telling.figures(),
            *self.throughput.figures(),
            *self.workorders.figures(),
            *(figure for work in self.housekeeping for figure in work.figures()),
        ]

    def _write_last_alerts(self) -> None:
        try:
            self.alert_engine.tick(self.clock())
        except Transient as error:
            _log.warning("what was found last is judged again at the next start", extra={"detail": str(error)})

    def _keep_registry(self, _now: int) -> None:
        self.registry.save_agents()
        self.registry.refresh()


def build_app(controller: Controller) -> FastAPI:
    """The HTTP app over a controller, which may be started before or after."""
    app = FastAPI(title="Campanile", version=VERSION, openapi_url=OPENAPI_URL, docs_url=None, redoc_url=None)
    app.state.services = controller
    app.state.identity = controller.identity
    app.state.access_tokens = controller.access_tokens
    app.state.clock = controller.clock
    app.state.health = controller.health
    app.state.metrics = metrics_registry([controller.ingest.figures, controller.figures])
    mount_static(app)
    for router in (
        api.router,
        identity_routes,
        throughput_router(controller.throughput),
        push_router(controller.telling),
        query_router(controller.queries),
        console_router(controller),  # last: it ends with the page that says there is no such page
    ):
        app.router.routes.extend(router.routes)  # `include_router` would build them all anew at the first request
    answer_problems(app)
    app.add_middleware(Guard, answers=controller.answers, public_name=controller.config.http.public_name)
    return app


def _alert_figures(told: EngineFigures) -> list[Figure]:
    return [
        Figure("alert_rules", "Rules in force", told.rules),
        Figure("alert_bindings", "Rules times the series they watch", told.bindings),
        Figure("alert_samples_judged_total", "Samples judged", told.judged),
        Figure("alert_samples_late_total", "Samples too late to raise a live alert", told.late),
        Figure("alerts_flapping", "Open alerts that come and go", told.flapping),
        Figure("alert_changes_waiting", "Changes found and not written yet", told.waiting),
        Figure(
            "alert_changes_dropped_total",
            "Changes let go because the database was away too long, or that can never be written",
            told.dropped,
        ),
        *labelled("alert_changes_written_total", "Changes written", "outcome", Counter(told.written)),
        *(
            Figure("alert_write_delay_ms", "From finding a change to writing it, lately", ms, (("quantile", quantile),))
            for quantile, ms in told.delays_ms.items()
        ),
        Figure("events_forgotten_total", "Reported events deleted for age or number", told.events_forgotten),
    ]


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"data_dir {path} cannot be made: {error.strerror}. Name a folder that may be written"
        ) from error
