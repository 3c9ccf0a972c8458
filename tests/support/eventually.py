"""Waiting by condition in a coroutine, with a limit; `tests.servers.daemon.wait_until` is its blocking sister."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable

TIMEOUT_S = 20.0


async def until(condition: Callable[[], bool | Awaitable[bool]], what: str, timeout_s: float = TIMEOUT_S) -> None:
    """Return as soon as `condition` holds; fail with `what` when it does not in time."""
    deadline_s = time.monotonic() + timeout_s
    while True:
        held = condition()
        if await held if inspect.isawaitable(held) else held:
            return
        assert time.monotonic() < deadline_s, f"waited {timeout_s} s in vain for: {what}"
        await asyncio.sleep(0.02)
