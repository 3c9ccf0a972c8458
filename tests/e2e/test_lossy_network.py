"""Under TCP: a network that loses almost every third packet in each direction and reorders the others."""

import asyncio
from pathlib import Path

import pytest

from campanile.chaos.bench import Bench
from campanile.chaos.brokers import BrokerKind, Place
from campanile.chaos.lossy import FAR, LossyNetwork, why_no_lossy_network
from campanile.chaos.reconcile import Verdict
from campanile.chaos.run import Run
from tests.servers.daemon import require_program
from tests.support.eventually import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
LOSS = 0.3
PACKETS = 400


def test_a_third_of_all_packets_lost_and_others_out_of_order(tmp_path: Path) -> None:
    """Between everybody and the broker; for some hundred packets, then the network is well again."""
    require_program("mosquitto", "mosquitto")
    if why_not := why_no_lossy_network():
        pytest.skip(why_not)
    network = LossyNetwork()
    network.start()
    try:
        verdict = asyncio.run(delivered(tmp_path, network))
    finally:
        network.stop()
    assert network.counts["lost"] > PACKETS * LOSS / 2
    assert verdict.is_clean, "\n".join(verdict.findings)
    assert verdict.stored == verdict.sent > 100


async def delivered(folder: Path, network: LossyNetwork) -> Verdict:
    place = Place(FAR, tuple(network.far_prefix))
    bench = Bench(folder / "bench", agents=2, kinds=[BrokerKind.MOSQUITTO], place=place)
    try:
        await bench.start()
        network.loss = LOSS
        await until(lambda: network.counts["packets"] > PACKETS, "enough packets over the bad network", 120)
        network.loss = 0.0
        return await Run(bench, print).end()
    finally:
        await bench.stop()
