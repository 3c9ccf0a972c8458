"""Tokens: however many ask, packets never come faster than the rate, and none are made up for."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from agent.discovery.pace import Pace
from tests.fakes.manual_timer import ManualTimer


def sent_at(rate: float, costs: list[int], stalls: list[float]) -> list[tuple[float, int]]:
    """(moment, packets) as senders that all ask at once get them, while time passes in jumps."""

    async def play() -> list[tuple[float, int]]:
        timer, sent = ManualTimer(), list[tuple[float, int]]()
        pace = Pace(rate, timer)

        async def send(packets: int) -> None:
            await pace.take(packets)
            sent.append((timer.now_s(), packets))

        senders = [asyncio.create_task(send(packets)) for packets in costs]
        for stall_s in stalls:
            await timer.advance(stall_s)
        await timer.advance(sum(costs) / rate + 1)
        await asyncio.gather(*senders)
        return sent

    return asyncio.run(play())


@settings(max_examples=50, deadline=None)
@given(
    st.floats(1, 100),
    st.lists(st.integers(1, 4), min_size=2, max_size=20),
    st.lists(st.floats(0.001, 0.5), max_size=10),
)
def test_no_window_holds_more_packets_than_its_length_allows(
    rate: float, costs: list[int], stalls: list[float]
) -> None:
    sent = sent_at(rate, costs, stalls)
    assert len(sent) == len(costs)
    for first in range(len(sent)):
        for last in range(first + 1, len(sent)):
            packets = sum(count for _, count in sent[first:last])
            assert packets <= rate * (sent[last][0] - sent[first][0]) + 1e-6


def test_those_who_ask_first_send_first() -> None:
    assert [packets for _, packets in sent_at(10, [1, 2, 3], [])] == [1, 2, 3]
