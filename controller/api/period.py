"""The span of time a question is about, with the usual defaults."""

from typing import Annotated, Final, NamedTuple

from fastapi import Depends, HTTPException, Query

from controller.api.port import Controller

DAY_MS: Final = 86_400_000
USUAL_DAYS: Final = 7
MAX_DAYS: Final = 800


class Period(NamedTuple):
    """[start, end) in UTC milliseconds."""

    start: int
    end: int


def asked_period(
    controller: Controller,
    start: Annotated[int | None, Query(description="UTC milliseconds; a week before `end` when left out")] = None,
    end: Annotated[int | None, Query(description="UTC milliseconds, not included; now when left out")] = None,
) -> Period:
    """The period of a request; 422 when it is empty, runs backwards or is longer than `MAX_DAYS`."""
    until = controller.clock() if end is None else end
    since = until - USUAL_DAYS * DAY_MS if start is None else start
    if not 0 <= since < until <= 1 << 53:
        raise HTTPException(422, "start must be before end; both are UTC milliseconds")
    if until - since > MAX_DAYS * DAY_MS:
        raise HTTPException(422, f"ask for at most {MAX_DAYS} days at a time")
    return Period(since, until)


AskedPeriod = Annotated[Period, Depends(asked_period)]
