"""Is one point right? Metric, type, scale, states; the same questions for SNMP and MQTT."""

from collections.abc import Sequence

from campus.document import nearest
from campus.ids import MetricId
from campus.metrics import Metric, MetricKind, publishable
from firmware_profiles.check_words import check_filter, check_oid, check_pattern
from firmware_profiles.finding import Place
from firmware_profiles.messages import MessagePoint, SpokenPoint
from firmware_profiles.model import Point, PointType, Reading
from firmware_profiles.well_known import WELL_KNOWN


def check_snmp_point(place: Place, point: Point) -> None:
    """One point with an OID, its alternatives too."""
    metric = _metric(place, point)
    if point.named_by:
        check_oid(place.at("named_by"), point.named_by)
    for index, condition in enumerate(point.where):
        check_filter(place.at("where", index), condition)
    for where, reading in [(place, point), *((place.at("otherwise", i), r) for i, r in enumerate(point.otherwise))]:
        _check_reading(where, reading)
        if metric:
            _check_type(where, metric, reading)
            _check_scale(where, metric, reading)
        if reading.type is PointType.MOMENT:
            where.at("type").say("no SNMP object is a moment in text", "choose gauge, a counter, timeticks or state")
    if metric:
        _check_states(place, metric, point)


def check_message_point(place: Place, point: MessagePoint, holes: Sequence[str] = ()) -> None:
    """One point with a JSON pointer, or with one of the topic's `holes` in its place."""
    check_spoken_point(place, point)
    for key in ("pointer", "each", "of"):
        text = getattr(point, key)
        if text and not text.startswith("/") and not (key == "pointer" and text in {f"{{{hole}}}" for hole in holes}):
            place.at(key).say(f"{text!r} is not a JSON pointer (RFC 6901)", f"begin with a slash: '/{text}'")


def check_spoken_point(place: Place, point: SpokenPoint) -> None:
    """What holds for every number that a device tells unasked."""
    metric = _metric(place, point)
    if point.type.counts:
        place.at("type").say(
            f"{point.type} needs two readings, and a message is one",
            "publish the rate, or the number per minute, as a gauge",
        )
    if point.scale == 0:
        place.at("scale").say("scale 0 makes every value 0", "give the factor to the metric's unit")
    if metric:
        _check_states(place, metric, point)
        if metric.kind is MetricKind.STATE and point.type is not PointType.STATE:
            place.at("type").say(f"{point.metric} is a state metric", "write `type: state` and its `states`")


def _metric(place: Place, point: Point | SpokenPoint) -> Metric | None:
    metric = publishable().get(MetricId(point.metric))
    if metric is None:
        place.at("metric").say(
            f"unknown metric {point.metric!r}",
            nearest(point.metric, [str(name) for name in publishable()]).strip()[:200],
        )
    return metric


def _check_reading(place: Place, reading: Reading) -> None:
    check_oid(place.at("oid"), reading.oid)
    others = (("joined", reading.joined), ("plus", reading.plus), ("minus", reading.minus), ("of", reading.whole))
    for key, oids in others:
        for index, oid in enumerate(oids):
            check_oid(place.at(key, index), oid)
    for key in ("prefix", "precision"):
        if getattr(reading, key):
            check_oid(place.at(key), getattr(reading, key))
    if reading.pattern:
        check_pattern(place.at("pattern"), reading.pattern, 1)
    if reading.type.counts and (reading.beside or reading.pattern or reading.values or reading.unusual_scales):
        place.say(
            f"a {reading.type} is read as it stands: joined, plus, minus, of, prefix, precision, pattern, values and "
            "scale_from, decibels_from are for gauges",
            "leave them out, or read it as a gauge",
        )
    for least, reference in reading.decibels_from.items():
        if least <= 0 or reference <= 0:
            place.at("decibels_from").say(
                "only a power above 0 has decibels", "give bounds and references above 0, such as {1: 1000}"
            )
    for scale in (reading.scale, *reading.scale_from.values()):
        if scale == 0:
            place.at("scale").say(
                "scale 0 makes every value 0", "give the factor from the device's unit to the metric's"
            )


def _check_type(place: Place, metric: Metric, reading: Reading) -> None:
    state = metric.kind is MetricKind.STATE
    if state != reading.type.tells_state:
        place.at("type").say(
            f"the metric is a {metric.kind}, the point a {reading.type}",
            "write `type: state` and its `states`" if state else "choose gauge, a counter or timeticks",
        )
    if reading.type.counts and not metric.unit.endswith("/s"):
        place.at("type").say(
            f"a counter becomes a rate per second, and the metric is in {metric.unit!r}",
            "read it as a gauge, or choose a metric whose unit ends in /s",
        )
    if reading.type is PointType.TIMETICKS and metric.unit != "s":
        place.at("type").say(
            f"timeticks become seconds, and the metric is in {metric.unit!r}", "read it as a gauge with a scale"
        )


def _check_scale(place: Place, metric: Metric, reading: Reading) -> None:
    known = WELL_KNOWN.get(reading.oid)
    wrong = [scale for scale in (reading.scale, *reading.scale_from.values()) if known and scale != known.scale]
    if known and wrong and not reading.nonstandard and not reading.of:
        place.at("scale").say(
            f"{known.name} counts {known.counted_in}: with scale {wrong[0]:g} it is not {metric.unit}",
            f"write `scale: {known.scale:g}`",
        )
    if reading.of and metric.unit == "%" and abs(reading.scale) != 100:
        place.at("scale").say(
            f"a part `of` a whole with scale {reading.scale:g} is not a percentage",
            "write `scale: 100` (or `scale: -100` with `offset: 100` where the device tells what is free)",
        )


def _check_states(place: Place, metric: Metric, point: Point | SpokenPoint) -> None:
    names = [state.name for state in metric.states]
    if point.states and not names:
        place.at("states").say(f"{point.metric} has no states", "leave `states` out, or choose a state metric")
        return
    if names and not point.states:
        place.say(f"{point.metric} is a state and `states` is missing", f"map raw values to: {', '.join(names)}")
    if point.type is PointType.BITS and (
        odd := [raw for raw in point.states if not isinstance(raw, int) and raw != "none"]
    ):
        place.at("states", odd[0]).say(f"{odd[0]!r} is no bit", "write bits' numbers from 0, and `none`")
    for raw, name in point.states.items():
        if name not in names:
            place.at("states", raw).say(f"{point.metric} has no state {name!r}", nearest(name, names).strip())
