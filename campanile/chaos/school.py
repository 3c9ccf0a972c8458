"""One school of the bench: devices, a line to the centre, an agent, its disk and its clock."""

import asyncio
import sys
from pathlib import Path
from typing import Final

import yaml

from campanile.chaos.device import PROFILE, PROFILE_NAME, serial_device
from campanile.chaos.held_port import LOOPBACK
from campanile.chaos.ledger import Ledger
from campanile.chaos.process import READY_TIMEOUT_S, Process
from campanile.chaos.relay import Relay
from campanile.chaos.small_disk import SmallDisk
from campanile.chaos.spools import copy_spool, is_spool
from simulator.snmp.responder import Responder

ACK_TIMEOUT_S: Final = 3.0
BATCH_S: Final = 0.5
ROWS_PER_DEVICE: Final = 10
SPOOL_DISK_BYTES: Final = 32 << 20
DEVICES: Final = 3
_NEVER_S: Final = 86_400.0


class School:
    """Constructed inert; `start` binds devices and line and writes the configuration, `agent.start` begins the agent."""

    def __init__(self, site: str, folder: Path, logs: Path, ledger: Ledger, entry: str) -> None:
        self.site = site
        self.folder = folder / site
        self.disk = SmallDisk(self.folder / "disk", SPOOL_DISK_BYTES)
        self.spool = self.disk.path / "spool.db"
        self.config = self.folder / "agent.yaml"
        self.line = Relay(f"line of {site}", 0)
        self.turn = asyncio.Lock()
        """Held by a fault that needs the agent or its disk to itself."""
        self.set_aside: list[Path] = []
        """Copies of spools whose disks the bench took, or which hold more than the agent will remember."""
        self.twins: list[Path] = []
        """Spools of further machines that bore this agent's name; what waits in them must arrive too."""
        self.has_lost_disk = False
        self.devices = [serial_device(ledger, site, f"device-{n}", ROWS_PER_DEVICE) for n in range(1, DEVICES + 1)]
        self._entry = entry
        self._offset = self.folder / "clock-offset-ms"
        self._logs = logs
        self.agent = self.agent_process(f"agent-{site}", self.config)

    def agent_process(self, name: str, config: Path) -> Process:
        """A process of this school's agent, not started."""
        return Process(name, [sys.executable, "-m", self._entry, str(config), str(self._offset)], self._logs)

    async def start(self, broker_host: str, broker_port: int) -> None:
        """Make the folder, bind the devices, open the line."""
        (self.folder / "profiles").mkdir(parents=True)
        profile = self.folder / "profiles" / f"{PROFILE_NAME}.yaml"
        profile.parent.mkdir()
        profile.write_text(PROFILE)
        (self.folder / "community.txt").write_text("public")
        self.line.to_host, self.line.to_port = broker_host, broker_port
        await self.line.start()
        for device in self.devices:
            await device.start()
        self.write_config(self.config, self.spool)

    def write_config(self, path: Path, spool: Path, *, is_asking: bool = True) -> None:
        """Write a configuration of this school's agent; without asking it only empties its spool."""
        cadence_s = 1.0 if is_asking else _NEVER_S
        settings = {
            "site": self.site,
            "profiles": str(self.folder / "profiles"),
            "spool": {"path": str(spool)},
            "uplink": {
                "host": LOOPBACK,
                "port": self.line.port,
                "ack_timeout_s": ACK_TIMEOUT_S,
                "reconnect_min_s": 0.1,
                "reconnect_max_s": 1.0,
                "backlog_bytes_per_s": 2_000_000,
                "keepalive_s": 10,
            },
            "cadence": {"fast_s": cadence_s, "normal_s": cadence_s, "slow_s": 60.0 if is_asking else _NEVER_S},
            "polling": {"timeout_s": 5.0, "backoff_max_s": 2.0},
            "snmp_communities": {"read": {"file": str(self.folder / "community.txt")}},
            "batch_s": BATCH_S,
            "devices": [_entry(number, device) for number, device in enumerate(self.devices, 1)] if is_asking else [],
        }
        path.write_text(yaml.safe_dump(settings, sort_keys=False))

    def set_clock(self, offset_ms: int) -> None:
        """Make the agent's wall clock wrong from now on; 0 makes it right."""
        self._offset.write_text(str(offset_ms))

    async def until_spooling(self) -> None:
        """Return when the agent, which runs, has opened its spool: a disk that was destroyed has none at first."""
        await self.agent.until(lambda: is_spool(self.spool), "open its spool", READY_TIMEOUT_S)

    def keep_copy(self, name: str) -> Path:
        """A copy of the spool as it lies on the disk now."""
        copy = self.folder / "copies" / f"{len(list(self.folder.glob('copies/*.db')))}-{name}.db"
        copy_spool(self.spool, copy)
        return copy

    async def close(self) -> None:
        """Unbind everything."""
        for device in self.devices:
            device.close()
        await self.line.close()


def _entry(number: int, device: Responder) -> dict[str, str]:
    return {"id": f"device-{number}", "address": f"{LOOPBACK}:{device.port}", "profile": PROFILE_NAME}
