"""Which hosts are this machine."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`, whatever a name server says.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.2", "::1", "192.0.2.1", "grafana")]
    [True, True, True, False, False]
    """
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
