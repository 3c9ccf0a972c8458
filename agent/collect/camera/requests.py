"""A profile's requests, asked and decoded: paths that the device does not have are left alone till the next slow reading."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec

from agent.collect.camera.answer import tree_of
from agent.collect.camera.http import DeviceHttp
from agent.collect.camera.onvif import OnvifDevice
from agent.collect.port import Cadence, Harvest
from agent.decode.pointer import elements, resolve
from agent.decode.tree import points_of, with_facts
from campus.errors import Poison, Transient
from campus.ids import DeviceId
from campus.samples import DeviceFacts, DeviceKind
from firmware_profiles.model import Profile
from firmware_profiles.raw import text_of
from firmware_profiles.requests import AnswerForm, Request
from firmware_profiles.select import compiled

MAX_ITEMS = 128
"""That one request is asked for: the channels of the largest recorders."""
ABSENT = frozenset({"http_400", "http_403", "http_404", "http_405", "http_501", "soap_fault"})
"""How a device says that it does not know a path, or does not show it to this user."""
ASKING_S = 20.0
"""One poll asks for so long and puts the rest off: a recorder takes its time to look for the oldest of sixty channels."""
SILENT_AT_MOST = 2
"""Requests of one poll that may stay without an answer: a device that hangs must not hold up the others."""
_CONTENT_TYPE = {
    AnswerForm.XML: "application/xml",
    AnswerForm.JSON: "application/json",
    AnswerForm.LINES: "text/plain",
}


@dataclass
class _Told:
    """What the answers of one poll said of the device itself."""

    facts: DeviceFacts
    kind: DeviceKind | None = None


@dataclass
class Asker:
    """Asks one device what its profile wants to know."""

    device: DeviceId
    profile: Profile
    http: DeviceHttp
    onvif: OnvifDevice
    budget_s: float = ASKING_S
    _begin: dict[int, int] = field(default_factory=dict)
    """By request, which of its items is asked first."""
    _absent: set[int] = field(default_factory=set)
    """Indices of requests that the device does not know or does not allow."""

    async def ask(self, cadences: frozenset[Cadence], now: int, began_s: float, harvest: Harvest) -> _Told:
        """Ask what is due and add what was said to `harvest`; it was `now` when the monotonic clock stood at `began_s`.

        `Transient` when the device has stopped answering, `Poison` when it refuses the password; what was said before stays.
        """
        if Cadence.SLOW in cadences:
            self._absent.clear()
        told = _Told(DeviceFacts(self.device, self.profile.kind, now))
        silent, until_s = 0, time.monotonic() + self.budget_s
        for index, request in enumerate(self.profile.requests):
            if request.cadence not in cadences or index in self._absent:
                continue
            try:
                for asked in self._in_turn(index, await self._each(request, now), until_s, harvest):
                    tree = await self._tree_of_one(asked, now, harvest)
                    answered_at = now + round((time.monotonic() - began_s) * 1000)
                    self._take(asked, tree, answered_at, harvest, told)
            except Poison as error:
                if error.reason.startswith("login"):
                    raise
                if error.reason in ABSENT:
                    self._absent.add(index)
                else:
                    harvest.dropped[error.reason] += 1
            except Transient:
                silent += 1
                if silent >= SILENT_AT_MOST:
                    raise
                harvest.dropped["no_answer"] += 1
        return told

    def _in_turn(self, index: int, asked: list[Request], until_s: float, harvest: Harvest) -> Iterator[Request]:
        """Requests of the `index`-th kind until the time is up; those that are put off come first the next time."""
        begin = self._begin.get(index, 0) % max(len(asked), 1)
        for count, each in enumerate(asked[begin:] + asked[:begin]):
            if count and time.monotonic() >= until_s:
                self._begin[index] = begin + count
                harvest.dropped["put_off"] += len(asked) - count
                return
            yield each

    async def _each(self, request: Request, now: int) -> list[Request]:
        """The request itself, or one for each listed item."""
        listing = request.over
        if listing is None:
            return [request]
        reply = await self.http.ask(listing.path, now)
        tree = tree_of(listing.form, reply.content, listing.lists)
        items = [text_of(resolve(element, listing.item)) for _, element in elements(tree, listing.each)]
        named = [(item, found[1]) for item in items if (found := compiled(listing.pattern).fullmatch(item))]
        return [_filled(request, item, name) for item, name in named[:MAX_ITEMS] if item.replace("-", "").isalnum()]

    async def _tree_of_one(self, request: Request, now: int, harvest: Harvest) -> Any:
        """As `_tree`; None for one of several items that the device says nothing of: the others may still be told."""
        try:
            return await self._tree(request, now)
        except Poison as error:
            if request.over is None or error.reason.startswith("login"):
                raise
            harvest.dropped[error.reason] += 1
            return None

    async def _tree(self, request: Request, now: int) -> Any:
        if request.onvif:
            return await self.onvif.tell(request.onvif, now, request.lists)
        moment = datetime.fromtimestamp(now / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        body = request.body.replace("{now}", moment).replace("{id}", str(uuid4()))
        reply = await self.http.ask(
            request.path, now, content=body.encode(), content_type=_CONTENT_TYPE[request.form] if body else ""
        )
        return tree_of(request.form, reply.content, request.lists)

    def _take(self, request: Request, tree: Any, answered_at: int, harvest: Harvest, told: _Told) -> None:
        read = points_of(request.points, tree, self.device, told.facts.observed_at, answered_at)
        harvest.samples += read.samples
        harvest.dropped += Counter(read.dropped)
        said = with_facts(request.facts, told.facts, tree)
        known = {key: value for key, value in msgspec.structs.asdict(told.facts).items() if value}
        told.facts = msgspec.structs.replace(said, **known)
        if request.kind:
            told.kind = request.kinds.get(text_of(resolve(tree, request.kind)), told.kind)


def _filled(request: Request, item: str, name: str) -> Request:
    """The request for one item, which is letters, digits and hyphens: nothing that could end a word of path or body."""
    return msgspec.structs.replace(
        request,
        path=request.path.replace("{item}", item),
        body=request.body.replace("{item}", item),
        points=tuple(
            msgspec.structs.replace(point, instance=point.instance.replace("{name}", name)) for point in request.points
        ),
    )
