"""What a device profile says of a command line: which driver speaks it, what shows the configuration, what is noise. Nouns."""

import msgspec


class CommandLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a family's configuration is read by SSH. Only commands that show something: nothing here changes a device.

    `driver` is netmiko's name of the family (its `device_type`), which knows prompts, paging and privilege. `startup` shows what
    the device would start with; left out where no command tells. Lines in which a pattern of `noise` is found differ without
    anybody having changed anything, and are left out. Groups of `secrets` are masked beyond what is masked everywhere.
    `changed_by` takes the name of who changed the configuration last out of it (group 1), noise or not.
    """

    driver: str
    running: str
    startup: str = ""
    has_privilege: bool = False
    """Whether there is a mode that ``enable`` and its password lead to, and without which little is shown."""
    noise: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    changed_by: str = ""
