"""A district's past as frames of its agents: facts first, then samples, oldest first."""

import zlib
from collections.abc import Iterator

import numpy as np

from campus.ids import AgentId, SiteId
from campus.wire.codec import encode_frame
from campus.wire.columns import pack_columns
from campus.wire.frame import Body, FactsBody, Frame
from campus.wire.pack import pack_dictionary
from simulator.history.past import Past, Stretch

SAMPLES_PER_FRAME = 16_000


class FrameMaker:
    """Numbers and encodes frames. The epoch is that of this very stretch of past: importing it twice changes nothing."""

    def __init__(self, past: Past) -> None:
        self._past = past
        name = f"{past.district.seed}/{len(past.district.schools)}/{past.begin}/{past.end}/{past.step_ms}"
        self._epoch = 1 + zlib.crc32(name.encode())
        self._number = dict.fromkeys(past.series, 0)
        self._dictionary = {
            site: pack_dictionary([formula.key for formula in series.formulas]) for site, series in past.series.items()
        }

    def frames(self) -> Iterator[tuple[bytes, int]]:
        """(encoded frame, samples in it)."""
        for site in self._past.series:
            yield self._encoded(site, FactsBody(self._past.facts(site)), self._past.begin), 0
        for stretch in self._past.stretches():
            yield from self._samples(stretch)

    def _samples(self, stretch: Stretch) -> Iterator[tuple[bytes, int]]:
        table = self._past.tables[stretch.site]
        at_once = max(1, SAMPLES_PER_FRAME // len(table))
        for start in range(0, len(stretch.at), at_once):
            at, matrix = stretch.at[start : start + at_once], stretch.matrix[start : start + at_once]
            value, present = table.values(at, matrix), table.present(matrix)
            series = np.repeat(np.arange(len(table), dtype=np.int64), len(at))
            measured_at = np.tile(at, len(table))
            flat = value.ravel()
            if not present.all():
                keep = present.ravel()
                series, measured_at, flat = series[keep], measured_at[keep], flat[keep]
            body = pack_columns(self._dictionary[stretch.site], series, measured_at, flat)
            yield self._encoded(stretch.site, body, int(at[-1])), len(flat)

    def _encoded(self, site: str, body: Body, sent_at: int) -> bytes:
        self._number[site] += 1
        return encode_frame(Frame(SiteId(site), AgentId(site), self._epoch, self._number[site], sent_at, body))


def count_samples(past: Past) -> int:
    """How many samples `FrameMaker.frames` gives, without making them."""
    total = 0
    for stretch in past.stretches():
        total += int(past.tables[stretch.site].present(stretch.matrix).sum())
    return total
