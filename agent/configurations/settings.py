"""The shape of what agent.yaml says of configuration snapshots. Pure nouns; `agent.configurations.config` checks them."""

import msgspec

AUTO_DRIVER = "auto"


class ConfigurationEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ``configuration:`` of one device: it is fetched by SSH.

    `driver` auto takes the device's own profile's command line; else that of the profile with this driver (``cisco_ios``).
    `credential` gives `username`, `password` and, where privilege is asked for, `enable`.
    """

    credential: str
    driver: str = AUTO_DRIVER
    port: int = 22
    weak_algorithms: bool = False
    """Old key exchanges and signatures (SHA-1) and ciphers, for a device that knows no other and cannot be updated."""


class ConfigurationSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When configurations are fetched, and within which bounds."""

    window: str = "01:00-05:00"
    """Each night at the device's own time within it, by this machine's time zone."""
    first_within_s: float = 600.0
    """A device that was never read is read so soon after the start."""
    settle_s: float = 60.0
    """After a device has told of a change it is left alone so long, for changes come in rows; ten times that at most."""
    timeout_s: float = 120.0
    concurrency: int = 2
