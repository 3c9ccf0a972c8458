"""Web push against a real receiver that decrypts: what a phone gets, and what is done about one that is gone."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from campus.errors import ConfigError, Poison, Transient
from campus.ids import SiteId
from controller.identity.scope import Role, Scope
from controller.telling.channels.push import WebPush
from controller.telling.model import Push, What
from controller.telling.port import Busy, Letter, Recipient, Unreached
from controller.telling.push_key import PUSH_KEY, PushKey
from controller.telling.pushes import MOST_BROWSERS, Pushes
from tests.support.district import NO_1, NOW
from tests.support.pushing import AlwaysSignedIn, Phone, claims_of, memory_pushes
from tests.support.receivers import WebReceiver, web_receiver

LOCAL = Push("mailto:it@district.example", ("127.0.0.1",))
LI = "Li"


@pytest.fixture
def web() -> Iterator[WebReceiver]:
    with web_receiver() as receiver:
        receiver.status = 201
        yield receiver


@pytest.fixture
def sign_ins() -> AlwaysSignedIn:
    return AlwaysSignedIn()


@pytest.fixture
def pushes(tmp_path: Path, sign_ins: AlwaysSignedIn) -> Pushes:
    return memory_pushes(tmp_path, sign_ins)


def letter(what: What = What.OPENED, text: str = "地点：机房") -> Letter:
    url = "https://campanile.example/alerts/7"
    sites = frozenset({SiteId(NO_1)})
    return Letter(7, what, "第一小学：断网", f"{text}\n{url}", url, (Recipient("li", "李老师", "Li"),), NOW, sites)


def test_a_phone_is_sent_what_it_alone_can_read(web: WebReceiver, pushes: Pushes) -> None:
    phone = Phone()
    pushes.add(LI, "Li", phone.subscription(web.address), LOCAL.services)
    WebPush(LOCAL, pushes).send(letter())
    (posted,) = web.posted
    assert posted.path == "/push/one"
    assert phone.read(posted.content) == {
        "id": 7,
        "what": "opened",
        "title": "第一小学：断网",
        "body": "地点：机房",
        "url": "/alerts/7",
        "tag": "/alerts/7",
    }
    headers = posted.headers
    assert (headers["Content-Encoding"], headers["Urgency"], headers["Topic"]) == ("aes128gcm", "high", "campanile-7")
    claims = claims_of(headers, pushes.key.public())
    assert (claims["aud"], claims["sub"]) == (web.address, "mailto:it@district.example")
    assert NOW // 1000 < claims["exp"] <= NOW // 1000 + 86_400


def test_a_long_text_is_cut_to_what_a_push_service_takes(web: WebReceiver, pushes: Pushes) -> None:
    phone = Phone()
    pushes.add(LI, "Li", phone.subscription(web.address), LOCAL.services)
    WebPush(LOCAL, pushes).send(letter(text="断" * 5_000))
    assert len(web.posted[0].content) <= 4_096
    assert phone.read(web.posted[0].content)["body"].endswith("断…")


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_is_forgotten(web: WebReceiver, pushes: Pushes, status: int) -> None:
    pushes.add(LI, "Li", Phone().subscription(web.address), LOCAL.services)
    web.status = status
    with pytest.raises(Unreached, match="李老师"):
        WebPush(LOCAL, pushes).send(letter())
    assert pushes.count() == 0


def test_one_browser_of_a_person_is_enough(web: WebReceiver, pushes: Pushes) -> None:
    pushes.add(LI, "Li", Phone().subscription("http://127.0.0.1:1"), LOCAL.services)
    pushes.add(LI, "Li", Phone().subscription(web.address), LOCAL.services)
    WebPush(LOCAL, pushes).send(letter())
    assert len(web.posted) == 1
    assert pushes.count() == 2


def test_a_busy_push_service_is_asked_again_when_it_says(web: WebReceiver, pushes: Pushes) -> None:
    pushes.add(LI, "Li", Phone().subscription(web.address), LOCAL.services)
    web.status, web.headers = 429, {"Retry-After": "120"}
    with pytest.raises(Busy) as caught:
        WebPush(LOCAL, pushes).send(letter())
    assert caught.value.retry_after_s == 120
    web.status, web.headers = 500, {}
    with pytest.raises(Transient):
        WebPush(LOCAL, pushes).send(letter())
    web.status = 403
    with pytest.raises(Poison, match="403"):
        WebPush(LOCAL, pushes).send(letter())


def test_who_signed_out_is_told_nothing_more(web: WebReceiver, pushes: Pushes, sign_ins: AlwaysSignedIn) -> None:
    pushes.add(LI, "Li", Phone().subscription(web.address), LOCAL.services)
    sign_ins.ended.add("Li")
    with pytest.raises(Unreached):
        WebPush(LOCAL, pushes).send(letter())
    assert (len(web.posted), pushes.count()) == (0, 0)


def test_a_browser_whose_sign_in_does_not_see_the_school_gets_nothing_of_it(web: WebReceiver, tmp_path: Path) -> None:
    class Elsewhere(AlwaysSignedIn):
        def scope_of_mark(self, mark: str, _now: int) -> Scope | None:
            return Scope(mark, Role.TECHNICIAN, frozenset({SiteId("no-2-primary")}))

    pushes = memory_pushes(tmp_path, Elsewhere())
    pushes.add(LI, "Li", Phone().subscription(web.address), LOCAL.services)
    with pytest.raises(Unreached):
        WebPush(LOCAL, pushes).send(letter())
    assert (len(web.posted), pushes.count()) == (0, 1)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://10.0.0.1/admin",
        "https://fcm.googleapis.com.evil.example/x",
        "https://fcm.googleapis.com:8443/x",
        "http://fcm.googleapis.com/x",
        "https://user@fcm.googleapis.com/x",
        "https://wns.evil.example/?.notify.windows.com",
        "file:///etc/passwd",
        "https://[::1/x",
        "https://127.0.0.1/x",
    ],
)
def test_nothing_but_a_push_service_is_ever_spoken_to(pushes: Pushes, endpoint: str) -> None:
    services = Push("mailto:it@district.example").services
    phone = Phone().subscription("")
    with pytest.raises(Poison):
        pushes.add(LI, "Li", type(phone)(endpoint, phone.p256dh, phone.auth), services)
    assert pushes.count() == 0


def test_what_is_allowed_no_more_is_not_sent_to(web: WebReceiver, pushes: Pushes) -> None:
    pushes.add(LI, "Li", Phone().subscription(web.address), LOCAL.services)
    with pytest.raises(Poison, match="not among the push services"):
        WebPush(Push("mailto:it@district.example"), pushes).send(letter())
    assert not web.posted


@pytest.mark.parametrize("keys", [("", ""), ("AAAA", "AAAA"), ("not base64 at all é", "x")])
def test_keys_that_are_none_are_refused(pushes: Pushes, keys: tuple[str, str]) -> None:
    phone = Phone().subscription("http://127.0.0.1:1")
    with pytest.raises(Poison, match="keys"):
        pushes.add(LI, "Li", type(phone)(phone.endpoint, *keys), LOCAL.services)


def test_the_oldest_browser_gives_way(pushes: Pushes) -> None:
    for number in range(MOST_BROWSERS + 1):
        pushes.add(LI, "Li", Phone().subscription("http://127.0.0.1:1", str(number)), LOCAL.services)
    assert pushes.count() == MOST_BROWSERS


def test_one_may_remove_ones_own_browser_only(pushes: Pushes) -> None:
    browser = Phone().subscription("http://127.0.0.1:1")
    pushes.add(LI, "Li", browser, LOCAL.services)
    pushes.remove("Wu", browser.endpoint)
    assert pushes.count() == 1
    pushes.remove(LI, browser.endpoint)
    assert pushes.count() == 0


def test_the_key_is_made_once_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    public = PushKey(tmp_path).public()
    assert stat.S_IMODE((tmp_path / PUSH_KEY).stat().st_mode) == 0o600
    assert PushKey(tmp_path).public() == public
    assert len(public) == 87
    (tmp_path / PUSH_KEY).write_text("nonsense")
    with pytest.raises(ConfigError, match=r"push-key\.pem holds no key"):
        PushKey(tmp_path).public()
