"""Alerts that come from a moment an agent reported, not from a rule over samples. Pure.

They stand under the rule id ``event:KIND``. A kind that ends in ``_down`` is over when its ``_up`` comes, in whichever
order the two arrive. Other moments
have no end: such an alert stays open until somebody acknowledges it, or until it is `FORGOTTEN_AFTER_S` old.
"""

from typing import Final

from campus.ids import SiteId
from campus.samples import Event, Severity
from controller.alerts.model import Absence, Rule, Wording

EVENT_PREFIX: Final = "event:"
FORGOTTEN_AFTER_S: Final = 86_400.0
_TITLES: Final = {
    "mqtt_listener_down": ("The agent has lost the school's MQTT broker", "采集器与学校 MQTT 服务器断开"),
    "mqtt_listener_up": ("The agent hears the school's MQTT broker", "采集器已连接学校 MQTT 服务器"),
    "identity_clash": ("Two processes use the name of this agent", "两个进程使用同一采集器身份"),
    "device_restarted": ("The device has restarted", "设备已重启"),
    "cold_start": ("The device has started", "设备冷启动"),
    "warm_start": ("The device has restarted by itself or by a command", "设备热启动"),
    "link_down": ("A port went down", "端口断开"),
    "link_up": ("A port came up", "端口已连接"),
    "login_down": ("The device refuses the agent's login", "设备拒绝采集器登录"),
    "login_up": ("The device lets the agent log in again", "采集器恢复登录设备"),
    "authentication_failure": ("Somebody used a wrong password at the device", "设备登录认证失败"),
    "topology_changed": ("The spanning tree changed", "生成树拓扑变化"),
    "hardware_changed": ("Modules or parts changed", "硬件配置变化"),
    "configuration_changed": ("The configuration was changed", "设备配置被修改"),
    "configuration_recorded": ("The configuration was changed", "设备配置有变化"),
    "configuration_changed_outside": (
        "The configuration was changed outside the change window",
        "设备配置在变更时间窗外被修改",
    ),
    "configuration_access_down": ("The configuration cannot be fetched", "无法获取设备配置"),
    "configuration_access_up": ("The configuration is fetched again", "已重新获取设备配置"),
    "mains_down": ("The UPS runs on its battery", "UPS 正由电池供电"),
    "mains_up": ("The UPS has mains again", "UPS 恢复市电供电"),
    "temperature_ok_down": ("A part of the device is too warm", "设备部件温度过高"),
    "temperature_ok_up": ("The part has cooled down", "部件温度恢复正常"),
    "trap_storm": ("The device sent more traps than were told", "设备陷阱消息过多，已合并"),
    "device_moved": ("A device has moved", "设备位置或地址变化"),
    "device_replaced": ("There is another device in its place", "设备被更换"),
    "device_vanished": ("A device is not found any more", "设备不再被发现"),
    "unknown_trap": ("The device sent a trap that no profile knows", "设备发送了未知的陷阱消息"),
}
"""Titles of what our own agents report and shipped profiles make of traps; a device's own words stand for the rest."""
_WORTH_AN_ALERT: Final = frozenset({Severity.MINOR, Severity.MAJOR, Severity.CRITICAL})


def is_worth_an_alert(event: Event) -> bool:
    """Whether somebody should look: `info` is only to know."""
    return event.severity in _WORTH_AN_ALERT


def event_rule_id(kind: str) -> str:
    """The rule id of events of a kind."""
    return EVENT_PREFIX + kind[:100]


def ended_kind(kind: str) -> str | None:
    """The kind of event that this one is the end of; None when it ends nothing.

    >>> ended_kind("link_up"), ended_kind("device_restarted")
    ('link_down', None)
    """
    return kind.removesuffix("_up") + "_down" if kind.endswith("_up") else None


class Newest:
    """The newest of each pair of ``_up`` and ``_down`` heard so far: frames of a backlog come after the live ones.

    Remembers `capacity` pairs, the latest told ones.
    """

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._heard: dict[tuple[str, str, str, str], int] = {}

    def is_overtaken(self, site: SiteId, event: Event) -> bool:
        """Note an event; whether its counterpart, or the same again, happened after it and was heard before it."""
        stem, _, side = event.kind.rpartition("_")
        if side not in {"up", "down"}:
            return False
        key = (site, event.device, stem, event.instance)
        newest = self._heard.pop(key, event.occurred_at)
        self._heard[key] = max(newest, event.occurred_at)
        if len(self._heard) > self._capacity:
            del self._heard[next(iter(self._heard))]
        return event.occurred_at < newest


def event_rule(rule_id: str, severity: Severity = Severity.MINOR) -> Rule:
    """A rule to show beside an event's alert.

    >>> event_rule("event:fan_failed").title_en
    'Reported by the device: fan failed'
    """
    kind = rule_id.removeprefix(EVENT_PREFIX)
    words = kind.replace("_", " ")
    title_en, title_zh = _TITLES.get(kind, (f"Reported by the device: {words}", f"设备上报：{words}"))
    return Rule(
        id=rule_id,
        metric="",
        condition=Absence(FORGOTTEN_AFTER_S),
        severity=severity,
        title_en=title_en,
        title_zh=title_zh,
        advice_en="The device reported this itself. Look at what it says, check the device, then acknowledge.",
        advice_zh="这是设备自己上报的消息。请查看内容、检查设备，然后确认。",
        count=Wording(
            one_en="1 device reported a problem", many_en="{n} device reports need a look", zh="{n} 条设备上报待处理"
        ),
    )
