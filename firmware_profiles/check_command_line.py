"""Is what a profile says of a command line right? A driver's name, commands that only show, patterns that compile."""

import re

from firmware_profiles.check_words import check_pattern
from firmware_profiles.command_line import CommandLine
from firmware_profiles.finding import Place

_SHOWS = re.compile(r"(?:show|display|more|/?export|cat|get)\b[^\n\r;|&`$]*\Z")


def check_command_line(place: Place, cli: CommandLine) -> None:
    """Everything that one command line says."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", cli.driver):
        place.at("driver").say(f"{cli.driver!r} is no driver of netmiko", "write its device_type, such as cisco_ios")
    for key in ("running", "startup"):
        command = getattr(cli, key)
        if (command or key == "running") and not _SHOWS.match(command):
            place.at(key).say(
                f"{command!r} is not a command that only shows", "begin with show, display, more or export"
            )
    for index, pattern in enumerate(cli.noise):
        check_pattern(place.at("noise", index), pattern)
    for index, pattern in enumerate(cli.secrets):
        check_pattern(place.at("secrets", index), pattern, 1)
    check_pattern(place.at("changed_by"), cli.changed_by, 1 if cli.changed_by else 0)
