"""The catalogue is whole: every text that pages use exists in both languages, and none stands there for nothing."""

import re
import string
from pathlib import Path

from agent.discovery.observation import Source
from agent.traps.port import Drop
from campus.delivery import SetAside
from campus.newcomers import Confidence
from campus.samples import DeviceKind, Severity
from controller.alerts.model import AlertState, Horizon, Owner
from controller.applications.model import Cause
from controller.calendar.model import MARKS, DayKind
from controller.console.language import Language, Text, texts
from controller.console.notices import TOLD
from controller.console.own_rule import QUESTIONS
from controller.console.page import WORST_FIRST, Theme
from controller.console.pages import (
    alerts,
    delivery,
    device,
    network,
    newcomers,
    order_desk,
    order_figures,
    order_list,
    orders,
    readiness,
    rule_list,
    services,
    stickers,
    topology,
    utilisation,
)
from controller.console.rule_form import UNITS_S
from controller.identity.scope import Role
from controller.overview.model import Trouble
from controller.rulings import model as rulings
from controller.silences import model as silences
from controller.telling.model import Reason, Standing
from controller.topology import model as topology_model
from controller.workorders.metrics import By
from controller.workorders.model import OPEN, Act, OrderState, Why
from controller.workorders.model import Source as OrderSource
from controller.workorders.proof import Found
from controller.workorders.reports import Told
from controller.workorders.terms import Away
from firmware_profiles.proof import Proof

CONSOLE = Path(alerts.__file__).parents[1]
SOURCES = [*sorted(CONSOLE.rglob("*.py")), *sorted((CONSOLE / "templates").glob("*.html"))]
_KEY = re.compile(r"""["']([a-z_]+\.[a-z0-9_]+)["']""")
PERIODS = {*device.PERIODS, *network.PERIODS, *utilisation.PERIODS, *order_figures.PERIODS}
MADE = {
    # Keys put together from parts, by the text that begins them.
    "state.": [f"state.{health}" for health in WORST_FIRST],
    "severity.": [f"severity.{severity}" for severity in Severity],
    "kind.": [f"kind.{kind}" for kind in DeviceKind],
    "effect.": [f"effect.{kind}" for kind in DeviceKind],
    "role.": [f"role.{role.name.lower()}" for role in Role],
    "task.": [
        f"task.{task}"
        for task in ("overview", "network", "services", "devices", "alerts", "orders", "utilisation", "settings")
    ],
    "range.": [f"range.{period}" for period in PERIODS],
    "trail.": [
        *(f"trail.{stage}" for stage in (*alerts.STAGES, "silent", "state")),
        *(f"trail.person_{decision}" for decision in ("acknowledged", "unacknowledged")),
    ],
    "part.": [
        f"part.{part}"
        for part in ("freezer", "cold_store", "hot_holding", "floor", "black", "cyan", "magenta", "yellow", *Drop)
    ],
    "link.": ["link.in", "link.out"],
    "settings.theme_": [f"settings.theme_{theme}" for theme in Theme],
    "alerts.state_": [f"alerts.state_{state}" for state in (*AlertState, "all")],
    "utilisation.day_": [f"utilisation.day_{day}" for day in range(7)],
    "utilisation.reason_": [
        f"utilisation.reason_{reason}"
        for reason in ("no_lessons", "not_heard", "always_off", "on_but_idle", "half_known", "little", "regular")
    ],
    "failed.": [f"failed.{what}_{part}" for what in ("missing", "denied", "service") for part in ("title", "text")]
    + ["failed.declined_title"],
    "mine.due_": [f"mine.due_{horizon}" for horizon in Horizon],
    "mine.did_": [f"mine.did_{act}" for act in Act],
    "mine.act_": [f"mine.act_{act}" for act in orders.BUTTONS],
    "mine.show_": [f"mine.show_{name}" for name in orders.Show],
    "mine.refused_": [f"mine.refused_{why}" for why in Why],
    "mine.promise_": [f"mine.promise_{what}{late}" for what in ("response", "repair") for late in ("", "_late")],
    "orders.": [f"orders.{name}" for name in (*order_list.COLUMNS, *order_list.LAST_COLUMNS)],
    "orders.state_": [f"orders.state_{state}" for state in OrderState],
    "orders.show_": [f"orders.show_{name}" for name in order_list.STATES],
    "orders.view_": [f"orders.view_{name}" for name in order_list.VIEWS],
    "orders.source_": [f"orders.source_{source}" for source in OrderSource],
    "orders.clock_": [f"orders.clock_{name}" for name in order_desk.CLOCKS],
    "orders.did_": [f"orders.did_{act}" for act in Act],
    "orders.act_": [f"orders.act_{act}" for act in (*order_desk.PLAIN, *order_desk.REASONED)],
    "orders.refused_": [f"orders.refused_{why}" for why in Why],
    "orders.found_": [f"orders.found_{found}" for found in Found],
    "figures.": [f"figures.{name}" for name in (*order_figures.COUNTS, *order_figures.SPREADS, *order_figures.PARTS)],
    "figures.by_": [f"figures.by_{by}" for by in By],
    "contract.clock_": [f"contract.clock_{away}" for away in Away],
    "sticker.": [f"sticker.{things}" for things in stickers.THINGS],
    "report.told_": [f"report.told_{told}" for told in Told],
    "report.state_": [f"report.state_{state}" for state in OPEN],
    "device.": [f"device.{n}" for n in ("vendor", "model", "serial", "firmware", "hardware", "address", "profile")],
    "devices.": [f"devices.{n}" for n in ("site", "room", "name", "kind", "state", "reason", "vendor", "model")]
    + [f"devices.{n}" for n in ("serial", "firmware", "address", "last_seen")],
    "network.": [f"network.{n}" for n in ("site", "gateway", "port", "capacity_mbps", "direction", "now_mbps")]
    + [f"network.{n}" for n in ("busy_mbps", "busy_at", "p95_mbps", "p95_share", "days_above", "coverage")],
    "services.": [f"services.{name}" for name in services.COLUMNS],
    "services.cause_": [f"services.cause_{cause}" for cause in Cause],
    "delivery.": [f"delivery.{n}" for n in (*delivery.COLUMNS, "is_yes", "is_no")],
    "delivery.told_": [f"delivery.told_{n}" for n in (*TOLD, "turns", "backlog")],
    "delivery.trouble_": [f"delivery.trouble_{trouble}" for trouble in Trouble],
    "delivery.tip_": [f"delivery.tip_{trouble}" for trouble in Trouble],
    "delivery.reason_": [f"delivery.reason_{reason}" for reason in (*SetAside, "unreadable")],
    "newcomers.": [
        f"newcomers.{n}" for n in (*newcomers.COLUMNS, *newcomers.LAST_COLUMNS, *newcomers.Shown, *Confidence)
    ],
    "newcomers.source_": [f"newcomers.source_{source.word}" for source in Source if source is not Source.CONFIGURED]
    + [f"newcomers.source_place_{how}" for how in ("lldp", "cdp", "bridge", "description", "mqtt")],
    "profiles.": [f"profiles.{how}{proof}" for proof in Proof for how in ("", "by_")],
    "ready.": [f"ready.{name}" for name in readiness.COLUMNS],
    "topology.": [f"topology.{n}" for n in (*topology.HEAD, "sure", "likely", "guess")],
    "topology.by_": [f"topology.by_{source}" for source in topology_model.Source],
    "topology.conflict_": [f"topology.conflict_{kind}" for kind in topology_model.ConflictKind],
    "calendar.kind_": [f"calendar.kind_{kind}" for kind in DayKind],
    "calendar.sign_": [f"calendar.sign_{kind}" for kind in MARKS],
    "calendar.what_": [f"calendar.what_{what}" for what in (*MARKS, "term", "period", "meal", "lesson")],
    "silences.kind_": [f"silences.kind_{kind}" for kind in silences.Kind],
    "silences.means_": [f"silences.means_{kind}" for kind in silences.Kind],
    "silences.standing_": [f"silences.standing_{standing}" for standing in silences.Standing],
    "silences.days_": [f"silences.days_{days}" for days in silences.Days],
    "silences.problem_": [f"silences.problem_{problem}" for problem in silences.Problem],
    "silences.for_": [f"silences.for_{name}" for name in ("hour", "lessons", "morning")],
    "rules.tier_": [f"rules.tier_{tier}" for tier in rulings.Tier],
    "rules.when_": [f"rules.when_{when}" for when in rulings.When],
    "rules.owner_": [f"rules.owner_{owner}" for owner in Owner],
    "rules.horizon_": [f"rules.horizon_{horizon}" for horizon in Horizon],
    "rules.kind_": [f"rules.kind_{kind}" for kind in rulings.Kind],
    "rules.ports_": ["rules.ports_uplink", "rules.ports_linked"],
    "rules.show_": [f"rules.show_{show}" for show in rule_list.SHOWS],
    "rules.unit_": [f"rules.unit_{unit}" for unit in UNITS_S],
    "rules.did_": [f"rules.did_{did}" for did in ("saved", "reverted", "granted", "ended")],
    "rules.question_": [f"rules.question_{question}" for question in (*QUESTIONS, "state")],
    "rules.number_": [
        f"rules.number_{name}" for name in (*rulings.NUMBERS, "severity", "when", "is_off", "bad", "question")
    ],
    "telling.standing_": [f"telling.standing_{standing}" for standing in Standing],
    "telling.reason_": [f"telling.reason_{reason}" for reason in Reason],
    "telling.owner_": [f"telling.owner_{owner}" for owner in Owner],
    "telling.day_": [f"telling.day_{day}" for day in range(7)],
    "utilisation.": [f"utilisation.{n}" for n in ("site", "room", "board", "share", "used_h", "lesson_h")]
    + [f"utilisation.{n}" for n in ("known_h", "on_h", "reason")],
}
FILES = {
    "orders.csv",
    "order-metrics.csv",
    "delivery.csv",
    "devices.csv",
    "network.csv",
    "newcomers.csv",
    "services.csv",
    "silences.csv",
    "utilisation.csv",
    "rules.yaml",
}
NAMES_OF_LANGUAGES = {"frame.other_language", "frame.other_language_label"}
CHINESE = re.compile("[\u4e00-\u9fff]")
EMPTY_PARTS = re.compile(r"""parts\.empty\(\s*["'][a-z-]+["'],\s*["']([a-z_.]+)["']""")


def used_keys() -> set[str]:
    rooms = {key.partition(".")[0] for key in texts()}
    found = {key for keys in MADE.values() for key in keys}
    for path in SOURCES:
        content = path.read_text(encoding="utf-8")
        found |= {
            key for key in _KEY.findall(content) if key.partition(".")[0] in rooms and not key.endswith(("_", ".html"))
        }
        for key in EMPTY_PARTS.findall(content):
            found = (found - {key}) | {f"{key}_title", f"{key}_text"}
    return found - FILES


def test_every_key_in_use_has_its_text_and_every_text_is_in_use() -> None:
    used, known = used_keys(), set(texts())
    assert len(known) > 250
    assert used - known == set()
    assert known - used == set()


def test_both_languages_say_the_same_with_the_same_values() -> None:
    for key, text in texts().items():
        assert text.en.strip(), key
        assert names_in(text.en) == names_in(text.zh), key
        assert names_in(text.en_one) <= names_in(text.en), key
        if key not in NAMES_OF_LANGUAGES:
            assert CHINESE.search(text.zh) or key == "common.comma", key
            assert not CHINESE.search(text.en), key


def names_in(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_a_single_thing_has_its_own_english_form() -> None:
    text = Text("{n} schools", "{n} 所学校", "1 school")
    assert [text.said(language, n=n) for language in (Language.EN, Language.ZH) for n in (1, 2)] == [
        "1 school",
        "2 schools",
        "1 所学校",
        "2 所学校",
    ]
