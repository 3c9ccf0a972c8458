"""One grammar for every name on the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.errors import Poison
from campus.ids import is_id, is_instance, is_metric_id, parse_agent_id, parse_device_id, parse_site_id, slug

GOOD = ["a", "0", "no-3-primary", "a" * 63, "a--b"]
BAD = ["", "-a", "a-", "A", "a_b", "a/b", "a+b", "a#", "第三小学", "a" * 64, "a\n", " a", "a.b", "é", "٣"]


@pytest.mark.parametrize("text", GOOD)
def test_good_ids(text: str) -> None:
    assert is_id(text)
    assert {str(parse_site_id(text)), str(parse_agent_id(text)), str(parse_device_id(text))} == {text}


@pytest.mark.parametrize("text", BAD)
def test_bad_ids(text: str) -> None:
    assert not is_id(text)
    for parse in (parse_site_id, parse_agent_id, parse_device_id):
        with pytest.raises(Poison, match="lower-case") as caught:
            parse(text)
        assert caught.value.reason == "bad_id"


@given(st.text())
def test_a_slug_is_an_id_or_empty_and_stays(text: str) -> None:
    made = slug(text)
    assert not made or is_id(made)
    assert slug(made) == made


def test_metric_ids_and_instances() -> None:
    assert all(map(is_metric_id, ["a", "if_in_bps", "a" * 63]))
    assert not any(map(is_metric_id, ["", "1a", "_a", "a-b", "A", "a" * 64, "a\n"]))
    assert all(map(is_instance, ["", "GigabitEthernet0/0/1", "一楼 东", "x" * 128]))
    assert not any(map(is_instance, ["a\n", "\0", "x" * 129, "\u202e"]))
