"""Each agent's share of series."""

from hypothesis import given
from hypothesis import strategies as st

from campus.topics import Address
from controller.ingest.limits import NAMED_FOR_S, Limits, SeriesQuota
from tests.unit.ingest.frames import NO_1, NO_2


@given(st.lists(st.tuples(st.sampled_from([NO_1, NO_2]), st.integers(0, 40))), st.integers(0, 120))
def test_no_agent_gets_more_than_its_share_and_none_pays_for_another(
    asked: list[tuple[Address, int]], held: int
) -> None:
    quota = SeriesQuota(100, lambda _site: held)
    for address in (NO_1, NO_2):
        wanted = [new for who, new in asked if who == address]
        granted = sum(quota.grant(address, new) for new in wanted)
        assert granted == min(sum(wanted), max(0, 100 - held))


def test_who_asks_for_too_much_is_named_until_it_has_not_for_a_while() -> None:
    now_s = 0.0
    quota = SeriesQuota(10, lambda _site: 4, lambda: now_s)
    assert quota.grant(NO_1, 9) == 6
    assert quota.grant(NO_2, 6) == 6
    assert quota.exhausted() == {NO_1: 3}
    now_s += NAMED_FOR_S
    assert quota.exhausted() == {NO_1: 3}
    now_s += 1
    assert quota.exhausted() == {}


def test_limits_are_a_valid_configuration_by_themselves() -> None:
    assert Limits().problems() == []
    assert [key for key, _ in Limits(0, 0, 0).problems()] == ["frames_per_s", "bytes_per_s", "series_per_agent"]
