"""The same fault told twice: by the device itself, as an event, and by a rule over what is polled of it. Pure.

A profile makes such events informative where it polls the metric too; this is for devices that are told of by another
profile, or by their own agent. People see one alert: the rule's, which knows when it is over.
"""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from controller.alerts.model import AlertKey, Rule, States


class Reading(NamedTuple):
    """A metric, and the states of it that say what an event says."""

    metric: str
    states: frozenset[str]


TWINS: Final[Mapping[str, Reading]] = {
    "event:link_down": Reading("if_oper_state", frozenset({"down", "lower_layer_down"})),
    "event:mains_down": Reading("ups_source_state", frozenset({"battery"})),
}
"""By the rule id of the event. Both are about the same part of the same device."""
Twins = Mapping[str, tuple[str, ...]]
"""Rule ids by the rule id of the event that says the same."""


def event_of(rule: Rule) -> str:
    """The rule id of the event that says the same as a rule; empty when there is none."""
    if not isinstance(rule.condition, States):
        return ""
    bad = rule.condition.bad
    return next(
        (event for event, reading in TWINS.items() if rule.metric == reading.metric and reading.states & {*bad}), ""
    )


def twins_of(rules: Iterable[Rule]) -> Twins:
    """Which rules say the same as which events."""
    found: dict[str, tuple[str, ...]] = {}
    for rule in rules:
        if event := event_of(rule):
            found[event] = (*found.get(event, ()), rule.id)
    return found


def keys_like(key: AlertKey, twins: Twins) -> list[AlertKey]:
    """The keys of rules that say the same as an event."""
    return [key._replace(rule=rule) for rule in twins.get(key.rule, ())]


def fault_of(key: AlertKey, rule: Rule) -> AlertKey:
    """One key for both: changes with the same one matter to one another."""
    return key._replace(rule=event) if (event := event_of(rule)) else key
