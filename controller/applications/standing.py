"""Verdicts that hold: one is told only once it has stood for a while, and taken back no sooner. Pure."""

from dataclasses import dataclass, replace

from controller.applications.model import Cause, Verdict


@dataclass(frozen=True)
class Standing:
    """The verdict that is told, `since` when, and another one that may take its place, with since when it is heard."""

    verdict: Verdict
    since: int
    rival: Verdict | None = None
    rival_since: int = 0


def settled(standing: Standing | None, fresh: Verdict, now: int, hold_ms: int, clear_hold_ms: int) -> Standing:
    """The standing after `fresh` was judged at `now`.

    The same verdict renews its evidence. Another one must be heard without a break: `clear_hold_ms` to end a trouble, else
    `hold_ms`. That too few look ends no trouble: whoever is not heard has not said that it works.
    """
    if standing is None:
        return Standing(Verdict(Cause.UNKNOWN), now, fresh, now) if fresh.bad else Standing(fresh, now)
    if fresh.kind == standing.verdict.kind:
        return Standing(fresh, standing.since)
    if standing.verdict.bad and fresh.cause is Cause.UNKNOWN:
        return replace(standing, rival=None)
    if standing.rival is None or standing.rival.kind != fresh.kind:
        return replace(standing, rival=fresh, rival_since=now)
    due_ms = clear_hold_ms if fresh.cause is Cause.GOOD and standing.verdict.bad else hold_ms
    if standing.verdict.cause is Cause.UNKNOWN and fresh.cause is Cause.GOOD:
        due_ms = 0
    if now - standing.rival_since >= due_ms:
        return Standing(fresh, standing.rival_since)
    return replace(standing, rival=fresh)
