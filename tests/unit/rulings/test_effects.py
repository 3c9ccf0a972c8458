"""Whatever is decided where, nothing below is looser than what stands above it, unless by an exception."""

from hypothesis import given
from hypothesis import strategies as st

from campus.ids import SiteId
from campus.samples import Severity
from controller.registry.model import Organisation, Site
from controller.rulings.effects import effect_at
from controller.rulings.model import Adjustment, Kind, Place, Ruling, When
from controller.rulings.standing import standing_of
from controller.rulings.tighter import is_as_tight
from controller.rulings.tree import Tree
from tests.unit.rulings.council import FREEZER, base_rules

ORGANISATIONS = [("bureau", None), ("east", "bureau"), ("town", "east"), ("west", "bureau")]
SITES = [("a", "town"), ("b", "town"), ("c", "west"), ("d", "bureau")]
TREE = Tree(
    [Organisation(name, parent, name, name) for name, parent in ORGANISATIONS],
    [Site(SiteId(name), home, name, name) for name, home in SITES],
)
PLACES = list(TREE.places())
BASE = base_rules().rule(FREEZER)
NOW = 1_000

adjustments = st.builds(
    Adjustment,
    is_off=st.sampled_from([None, None, True, False]),
    severity=st.sampled_from([None, *Severity]),
    when=st.sampled_from([None, *When]),
    level=st.sampled_from([None, -20.0, -14.0, -10.0]),
    hold_s=st.sampled_from([None, 0.0, 900.0]),
    clear_hold_s=st.sampled_from([None, 0.0, 900.0]),
)


@st.composite
def rulings(draw: st.DrawFn) -> list[Ruling]:
    """Changes, exceptions granted in the name of any place, running or over, and what was taken back."""
    return [
        Ruling(
            number,
            draw(st.sampled_from([0, NOW - 1])),
            "somebody",
            draw(st.sampled_from(PLACES)),
            FREEZER,
            draw(st.sampled_from([Kind.CHANGED, Kind.CHANGED, Kind.EXCEPTION, Kind.REVERTED])),
            draw(adjustments),
            until=draw(st.sampled_from([NOW, NOW + 1])),
            authority=draw(st.sampled_from(PLACES)),
        )
        for number in range(1, draw(st.integers(0, 8)) + 1)
    ]


@given(rulings())
def test_nothing_is_looser_than_what_stands_above_it_but_by_an_exception(made: list[Ruling]) -> None:
    standing = standing_of(made)
    effects = {place: effect_at(BASE, TREE, standing, place, FREEZER, NOW) for place in PLACES}
    for place in PLACES:
        above, effect, exception = TREE.parent(place), effects[place], standing.exception(place, FREEZER, NOW)
        assert effect is not None
        if above is None:
            continue
        demanded = effects[above]
        assert demanded is not None
        if exception is None:
            assert is_as_tight(effect.rule, demanded.rule), place
        elif exception.authority not in TREE.way(place)[:-1]:
            assert is_as_tight(effect.rule, demanded.rule), "granted by somebody who is not above"
        else:
            height = TREE.way(place).index(exception.authority)
            bound = effects[TREE.way(place)[height - 1]] if height else None
            assert bound is None or is_as_tight(effect.rule, bound.rule), "more was given away than was theirs"


@given(rulings())
def test_steps_say_where_a_decision_does_not_hold_as_it_is(made: list[Ruling]) -> None:
    standing = standing_of(made)
    for site in TREE.sites:
        effect = effect_at(BASE, TREE, standing, Place.school(site), FREEZER, NOW)
        assert effect is not None
        wants = [step for step in effect.steps if step.ruling.adjustment is not None]
        assert all(
            step.rule is None for step in wants if step.ruling.adjustment == Adjustment(is_off=True) and not step.looser
        )
        assert (effect.steps[-1].rule if effect.steps else BASE) == effect.rule
