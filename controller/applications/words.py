"""A verdict in a sentence or two, English and Chinese, with the evidence: which schools, which checks. Pure."""

from collections import Counter
from collections.abc import Callable, Sequence

from campus.ids import MetricId, SiteId
from campus.metrics import catalogue
from controller.applications.model import Cause, Condition, LineTrouble, Observer, ServiceName, Verdict

Words = tuple[str, str]
"""English, Chinese."""
NameOf = Callable[[SiteId], Words]
NAMED = 4
"""So many schools are named; of more, the number is enough."""
_LINE: dict[LineTrouble, Words] = {
    LineTrouble.UPLINK_DOWN: ("its uplink is down", "其上联链路中断"),
    LineTrouble.GATEWAY_SILENT: ("its gateway does not answer", "其出口网关无应答"),
}


def reason(verdict: Verdict, name_of: NameOf) -> Words:
    """Why the verdict is what it is."""
    match verdict.cause:
        case Cause.GOOD:
            return _good(verdict)
        case Cause.UNKNOWN:
            return _unknown(verdict)
        case Cause.SERVICE:
            return _service(verdict)
        case Cause.METRO_NETWORK:
            return _metro(verdict, name_of)
        case Cause.SCHOOL:
            return _school(verdict, name_of)


def with_services(words: Words, services: Sequence[ServiceName]) -> Words:
    """A reason that concerns several services, their names before it."""
    english = ", ".join(each.en for each in services)
    chinese = "、".join(each.zh for each in services)
    return f"{english}: {words[0][:1].lower()}{words[0][1:]}", f"{chinese}：{words[1]}"


def expiring(days: float) -> Words:
    """How long a certificate still lasts."""
    whole = max(0, int(days))
    return f"It expires in {whole} {'day' if whole == 1 else 'days'}.", f"证书将在{whole}天后过期。"


def _good(verdict: Verdict) -> Words:
    schools, has_centre = _sides(verdict.good)
    if not schools:
        return "It works from the centre.", "区中心访问正常。"
    english = f"It works from {_all_en(schools)}{' and from the centre' if has_centre else ''}."
    return english, f"{schools}所学校{'和区中心' if has_centre else ''}均访问正常。"


def _unknown(verdict: Verdict) -> Words:
    if not verdict.bad:
        return "Nobody has looked at it lately.", "近期没有检测数据。"
    states = _states(verdict.bad)
    return (
        f"Only one place looks at it, and there it fails: {states[0]}. That is too few to tell whose fault it is.",
        f"目前只有一处检测，结果为：{states[1]}。观测点太少，无法判断原因。",
    )


def _service(verdict: Verdict) -> Words:
    schools, has_centre = _sides(verdict.bad)
    everybody = schools + _sides(verdict.good)[0]
    states = _states(verdict.bad)
    how = ("is slow", "响应缓慢") if verdict.trouble is Condition.SLOW else ("fails", "无法使用")
    centre = (" and from the centre", "以及区中心") if has_centre else ("", "")
    told = ("", "") if verdict.trouble is Condition.SLOW else (f" ({states[0]})", f"（{states[1]}）")
    return (
        f"It {how[0]} from {schools} of {_schools_en(everybody)}{centre[0]}{told[0]}. So it is the service itself.",
        f"{everybody}所学校中有{schools}所{centre[1]}{how[1]}{told[1]}，故障在服务本身。",
    )


def _metro(verdict: Verdict, name_of: NameOf) -> Words:
    schools = [each for each in verdict.bad if not each.is_centre]
    works, has_centre = _sides(verdict.good)
    named, states = _names(schools, name_of), _states(verdict.bad)
    shared = (f", all behind {verdict.shared}", f"，均接在 {verdict.shared} 之下") if verdict.shared else ("", "")
    how = ("is slow", "访问缓慢") if verdict.trouble is Condition.SLOW else ("fails", "无法访问")
    good = " and ".join(
        part
        for part in (f"from {_schools_en(works)}" if works else "", "from the centre" if has_centre else "")
        if part
    )
    good_zh = "和".join(part for part in (f"{works}所学校" if works else "", "区中心" if has_centre else "") if part)
    return (
        f"It {how[0]} from {named[0]}{shared[0]} ({states[0]})"
        + (f", and works {good}" if good else "")
        + ". So it is the metro network on the way to them.",
        f"{named[1]}{how[1]}{shared[1]}（{states[1]}）"
        + (f"，而{good_zh}正常" if good_zh else "")
        + "，故障在通往这些学校的城域网。",
    )


def _school(verdict: Verdict, name_of: NameOf) -> Words:
    named, states = _names(verdict.bad, name_of), _states(verdict.bad)
    works, has_centre = _sides(verdict.good)
    how = ("is slow", "访问缓慢") if verdict.trouble is Condition.SLOW else ("fails", "无法访问")
    lines = {each.line for each in verdict.bad} - {LineTrouble.NONE}
    known = _LINE[lines.pop()] if len(lines) == 1 and len(verdict.bad) == 1 else None
    others = works + has_centre
    english = f"It {how[0]} only from {named[0]} ({states[0]})"
    chinese = f"仅{named[1]}{how[1]}（{states[1]}）"
    if others:
        english += f", {others} other{'s' if others > 1 else ''} reach{'' if others > 1 else 'es'} it"
        chinese += f"，其他{others}处正常"
    if known:
        return f"{english}: {known[0]}.", f"{chinese}：{known[1]}。"
    return f"{english}. So it is the network there.", f"{chinese}，故障在该处网络。"


def _sides(observers: Sequence[Observer]) -> tuple[int, bool]:
    """How many schools, and whether the centre is among them."""
    return sum(not each.is_centre for each in observers), any(each.is_centre for each in observers)


def _states(observers: Sequence[Observer]) -> Words:
    """What the checks said, the most frequent first."""
    metric = catalogue()[MetricId("service_state")]
    counts = Counter(each.state for each in observers).most_common()
    found = [(state, number) for value, number in counts if (state := metric.state(value)) is not None]
    is_mixed = len(found) > 1
    english = ", ".join(
        f"{state.en[:1].lower()}{state.en[1:]}" + (f" {number}×" if is_mixed else "") for state, number in found
    )
    return english, "、".join(state.zh + (f"{number}处" if is_mixed else "") for state, number in found)


def _names(observers: Sequence[Observer], name_of: NameOf) -> Words:
    names = [name_of(each.site) for each in observers[:NAMED]]
    english, chinese = ", ".join(each[0] for each in names), "、".join(each[1] for each in names)
    rest = len(observers) - len(names)
    return (f"{english} and {rest} more", f"{chinese}等{len(observers)}处") if rest > 0 else (english, chinese)


def _schools_en(number: int) -> str:
    return f"{number} school{'' if number == 1 else 's'}"


def _all_en(number: int) -> str:
    return "1 school" if number == 1 else f"all {number} schools"
