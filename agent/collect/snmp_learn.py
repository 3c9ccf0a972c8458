"""Learning a device: which rows its tables have, what they are called, which facts it tells. Done rarely, by walking.

The hot path then only GETs known OIDs.
"""

from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from agent.collect.snmp_dialogue import SnmpDialogue
from agent.collect.snmp_inventory import Inventory, inventory
from agent.collect.snmp_rows import rows_kept
from agent.decode.plan import Ask
from agent.decode.value import number_of
from campus.errors import Poison
from campus.samples import Neighbour, PortFacts
from campus.stations import mac_of
from firmware_profiles.model import Facts, NeighbourColumns, Point, Profile, SameName, Source, Table
from firmware_profiles.raw import Raw, indexed_ip, instance_of, ip_text, mac_text, port_id_text, text_of
from firmware_profiles.select import keeps, looked_up, named, picked, taken, told_apart

_ROW_ARCS = 3
"""TimeMark, port and number: the index of a neighbour's row in LLDP-MIB."""


MAX_ASKS = 20_000
"""Of one table: 2,000 ports of ten points. A device with more is read as far as this goes, about 10 MB of memory."""


class Columns:
    """Scalars and columns of one device, each fetched once and only when asked for."""

    def __init__(self, dialogue: SnmpDialogue, known: dict[str, Raw]) -> None:
        self._dialogue = dialogue
        self._scalars = dict(known)
        self._asked: set[str] = set(known)
        self._columns: dict[str, dict[str, Raw]] = {}
        self.left_out = 0
        """Rows beyond what is read of one device."""

    async def scalar(self, oid: str) -> Raw:
        """The value of a whole OID, None when there is none."""
        if oid not in self._asked:
            await self._dialogue.get([oid], self._scalars)
            self._asked.add(oid)
        return self._scalars.get(oid)

    async def column(self, oid: str) -> dict[str, Raw]:
        """Index to value; empty when the device has no such column."""
        if oid not in self._columns:
            self._columns[oid] = await self._dialogue.walk(oid)
        return self._columns[oid]


@dataclass(frozen=True)
class Learnt:
    """What one round of learning gave."""

    asks: list[Ask]
    facts: dict[str, str]
    ports: tuple[PortFacts, ...]
    neighbours: tuple[Neighbour, ...]
    macs: tuple[str, ...] = ()
    system_name: str = ""
    inventory: Inventory = Inventory()  # noqa: RUF009 - frozen


MAX_OWN_MACS = 64
"""A chassis has one for each of its ports, which stand with the ports."""
SYS_NAME = "1.3.6.1.2.1.1.5.0"


async def learn(profile: Profile, columns: Columns, now: int) -> Learnt:
    """Walk what `profile` names, at `now` (UTC ms). `Transient` or `Poison` when the device does not bear it."""
    rows = {name: await table_rows(table, columns) for name, table in profile.tables.items()}
    asks = [Ask(p, await scalar_instance(p, columns)) for p in profile.points if await is_kept(p, columns)]
    for name, table in profile.tables.items():
        asks += await table_asks(table, rows[name], columns)
    tell_apart(asks)
    ports = await _ports(profile, rows, asks, columns)
    facts = {fact: await first_fact(getattr(profile.facts, fact), columns) for fact in Facts.__struct_fields__}
    neighbours = await _neighbours(profile, columns, {port.instance for port in ports})
    macs = await _own_macs(profile, columns, {mac_of(port.mac) for port in ports})
    system_name = instance_of(text_of(await columns.scalar(SYS_NAME)))
    parts = await inventory(profile, columns, facts["serial"], now)
    return Learnt(asks, facts, ports, neighbours, macs, system_name, parts)


async def _own_macs(profile: Profile, columns: Columns, of_ports: set[str]) -> tuple[str, ...]:
    """The device's own MAC addresses, in order, without those of its ports."""
    found: set[str] = set()
    for source in profile.macs:
        raws = [await columns.scalar(source.oid)] if source.oid else (await columns.column(source.column)).values()
        found.update(mac_of(picked(source, raw)) for raw in raws)
    return tuple(sorted(found - of_ports - {""}))[:MAX_OWN_MACS]


async def is_kept(point: Point, columns: Columns) -> bool:
    """Whether what a scalar's `where` asks of other scalars holds."""
    for condition in point.where:
        if condition.at_least:
            if len(await columns.column(condition.column)) < condition.at_least:
                return False
        elif not keeps(condition, await columns.scalar(condition.column)):
            return False
    return True


async def table_asks(table: Table, rows: list[tuple[str, str]], columns: Columns) -> list[Ask]:
    """A table's points at its rows, row by row, each where its own `where` holds."""
    indices = [index for index, _ in rows]
    kept = {id(p): set(await rows_kept(indices, p.where, columns)) for p in table.points if p.where}
    part = table.same_name is SameName.SUM
    return [
        # one text serves all points of a row: a switch has a thousand of them
        Ask(point, instance_of(f"{instance} {point.instance}") if point.instance else instance, index, is_part=part)
        for index, instance in rows
        for point in table.points
        if not point.where or index in kept[id(point)]
    ]


async def scalar_instance(point: Point, columns: Columns) -> str:
    """What the device calls what a scalar measures, else what the profile does."""
    told = instance_of(text_of(await columns.scalar(point.named_by))) if point.named_by else ""
    return told or point.instance


def tell_apart(asks: Iterable[Ask]) -> None:
    """Number what two tables (or two labels) call alike, so that no two asks of one metric bear one name; parts share theirs."""
    told: set[tuple[str, str]] = set()
    for ask in asks:
        if ask.is_part:
            continue
        name, number = ask.instance, 1
        while (ask.point.metric, ask.instance) in told:
            number += 1
            ask.instance = instance_of(f"{name} #{number}")
        told.add((ask.point.metric, ask.instance))


async def table_rows(table: Table, columns: Columns) -> list[tuple[str, str]]:
    """(index, instance) of the rows that are kept, in the device's order, instances distinct."""
    indices: Iterable[str] = ()
    for column in table.row_columns:
        indices = await columns.column(column)
        if indices:
            break
    kept = await rows_kept(indices, table.where, columns)
    if not kept:
        return []
    names = [await columns.column(column) for column in table.instance.columns]
    rows = []
    for index in kept:
        place = looked_up(table.instance, index)
        rows.append((index, named(table.instance, index, [column.get(place) for column in names])))
    return _bounded(table, told_apart(table, rows), columns)


def _bounded(table: Table, rows: list[tuple[str, str]], columns: Columns) -> list[tuple[str, str]]:
    """The rows as far as they are read; of a sum all or none."""
    most = MAX_ASKS // max(1, len(table.points))
    if len(rows) <= most:
        return rows
    kept = [] if table.same_name is SameName.SUM else rows[:most]
    columns.left_out += len(rows) - len(kept)
    return kept


async def first_fact(sources: tuple[Source, ...], columns: Columns) -> str:
    """What the first source that says anything says; empty when none does."""
    for source in sources:
        if source.text:
            return source.text
        if source.oid:
            raws = [await columns.scalar(source.oid)]
        else:
            values = await columns.column(source.column)
            raws = [values[index] for index in await rows_kept(values, source.where, columns)]
        for raw in raws:
            if text := picked(source, raw):
                return text
    return ""


async def _ports(
    profile: Profile, rows: dict[str, list[tuple[str, str]]], asks: list[Ask], columns: Columns
) -> tuple[PortFacts, ...]:
    """Facts of the ports; also tells the ports' asks where their discontinuity time stands."""
    spec = profile.ports
    if spec is None or not rows.get(spec.table):
        return ()
    jumps = await columns.column(spec.discontinuity) if spec.discontinuity else {}
    oid_of = {index: f"{spec.discontinuity}.{index}" for index in jumps}  # one text for all points of a row
    of_table = {id(point) for point in profile.tables[spec.table].points}
    for ask in asks:
        if id(ask.point) in of_table and ask.index in oid_of:
            ask.discontinuity = oid_of[ask.index]
    alias, kind, mac = [await columns.column(oid) if oid else {} for oid in (spec.alias, spec.type, spec.mac)]
    return tuple(
        PortFacts(name, instance_of(text_of(alias.get(i))), _type(kind.get(i)), mac_text(mac.get(i)))
        for i, name in rows[spec.table]
    )


def _type(raw: Raw) -> int:
    try:
        return int(number_of(raw))
    except Poison:
        return 0


async def _neighbours(profile: Profile, columns: Columns, ports: set[str]) -> tuple[Neighbour, ...]:
    """Who is told of, each once: of two protocols that find one device behind one port the first is kept."""
    found: dict[tuple[str, str], list[Neighbour]] = {}
    for spec in profile.neighbours:
        told = [n async for n in _told_neighbours(spec, columns, ports)]
        fresh = [n for n in told if _place(n) not in found or not n.remote_name]
        for neighbour in fresh:
            found.setdefault(_place(neighbour), []).append(neighbour)
    return tuple(dict.fromkeys(n for each in found.values() for n in each))


def _place(neighbour: Neighbour) -> tuple[str, str]:
    """Where and who: CDP writes a switch's domain behind its name, LLDP mostly does not."""
    return neighbour.local_port, neighbour.remote_name.partition(".")[0].lower()


async def _told_neighbours(spec: NeighbourColumns, columns: Columns, ports: set[str]) -> AsyncIterator[Neighbour]:
    """The rows of one table that tell anything, named by the port of `ports` they mean."""
    indices = await columns.column(spec.rows or spec.remote_name)
    if not indices:
        return
    names = await columns.column(spec.remote_name)
    remote_ports = [await columns.column(oid) for oid in spec.remote_port]
    chassis = await columns.column(spec.remote_chassis) if spec.remote_chassis else {}
    local = [await columns.column(oid) for oid in spec.local_port]
    places = await columns.column(spec.local_index) if spec.local_index else {}
    addresses = await _management_addresses(spec, columns)
    for index in indices:
        number = taken(spec.index_pattern, index)
        if spec.local_index:
            number = text_of(places.get(number))
        candidates = [text for column in local if (text := port_id_text(column.get(number)))]
        remote = next((text for column in remote_ports if (text := port_id_text(column.get(index)))), "")
        name, remote_chassis = text_of(names.get(index)), port_id_text(chassis.get(index))
        if name or remote or remote_chassis:
            port = next((text for text in candidates if text in ports), (candidates or [number])[0])
            yield Neighbour(instance_of(port), name, remote, remote_chassis, addresses.get(index, ""))


async def _management_addresses(spec: NeighbourColumns, columns: Columns) -> dict[str, str]:
    """Where neighbours want to be managed, by the remote row's index; the first of several."""
    found: dict[str, str] = {}
    if spec.remote_address:
        column = await columns.column(spec.remote_address)
        found = {index: ip_text(raw) for index, raw in column.items() if isinstance(raw, bytes)}
    if spec.remote_address_index:
        for whole in await columns.column(spec.remote_address_index):
            arcs = whole.split(".")
            if address := indexed_ip(arcs[_ROW_ARCS:]):
                found.setdefault(".".join(arcs[:_ROW_ARCS]), address)
    return found
