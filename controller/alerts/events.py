"""Alerts that come from a moment an agent reported, not from a rule over samples. Pure.

They stand under the rule id ``event:KIND``. A moment has no end: such an alert stays open until somebody acknowledges
it, or until it is `FORGOTTEN_AFTER_S` old.
"""

from typing import Final

from campus.samples import Event, Severity
from controller.alerts.model import Absence, Rule, Wording

EVENT_PREFIX: Final = "event:"
FORGOTTEN_AFTER_S: Final = 86_400.0
_WORTH_AN_ALERT: Final = frozenset({Severity.MINOR, Severity.MAJOR, Severity.CRITICAL})


def is_worth_an_alert(event: Event) -> bool:
    """Whether somebody should look: `info` is only to know."""
    return event.severity in _WORTH_AN_ALERT


def event_rule_id(kind: str) -> str:
    """The rule id of events of a kind."""
    return EVENT_PREFIX + kind[:100]


def event_rule(rule_id: str, severity: Severity = Severity.MINOR) -> Rule:
    """A rule to show beside an event's alert.

    >>> event_rule("event:link_down").title_en
    'Reported by the device: link down'
    """
    words = rule_id.removeprefix(EVENT_PREFIX).replace("_", " ")
    return Rule(
        id=rule_id,
        metric="",
        condition=Absence(FORGOTTEN_AFTER_S),
        severity=severity,
        title_en=f"Reported by the device: {words}",
        title_zh=f"设备上报：{words}",
        advice_en="The device reported this itself. Look at what it says, check the device, then acknowledge.",
        advice_zh="这是设备自己上报的消息。请查看内容、检查设备，然后确认。",
        count=Wording(
            one_en="1 device reported a problem", many_en="{n} device reports need a look", zh="{n} 条设备上报待处理"
        ),
    )
