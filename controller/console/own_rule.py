"""A place's own rule out of the few fields of a form: one metric, one question about it, and what to do."""

import re
from collections.abc import Mapping
from typing import Any, Final

from campus.ids import MetricId
from campus.metrics import Metric, MetricKind, publishable
from campus.samples import DeviceKind, Severity
from controller.alerts.model import Absence, Comparison, Condition, Rule, States, Threshold
from controller.console.rule_form import UNITS_S, Unreadable
from controller.identity.scope import NotFound
from controller.rulings.model import NotAllowed, When
from controller.rulings.own import counted

QUESTIONS: Final = ("above", "below", "silent")
"""What may be asked of a number; of a state it is which ones are bad, or silence."""
_UNFIT: Final = re.compile(r"[^a-z0-9]+")


def metric_of(name: str) -> Metric:
    """A metric of the catalogue that rules may watch, or `NotFound`."""
    found = publishable().get(MetricId(name))
    if found is None:
        raise NotFound
    return found


def form_of(rule: Rule) -> dict[str, str]:
    """The fields of a rule that such a form made."""
    condition = rule.condition
    form = {
        "name": rule.id.partition("@")[0],
        "title": rule.title_en,
        "advice": rule.advice_en,
        "instance": rule.instance,
    }
    form |= {"kind": rule.kinds[0].value if rule.kinds else "", "severity": rule.severity.value}
    form["when"] = When.ALWAYS.value if rule.only is None else rule.only.value
    if isinstance(condition, Absence):
        return form | {"question": "silent", "hold_s": f"{condition.after_s:g}", "hold_s_unit": "s"}
    if isinstance(condition, States | Threshold):
        form |= {"hold_s": f"{condition.hold_s:g}", "hold_s_unit": "s"}
    if isinstance(condition, Threshold):
        clear = condition.level if condition.clear_level is None else condition.clear_level
        form |= {"level": f"{condition.level:.10g}", "clear_level": f"{clear:.10g}"}
        form["question"] = condition.comparison.value
    return form


def rule_of(form: Mapping[str, str], bad: tuple[str, ...]) -> Rule:
    """The rule a form means, under its name alone; `NotAllowed` or `Unreadable` where it means none."""
    metric = form.get("metric", "")
    metric_of(metric)
    title, advice = (" ".join(form.get(name, "").split())[:most] for name, most in (("title", 80), ("advice", 500)))
    if not title or not advice:
        raise NotAllowed("title: say in a few words what is wrong when it is found, and what to do then")
    kind, severity, when = form.get("kind", ""), form.get("severity", ""), form.get("when", "")
    return Rule(
        id=form.get("name") or name_for(title, metric),
        metric=metric,
        condition=_condition(form, metric, bad),
        severity=Severity(severity) if severity in set(Severity) else Severity.MINOR,
        title_en=title,
        title_zh=title,
        advice_en=advice,
        advice_zh=advice,
        count=counted(title, title),
        kinds=(DeviceKind(kind),) if kind in set(DeviceKind) else (),
        instance=form.get("instance", "").strip()[:128] or "*",
        only=When(when).only if when in set(When) else None,
    )


def name_for(title: str, metric: str) -> str:
    """A name out of a title that has Latin letters, else out of the metric.

    >>> name_for("The canteen is warm", "temperature_cel"), name_for("食堂过热", "temperature_cel")
    ('the-canteen-is-warm', 'temperature-cel')
    """
    name = _UNFIT.sub("-", title.lower()).strip("-")[:40].strip("-")
    return name or _UNFIT.sub("-", metric)


def _condition(form: Mapping[str, str], metric: str, bad: tuple[str, ...]) -> Condition:
    hold_s = _number(form, "hold_s", 0.0) * UNITS_S.get(form.get("hold_s_unit", "s"), 1)
    question = form.get("question", "")
    if question == "silent":
        return Absence(hold_s)
    if publishable()[MetricId(metric)].kind is MetricKind.STATE:
        return States(bad, hold_s, clear_hold_s=0.0)
    level = _number(form, "level")
    clear: Any = _number(form, "clear_level", level)
    side = Comparison.BELOW if question == "below" else Comparison.ABOVE
    return Threshold(side, level, clear, hold_s)


def _number(form: Mapping[str, str], name: str, usual: float | None = None) -> float:
    text = form.get(name, "").strip().replace(",", ".")
    if not text and usual is not None:
        return usual
    try:
        return float(text)
    except ValueError as error:
        raise Unreadable(name) from error
