"""Nothing gets out of its quotes."""

import re

from hypothesis import example, given
from hypothesis import strategies as st

from campus.influxql import identifier, string_literal


@given(st.text() | st.text(alphabet="'\"\\\nn"))
@example("two\nlines")
def test_no_name_and_no_text_gets_out_of_its_quotes(text: str) -> None:
    for quoted, mark in ((identifier(text), '"'), (string_literal(text), "'")):
        inside = re.fullmatch(rf"{mark}((?:[^{mark}\\\n]|\\[n\\{mark}])*){mark}", quoted)
        assert inside is not None
        assert re.sub(r"\\(.)", lambda escape: "\n" if escape[1] == "n" else escape[1], inside[1]) == text
