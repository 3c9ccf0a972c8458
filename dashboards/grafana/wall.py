"""An account for a wall screen: it may look at dashboards and nothing else."""

from pathlib import Path
from secrets import token_hex
from typing import Final

from campus.errors import ConfigError, file_trouble
from campus.secret import Secret
from dashboards.grafana.pushing import Mode, Outcome, Push

NAME: Final = "campanile-wall"


def ensure_wall(push: Push, token_file: Path, name: str = NAME) -> None:
    """Make the account, and a token of it where `token_file` holds none yet; only its owner may read that file."""
    door, writes = push.door, push.mode is Mode.WRITE
    account = door.account(name)
    has_token = _holds_something(token_file)
    if account is None and has_token:
        raise ConfigError(
            f"--wall-token-file {token_file}: it holds something, but {door.address} has no account {name} yet, so that is no "
            "token of it: give another file, or delete this one"
        )
    if account is not None:
        push.tell(Outcome.UNCHANGED, f"service account {name}")
    else:
        if writes:
            account = door.create_account(name)
        push.tell(Outcome.MADE, f"service account {name}", "role Viewer")
    if has_token:
        push.tell(Outcome.UNCHANGED, f"its token in {token_file}")
        return
    if writes and account is not None:
        _claim(token_file)
        _write(token_file, door.create_token(account["id"], f"{name}-{token_hex(4)}"))
    push.tell(Outcome.MADE, f"its token in {token_file}")


def _holds_something(path: Path) -> bool:
    try:
        return path.exists() and path.stat().st_size > 0
    except OSError as error:
        raise ConfigError(f"--wall-token-file {path}: {file_trouble(error)}") from error


def _claim(path: Path) -> None:
    """Make sure that it can be written before Grafana tells a secret that it tells once."""
    try:
        path.touch(mode=0o600)
        path.chmod(0o600)
    except OSError as error:
        raise ConfigError(f"--wall-token-file {path}: it cannot be written: {file_trouble(error)}") from error


def _write(path: Path, token: Secret) -> None:
    path.write_text(f"{token.reveal()}\n", encoding="utf-8")
