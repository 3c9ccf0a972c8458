"""How it is, in one sentence of plain English and one of plain Chinese. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from campus.ids import DeviceId, SiteId
from controller.alerts.model import Rule, Wording
from controller.overview.health import OpenAlert, most_urgent

MAX_CLAUSES: Final = 4
"""A sentence names this many kinds of trouble and counts the rest: it is read in three seconds."""


@dataclass(frozen=True)
class Sentence:
    """The same in both languages."""

    en: str
    zh: str


@dataclass(frozen=True)
class Schools:
    """Schools of the district (the centre is none), by whether they are heard."""

    total: int
    cut_off: int
    never_heard: int
    troubled: int = 0


def district_sentence(schools: Schools, alerts: Sequence[OpenAlert]) -> Sentence:
    """The district's sentence; `alerts` are those to be told besides the cut-off schools.

    >>> district_sentence(Schools(total=8, cut_off=2, never_heard=0), []).en
    '2 of 8 schools are cut off.'
    """
    clauses = []
    if schools.cut_off:
        verb = "is" if schools.cut_off == 1 else "are"
        clauses.append(
            Sentence(
                f"{schools.cut_off} of {_schools(schools.total)} {verb} cut off",
                f"{schools.total} 所学校中有 {schools.cut_off} 所断网",
            )
        )
    clauses += _clauses(alerts)
    if schools.never_heard:
        clauses.append(
            Sentence(
                f"nothing has been heard from {_schools(schools.never_heard)} yet",
                f"{schools.never_heard} 所学校尚无数据",
            )
        )
    if clauses:
        return _joined(clauses)
    if schools.troubled:
        verb = "needs" if schools.troubled == 1 else "need"
        return Sentence(
            f"{schools.troubled} of {_schools(schools.total)} {verb} a look.",
            f"{schools.total} 所学校中有 {schools.troubled} 所需要查看。",
        )
    if not schools.total:
        return Sentence("No schools yet.", "尚未录入学校。")
    if schools.total == 1:
        return Sentence("The school is fine.", "学校运行正常。")
    return Sentence(f"All {schools.total} schools are fine.", f"{schools.total} 所学校全部运行正常。")


def site_sentence(*, is_cut_off: bool, is_heard: bool, alerts: Sequence[OpenAlert]) -> Sentence:
    """One school's sentence; `alerts` are those to be told besides its being cut off."""
    clauses = [Sentence("this school is cut off", "本校断网")] if is_cut_off else []
    clauses += _clauses(alerts)
    if clauses:
        return _joined(clauses)
    if not is_heard:
        return Sentence("Nothing has been heard from this school yet.", "本校尚无数据。")
    return Sentence("Everything works here.", "本校设备运行正常。")


def counted(wording: Wording, number: int) -> Sentence:
    """A clause that counts devices.

    >>> counted(Wording("1 freezer is warm", "{n} freezers are warm", "{n} 台冷冻柜温度过高"), 3).en
    '3 freezers are warm'
    """
    pattern = wording.one_en if number == 1 else wording.many_en
    return Sentence(pattern.format(n=number), wording.zh.format(n=number))


def _clauses(alerts: Sequence[OpenAlert]) -> list[Sentence]:
    rules: dict[str, Rule] = {}
    devices: dict[str, set[tuple[SiteId, DeviceId]]] = {}
    for each in most_urgent(alerts):
        rules.setdefault(each.rule.id, each.rule)
        devices.setdefault(each.rule.id, set()).add((each.alert.site, each.alert.device))
    clauses = [counted(rule.count, len(devices[rule_id])) for rule_id, rule in rules.items()]
    if len(clauses) <= MAX_CLAUSES:
        return clauses
    rest = sum(len(devices[rule_id]) for rule_id in list(rules)[MAX_CLAUSES:])
    other = Wording("1 other device needs a look", "{n} other devices need a look", "另有 {n} 台设备需要查看")
    return [*clauses[:MAX_CLAUSES], counted(other, rest)]


def _joined(clauses: Sequence[Sentence]) -> Sentence:
    english = ", ".join(clause.en for clause in clauses)
    chinese = "，".join(clause.zh for clause in clauses)
    return Sentence(english[:1].upper() + english[1:] + ".", chinese + "。")


def _schools(number: int) -> str:
    return "1 school" if number == 1 else f"{number} schools"
