"""A sweep in words, for the alert and for messages. Pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from controller.readiness.model import MOST_NAMED, Doubt, RoomToday, Sweep, Why

Words = tuple[str, str]
"""English, Chinese."""


def verdict_words(sweep: Sweep, zone: ZoneInfo) -> Words:
    """Which rooms would fail, and why; those beyond `MOST_NAMED` are counted."""
    unready = sweep.unready
    clock = datetime.fromtimestamp(sweep.first_at / 1000, zone).strftime("%H:%M")
    named = [_room_words(room, zone) for room in unready[:MOST_NAMED]]
    more = len(unready) - len(named)
    english = "; ".join(each[0] for each in named) + (f"; and {more} more" if more else "")
    chinese = "；".join(each[1] for each in named) + (f"；另有 {more} 间" if more else "")
    count = f"{len(unready)} of {len(sweep.rooms)}"
    return (
        f"{count} rooms with lessons today would fail when they begin at {clock}: {english}",
        f"今天 {clock} 开课，{len(sweep.rooms)} 间有课教室中有 {len(unready)} 间可能无法上课：{chinese}",
    )


def doubt_words(doubt: Doubt, zone: ZoneInfo) -> Words:
    """What speaks against a room, beginning with the device."""
    match doubt.why:
        case Why.FAULT:
            return f"{doubt.name}: {doubt.text_en}", f"{doubt.name}：{doubt.text_zh}"
        case Why.NO_WAY:
            return f"{doubt.name}: {doubt.text_en} does not answer", f"{doubt.name}：上级设备 {doubt.text_zh} 无应答"
        case Why.ABSENT:
            heard = datetime.fromtimestamp(doubt.last_heard_at / 1000, zone).strftime("%m-%d %H:%M")
            return f"{doubt.name}: not heard since {heard}", f"{doubt.name}：{heard} 之后无数据"
        case Why.NEVER_HEARD:
            return f"{doubt.name}: never heard", f"{doubt.name}：从未有数据"


def _room_words(room: RoomToday, zone: ZoneInfo) -> Words:
    reasons = [doubt_words(doubt, zone) for doubt in room.doubts]
    english, chinese = ", ".join(each[0] for each in reasons), "，".join(each[1] for each in reasons)
    return f"{room.room.name_en} ({english})", f"{room.room.name_zh}（{chinese}）"
