"""A story for each family of shipped rules: what happens every day calls nobody, what is broken does, in time."""

import pytest

from campus.samples import DeviceKind as Kind
from controller.calendar.model import Period
from controller.calendar.sheet import Sheet
from controller.identity.scope import SYSTEM
from tests.support.district import NO_1
from tests.unit.alerts.scene import Scene
from tests.unit.alerts.stories import Story, play

FREEZER, FREEZER_DOOR = "temperature_cel of freezer", "door_state of freezer"
COLD_STORE, COLD_DOOR = "temperature_cel of cold-store", "door_state of cold-store"
PORT = "GE0/0/1"
HOUR = 60


def test_freezers_defrost_and_break(scene: Scene) -> None:
    defrost = [(0, -19), (60, -19), (90, -4), (105, -18), (420, -18), (450, -5), (465, -19)]
    play(
        scene,
        {
            "defrosts": Story(Kind.KITCHEN_MONITOR, {FREEZER: defrost}),
            "is-filled": Story(
                Kind.KITCHEN_MONITOR,
                {
                    FREEZER: [(0, -19), (60, -19), (88, -9), (110, -16), (150, -19)],
                    FREEZER_DOOR: [(0, "closed"), (60, "open"), (88, "closed")],
                },
            ),
            "breaks": Story(
                Kind.KITCHEN_MONITOR,
                {FREEZER: [(0, -19), (60, -19), (540, 5)]},  # 3 K an hour: -12 at 200, 0 at 440
                {"freezer-warming": (218, 230), "freezer-warm": (255, 270), "freezer-thawing": (480, 495)},
            ),
            "stands-open": Story(
                Kind.KITCHEN_MONITOR,
                {
                    FREEZER: [(0, -19), (60, -19), (75, -14.5), (300, -14.5)],
                    FREEZER_DOOR: [(0, "closed"), (60, "open")],
                },
                {"freezer-door-open": (90, 110)},
            ),
        },
        9 * HOUR,
        every=5,
    )


def test_cold_stores_take_deliveries_and_break(scene: Scene) -> None:
    play(
        scene,
        {
            "takes-a-delivery": Story(
                Kind.KITCHEN_MONITOR,
                {
                    COLD_STORE: [(0, 4), (30, 4), (55, 13), (80, 7), (120, 4)],
                    COLD_DOOR: [(0, "closed"), (30, "open"), (55, "closed")],
                },
            ),
            "defrosts": Story(Kind.KITCHEN_MONITOR, {COLD_STORE: [(0, 4), (30, 4), (60, 10), (75, 5), (180, 4)]}),
            "breaks": Story(
                Kind.KITCHEN_MONITOR,
                {COLD_STORE: [(0, 4), (30, 4), (90, 12), (300, 18)]},  # 8 °C at minute 60
                {"cold-store-warm": (120, 130)},
            ),
            "freezes": Story(
                Kind.KITCHEN_MONITOR, {COLD_STORE: [(0, 4), (60, -2), (300, -2)]}, {"cold-store-frozen": (105, 116)}
            ),
        },
        4 * HOUR,
        every=4,
    )


def test_kitchens_hold_food_hot_while_people_eat(scene: Scene) -> None:
    """The scene begins at 10:00; meals are from 11:30 to 12:30."""
    scene.calendar = scene.registry.calendar
    scene.registry.calendar.take_sheet(SYSTEM, Sheet(meals=(Period(11 * 60 + 30, 12 * 60 + 30),)), NO_1)
    hot = "temperature_cel of hot-holding"
    play(
        scene,
        {
            "is-switched-off-after-lunch": Story(
                Kind.KITCHEN_MONITOR, {hot: [(0, 20), (80, 66), (150, 66), (180, 25)]}
            ),
            "is-opened-often": Story(
                Kind.KITCHEN_MONITOR, {hot: [(0, 65), (100, 65), (110, 55), (125, 64), (200, 64)]}
            ),
            "is-broken": Story(Kind.KITCHEN_MONITOR, {hot: [(0, 45)]}, {"hot-holding-cold": (118, 124)}),
            "leaks-gas": Story(
                Kind.KITCHEN_MONITOR,
                {"gas_percent_lel": [(0, 0.5), (59, 0.5), (60, 14)], "humidity_percent": [(0, 60)]},
                {"gas-leak": (60, 60)},
            ),
            "leaks-a-little-gas": Story(
                Kind.KITCHEN_MONITOR, {"gas_percent_lel": [(0, 0.5), (59, 0.5), (60, 7)]}, {"gas-trace": (65, 66)}
            ),
            "cooks": Story(Kind.KITCHEN_MONITOR, {"gas_percent_lel": [(0, 0.5), (30, 2), (60, 0.5)]}),
            "burns-badly": Story(Kind.SENSOR, {"co_ppm": [(0, 2), (60, 2), (61, 120)]}, {"carbon-monoxide": (70, 72)}),
        },
        200,
    )


def test_network_equipment(scene: Scene) -> None:
    play(
        scene,
        {
            "has-a-burst-of-errors": Story(
                Kind.SWITCH, {f"if_in_errors_per_s of {PORT}": [(0, 0), (9, 0), (10, 50), (12, 50), (13, 0)]}
            ),
            "has-a-bad-cable": Story(
                Kind.SWITCH,
                {f"if_in_errors_per_s of {PORT}": [(0, 0), (10, 0), (11, 3)]},
                {"port-receives-errors": (15, 17)},
            ),
            "loses-a-neighbour": Story(
                Kind.SWITCH,
                {f"if_oper_state of {PORT}": [(0, "up"), (10, "down")], "if_oper_state of GE0/0/9": [(0, "down")]},
                {"port-down": (10, 12)},
                neighbours=(PORT,),
            ),
            "loses-its-power-budget": Story(
                Kind.SWITCH, {"poe_supply_state of PoE 1": [(0, "on"), (10, "failed")]}, {"poe-supply-failed": (11, 12)}
            ),
            "feeds-much": Story(
                Kind.SWITCH,
                {"poe_used_w of PoE 1": [(0, 200), (10, 350)], "poe_budget_w of PoE 1": [(0, 370)]},
                {"poe-nearly-used-up": (22, 26)},
            ),
            "has-a-crowded-channel": Story(
                Kind.ACCESS_POINT, {"channel_use_percent of radio 1": [(0, 40), (10, 85)]}, {"air-is-crowded": (19, 22)}
            ),
            "controls-access-points": Story(
                Kind.SWITCH,
                {f"access_point_state of ap-{n}": [(0, "up"), (10, "down" if n == 1 else "up")] for n in range(1, 9)},
                {"access-point-offline": (15, 16)},
            ),
            "lost-a-floor-of-access-points": Story(
                Kind.SWITCH,
                {f"access_point_state of ap-{n}": [(0, "up"), (10, "down" if n < 5 else "up")] for n in range(1, 9)},
                {"access-point-offline": (15, 16), "access-points-many-offline": (15, 16)},
            ),
            "has-a-dirty-fibre": Story(
                Kind.GATEWAY,
                {f"optical_rx_dbm of {PORT}": [(0, -9), (10, -20)], f"if_oper_state of {PORT}": [(0, "up")]},
                {"uplink-light-weak": (24, 26)},
                uplinks=(PORT,),
            ),
            "has-an-unused-fibre-module": Story(
                Kind.SWITCH,
                {f"optical_rx_dbm of {PORT}": [(0, -40)], f"if_oper_state of {PORT}": [(0, "down")]},
            ),
            "is-out-of-addresses": Story(
                Kind.GATEWAY, {"dhcp_use_percent of lan": [(0, 80), (10, 99)]}, {"addresses-used-up": (12, 14)}
            ),
            "had-a-licence": Story(Kind.GATEWAY, {"licence_days_left of ips": [(0, -3)]}, {"licence-ended": (0, 0)}),
            "has-an-old-licence": Story(
                Kind.GATEWAY, {"licence_days_left of ips": [(0, 12)]}, {"licence-ends-soon": (0, 0)}
            ),
        },
        40,
    )


def test_power(scene: Scene) -> None:
    play(
        scene,
        {
            "loses-the-mains": Story(
                Kind.UPS,
                {
                    "ups_source_state": [(0, "normal"), (10, "battery")],
                    "battery_percent": [(0, 100), (10, 100), (60, 0)],
                    "battery_state": [(0, "normal"), (50, "low")],
                },
                {"ups-on-battery": (10, 11), "battery-charge-low": (45, 48), "ups-battery-low": (50, 50)},
            ),
            "is-in-bypass": Story(
                Kind.UPS, {"ups_source_state": [(0, "normal"), (10, "bypass")]}, {"ups-bypass": (11, 12)}
            ),
            "carries-a-kettle-for-a-moment": Story(
                Kind.UPS, {"load_percent": [(0, 40), (10, 40), (10.5, 95), (11.5, 40)]}
            ),
            "carries-too-much": Story(Kind.UPS, {"load_percent": [(0, 40), (10, 95)]}, {"ups-overloaded": (10, 12)}),
            "is-warm-at-noon": Story(Kind.UPS, {"temperature_cel": [(0, 38), (30, 44), (60, 38)]}),
            "cooks-its-battery": Story(Kind.UPS, {"temperature_cel": [(0, 38), (10, 47)]}, {"ups-hot": (38, 40)}),
            "failed-its-test": Story(
                Kind.UPS, {"ups_test_state": [(0, "passed"), (10, "failed")]}, {"ups-test-failed": (10, 10)}
            ),
            "has-an-old-battery": Story(Kind.UPS, {"battery_state": [(0, "faulty")]}, {"ups-battery-faulty": (5, 6)}),
            "gets-low-mains": Story(
                Kind.UPS, {"input_voltage_v": [(0, 225), (10, 178)]}, {"mains-voltage-wrong": (13, 16)}
            ),
            "gets-three-phases": Story(Kind.UPS, {"input_voltage_v": [(0, 398)]}),
            "is-a-strip": Story(
                Kind.OTHER, {"alarm_state": [(0, "normal"), (10, "attention")]}, {"power-feed-alarm": (12, 13)}
            ),
        },
        70,
    )


def test_cameras_recorders_and_gates(scene: Scene) -> None:
    play(
        scene,
        {
            "goes-black": Story(Kind.CAMERA, {"picture_state": [(0, "ok"), (10, "black")]}, {"camera-black": (10, 10)}),
            "is-dark-at-night": Story(Kind.CAMERA, {"picture_state": [(0, "ok"), (10, "dark")]}),
            "is-blurred-by-rain": Story(Kind.CAMERA, {"picture_state": [(0, "ok"), (10, "blurred"), (30, "ok")]}),
            "is-out-of-focus": Story(
                Kind.CAMERA, {"picture_state": [(0, "ok"), (10, "blurred")]}, {"camera-blurred": (40, 41)}
            ),
            "has-a-wrong-clock": Story(
                Kind.CAMERA, {"clock_offset_s": [(0, 1), (10, 240)]}, {"camera-clock-fast": (6, 9)}
            ),
            "stops-recording": Story(
                Kind.CAMERA, {"recording_state": [(0, "recording"), (10, "stopped")]}, {"not-recording": (12, 13)}
            ),
            "keeps-too-little": Story(
                Kind.RECORDER,
                {"recording_days of 1": [(0, 31)], "recording_days of 2": [(0, 12)]},
                {"recording-short": (0, 0)},
            ),
            "loses-a-disk": Story(
                Kind.RECORDER,
                {"hardware_state of hdd1": [(0, "normal"), (10, "failed")]},
                {"recorder-disk-failing": (10, 11)},
            ),
            "loses-a-camera": Story(
                Kind.RECORDER,
                {
                    f"channel_state of {n}": [(0, "online"), (10, "offline" if n == 1 else "online")]
                    for n in range(1, 5)
                },
                {"channel-lost": (12, 13)},
            ),
            "loses-most-cameras": Story(
                Kind.RECORDER,
                {f"channel_state of {n}": [(0, "online"), (10, "offline" if n < 7 else "online")] for n in range(1, 9)},
                {"channel-lost": (12, 13), "recorder-lost-most": (12, 13)},
            ),
            "lets-pupils-in": Story(Kind.GATE, {"gate_state": [(0, "held_open"), (25, "closed")]}),
            "was-left-open": Story(Kind.GATE, {"gate_state": [(0, "held_open")]}, {"gate-held-open": (30, 31)}),
            "is-stuck": Story(Kind.GATE, {"gate_state": [(0, "closed"), (10, "fault")]}, {"gate-fault": (10, 11)}),
        },
        50,
    )


def test_classrooms(scene: Scene) -> None:
    play(
        scene,
        {
            "gets-warm-in-a-lesson": Story(Kind.BOARD, {"temperature_cel": [(0, 40), (30, 70)]}),
            "is-too-hot": Story(Kind.BOARD, {"temperature_cel": [(0, 40), (10, 80)]}, {"board-hot": (10, 12)}),
            "is-broken": Story(Kind.BOARD, {"power_state": [(0, "on"), (10, "fault")]}, {"board-fault": (10, 11)}),
            "names-its-lamp": Story(
                Kind.PROJECTOR,
                {"hardware_state of lamp": [(0, "normal"), (10, "failed")]},
                {"projector-part-failed": (11, 12)},
            ),
            "has-its-paper-filled-in": Story(
                Kind.PRINTER, {"printer_fault_state": [(0, "none"), (10, "no_paper"), (20, "none")]}
            ),
            "waits": Story(
                Kind.PRINTER, {"printer_fault_state": [(0, "none"), (10, "jammed")]}, {"printer-needs-a-hand": (25, 26)}
            ),
            "runs-out": Story(
                Kind.PRINTER, {"supply_percent of black": [(0, 12), (20, 8)]}, {"printer-supply-low": (10, 11)}
            ),
        },
        40,
    )


def test_servers_services_and_sensors(scene: Scene) -> None:
    play(
        scene,
        {
            "works-hard": Story(Kind.SERVER, {"cpu_percent": [(0, 20), (5, 98), (13, 98), (14, 20)]}),
            "works-too-hard": Story(Kind.SERVER, {"cpu_percent": [(0, 20), (5, 98)]}, {"processor-busy": (14, 16)}),
            "fills": Story(Kind.SERVER, {"storage_percent of /data": [(0, 85), (20, 95)]}, {"disk-full": (10, 13)}),
            "loses-a-supply": Story(
                Kind.SERVER,
                {"power_supply_state of 2": [(0, "normal"), (10, "failed")]},
                {"power-supply-failed": (15, 16)},
            ),
            "loses-packets": Story(
                Kind.AGENT, {"path_loss_percent of centre": [(0, 0), (10, 8)]}, {"path-lossy": (15, 20)}
            ),
            "loses-readings": Story(
                Kind.AGENT, {"agent_spool_dropped_per_min": [(0, 0), (9, 0), (10, 30)]}, {"agent-dropping": (10, 10)}
            ),
            "lies-in-water": Story(Kind.SENSOR, {"leak_state": [(0, "dry"), (10, "wet")]}, {"water-leak": (10, 10)}),
            "stands-in-the-sun": Story(Kind.SENSOR, {"temperature_cel": [(0, 41)]}),
            "is-in-the-network-room": Story(
                Kind.SENSOR, {"temperature_cel of network-room": [(0, 28), (10, 38)]}, {"network-room-hot": (20, 24)}
            ),
            "has-an-old-battery": Story(
                Kind.SENSOR,
                {"battery_state": [(0, "normal"), (1, "low"), (30, "normal")]},  # cold nights look like that
            ),
            "refuses": Story(Kind.SWITCH, {"login_state": [(0, "refused")]}, {"login-refused": (0, 0)}),
        },
        40,
    )


@pytest.mark.parametrize("hours", [2, 25])
def test_a_configuration_may_wait_a_day_to_be_saved(scene: Scene, hours: int) -> None:
    want = {"configuration-unsaved": (24 * HOUR, 24 * HOUR + 15)} if hours > 24 else {}
    told = {"configuration_saved_state": [(0, "saved"), (5, "unsaved"), (hours * HOUR, "saved")]}
    play(scene, {"was-changed": Story(Kind.SWITCH, told, want)}, 26 * HOUR, every=15)
