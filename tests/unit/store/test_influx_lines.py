"""Lines of InfluxDB as text; that a real server reads them as meant is tested in tests/integration/store."""

import numpy as np
import pytest

from campus.ids import DeviceId, Instance, MetricId, SiteId
from controller.store.influx.lines import DeviceTags, Lines
from controller.store.influx.quoting import printable_tag
from controller.store.port import DistrictSeries
from controller.store.rollup import NO_BUCKETS, NO_ROWS, Buckets, Rows
from controller.store.series_index import SeriesIndex

AT = 1_790_000_000_000
NAMES = [
    DistrictSeries(SiteId("no-1"), DeviceId("sw-1"), MetricId("cpu_percent"), Instance("")),
    DistrictSeries(SiteId("no-1"), DeviceId("sw-1"), MetricId("interface_in_bps"), Instance("Gi 1/0/1")),
    DistrictSeries(SiteId("no-2"), DeviceId("sw-1"), MetricId("cpu_percent"), Instance("")),
]


def test_a_line_names_what_is_known_and_leaves_out_what_is_not() -> None:
    index = SeriesIndex()
    lines = Lines(index, lambda site, _: DeviceTags("switch", "3-101") if site == "no-1" else DeviceTags())
    ids = index.ids(NAMES)
    rows = Rows(ids[[2, 1, 0]], np.array([AT, AT + 1, AT]), np.array([1.0, -2.5, 3.25]))
    assert lines.of_rows(rows).decode().splitlines() == [
        f"cpu_percent,device=sw-1,site=no-2 value=1.0 {AT}",
        rf"interface_in_bps,device=sw-1,instance=Gi\ 1/0/1,kind=switch,room=3-101,site=no-1 value=-2.5 {AT + 1}",
        f"cpu_percent,device=sw-1,kind=switch,room=3-101,site=no-1 value=3.25 {AT}",
    ]
    buckets = Buckets(ids[:1], np.array([AT]), np.array([7]), *(np.array([one]) for one in (1.0, 2.0, 3.5, 3.0)))
    assert lines.of_buckets(buckets).decode() == (
        f"cpu_percent,device=sw-1,kind=switch,room=3-101,site=no-1 count=7i,min=1.0,mean=2.0,max=3.5,p95=3.0 {AT}\n"
    )
    assert lines.of_rows(NO_ROWS) == lines.of_buckets(NO_BUCKETS) == b""


def test_a_device_that_moves_is_written_under_its_new_room() -> None:
    rooms = {"no-1": "3-101", "no-2": "hall"}
    index = SeriesIndex()
    lines = Lines(index, lambda site, _: DeviceTags("switch", rooms[site]))
    rows = Rows(index.ids(NAMES), np.full(3, AT), np.ones(3))
    before = lines.of_rows(rows)
    assert lines.refresh() == 0
    rooms["no-2"] = "3-102"
    assert lines.of_rows(rows) == before
    assert lines.refresh() == 1
    assert lines.of_rows(rows) == before.replace(b"hall", b"3-102")


def test_which_buckets_began_before_their_device_moved_is_known_again_after_a_restart() -> None:
    index = SeriesIndex()
    ids = index.ids(NAMES)[[0, 0, 1, 2]]
    buckets = Buckets(ids, np.array([AT, AT + 1, AT, AT]), np.ones(4, np.int64), *(np.ones(4) for _ in range(4)))
    lines = Lines(index, lambda *_: DeviceTags())
    assert lines.are_before_a_move(buckets).tolist() == [False] * 4
    lines.restore_moves({0: AT, 7: AT})  # the last one was never named in the catalogue
    assert lines.are_before_a_move(buckets).tolist() == [True, False, True, False]


def test_words_may_come_at_any_time() -> None:
    index = SeriesIndex()
    lines = Lines(index, lambda *_: DeviceTags())
    for number in range(1_000):  # more than any column begins with
        name = DistrictSeries(SiteId(f"no-{number}"), DeviceId("d"), MetricId(f"m{number}"), Instance(str(number)))
        written = lines.of_rows(Rows(index.ids([name]), np.array([AT]), np.array([0.5])))
        assert written.decode() == f"m{number},device=d,instance={number},site=no-{number} value=0.5 {AT}\n"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_line_protocol_cannot_say_is_refused(value: float) -> None:
    index = SeriesIndex()
    rows = Rows(index.ids(NAMES), np.full(3, AT), np.array([1.0, value, 2.0]))
    with pytest.raises(ValueError, match="finite"):
        Lines(index, lambda *_: DeviceTags()).of_rows(rows)


def test_texts_of_the_registry_are_made_fit_for_a_tag() -> None:
    assert printable_tag("楼 3\t东\n") == "楼 3 东"
    assert printable_tag("\u200b") == printable_tag(" ") == ""
    assert len(printable_tag("长" * 500)) == 128
