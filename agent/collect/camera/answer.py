"""An answer's bytes as one nested tree, whether XML, JSON or lines, so that pointers (RFC 6901) read all three alike. Pure.

Bounded in size, depth and number of parts; XML with a document type, and so with entities, is refused.
"""

import json
import re
from typing import Any
from xml.parsers import expat

from campus.errors import Poison
from firmware_profiles.requests import AnswerForm

MAX_ANSWER_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_PARTS = 20_000
_STEP = re.compile(r"[^.\[\]]+")


def tree_of(form: AnswerForm, content: bytes, lists: tuple[str, ...] = ()) -> Any:
    """The tree of an answer; `lists` are names of XML elements that always make an array.

    `Poison`: ``too_large`` (bytes, depth or parts), ``not_xml``, ``xml_doctype``, ``not_json``, ``not_lines``.
    """
    if len(content) > MAX_ANSWER_BYTES:
        raise Poison("too_large", f"an answer of {len(content)} bytes")
    match form:
        case AnswerForm.XML:
            return xml_tree(content, lists)
        case AnswerForm.JSON:
            return _json_tree(content)
        case AnswerForm.LINES:
            return lines_tree(content)


def xml_tree(content: bytes, lists: tuple[str, ...] = ()) -> Any:
    """What the root element holds: children by name without prefix, text where there are none, ``@name`` for attributes.

    Of elements that are no list and stand twice the first is taken. Attributes of elements without children are left out.

    >>> xml_tree(b'<a><x:hdd id="1"><free>7</free></x:hdd></a>', ("hdd",))
    {'hdd': [{'@id': '1', 'free': '7'}]}
    """
    builder = _Builder(frozenset(lists))
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = builder.doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(content, True)  # noqa: FBT003 - expat takes no names
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: encodings nobody knows
        raise Poison("not_xml", f"the answer is not XML: {error}") from error
    return builder.root


class _Builder:
    """Puts elements together as expat meets them."""

    def __init__(self, lists: frozenset[str]) -> None:
        self.root: Any = ""
        self._lists = lists
        self._stack: list[tuple[str, dict[str, str], dict[str, Any], list[str]]] = []
        self._parts = 0

    def doctype(self, *_: object) -> None:
        raise Poison("xml_doctype", "the answer declares a document type")

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._parts += 1
        if len(self._stack) >= MAX_DEPTH or self._parts > MAX_PARTS:
            raise Poison("too_large", "the answer nests too deep or has too many elements")
        self._stack.append((name.rpartition(":")[2], attributes, {}, []))

    def text(self, text: str) -> None:
        if self._stack:
            self._stack[-1][3].append(text)

    def end(self, _name: str) -> None:
        name, attributes, children, texts = self._stack.pop()
        value: Any = "".join(texts).strip()
        if children:
            value = {f"@{key}": said for key, said in attributes.items() if not key.startswith("xmlns")} | children
        if not self._stack:
            self.root = value
            return
        siblings = self._stack[-1][2]
        if name in self._lists:
            siblings.setdefault(name, []).append(value)
        else:
            siblings.setdefault(name, value)


def lines_tree(content: bytes) -> dict[str, Any]:
    """``key.part[0].name=value`` lines, nested; indices are keys, so a gap costs nothing.

    >>> lines_tree(b"list.info[0].State=Success\\r\\nversion=2.8")
    {'list': {'info': {'0': {'State': 'Success'}}}, 'version': '2.8'}
    """
    tree: dict[str, Any] = {}
    lines = content.decode("utf-8", "replace").splitlines()
    if len(lines) > MAX_PARTS:
        raise Poison("too_large", f"an answer of {len(lines)} lines")
    for line in lines:
        key, sign, value = line.partition("=")
        steps = _STEP.findall(key.strip())
        if sign and steps and len(steps) <= MAX_DEPTH:
            _put(tree, steps, value.strip())
    if not tree:
        raise Poison("not_lines", "the answer has no line such as key=value")
    return tree


def _put(tree: dict[str, Any], steps: list[str], value: str) -> None:
    place = tree
    for step in steps[:-1]:
        below = place.setdefault(step, {})
        if not isinstance(below, dict):
            return  # said to be a value before: the first word counts
        place = below
    place.setdefault(steps[-1], value)


def _json_tree(content: bytes) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Poison("not_json", "the answer is not JSON") from error
