"""One switch's command line in the running district: what it runs by now, and the trap it sends when that changes."""

import contextlib
from typing import TYPE_CHECKING

from simulator.district.device import Family, SimDevice
from simulator.life.fault import FaultName
from simulator.live.district import LiveDistrict
from simulator.plan.shape import LOOPBACK, SSH_USER, SimulatorPlan
from simulator.snmp.ber import parse_oid
from simulator.snmp.trap import send_trap
from simulator.ssh.configuration import INTRUSION, WORKS, Change, configuration
from simulator.ssh.dialect import DIALECTS
from simulator.ssh.server import CommandLine, Login

if TYPE_CHECKING:
    import asyncssh

FIRST_WORK_S = 20
"""After somebody has first looked at the configuration: a change is a change of something known."""
WORK_EVERY_S = 86_400
TRAPS = {
    Family.HUAWEI: parse_oid("1.3.6.1.4.1.2011.6.10.2.1"),
    Family.H3C: parse_oid("1.3.6.1.4.1.25506.2.4.2.1"),
    # what the agent understands of any device: ccmCLIRunningConfigChanged
    Family.RUIJIE: parse_oid("1.3.6.1.4.1.9.9.43.2.0.2"),
}


class LiveCommandLine:
    """Inert until its `line` is started; `obey_faults` is called a few times a second."""

    def __init__(
        self,
        live: LiveDistrict,
        site: str,
        device: SimDevice,
        host: str,
        plan: SimulatorPlan,
        key: "asyncssh.SSHKey",
        *,
        is_worked_on: bool,
    ) -> None:
        """`is_worked_on`: a technician does something to it soon after it was first looked at, and then daily."""
        self._live = live
        self._site = site
        self._device = device
        self._host = host
        self._plan = plan
        self._is_worked_on = is_worked_on
        self._known_at = 0
        self._changes: tuple[Change, ...] | None = None
        self.line = CommandLine(
            host,
            plan.ssh_port,
            key,
            Login(SSH_USER, plan.ssh_password, plan.ssh_password),
            DIALECTS[device.family],
            device.system_name,
            self._running,
            self._saved,
        )

    def obey_faults(self, now: int) -> None:
        """Run by what is true now, tell of a change, fall silent without power."""
        has = self._live.has
        if self.line.counts["sessions"]:
            self._known_at = self._known_at or now
        name = self._device.id
        dead = not self._live.is_alive(self._site, name, now) or has(FaultName.SILENT, self._site, name)
        self.line.is_silent = dead
        intrusion = (INTRUSION,) if has(FaultName.CONFIG_CHANGE, self._site, name) else ()
        changes = (*self._works(now), *intrusion)
        if self._changes is not None and changes != self._changes and not dead:
            self._tell()
        self._changes = changes

    def _works(self, now: int) -> tuple[Change, ...]:
        if not self._is_worked_on or not self._known_at:
            return ()
        worked_s = (now - self._known_at) / 1000 - FIRST_WORK_S
        return WORKS[: max(0, int(worked_s // WORK_EVERY_S) + 1)]

    def _tell(self) -> None:
        port = self._plan.site(self._site).trap_port
        with contextlib.suppress(OSError):  # a device whose trap is lost sends it no second time
            send_trap(self._host, (LOOPBACK, port), self._plan.community, TRAPS[self._device.family])

    def _running(self) -> str:
        changes = self._changes or ()
        return configuration(self._device, changes, "guest" if INTRUSION in changes else "admin")

    def _saved(self) -> str:
        kept = tuple(change for change in self._changes or () if change is not INTRUSION)
        return configuration(self._device, kept)
