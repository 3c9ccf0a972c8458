"""Every kind of mistake in what a profile says of MQTT is found, in its line, with advice."""

from pathlib import Path

import pytest

from firmware_profiles.examine import examine

HEAD = "title: Box\nkind: sensor\n"
POINT = "{metric: temperature_cel, pointer: /t}"


def message(*lines: str, points: str = POINT, topic: str = "box/{device}/x") -> str:
    """A profile with one message: its own lines begin on line 5."""
    whole = [HEAD + "messages:", f"  - topic: '{topic}'", *(f"    {line}" for line in lines)]
    return "\n".join([*whole, "    facts: {model: M}", f"    points: [{points}]" if points else ""])


def vocabulary(*lines: str, dialect: str = "sparkplug") -> str:
    """A profile of a dialect: its own lines begin on line 5."""
    return "\n".join([HEAD + "vocabulary:", f"  dialect: {dialect}", *(f"  {line}" for line in lines)])


NAMED = "points: [{metric: temperature_cel, name: t}]"
MISTAKES = {
    "a hole twice": (message(topic="box/{device}/{device}"), 4, "stands twice"),
    "an unknown hole in an id": (message("device: '{hub}-{/id}'"), 5, "no hole of the topic"),
    "an unknown hole in a fact": (message().replace("{model: M}", "{model: 'M{typ}'}"), 5, "no hole of the topic"),
    "an unknown hole in an instance": (message(points="{metric: temperature_cel, pointer: /t, instance: '{n}'}"), 6, "no hole"),
    "an unknown hole as a value": (message(points="{metric: temperature_cel, pointer: '{n}'}"), 6, "not a JSON pointer"),
    "an unknown gateway": (message("gateway: '{gatway}'", topic="{gateway}/{device}"), 5, "Did you mean 'gateway'"),
    "nobody is named": (message(topic="box/{devic}/x"), 4, "Rename {devic}"),
    "a moment without slash": (message("measured_at: time"), 5, "'/time'"),
    "nothing is read": (message(points="").replace("    facts: {model: M}\n", "    silence_s: 9\n"), 4, "without points"),
    "parts of a text": (message("form: text"), 7, "a plain text has no parts"),
    "a whole object": (message(points="{metric: temperature_cel, pointer: ''}"), 6, "no number"),
    "a silence before now": (message("silence_s: -1"), 5, "is no time"),
    "a form nobody knows": (message("form: xml"), 5, "xml"),
    "a word for both": (message("availability: {pointer: /s, online: [up], offline: [up]}"), 5, "would say both"),
    "never gone": (message("availability: {pointer: /s, offline: []}"), 5, "never said"),
    "availability without slash": (message("availability: {pointer: s}"), 5, "'/s'"),
    "a switch unquoted": (message("availability: {online: [on], offline: [off]}"), 5, "put them in quotes"),
    "a counter in a message": (message(points="{metric: if_in_bps, pointer: /t, type: counter32}"), 6, "two readings"),
    "a dialect nobody speaks": (vocabulary(NAMED, dialect="klingon"), 4, "klingon"),
    "a publisher that does not compile": (vocabulary("publisher: '('", NAMED), 5, "does not compile"),
    "a name that does not compile": (vocabulary("points: [{metric: temperature_cel, name: '['}]"), 5, "does not compile"),
    "no names": (vocabulary(), 3, "without points"),
    "a name twice": (vocabulary("points:", f"  - {NAMED[9:-1]}", "  - {metric: co2_ppm, name: t}"), 7, "stands twice"),
    "a metric nobody knows": (vocabulary("points: [{metric: temperatur_cel, name: t}]"), 5, "temperature_cel"),
    "states missing": (vocabulary("points: [{metric: leak_state, name: t, type: state}]"), 5, "`states` is missing"),
    "the publishers of another": (vocabulary(NAMED), 3, "ambiguous: sparkplug/standard"),
}  # fmt: skip


def written(folder: Path, text: str) -> Path:
    path = folder / "zzz" / "box.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found_in_its_line_with_advice(tmp_path: Path, mistake: str) -> None:
    text, line, words = MISTAKES[mistake]
    path = written(tmp_path, text)
    findings = [str(finding) for finding in examine([path]).findings]
    assert [each for each in findings if each.startswith(f"{path}:{line}: ") and words in each], findings


def test_there_are_many_mistakes() -> None:
    assert len(MISTAKES) == 26


@pytest.mark.parametrize(
    "text",
    [
        message("device: '{device}-{/id}'", "gateway: '{device}'", "each: /rooms/*/nodes"),
        message("form: text", points="{metric: temperature_cel, pointer: '', instance: '{device}'}"),
        message("form: text", 'availability: {online: ["on", 1], offline: ["off", 0]}', points=""),
        message(
            points="{metric: door_state, pointer: '{s}', type: state, states: {a: open}}", topic="zzz/{device}/{s}"
        ),
        message("device: /id", topic="box/all"),
        vocabulary("publisher: '^no-1/'", NAMED),
        vocabulary("publisher: Aqara", NAMED, dialect="zigbee2mqtt"),
    ],
)
def test_what_is_right_has_no_findings(tmp_path: Path, text: str) -> None:
    assert examine([written(tmp_path, text)]).findings == []
