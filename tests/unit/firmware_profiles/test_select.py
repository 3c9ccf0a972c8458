"""Patterns of profiles meet texts of devices, which may be of any length."""

from firmware_profiles.catalogue import Identity, specificity
from firmware_profiles.model import Filter, Match
from firmware_profiles.select import MOST_CHARS, keeps, taken

FAR = "1" * MOST_CHARS + " C"


def test_a_pattern_is_looked_for_in_so_much_of_a_text_and_no_more() -> None:
    assert taken(r"(\d+) ?C", "42 C") == "42"
    assert taken(r"(\d+) ?C", FAR) == ""
    assert keeps(Filter("1.3", matches="C$"), b"42 C")
    assert not keeps(Filter("1.3", matches="C$"), FAR.encode())
    assert specificity(Match(sys_descr="C$"), Identity("1.3", "42 C")) is not None
    assert specificity(Match(sys_descr="C$"), Identity("1.3", FAR)) is None
