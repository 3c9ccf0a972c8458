"""Fixtures that every test may use."""

import gc
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.servers.influxdb import InfluxServer, influxdb
from tests.servers.mosquitto import Mosquitto, mosquitto

# A shell that starts the tests in the background has them ignore Ctrl+C, and so would the programs they stop by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# No timed assertions: on a busy machine an example may take any time.
settings.register_profile("campanile", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("campanile"), max_examples=15)  # for `make check`
settings.load_profile("campanile")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Garbage is sought less often, and never in what collecting made, which stays to the end: a fifth of the time went there."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000, 10, 10)
        gc.enable()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    """A fresh real broker."""
    with mosquitto(tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def recordings() -> Path:
    """The folder of real devices' SNMP recordings that stands beside the checkout where there is one."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "recordings"
    if not (folder / "index.json").exists():
        pytest.skip(
            "no ../shared/recordings beside this checkout: recordings of real devices are not part of the project"
        )
    return folder


@pytest.fixture(scope="session")
def influx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InfluxServer]:
    """One InfluxDB 1.x for all tests of a worker; each makes a database of its own in it."""
    with influxdb(tmp_path_factory.mktemp("influxdb")) as running:
        yield running
