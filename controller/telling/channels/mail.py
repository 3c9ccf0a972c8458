"""Mail over SMTP, with TLS from the first byte or by STARTTLS, and a login."""

import smtplib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, make_msgid
from typing import Final

from campus.errors import Poison, Transient
from campus.secret import Secret
from controller.telling.model import Mail, MailSecurity
from controller.telling.port import Letter, Unreached

TIMEOUT_S: Final = 15.0
_PERMANENT: Final = range(500, 600)


class MailServer:
    """One connection for each letter: they are few."""

    def __init__(self, settings: Mail, password: Secret | None) -> None:
        self._settings = settings
        self._password = password

    def send(self, letter: Letter) -> None:
        """As `Channel` says. A letter that is tried again keeps its Message-ID, by which mail programs fold twins."""
        try:
            with self._connected() as server:
                if self._password is not None:
                    server.login(self._settings.username, self._password.reveal())
                server.send_message(self._written(letter))
        except smtplib.SMTPAuthenticationError as error:
            raise Poison("login", "the mail server refuses the login") from error
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            if max(codes) in _PERMANENT:
                raise Unreached(f"the mail server refuses the address ({max(codes)})") from error
            raise _trouble(max(codes), "refuses the address") from error
        except smtplib.SMTPResponseException as error:
            raise _trouble(error.smtp_code, "refuses the letter") from error
        except (smtplib.SMTPException, ssl.SSLError, OSError) as error:
            raise Transient(f"the mail server cannot be used ({type(error).__name__})") from error

    def _connected(self) -> smtplib.SMTP:
        settings = self._settings
        if settings.security is MailSecurity.NONE:
            return smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_S)
        context = ssl.create_default_context(cafile=settings.ca_file or None)
        if settings.security is MailSecurity.TLS:
            return smtplib.SMTP_SSL(settings.host, settings.port, timeout=TIMEOUT_S, context=context)
        server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_S)
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
        return server

    def _written(self, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        domain = self._settings.sender.rpartition("@")[2]
        message["From"] = formataddr(("Campanile", self._settings.sender))
        message["To"] = ", ".join(each.to for each in letter.recipients)
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = format_datetime(datetime.fromtimestamp(letter.at / 1000, UTC))
        message["Message-ID"] = f"<campanile-{letter.id}@{domain}>" if letter.id else make_msgid(domain=domain)
        message.set_content(letter.text)
        return message


def _trouble(code: int, what: str) -> Transient | Poison:
    if code in _PERMANENT:
        return Poison("refused", f"the mail server {what} ({code})")
    return Transient(f"the mail server is busy ({code})")
