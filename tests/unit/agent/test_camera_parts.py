"""The pure parts of asking cameras: answers as trees, logins that rest, streams described, probes answered."""

from contextlib import suppress
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.collect.camera.answer import MAX_ANSWER_BYTES, MAX_DEPTH, MAX_PARTS, tree_of, xml_tree
from agent.collect.camera.discovery import FoundCamera, read_match
from agent.collect.camera.login import AGAIN_AFTER_MS, Door, Login
from agent.collect.camera.onvif import _path
from agent.collect.camera.rtsp import codec_of, digest
from agent.collect.camera.soap import opened, utc_of
from agent.decode.tree import points_of
from campus.errors import Poison
from campus.ids import DeviceId
from firmware_profiles.model import MessagePoint, PointType
from firmware_profiles.requests import AnswerForm

NOW = 1_790_000_000_000
BILLION_LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>"""
OUTSIDE = b"""<!DOCTYPE x SYSTEM "file:///etc/passwd"><x>1</x>"""


def refused(form: AnswerForm, content: bytes) -> str:
    with pytest.raises(Poison) as caught:
        tree_of(form, content)
    return caught.value.reason


def test_xml_is_read_by_local_names_and_lists_stay_lists() -> None:
    content = b"""<?xml version="1.0"?><s:storage xmlns:s="urn:x"><hddList size="2"><hdd><id>1</id></hdd>
    <hdd><id>2</id></hdd></hddList><nas/></s:storage>"""
    assert xml_tree(content, ("hdd",)) == {"hddList": {"@size": "2", "hdd": [{"id": "1"}, {"id": "2"}]}, "nas": ""}


@pytest.mark.parametrize("content", [BILLION_LAUGHS, OUTSIDE])
def test_entities_are_refused(content: bytes) -> None:
    assert refused(AnswerForm.XML, content) == "xml_doctype"


@pytest.mark.parametrize(
    ("form", "content", "reason"),
    [
        (AnswerForm.XML, b"<a>" * (MAX_DEPTH + 1), "too_large"),
        (AnswerForm.XML, b"<a>" + b"<b/>" * MAX_PARTS + b"</a>", "too_large"),
        (AnswerForm.XML, b"<html><p>no", "not_xml"),
        (AnswerForm.XML, b'<?xml version="1.0" encoding="klingon"?><a/>', "not_xml"),
        (AnswerForm.JSON, b"[" * 100_000, "not_json"),
        (AnswerForm.JSON, b"{", "not_json"),
        (AnswerForm.LINES, b"Error\r\nBad Request!", "not_lines"),
        (AnswerForm.LINES, b"a=1\n" * (MAX_PARTS + 1), "too_large"),
        (AnswerForm.LINES, b"a" * (MAX_ANSWER_BYTES + 1), "too_large"),
    ],
)
def test_what_is_too_much_or_nonsense_is_refused(form: AnswerForm, content: bytes, reason: str) -> None:
    assert refused(form, content) == reason


@given(
    st.sampled_from(AnswerForm),
    st.binary(max_size=300) | st.text(alphabet="<>/=[].a0\n\"'&;!", max_size=200).map(str.encode),
)
def test_whatever_comes_gives_a_tree_or_a_reason(form: AnswerForm, content: bytes) -> None:
    with suppress(Poison):
        tree_of(form, content)


def test_of_two_meanings_of_one_key_the_first_counts() -> None:
    tree = tree_of(AnswerForm.LINES, b"a.b=1\na.b.c=2\na[3].d=4\nx=y=z\n")
    assert tree == {"a": {"b": "1", "3": {"d": "4"}}, "x": "y=z"}


def read(tree: Any, **said: Any) -> tuple[list[float], dict[str, int]]:
    harvest = points_of((MessagePoint(**said),), tree, DeviceId("x"), NOW)
    return [sample.value for sample in harvest.samples], dict(harvest.dropped)


@pytest.mark.parametrize(
    ("text", "ahead_s"),
    [
        ("2026-09-21T14:13:20Z", 0),
        ("2026-09-21T22:13:50+08:00", 30),
        ("2026-9-21 14:13:10+00:00", -10),
        (1_790_000_005, 5),
        (1_790_000_005_000, 5),
    ],
)
def test_a_moment_is_told_by_how_far_it_is_from_now(text: str | int, ahead_s: float) -> None:
    assert read({"t": text}, metric="clock_offset_s", pointer="/t", type=PointType.MOMENT) == ([ahead_s], {})


@pytest.mark.parametrize("text", ["", "yesterday", "2026-99-99 1:2:3", "9" * 5000])
def test_what_is_no_moment_is_counted(text: str) -> None:
    values, dropped = read({"t": text}, metric="clock_offset_s", pointer="/t", type=PointType.MOMENT)
    assert not values
    assert sum(dropped.values()) == 1


def test_a_part_of_a_whole_is_a_percentage() -> None:
    said = {"metric": "storage_percent", "pointer": "/free", "of": "/all", "scale": -100.0, "offset": 100.0}
    assert read({"free": "250", "all": "1000"}, **said) == ([75.0], {})
    assert read({"free": "250", "all": "0"}, **said) == ([], {"no_whole": 1})
    assert read({"free": "250"}, **said) == ([], {"no_whole": 1})


def told_refused(login: Login) -> bool:
    return login.is_refused


def test_a_refusal_shuts_every_door_until_one_has_taken_the_password() -> None:
    login = Login(None)
    login.refuse(Door.HTTP, NOW)
    assert not any(login.may_try(door, NOW + AGAIN_AFTER_MS - 1) for door in Door)
    assert all(login.may_try(door, NOW + AGAIN_AFTER_MS) for door in Door)
    login.accept(Door.HTTP)
    login.refuse(Door.ONVIF, NOW)  # an account of its own, as Hikvision has it
    assert told_refused(login) is False
    assert [login.may_try(door, NOW + 1) for door in (Door.HTTP, Door.ONVIF, Door.RTSP)] == [True, False, True]
    login.refuse(Door.HTTP, NOW)
    assert told_refused(login) is True
    assert not any(login.may_try(door, NOW + 1) for door in Door)


@given(st.lists(st.tuples(st.sampled_from(Door), st.integers(0, 30 * 60_000)), max_size=80))
def test_however_it_is_asked_a_wrong_password_is_shown_once_an_hour(polls: list[tuple[Door, int]]) -> None:
    login, now, shown = Login(None), NOW, []
    for door, later_ms in polls:
        now += later_ms
        if login.may_try(door, now):
            shown.append(now)
            login.refuse(door, now)
    assert all(later - earlier >= AGAIN_AFTER_MS for earlier, later in pairwise(shown))


@pytest.mark.parametrize(
    ("sdp", "codec"),
    [
        (b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n", "h264"),
        (b"v=0\r\nm=audio 0 RTP/AVP 0\r\nm=video 0 RTP/AVP 98\r\na=rtpmap:98 HEVC/90000\r\n", "h265"),
        (b"v=0\r\nm=video 0 RTP/AVP 26\r\n", "mjpeg"),
        (b"v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 AV1/90000\r\n", "other"),
        (b"v=0\r\nm=audio 0 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n", ""),
        (b"", ""),
    ],
)
def test_the_codec_is_that_of_the_first_video(sdp: bytes, codec: str) -> None:
    assert codec_of(sdp) == codec


def test_a_challenge_is_read_in_a_time_that_grows_with_its_length() -> None:
    """The most that a header may be, in one word without a sign: with a search from each letter it took seconds."""
    proof = digest(f'Digest {"a" * 16_000} realm="cam", nonce="1"', "u", "p", "DESCRIBE", "rtsp://10.1.2.3/")
    assert 'realm="cam", nonce="1"' in proof


def test_the_digest_is_that_of_the_rfc() -> None:
    """The example of RFC 2617, section 3.5, without qop as RFC 2069 has it."""
    challenge = 'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"'
    answer = digest(challenge, "Mufasa", "Circle Of Life", "GET", "/dir/index.html")
    assert 'response="670fd8c2df070c60b045671b8b24ff02"' in answer


def test_addresses_a_camera_names_lead_to_itself() -> None:
    assert _path("http://192.168.1.64:80/onvif/snapshot?c=1") == "/onvif/snapshot?c=1"
    assert _path("//evil.example/x") == "/x"
    assert [_path(text) for text in ("", "http:////x/y", "javascript:1", "http://[bad", 7)] == [""] * 5


def test_a_fault_of_soap_is_told_from_a_refusal() -> None:
    for word, reason in (("ter:NotAuthorized", "soap_refused"), ("ter:ActionNotSupported", "soap_fault")):
        with pytest.raises(Poison) as caught:
            opened(f"<E><Body><Fault><Code><Value>{word}</Value></Code></Fault></Body></E>".encode())
        assert caught.value.reason == reason
    with pytest.raises(Poison, match="no SOAP body"):
        opened(b"<html/>")
    with pytest.raises(Poison, match="no UTC"):
        utc_of({"SystemDateAndTime": {"UTCDateTime": {"Date": "today"}}})


def test_an_answer_to_a_probe_is_where_it_came_from_and_what_it_calls_itself() -> None:
    content = b"""<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body><d:ProbeMatches xmlns:d="x"><d:ProbeMatch>
    <d:Scopes>onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/HIKVISION%20DS-2CD
    onvif://www.onvif.org/hardware/DS-2CD2T47%1B</d:Scopes>
    <d:XAddrs>http://192.168.1.64:8080/onvif/device_service http://[bad https://192.168.1.64/onvif</d:XAddrs>
    </d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"""
    assert read_match(content, "10.1.2.3") == FoundCamera("10.1.2.3", "HIKVISION DS-2CD", "DS-2CD2T47", (443, 8080))


@given(st.binary(max_size=200))
def test_whatever_a_probe_is_answered_is_read_or_refused(content: bytes) -> None:
    with pytest.raises(Poison):
        read_match(content, "10.1.2.3")
