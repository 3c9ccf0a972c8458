"""Which rows, names and facts a profile finds in a snapshot: what `firmware_profiles.model` says of them in words, done.

What it says of values is `series`' to do, and that refuses what it does not know.
"""

from collections.abc import Iterator

from campus.samples import Neighbour, PortFacts
from firmware_profiles.catalogue import FALLBACK, Catalogue, Identity
from firmware_profiles.model import Facts, Filter, NeighbourColumns, Point, Profile, Source, Table
from firmware_profiles.raw import instance_of, mac_text, port_id_text, text_of
from firmware_profiles.select import keeps, looked_up, named, picked, taken, told_apart
from simulator.history.snapshot import Snapshot

SYS_DESCR, SYS_OBJECT_ID = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0"
Rows = list[tuple[str, str]]
"""(index, instance) of a table's rows."""


def recognised(catalogue: Catalogue, snapshot: Snapshot) -> str:
    """The name of the profile that reads the device."""
    descr = snapshot.scalar(SYS_DESCR)
    identity = Identity(str(snapshot.scalar(SYS_OBJECT_ID)), descr.decode() if isinstance(descr, bytes) else "")
    for name in catalogue.candidates(identity):
        answers = catalogue.profiles[name].match.answers
        if not answers or snapshot.has_any(answers):
            return name
    return FALLBACK


def table_rows(table: Table, snapshot: Snapshot) -> Rows:
    """The rows that are kept, in the device's order, instances distinct."""
    indices = next((found for column in table.row_columns if (found := snapshot.column(column))), {})
    columns = [snapshot.column(column) for column in table.instance.columns]
    rows: Rows = []
    for index in kept(list(indices), table.where, snapshot):
        place = looked_up(table.instance, index)
        rows.append((index, named(table.instance, index, [column.get(place) for column in columns])))
    return told_apart(table, rows)


def facts_of(profile: Profile, snapshot: Snapshot) -> dict[str, str]:
    """Every fact the profile asks for; empty text where the device does not tell."""
    return {fact: _first_fact(getattr(profile.facts, fact), snapshot) for fact in Facts.__struct_fields__}


def ports_of(profile: Profile, rows: dict[str, Rows], snapshot: Snapshot) -> tuple[PortFacts, ...]:
    """Facts of the device's ports."""
    spec = profile.ports
    if spec is None:
        return ()
    alias, kind, mac = [snapshot.column(oid) if oid else {} for oid in (spec.alias, spec.type, spec.mac)]
    return tuple(
        PortFacts(name, instance_of(text_of(alias.get(i))), int(text_of(kind.get(i)) or 0), mac_text(mac.get(i)))
        for i, name in rows.get(spec.table, [])
    )


def neighbours_of(profile: Profile, ports: set[str], snapshot: Snapshot) -> tuple[Neighbour, ...]:
    """Who LLDP found on which port; the simulator's devices speak nothing else."""
    return tuple(dict.fromkeys(n for spec in profile.neighbours for n in _told(spec, ports, snapshot)))


def _told(spec: NeighbourColumns, ports: set[str], snapshot: Snapshot) -> Iterator[Neighbour]:
    names = snapshot.column(spec.remote_name)
    remote_ports = [snapshot.column(oid) for oid in spec.remote_port]
    chassis = snapshot.column(spec.remote_chassis) if spec.remote_chassis else {}
    local = [snapshot.column(oid) for oid in spec.local_port]
    for index in snapshot.column(spec.rows or spec.remote_name):
        number = taken(spec.index_pattern, index)
        candidates = [text for column in local if (text := port_id_text(column.get(number)))]
        remote = next((text for column in remote_ports if (text := port_id_text(column.get(index)))), "")
        port = next((text for text in candidates if text in ports), (candidates or [number])[0])
        yield Neighbour(instance_of(port), text_of(names.get(index)), remote, port_id_text(chassis.get(index)))


def _first_fact(sources: tuple[Source, ...], snapshot: Snapshot) -> str:
    for source in sources:
        if source.text:
            return source.text
        if source.oid:
            raws = [snapshot.scalar(source.oid)]
        else:
            values = snapshot.column(source.column)
            raws = [values[index] for index in kept(list(values), source.where, snapshot)]
        for raw in raws:
            if text := picked(source, raw):
                return text
    return ""


def is_kept(point: Point, snapshot: Snapshot) -> bool:
    """Whether what a scalar's `where` asks of other scalars holds."""
    return all(
        len(snapshot.column(condition.column)) >= condition.at_least
        if condition.at_least
        else keeps(condition, snapshot.scalar(condition.column))
        for condition in point.where
    )


def kept(indices: list[str], where: tuple[Filter, ...], snapshot: Snapshot) -> list[str]:
    """Those of a table's rows for which every condition holds."""
    for condition in where:
        values = snapshot.column(condition.column) if condition.column else {i: i.encode() for i in indices}
        if condition.at_least:
            indices = indices if len(values) >= condition.at_least else []
        else:
            indices = [index for index in indices if keeps(condition, values.get(index))]
    return indices
