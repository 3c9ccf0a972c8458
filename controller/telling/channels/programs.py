"""Programs that are told over HTTP: a gateway for text messages, and any that takes a signed webhook."""

import hashlib
import hmac
import json
from typing import Any, Final

from campus.secret import Secret
from controller.telling.channels.web import as_json, post
from controller.telling.port import Letter

SMS_CHARACTERS: Final = 200


class SmsGateway:
    """The body is the district's own; phone and text are put into its strings, so nothing in a text can leave them."""

    def __init__(self, address: Secret, body: str, token: Secret | None) -> None:
        self._address = address
        self._body = json.loads(body)
        self._token = token

    def send(self, letter: Letter) -> None:
        """As `Channel` says; one message is for one phone."""
        headers = {"Authorization": f"Bearer {self._token.reveal()}"} if self._token else {}
        for recipient in letter.recipients:
            words = {"phone": recipient.to, "text": short(letter)}
            post(self._address.reveal(), as_json(_filled(self._body, words)), headers)


class SignedWebhook:
    """``X-Campanile-Signature`` is HMAC-SHA256 of the timestamp, a dot and the body; `id` is the same at every try."""

    def __init__(self, address: Secret, secret: Secret) -> None:
        self._address = address
        self._secret = secret

    def send(self, letter: Letter) -> None:
        """As `Channel` says."""
        body = as_json(
            {
                "id": letter.id,
                "what": letter.what.value,
                "subject": letter.subject,
                "text": letter.text,
                "url": letter.url,
                "people": [{"id": each.id, "name": each.name, "to": each.to} for each in letter.recipients],
            }
        )
        signed = hmac.new(self._secret.reveal().encode(), f"{letter.at}.".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-Campanile-Timestamp": str(letter.at), "X-Campanile-Signature": f"sha256={signed}"}
        post(self._address.reveal(), body, headers)


def short(letter: Letter) -> str:
    """What fits a text message: the subject, and the link, which is never cut."""
    link = f" {letter.url}" if letter.url else ""
    room = SMS_CHARACTERS - len(link)
    subject = letter.subject if len(letter.subject) <= room else letter.subject[: room - 1] + "…"
    return subject + link


def _filled(value: Any, words: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, words) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, words) for each in value]
    if isinstance(value, str):
        # The phone first and the text last: what stands in a text is never filled in again.
        return value.replace("{phone}", words["phone"]).replace("{text}", words["text"])
    return value
