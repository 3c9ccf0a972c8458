"""The verdict for people and for programs."""

from campanile.chaos.reconcile import Verdict

_MEANINGS = {
    "sent": "readings an agent had on its disk",
    "stored": "rows the store holds",
    "lost": "taken and not stored",
    "duplicated": "stored more than once",
    "corrupted": "stored and not said, otherwise said, or off in time",
    "gone_with_disk": "not acknowledged on a disk that the bench took away",
    "unspooled": "said and never on a disk: an agent was killed before, or asked again",
    "moved": "set right in time between disk and wire",
    "frames": "frames found in spools",
    "series": "series compared",
}


def table(verdict: Verdict) -> str:
    """The figures in lines, and what was found wrong."""
    lines = [f"{name:>15s} {getattr(verdict, name):>9,d}  {meaning}" for name, meaning in _MEANINGS.items()]
    return "\n".join([*lines, *(f"  {finding}" for finding in verdict.findings)])


def summary(seed: int, faults: int, verdict: Verdict) -> dict[str, int]:
    """What a program reads: seven figures first, in this order, then the others."""
    return {"seed": seed, "faults": faults} | {name: getattr(verdict, name) for name in _MEANINGS}
