"""The nouns of snapshots: how a device's command line is reached, what it gave, and why it gave nothing.

CampusError
└── PullError   this one configuration could not be fetched; `problem` says what kind of trouble it is
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from agent.address import HostPort
from campus.errors import CampusError
from campus.secret import Secret
from firmware_profiles.command_line import CommandLine

MAX_OUTPUT_BYTES = 4 << 20
"""More than any switch has; a device that goes on talking is hung up on."""


class Problem(StrEnum):
    """Why there is no snapshot. Stable words: labels of events."""

    UNREACHABLE = "unreachable"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a reason, not a secret
    NO_PRIVILEGE = "no_privilege"
    HOST_KEY_CHANGED = "host_key_changed"
    WEAK_ALGORITHMS = "weak_algorithms"
    REFUSED_COMMAND = "refused_command"
    TOO_LARGE = "too_large"
    TIMED_OUT = "timed_out"
    FAILED = "failed"

    @property
    def needs_person(self) -> bool:
        """Whether trying again is of no use before somebody has changed something."""
        return self not in {Problem.UNREACHABLE, Problem.TIMED_OUT, Problem.FAILED}

    @property
    def counts_as_attack(self) -> bool:
        """Whether a device may lock us out when it is tried again soon."""
        return self in {Problem.WRONG_PASSWORD, Problem.NO_PRIVILEGE}


class PullError(CampusError):
    """A configuration could not be fetched; the message tells a person where and what to do, and no secret."""

    def __init__(self, problem: Problem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


@dataclass(frozen=True)
class Access:
    """Where a command line is and how one gets in."""

    place: HostPort
    username: str
    password: Secret
    enable: Secret | None = None
    weak_algorithms: bool = False


@dataclass(frozen=True)
class Fetched:
    """What a device showed, as it showed it, secrets and all. `startup` is empty where no command tells it."""

    running: str
    startup: str = ""

    def __repr__(self) -> str:
        return f"Fetched(running={len(self.running)} characters, startup={len(self.startup)} characters)"


class Shell(Protocol):
    """Fetches configurations. `fetch` blocks, so it is called in threads, several at once for different devices."""

    def fetch(self, access: Access, cli: CommandLine) -> Fetched:
        """Log in once, show the configuration, leave. `PullError` for whatever comes between."""

    def abort(self) -> None:
        """Hang up on every device, from another thread: each `fetch` under way ends soon with an error."""
