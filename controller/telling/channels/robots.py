"""Robots of groups: WeCom, DingTalk, Feishu. All are told plain text, so that no device name becomes markup or a mention.

Sources: developer.work.weixin.qq.com/document/path/91770, open.dingtalk.com/document/orgapp/custom-robots-send-group-messages,
open.feishu.cn/document/client-docs/bot-v3/add-custom-bot.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote_plus

from campus.secret import Secret
from controller.telling.channels.web import answered, as_json, post
from controller.telling.port import Letter, Recipient

WECOM_BYTES: Final = 2_048
DINGTALK_BYTES: Final = 15_000
FEISHU_BYTES: Final = 15_000
_PLAIN: Final = str.maketrans("<>", "＜＞")


class WeComRobot:
    """Text of at most 2048 bytes; mentions user ids and phones."""

    def __init__(self, address: Secret) -> None:
        self._address = address

    def send(self, letter: Letter) -> None:
        """As `Channel` says."""
        phones, ids = _sorted(letter.recipients)
        text = {
            "content": cut(_words(letter), WECOM_BYTES),
            "mentioned_list": ids,
            "mentioned_mobile_list": phones,
        }
        body = post(self._address.reveal(), as_json({"msgtype": "text", "text": text}))
        answered(body, "errcode", "errmsg", frozenset({-1, 45009}))


class DingTalkRobot:
    """Signed by timestamp; who is mentioned must also stand in the text."""

    def __init__(self, address: Secret, secret: Secret) -> None:
        self._address = address
        self._secret = secret

    def send(self, letter: Letter) -> None:
        """As `Channel` says."""
        phones, ids = _sorted(letter.recipients)
        mentions = "".join(f" @{each}" for each in (*phones, *ids))
        content = cut(_words(letter), DINGTALK_BYTES - len(mentions.encode())) + mentions
        message = {
            "msgtype": "text",
            "text": {"content": content},
            "at": {"atMobiles": phones, "atUserIds": ids, "isAtAll": False},
        }
        secret = self._secret.reveal()
        sign = quote_plus(_signature(secret, f"{letter.at}\n{secret}"))
        address = self._address.reveal()
        mark = "&" if "?" in address else "?"
        body = post(f"{address}{mark}timestamp={letter.at}&sign={sign}", as_json(message))
        answered(body, "errcode", "errmsg", frozenset({-1, 130101, 410100}))


class FeishuRobot:
    """Signed by timestamp in seconds, which together with the secret is the key of an empty message."""

    def __init__(self, address: Secret, secret: Secret) -> None:
        self._address = address
        self._secret = secret

    def send(self, letter: Letter) -> None:
        """As `Channel` says."""
        at_s = letter.at // 1000
        mentions = "".join(
            f'<at user_id="{_quoted(each.to)}">{_plain(each.name)}</at> ' for each in letter.recipients if each.to
        )
        message = {
            "timestamp": str(at_s),
            "sign": _signature(f"{at_s}\n{self._secret.reveal()}", ""),
            "msg_type": "text",
            "content": {"text": mentions + cut(_words(letter), FEISHU_BYTES - len(mentions.encode()))},
        }
        body = post(self._address.reveal(), as_json(message))
        answered(body, "code", "msg", frozenset({11232}))


def cut(text: str, most_bytes: int) -> str:
    """A text of at most so many bytes in UTF-8; what is cut ends in an ellipsis.

    >>> cut("学校断网", 9)
    '学校…'
    """
    raw = text.encode()
    if len(raw) <= most_bytes:
        return text
    return raw[: max(0, most_bytes - len("…".encode()))].decode(errors="ignore") + "…"


def _words(letter: Letter) -> str:
    return _plain(f"{letter.subject}\n{letter.text}")


def _plain(text: str) -> str:
    return text.translate(_PLAIN)


def _quoted(text: str) -> str:
    return _plain(text).replace('"', "")


def _sorted(recipients: Sequence[Recipient]) -> tuple[list[str], list[str]]:
    """Phones, and ids of other kinds."""
    named = [each.to for each in recipients if each.to]
    phones = [each for each in named if each.lstrip("+").isdigit() and len(each) >= 11]
    return phones, [each for each in named if each not in phones]


def _signature(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()
