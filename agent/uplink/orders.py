"""Commands of the controller, obeyed: a fixed list, each harmless when it comes twice."""

from collections.abc import Awaitable, Callable

from agent.spool.spool import Spool
from campus.delivery import OFFER_AGAIN, TELL_FACTS
from campus.version import VERSION
from campus.wire.frame import LATEST_MS, CommandBody, ResultBody

Greeting = Callable[[], Awaitable[None]]
"""Appends to the spool what a controller must know before samples: the facts of all devices."""


async def obey(command: CommandBody, spool: Spool, greeting: Greeting) -> ResultBody:
    """Do what is asked, if it is known and can be meant; the answer says how it went."""
    if command.name == TELL_FACTS:
        await greeting()
        return ResultBody(command.id, ok=True, text="facts are told again")
    if command.name != OFFER_AGAIN:
        text = f"this agent (version {VERSION}) does not know the command {command.name[:40]!r}"
        return ResultBody(command.id, ok=False, text=text)
    since = command.arguments.get("since", "")
    if not (since.isascii() and since.isdecimal() and int(since[:16]) < LATEST_MS):
        text = f"{OFFER_AGAIN}: since is {since[:40]!r}, must be UTC milliseconds such as 1790000000000"
        return ResultBody(command.id, ok=False, text=text)
    frames = await spool.offer_again(int(since))
    if frames is None:
        return ResultBody(command.id, ok=False, text=f"{OFFER_AGAIN}: the agent's disk is full, ask again later")
    return ResultBody(command.id, ok=True, text=f"{frames} frames are sent again")
