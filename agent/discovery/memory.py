"""The file in which the agent keeps what its scans found, beside the spool. Losing it costs one scan's comparison, no more."""

from pathlib import Path

import msgspec

from agent.discovery.compare import Memory

FILE = "discovery.json"
MAX_BYTES = 16 << 20


def memory_path(spool_path: Path) -> Path:
    """Beside the spool, for two agents may share a folder: ``spool.db`` has ``spool.discovery.json``."""
    return spool_path.with_suffix(f".{FILE}")


def read_memory(path: Path) -> Memory:
    """What was found so far; nothing where there is no file, or one that cannot be read any more."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return Memory()
        return msgspec.json.decode(path.read_bytes(), type=Memory)
    except (OSError, msgspec.DecodeError):
        return Memory()


def write_memory(path: Path, memory: Memory) -> None:
    """Replace the file at once; `OSError` when the disk refuses."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(memory))
    fresh.replace(path)
