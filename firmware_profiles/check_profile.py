"""Is one file right by itself?"""

import re

from firmware_profiles.check_command_line import check_command_line
from firmware_profiles.check_inventory import check_inventory
from firmware_profiles.check_message import check_messages
from firmware_profiles.check_point import check_snmp_point
from firmware_profiles.check_request import check_http_match, check_requests
from firmware_profiles.check_stations import check_stations
from firmware_profiles.check_trap import check_trap
from firmware_profiles.check_words import check_filter, check_oid, check_pattern
from firmware_profiles.finding import Place
from firmware_profiles.model import (
    Facts,
    Match,
    Naming,
    NeighbourColumns,
    PortColumns,
    Profile,
    Source,
    Table,
)

_USED_GROUP = re.compile(r"\{(\d+)\}")


def check_profile(place: Place, profile: Profile) -> None:
    """Everything that one file says."""
    if profile.unverified and not profile.sources:
        place.at("unverified").say(
            "nothing says what it rests on", "name the MIB, RFC or vendor's page under `sources`"
        )
    _check_match(place.at("match"), profile.match)
    for index, point in enumerate(profile.points):
        check_snmp_point(place.at("points", index), point)
        for number, condition in enumerate(point.where):
            if not condition.column:
                place.at("points", index, "where", number).say("a scalar has no index to look at", "name a `column`")
    for name, table in profile.tables.items():
        _check_table(place.at("tables", name), table)
    _check_sources(place, profile)
    for index, neighbours in enumerate(profile.neighbours):
        _check_neighbours(place.at("neighbours", index), neighbours)
    check_stations(place, profile)
    check_inventory(place, profile)
    if profile.ports:
        _check_ports(place.at("ports"), profile.ports)
    check_messages(place, profile)
    check_requests(place, profile)
    for index, trap in enumerate(profile.traps):
        check_trap(place.at("traps", index), trap)
    if profile.cli:
        check_command_line(place.at("cli"), profile.cli)


def _check_match(place: Place, match: Match) -> None:
    for index, prefix in enumerate(match.sys_object_id):
        check_oid(place.at("sys_object_id", index), prefix)
    if match.answers:
        check_oid(place.at("answers"), match.answers)
    check_pattern(place.at("sys_descr"), match.sys_descr, 1 if match.firmware else 0)
    if match.firmware and not (match.firmware.from_ or match.firmware.below):
        place.at("firmware").say("a range without an end", "give `from`, `below` or both")
    if match.http:
        check_http_match(place.at("http"), match.http)


def _check_table(place: Place, table: Table) -> None:
    if not table.points:
        place.at("points").say("a table without points", "list at least one, or remove the table")
        return
    for column in table.row_columns:
        check_oid(place.at("rows"), column)
    _check_naming(place.at("instance"), table.instance)
    for index, condition in enumerate(table.where):
        check_filter(place.at("where", index), condition)
    for index, point in enumerate(table.points):
        check_snmp_point(place.at("points", index), point)
        if point.named_by:
            place.at("points", index, "named_by").say("rows are named by `instance`", "remove it, or read a scalar")


def _check_naming(place: Place, naming: Naming) -> None:
    for index, column in enumerate(naming.columns):
        check_oid(place.at("columns", index), column)
    used = max((int(n) for n in _USED_GROUP.findall(naming.text)), default=0)
    if naming.pattern:
        check_pattern(place.at("pattern"), naming.pattern, 1)
    if naming.index_pattern:
        check_pattern(place.at("index_pattern"), naming.index_pattern, max(used, 1))
    elif used:
        place.at("text").say(
            f"{{{used}}} stands for a group of `index_pattern`, which is missing", "add it, or use {0}"
        )


def _check_sources(place: Place, profile: Profile) -> None:
    for fact in Facts.__struct_fields__:
        for index, source in enumerate(getattr(profile.facts, fact)):
            _check_source(place.at("facts", fact, index), source)
    for index, source in enumerate(profile.macs):
        _check_source(place.at("macs", index), source)


def _check_source(place: Place, source: Source) -> None:
    given = [key for key in ("text", "oid", "column") if getattr(source, key)]
    if len(given) != 1:
        place.say(f"a source needs one of text, oid, column; here: {', '.join(given) or 'none'}", "keep one of them")
    for key in ("oid", "column"):
        if getattr(source, key):
            check_oid(place.at(key), getattr(source, key))
    if source.pattern:
        check_pattern(place.at("pattern"), source.pattern, 1)
    for index, condition in enumerate(source.where):
        check_filter(place.at("where", index), condition)


def _check_ports(place: Place, ports: PortColumns) -> None:
    for key in ("alias", "type", "mac", "discontinuity"):
        if getattr(ports, key):
            check_oid(place.at(key), getattr(ports, key))


def _check_neighbours(place: Place, neighbours: NeighbourColumns) -> None:
    if not (neighbours.index_pattern or neighbours.local_index):
        place.say("which port a neighbour is on is not said", "give `index_pattern`, `local_index` or both")
    if neighbours.index_pattern:
        check_pattern(place.at("index_pattern"), neighbours.index_pattern, 1)
    for key in ("remote_name", "local_index", "rows", "remote_chassis", "remote_address", "remote_address_index"):
        if getattr(neighbours, key):
            check_oid(place.at(key), getattr(neighbours, key))
    for key in ("remote_port", "local_port"):
        for index, column in enumerate(getattr(neighbours, key)):
            check_oid(place.at(key, index), column)
