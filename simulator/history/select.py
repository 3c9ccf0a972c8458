"""Which rows, names and facts a profile finds in a snapshot: what `firmware_profiles.model` says in words, done."""

import re
from functools import lru_cache

from campus.ids import MAX_INSTANCE_CHARS
from campus.samples import Neighbour, PortFacts
from firmware_profiles.catalogue import FALLBACK, Catalogue, Identity
from firmware_profiles.model import Facts, Filter, IndexForm, Naming, Profile, Source, Table
from simulator.history.snapshot import Raw, Snapshot, mac_text, port_id_text, text_of

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
    indices = next((found for c in (table.row_column, *table.instance.columns) if (found := snapshot.column(c))), {})
    kept = _kept(list(indices), table.where, snapshot)
    names = [snapshot.column(column) for column in table.instance.columns]
    rows: Rows = []
    taken: set[str] = set()
    for index in kept:
        place = _looked_up(table.instance, index)
        instance = _named(table.instance, index, [column.get(place) for column in names])
        if instance in taken:
            instance = _instance(f"{instance} ({index})")
        taken.add(instance)
        rows.append((index, instance))
    return rows


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
        PortFacts(name, _instance(text_of(alias.get(i))), int(text_of(kind.get(i)) or 0), mac_text(mac.get(i)))
        for i, name in rows.get(spec.table, [])
    )


def neighbours_of(profile: Profile, ports: set[str], snapshot: Snapshot) -> tuple[Neighbour, ...]:
    """Who LLDP found on which port."""
    spec = profile.neighbours
    if spec is None:
        return ()
    names = snapshot.column(spec.remote_name)
    remote_ports = [snapshot.column(oid) for oid in spec.remote_port]
    chassis = snapshot.column(spec.remote_chassis) if spec.remote_chassis else {}
    local = [snapshot.column(oid) for oid in spec.local_port]
    found: dict[Neighbour, None] = {}
    for index in snapshot.column(spec.rows or spec.remote_name):
        number = _picked(Source(pattern=spec.index_pattern), index)
        candidates = [text for column in local if (text := port_id_text(column.get(number)))]
        remote = next((text for column in remote_ports if (text := port_id_text(column.get(index)))), "")
        port = next((text for text in candidates if text in ports), (candidates or [number])[0])
        found[Neighbour(_instance(port), text_of(names.get(index)), remote, port_id_text(chassis.get(index)))] = None
    return tuple(found)


def _first_fact(sources: tuple[Source, ...], snapshot: Snapshot) -> str:
    for source in sources:
        if source.text:
            return source.text
        if source.oid:
            raws = [snapshot.scalar(source.oid)]
        else:
            values = snapshot.column(source.column)
            raws = [values[index] for index in _kept(list(values), source.where, snapshot)]
        for raw in raws:
            if text := _picked(source, raw):
                return text
    return ""


def _kept(indices: list[str], where: tuple[Filter, ...], snapshot: Snapshot) -> list[str]:
    for condition in where:
        values = snapshot.column(condition.column)
        indices = [index for index in indices if _keeps(condition, values.get(index))]
    return indices


def _keeps(condition: Filter, raw: Raw | None) -> bool:
    if raw is None:
        return False
    text = text_of(raw)
    if condition.any_of:
        return any(str(word) == text for word in condition.any_of)
    return _compiled(condition.matches).search(text) is not None


def _picked(source: Source, raw: Raw | None) -> str:
    text = text_of(raw)
    if not source.pattern:
        return text
    found = _compiled(source.pattern).search(text)
    return " ".join(group.strip() for group in found.groups() if group) if found else ""


def _looked_up(naming: Naming, index: str) -> str:
    if not (naming.index_pattern and naming.columns):
        return index
    found = _compiled(naming.index_pattern).search(index)
    return found[1] if found else index


def _named(naming: Naming, index: str, names: list[Raw | None]) -> str:
    name = next((text for raw in names if (text := text_of(raw))), "") or _written(naming.index_as, index)
    found = _compiled(naming.index_pattern).search(index) if naming.index_pattern else None
    text = naming.text.replace("{0}", name)
    for number, group in enumerate(found.groups() if found else (), start=1):
        text = text.replace(f"{{{number}}}", group or "")
    return _instance(text)


def _written(form: IndexForm, index: str) -> str:
    arcs = [int(arc) for arc in index.split(".")]
    if form is IndexForm.NUMBERS or arcs[0] != len(arcs) - 1 or any(arc > 255 for arc in arcs):
        return index
    return bytes(arcs[1:]).decode("utf-8", "replace")


def _instance(name: str) -> str:
    return "".join(c if c.isprintable() else " " for c in name).strip()[:MAX_INSTANCE_CHARS]


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)
