"""How things go wrong, shaped by what the caller does about it.

    CampusError
    ├── ConfigError   stop, tell the person what to change, exit code 2
    ├── Transient     try again later with back-off
    └── Poison        set this one item aside, count it, go on
        └── FrameError (campus.wire)

Adapters translate library errors into these at the seam, with ``raise ... from``.
"""


class CampusError(Exception):
    """Base of every error this project raises on purpose."""


class ConfigError(CampusError):
    """A file or option a person wrote is wrong; the message says what, where and what to do."""


class Transient(CampusError):
    """The other side is away or busy; the same call may succeed later."""


class Poison(CampusError):
    """This one item can never be taken; its neighbours can.

    ``reason`` is a short stable word used as a counter label, the message is for people.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def file_trouble(error: OSError | UnicodeDecodeError) -> str:
    """Why a file cannot be read or written, without the system's numbers and Python's words.

    >>> file_trouble(FileNotFoundError(2, "No such file or directory"))
    'there is no such file or folder'
    """
    if isinstance(error, UnicodeDecodeError):
        return "it is not text in UTF-8"
    if isinstance(error, FileNotFoundError):
        return "there is no such file or folder"
    return error.strerror or str(error)
