"""Cameras: do they show something, is it kept long enough, do they answer, and have the recorders room?"""

from typing import Final

from grafana_foundation_sdk.builders import table, timeseries

from campus.influx import Tag
from campus.samples import DeviceKind
from dashboards import links, marks, panels, standing
from dashboards.appearance import FAILED, GOOD, Steps
from dashboards.board import Draft, Row, Sheet
from dashboards.influxql import Select, is_one_of, is_value, newest
from dashboards.limits import RECORDING_DAYS
from dashboards.links import Clicked
from dashboards.panels import Asked, Column
from dashboards.standing import DEVICE, IN_DISTRICT, IN_SCHOOL, least

_CAMERA: Final = is_value(Tag.KIND, DeviceKind.CAMERA)
_VIDEO: Final = is_one_of(Tag.KIND, (DeviceKind.CAMERA, DeviceKind.RECORDER))
_DAYS: Final[Steps] = (FAILED, ((RECORDING_DAYS.level, GOOD),))
_SITE: Final = (Tag.SITE,)
_FULLEST: Final = 20
_LEGEND: Final = "$tag_device"
_CHANNEL: Final = "$tag_device $tag_instance"


def cameras(draft: Draft) -> Sheet:
    """For whoever answers for campus safety."""
    return Sheet(
        rows=[
            Row(
                4,
                [
                    (5, standing.counted(draft, "pictures", "school_pictures", "school_pictures_fine")),
                    (5, standing.counted(draft, "streams", "school_streams", "school_streams_fine")),
                    (5, standing.counted(draft, "recording", "school_recordings", "school_recordings_running")),
                    (
                        5,
                        standing.counted(
                            draft, "channels", "school_recorder_channels", "school_recorder_channels_online"
                        ),
                    ),
                    (4, standing.extreme(draft, "fewest_days", "school_recording_days_least", "min", _DAYS, by=_SITE)),
                ],
            ),
            Row(10, [(10, _schools(draft)), (8, _days(draft)), (6, _disks(draft))]),
            Row(
                11,
                [
                    (14, standing.worst_over_time(draft, "pictures_over_time", "picture_state", _LEGEND, by=DEVICE)),
                    (10, _now(draft)),
                ],
            ),
            Row(
                8,
                [
                    (8, _days_over_time(draft)),
                    (8, standing.over_time(draft, "answers", "stream_response_ms", _LEGEND, by=DEVICE)),
                    (8, standing.worst_over_time(draft, "channels_over_time", "channel_state", _CHANNEL)),
                ],
            ),
        ],
        neighbours=("district-now", "school", "kitchen-compliance", "power-environment"),
        console="/alerts",
        variables=standing.schools(draft, "school_pictures"),
        marks=[marks.alerts(draft, IN_DISTRICT, _VIDEO), marks.maintenance(draft, of_site=True)],
    )


def _schools(draft: Draft) -> table.Panel:
    """Cameras less those that show a fine picture: so a school without a fault has a 0 and not a gap."""
    asked = [
        Asked(standing.of_schools("school_pictures", "cameras")),
        Asked(standing.of_schools("school_pictures_fine", "fine")),
    ]
    school = links.to_board(draft, "cameras", school=Clicked.ROW.tag(Tag.SITE))
    columns = [
        Column(name="site", title=draft.word("site"), links=[school, links.to_site(draft, Clicked.ROW)]),
        Column(name="cameras", title=draft.word("cameras")),
        Column(name="fine", title=draft.word("fine")),
        Column(name="faulty", title=draft.word("faulty"), steps=(GOOD, ((1, FAILED),))),
    ]
    panel = standing.calculated(panels.rows(draft, "schools", columns, *asked), "faulty", "cameras", "-", "fine")
    return standing.sorted_by(panel, "faulty", falling=True)


def _days(draft: Draft) -> table.Panel:
    school = links.to_board(draft, "cameras", school=Clicked.ROW.tag(Tag.SITE))
    columns = [
        Column(name="site", title=draft.word("site"), links=[school, links.to_site(draft, Clicked.ROW)]),
        Column(name="days", title=draft.word("days"), metric="recording_days", steps=_DAYS, width=90),
    ]
    asked = Asked(standing.of_schools("school_recording_days_least", "days"))
    return standing.sorted_by(panels.rows(draft, "days", columns, asked), "days", falling=False)


def _disks(draft: Draft) -> table.Panel:
    columns = [
        Column(name="site", title=draft.word("site"), links=[links.to_site(draft, Clicked.ROW)]),
        Column(name="device", title=draft.word("device"), links=[links.to_device(draft, Clicked.ROW)]),
        Column(name="free", title=draft.word("free"), metric="storage_free_bytes", width=90),
    ]
    free = newest("storage_free_bytes", "free", IN_DISTRICT, is_value(Tag.KIND, DeviceKind.RECORDER), by=DEVICE)
    panel = panels.rows(draft, "disks", columns, Asked(least(free, "free", _FULLEST, *DEVICE)))
    return standing.sorted_by(panel, "free", falling=False)


def _now(draft: Draft) -> table.Panel:
    asked = [
        Asked(_reading("picture_state", "picture")),
        Asked(_reading("stream_state", "stream")),
        Asked(_reading("stream_response_ms", "answer")),
        Asked(_reading("recording_state", "recording")),
        Asked(_reading("clock_offset_s", "clock")),
    ]
    columns = [
        Column(name="site", title=draft.word("site"), hidden=True),
        Column(name="device", title=draft.word("device"), links=[links.to_device(draft, Clicked.ROW)]),
        Column(name="picture", title=draft.name("picture_state"), metric="picture_state"),
        Column(name="stream", title=draft.name("stream_state"), metric="stream_state"),
        Column(name="answer", title=draft.word("answer"), metric="stream_response_ms"),
        Column(name="recording", title=draft.name("recording_state"), metric="recording_state"),
        Column(name="clock", title=draft.name("clock_offset_s"), metric="clock_offset_s"),
    ]
    return panels.rows(draft, "now", columns, *asked)


def _reading(metric: str, alias: str) -> Select:
    return newest(metric, alias, IN_SCHOOL, _CAMERA, by=DEVICE)


def _days_over_time(draft: Draft) -> timeseries.Panel:
    panel = standing.over_time(draft, "days_over_time", "recording_days", _CHANNEL)
    return panels.draw_limits(panel, _DAYS[0], *_DAYS[1]).span_nulls(panels.HOURLY_GAP_MS)
