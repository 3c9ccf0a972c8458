"""What each publishing device says: a JSON shape whose numbers and words come from quantities of its life.

One shape serves the live publisher and the writer of history.
"""

import json
from dataclasses import dataclass
from typing import Any

from simulator.district.device import Family, SimDevice
from simulator.life.boards import APPS
from simulator.life.columns import ColumnName, Columns, Quantity
from simulator.life.kitchens import COLD_STORE, FREEZER, HOT_HOLDING
from simulator.life.noise import Floats

POWER = {0: "off", 1: "standby", 2: "on"}
INPUT = {0: "none", 1: "builtin", 2: "hdmi", 3: "usb_c", 4: "cast"}
DOOR = {0: "closed", 1: "open"}
SMOKE = {0: "clear", 1: "smoke"}
STREAM = {0: "none", 1: "degraded", 2: "ok"}
RECORDING = {0: "stopped", 1: "recording"}
GATE = {0: "closed", 1: "open", 2: "fault", 3: "held_open"}


@dataclass(frozen=True)
class Number:
    """A quantity rounded to `digits`."""

    column: ColumnName
    digits: int = 0


@dataclass(frozen=True)
class Word:
    """A quantity as one of the words a device uses for it."""

    column: ColumnName
    words: dict[int, str]


@dataclass(frozen=True)
class Shape:
    """Topic and body of a device's message; the body is JSON with `Number` and `Word` in place of values."""

    topic: str
    body: dict[str, Any]


def shape_of(device: SimDevice) -> Shape:
    """What a publishing device says; `ValueError` for one that does not publish."""
    build = _SHAPES.get(device.family)
    if build is None:
        raise ValueError(f"{device.id} does not publish")
    shape = build(device.id)
    plate = {
        "firmware": device.firmware,
        "mac": device.mac.hex(":"),
        "model": device.model,
        "serial": device.serial,
        "vendor": device.vendor,
    }
    return Shape(shape.topic, shape.body | plate)


def render(shape: Shape, columns: Columns, row: Floats) -> bytes:
    """The message at one moment; `row` is the site's row of quantities."""
    return json.dumps(_rendered(shape.body, columns, row), ensure_ascii=False).encode()


def _rendered(part: Any, columns: Columns, row: Floats) -> Any:
    match part:
        case dict():
            return {key: _rendered(value, columns, row) for key, value in part.items()}
        case list():
            return [_rendered(value, columns, row) for value in part]
        case Number(column=column, digits=digits):
            value = round(float(row[columns[column]]), digits)
            return value if digits else int(value)
        case Word(column=column, words=words):
            return words[int(row[columns[column]])]
        case _:
            return part


def _board(device: str) -> Shape:
    return Shape(
        f"board/{device}/telemetry",
        {
            "power": Word(ColumnName(device, Quantity.POWER), POWER),
            "input": Word(ColumnName(device, Quantity.INPUT), INPUT),
            "app": Word(ColumnName(device, Quantity.APP), dict(enumerate(APPS))),
            "touches_per_min": Number(ColumnName(device, Quantity.TOUCHES)),
            "cpu": Number(ColumnName(device, Quantity.CPU), 1),
            "memory": Number(ColumnName(device, Quantity.MEMORY), 1),
            "disk": Number(ColumnName(device, Quantity.STORAGE), 1),
            "temperature": Number(ColumnName(device, Quantity.TEMPERATURE), 1),
        },
    )


def _kitchen(device: str) -> Shape:
    sensors = [
        {
            "id": sensor,
            "temperature": Number(ColumnName(device, Quantity.TEMPERATURE, sensor), 1),
            **({"door": Word(ColumnName(device, Quantity.DOOR, sensor), DOOR)} if sensor != HOT_HOLDING else {}),
        }
        for sensor in (FREEZER, COLD_STORE, HOT_HOLDING)
    ]
    return Shape(
        f"kitchen/{device}/telemetry",
        {
            "sensors": sensors,
            "gas_lel": Number(ColumnName(device, Quantity.GAS), 1),
            "smoke": Word(ColumnName(device, Quantity.SMOKE), SMOKE),
            "humidity": Number(ColumnName(device, Quantity.HUMIDITY), 1),
        },
    )


def _camera(device: str) -> Shape:
    return Shape(
        f"camera/{device}/status",
        {
            "stream": Word(ColumnName(device, Quantity.STREAM), STREAM),
            "recording": Word(ColumnName(device, Quantity.RECORDING), RECORDING),
            "bitrate_bps": Number(ColumnName(device, Quantity.BITRATE)),
            "clock_offset_s": Number(ColumnName(device, Quantity.CLOCK_OFFSET), 1),
            "temperature": Number(ColumnName(device, Quantity.TEMPERATURE), 1),
        },
    )


def _projector(device: str) -> Shape:
    return Shape(
        f"projector/{device}/status",
        {
            "power": Word(ColumnName(device, Quantity.POWER), POWER),
            "input": Word(ColumnName(device, Quantity.INPUT), INPUT),
            "lamp_hours": Number(ColumnName(device, Quantity.LAMP_HOURS)),
            "temperature": Number(ColumnName(device, Quantity.TEMPERATURE), 1),
        },
    )


def _gate(device: str) -> Shape:
    return Shape(
        f"gate/{device}/status",
        {
            "state": Word(ColumnName(device, Quantity.GATE), GATE),
            "passages_per_min": Number(ColumnName(device, Quantity.PASSAGES)),
        },
    )


_SHAPES = {
    Family.BOARD: _board,
    Family.KITCHEN: _kitchen,
    Family.CAMERA: _camera,
    Family.PROJECTOR: _projector,
    Family.GATE: _gate,
}
