"""From the register to channels, their secrets read now: the one place that knows which class carries which settings."""

from pathlib import Path

from msgspec.structs import replace

from campus.errors import ConfigError
from campus.secret import Secret, secret_from_file
from controller.telling.channels.letterbox import LetterboxChannel
from controller.telling.channels.mail import MailServer
from controller.telling.channels.programs import SignedWebhook, SmsGateway
from controller.telling.channels.push import WebPush
from controller.telling.channels.robots import DingTalkRobot, FeishuRobot, WeComRobot
from controller.telling.channels.web import checked_address
from controller.telling.model import (
    ChannelSettings,
    DingTalk,
    Feishu,
    Letterbox,
    Mail,
    Push,
    Register,
    Sms,
    Webhook,
    WeCom,
)
from controller.telling.port import Channel
from controller.telling.pushes import Pushes


def build_channels(register: Register, path: Path | None, pushes: Pushes) -> dict[str, Channel]:
    """Every channel by name; `ConfigError` names the file and the key of a secret that cannot be read.

    Secret files stand relative to the register's.
    """
    folder = path.parent if path else Path()
    return {
        name: _Builder(folder, f"{path}: channels.{name}", pushes).build(each)
        for name, each in register.channels.items()
    }


class _Builder:
    def __init__(self, folder: Path, where: str, pushes: Pushes) -> None:
        self._folder = folder
        self._where = where
        self._pushes = pushes

    def build(self, settings: ChannelSettings) -> Channel:
        match settings:
            case Mail():
                if settings.ca_file and not (self._folder / settings.ca_file).is_file():
                    raise ConfigError(f"{self._where}.ca_file: there is no such file: {settings.ca_file}")
                return MailServer(self._placed(settings), self._optional(settings.password_file, "password_file"))
            case WeCom():
                return WeComRobot(self._address(settings.url_file))
            case DingTalk():
                return DingTalkRobot(self._address(settings.url_file), self._secret(settings.secret_file))
            case Feishu():
                return FeishuRobot(self._address(settings.url_file), self._secret(settings.secret_file))
            case Sms():
                token = self._optional(settings.token_file, "token_file")
                return SmsGateway(self._address(settings.url_file), settings.body, token)
            case Letterbox():
                return LetterboxChannel()
            case Push():
                return WebPush(settings, self._pushes)
            case Webhook():
                return SignedWebhook(self._address(settings.url_file), self._secret(settings.secret_file))

    def _placed(self, settings: Mail) -> Mail:
        ca_file = str(self._folder / settings.ca_file) if settings.ca_file else ""
        return replace(settings, ca_file=ca_file)

    def _address(self, name: str) -> Secret:
        where = f"{self._where}.url_file"
        return checked_address(secret_from_file(self._folder / name, where), where)

    def _secret(self, name: str) -> Secret:
        return secret_from_file(self._folder / name, f"{self._where}.secret_file")

    def _optional(self, name: str, key: str) -> Secret | None:
        return secret_from_file(self._folder / name, f"{self._where}.{key}") if name else None
