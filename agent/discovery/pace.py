"""How fast a scan may send: one token for each packet, handed out one after the other."""

import asyncio

from gufo.snmp.policer import BasePolicer

from agent.clock import Timer


class Pace(BasePolicer):
    """Never more than `rate_per_s` packets in any second, whoever sends them.

    After a standstill of the machine nothing is made up for: two packets never lie closer than 1 / rate. Also gufo-snmp's
    policer, asked before each of its requests, those of walks too.
    """

    def __init__(self, rate_per_s: float, timer: Timer) -> None:
        self._rate_per_s = rate_per_s
        self._timer = timer
        self._turn = asyncio.Lock()
        self._free_s = float("-inf")
        self.packets = 0
        """Handed out so far."""

    async def take(self, packets: int = 1) -> None:
        """Wait until `packets` may be sent, in the order of asking."""
        async with self._turn:
            await self._timer.sleep_until(self._free_s)
            self._free_s = self._timer.now_s() + packets / self._rate_per_s
            self.packets += packets

    async def wait(self) -> None:
        """One packet, for gufo-snmp."""
        await self.take()

    def get_timeout(self, ts: int) -> int | None:
        """Not asked: `wait` is our own."""
        raise NotImplementedError
