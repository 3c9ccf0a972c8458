"""The words cover the code: every field, every reason, both languages."""

import msgspec
import pytest

from campus.delivery import SetAside
from campus.spec.forms import FORMS
from campus.spec.tables import STRUCTURES
from campus.spec.texts import every_reason, fields, reasons
from campus.wire import frame, json_form
from campus.wire.frame import FRAME_ERRORS


def test_every_structure_of_the_wire_is_described() -> None:
    on_the_wire = {
        name
        for module in (frame, json_form)
        for name, kind in vars(module).items()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
    }
    assert len(on_the_wire) >= 13
    assert on_the_wire <= set(STRUCTURES)
    assert set(fields()) == set(STRUCTURES)


@pytest.mark.parametrize("structure", STRUCTURES)
def test_every_field_is_described_in_both_languages_and_no_other(structure: str) -> None:
    described = fields()[structure]
    assert list(described) == [field.encode_name for field in msgspec.structs.fields(STRUCTURES[structure])]
    for field in described.values():
        assert field.form in FORMS
        assert field.en
        assert field.zh


def test_every_reason_is_explained_once() -> None:
    assert set(reasons()["frame"]) == FRAME_ERRORS
    assert set(reasons()["set_aside"]) == set(SetAside)
    assert len(every_reason()) == sum(len(group) for group in reasons().values())
    for name, reason in every_reason().items():
        assert all((reason.en, reason.zh, reason.do_en, reason.do_zh)), name
        assert reason.said("zh") != reason.said("en")
        assert reason.advised("zh") != reason.advised("en")
