"""Numbers and lengths of time in words: sensible precision, units always, nothing where nothing is known.

Pure, and below every capability: alerts, reports and pages say the same figure alike. Words are in the asked language; NaN
and None become an en dash.
"""

import math
import re
from collections.abc import Sequence
from enum import StrEnum


class Language(StrEnum):
    """The languages people are spoken to; values are BCP 47 tags, as HTML's `lang` wants them."""

    ZH = "zh-CN"
    EN = "en"


NOTHING = "–"
_SPACE = "\N{NO-BREAK SPACE}"
_BETWEEN_LANGUAGES = " / "
_HAN = re.compile(r"[\u4e00-\u9fff]")
_MINUTE_S, _HOUR_S, _DAY_S = 60, 3_600, 86_400
_DECIMAL = ["", "k", "M", "G", "T", "P"]
_BINARY = ["B", "KiB", "MiB", "GiB", "TiB"]

# UCUM unit -> English, Chinese. Units that scale (bit/s, By, s) are not here.
UNITS = {
    "1": ("", ""),
    "%": ("%", "%"),
    "Cel": ("°C", "°C"),
    "ms": ("ms", "毫秒"),
    "V": ("V", "V"),
    "W": ("W", "W"),
    "A": ("A", "A"),
    "Hz": ("Hz", "Hz"),
    "V.A": ("VA", "VA"),
    "var": ("var", "var"),
    "kW.h": ("kWh", "kWh"),
    "m3": ("m³", "m³"),
    "[ppm]": ("ppm", "ppm"),
    "[ppb]": ("ppb", "ppb"),
    "ug/m3": ("µg/m³", "µg/m³"),
    "hPa": ("hPa", "hPa"),
    "lx": ("lx", "lx"),
    "dB": ("dB", "dB"),
    "{turn}/min": ("rpm", "转/分"),
    "{alarm}": ("alarms", "条告警"),
    "dB[mW]": ("dBm", "dBm"),
    "h": ("h", "小时"),
    "d": ("d", "天"),
    "{packet}/s": ("packets/s", "包/秒"),
    "{process}": ("processes", "个进程"),
    "{client}": ("clients", "个终端"),
    "{session}": ("sessions", "个会话"),
    "{session}/s": ("sessions/s", "个会话/秒"),
    "{tunnel}": ("tunnels", "条隧道"),
    "{user}": ("users", "个用户"),
    "{event}": ("events", "个事件"),
    "{request}": ("requests", "个请求"),
    "{lease}": ("addresses", "个地址"),
    "{device}": ("devices", "台设备"),
    "MHz": ("MHz", "MHz"),
    "{ap}": ("access points", "个 AP"),
    "{page}": ("pages", "页"),
    "{touch}/min": ("touches/min", "次/分"),
    "{passage}/min": ("passages/min", "人次/分"),
    "{poll}/min": ("polls/min", "次/分"),
    "{point}/min": ("readings/min", "个/分"),
    "{event}/min": ("events/min", "个/分"),
    "{trap}/min": ("traps/min", "条/分"),
    "{message}/min": ("messages/min", "条/分"),
    "{frame}": ("frames", "帧"),
    "{file}": ("files", "个文件"),
    "{alert}": ("alerts", "条告警"),
    "{series}": ("series", "个序列"),
    "{picture}": ("pictures", "个画面"),
    "{stream}": ("streams", "路视频"),
    "{recording}": ("recordings", "路录像"),
    "{channel}": ("channels", "个通道"),
    "{board}": ("boards", "块大屏"),
    "{unit}": ("kitchen units", "台设备"),
    "{point}/s": ("readings/s", "个/秒"),
    "{answer}/min": ("answers/min", "次/分"),
    "{item}/min": ("refused/min", "个/分"),
}


def in_each_language(text: str) -> tuple[str, str]:
    """What an event says, in English and in Chinese: agents tell both in one text, parted by a slash, the Chinese first.

    A text in one language alone is both. What devices call their parts may hold a slash too, in either half alike.

    >>> in_each_language("端口 1 / 3 断开 / port 1 / 3 went down")
    ('port 1 / 3 went down', '端口 1 / 3 断开')
    >>> in_each_language("fan 1 / 2")
    ('fan 1 / 2', 'fan 1 / 2')
    """
    pieces = text.split(_BETWEEN_LANGUAGES)
    middle, odd = divmod(len(pieces), 2)
    chinese, english = (_BETWEEN_LANGUAGES.join(half) for half in (pieces[:middle], pieces[middle:]))
    return (english, chinese) if not odd and _HAN.search(chinese) else (text, text)


def number(value: float | None) -> str:
    """Three significant digits at most below 1,000, whole numbers with separators above.

    >>> number(4.5678), number(71.26), number(12345.6), number(None)
    ('4.57', '71.3', '12,346', '–')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    magnitude = abs(value)
    digits = 0 if magnitude >= 100 else 1 if magnitude >= 10 else 2
    text = f"{value:,.{digits}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def bits_per_second(value: float | None) -> str:
    """A rate with a decimal prefix (1 Gbit/s = 10^9 bit/s).

    >>> bits_per_second(2_345_000_000).replace("\\xa0", " ")
    '2.35 Gbit/s'
    """
    return _prefixed(value, 1_000, _DECIMAL, "bit/s")


def size(value: float | None) -> str:
    """Bytes with a binary prefix.

    >>> size(209_715_200).replace("\\xa0", " ")
    '200 MiB'
    """
    return _prefixed(value, 1_024, _BINARY, "")


def share(value: float | None) -> str:
    """A share of 0 to 1 in per cent.

    >>> share(0.714).replace("\\xa0", " ")
    '71 %'
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    percent = value * 100
    return f"{percent:.1f}{_SPACE}%" if 0 < percent < 9.95 else f"{percent:.0f}{_SPACE}%"


def duration(seconds: float | None, language: Language) -> str:
    """A length of time in its two largest units.

    >>> duration(11_100, Language.EN).replace("\\xa0", " "), duration(200_000, Language.ZH)
    ('3 h 5 min', '2天7小时')
    """
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    whole = round(abs(seconds))
    sign = "-" if seconds < 0 and whole else ""
    units = [(_DAY_S, "d", "天"), (_HOUR_S, "h", "小时"), (_MINUTE_S, "min", "分钟"), (1, "s", "秒")]
    first = next((place for place, (length, _, _) in enumerate(units) if whole >= length), len(units) - 1)
    parts: list[str] = []
    for length, english, chinese in units[first : first + 2]:
        count, whole = divmod(whole, length)
        if count or not parts:
            parts.append(f"{count}{chinese}" if language is Language.ZH else f"{count}{_SPACE}{english}")
        if length == _MINUTE_S and first < len(units) - 2 and not parts:
            break
    return sign + ("" if language is Language.ZH else " ").join(parts)


def quantity(value: float | None, unit: str, language: Language) -> str:
    """A number in a UCUM `unit` of the metric catalogue, as text.

    >>> quantity(4.56, "Cel", Language.EN).replace("\\xa0", " ")
    '4.6 °C'
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    if unit == "bit/s":
        return bits_per_second(value)
    if unit == "By":
        return size(value)
    if unit == "s":
        return duration(value, language)
    if unit == "Cel":
        return f"{value:.1f}{_SPACE}°C"
    word = unit_name(unit, language)
    return f"{number(value)}{_SPACE}{word}" if word else number(value)


def unit_name(unit: str, language: Language) -> str:
    """What stands on an axis for a UCUM unit; empty for a pure number. An annotation nobody named here loses its braces."""
    bare = unit.replace("{", "").replace("}", "")
    english, chinese = UNITS.get(unit, (bare, bare))
    return chinese if language is Language.ZH else english


def _prefixed(value: float | None, base: int, prefixes: Sequence[str], unit: str) -> str:
    """With the prefix that leaves fewer than `base` of it, as it will be rounded."""
    if value is None or not math.isfinite(value):
        return NOTHING
    step = 0
    while abs(value) >= base - 0.5 and step < len(prefixes) - 1:
        value, step = value / base, step + 1
    return f"{number(value)}{_SPACE}{prefixes[step]}{unit}"
