"""The stages between a judgement and an alert people see. Pure: each leaves a named reason on the decision trail.

judged     what was measured, against which rule
damped     it comes and goes, and one alert of it stands already: counted there
duplicate  the same fault is open already: dropped
late       told long after it happened: kept, never raised
silenced   a silence or a maintenance window covers it: raised, and nobody is told while that lasts
same       the device told of it, and a rule finds it too: one alert
flapping   it opened too often lately: raised, and stays open until it is steady
held       it may follow from something else: nobody is told until that is known (`controller.alerts.causes`)
shown      nothing stands against it
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from campus.ids import DeviceId, SiteId
from controller.alerts.causes.model import is_held
from controller.alerts.causes.words import held
from controller.alerts.hushing.flapping import Restless, Score, flapping_step, is_flapping, raised
from controller.alerts.hushing.twins import Twins, event_of, keys_like
from controller.alerts.model import AlertKey, Rule, TrailStep
from controller.alerts.port import Hushed, Quiet
from controller.alerts.reasons import lasting, over, told

JUDGED: Final = "judged"
DUPLICATE: Final = "duplicate"
LATE: Final = "late"
SAME: Final = "same"
SILENCED: Final = "silenced"
HELD: Final = "held"
HIDDEN: Final = "hidden"
SHOWN: Final = "shown"
CLEARED: Final = "cleared"
RULED: Final = "ruled"
"""Closed because somebody switched its rule off."""
HOURS: Final = "hours"


class Outcome(StrEnum):
    """What becomes of a case."""

    RAISED = "raised"
    DROPPED = "dropped"
    JOINED = "joined"
    """An open alert of the same fault goes on as this one."""
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
    beside: tuple[float, ...] = ()
    """What the value was held against, of conditions that are derived: as in `Transition`."""


@dataclass
class Situation:
    """What is open now: alert ids by (rule, site, device, instance), and what else stages and passes go by."""

    open: dict[AlertKey, int] = field(default_factory=dict)
    hold_ms: int = 0
    """How long what may follow from something else is held at most; 0: nobody looks for causes, and nothing is."""
    touched: set[str] = field(default_factory=set)
    """Sites where an alert opened or closed since causes were looked for."""
    twins: Twins = field(default_factory=dict)
    """Rules that say the same as an event."""
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
            touched=set(self.touched),
            scores=dict(self.scores),
            flapping=dict(self.flapping),
        )


@dataclass(frozen=True)
class Decision:
    """Where a case stands after the stages so far. `held_until`, `silence`, `flapping_since` as in `Alert`."""

    steps: tuple[TrailStep, ...] = ()
    outcome: Outcome | None = None
    held_until: int = 0
    silence: int = 0
    flapping_since: int = 0
    other: int = 0
    """Id of the open alert of the same fault, of what is dropped or joined."""

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
    lasted_s = round((case.at - case.since) / 1000)
    english, chinese = told(case.rule, case.value, lasted_s, case.text, case.text_zh, case.beside)
    return decision.after(TrailStep(case.at, JUDGED, "bad", english, chinese))


def _damped(case: Case, situation: Situation, decision: Decision) -> Decision:
    return replace(decision, outcome=Outcome.DAMPED) if key_of(case) in situation.flapping else decision


def _duplicate(case: Case, situation: Situation, decision: Decision) -> Decision:
    alert = situation.open.get(key_of(case))
    if alert is None:
        return decision
    step = TrailStep(case.at, DUPLICATE, "dropped", f"alert {alert} is open already", f"告警 {alert} 已存在")
    return replace(decision.after(step), outcome=Outcome.DROPPED, other=alert)


def _late(case: Case, _: Situation, decision: Decision) -> Decision:
    if not case.arrived_late_ms:
        return decision
    english, chinese = lasting(case.arrived_late_ms / 1000)
    step = TrailStep(case.at, LATE, "kept", f"arrived {english} after it happened", f"发生{chinese}后才收到")
    return replace(decision.after(step), outcome=Outcome.KEPT)


def _same(case: Case, situation: Situation, decision: Decision) -> Decision:
    key = key_of(case)
    for like in keys_like(key, situation.twins):
        if like in situation.open:
            step = TrailStep(case.at, SAME, "joined", "the device reported it too", "设备自身也上报了该故障")
            return replace(decision.after(step), outcome=Outcome.DROPPED, other=situation.open[like])
    told = key._replace(rule=event_of(case.rule))
    if told not in situation.open:
        return decision
    step = TrailStep(
        case.at, SAME, "joined", "the device had reported it; now it is measured", "设备此前已上报，现已测得"
    )
    return replace(decision.after(step), outcome=Outcome.JOINED, other=situation.open[told])


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


def _held(case: Case, situation: Situation, decision: Decision) -> Decision:
    if not situation.hold_ms or not is_held(case.rule):
        return decision
    step = TrailStep(case.at, HELD, "held", *held(situation.hold_ms // 1000))
    return replace(decision.after(step), outcome=Outcome.RAISED, held_until=case.at + situation.hold_ms)


def _shown(case: Case, _: Situation, decision: Decision) -> Decision:
    if decision.silence:
        return replace(decision, outcome=Outcome.RAISED)
    step = TrailStep(case.at, SHOWN, "raised", "nothing stands against it", "没有需要暂缓或静默的原因，照常告警")
    return replace(decision.after(step), outcome=Outcome.RAISED)


STAGES: Final[tuple[Stage, ...]] = (_judged, _damped, _duplicate, _late, _same, _flapping, _silenced, _held, _shown)


def key_of(case: Case) -> AlertKey:
    """What may be open only once."""
    return AlertKey(case.rule.id, case.site, case.device, case.instance)


def silenced_step(at: int, hushed: Hushed) -> TrailStep:
    """Said when an alert goes under a silence or a maintenance window."""
    return TrailStep(at, SILENCED, "silenced", f"under {hushed.text}", f"处于{hushed.text_zh}")


def unsilenced_step(at: int, silence: int) -> TrailStep:
    """Said when its window is over and the alert is still open."""
    return TrailStep(
        at, SILENCED, "told", f"window {silence} is over, this is not", f"窗口 {silence} 已结束，此告警仍未恢复"
    )


def cleared_step(at: int, rule: Rule, value: float) -> TrailStep:
    """Said when the condition has cleared."""
    return TrailStep(at, CLEARED, "cleared", *over(rule, value))


def rested_step(at: int) -> TrailStep:
    """Said when an open alert is closed because the hours of its rule are over."""
    return TrailStep(at, HOURS, "cleared", "outside of these hours this is not judged", "不在规定时段内，不再判断")


def abandoned_step(at: int, why: tuple[str, str] | None = None) -> TrailStep:
    """Said when an open alert is closed because nothing watches it any more; `why` in both languages, where it is known."""
    if why is not None:
        return TrailStep(at, RULED, "cleared", *why)
    return TrailStep(at, CLEARED, "cleared", "no rule watches this any more", "已无规则监测此项")
