"""What a selector covers: everything given must meet, nothing else matters."""

from hypothesis import given
from hypothesis import strategies as st

from campus.ids import DeviceId, SiteId
from campus.samples import DeviceKind, Severity
from controller.silences.model import Draft, Kind, Selector, Subject, Window

SITES, DEVICES = [SiteId("a"), SiteId("b")], [DeviceId("d1"), DeviceId("d2"), DeviceId("")]
KINDS, ROOMS, RULES = [DeviceKind.BOARD, DeviceKind.SWITCH], ["r1", "r2", ""], ["rule-1", "rule-2"]
SUBJECTS = st.builds(
    Subject,
    st.sampled_from(SITES),
    st.sampled_from(DEVICES),
    st.sampled_from(KINDS),
    st.sampled_from(ROOMS),
    st.sampled_from(RULES),
    st.sampled_from(Severity),
    st.booleans(),
)
SELECTORS = st.builds(
    Selector,
    st.just(""),
    st.sampled_from([SiteId(""), *SITES]),
    st.none() | st.sampled_from(KINDS),
    st.sampled_from([DeviceId(""), *DEVICES]),
    st.sampled_from(["", *ROOMS]),
    st.sampled_from(["", *RULES]),
    st.none() | st.sampled_from(Severity),
)


@given(subject=SUBJECTS, selector=SELECTORS)
def test_every_part_that_is_given_must_meet(subject: Subject, selector: Selector) -> None:
    wrong = [
        selector.site and selector.site != subject.site,
        selector.kind and selector.kind != subject.kind,
        selector.device and selector.device != subject.device,
        selector.room and selector.room != subject.room,
        selector.rule and selector.rule != subject.rule,
        selector.severity and list(Severity).index(subject.severity) < list(Severity).index(selector.severity),
    ]
    assert selector.matches(subject) == (not any(wrong))


@given(subject=SUBJECTS, selector=SELECTORS)
def test_a_narrower_selector_covers_no_more(subject: Subject, selector: Selector) -> None:
    if selector.matches(subject):
        assert Selector().matches(subject)
        assert Selector(site=selector.site, kind=selector.kind).matches(subject)


@given(subject=SUBJECTS, selector=SELECTORS, has_confirmed=st.booleans())
def test_what_is_a_matter_of_life_is_covered_only_when_somebody_said_so(
    subject: Subject, selector: Selector, has_confirmed: bool
) -> None:
    draft = Draft(Kind.MAINTENANCE, selector, 0, 10, "why", covers_danger=has_confirmed)
    covered = Window(1, draft, "li", 0).covers(subject)
    assert covered == (selector.matches(subject) and (has_confirmed or not subject.is_danger))
