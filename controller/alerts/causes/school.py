"""What cut a school off: power, fibre, gateway or agent. Pure.

The school cannot say it any more. What tells is the UPS's last word, and what the centre sees at its end of the fibre: a
port that is down has no light; one that is up and carries lessons shows that only the agent has stopped; one that is up and
carries nothing, that the gateway passes nothing on. A gateway without power looks like a cut fibre until the school is
back: then what the agent kept meanwhile tells which it was (`in_hindsight`).
"""

import math
from dataclasses import dataclass
from typing import Final

from controller.alerts.causes.model import NOTHING, PORT_DOWN, Blame, Reading, Reason

UP_AFTER_MS: Final = 30_000
"""A port that is up so long after the last word of the agent was up after the fault: agents speak at least this often."""
FLOWS_AFTER_MS: Final = 60_000
"""A rate is of the time since the reading before it: one this late says little of the time before the fault."""
STILL_SHARE: Final = 0.05
FLOWING_SHARE: Final = 0.5
LEAST_BPS: Final = 20_000.0
"""Less traffic than this before the fault says nothing by ceasing."""
MOST: Final = 0.5


@dataclass(frozen=True)
class Outside:
    """What is known of a cut school from outside. Rates in bit/s, NaN where unknown."""

    since: int
    """The last word of its agent (UTC ms)."""
    is_on_battery: bool = False
    """Its UPS said so at last."""
    port: Reading = NOTHING
    """State of the centre's port that leads to it."""
    traffic_before_bps: float = math.nan
    traffic: Reading = NOTHING
    """What comes from it through that port."""
    said_goodbye: bool = False
    """The broker saw its connection end, rather than time out."""


def blame_of(school: Outside) -> tuple[Blame | None, Reason]:
    """What broke, as far as is known by now, and why that is thought; None while more may come."""
    if school.port.at >= school.since and school.port.value in PORT_DOWN:
        if school.is_on_battery:
            return Blame.POWER, Reason(
                "its UPS ran on battery, then its end of the fibre went dark", "断网前 UPS 由电池供电，随后光口无信号"
            )
        return Blame.FIBRE, Reason(
            "the centre's port to it is down, and its UPS had mains at last", "中心侧光口断开，断网前学校市电正常"
        )
    if school.port.at >= school.since + UP_AFTER_MS:
        return _of_traffic(school)
    if not school.port.at and school.is_on_battery:
        return Blame.POWER, Reason("its UPS ran on battery when it was last heard", "断网前 UPS 由电池供电")
    return None, Reason("the centre's port to it has not been read since", "中心侧光口尚未重新检测")


def _of_traffic(school: Outside) -> tuple[Blame | None, Reason]:
    before, now = school.traffic_before_bps, school.traffic
    is_known = now.at >= school.since + UP_AFTER_MS and before >= LEAST_BPS
    if is_known and now.value <= STILL_SHARE * before:
        return Blame.GATEWAY, Reason(
            "the fibre is lit, and nothing comes through it any more", "光纤正常，但已无任何数据通过"
        )
    if is_known and now.value >= FLOWING_SHARE * before and now.at >= school.since + FLOWS_AFTER_MS:
        left = ("; its connection was closed", "；采集器连接已关闭") if school.said_goodbye else ("", "")
        return Blame.AGENT, Reason(
            f"the fibre is lit and the school's own traffic flows{left[0]}", f"光纤正常，学校流量正常{left[1]}"
        )
    return None, Reason("it is not clear yet whether traffic still flows", "尚不确定是否仍有流量")


@dataclass(frozen=True)
class Inside:
    """What an agent kept while its school was cut off, and sent later: shares of its readings, NaN where there are none."""

    samples: int = 0
    gateway_silent: float = math.nan
    uplink_down: float = math.nan
    on_battery: float = math.nan


def in_hindsight(school: Inside) -> tuple[Blame, Reason] | None:
    """What broke as the school itself saw it; None where it does not tell more."""
    if not school.samples:
        return None
    if school.on_battery >= MOST:
        return Blame.POWER, Reason("its UPS ran on battery meanwhile", "断网期间 UPS 由电池供电")
    if school.gateway_silent >= MOST:
        return Blame.GATEWAY, Reason("its gateway did not answer meanwhile", "断网期间出口网关无应答")
    if school.uplink_down >= MOST:
        return Blame.FIBRE, Reason(
            "its gateway worked, and had no light on its uplink", "断网期间网关正常，上联光口无信号"
        )
    return None
