"""Everybody who understands MQTT messages, asked in their order, without a broker."""

import json
from typing import Any

from agent.collect.mqtt.interpreters import interpreters_of
from agent.collect.mqtt.port import Said, Understood
from agent.link import Heard
from agent.presence import Sign
from firmware_profiles.load import load_catalogue

NOW = 1_790_000_000_000
CATALOGUE = load_catalogue()


class Ears:
    """One broker's interpreters; the clock stands at `now` until a test moves it."""

    def __init__(self, catalogue: Any = CATALOGUE, **options: Any) -> None:
        self.interpreters = interpreters_of(catalogue, **options)
        self.now = NOW

    def hear(self, topic: str, body: Any, *, is_retained: bool = False) -> Understood | None:
        """What a message is taken for; `body` becomes JSON unless it is bytes."""
        payload = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        heard = Heard(topic, payload, self.now, is_retained)
        for interpreter in self.interpreters:
            understood = interpreter.understand(heard)
            if understood is not None:
                return understood
        return None

    def said(self, topic: str, body: Any, *, is_retained: bool = False) -> Said:
        """What a message says of the one device that it speaks of."""
        understood = self.hear(topic, body, is_retained=is_retained)
        assert understood is not None
        (only,) = understood.said
        return only


def values(said: Said) -> dict[tuple[str, str], float]:
    """By metric and instance."""
    return {(s.key.metric, s.key.instance): s.value for s in said.harvest.samples}


def signs(understood: Understood | None) -> dict[str, Sign]:
    """By device."""
    assert understood is not None
    return {said.device: said.sign for said in understood.said}
