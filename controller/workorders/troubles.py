"""What can be wrong with a thing, as a teacher sees it: a few pictures by kind, one tap each. Pure data."""

from typing import Final, NamedTuple

from campus.samples import DeviceKind, Severity


class Trouble(NamedTuple):
    """One choice on the page of a sticker. `sign` is drawn; the words are read."""

    id: str
    sign: str
    en: str
    zh: str
    severity: Severity = Severity.MINOR


_DEAD: Final = Trouble("dead", "power", "Does not switch on", "打不开、没电", Severity.MAJOR)
_SLOW: Final = Trouble("slow", "clock", "Slow, or hangs", "很慢、卡住")
_NO_NET: Final = Trouble("no-network", "link-down", "No network", "连不上网", Severity.MAJOR)
_BROKEN: Final = Trouble("broken", "broken", "Broken or loose", "损坏、松动")
_NOISE: Final = Trouble("noise", "noise", "Strange noise or smell", "有异响、异味", Severity.MAJOR)
_OTHER: Final = Trouble("other", "more", "Something else", "其他问题")
_NO_PICTURE: Final = Trouble("no-picture", "board", "No picture", "没有画面", Severity.MAJOR)
_NO_SOUND: Final = Trouble("no-sound", "noise", "No sound", "没有声音")
_TOUCH: Final = Trouble("touch", "touch", "Touch or pen does not work", "触摸、书写失灵")

_BY_KIND: Final[dict[DeviceKind, tuple[Trouble, ...]]] = {
    DeviceKind.BOARD: (_DEAD, _NO_PICTURE, _TOUCH, _NO_SOUND, _NO_NET, _SLOW),
    DeviceKind.PROJECTOR: (
        _DEAD,
        _NO_PICTURE,
        Trouble("blurred", "projector", "Blurred or dark", "画面模糊、偏暗"),
        _NO_SOUND,
        _NOISE,
        _BROKEN,
    ),
    DeviceKind.PRINTER: (
        _DEAD,
        Trouble("paper", "printer", "Paper jam", "卡纸"),
        Trouble("ink", "part", "Out of toner or pale", "缺墨、字迹淡"),
        _NO_NET,
        _NOISE,
        _BROKEN,
    ),
    DeviceKind.CAMERA: (
        _DEAD,
        _NO_PICTURE,
        Trouble("moved", "camera", "Looks the wrong way", "镜头歪了、被遮挡"),
        _BROKEN,
    ),
    DeviceKind.ACCESS_POINT: (_NO_NET, _SLOW, _DEAD, _BROKEN),
    DeviceKind.KITCHEN_MONITOR: (
        Trouble("warm", "kitchen_monitor", "Too warm", "温度偏高", Severity.MAJOR),
        _DEAD,
        Trouble("door", "broken", "Door does not shut", "门关不严", Severity.MAJOR),
        _NOISE,
    ),
    DeviceKind.GATE: (Trouble("shut", "gate", "Does not open", "打不开门", Severity.MAJOR), _DEAD, _BROKEN, _SLOW),
}
_OF_ANY_DEVICE: Final = (_DEAD, _NO_NET, _SLOW, _NOISE, _BROKEN)
_OF_ROOM: Final = (
    _NO_NET,
    Trouble("no-power", "power", "No electricity", "没有电", Severity.MAJOR),
    Trouble("screen", "board", "Board or projector", "大屏或投影有问题"),
    Trouble("sound", "noise", "Sound or microphone", "音响或话筒有问题"),
    _BROKEN,
)


def troubles_of(kind: DeviceKind | None) -> tuple[Trouble, ...]:
    """What may be chosen for a device of a kind, or for a room (None); "something else" is always the last."""
    return (*(_OF_ROOM if kind is None else _BY_KIND.get(kind, _OF_ANY_DEVICE)), _OTHER)
