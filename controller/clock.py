"""The controller's clock; everything that needs the time gets it as a callable or an argument."""

import time


def utc_ms() -> int:
    """Now, in UTC milliseconds since 1970-01-01."""
    return time.time_ns() // 1_000_000
