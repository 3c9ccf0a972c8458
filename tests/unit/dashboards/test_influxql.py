"""The builder of queries: what it writes."""

import pytest

from campus.influx import Tag
from dashboards.influxql import (
    Measurements,
    Reading,
    Select,
    TagValues,
    below,
    call,
    chosen,
    column,
    either,
    fitting,
    is_one_of,
    is_value,
    last,
    mean,
    newest,
    over,
    raw,
    since,
    top,
    trend,
    trend_over,
)


def test_a_trend_groups_by_the_width_of_the_level_that_fits() -> None:
    assert trend("if_in_bps", -mean().named("out"), chosen(Tag.SITE), by=(Tag.INSTANCE,)).text() == (
        'SELECT mean("${mean:raw}") * -1 AS "out" FROM "${policy:raw}"."if_in_bps" '
        'WHERE "site" =~ /^${site:regex}$/ AND $timeFilter GROUP BY time(${width:raw}), "instance" fill(null)'
    )


def test_a_query_of_a_query_leaves_empty_intervals_out_within() -> None:
    lines = trend("if_in_bps", mean().named("bps"), by=(Tag.SITE,))

    assert trend_over(lines, call("sum", "bps").named("all")).text() == (
        'SELECT sum("bps") AS "all" FROM (SELECT mean("${mean:raw}") AS "bps" FROM "${policy:raw}"."if_in_bps" '
        'WHERE $timeFilter GROUP BY time(${width:raw}), "site" fill(none)) '
        "WHERE $timeFilter GROUP BY time(${width:raw}) fill(null)"
    )


def test_the_newest_are_read_raw() -> None:
    query = over(newest("reachable", "state", by=(Tag.DEVICE,)), "count", "state", below("state", 1))

    assert query.text() == (
        'SELECT count("state") AS "state" FROM (SELECT last("value") AS "state" FROM "autogen"."reachable" '
        'WHERE $timeFilter GROUP BY "device") WHERE "state" < 1 AND $timeFilter'
    )


def test_what_stands_apart_from_the_range_says_its_own_time() -> None:
    query = Select(
        columns=(column("id"),),
        of=raw("campanile_alert"),
        where=(is_value("state", "open"), since(90)),
        newest_first=True,
        limit=10,
        spanned=False,
    )

    assert query.text() == (
        'SELECT "id" FROM "autogen"."campanile_alert" WHERE "state" = \'open\' '
        "AND time >= ${__to}ms - 90d AND time <= ${__to}ms ORDER BY time DESC LIMIT 10"
    )


def test_arithmetic_is_in_parentheses_where_it_is_nested() -> None:
    expression = (mean("a") + mean("b")) / (last("c") - 1) * 100

    assert expression.text() == '((mean("a") + mean("b")) / (last("c") - 1)) * 100'


def test_what_may_be_chosen() -> None:
    values = TagValues(key=Tag.DEVICE, of=raw("reachable"), where=(chosen(Tag.SITE, "school"),))

    assert values.text() == (
        'SHOW TAG VALUES FROM "autogen"."reachable" WITH KEY = "device" WHERE "site" =~ /^${school:regex}$/'
    )
    assert Measurements(where=(is_value(Tag.SITE, "no-1"),)).text() == "SHOW MEASUREMENTS WHERE \"site\" = 'no-1'"


def test_several_values_are_one_expression_and_one_value_is_equality() -> None:
    assert is_one_of(Tag.INSTANCE, ("GE1/0/1", "a.b")).text == r'"instance" =~ /^(GE1\/0\/1|a\.b)$/'
    assert is_one_of(Tag.INSTANCE, ("major",)).text == "\"instance\" = 'major'"
    assert either(is_value("a", "1"), is_value("b", "2")).text == "(\"a\" = '1' OR \"b\" = '2')"


def test_the_highest_come_with_their_tags() -> None:
    assert top("traffic", 10, Tag.SITE).text() == 'top("traffic", "site", 10)'


@pytest.mark.parametrize("make", [fitting, raw])
def test_only_what_the_catalogue_has_can_be_asked_for(make: object) -> None:
    assert callable(make)
    with pytest.raises(KeyError, match="no metric 'if_in_bits'"):
        make("if_in_bits")


def test_readings_are_named_as_the_hidden_variables() -> None:
    assert {f"${{{reading.name.lower()}:raw}}" for reading in Reading} == set(Reading)
