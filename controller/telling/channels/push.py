"""Web push (RFC 8030): an encrypted notice to every browser in which a person is signed in and asked for it."""

from typing import Final
from urllib.parse import urlsplit

from campus.errors import CampusError, Poison, Transient
from controller.telling.channels.encryption import encrypt
from controller.telling.channels.robots import cut
from controller.telling.channels.web import as_json, ask, require_taken
from controller.telling.model import Push, What
from controller.telling.port import Letter, Recipient, Unreached
from controller.telling.pushes import Browser, Pushes, endpoint_problem

TTL_S: Final = 12 * 3600
"""How long a push service keeps a notice for a phone that is off."""
TITLE_BYTES: Final = 300
TEXT_BYTES: Final = 1_500
MOST_URL: Final = 500
OF_ONE_ALERT: Final = "/alerts/"
_GONE: Final = frozenset({404, 410})


class WebPush:
    """A notice is JSON: `id`, `what`, `title`, `body`, `tag`, and `url`, a path of the console or empty. It holds no secret."""

    def __init__(self, settings: Push, pushes: Pushes) -> None:
        self._settings = settings
        self._pushes = pushes

    def send(self, letter: Letter) -> None:
        """As `Channel` says: a person is told once one of their browsers has been sent it.

        Browsers that their push service knows no more are forgotten. `Unreached` where none is left.
        """
        notice = _notice(letter)
        for recipient in letter.recipients:
            self._send_to(recipient, notice, letter)

    def _send_to(self, recipient: Recipient, notice: bytes, letter: Letter) -> None:
        is_taken = False
        trouble: CampusError = Unreached(f"in no browser is {recipient.name} signed in and has asked for notices")
        for browser in self._pushes.of_person(recipient.to, letter.sites):
            try:
                self._push(browser, notice, letter)
                is_taken = True
            except Unreached:
                self._pushes.forget(browser)
            except (Transient, Poison) as error:
                trouble = error
        if not is_taken:
            raise trouble

    def _push(self, browser: Browser, notice: bytes, letter: Letter) -> None:
        problem = endpoint_problem(browser.endpoint, self._settings.services)
        if problem:  # the register may allow less than it did when the browser asked
            raise Poison("endpoint", problem)
        parts = urlsplit(browser.endpoint)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(TTL_S),
            "Urgency": "high" if letter.what is What.OPENED else "normal",
            # A second try takes the place of the first where the phone has not seen it yet (RFC 8030 section 5.4).
            "Topic": f"campanile-{letter.id}",
            **self._pushes.key.proof(f"{parts.scheme}://{parts.netloc}", self._settings.contact, letter.at),
        }
        answer = ask(browser.endpoint, encrypt(notice, browser.p256dh, browser.auth), headers)
        if answer.status in _GONE:
            raise Unreached("the push service knows this browser no more")
        require_taken(answer)


def _notice(letter: Letter) -> bytes:
    """At most `MOST_BYTES`: titles are short, and the text is cut."""
    body = letter.text.removesuffix(letter.url).strip()
    parts = urlsplit(letter.url)
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    notice = {
        "id": letter.id,
        "what": letter.what.value,
        "title": cut(letter.subject, TITLE_BYTES),
        "body": cut(body, TEXT_BYTES),
        "url": path[:MOST_URL],
        # That an alert is over takes the place of that it began; other messages stand beside each other.
        "tag": path if path.startswith(OF_ONE_ALERT) else f"message-{letter.id}",
    }
    return as_json(notice)
