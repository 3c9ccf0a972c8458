"""How a vendor's command line speaks: prompts, pagers, the words for showing a configuration. Data; `shell` speaks by it."""

from dataclasses import dataclass

from simulator.district.device import Family

ROWS = 24


@dataclass(frozen=True)
class Dialect:
    """One vendor's. ``{name}`` stands for what the device calls itself."""

    banner: str
    prompt: str
    privileged_prompt: str
    """Empty where there is no privilege to ask for."""
    paging_off: str
    running: str
    startup: str
    pager: str
    after_page: str
    """What a terminal gets to wipe the pager's line."""
    unknown: str
    known: tuple[str, ...] = ()
    """Commands that are obeyed in silence."""


_ERASED = "\x1b[16D" + " " * 16 + "\x1b[16D"
HUAWEI = Dialect(
    banner="\r\nInfo: The max number of VTY users is 5, and the number\r\n      of current VTY users on line is 1.\r\n"
    "      The current login time is 2026-09-01 08:00:00+08:00.\r\n",
    prompt="<{name}>",
    privileged_prompt="",
    paging_off="screen-length 0 temporary",
    running="display current-configuration",
    startup="display saved-configuration",
    pager="  ---- More ----",
    after_page=_ERASED,
    unknown="                ^\r\nError: Unrecognized command found at '^' position.\r\n",
)
H3C = Dialect(
    banner="\r\n******************************************************************************\r\n"
    "* Copyright (c) 2004-2022 New H3C Technologies Co., Ltd. All rights reserved.*\r\n"
    "******************************************************************************\r\n\r\n",
    prompt="<{name}>",
    privileged_prompt="",
    paging_off="screen-length disable",
    running="display current-configuration",
    startup="display saved-configuration",
    pager="---- More ----",
    after_page=_ERASED,
    unknown="             ^\r\n % Unrecognized command found at '^' position.\r\n",
)
RUIJIE = Dialect(
    banner="\r\n",
    prompt="{name}>",
    privileged_prompt="{name}#",
    paging_off="terminal length 0",
    running="show running-config",
    startup="show startup-config",
    pager=" --More-- ",
    after_page="\b" * 10 + " " * 10 + "\b" * 10,
    unknown="           ^\r\n% Invalid input detected at '^' marker.\r\n\r\n",
    known=("terminal width 256", "terminal width 511"),
)
DIALECTS = {Family.HUAWEI: HUAWEI, Family.H3C: H3C, Family.RUIJIE: RUIJIE}
