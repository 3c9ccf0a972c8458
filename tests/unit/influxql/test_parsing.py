# ruff: noqa: S608 - the questions are our own
"""What of InfluxQL is read, into which tree, and how the rest is refused."""

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.influxql.errors import ParseError
from controller.influxql.parsing import MAX_STATEMENTS, MAX_TEXT_CHARS, parse
from controller.influxql.syntax import (
    AllOf,
    AnyOf,
    Arithmetic,
    Call,
    Chosen,
    Comparison,
    Duration,
    Expression,
    Fill,
    FillKind,
    KeyChoice,
    Measurement,
    Number,
    Pattern,
    Reference,
    Rows,
    Select,
    Show,
    Subject,
    Text,
    Wildcard,
)

VALUE = Reference("value")


def select(text: str) -> Select:
    (statement,) = parse(text)
    assert isinstance(statement, Select)
    return statement


def condition(text: str) -> Expression | None:
    return select(f"SELECT value FROM cpu WHERE {text}").condition


def test_a_panel() -> None:
    asked = select(
        'select MEAN("value") * -8 as "bits a second" From "5m"."if_in_bps" -- what comes in\n'
        "where \"site\" = 'no-3\\'s' and /* of late */ time > now() - 1h30m "
        "group by time(5m, -30s), \"site\", * fill(Previous) order by time desc limit 3 offset 1 slimit 2 tz('Asia/Shanghai')"
    )
    assert asked == Select(
        chosen=(Chosen(Arithmetic("*", Call("mean", (VALUE,)), Number(-8)), "bits a second"),),
        sources=(Measurement("if_in_bps", "5m"),),
        condition=AllOf(
            (
                Comparison("=", Reference("site"), Text("no-3's")),
                Comparison(">", Reference("time"), Arithmetic("-", Call("now", ()), Duration(5_400_000_000_000))),
            )
        ),
        dimensions=(
            Call("time", (Duration(300_000_000_000), Duration(-30_000_000_000))),
            Reference("site"),
            Wildcard(),
        ),
        fill=Fill(FillKind.PREVIOUS),
        newest_first=True,
        rows=Rows(3, 1),
        series=Rows(2),
        zone="Asia/Shanghai",
    )


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("cpu", Measurement("cpu")),
        ('"a b"', Measurement("a b")),
        ('"1h".cpu', Measurement("cpu", "1h")),
        ("campus..cpu", Measurement("cpu", "", "campus")),
        ('"campus"."1h"."cpu"', Measurement("cpu", "1h", "campus")),
        ("/^if_(in|out)_bps$/", Measurement(Pattern("^if_(in|out)_bps$"))),
        (r'"1h"./a\/b/', Measurement(Pattern("a/b"), "1h")),
    ],
)
def test_where_samples_stand(text: str, source: Measurement) -> None:
    assert select(f"SELECT value FROM {text}").sources == (source,)
    assert select(f"SELECT value FROM {text}, mem").sources == (source, Measurement("mem"))


def test_a_query_within() -> None:
    asked = select("SELECT max(x) FROM (SELECT mean(value) AS x FROM cpu GROUP BY device) GROUP BY time(1h)")
    assert asked.sources == (
        Select((Chosen(Call("mean", (VALUE,)), "x"),), (Measurement("cpu"),), dimensions=(Reference("device"),)),
    )


def test_or_binds_less_than_and() -> None:
    a, b, c = (Comparison("=", Reference(name), Number(1)) for name in "abc")
    assert condition("a = 1 OR b = 1 AND c = 1") == AnyOf((a, AllOf((b, c))))
    assert condition("(a = 1 OR b = 1) AND c = 1") == AllOf((AnyOf((a, b)), c))
    assert condition("(((a = 1)))") == a


def test_products_bind_more_than_sums() -> None:
    (chosen,) = select("SELECT a + b * 2 - c FROM cpu").chosen
    a, b, c = map(Reference, "abc")
    assert chosen.expression == Arithmetic("-", Arithmetic("+", a, Arithmetic("*", b, Number(2))), c)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("a = 3", Number(3)),
        ("a = 3.5", Number(3.5)),
        ("a = .5", Number(0.5)),
        ("a = -3", Number(-3)),
        (r"a = 'x\\y\n'", Text("x\\y\n")),
        ("a = 7d", Duration(7 * 86_400_000_000_000)),
        ("a = 5µ", Duration(5_000)),
        ("a =~ /^(x|y)$/", Pattern("^(x|y)$")),
        ("a !~ /x y\\/z/", Pattern("x y/z")),
        ("a = b", Reference("b")),
    ],
)
def test_what_is_compared_with(text: str, right: Expression) -> None:
    told = condition(text)
    assert isinstance(told, Comparison)
    assert told.right == right


def test_numbers_keep_their_kind() -> None:
    told = condition("a = 3.0")
    assert isinstance(told, Comparison)
    assert isinstance(told.right, Number)
    assert isinstance(told.right.value, float)


def test_words_are_names_where_they_only_begin_like_keywords() -> None:
    asked = select("SELECT selected, fill, tz, by_room FROM fromage GROUP BY order_id")
    assert [each.expression for each in asked.chosen] == [
        Reference(name) for name in ("selected", "fill", "tz", "by_room")
    ]


@pytest.mark.parametrize(
    ("text", "show"),
    [
        ("SHOW DATABASES", Show(Subject.DATABASES)),
        ("show retention policies on campus", Show(Subject.POLICIES, "campus")),
        ("SHOW MEASUREMENTS LIMIT 1", Show(Subject.MEASUREMENTS, rows=Rows(1))),
        (
            "SHOW MEASUREMENTS ON campus WITH MEASUREMENT =~ /if_/ WHERE site = 'a'",
            Show(
                Subject.MEASUREMENTS,
                "campus",
                (Measurement(Pattern("if_")),),
                condition=Comparison("=", Reference("site"), Text("a")),
            ),
        ),
        ("SHOW TAG KEYS FROM cpu", Show(Subject.TAG_KEYS, sources=(Measurement("cpu"),))),
        ('SHOW FIELD KEYS FROM "1h".cpu', Show(Subject.FIELD_KEYS, sources=(Measurement("cpu", "1h"),))),
        ("SHOW TAG VALUES WITH KEY = site", Show(Subject.TAG_VALUES, keys=KeyChoice(("site",)))),
        ("SHOW TAG VALUES WITH KEY != site", Show(Subject.TAG_VALUES, keys=KeyChoice(("site",), is_not=True))),
        ("SHOW TAG VALUES WITH KEY IN (site, room)", Show(Subject.TAG_VALUES, keys=KeyChoice(("site", "room")))),
        ("SHOW TAG VALUES WITH KEY =~ /s/", Show(Subject.TAG_VALUES, keys=KeyChoice(pattern=Pattern("s")))),
        ("SHOW SERIES CARDINALITY", Show(Subject.SERIES_CARDINALITY)),
        ("SHOW SERIES EXACT CARDINALITY", Show(Subject.SERIES_CARDINALITY, is_exact=True)),
        ("SHOW MEASUREMENT CARDINALITY", Show(Subject.MEASUREMENT_CARDINALITY)),
    ],
)
def test_show(text: str, show: Show) -> None:
    assert parse(text) == (show,)


def test_several_statements() -> None:
    assert len(parse("SHOW DATABASES; ;SELECT value FROM cpu;")) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELEC value FROM cpu", "found SELEC, expected SELECT, SHOW at line 1, char 1"),
        ("SELECT value\nFROM", "found EOF, expected (, identifier, regex at line 2, char 5"),
        ("SELECT value FROM cpu\nWHERE site == 'a'", "found =, expected (, -,"),
        ("SHOW USERS", "found USERS, expected DATABASES, FIELD,"),
        ("SELECT value FROM cpu WHERE a =~ /(/", "error parsing regexp: missing ): ( at line 1, char 34"),
        ("SELECT value FROM cpu WHERE a =~ 'b'", "found ', expected regex at line 1, char 34"),
        ("SELECT value FROM cpu fill(sometimes)", "fill(sometimes): expected null, none, previous, linear or a number"),
        ("SELECT value FROM cpu ORDER BY value", "only ORDER BY time supported"),
        ("SELECT value FROM cpu tz('Europe/Nowhere')", "unable to find time zone Europe/Nowhere"),
        ("SELECT value FROM cpu tz('../../etc/passwd')", "unable to find time zone"),
        ("SELECT value FROM cpu WHERE time > now() - 99999999999w", "overflowed duration"),
        ("SELECT value FROM cpu LIMIT 99999999999999999999", "unable to parse number"),
        ("SELECT value FROM cpu LIMIT -1", "found -, expected integer at line 1, char 29"),
        ("SELECT 'open FROM cpu", "found ', expected"),
        ("SELECT value FROM cpu WHERE site = $site", "found $, expected"),
        ("", "there is no statement in it"),
        (" ; ; -- nothing", "there is no statement in it"),
    ],
)
def test_what_is_wrong_and_where(text: str, said: str) -> None:
    with pytest.raises(ParseError) as refused:
        parse(text)
    assert str(refused.value).startswith("error parsing query: ")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "DROP DATABASE campus",
        "DELETE FROM cpu",
        "CREATE DATABASE x",
        "create retention policy p on campus duration 1h replication 1",
        "ALTER RETENTION POLICY autogen ON campus DURATION 1h",
        "GRANT ALL TO x",
        "REVOKE ALL FROM x",
        "KILL QUERY 1",
        "SET PASSWORD FOR x = 'y'",
        "SELECT value INTO other FROM cpu",
        "SHOW DATABASES; DROP MEASUREMENT cpu",
    ],
)
def test_nothing_is_written(text: str) -> None:
    with pytest.raises(ParseError, match=r"this only reads; answered are SELECT, SHOW DATABASES"):
        parse(text)


def test_texts_are_bounded() -> None:
    with pytest.raises(ParseError, match="characters; at most"):
        parse("SELECT value FROM cpu" + " " * MAX_TEXT_CHARS)
    with pytest.raises(ParseError, match="statements; at most"):
        parse("SHOW DATABASES;" * (MAX_STATEMENTS + 1))
    with pytest.raises(ParseError, match="levels; simplify it"):
        parse(f"SELECT {'1+(' * 200}value{')' * 200} FROM cpu")
    with pytest.raises(ParseError, match="levels; simplify it"):
        parse(f"SELECT {'+'.join(['value'] * 200)} FROM cpu")
    assert parse(f"SELECT {'(' * 10_000}value{')' * 10_000} FROM cpu")
    many = " OR ".join(f"device = 'device-{number}'" for number in range(2_000))
    assert parse(f"SELECT value FROM cpu WHERE {many}")
    with pytest.raises(ParseError, match="unable to parse duration"):
        parse(f"SELECT value FROM cpu WHERE time > {'1' * 5_000}s")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (f"SELECT {', '.join(['value'] * 101)} FROM cpu", "101 where at most 100 are answered: columns"),
        (f"SELECT value FROM {', '.join(['cpu'] * 101)}", "measurements and subqueries"),
        (f"SHOW TAG KEYS FROM {', '.join(['cpu'] * 101)}", "measurements and subqueries"),
        (f"SELECT mean(value) FROM cpu GROUP BY {', '.join(['site'] * 101)}", "tags to group by"),
        (f"SELECT top(value, {'site, ' * 20}2) FROM cpu", "arguments of a function"),
        (f"SELECT value FROM cpu WHERE a=1 AND ({' OR '.join(['b=2'] * 2_000)})", "comparisons"),
    ],
)
def test_what_is_worked_out_one_by_one_is_bounded(text: str, what: str) -> None:
    with pytest.raises(ParseError, match=what):
        parse(text)


KEYWORDS = "SELECT FROM WHERE GROUP BY ORDER LIMIT SHOW TAG VALUES WITH KEY IN AND OR DESC DISTINCT INTO DROP AS"
NAMES = "fill tz time mean top now value cpu null none 学 \x00"
SIGNS = "( ) , ; . .. = != =~ !~ < > + - * / \" ' // /a/ -- /* */ $ : :: \\"
LITERALS = "1 1.5 .5 5m 1h30m 'text' \"name\" 99999999999999999999 1e9"
PIECES = st.sampled_from([*" ".join((KEYWORDS, NAMES, SIGNS, LITERALS)).split(), "\n"])


@settings(max_examples=400, deadline=None)
@given(
    text=st.lists(PIECES, max_size=25).map(" ".join) | st.lists(PIECES, max_size=12).map("".join) | st.text(max_size=60)
)
def test_no_text_does_more_than_be_refused(text: str) -> None:
    with suppress(ParseError):
        parse(text)
