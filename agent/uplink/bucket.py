"""A bandwidth cap: a token bucket that may go into debt by one frame. Pure."""


class Bucket:
    """Lets `rate_bytes_per_s` through on average and one second's worth at once."""

    def __init__(self, rate_bytes_per_s: float, now_s: float) -> None:
        self._rate = rate_bytes_per_s
        self._level_bytes = rate_bytes_per_s
        self._at_s = now_s

    def is_open(self, now_s: float) -> bool:
        """Whether something may be sent now, however large: what is too much is paid back by waiting."""
        self._level_bytes = min(self._rate, self._level_bytes + self._rate * (now_s - self._at_s))
        self._at_s = now_s
        return self._level_bytes > 0

    def take(self, size_bytes: int) -> None:
        """Note what was sent."""
        self._level_bytes -= size_bytes

    def wait_s(self) -> float:
        """Seconds from the last `is_open` until it opens; 0.0 when it is."""
        return max(0.0, -self._level_bytes / self._rate)
