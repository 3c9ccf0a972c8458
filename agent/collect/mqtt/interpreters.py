"""Who understands what is heard on one broker, in the order in which they are asked."""

from collections.abc import Callable

from agent.collect.mqtt.port import Interpreter
from agent.collect.mqtt.profiles import ProfileInterpreter
from firmware_profiles.catalogue import Catalogue


def interpreters_of(catalogue: Catalogue, lacks_ms: Callable[[], int] = lambda: 0) -> list[Interpreter]:
    """New ones, for one listener. `lacks_ms` is what the agent's clock lacks of the true time."""
    return [ProfileInterpreter(catalogue, lacks_ms)]
