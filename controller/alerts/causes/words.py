"""What is said of causes, in English and Chinese: reasons on the trail, and what an alert is called by its verdict."""

from collections.abc import Sequence
from typing import Final

from controller.alerts.causes.model import Blame, Part, Reason

WHO: Final = {
    Blame.POWER: Reason("no power", "停电"),
    Blame.FIBRE: Reason("the fibre, or the gateway has no power", "光纤中断，或出口网关断电"),
    Blame.GATEWAY: Reason("the gateway", "出口网关"),
    Blame.AGENT: Reason("the agent", "采集器"),
    Blame.SWITCH: Reason("the switch", "交换机"),
    Blame.LINK: Reason("the cable, or no power at its end", "线路，或对端断电"),
    Blame.DEVICE: Reason("the device itself", "设备本身"),
    Blame.CENTRE: Reason("the centre's own network", "中心自身网络"),
    Blame.UNKNOWN: Reason("not known", "原因不明"),
}
"""What broke, in a few words."""
_KNOWN: Final = frozenset(blame.value for blame in Blame)
_HEADLINES: Final = {
    (Part.SCHOOL, Blame.POWER): Reason("The school has no power", "学校停电"),
    (Part.POWER, Blame.POWER): Reason("The school is losing power", "学校停电"),
    (Part.SCHOOL, Blame.FIBRE): Reason("The school's fibre is cut", "学校光纤中断"),
    (Part.SCHOOL, Blame.GATEWAY): Reason("The school's gateway passes nothing on", "学校出口网关不转发数据"),
    (Part.SCHOOL, Blame.AGENT): Reason("The school's agent has stopped; the network works", "学校采集器停止，网络正常"),
    (Part.SILENCE, Blame.SWITCH): Reason("A switch is dead, and all behind it", "交换机故障，其下设备全部中断"),
    (Part.SILENCE, Blame.LINK): Reason("A device has lost its line or its power", "设备断线或断电"),
    (Part.PORT, Blame.LINK): Reason("A line is dead", "线路中断"),
    (Part.DISTRICT, Blame.CENTRE): Reason("The centre hears no school", "中心收不到各校数据"),
}


def headline(part: Part, verdict: str) -> Reason | None:
    """What an alert is called by its verdict; None where its rule's title says it all."""
    return _HEADLINES.get((part, Blame(verdict))) if verdict in _KNOWN else None


def listed(names: Sequence[str]) -> Reason:
    """Some names, the first few."""
    few = names[:3]
    more = f" + {len(names) - len(few)}" if len(names) > len(few) else ""
    return Reason(", ".join(few) + more, "、".join(few) + more)


def all_is_well(parents: Sequence[str]) -> Reason:
    """It stands: what is above it answers."""
    names = listed(parents)
    return Reason(
        f"{names.en} answered since it fell silent: it is the device itself, its power or its cable",
        f"{names.zh} 在其无应答之后仍有应答：问题在设备本身、供电或网线",
    )


def hangs_on(name: str) -> Reason:
    """It follows."""
    return Reason(f"it is reached over {name}, which does not answer either", f"其上级 {name} 也无应答")


def together_with(name: str) -> Reason:
    """It follows, though nobody knows that it hangs there."""
    return Reason(
        f"nobody knows what it hangs on; it fell silent together with {name}", f"拓扑未知，但与 {name} 同时无应答"
    )


NO_PART: Final = Reason("by its rule as it is now it follows from nothing", "按现行规则，不由其他故障引起")
NO_WAY: Final = Reason("nobody knows what it hangs on, so it stands for itself", "拓扑未知，单独告警")
FIRST_OF_ALL: Final = Reason("nothing stands between it and the agent", "其上级无其他设备")
IS_CUT: Final = Reason("its school is cut off", "所在学校断网")
IS_DARK: Final = Reason("the UPS that feeds it has no mains", "其供电 UPS 失去市电")
DARK_BEHIND: Final = Reason("what it feeds fell silent after it", "其供电的设备随后无应答")
IS_FEED: Final = Reason("power comes before all that it feeds", "供电先于其供电的设备")
HAS_MAINS: Final = Reason("the UPS has mains", "UPS 市电正常")
OTHERS_IN_DOUBT: Final = Reason("other schools may be cut off with it", "可能有其他学校同时断网")
STILL_HEARD: Final = Reason("the school at its end is heard by another way", "对端学校仍有数据")
OWN_AGENT: Final = Reason("schools are heard, the centre's own agent is not", "各校数据正常，中心采集器无数据")
GOOD_AGAIN: Final = Reason("it is good again, and will be over soon", "已恢复，稍后消除")
NO_PICTURE: Final = Reason("the camera has no picture", "摄像机没有画面")
JUST_BACK: Final = Reason("its school has just come back, and it was not read since", "学校刚恢复，尚未重新检测")
SAME_DEVICE: Final = Reason("the device itself is silent", "设备本身无应答")
SAME_POWER: Final = Reason("the UPS runs on its battery", "UPS 正由电池供电")
SAME_CABLE: Final = Reason("it is the other end of the same cable", "同一线路的另一端")
SAME_FLOOR: Final = Reason("its whole floor is dark", "所在楼层整体断电")
SAME_DISTRICT: Final = Reason("many schools were cut off at once", "多所学校同时断网")
DEAD_PORT: Final = Reason("the port it hangs on is down", "所接端口已断开")
DEAD_PORT_LEAF: Final = Reason(
    "the port it hangs on is down: its cable, or it has no power", "所接端口已断开：网线问题，或设备断电"
)
DEAD_SWITCH: Final = Reason(
    "its port is up and it does not answer, nor does what hangs on it", "端口在线但无应答，其下设备同样中断"
)
LINE_ONLY: Final = Reason("what hangs on it still answers, by another way", "对端设备仍可经其他线路访问")
LINE_DEAD: Final = Reason("a line is down, and what hangs on it is not heard", "线路断开，对端设备无应答")
NOT_YET: Final = Reason("what it hangs on has not been asked since", "上级设备尚未重新检测")
COMING: Final = Reason("what it hangs on does not answer either", "上级设备同样无应答")
UNCLEAR_PARENT: Final = Reason("what it hangs on was not steady just now", "上级设备刚才不稳定")


def held(seconds: int) -> Reason:
    """Said when an alert waits for its cause."""
    return Reason(
        f"held for {seconds} s at most, until it is known whether something else is its cause",
        f"最多暂缓 {seconds} 秒，先判断是否由其他故障引起",
    )


def in_vain(missing: Reason) -> Reason:
    """Said when the time is over."""
    return Reason(f"time is over, no cause was found ({missing.en})", f"等待超时，未找到上级原因（{missing.zh}）")


def behind(alert: int, why: Reason) -> Reason:
    """Said when an alert goes behind another."""
    return Reason(f"behind alert {alert}: {why.en}", f"由告警 {alert} 引起：{why.zh}")


def returning(alert: int, seconds: int) -> Reason:
    """Said when the cause is over and the alert is not yet."""
    return Reason(
        f"alert {alert} is over; {seconds // 60} min more to be heard again",
        f"告警 {alert} 已恢复，再等待 {seconds // 60} 分钟",
    )


def outlived(alert: int) -> Reason:
    """Said when an alert outlives its cause."""
    return Reason(f"alert {alert} cleared, this did not", f"告警 {alert} 已恢复，但此告警仍在")


def verdict(blame: Blame, why: Reason, before: str = "") -> Reason:
    """Said when it is concluded, or concluded anew, what broke."""
    who = WHO[blame]
    if before in _KNOWN:
        old = WHO[Blame(before)]
        return Reason(f"now thought: {who.en}, not {old.en}: {why.en}", f"更正：{who.zh}，而非{old.zh}。{why.zh}")
    return Reason(f"{who.en}: {why.en}", f"{who.zh}。{why.zh}")


def dark_floor(floor: int, devices: int) -> Reason:
    """Said of a floor whose feed failed."""
    return Reason(
        f"{devices} devices of floor {floor} went dark together, on several switches that work",
        f"{floor} 层 {devices} 台设备同时断电，而其所接交换机正常",
    )
