"""The simulated devices of usual makes appear by themselves: recognised, named, with the right metrics."""

import asyncio
from pathlib import Path

from simulator.district.district import build_district
from simulator.life.site_life import DistrictLife
from simulator.live.district import LiveDistrict
from simulator.mqtt.guests import Guests
from tests.integration.agent.test_listener import Ear
from tests.servers.mosquitto import mosquitto
from tests.support.eventually import until

NOW = 1_790_000_000_000
SITE = "no-1-primary"
WANTED = {
    "no-1-primary-plant-room-air-301": {
        "temperature_cel",
        "humidity_percent",
        "co2_ppm",
        "pm25_ug_m3",
        "illuminance_lx",
    },
    "no-1-primary-plant-room-cold-room": {"temperature_cel", "door_state"},
    "no-1-primary-plant-room": {"uptime_s"},
    "plug-water": {"power_w", "energy_kwh", "voltage_v", "current_a", "relay_state", "signal_dbm", "uptime_s"},
    "zigbee2mqtt": set(),
    "zigbee-00158d0001a2b301": {"temperature_cel", "humidity_percent", "battery_percent", "link_quality"},
    "zigbee-00158d0001a2b302": {"door_state", "battery_percent", "link_quality"},
    "zigbee-00158d0001a2b303": {"leak_state", "battery_percent", "link_quality"},
    "zigbee-a4c138000000d404": {"power_w", "energy_kwh", "voltage_v", "relay_state", "link_quality"},
}


def test_the_agent_knows_every_guest_by_itself(tmp_path: Path) -> None:
    async def scenario(port: int) -> None:
        ear, live = Ear(port, silence_s=60), LiveDistrict(DistrictLife(build_district(1, 1), frozenset()), lambda: NOW)
        guests = Guests(live, SITE, "127.0.0.1", port)
        async with ear.at_work():
            await until(lambda: ear.listener.counts["connections"] == 1, "connection")
            guests.start()
            rounds = iter(range(1, 10_000))

            def found() -> dict[str, set[str]]:
                guests.speak(NOW, 10.0 * next(rounds))
                return {
                    device: {s.key.metric for n, h in ear.harvests if n == device for s in h.samples}
                    for device in WANTED
                }

            await until(
                lambda: found() == {device: wanted | {"reachable"} for device, wanted in WANTED.items()}, "them all"
            )
            assert sum(harvest.dropped.total() for _, harvest in ear.harvests) == 0
            assert ear.candidates.listed() == []
            guests.stop()
        told = {h.facts.device: h.facts for _, h in ear.harvests if h.facts}
        assert set(told) == set(WANTED)
        assert all(facts.name for facts in told.values())
        assert told["zigbee-00158d0001a2b303"].model == "SJCGQ11LM"  # type: ignore[index]
        assert told["no-1-primary-plant-room-air-301"].model == "AM319"  # type: ignore[index]

    with mosquitto(tmp_path) as broker:
        asyncio.run(scenario(broker.port))
