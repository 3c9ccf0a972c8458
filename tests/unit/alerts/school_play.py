"""A school on a time line for tests of root cause: every 15 s its agent asks everything and says what it found.

    play = Play(scene)
    play.dies("sw-1")          # from now on it does not answer, nor does what hangs on it
    play.until(200)
    play.told()                # -> [("device-unreachable", "sw-1")]

gw-1 leads to the metro network; on it hang sw-1 and sw-2, which are also joined to each other where the school `has_ring`;
on sw-1 ap-1 and cam-1, on sw-2 ap-2, cam-2 and ups-1; other-1 hangs nobody knows where. The centre's core-1 has a port to
the school.
"""

import msgspec

from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind, Neighbour
from controller.alerts.model import Alert
from controller.identity.scope import SYSTEM
from tests.support.district import CENTRE, CORE, NO_1, NO_2, NOW, UPLINK, address_of, centre_facts, school_facts
from tests.unit.alerts.scene import Scene

STEP_S, POLL_S = 5, 15
UP, DOWN = 1.0, 2.0
MAINS, BATTERY = 3.0, 5.0
TO_SCHOOL = "10GE0/0/1"
HANGS_ON = {
    "sw-1": [("gw-1", "GigabitEthernet0/0/2")],
    "sw-2": [("gw-1", "GigabitEthernet0/0/3")],
    "ap-1": [("sw-1", "GE0/0/1")],
    "cam-1": [("sw-1", "GE0/0/3")],
    "ap-2": [("sw-2", "GE0/0/1")],
    "cam-2": [("sw-2", "GE0/0/3")],
    "ups-1": [("sw-2", "GE0/0/4")],
}
RING = ("sw-1", "GE0/0/9"), ("sw-2", "GE0/0/9")
KINDS = {"sw": DeviceKind.SWITCH, "ap": DeviceKind.ACCESS_POINT, "cam": DeviceKind.CAMERA, "ups": DeviceKind.UPS}


class Play:
    """What is broken at the moment stands in its sets."""

    def __init__(self, scene: Scene, *, has_ring: bool = False) -> None:
        self.scene = scene
        self.dead: set[str] = set()
        self.dark_ports: set[tuple[str, str]] = set()
        self.is_cut = False
        self.source = MAINS
        self.core_port, self.core_bps = UP, 8e7
        self.hears_centre = True
        self.late: dict[str, int] = {}
        """Devices that are asked so much later than the others, in seconds."""
        self.has_ring = has_ring
        self._enrol()
        self.until(30)

    def _enrol(self) -> None:
        learn = self.scene.registry.service.learn_facts
        facts = {str(each.device): each for each in school_facts(NO_1)}
        for device in (*HANGS_ON, "other-1"):
            kind = KINDS.get(device.split("-")[0], DeviceKind.OTHER)
            room = {"ap-1": "r101", "cam-1": "r102"}.get(device, "r-net")
            facts.setdefault(device, DeviceFacts(DeviceId(device), kind, NOW, name=device, room=room))
        links = [(*place, device, "") for device, places in HANGS_ON.items() for place in places]
        if self.has_ring:
            links += [(*RING[0], *RING[1]), (*RING[1], *RING[0])]
        for device in ("gw-1", "sw-1", "sw-2"):
            met = tuple(Neighbour(port, other, far) for holder, port, other, far in links if holder == device)
            facts[device] = msgspec.structs.replace(facts[device], neighbours=met)
        facts["gw-1"] = msgspec.structs.replace(facts["gw-1"], system_name="gw-of-no-1")
        learn(address_of(NO_1), list(facts.values()), NOW)
        core = msgspec.structs.replace(centre_facts()[0], neighbours=(Neighbour(TO_SCHOOL, "gw-of-no-1"),))
        learn(address_of(CENTRE), [core], NOW)

    # What happens.

    def dies(self, device: str) -> None:
        """It loses its power: it and what hangs only on it are not heard, the ports to it go dark."""
        self.dead |= {device, *self._behind(device)}
        self.dark_ports |= set(HANGS_ON.get(device, ()))

    def is_back(self, device: str, *but: str) -> None:
        """It has power again, and all that hangs on it answers but what is named."""
        self.dead -= {device, *self._behind(device)} - set(but)
        self.dark_ports -= set(HANGS_ON.get(device, ()))

    def is_cut_off(self, *, port: float = DOWN, bps: float = 0.0) -> None:
        """The agent is not heard any more; what the centre sees of the line to it."""
        self.is_cut, self.core_port, self.core_bps = True, port, bps

    def is_joined_again(self) -> None:
        """The agent is heard again."""
        self.is_cut, self.core_port, self.core_bps = False, UP, 8e7

    def says(self, device: str, metric: str, value: float, instance: str = "") -> None:
        """A device of the school says something else."""
        self._say(NO_1, device, metric, value, instance)

    def until(self, second: int) -> None:
        """Time passes."""
        clock = self.scene.registry.clock
        while clock.now < self.scene.at(second):
            clock.now += STEP_S * 1000
            now_s = (clock.now - NOW) // 1000
            if not self.is_cut:
                self._school_says(now_s)
            if self.hears_centre and now_s % POLL_S == 0:
                self._say(CENTRE, "core-1", "reachable", 1.0)
                self._say(CENTRE, str(CENTRE), "agent_spool_bytes", 0.0)
                self._say(CENTRE, str(CORE), "if_oper_state", self.core_port, TO_SCHOOL)
                self._say(CENTRE, str(CORE), "if_in_bps", self.core_bps, TO_SCHOOL)
                self._say(NO_2, str(NO_2), "agent_spool_bytes", 0.0)
            self.scene.engine.tick(clock.now)

    def _school_says(self, now_s: int) -> None:
        if now_s % POLL_S == 0:
            self._say(NO_1, str(NO_1), "agent_spool_bytes", 0.0)
        for device in ("gw-1", *HANGS_ON, "other-1"):
            if (now_s - self.late.get(device, 0)) % POLL_S:
                continue
            self._say(NO_1, device, "reachable", float(device not in self.dead))
            if device in self.dead:
                continue
            for port in self._ports(device):
                self._say(NO_1, device, "if_oper_state", DOWN if (device, port) in self.dark_ports else UP, port)
            if device == "ups-1":
                self._say(NO_1, device, "ups_source_state", self.source)

    def _ports(self, device: str) -> list[str]:
        ports = [port for places in HANGS_ON.values() for holder, port in places if holder == device]
        ports += [port for holder, port in RING if holder == device and self.has_ring]
        return [*ports, UPLINK] if device == "gw-1" else ports

    def _say(self, site: str, device: str, metric: str, value: float, instance: str = "") -> None:
        now = self.scene.registry.clock.now
        self.scene.feed.say(site, device, metric, value, at=now, instance=instance)  # type: ignore[arg-type]

    def _behind(self, device: str) -> set[str]:
        return {each for each, places in HANGS_ON.items() if {holder for holder, _ in places} == {device}}

    # What people see.

    def told(self) -> list[tuple[str, str]]:
        """Rule and device of what stands for itself now."""
        return sorted((each.rule, str(each.device)) for each in self._standing())

    def the_one(self) -> Alert:
        """The only alert that stands, with its trail."""
        (alert,) = self._standing()
        return self.scene.service.alert(SYSTEM, alert.id)

    def behind(self, alert: Alert) -> set[str]:
        """The devices whose alerts hide behind it."""
        return {str(each.device) for each in self.scene.service.hidden_behind(SYSTEM, alert.id)}

    def ever_told(self) -> set[tuple[str, str]]:
        """Rule and device of every alert of which the trail says that people were shown it."""
        return {
            (each.rule, str(each.device))
            for each in self.scene.everything()
            if any(step.stage == "shown" for step in each.trail)
        }

    def _standing(self) -> list[Alert]:
        return self.scene.service.by_ids(SYSTEM, list(self.scene.service.standing(SYSTEM)))
