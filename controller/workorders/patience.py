"""How much strangers may do: a bucket of tries for each key, that fills again with time. Bounded in memory."""

import threading
from collections import OrderedDict
from ipaddress import IPv6Address, ip_address
from typing import Final

MAX_KEYS: Final = 50_000


class Patience:
    """At most `burst` at once, and `burst` again in `window_s`, for each key. Thread-safe."""

    def __init__(self, burst: int, window_s: float) -> None:
        self._burst = burst
        self._per_ms = burst / (window_s * 1000)
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()
        """What is left, and when that was reckoned; the last asked last."""

    def takes(self, key: str, now: int) -> bool:
        """Whether one more is allowed, which then counts; `now` in UTC ms."""
        with self._lock:
            left, at = self._buckets.pop(key, (float(self._burst), now))
            left = min(float(self._burst), left + max(0, now - at) * self._per_ms)
            is_allowed = left >= 1
            self._buckets[key] = (left - 1 if is_allowed else left, now)
            while len(self._buckets) > MAX_KEYS:
                self._buckets.popitem(last=False)
            return is_allowed


def address_key(address: str) -> str:
    """Under what an address is counted: an IPv6 one by its network, for whoever has one has 2^64.

    >>> address_key("10.1.0.7"), address_key("2001:db8::7"), address_key("?")
    ('10.1.0.7', '2001:db8::/64', '?')
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(found, IPv6Address):
        return f"{IPv6Address(int(found) >> 64 << 64)}/64"
    return address
