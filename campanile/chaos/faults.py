"""All faults that come by chance, and how often. Most are cheap, so that a run stages hundreds."""

from typing import Final

from campanile.chaos import faults_disk, faults_line, faults_process
from campanile.chaos.stage import Fault

FAULTS: Final = (
    Fault("cut", 18, faults_line.cut),
    Fault("reset", 16, faults_line.reset),
    Fault("hold", 9, faults_line.hold),
    Fault("delay", 4, faults_line.delay),
    Fault("throttle", 3, faults_line.throttle),
    Fault("repeat", 16, faults_line.repeat),
    Fault("kill-broker", 8, faults_process.kill_broker),
    Fault("wipe-broker", 3, faults_process.wipe_broker),
    Fault("end-broker", 2, faults_process.end_broker),
    Fault("kill-agent", 9, faults_process.kill_agent),
    Fault("restart-agent", 2, faults_process.restart_agent),
    Fault("kill-controller", 2, faults_process.kill_controller),
    Fault("restart-controller", 0.7, faults_process.restart_controller),
    Fault("kill-between", 1, faults_process.kill_between),
    Fault("restore-controller", 0.7, faults_process.restore_controller),
    Fault("destroy-spool", 0.8, faults_disk.destroy_spool),
    Fault("restore-spool", 1, faults_disk.restore_spool),
    Fault("days-offline", 0.8, faults_disk.days_offline),
    Fault("twin-fresh", 0.7, faults_disk.twin_fresh),
    Fault("twin-copy", 0.7, faults_disk.twin_copy),
    Fault("jump-clock", 1.5, faults_disk.jump_clock),
    Fault("wrong-clock", 1, faults_disk.wrong_clock),
)
SPARING: Final = frozenset(
    {
        faults_line.cut,
        faults_line.reset,
        faults_line.hold,
        faults_line.delay,
        faults_line.throttle,
        faults_line.repeat,
        faults_process.kill_broker,
        faults_process.wipe_broker,
        faults_process.end_broker,
        faults_disk.jump_clock,
    }
)
"""Those that end no agent and no controller, so that in a long run their memory can be watched."""
ON_SMALL_DISKS: Final = (
    Fault("full-spool", 0.8, faults_disk.full_spool),
    Fault("full-store", 0.8, faults_disk.full_store),
)
"""Only where small disks can be mounted."""
BY_NAME: Final = {fault.name: fault for fault in (*FAULTS, *ON_SMALL_DISKS)}
