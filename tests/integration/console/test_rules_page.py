"""Rules on the console: the list, one rule, trying, saving and undoing a change, exceptions, rules of one's own, files."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from httpx import Response

from campus.ids import Instance, MetricId
from controller.alerts.model import Threshold
from controller.identity.model import ScopeSpec
from controller.identity.scope import SYSTEM, Role
from controller.main import Controller
from controller.rulings.model import Adjustment, Place
from controller.store.port import Batch, DistrictSeries, FrameMark
from tests.servers.daemon import wait_until
from tests.support.district import DAY_MS, KITCHEN, NO_1, NO_2, NOW, address_of, enrolment, school_facts
from tests.support.standing import signed_in, standing_controller
from tests.support.visitor import Visitor

SAME_PAGE = {"Sec-Fetch-Site": "same-origin"}
SCRIPT = "<script>alert(1)</script>"
SCHOOL = f"school:{NO_1}"
FREEZER = "freezer-warm"


@pytest.fixture
def standing(tmp_path: Path) -> Iterator[Controller]:
    with standing_controller(tmp_path, enrolment()) as controller:
        for site in (NO_1, NO_2):
            controller.registry.learn_facts(address_of(site), school_facts(site), NOW)
        yield controller


def operator(controller: Controller, **place: str) -> Visitor:
    return signed_in(controller, ScopeSpec(Role.OPERATOR, "chen", **place))  # type: ignore[arg-type]


def page(who: Visitor, path: str, language: str = "en", status: int = 200) -> str:
    answer = who.get(path, headers={"Accept-Language": language, "Accept": "text/html"})
    assert answer.status_code == status, answer.text
    return answer.text


def send(who: Visitor, path: str, **form: str) -> Response:
    return who.post(path, data=form, headers=SAME_PAGE | {"Accept-Language": "en", "Accept": "text/html"})


def filled(who: Visitor, at: str = SCHOOL, rule: str = FREEZER) -> dict[str, str]:
    """The form of a rule's page as a browser would send it untouched."""
    text = page(who, f"/rules/{rule}?at={at}")
    form = dict(re.findall(r'<input[^>]* name="([a-z_]+)" value="([^"]*)"', text)) | {"at": at}
    for name, options in re.findall(r'<select class="field" name="([a-z_]+)"[^>]*>(.*?)</select>', text, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        form[name] = chosen[1] if chosen else ""
    form.pop("is_off", None)
    return form


def warm_kitchen(controller: Controller) -> None:
    """A day of a freezer that is too warm for two hours."""
    ids = controller.store.series_ids(
        [DistrictSeries(NO_1, KITCHEN, MetricId("temperature_cel"), Instance("freezer-1"))]
    )
    at = np.arange(NOW - DAY_MS, NOW, 60_000, dtype=np.int64)
    value = np.where((at > NOW - 5 * 3_600_000) & (at < NOW - 3 * 3_600_000), -5.0, -18.0)
    mark = FrameMark(NO_1, address_of(NO_1).agent, 1, 1)
    controller.store.append(Batch([mark], np.repeat(ids, len(at)), at, value))


def test_rules_of_every_kind_have_a_page_in_both_languages(standing: Controller) -> None:
    chen = operator(standing)
    listed = page(chen, "/rules")
    effects = standing.rulings.effects(SYSTEM, standing.rulings.home(SYSTEM))
    assert len(effects) > 50
    assert all(f"/rules/{effect.known.id}?at=" in listed for effect in effects)
    kinds = {type(effect.known.condition): effect.known.id for effect in effects}
    assert len(kinds) >= 8
    for rule in kinds.values():
        for language in ("en", "zh-CN"):
            assert "rules." not in page(chen, f"/rules/{rule}", language), "a text that is not filled in"


def test_the_list_is_searched_and_narrowed(standing: Controller) -> None:
    chen = operator(standing)
    found = page(chen, "/rules?q=freezer")
    assert "/rules/freezer-warm?" in found
    assert "/rules/gas-leak?" not in found
    assert "No rule matches" in page(chen, "/rules?show=changed")
    standing.rulings.change(SYSTEM, Place.school(NO_1), FREEZER, Adjustment(hold_s=60.0))
    assert "/rules/freezer-warm?" in page(chen, f"/rules?show=changed&at={SCHOOL}")
    assert "/rules/freezer-warm?" not in page(chen, "/rules?show=changed"), "the bureau changed nothing"


def test_a_change_is_saved_and_taken_back(standing: Controller) -> None:
    chen = operator(standing)
    form = filled(chen) | {"hold_s": "2", "hold_s_unit": "min", "reason": SCRIPT}
    saved = send(chen, f"/rules/{FREEZER}/save", **form)
    assert saved.status_code == 303
    told = page(chen, saved.headers["location"])
    assert "It is in force within seconds" in told
    assert "For at least 2 min" in told.replace("\xa0", " ")
    assert SCRIPT not in told
    (decided,) = standing.rulings.history(SYSTEM, FREEZER)
    assert decided.adjustment == Adjustment(hold_s=120.0)
    send(chen, f"/rules/{FREEZER}/revert", at=SCHOOL)
    assert standing.rulings.effect(SYSTEM, Place.school(NO_1), FREEZER).steps == ()
    assert len(standing.rulings.history(SYSTEM, FREEZER)) == 2


def test_what_is_saved_is_in_force_at_once(standing: Controller) -> None:
    (enforcing,) = [work for work in standing.housekeeping if work.name == "rulings"]
    enforcing.start()
    try:
        wait_until(lambda: enforcing.rounds > 0, "the first round, which finds nothing to do")
        chen = operator(standing)
        send(chen, f"/rules/{FREEZER}/save", **(filled(chen) | {"hold_s": "2", "hold_s_unit": "min"}))
        wait_until(lambda: _hold_s(standing) == 120.0, "the rule that was saved")
    finally:
        enforcing.stop()
    assert "rulings_taken_total" in {figure.name for figure in standing.figures()}


def _hold_s(controller: Controller) -> float:
    condition = controller.alerts.rule(FREEZER, NO_1).condition
    assert isinstance(condition, Threshold)
    return condition.hold_s


def test_an_untouched_form_changes_nothing(standing: Controller) -> None:
    chen = operator(standing)
    assert send(chen, f"/rules/{FREEZER}/save", **filled(chen)).status_code == 303
    assert standing.rulings.history(SYSTEM, FREEZER) == []


def test_what_is_too_loose_is_refused_with_what_was_written(standing: Controller) -> None:
    chen = operator(standing, site=NO_1)
    form = filled(chen) | {"level": "-3", "reason": "an old freezer"}
    refused = send(chen, f"/rules/{FREEZER}/save", **form)
    assert refused.status_code == 422
    assert "The level above demands more: Alert beyond, Good again at" in refused.text
    assert 'value="-3"' in refused.text
    assert "an old freezer" in refused.text
    assert "Allow it as an exception" not in refused.text, "that is for a level above"
    senseless = send(chen, f"/rules/{FREEZER}/save", **(form | {"level": "warm"}))
    assert "“Alert beyond” holds no number" in senseless.text


def test_an_exception_is_granted_by_the_level_above_until_a_day_and_ended(standing: Controller) -> None:
    chen = operator(standing)
    form = filled(chen) | {"level": "-3", "reason": "an old freezer", "until": "2026-09-20"}
    granted = send(chen, f"/rules/{FREEZER}/exception", **form)
    assert granted.status_code == 303
    (running,) = standing.rulings.current_exceptions(SYSTEM)
    assert (running.reason, running.user) == ("an old freezer", "chen")
    assert "Exceptions that are running" in page(operator(standing, site=NO_1), "/rules")
    without_reason = send(chen, f"/rules/{FREEZER}/exception", **(form | {"reason": ""}))
    assert without_reason.status_code == 422
    send(chen, f"/rules/{FREEZER}/end-exception", at=SCHOOL)
    assert standing.rulings.current_exceptions(SYSTEM) == []


def test_a_technician_tries_and_does_not_save(standing: Controller) -> None:
    warm_kitchen(standing)
    li = signed_in(standing, ScopeSpec(Role.TECHNICIAN, "li", site=NO_1))
    form = filled(li) | {"hold_s": "10", "hold_s_unit": "min", "days": "7"}
    begun = send(li, f"/rules/{FREEZER}/try", **form)
    assert begun.status_code == 303
    address = begun.headers["location"].partition("#")[0]
    wait_until(lambda: "What it would have sent" in page(li, address), "the end of the trial")
    told = page(li, address)
    assert re.search(r"As tried</span><span class=\"figure-value\">1<", told)
    assert 'value="10"' in told, "the form keeps what was tried"
    assert "/chart?metric=temperature_cel" in page(li, f"{address}&case=0").replace("&amp;", "&")
    assert send(li, f"/rules/{FREEZER}/save", **form).status_code == 403
    ticket = parse_qs(urlsplit(address).query)["trial"][0]
    stranger = page(operator(standing, site=NO_2), f"/rules/{FREEZER}?trial={ticket}")
    assert "This trial is forgotten" in stranger


def test_a_rule_of_ones_own_is_made_by_a_form_and_removed(standing: Controller) -> None:
    chen = operator(standing, site=NO_1)
    assert "What is measured" in page(chen, "/rules/new")
    assert "Bad states" in page(chen, "/rules/new?metric=door_state")
    form = {
        "at": SCHOOL,
        "metric": "humidity_percent",
        "title": "The library is damp",
        "advice": f"Open a window. {SCRIPT}",
        "question": "above",
        "level": "70",
        "clear_level": "65",
        "hold_s": "10",
        "hold_s_unit": "min",
        "severity": "minor",
        "when": "always",
    }
    assert send(chen, "/rules/new", **(form | {"level": "damp"})).status_code == 422
    assert send(chen, "/rules/new", **(form | {"level": "170"})).status_code == 422
    made = send(chen, "/rules/new", **form)
    assert made.status_code == 303
    told = page(chen, made.headers["location"])
    assert "The library is damp" in told
    assert SCRIPT not in told
    assert f"the-library-is-damp@{NO_1}" in page(chen, "/rules")
    assert page(operator(standing, site=NO_2), f"/rules/the-library-is-damp@{NO_1}", status=404)
    exported = chen.get("/rules.yaml").text
    assert send(chen, f"/rules/the-library-is-damp@{NO_1}/remove", at=SCHOOL).status_code == 303
    assert "the-library-is-damp" not in page(chen, "/rules")
    upload = {"file": ("rules.yaml", exported.encode(), "application/yaml")}
    taken = chen.post("/rules/import", data={"at": SCHOOL}, files=upload, headers=SAME_PAGE)
    assert taken.status_code == 303
    assert "1 decision taken over" in page(chen, taken.headers["location"])


def test_a_file_that_is_wrong_is_refused_whole(standing: Controller) -> None:
    chen = operator(standing, site=NO_1)
    broken = b"changed:\n  freezer-warm: {hold_s: 60}\n  gas-leak: {levle: 5}\n"
    upload = {"file": ("rules.yaml", broken, "application/yaml")}
    headers = SAME_PAGE | {"Accept-Language": "en"}
    refused = chen.post("/rules/import", data={"at": SCHOOL}, files=upload, headers=headers)
    assert refused.status_code == 422
    assert "rules.yaml:3" in refused.text
    assert "level" in refused.text
    assert standing.rulings.history(SYSTEM, FREEZER) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"changed: {}\nown:\n- &a {<<: *a}\n", "rules.yaml:3: *a: write out"),
        (b"changed:\n  freezer-warm: {hold_s: 60}\n" + b"# \n" * 70_000, "larger than 200 kB"),
    ],
)
def test_a_file_that_unfolds_or_is_too_long_is_refused_and_not_cut(
    standing: Controller, content: bytes, said: str
) -> None:
    upload, headers = {"file": ("rules.yaml", content, "application/yaml")}, SAME_PAGE | {"Accept-Language": "en"}
    refused = operator(standing, site=NO_1).post("/rules/import", data={"at": SCHOOL}, files=upload, headers=headers)
    assert refused.status_code == 422
    assert said in refused.text
    assert standing.rulings.history(SYSTEM, FREEZER) == []


def test_a_file_is_not_even_read_for_who_may_not_decide(standing: Controller) -> None:
    viewer = signed_in(standing, ScopeSpec(Role.VIEWER, "wu", site=NO_1))
    upload = {"file": ("rules.yaml", b"changed: {nothing: {levle: 5}}", "application/yaml")}
    assert viewer.post("/rules/import", data={"at": SCHOOL}, files=upload, headers=SAME_PAGE).status_code == 403
