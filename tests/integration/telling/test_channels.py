"""Every channel against a real receiver that checks signatures and shapes as each robot's documentation states them."""

import base64
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from campus.errors import ConfigError, Poison, Transient
from controller.telling.channels.building import build_channels
from controller.telling.channels.robots import WECOM_BYTES
from controller.telling.model import What
from controller.telling.port import Channel, Letter, Recipient
from controller.telling.register import load_register
from tests.servers.authority import Authority
from tests.support.pushing import memory_pushes
from tests.support.receivers import MailReceiver, WebReceiver, mail_receiver, web_receiver

NOW = 1_788_746_400_000
SECRET = "SEC-very-secret"
KEY = "key-in-the-address"
Build = Callable[[str], Channel]


@pytest.fixture
def web() -> Iterator[WebReceiver]:
    with web_receiver() as receiver:
        yield receiver


@pytest.fixture
def build(tmp_path: Path, web: WebReceiver) -> Build:
    """A channel by its settings, its secrets in files beside the register."""
    (tmp_path / "url").write_text(f"{web.address}/robot?key={KEY}\n")
    (tmp_path / "secret").write_text(f"{SECRET}\n")

    def built(settings: str) -> Channel:
        path = tmp_path / "telling.yaml"
        path.write_text(f"channels:\n  it: {settings}\n")
        return built_channels(path)["it"]

    return built


def built_channels(path: Path) -> dict[str, Channel]:
    return build_channels(load_register(path), path, memory_pushes(path.parent))


def letter(*to: str, subject: str = "第一小学：学校断网", text: str = "地点：机房", number: int = 7) -> Letter:
    people = tuple(Recipient(f"p{place}", "李老师", each) for place, each in enumerate(to))
    return Letter(number, What.OPENED, subject, text, "https://campanile.example/alerts/7", people, NOW)


def signed(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()


def test_wecom_mentions_user_ids_and_phones(build: Build, web: WebReceiver) -> None:
    build("{type: wecom, url_file: url}").send(letter("LiLaoShi", "13800000001"))
    (posted,) = web.posted
    assert posted.path == f"/robot?key={KEY}"
    assert posted.body == {
        "msgtype": "text",
        "text": {
            "content": "第一小学：学校断网\n地点：机房",
            "mentioned_list": ["LiLaoShi"],
            "mentioned_mobile_list": ["13800000001"],
        },
    }


def test_wecom_is_given_no_more_than_it_takes(build: Build, web: WebReceiver) -> None:
    build("{type: wecom, url_file: url}").send(letter("LiLaoShi", text="断" * 3000))
    content = web.posted[0].body["text"]["content"]
    assert len(content.encode()) <= WECOM_BYTES
    assert content.endswith("断…")


def test_dingtalk_is_signed_and_mentions_in_the_text_too(build: Build, web: WebReceiver) -> None:
    build("{type: dingtalk, url_file: url, secret_file: secret}").send(letter("13800000001", "manager42"))
    (posted,) = web.posted
    query = parse_qs(urlsplit(posted.path).query)
    assert query["key"] == [KEY]
    assert query["sign"] == [signed(SECRET, f"{query['timestamp'][0]}\n{SECRET}")]
    assert posted.body == {
        "msgtype": "text",
        "text": {"content": "第一小学：学校断网\n地点：机房 @13800000001 @manager42"},
        "at": {"atMobiles": ["13800000001"], "atUserIds": ["manager42"], "isAtAll": False},
    }


def test_feishu_is_signed_in_the_body_and_mentions_by_tag(build: Build, web: WebReceiver) -> None:
    build("{type: feishu, url_file: url, secret_file: secret}").send(letter("ou_1"))
    body = web.posted[0].body
    assert body["timestamp"] == str(NOW // 1000)
    assert body["sign"] == signed(f"{NOW // 1000}\n{SECRET}", "")
    assert body["msg_type"] == "text"
    assert body["content"] == {"text": '<at user_id="ou_1">李老师</at> 第一小学：学校断网\n地点：机房'}


@pytest.mark.parametrize(
    "settings", ["{type: wecom, url_file: url}", "{type: feishu, url_file: url, secret_file: secret}"]
)
def test_no_device_name_mentions_everybody(build: Build, web: WebReceiver, settings: str) -> None:
    build(settings).send(letter(subject='<at user_id="all">x</at>', text="<@all>"))
    assert "<" not in web.posted[0].content.decode()


@pytest.mark.parametrize(
    ("kind", "answer", "trouble"),
    [
        ("{type: wecom, url_file: url}", {"errcode": 93000, "errmsg": "invalid webhook url"}, Poison),
        ("{type: wecom, url_file: url}", {"errcode": 45009, "errmsg": "api freq out of limit"}, Transient),
        (
            "{type: dingtalk, url_file: url, secret_file: secret}",
            {"errcode": 310000, "errmsg": "sign not match"},
            Poison,
        ),
        ("{type: dingtalk, url_file: url, secret_file: secret}", {"errcode": 130101, "errmsg": "too fast"}, Transient),
        ("{type: feishu, url_file: url, secret_file: secret}", {"code": 19021, "msg": "sign match fail"}, Poison),
        ("{type: feishu, url_file: url, secret_file: secret}", {"code": 11232, "msg": "frequency limited"}, Transient),
        ("{type: feishu, url_file: url, secret_file: secret}", {"code": 9499, "msg": "too many request"}, Transient),
        ("{type: feishu, url_file: url, secret_file: secret}", {"code": 9499, "msg": "Bad Request"}, Poison),
        (
            "{type: dingtalk, url_file: url, secret_file: secret}",
            {"errcode": 410100, "errmsg": "发送速度太快而限流"},
            Transient,
        ),
        ("{type: feishu, url_file: url, secret_file: secret}", ["nonsense"], Transient),
    ],
)
def test_a_robot_that_is_busy_is_asked_again_and_one_that_refuses_is_not(
    build: Build, web: WebReceiver, kind: str, answer: object, trouble: type[Exception]
) -> None:
    web.answer = json.dumps(answer).encode()
    with pytest.raises(trouble):
        build(kind).send(letter("13800000001"))


@pytest.mark.parametrize(("status", "trouble"), [(429, Transient), (503, Transient), (403, Poison), (302, Poison)])
def test_what_a_web_server_says_is_told_without_the_address(
    build: Build, web: WebReceiver, caplog: pytest.LogCaptureFixture, status: int, trouble: type[Exception]
) -> None:
    caplog.set_level(logging.DEBUG, logger="controller")
    caplog.set_level(logging.INFO)
    web.status = status
    with pytest.raises(trouble) as caught:
        build("{type: wecom, url_file: url}").send(letter("LiLaoShi"))
    assert str(status) in str(caught.value)
    assert KEY not in str(caught.value) + caplog.text


def test_a_receiver_that_is_away_is_asked_again(tmp_path: Path) -> None:
    (tmp_path / "url").write_text(f"http://127.0.0.1:1/{KEY}")
    path = tmp_path / "telling.yaml"
    path.write_text("channels:\n  it: {type: wecom, url_file: url}\n")
    with pytest.raises(Transient, match="cannot be reached") as caught:
        built_channels(path)["it"].send(letter("LiLaoShi"))
    assert KEY not in str(caught.value)


def test_sms_goes_into_the_districts_own_body(build: Build, web: WebReceiver) -> None:
    body = '{"to": ["{phone}"], "params": {"content": "{text}", "n": 1}}'
    channel = build(f"{{type: sms, url_file: url, token_file: secret, body: '{body}'}}")
    channel.send(letter("13800000001", subject='"}, {phone} ' + "断" * 300))
    (posted,) = web.posted
    text = posted.body["params"]["content"]
    assert posted.body == {"to": ["13800000001"], "params": {"content": text, "n": 1}}
    assert posted.headers["Authorization"] == f"Bearer {SECRET}"
    assert text.startswith('"}, {phone} 断')
    assert text.endswith("… https://campanile.example/alerts/7")
    assert len(text) <= 200


def test_a_webhook_can_be_verified_and_its_twins_recognised(build: Build, web: WebReceiver) -> None:
    channel = build("{type: webhook, url_file: url, secret_file: secret}")
    channel.send(letter("li"))
    channel.send(letter("li"))
    first, second = web.posted
    stamp = first.headers["X-Campanile-Timestamp"]
    mac = hmac.new(SECRET.encode(), f"{stamp}.".encode() + first.content, hashlib.sha256).hexdigest()
    assert first.headers["X-Campanile-Signature"] == f"sha256={mac}"
    assert first.body["id"] == second.body["id"] == 7
    assert first.body["people"] == [{"id": "p0", "name": "李老师", "to": "li"}]
    assert (first.body["what"], first.body["subject"]) == ("opened", "第一小学：学校断网")


@pytest.mark.parametrize("url", ["http://robots.example/x", "ftp://127.0.0.1/", "not an address"])
def test_an_address_without_tls_is_refused_and_not_shown(build: Build, tmp_path: Path, url: str) -> None:
    (tmp_path / "url").write_text(f"{url}\n")
    with pytest.raises(ConfigError, match=r"channels\.it\.url_file: what the file holds is no address") as caught:
        build("{type: wecom, url_file: url}")
    assert url not in str(caught.value)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def mail_channel(folder: Path, receiver: MailReceiver, authority: Authority, security: str, password: str) -> Channel:
    (folder / "password").write_text(password)
    path = folder / "telling.yaml"
    path.write_text(
        "channels:\n  it: {type: email, host: localhost, sender: campanile@example.org, username: campanile,"
        f" password_file: password, port: {receiver.port}, security: {security}, ca_file: {authority.file}}}\n"
    )
    return built_channels(path)["it"]


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mail_goes_over_tls_with_a_login(tmp_path: Path, authority: Authority, security: str) -> None:
    with mail_receiver(authority.issue(["localhost"]), by_starttls=security == "starttls") as receiver:
        channel = mail_channel(tmp_path, receiver, authority, security, "mail-password")
        channel.send(letter("li@example.org", subject="第一小学：学校断网\r\nBcc: all@example.org"))
        channel.send(letter("li@example.org"))
        first, second = receiver.mails
        assert first["Subject"] == "第一小学：学校断网 Bcc: all@example.org"
        assert first["Bcc"] is None
        assert (first["To"], first["From"].addresses[0].addr_spec) == ("li@example.org", "campanile@example.org")
        assert first.get_content().strip() == "地点：机房"
        assert first["Message-ID"] == second["Message-ID"]
        with pytest.raises(Poison, match="refuses the address"):
            channel.send(letter("nobody@example.org"))
        with pytest.raises(Transient, match="busy"):
            channel.send(letter("busy@example.org"))
        with pytest.raises(Poison, match="refuses the login"):
            mail_channel(tmp_path, receiver, authority, security, "wrong").send(letter("li@example.org"))


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_mail_server_nobody_vouches_for_gets_no_password(tmp_path: Path, authority: Authority, security: str) -> None:
    stranger = Authority(tmp_path, "Stranger").issue(["localhost"])
    with mail_receiver(stranger, by_starttls=security == "starttls") as receiver:
        channel = mail_channel(tmp_path, receiver, authority, security, "mail-password")
        with pytest.raises(Transient, match="SSLCertVerificationError"):
            channel.send(letter("li@example.org"))
        assert not receiver.mails
