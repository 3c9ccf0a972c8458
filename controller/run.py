"""A controller's life as a process: take the port, start, serve, stop."""

import sys
from collections.abc import Callable
from typing import Final

from controller.config import ControllerConfig, StoreKind
from controller.identity.model import ScopeSpec
from controller.identity.scope import Role
from controller.main import Controller, build_app
from controller.memory import lasting_objects
from controller.registry.enrolment_file import load_enrolment
from controller.server import ignore_signals, serve, stop_on_signals, take_port

SWITCH_INTERVAL_S: Final = 0.0005
"""How long a thread may keep the interpreter while another waits for it; Python's own 5 ms are too long here. A commit takes
and gives it back some hundred times, and each time waits so long behind a page that is being worked out."""


def run_controller(controller: Controller, say: Callable[[str], None]) -> None:
    """Run until SIGTERM or SIGINT; `say` gets the one line with the one-time link once requests are answered.

    The port is taken first: a second controller ends before it touches the first one's data. `ConfigError` when
    something a person must mend stands in the way; everything is closed again by then.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    taken = take_port(controller.config.http)
    stop_on_signals()
    try:
        controller.start()
        app = build_app(controller)
        with lasting_objects():
            serve(app, [taken], lambda: say(f"console: {_own_link(controller)}"))
    except KeyboardInterrupt:
        pass
    finally:
        ignore_signals()
        controller.stop()
        taken.close()


def check_controller(controller: Controller) -> None:
    """Build what a run would and read its files, start nothing; `ConfigError` says what is wrong."""
    if controller.config.enrolment:
        load_enrolment(controller.config.enrolment_path)
    controller.config.broker.password()
    if controller.config.store is StoreKind.INFLUXDB:
        controller.config.influxdb.token()
        controller.config.influxdb.password()
    build_app(controller)


def enter_address(config: ControllerConfig, token: str) -> str:
    """The address that redeems a one-time link, as people reach the console."""
    if config.http.public_url:
        return f"{config.http.public_url.rstrip('/')}/enter?token={token}"
    host = f"[{config.http.host}]" if ":" in config.http.host else config.http.host
    return f"http://{host}:{config.http.port}/enter?token={token}"


def _own_link(controller: Controller) -> str:
    token = controller.identity.create_link(ScopeSpec(Role.ADMINISTRATOR, "administrator"), controller.clock())
    return enter_address(controller.config, token)
