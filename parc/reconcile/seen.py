"""What one run saw, folded to one entry a device; pure.

Several observations of one address (nmap and SNMP) become one: what a device says of itself
weighs more than what its ports suggest. Two addresses that prove to be the same machine become
one entry with both addresses. A key that entries share which are not the same machine is *dead*:
in this run it identifies nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from collectors import evidence
from collectors.evidence import Means
from collectors.observation import Observation, Presence, Source, to_json
from collectors.text import normalise_mac
from parc.key_texts import uuid_text
from parc.precedence import NO_RULES, Rules, rule_of
from parc.reconcile.identity import (
    IF_PHYS_ADDRESS,
    Key,
    Traits,
    make_traits,
    same_machine,
    shown_keys,
    sort_key,
    strong_keys,
)
from parc.reconcile.ignored import NOTHING, Ignored
from parc.reconcile.known import (
    DEVICE_COLUMNS,
    KEY_CHARACTERS,
    REASON_CHARACTERS,
    ROW_COLUMNS,
    FieldSource,
    Sign,
    Table,
    Value,
    fit,
)
from parc.reconcile.rules import KeyKind
from parc.reconcile.usable import is_virtual_router_mac
from parc.told_values import SHARED_FIELDS, Heard

_SYSTEM_FIELDS: Final = (
    "sys_name",
    "sys_descr",
    "sys_object_id",
    "sys_location",
    "sys_contact",
    "engine_id",
)
_IDENTITY_FIELDS: Final = (
    "manufacturer",
    "model_name",
    "serial_number",
    "category",
    "operating_system",
    "software_revision",
    "firmware_revision",
    "hardware_revision",
    "base_mac_address",
    "chassis_id",
    "asset_tag",
    "definition",
)
_TOLD_BY_PORTS: Final = frozenset({"manufacturer", "operating_system"})
# Who outweighs whom where several spoke in one run: who looks from inside knows best.
_WEIGHTS: Final = {Source.AGENT: 0, Source.SNMP: 1, Source.NMAP: 2}
_FIELD_SOURCES: Final = (
    FieldSource.AGENT,
    FieldSource.SNMP,
    FieldSource.CONTROLLER,
    FieldSource.NMAP,
)
_Fields = dict[str, tuple[Value, FieldSource]]
_Words = dict[str, dict[FieldSource, Value]]


_READ_TABLES: Final = (
    (Table.INTERFACE, attrgetter("interfaces")),
    (Table.COMPONENT, attrgetter("components")),
    (Table.SUPPLY, attrgetter("supplies")),
    (Table.STORAGE, attrgetter("storages")),
    (Table.LIFE_COUNT, attrgetter("details.life_counts")),
    (Table.TRAY, attrgetter("details.trays")),
    (Table.BATTERY, attrgetter("details.batteries")),
    (Table.OUTLET, attrgetter("details.outlets")),
    (Table.INSTALLATION, attrgetter("details.installations")),
    (Table.MANAGED_DEVICE, attrgetter("details.managed_devices")),
    (Table.HOST_ENTRY, attrgetter("details.host_entries")),
    (Table.PACKAGE, attrgetter("details.packages")),
)
# What tells the rows of a table apart in one reading.
_ROW_NUMBERS: Final = {
    Table.INTERFACE: "if_index",
    Table.LIFE_COUNT: "kind",
    Table.MANAGED_DEVICE: "key",
    Table.HOST_ENTRY: "key",
    Table.PACKAGE: "key",
}
# What outlives restarts and tells them apart from one reading to the next; else the number.
_ROW_NAMES: Final = {
    Table.STORAGE: attrgetter("description"),
    Table.LIFE_COUNT: attrgetter("kind"),
    Table.INSTALLATION: attrgetter("name"),
    Table.MANAGED_DEVICE: attrgetter("key"),
    Table.HOST_ENTRY: attrgetter("key"),
    Table.PACKAGE: attrgetter("key"),
}
# What gives all columns of a row, and how much each holds.
_READERS: Final = {
    table: (attrgetter(*columns), tuple(columns.values())) for table, columns in ROW_COLUMNS.items()
}


@dataclass(frozen=True, slots=True)
class SeenTable:
    """Rows by key; only when ``is_complete`` is a row that is missing gone."""

    rows: Mapping[str, tuple[Value, ...]]
    is_complete: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """One device as one run saw it.

    Attributes:
        addresses: where it answered, the lowest first.
        fields: columns of ``DEVICE_COLUMNS`` that were seen, with the means.
        is_surveyed: ports and banners were looked at to the end, so that ``signs`` and the
            category that follows from them may replace those of before.
        confidence: in the category, when it follows from signs.
        words: what each source said of the fields that several may tell.
        heard: when each of the sources that spoke did so last.
    """

    addresses: tuple[str, ...]
    observed_at: datetime
    fields: Mapping[str, tuple[Value, FieldSource]]
    tables: Mapping[Table, SeenTable]
    signs: frozenset[Sign]
    is_surveyed: bool
    confidence: float | None
    wire_mac: str | None
    traits: Traits
    words: Mapping[str, Mapping[FieldSource, Value]]
    heard: Heard


def fold(
    observations: Iterable[Observation], ignored: Ignored = NOTHING, rules: Rules = NO_RULES
) -> tuple[tuple[Seen, ...], frozenset[Key]]:
    """Give what was seen, one entry a device in the order of addresses, and the dead keys.

    The order of ``observations`` does not matter.

    Args:
        ignored: keys that people said identify nothing.
        rules: which source wins, of the fields that do not follow the default.
    """
    entries = _of_addresses(observations, ignored, rules)
    groups = _join_unread(entries, _join_read(entries))
    folded = [_merge([entries[position] for position in group], ignored, rules) for group in groups]
    shown = Counter(key for entry in folded for key in shown_keys(entry.traits))
    dead = frozenset(key for key, count in shown.items() if count > 1)
    return tuple(sorted(folded, key=lambda entry: sort_key(entry.addresses[0]))), dead


def fold_one(
    observations: Iterable[Observation], ignored: Ignored = NOTHING, rules: Rules = NO_RULES
) -> Seen:
    """Give what one device said in a run, when it is known that all of it was that device.

    Args:
        observations: at least one.
        ignored: keys that people said identify nothing.
        rules: which source wins, of the fields that do not follow the default.
    """
    return _merge(_of_addresses(observations, ignored, rules), ignored, rules)


def _of_addresses(
    observations: Iterable[Observation], ignored: Ignored, rules: Rules
) -> list[Seen]:
    """Give an entry for each address, in their order."""
    by_address: dict[str, list[Observation]] = defaultdict(list)
    for observation in observations:
        by_address[observation.address].append(observation)
    ordered = sorted(by_address, key=sort_key)
    return [_of_address(by_address[address], ignored, rules) for address in ordered]


def _of_address(observations: list[Observation], ignored: Ignored, rules: Rules) -> Seen:
    """Fold what one address said by several means: agents, SNMP, and the latest of each."""
    ordered = sorted(
        observations,
        key=lambda o: (_WEIGHTS[o.source], -o.observed_at.timestamp(), to_json(o)),
    )
    fields: _Fields = {}
    words: _Words = defaultdict(dict)
    heard: dict[FieldSource, datetime] = {}
    for observation in ordered:
        source, told = _speaker(observation), _fields(observation)
        for name, value in told.items():
            if value is not None:
                fields.setdefault(name, (value, source))
                if name in SHARED_FIELDS:
                    words[name].setdefault(source, value)
        if source is FieldSource.NMAP or any(value is not None for value in told.values()):
            heard[source] = max(heard.get(source, observation.observed_at), observation.observed_at)
    presences = [o.presence for o in ordered if o.presence is not None]
    presence = max(presences, key=lambda p: (p.is_complete, len(p.services)), default=None)
    tables = _tables(ordered, presence)
    wire_mac = _own_wire_mac(presences, tables.get(Table.INTERFACE))
    _add_presence(fields, words, presences, wire_mac)
    _choose(fields, words, rules)
    _add_origins(fields, presences)
    has_guess = fields.get("category", (None, None))[1] is FieldSource.NMAP
    return _make(
        ignored,
        addresses=(ordered[0].address,),
        observed_at=max(o.observed_at for o in ordered),
        fields=fields,
        tables=tables,
        signs=_signs(presence),
        is_surveyed=presence is not None and presence.is_complete,
        confidence=presence.category_confidence if presence and has_guess else None,
        wire_mac=wire_mac,
        words=dict(words),
        heard=heard,
    )


def _speaker(observation: Observation) -> FieldSource:
    """Give whose words an observation holds: what a controller tells of another is its own."""
    if observation.source is Source.SNMP and observation.identity is not None:
        means = {one.how.means for one in observation.identity.origins if one.is_chosen}
        if means == {Means.CONTROLLER}:
            return FieldSource.CONTROLLER
    return FieldSource(observation.source.value)


def _choose(fields: _Fields, words: _Words, rules: Rules) -> None:
    """Let the source that wins in each field stand, of those that spoke."""
    for name, said in words.items():
        source = min(said, key=rule_of(rules, SHARED_FIELDS[name]).place)
        fields[name] = (said[source], source)


def _own_wire_mac(presences: Sequence[Presence], interfaces: SeenTable | None) -> str | None:
    """Give the MAC on the wire, unless the device does not count it among its own.

    Then it is the MAC of a router that answers in its place, or of a virtual one.
    """
    mac = next((p.mac_address for p in presences if p.mac_address), None)
    own = {
        normalise_mac(str(row[IF_PHYS_ADDRESS]))
        for row in (interfaces.rows.values() if interfaces else ())
        if row[IF_PHYS_ADDRESS]
    }
    return mac if not own or mac in own else None


def _make(ignored: Ignored, **values: Any) -> Seen:
    plain = {name: value for name, (value, _) in values["fields"].items()}
    interfaces = values["tables"].get(Table.INTERFACE)
    rows = list(interfaces.rows.values()) if interfaces else []
    parts = values["tables"].get(Table.COMPONENT)
    components = list(parts.rows.values()) if parts else []
    traits = make_traits(plain, values["addresses"], rows, values["wire_mac"], components, ignored)
    return Seen(traits=traits, **values)


def _fields(observation: Observation) -> dict[str, Value]:
    values: dict[str, Any] = {
        "processor_count": observation.processor_count,
        "memory_bytes": observation.memory_bytes,
        "agent_id": observation.agent_id,
    }
    message = observation.details.console_message
    if observation.system:
        values |= {name: getattr(observation.system, name) for name in _SYSTEM_FIELDS}
    if observation.identity:
        values |= {name: getattr(observation.identity, name) for name in _IDENTITY_FIELDS}
        origins = tuple(map(evidence.to_text, observation.identity.origins))
        values["reasons"] = origins or None
        values["system_uuid"] = uuid_text(observation.identity.system_uuid)
    category = values.pop("category", None)
    fitted = {name: fit(value, DEVICE_COLUMNS[name]) for name, value in values.items()}
    if message is not None:  # empty: the printer says nothing any more
        fitted["console_message"] = fit(message, DEVICE_COLUMNS["console_message"]) or ""
    return fitted | {"category": category}


def _add_presence(
    fields: _Fields, words: _Words, presences: Sequence[Presence], wire_mac: str | None
) -> None:
    """Add what a sweep saw beside what the device said."""
    seen: dict[str, Value] = {}
    for presence in presences:
        values: tuple[tuple[str, Value], ...] = (
            ("host_name", presence.host_name),
            ("oui_manufacturer", presence.oui_manufacturer),
            ("category", presence.category),
            *((one.field, one.value) for one in presence.origins if one.field in _TOLD_BY_PORTS),
        )
        for name, value in values:
            if value is not None:
                seen.setdefault(name, value)
    if wire_mac and not is_virtual_router_mac(wire_mac):
        seen["base_mac_address"] = wire_mac
    for name, value in seen.items():
        fitted = value if name == "category" else fit(value, DEVICE_COLUMNS[name])
        if fitted is not None:
            fields.setdefault(name, (fitted, FieldSource.NMAP))
            if name in SHARED_FIELDS:
                words[name].setdefault(FieldSource.NMAP, fitted)


def _add_origins(fields: _Fields, presences: Sequence[Presence]) -> None:
    """Add where a sweep read what it tells: beside what the device says, where that differs."""
    told: list[str] = []
    for origin in (one for presence in presences for one in presence.origins):
        value, source = fields.get(origin.field, (None, None))
        is_chosen = source is FieldSource.NMAP and value == origin.value
        if is_chosen or (isinstance(value, str) and evidence.differs(value, origin.value)):
            told.append(evidence.to_text(replace(origin, is_chosen=is_chosen)))
    if told:
        known, source = fields.get("reasons", ((), FieldSource.NMAP))
        before = known if isinstance(known, tuple) else ()
        fields["reasons"] = (tuple(dict.fromkeys([*before, *told])), source)


def _signs(presence: Presence | None) -> frozenset[Sign]:
    best: dict[tuple[Any, str], float] = {}
    for vote in presence.votes if presence else ():
        key = (vote.category, str(fit(vote.reason, REASON_CHARACTERS) or ""))
        best[key] = max(vote.weight, best.get(key, 0.0))
    return frozenset((category, weight, reason) for (category, reason), weight in best.items())


def _tables(ordered: Sequence[Observation], presence: Presence | None) -> dict[Table, SeenTable]:
    """Give the tables that were read at all; the best reading of each."""
    tables: dict[Table, SeenTable] = {}
    for table, read in _READ_TABLES:
        readings = [read(observation) for observation in ordered]
        best = max(readings, key=lambda reading: (reading.complete, len(reading.rows)))
        if best.rows or best.complete:
            tables[table] = SeenTable(_keyed(table, best.rows), best.complete)
    if presence is not None and (presence.services or presence.is_complete):
        services: dict[str, tuple[Value, ...]] = {
            f"{service.protocol}/{service.port}": _values(Table.SERVICE, service)
            for service in sorted(presence.services, key=lambda s: (s.port, s.protocol))
        }
        tables[Table.SERVICE] = SeenTable(services, presence.is_complete)
    return tables


def _keyed(table: Table, rows: Sequence[Any]) -> dict[str, tuple[Value, ...]]:
    """Give rows by a key that outlives restarts; the index helps only where names repeat."""
    number = _ROW_NUMBERS.get(table, "index")
    rows = sorted({getattr(row, number): row for row in reversed(rows)}.items())
    names = [_row_name(table, row) for _, row in rows]
    counts = Counter(names)
    return {
        name if name and counts[name] == 1 else f"{name}#{index}": _values(table, row)
        for name, (index, row) in zip(names, rows, strict=True)
    }


def _row_name(table: Table, row: Any) -> str:
    if table is Table.INTERFACE:
        name = row.if_name or row.if_descr
    else:
        name = _ROW_NAMES[table](row) if table in _ROW_NAMES else str(row.index)
    return str(fit(name, KEY_CHARACTERS - 20) or "")


def _values(table: Table, row: Any) -> tuple[Value, ...]:
    read, most = _READERS[table]
    values = tuple(map(fit, read(row), most))
    if table is Table.INTERFACE:
        return tuple([tuple(sorted(v)) if isinstance(v, tuple) else v for v in values])
    return values


def _join_read(entries: Sequence[Seen]) -> list[list[int]]:
    """Group the addresses that spoke for themselves and are one machine."""
    group_of = {position: [position] for position in range(len(entries))}
    by_key: dict[Key, list[int]] = defaultdict(list)
    for position, entry in enumerate(entries):
        for key in strong_keys(entry.traits) if entry.traits.is_read else ():
            by_key[key].append(position)
    # A card may be the one on the wire for one address and one of many for another.
    wanted = {key.value for key in by_key if key.kind is KeyKind.MAC}
    for position, entry in enumerate(entries):
        traits = entry.traits
        for mac in (traits.all_macs - traits.key_macs) & wanted if traits.is_read else ():
            by_key[Key(KeyKind.MAC, mac)].append(position)
    for key in sorted(by_key, key=lambda key: (key.kind, key.value)):
        leaders: list[int] = []
        for position in sorted(by_key[key]):
            traits = entries[position].traits
            fitting = (n for n in leaders if same_machine(traits, entries[n].traits, key.kind))
            leader = next(fitting, None)
            if leader is None:
                leaders.append(position)
            else:
                _unite(group_of, leader, position)
    for one, other in _claimed(entries):
        _unite(group_of, one, other)
    return list({id(group): group for group in group_of.values()}.values())


def _unite(group_of: dict[int, list[int]], one: int, other: int) -> None:
    if group_of[one] is not group_of[other]:
        group_of[one].extend(group_of[other])
        for moved in list(group_of[other]):
            group_of[moved] = group_of[one]


def _claimed(entries: Sequence[Seen]) -> Iterator[tuple[int, int]]:
    """Give what spoke at an address that another names its own, with its name and a card of it.

    Half a reading at the own address of a unit that answers at a shared one as well has no more.
    """
    at = {e.addresses[0]: n for n, e in enumerate(entries) if e.traits.is_read}
    for position, entry in enumerate(entries):
        ours = entry.traits
        for address in sorted(ours.claims & at.keys() if ours.is_read else ()):
            theirs = entries[at[address]].traits
            has_its_name = ours.sys_name is not None and ours.sys_name == theirs.sys_name
            if at[address] == position or not has_its_name or not ours.all_macs & theirs.all_macs:
                continue
            if same_machine(ours, theirs, KeyKind.MAC):
                yield position, at[address]


def _join_unread(entries: Sequence[Seen], groups: list[list[int]]) -> list[list[int]]:
    """Add bare addresses to the one machine that names them its own and has their MAC."""
    claimed: dict[tuple[str, str], list[list[int]]] = defaultdict(list)
    for group in groups:
        traits = [entries[position].traits for position in group]
        addresses = frozenset[str]().union(*(one.claims for one in traits if one.is_read))
        macs = frozenset[str]().union(*(one.all_macs for one in traits if one.is_read))
        wanted = addresses & _bare_addresses(entries)
        for pair in ((address, mac) for address in wanted for mac in macs):
            claimed[pair].append(group)
    for position, entry in enumerate(entries):
        if entry.traits.is_read or not entry.traits.key_macs:
            continue
        owners = claimed.get((entry.addresses[0], next(iter(entry.traits.key_macs))), [])
        if len(owners) == 1:
            owners[0].append(position)
            groups = [group for group in groups if group != [position]]
    return groups


def _bare_addresses(entries: Sequence[Seen]) -> frozenset[str]:
    return frozenset(
        entry.addresses[0]
        for entry in entries
        if not entry.traits.is_read and entry.traits.key_macs
    )


def _merge(entries: list[Seen], ignored: Ignored, rules: Rules) -> Seen:
    """Make one entry of several addresses of one machine."""
    if len(entries) == 1:
        return entries[0]
    ordered = sorted(entries, key=_weight)
    fields: _Fields = {}
    for source in _FIELD_SOURCES:
        for entry in ordered:
            for name, pair in entry.fields.items():
                if pair[1] is source:
                    fields.setdefault(name, pair)
    words: _Words = defaultdict(dict)
    heard: dict[FieldSource, datetime] = {}
    for entry in ordered:
        for name, said in entry.words.items():
            words[name] = {**said, **words[name]}
        for source, at in entry.heard.items():
            heard[source] = max(at, heard.get(source, at))
    _choose(fields, words, rules)
    return _make(
        ignored,
        addresses=tuple(sorted((a for e in ordered for a in e.addresses), key=sort_key)),
        observed_at=max(entry.observed_at for entry in ordered),
        fields=fields,
        tables=_merge_tables(ordered),
        signs=frozenset().union(*(entry.signs for entry in ordered)),
        is_surveyed=all(entry.is_surveyed for entry in ordered),
        confidence=max((e.confidence for e in ordered if e.confidence is not None), default=None),
        wire_mac=next((entry.wire_mac for entry in ordered if entry.wire_mac), None),
        words=dict(words),
        heard=heard,
    )


def _weight(entry: Seen) -> tuple[bool, bool, object]:
    """Put what a device says of itself before what others tell of it."""
    is_own = "sys_object_id" in entry.fields
    return not entry.traits.is_read, not is_own, sort_key(entry.addresses[0])


def _merge_tables(entries: Sequence[Seen]) -> dict[Table, SeenTable]:
    tables: dict[Table, SeenTable] = {}
    for table in Table:
        readings = [entry.tables[table] for entry in entries if table in entry.tables]
        if not readings:
            continue
        if table is Table.SERVICE:
            rows: dict[str, tuple[Value, ...]] = {}
            for reading in reversed(readings):
                rows.update(reading.rows)
            is_complete = len(readings) == len(entries) and all(r.is_complete for r in readings)
            tables[table] = SeenTable(rows, is_complete)
        else:
            tables[table] = max(readings, key=lambda r: (r.is_complete, len(r.rows)))
    return tables
