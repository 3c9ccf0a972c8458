"""Who understands what is heard on one broker, in the order in which they are asked."""

from collections.abc import Callable

from agent.collect.mqtt.home_assistant import HomeAssistantInterpreter
from agent.collect.mqtt.port import Interpreter
from agent.collect.mqtt.profiles import ProfileInterpreter
from agent.collect.mqtt.sparkplug import SparkplugInterpreter
from agent.collect.mqtt.tasmota import TasmotaInterpreter
from agent.collect.mqtt.zigbee2mqtt import ZigbeeInterpreter
from firmware_profiles.catalogue import Catalogue


def interpreters_of(
    catalogue: Catalogue, lacks_ms: Callable[[], int] = lambda: 0, *, may_ask: bool = True
) -> list[Interpreter]:
    """New ones, for one listener: what a profile says in so many words wins, and announcements for all come last.

    `lacks_ms` is what the agent's clock lacks of the true time; `may_ask`, whether births may be asked for.
    """
    return [
        ProfileInterpreter(catalogue, lacks_ms),
        SparkplugInterpreter(catalogue, lacks_ms, may_ask=may_ask),
        TasmotaInterpreter(catalogue),
        ZigbeeInterpreter(catalogue, lacks_ms),
        HomeAssistantInterpreter(catalogue),
    ]
