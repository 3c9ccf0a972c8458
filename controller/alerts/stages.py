"""The stages between a judgement and an alert people see. Pure: each leaves a named reason on the decision trail.

judged     what was measured, against which rule
damped     it comes and goes, and one alert of it stands already: counted there
duplicate  the same fault is open already: dropped
late       told long after it happened: kept, never raised
silenced   a silence or a maintenance window covers it: raised, and nobody is told while that lasts
flapping   it opened too often lately: raised, and stays open until it is steady
hidden     its site's silence has a cause of its own: stands behind that alert
shown      nothing stands against it
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from campus.ids import DeviceId, SiteId
from controller.alerts.flapping import Restless, Score, flapping_step, is_flapping, raised
from controller.alerts.model import AlertKey, Rule, TrailStep
from controller.alerts.port import Hushed, Quiet
from controller.alerts.reasons import lasting, over, told

JUDGED: Final = "judged"
DUPLICATE: Final = "duplicate"
LATE: Final = "late"
SILENCED: Final = "silenced"
HIDDEN: Final = "hidden"
SHOWN: Final = "shown"
CLEARED: Final = "cleared"
HOURS: Final = "hours"


class Outcome(StrEnum):
    """What becomes of a case."""

    RAISED = "raised"
    DROPPED = "dropped"
    DAMPED = "damped"
    """Counted on the alert that comes and goes."""
    KEPT = "kept"
    """Written down as over already."""


@dataclass(frozen=True)
class Case:
    """A fault on its way to become an alert. `at` is when it was judged, `since` when it began, in UTC ms."""

    rule: Rule
    site: SiteId
    device: DeviceId
    instance: str
    at: int
    since: int
    value: float
    text: str = ""
    """What the device itself said, or who judged it elsewhere; empty for a rule over one series."""
    text_zh: str = ""
    """The same in Chinese, of what was judged elsewhere; a device speaks as it does."""
    arrived_late_ms: int = 0


@dataclass
class Situation:
    """What is open now: alert ids by (rule, site, device, instance), and the causes of silence by site."""

    open: dict[AlertKey, int] = field(default_factory=dict)
    causes: dict[str, list[int]] = field(default_factory=dict)
    scores: dict[AlertKey, Score] = field(default_factory=dict)
    """How often what opened lately did so."""
    flapping: dict[AlertKey, Restless] = field(default_factory=dict)
    """Open alerts that come and go."""
    quiet: Quiet | None = None
    """What is silenced now."""
    quiet_looked_at: Quiet | None = None
    """What was silenced when the open alerts were looked at last."""

    def copy(self) -> "Situation":
        """One that does not change with this one."""
        return replace(
            self,
            open=dict(self.open),
            causes={site: list(causes) for site, causes in self.causes.items()},
            scores=dict(self.scores),
            flapping=dict(self.flapping),
        )


@dataclass(frozen=True)
class Decision:
    """Where a case stands after the stages so far. `cause`, `held_until`, `silence`, `flapping_since` as in `Alert`."""

    steps: tuple[TrailStep, ...] = ()
    outcome: Outcome | None = None
    cause: int = 0
    held_until: int = 0
    silence: int = 0
    flapping_since: int = 0

    def after(self, step: TrailStep) -> "Decision":
        """The same, one step later."""
        return replace(self, steps=(*self.steps, step))


Stage = Callable[[Case, Situation, Decision], Decision]


def decide(case: Case, situation: Situation) -> Decision:
    """Lead a case through all stages until one settles it."""
    decision = Decision()
    for stage in STAGES:
        decision = stage(case, situation, decision)
        if decision.outcome is not None:
            break
    return decision


def _judged(case: Case, _: Situation, decision: Decision) -> Decision:
    english, chinese = told(case.rule, case.value, round((case.at - case.since) / 1000), case.text, case.text_zh)
    return decision.after(TrailStep(case.at, JUDGED, "bad", english, chinese))


def _damped(case: Case, situation: Situation, decision: Decision) -> Decision:
    return replace(decision, outcome=Outcome.DAMPED) if key_of(case) in situation.flapping else decision


def _duplicate(case: Case, situation: Situation, decision: Decision) -> Decision:
    alert = situation.open.get(key_of(case))
    if alert is None:
        return decision
    step = TrailStep(case.at, DUPLICATE, "dropped", f"alert {alert} is open already", f"告警 {alert} 已存在")
    return replace(decision.after(step), outcome=Outcome.DROPPED)


def _late(case: Case, _: Situation, decision: Decision) -> Decision:
    if not case.arrived_late_ms:
        return decision
    english, chinese = lasting(case.arrived_late_ms / 1000)
    step = TrailStep(case.at, LATE, "kept", f"arrived {english} after it happened", f"发生{chinese}后才收到")
    return replace(decision.after(step), outcome=Outcome.KEPT)


def _flapping(case: Case, situation: Situation, decision: Decision) -> Decision:
    if not is_flapping(raised(situation.scores.get(key_of(case)), case.at)):
        return decision
    return replace(decision.after(flapping_step(case.at)), flapping_since=case.at)


def _silenced(case: Case, situation: Situation, decision: Decision) -> Decision:
    quiet = situation.quiet
    hushed = quiet.covering(case.site, case.device, case.rule, case.rule.severity) if quiet else None
    if hushed is None:
        return decision
    return replace(decision.after(silenced_step(case.at, hushed)), silence=hushed.silence)


def _hidden(case: Case, situation: Situation, decision: Decision) -> Decision:
    causes = situation.causes.get(case.site, [])
    if not causes or not case.rule.is_silence or case.rule.is_cause:
        return decision
    step = hidden_step(case.at, causes[0])
    return replace(decision.after(step), outcome=Outcome.RAISED, cause=causes[0])


def _shown(case: Case, _: Situation, decision: Decision) -> Decision:
    if decision.silence:
        return replace(decision, outcome=Outcome.RAISED)
    step = TrailStep(case.at, SHOWN, "raised", "nothing stands against it", "无抑制条件")
    return replace(decision.after(step), outcome=Outcome.RAISED)


STAGES: Final[tuple[Stage, ...]] = (_judged, _damped, _duplicate, _late, _flapping, _silenced, _hidden, _shown)


def key_of(case: Case) -> AlertKey:
    """What may be open only once."""
    return AlertKey(case.rule.id, case.site, case.device, case.instance)


def hidden_step(at: int, cause: int) -> TrailStep:
    """Said when an alert goes behind its cause."""
    return TrailStep(
        at, HIDDEN, "hidden", f"behind alert {cause}: its site is cut off", f"由告警 {cause} 引起：所在学校断网"
    )


def silenced_step(at: int, hushed: Hushed) -> TrailStep:
    """Said when an alert goes under a silence or a maintenance window."""
    return TrailStep(at, SILENCED, "silenced", f"under {hushed.text}", f"处于{hushed.text_zh}")


def unsilenced_step(at: int, silence: int) -> TrailStep:
    """Said when its window is over and the alert is still open."""
    return TrailStep(
        at, SILENCED, "told", f"window {silence} is over, this is not", f"窗口 {silence} 已结束，此告警仍未恢复"
    )


def released_step(at: int, cause: int) -> TrailStep:
    """Said when the cause is gone and the alert is still open."""
    return TrailStep(at, SHOWN, "raised", f"alert {cause} cleared, this did not", f"告警 {cause} 已恢复，但此告警仍在")


def cleared_step(at: int, rule: Rule, value: float) -> TrailStep:
    """Said when the condition has cleared."""
    return TrailStep(at, CLEARED, "cleared", *over(rule, value))


def rested_step(at: int) -> TrailStep:
    """Said when an open alert is closed because the hours of its rule are over."""
    return TrailStep(at, HOURS, "cleared", "outside of these hours this is not judged", "不在规定时段内，不再判断")


def abandoned_step(at: int) -> TrailStep:
    """Said when an open alert is closed because nothing watches it any more."""
    return TrailStep(at, CLEARED, "cleared", "no rule watches this any more", "已无规则监测此项")
