"""A wrong YAML file is explained with file, line, place and advice."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus.document import line_of, load_document, nearest, read_document
from campus.errors import ConfigError


class Lamp(msgspec.Struct, forbid_unknown_fields=True):
    watts: int
    colour: str = "white"


class House(msgspec.Struct, forbid_unknown_fields=True):
    name: str = ""
    rooms: dict[str, dict[int, list[Lamp]]] = {}
    lamps: tuple[Lamp, ...] = ()
    floors: dict[int, str] = {}


class Tree(msgspec.Struct):
    kids: list["Tree"]


def complaint(text: str, shape: type = House) -> str:
    with pytest.raises(ConfigError) as caught:
        read_document("house.yaml", text, shape)
    return str(caught.value)


WRONG = [
    # text, line, place and complaint
    ("name: x\nlamps:\n- watts: 5\n- watts: many\n", 4, "lamps[1].watts: Expected `int`, got `str`"),
    ("name: x\nlamps:\n- {watts: 5, color: red}\n", 3, "lamps[0]: unknown key 'color'. Did you mean 'colour'?"),
    ("name: x\nlmaps: []\n", 2, "unknown key 'lmaps'. Did you mean 'lamps'?"),
    ("zzz: 1\n", 1, "unknown key 'zzz'. Known here: floors, lamps, name, rooms."),
    (
        "rooms:\n  hall:\n    1:\n    - watts: 5\n  attic:\n    1: []\n    2:\n    - watts: 4\n    - colour: red\n",
        9,
        "rooms.attic[2][1]: the key 'watts' is missing",
    ),
    ("rooms:\n  hall: {}\n  attic:\n    2:\n    - watt: 4\n", 5, "rooms.attic[2][0]: unknown key 'watt'. Did you mean 'watts'?"),
    ("rooms:\n  hall: {}\n  attic:\n    two: []\n", 4, "rooms.attic.two: key: Expected `int`, got `str`"),
    ("floors:\n  1: ground\n  2: 7\n", 3, "floors[2]: Expected `str`, got `int`"),
    ("[1, 2]\n", 1, "Expected `object`, got `array`"),
    ("name: x\nname: y\n", 2, "'name' stands twice: keep one of them"),
    ("rooms:\n  a:\n    1: []\n  a: {}\n", 4, "'a' stands twice: keep one of them"),
    ("name: [\n", 2, "not valid YAML"),
    ("name: !!python/object:os.system x\n", 1, "not valid YAML: could not determine a constructor"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "said"), WRONG)
def test_a_wrong_document_is_explained(text: str, line: int, said: str) -> None:
    assert complaint(text).startswith(f"house.yaml:{line}: {said}")


@given(st.integers(0, 7))
def test_the_line_is_right_in_a_document_keyed_by_name(wrong: int) -> None:
    lines = [f"lamp{index}: {{watts: {'many' if index == wrong else index}}}" for index in range(8)]
    said = complaint("\n".join(lines), dict[str, Lamp])
    assert said == f"house.yaml:{wrong + 1}: lamp{wrong}.watts: Expected `int`, got `str`"


def test_a_key_that_yaml_reads_as_false_has_its_line() -> None:
    said = complaint("a: {watts: 1}\nno: {watts: 1}\n", dict[str, Lamp])
    assert said == "house.yaml:2: False: key: Expected `str`, got `bool`"


def test_an_anchor_that_holds_itself_is_refused() -> None:
    assert complaint("&a {kids: [*a]}", Tree).startswith("house.yaml: nested too deeply")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_document("any.yaml", text, House)
    except ConfigError as error:
        said = str(error)
        assert said.startswith("any.yaml")


def test_an_empty_document_is_the_defaults() -> None:
    assert read_document("house.yaml", "", House) == House()
    assert read_document("house.yaml", "# nothing yet\n", House) == House()


def test_a_missing_file_and_a_binary_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.yaml: cannot be read"):
        load_document(tmp_path / "absent.yaml", House)
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"binary\.yaml: cannot be read"):
        load_document(tmp_path / "binary.yaml", House)


def test_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "house.yaml").write_text("name: 东楼\n", encoding="utf-8")
    assert load_document(tmp_path / "house.yaml", House).name == "东楼"


def test_line_of_stops_at_the_nearest_known_ancestor() -> None:
    text = "a:\n  b:\n    - 1\n    - c: 2\n"
    assert line_of(text, "a", "b", 1, "c") == 4
    assert line_of(text, "a", "x", "y") == 1
    assert line_of(text, "a", "b", 9) == 2


def test_nearest() -> None:
    assert nearest("watt", ["watts", "colour"]) == " Did you mean 'watts'?"
    assert nearest("q", ["b", "a"]) == " Known here: a, b."
    assert nearest("q", []) == ""
