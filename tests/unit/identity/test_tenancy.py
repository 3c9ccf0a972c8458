"""Nothing of what a caller may not see has any influence on what they are told: for any tree, scope and question.

Two districts are asked the same: one whole, one that holds only what the caller may see. Every answer must be equal, sums
and counts included. Whoever adds a service method that forgets its scope fails here.
"""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campus.ids import SiteId
from controller.identity.model import ScopeSpec
from controller.identity.scope import SYSTEM, Role, Scope
from controller.identity.tree import scope_of_spec
from tests.unit.identity.world import Shape, answer, questions, shapes, world

pytestmark = pytest.mark.slow


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shape=shapes(), top=st.integers(0, 4), role=st.sampled_from(list(Role)))
def test_the_rest_of_the_district_might_as_well_not_exist(tmp_path: Path, shape: Shape, top: int, role: Role) -> None:
    with world(tmp_path, "whole", shape, shape.sites()) as whole:
        spec = ScopeSpec(role, "someone", organisation=f"org-{top % len(shape.parents)}")
        tree = whole.registry.organisations(SYSTEM), whole.registry.sites(SYSTEM)
        scope = scope_of_spec(spec, *tree)
        seen = [site for site in shape.sites() if scope.sees(SiteId(site.id))]
        with world(tmp_path, "part", shape, seen) as part:
            asked = questions(whole.services, [SiteId(site.id) for site in shape.sites()])
            assert len(asked) > 30
            for question in asked:
                told = answer(whole.services, scope, question)
                assert told == answer(part.services, scope, question), question


def test_the_world_has_something_to_hide(tmp_path: Path) -> None:
    """The comparison above means nothing unless different callers are told different things."""
    shape = Shape(parents=(0, 0, 0), homes=(1, 2), alerts=(1, 2))
    with world(tmp_path, "whole", shape, shape.sites()) as whole:
        everything = Scope("all", Role.OPERATOR)
        one = Scope("one", Role.OPERATOR, frozenset({SiteId("site-1")}))
        asked = questions(whole.services, [SiteId("site-0"), SiteId("site-1")])
        reading = [question for question in asked if "acknowledge" not in question[1]]
        differing = {
            question[1]
            for question in reading
            if answer(whole.services, everything, question) != answer(whole.services, one, question)
        }
    assert differing == {question[1] for question in reading}
