"""Whether a publisher's frame numbers grow, and what is a repeat.

Numbers must grow in the order in which frames were sealed (`sent_at`), not in the order in which they arrive: after an
outage live frames come first and the backlog, with lower numbers and earlier `sent_at`, behind them.
"""

import hashlib
from collections import OrderedDict
from typing import NamedTuple

from campus.wire.frame import Frame

MAX_REMEMBERED_FRAMES = 10_000


class Verdict(NamedTuple):
    """`is_news`: a controller would look at the content. `reason` is empty when nothing is to be said."""

    is_news: bool
    reason: str = ""
    detail: str = ""


class Numbering:
    """The frames of one publisher, in order of arrival; hellos are not numbered and do not come here."""

    def __init__(self) -> None:
        self._epoch = 0
        self._highest = 0
        self._highest_sent_at = 0
        self._seen: OrderedDict[tuple[int, int], bytes] = OrderedDict()

    def judge(self, frame: Frame, payload: bytes) -> Verdict:
        """Look at one frame and remember it."""
        mark, digest = (frame.epoch, frame.number), hashlib.blake2b(payload, digest_size=16).digest()
        if mark in self._seen:
            return self._again(frame, is_same=self._seen[mark] == digest)
        self._seen[mark] = digest
        if len(self._seen) > MAX_REMEMBERED_FRAMES:
            self._seen.popitem(last=False)
        return self._new(frame)

    def _again(self, frame: Frame, *, is_same: bool) -> Verdict:
        detail = f"number {frame.number} of epoch {frame.epoch} came again"
        if is_same:
            return Verdict(is_news=False, reason="repeated_frame", detail=detail)
        return Verdict(is_news=False, reason="number_reused", detail=f"{detail} with other content")

    def _new(self, frame: Frame) -> Verdict:
        if frame.epoch < self._epoch and frame.sent_at > self._highest_sent_at:
            return Verdict(is_news=True, reason="epoch_fell", detail=f"epoch {frame.epoch} after {self._epoch}")
        if frame.epoch < self._epoch:
            return Verdict(is_news=True)  # the backlog of an earlier life
        if frame.epoch == self._epoch and frame.number < self._highest:
            if frame.sent_at <= self._highest_sent_at:
                return Verdict(is_news=True)
            detail = f"number {frame.number} was sealed after {self._highest} in epoch {frame.epoch}"
            return Verdict(is_news=True, reason="number_fell", detail=detail)
        self._epoch, self._highest, self._highest_sent_at = frame.epoch, frame.number, frame.sent_at
        return Verdict(is_news=True)
