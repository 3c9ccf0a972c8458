"""The content of a document of kind ``configuration`` is bounded by whoever reads it."""

import pytest

from campus.configuration import MAX_LINES, ConfigurationText, decode_configuration, encode_configuration
from campus.errors import Poison


def test_a_text_of_more_lines_than_anybody_can_look_at_is_refused() -> None:
    most = ConfigurationText("#\n" * MAX_LINES)
    assert decode_configuration(encode_configuration(most)) == most
    with pytest.raises(Poison, match="lines"):
        decode_configuration(encode_configuration(ConfigurationText("#\n" * (MAX_LINES + 1))))
