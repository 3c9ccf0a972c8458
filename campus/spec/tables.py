"""Markdown tables of the page, from structures, words and catalogue. `language` is ``en`` or ``zh`` throughout."""

from collections.abc import Iterable, Sequence

import msgspec

from campus import samples
from campus.metrics import Metric, MetricKind, publishable
from campus.spec.forms import FORMS
from campus.spec.texts import fields, reasons
from campus.wire import frame, json_form

STRUCTURES: dict[str, type[msgspec.Struct]] = {
    shape.__name__: shape
    for shape in (
        json_form.JsonFrame,
        json_form.JsonSample,
        json_form.JsonDevice,
        frame.Frame,
        frame.SamplesBody,
        frame.SeriesDictionary,
        frame.FactsBody,
        samples.DeviceFacts,
        samples.PortFacts,
        samples.Neighbour,
        samples.Module,
        samples.Licence,
        frame.EventsBody,
        samples.Event,
        frame.DocumentBody,
        samples.Document,
        frame.HelloBody,
        frame.AckBody,
        frame.CommandBody,
        frame.ResultBody,
    )
}
_EITHER = {("JsonFrame", "samples"), ("JsonFrame", "devices")}
_WORDS = {
    "en": {
        "fields": ("field", "", "form", "meaning"),
        "required": "required",
        "either": "one of the two",
        "reasons": ("reason", "what is wrong", "what to do"),
        "metrics": ("metric", "unit", "range", "resolution", "what"),
        "states": ("metric", "values"),
        "limits": ("limit", "value"),
    },
    "zh": {
        "fields": ("字段", "", "形式", "含义"),
        "required": "必填",
        "either": "二选一",
        "reasons": ("原因", "问题", "处理办法"),
        "metrics": ("指标", "单位", "范围", "分辨率", "名称"),
        "states": ("指标", "取值"),
        "limits": ("项目", "上限"),
    },
}
_LIMITS = (
    ("one message, bytes", "单条消息字节数", frame.MAX_COMPRESSED_BYTES),
    ("one frame after decompression, bytes", "解压后单帧字节数", frame.MAX_FRAME_BYTES),
    ("samples in a frame", "每帧测量值个数", frame.MAX_SAMPLES),
    ("series in a frame", "每帧序列个数", frame.MAX_SERIES),
    ("devices in a frame", "每帧设备台数", frame.MAX_DEVICES),
    ("events in a frame", "每帧事件个数", frame.MAX_EVENTS),
)


def fields_table(structure: str, language: str) -> str:
    """One row per field of a structure of `STRUCTURES`."""
    words = _WORDS[language]
    known = fields()[structure]
    rows = []
    for field in msgspec.structs.fields(STRUCTURES[structure]):
        said = known[field.encode_name]
        form = FORMS[said.form]
        need = words["required"] if field.required else ""
        if (structure, field.encode_name) in _EITHER:
            need = words["either"]
        rows.append(
            (f"`{field.encode_name}`", str(need), form.zh if language == "zh" else form.en, said.said(language))
        )
    return _table(words["fields"], rows)


def reasons_table(group: str, language: str) -> str:
    """One row per reason of a group of `campus.spec.texts.reasons`."""
    rows = [(f"`{name}`", reason.said(language), reason.advised(language)) for name, reason in reasons()[group].items()]
    return _table(_WORDS[language]["reasons"], rows)


def metrics_table(language: str) -> str:
    """One row per metric, states marked by a dash in the range."""
    rows = [
        (f"`{name}`", f"`{metric.unit}`", _range(metric), _resolution(metric), _label(metric, language))
        for name, metric in publishable().items()
    ]
    return _table(_WORDS[language]["metrics"], rows)


def states_table(language: str) -> str:
    """One row per state metric."""
    rows = []
    for name, metric in publishable().items():
        if metric.kind is MetricKind.STATE:
            values = [f"{state.value} {state.zh if language == 'zh' else state.en}" for state in metric.states]
            rows.append((f"`{name}`", " · ".join(values)))
    return _table(_WORDS[language]["states"], rows)


def limits_table(language: str) -> str:
    """What every reader enforces."""
    rows = [(zh if language == "zh" else en, f"{value:,}") for en, zh, value in _LIMITS]
    return _table(_WORDS[language]["limits"], rows)


def _label(metric: Metric, language: str) -> str:
    return metric.zh if language == "zh" else metric.en


def _range(metric: Metric) -> str:
    return "-" if metric.states else f"{metric.minimum:g} … {metric.maximum:g}"


def _resolution(metric: Metric) -> str:
    return "-" if metric.states else f"{metric.resolution:g}"


def _table(head: object, rows: Iterable[Sequence[str]]) -> str:
    lines = [list(map(str, head)), *rows] if isinstance(head, tuple) else list(rows)
    escaped = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    escaped.insert(1, "|" + "---|" * len(lines[0]))
    return "\n".join(escaped)
