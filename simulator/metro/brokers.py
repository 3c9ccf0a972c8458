"""The demonstration's MQTT brokers: the central one and one for each school, in one process.

iotcore's own class starts a child process of 27 MB for each broker; nine of its native brokers as threads of one process
take 30 MB together. A native broker cannot be stopped, so the process ends as a whole.
"""

import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from campus.errors import ConfigError
from simulator.plan.shape import LOOPBACK, SimulatorPlan

READY_TIMEOUT_S = 15.0
MAX_PAYLOAD_BYTES = 2 << 20
"""A frame may have 1 MiB; iotcore's default of 20 KiB would close the connection."""
_SEGMENT_BYTES = 4 << 20
_SEGMENTS = 4
"""What a broker keeps for each topic filter, in memory, oldest dropped first. Agents resend what was not stored."""
_CONFIG = """\
id = 0
[router]
id = 0
max_connections = 2000
max_outgoing_packet_count = 200
max_segment_size = {segment}
max_segment_count = {segments}
[v4.1]
name = "v4-1"
listen = "{host}:{port}"
next_connection_delay_ms = 1
[v4.1.connections]
connection_timeout_ms = 60000
max_payload_size = {payload}
max_inflight_count = 200
dynamic_filters = true
"""


def broker_config(port: int) -> str:
    """A rumqttd configuration for one plain MQTT 3.1.1 listener on the loopback interface."""
    return _CONFIG.format(
        host=LOOPBACK, port=port, segment=_SEGMENT_BYTES, segments=_SEGMENTS, payload=MAX_PAYLOAD_BYTES
    )


def run_brokers(plan: SimulatorPlan, ready: Callable[[str], None]) -> None:
    """Run every broker of the plan until SIGINT or SIGTERM, then end the process; `ready` is told once all of them listen.

    `ConfigError` when a port is taken or a broker does not come up. Does not return otherwise.
    """
    from iotcore.iotcore import IotCoreBroker

    # rumqttd wraps its routing in spans that reach Python's logging as errors, one for every packet.
    logging.getLogger("rumqttd").setLevel(logging.CRITICAL + 1)
    ports = [plan.central_broker_port, *(site.broker_port for site in plan.sites if site.broker_port)]
    for port in ports:
        _require_free(port)
    with tempfile.TemporaryDirectory() as folder:
        for port in ports:
            path = Path(folder) / f"{port}.toml"
            path.write_text(broker_config(port))
            broker = IotCoreBroker(config_path=str(path))
            threading.Thread(target=broker.run_forever, name=f"broker-{port}", daemon=True).start()
        _wait_ready(ports)
    ready(f"{len(ports)} brokers listen on {LOOPBACK}: {plan.central_broker_port} is the centre's")
    signal.sigwait({signal.SIGINT, signal.SIGTERM})
    sys.stdout.flush()
    os._exit(0)


def block_signals() -> None:
    """Keep SIGINT and SIGTERM for `run_brokers`' own waiting; call first, so that threads started later inherit it."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise ConfigError(
                f"a broker wants {LOOPBACK}:{port}, which another program has taken: plan again with `campanile simulate plan`"
            ) from error


def _wait_ready(ports: list[int]) -> None:
    deadline = time.monotonic() + READY_TIMEOUT_S
    for port in ports:
        while not _accepts(port):
            if time.monotonic() > deadline:
                raise ConfigError(f"the broker on {LOOPBACK}:{port} did not come up within {READY_TIMEOUT_S:.0f} s")
            time.sleep(0.02)


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((LOOPBACK, port)) == 0
