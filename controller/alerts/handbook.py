"""The rules that ship as a page people read: what each looks for, how urgent it is, whose it is, and what to do. Pure."""

from collections.abc import Iterator
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, NamedTuple

from campus.errors import ConfigError, file_trouble
from campus.samples import DeviceKind, Severity
from controller.alerts.model import Horizon, Owner, Ports, Rule, Runbook
from controller.alerts.reasons import Words
from controller.alerts.rulebook import read_rules
from controller.alerts.sought import over_at, sought
from controller.calendar.model import Hours

PAGES: Final = ("35-rules.md", "35-rules.zh-CN.md")
FAMILIES: Final[dict[str, Words]] = {
    "10-reachable": ("Who does not answer", "无应答与无数据"),
    "15-agents": ("Agents", "采集器"),
    "15-causes": ("Causes concluded from many devices", "由多台设备综合判断的原因"),
    "20-links": ("Ports and links", "端口与链路"),
    "22-optics-wireless": ("Fibres and wireless", "光纤与无线"),
    "25-network-devices": ("Network equipment, licences", "网络设备与授权"),
    "30-power": ("Mains, UPSes, power feeds", "市电、UPS 与配电"),
    "40-kitchen": ("Kitchens", "厨房"),
    "42-cold": ("Cold stores and freezers", "冷藏与冷冻"),
    "50-cameras": ("Cameras", "摄像机"),
    "55-recorders-gates": ("Recorders and gates", "录像机与闸机"),
    "60-classrooms": ("Boards, projectors, printers", "大屏、投影机与打印机"),
    "65-computers": ("Servers and what equipment says of itself", "服务器与设备自身状态"),
    "70-services": ("Application services and the ways there", "应用服务与网络路径"),
    "75-sensors": ("Sensors and network rooms", "传感器与机房环境"),
    "80-configurations": ("Configurations", "设备配置"),
    "85-lessons": ("Lessons", "上课"),
    "88-work-orders": ("Work orders", "工单"),
}
"""By file of the folder `rules`."""
_KINDS: Final[dict[DeviceKind, Words]] = {
    DeviceKind.GATEWAY: ("gateways", "出口网关"),
    DeviceKind.SWITCH: ("switches", "交换机"),
    DeviceKind.ACCESS_POINT: ("access points", "无线AP"),
    DeviceKind.BOARD: ("boards", "大屏"),
    DeviceKind.PROJECTOR: ("projectors", "投影机"),
    DeviceKind.CAMERA: ("cameras", "摄像机"),
    DeviceKind.RECORDER: ("recorders", "录像机"),
    DeviceKind.KITCHEN_MONITOR: ("kitchen monitors", "明厨亮灶设备"),
    DeviceKind.UPS: ("UPSes", "UPS"),
    DeviceKind.PRINTER: ("printers", "打印机"),
    DeviceKind.GATE: ("gates", "闸机"),
    DeviceKind.SERVER: ("servers", "服务器"),
    DeviceKind.SENSOR: ("sensors", "传感器"),
    DeviceKind.AGENT: ("agents", "采集器"),
    DeviceKind.OTHER: ("others", "其他"),
}
_SEVERITIES: Final[dict[Severity, Words]] = {
    Severity.CRITICAL: ("critical", "紧急"),
    Severity.MAJOR: ("major", "重要"),
    Severity.MINOR: ("minor", "次要"),
    Severity.INFO: ("info", "提示"),
}
_HORIZONS: Final[dict[Horizon, Words]] = {
    Horizon.NOW: ("now", "立即"),
    Horizon.TODAY: ("today", "当天"),
    Horizon.WEEK: ("this week", "本周"),
    Horizon.TERM: ("this term", "本学期"),
}
_OWNERS: Final[dict[Owner, Words]] = {
    Owner.TECHNICIAN: ("school technician", "学校技术员"),
    Owner.OPERATOR: ("district centre", "区信息中心"),
    Owner.ADMINISTRATOR: ("who decides about money", "管理人员"),
}
_HOURS: Final[dict[Hours | None, Words]] = {
    None: ("always", "全天"),
    Hours.SCHOOL: ("school hours", "在校时间"),
    Hours.LESSONS: ("lessons", "上课时间"),
    Hours.MEALS: ("meal hours", "用餐时间"),
}
_PORTS: Final[dict[Ports, Words]] = {
    Ports.ANY: ("", ""),
    Ports.UPLINK: ("uplinks", "上联端口"),
    Ports.LINKED: ("ports to other equipment", "互联端口"),
}
_COLUMNS: Final = (
    ("Rule", "Looks for", "Of", "Severity", "Act", "Whose", "When"),
    ("规则", "判断条件", "适用于", "级别", "处理时限", "责任人", "时段"),
)


class Family(NamedTuple):
    """The rules of one file."""

    title: Words
    rules: list[Rule]


@cache
def families() -> list[Family]:
    """All shipped rules, in the order of their files; `KeyError` for a file that has no title in `FAMILIES`."""
    folder = resources.files("controller.alerts") / "rules"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return [
        Family(FAMILIES[file.name.removesuffix(".yaml")], read_rules(file.name, file.read_text(encoding="utf-8")))
        for file in files
    ]


def page(place: int) -> str:
    """The page as Markdown: English at 0, Chinese at 1. The same rules give the same text."""
    book = families()
    number = sum(len(family.rules) for family in book)
    lines = [_intro(place).replace("{n}", str(number))]
    for family in book:
        lines += ["", f"## {family.title[place]}", "", *_table(family.rules, place)]
    lines += ["", ("## What to do", "## 处理办法")[place]]
    for family in book:
        for rule in family.rules:
            lines += ["", *_steps(rule, place)]
    return "\n".join(lines) + "\n"


def write_pages(directory: Path) -> list[Path]:
    """Write both pages into `directory`; those that changed. `ConfigError` when that cannot be."""
    changed = []
    try:
        for place, name in enumerate(PAGES):
            path, text = directory / name, page(place)
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
                changed.append(path)
    except OSError as error:
        raise ConfigError(
            f"{directory}: cannot be written: {file_trouble(error)}. Name a folder of your own"
        ) from error
    return changed


def _intro(place: int) -> str:
    name = ("handbook.en.template", "handbook.zh.template")[place]
    folder = resources.files("controller.alerts") / "texts"
    return (folder / name).read_text(encoding="utf-8").rstrip()


def _table(rules: list[Rule], place: int) -> Iterator[str]:
    yield "| " + " | ".join(_COLUMNS[place]) + " |"
    yield "|" + "---|" * len(_COLUMNS[place])
    for rule in rules:
        title = (rule.title_en, rule.title_zh)[place]
        looks, over = sought(rule)[place], over_at(rule)[place]
        if over:
            looks += ("; over once ", "；恢复条件：")[place] + over
        cells = (
            f"[{title}](#{rule.id})",
            looks,
            _of(rule, place),
            _SEVERITIES[rule.severity][place],
            _HORIZONS[rule.horizon][place],
            _OWNERS[rule.owner][place],
            _HOURS[rule.only][place],
        )
        yield "| " + " | ".join(cell.replace("|", "\\|").replace("\N{NO-BREAK SPACE}", " ") for cell in cells) + " |"


def _of(rule: Rule, place: int) -> str:
    """Which devices and parts a rule is about."""
    kinds = (", ", "、")[place].join(_KINDS[kind][place] for kind in rule.kinds) or ("any device", "所有设备")[place]
    parts = [_PORTS[rule.ports][place], f"`{rule.instance}`" if rule.instance != "*" else ""]
    return (": ", "：")[place].join([kinds, *filter(None, parts)])


def _steps(rule: Rule, place: int) -> Iterator[str]:
    yield f'### <a id="{rule.id}"></a>{(rule.title_en, rule.title_zh)[place]}'
    yield ""
    if rule.runbook is None:
        yield (rule.advice_en, rule.advice_zh)[place]
        return
    means, steps, call = _runbook(rule.runbook, place)
    yield f"`{rule.id}` · {means}"
    yield ""
    yield from (f"{number}. {step}" for number, step in enumerate(steps, start=1))
    yield ""
    yield f"**{('When to call', '何时求助')[place]}** {call}"


def _runbook(book: Runbook, place: int) -> tuple[str, tuple[str, ...], str]:
    if place == 0:
        return book.means_en, book.steps_en, book.call_en
    return book.means_zh, book.steps_zh, book.call_zh
