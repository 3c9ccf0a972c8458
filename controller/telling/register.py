"""The register of people and channels: one YAML file, read strictly; an error says file, line and what to do."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from campus.document import load_placed, nearest
from campus.errors import ConfigError
from campus.samples import Severity
from controller.identity.scope import Role
from controller.telling.model import Duty, Mail, MailSecurity, Person, Policy, Push, Register, Sms, Webhook
from controller.telling.rota import DAY_WORDS, minutes_of, span_of

Problem = tuple[tuple[Any, ...], str]
_LOCAL = ("localhost", "127.0.0.1", "::1")


def load_register(path: Path | None) -> Register:
    """Read and check a file, an empty register without one; `ConfigError` when it is wrong. Opens no secret."""
    if path is None:
        return Register()
    register, places = load_placed(path, Register)
    for steps, message in _problems(register):
        raise ConfigError(f"{path}:{places.line_of(*steps)}: {message}")
    return register


def _problems(register: Register) -> Iterator[Problem]:
    yield from _problems_of_policy(register.policy)
    for name, channel in register.channels.items():
        at = ("channels", name)
        if isinstance(channel, Mail):
            if channel.security is MailSecurity.NONE and channel.host not in _LOCAL:
                advice = "mail would cross the network in the clear: use 'tls' (port 465) or 'starttls' (port 587)"
                yield (*at, "security"), advice
            if bool(channel.username) != bool(channel.password_file):
                yield at, "a username goes with a password_file: give both or neither"
        if isinstance(channel, Sms) and not _is_template(channel.body):
            yield (*at, "body"), "write JSON with {phone} and {text} in it: that is where they are put"
        if isinstance(channel, Push) and not channel.contact.startswith(("mailto:", "https://")):
            yield (*at, "contact"), f"{channel.contact!r}: write an address as 'mailto:it@example.org'"
    ids = Counter(person.id for person in register.people)
    for number, person in enumerate(register.people):
        if ids[person.id] > 1:
            yield ("people", number, "id"), f"{person.id!r} stands twice: an id is of one person"
        yield from _problems_of_person(register, person, ("people", number))


def _problems_of_person(register: Register, person: Person, at: tuple[Any, ...]) -> Iterator[Problem]:
    roles = [role.name.lower() for role in Role]
    if person.role not in roles:
        yield (*at, "role"), f"{person.role!r} is no role.{nearest(person.role, roles)}"
    if not person.reach:
        yield (*at, "reach"), f"nothing says how {person.name} is reached: name a channel"
    for number, reach in enumerate(person.reach):
        channel = register.channels.get(reach.channel)
        if channel is None:
            advice = nearest(reach.channel, list(register.channels))
            yield (*at, "reach", number), f"{reach.channel!r} is no channel of this file.{advice}"
        elif not reach.to and not isinstance(channel, Webhook):
            yield (*at, "reach", number), f"say who {person.name} is on {reach.channel!r}: add to: (address, phone, id)"
        elif isinstance(channel, Mail) and ("@" not in reach.to or any(c.isspace() or c in ",;<>" for c in reach.to)):
            yield (*at, "reach", number, "to"), f"{reach.to!r} is no mail address"
    for number, duty in enumerate(person.duty):
        problem = _problem_of_duty(duty)
        if problem:
            yield (*at, "duty", number), problem
    if person.quiet and (problem := _problem_of_span(person.quiet)):
        yield (*at, "quiet"), problem


def _is_template(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return "{phone}" in text and "{text}" in text


def _problem_of_duty(duty: Duty) -> str:
    strange = [day for day in duty.days if day not in DAY_WORDS]
    if strange or not duty.days:
        return f"{strange[0] if strange else 'nothing'!r} is no weekday: use {', '.join(DAY_WORDS)}"
    return _problem_of_span(duty.hours)


def _problem_of_span(text: str) -> str:
    try:
        span_of(text)
    except ValueError as error:
        return str(error)
    return ""


def _problems_of_policy(policy: Policy) -> Iterator[Problem]:
    severities = [severity.value for severity in Severity]
    for severity, minutes in policy.escalate_min.items():
        at = ("policy", "escalate_min", severity)
        if severity not in severities:
            yield at, f"{severity!r} is no severity.{nearest(severity, severities)}"
        if minutes <= 0:
            yield at, f"{minutes:g} minutes leave nobody time: use at least 1"
    if not policy.digest:
        yield ("policy", "digest"), "name at least one time of day: what is minor is told then"
    for number, text in enumerate(policy.digest):
        try:
            is_midnight = minutes_of(text) == 1440
        except ValueError as error:
            yield ("policy", "digest", number), str(error)
        else:
            if is_midnight:
                yield ("policy", "digest", number), "write midnight as '00:00'"
    if policy.per_hour < 2:
        yield ("policy", "per_hour"), f"{policy.per_hour}: allow at least 2, the last of which sums up the rest"
    for name, value in (("group_s", policy.group_s), ("again_s", policy.again_s)):
        if not 0 <= value <= 3600:
            yield ("policy", name), f"{value:g} s: use 0 to 3600"
