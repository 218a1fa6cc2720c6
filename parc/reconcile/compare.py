"""What differs between a known device or asset and what was seen of it; pure.

None was not seen and erases nothing. Some values change by themselves and are stored quietly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from collectors.agent.kinds import VOLATILE
from collectors.evidence import Means, from_text
from collectors.observation import Category
from parc.key_texts import uuid_key
from parc.naming import TOLD_BY_AGENT, asset_values, is_read
from parc.precedence import STATED
from parc.reconcile.change import (
    Change,
    DeviceRef,
    FieldChange,
    MissedRow,
    RowAction,
    RowChange,
    SeeDifference,
    SettleDifference,
    UpdateAsset,
)
from parc.reconcile.known import (
    ROW_COLUMNS,
    FieldSource,
    KnownAsset,
    KnownDevice,
    KnownRow,
    Missed,
    Table,
    Value,
    Values,
)
from parc.reconcile.policy import DEFAULT_POLICY, Policy
from parc.reconcile.seen import Seen, SeenTable

IDENTITY_FIELDS: Final = frozenset(
    {
        "manufacturer",
        "serial_number",
        "system_uuid",
        "engine_id",
        "chassis_id",
        "base_mac_address",
    }
)
# Stored whenever they are seen, but no change that a person would look for.
# What a sweep tells of a device that does not speak for itself.
_SAID_BY_ITSELF: Final = frozenset({"manufacturer", "operating_system", "reasons"})
_QUIET_FIELDS: Final = frozenset({"reasons", "category_source", "console_message"})
_QUIET_COLUMNS: Final[Mapping[Table, frozenset[str]]] = {
    Table.INTERFACE: frozenset({"if_index"}),
    Table.COMPONENT: frozenset(),
    Table.SUPPLY: frozenset({"level", "is_some_left"}),
    Table.STORAGE: frozenset({"used_bytes", "size_bytes"}),
    Table.SERVICE: frozenset(),
    Table.LIFE_COUNT: frozenset({"count", "unit"}),
    Table.TRAY: frozenset({"level", "is_some_left", "is_available", "media_name"}),
    # That a battery is due for replacement is news; how full it is, is not.
    Table.BATTERY: frozenset(ROW_COLUMNS[Table.BATTERY]) - {"is_replacement_needed"},
    Table.OUTLET: frozenset(),
    Table.INSTALLATION: frozenset(),
    Table.MANAGED_DEVICE: frozenset(),
    Table.HOST_ENTRY: frozenset({"used_bytes", "facts", "speed_mhz"}),
    Table.PACKAGE: frozenset({"installed_on", "software_type", "origin"}),
}
_AGENTS_OWN: Final = TOLD_BY_AGENT | {"agent_id", "asset_tag", "system_uuid", "category_source"}
_KIND: Final = list(ROW_COLUMNS[Table.HOST_ENTRY]).index("kind")
_STORAGE_TYPE: Final = list(ROW_COLUMNS[Table.STORAGE]).index("storage_type")


@dataclass(frozen=True, slots=True)
class FieldChanges:
    """Differences of a device's fields: those that count, and the quiet ones."""

    loud: tuple[FieldChange, ...]
    quiet: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class RowChanges:
    """Differences of a device's rows: those that count, the quiet ones, and what was missed."""

    loud: tuple[RowChange, ...]
    quiet: tuple[RowChange, ...]
    missed: tuple[MissedRow, ...] = ()


@dataclass(slots=True)
class _Found:
    """What a comparison of rows has found so far."""

    loud: list[RowChange] = field(default_factory=list)
    quiet: list[RowChange] = field(default_factory=list)
    missed: list[MissedRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Counting:
    """How rows are counted that a complete reading lacks.

    Attributes:
        missed: how often each was missed before, by table and key.
        read_at: when the device was read.
    """

    policy: Policy
    missed: Mapping[Table, Mapping[str, Missed]]
    read_at: datetime


_AT_ONCE: Final = Counting(Policy(gone_after=1), {}, datetime.max.replace(tzinfo=UTC))


def new_fields(seen: Seen) -> tuple[FieldChange, ...]:
    """Give all fields of a device that was not known."""
    fields = dict(seen.fields)
    if "category" in fields:
        source = fields["category"][1]
        fields["category_source"] = (source.value, source)
    return tuple(
        FieldChange(name, None, value, source) for name, (value, source) in sorted(fields.items())
    )


def compare_fields(known: KnownDevice, seen: Seen, policy: Policy = DEFAULT_POLICY) -> FieldChanges:
    """Give the fields that were seen otherwise than they are stored."""
    changes: list[FieldChange] = []
    is_hearsay = known.fields["sys_object_id"] is not None and _is_told(seen)
    for name, (value, source) in sorted(seen.fields.items()):
        before = known.fields[name]
        if is_hearsay and before is not None and source is FieldSource.SNMP:
            continue
        if not _may_write(known, seen, name, source, policy) or _is_same_uuid(name, before, value):
            continue
        if before is not None and _is_told_better(known, seen, name, source):
            continue
        if value != before:
            changes.append(FieldChange(name, before, value, source))
        stored = known.fields["category_source"]
        if name == "category" and stored != source:
            changes.append(FieldChange("category_source", stored, source.value, source))
    loud = tuple(change for change in changes if change.field not in _QUIET_FIELDS)
    return FieldChanges(loud, tuple(c for c in changes if c.field in _QUIET_FIELDS))


def _is_told(seen: Seen) -> bool:
    """Tell whether only a controller said all this; what a device says of itself weighs more."""
    if "sys_object_id" in seen.fields or "reasons" not in seen.fields:
        return False
    reasons = seen.fields["reasons"][0]
    origins = [from_text(str(one)) for one in reasons] if isinstance(reasons, tuple) else []
    return all(
        one is not None and one.how.means == Means.CONTROLLER
        for one in origins
        if one is None or one.is_chosen
    )


def _is_told_better(known: KnownDevice, seen: Seen, name: str, source: FieldSource) -> bool:
    """Tell whether another means that spoke of this host before knows the field better.

    Without it an agent and SNMP would take one value from each other for ever.
    """
    if source is FieldSource.SNMP:
        return known.fields["agent_id"] is not None and name in TOLD_BY_AGENT
    if source is not FieldSource.AGENT:
        return False
    if name == "base_mac_address":
        return known.fields[name] in seen.traits.all_macs  # a dock brings a lower one
    return known.fields["sys_object_id"] is not None and name not in _AGENTS_OWN


def _is_same_uuid(name: str, before: Value, value: Value) -> bool:
    """Tell whether only the order of the octets is other: each means has its own."""
    if name != "system_uuid" or before is None:
        return False
    return uuid_key(str(before)) == uuid_key(str(value))


def _may_write(
    known: KnownDevice, seen: Seen, name: str, source: FieldSource, policy: Policy
) -> bool:
    """Tell whether what was seen weighs enough: ports suggest, devices say."""
    if source is not FieldSource.NMAP or known.fields[name] is None:
        return True
    if name == "base_mac_address":
        return False
    if name in _SAID_BY_ITSELF and is_read(known.fields):
        return False
    if name == "category":
        present = str(known.fields["category_source"] or "")
        return seen.is_surveyed and policy.rule(name).wins(source, present)
    return True


def own_tables(known: KnownDevice, seen: Seen) -> Mapping[Table, SeenTable]:
    """Give the tables that are the reading's to write.

    Interfaces of a host that answers SNMP are told by it: an agent has other names for them.
    """
    if known.fields["sys_object_id"] is None or "sys_object_id" in seen.fields:
        return seen.tables
    if seen.fields.get("agent_id", (None, None))[1] is not FieldSource.AGENT:
        return seen.tables
    return {table: rows for table, rows in seen.tables.items() if table is not Table.INTERFACE}


def compare_rows(
    device: DeviceRef,
    known: Mapping[Table, Mapping[str, KnownRow]],
    seen: Mapping[Table, SeenTable],
    counting: Counting | None = None,
) -> RowChanges:
    """Give the rows that came, differ, went or came back, in the order of table and key."""
    found, counting = _Found(), counting or _AT_ONCE
    loud, quiet = found.loud, found.quiet
    for table in Table:
        if table not in seen:
            continue
        present, reading = known.get(table, {}), seen[table]
        for key, values in sorted(reading.rows.items()):
            stored = present.get(key)
            if stored is None:
                added = RowChange(device, table, RowAction.ADDED, key, values)
                (quiet if _is_volatile(table, values) else loud).append(added)
            elif stored.is_gone or stored.values != values:
                sure = values if reading.is_complete else _without_shorter_lists(stored, values)
                _compare_row(device, table, key, (stored, sure), loud, quiet)
        if reading.is_complete:
            for key, row in sorted(present.items()):
                if not row.is_gone and key not in reading.rows:
                    _miss_row(device, table, key, row, counting, found)
        found.missed += [
            MissedRow(table, key, 0)
            for key in sorted(counting.missed.get(table, ()))
            if key in reading.rows
        ]
    return RowChanges(tuple(loud), tuple(quiet), tuple(found.missed))


def _miss_row(
    device: DeviceRef,
    table: Table,
    key: str,
    row: KnownRow,
    counting: Counting,
    found: _Found,
) -> None:
    """Count a reading that lacks a row, and let the row go when it was one of enough."""
    gone = RowChange(device, table, RowAction.GONE, key, row.values, row.id)
    if _is_volatile(table, row.values):
        found.quiet.append(gone)
        return
    before = counting.missed.get(table, {}).get(key)
    if not counting.policy.is_counted(before, counting.read_at):
        return
    count = (before.count if before else 0) + 1
    if count < counting.policy.gone_after:
        found.missed.append(MissedRow(table, key, count))
        return
    found.loud.append(gone)
    if before:
        found.missed.append(MissedRow(table, key, 0))


def _is_volatile(table: Table, values: tuple[Value, ...]) -> bool:
    """Tell whether a row comes and goes all day: what is plugged in, who is signed in."""
    return table is Table.HOST_ENTRY and values[_KIND] in VOLATILE


def _without_shorter_lists(stored: KnownRow, values: tuple[Value, ...]) -> tuple[Value, ...]:
    """Give lists that lack some of what is stored as not seen: not all of the table was read."""
    return tuple(
        None if isinstance(new, tuple) and isinstance(old, tuple) and set(new) <= set(old) else new
        for old, new in zip(stored.values, values, strict=True)
    )


def _compare_row(
    device: DeviceRef,
    table: Table,
    key: str,
    rows: tuple[KnownRow, tuple[Value, ...]],
    loud: list[RowChange],
    quiet: list[RowChange],
) -> None:
    stored, seen = rows
    pairs = zip(stored.values, seen, strict=True)
    after = tuple(old if new is None else new for old, new in pairs)
    changes = tuple(
        FieldChange(name, old, new)
        for name, old, new in zip(ROW_COLUMNS[table], stored.values, after, strict=True)
        if old != new
    )
    if stored.is_gone:
        change = RowChange(device, table, RowAction.RETURNED, key, after, stored.id, changes)
        (quiet if _is_volatile(table, after) else loud).append(change)
    elif changes:
        change = RowChange(device, table, RowAction.CHANGED, key, after, stored.id, changes)
        is_quiet = all(_is_quiet(table, c.field, after) for c in changes)
        (quiet if is_quiet else loud).append(change)


def _is_quiet(table: Table, column: str, values: tuple[Value, ...]) -> bool:
    """Tell whether a column changes by itself.

    The size of a disk does not; that of a cache in memory, which hrStorageTable lists as well,
    is other each time.
    """
    if table is Table.STORAGE and column == "size_bytes":
        kind = str(values[_STORAGE_TYPE] or "").casefold()
        return "disk" not in kind or "ram" in kind
    return column in _QUIET_COLUMNS[table]


def compare_asset(
    asset: KnownAsset, device: DeviceRef, fields: Values, policy: Policy = DEFAULT_POLICY
) -> list[Change]:
    """Give what the asset's device says otherwise than the asset.

    Args:
        fields: of the device, as they will be when the plan was applied, with its ``address``.
    """
    changes: list[FieldChange] = []
    others: list[Change] = []
    for name, (value, word) in sorted(asset_values(fields).items()):
        source, present = FieldSource(word), asset.sources.get(name)
        if policy.may_write(asset, name, source):
            if value != asset.fields[name]:
                changes.append(FieldChange(name, asset.fields[name], value, source))
            if open_one := asset.differences.get(name):
                others.append(SettleDifference(asset.id, name, open_one.id))
        elif present in STATED:
            others += _differences(asset, name, value, source)
    before = asset.fields["primary_address"]
    if before != fields["address"]:
        changes.append(FieldChange("primary_address", before, fields["address"]))
    if not changes:
        return others
    return [UpdateAsset(asset.id, device, tuple(changes)), *others]


def _differences(
    asset: KnownAsset, name: str, value: Value, source: FieldSource
) -> Sequence[SeeDifference | SettleDifference]:
    """Compare what a machine says with what a person said; case and blanks do not differ."""
    kept, open_one = asset.fields[name], asset.differences.get(name)
    text = value.value if isinstance(value, Category) else str(value)
    is_same = kept is not None and _plain(kept) == _plain(text)
    if is_same or source in asset.kept_against.get(name, ()):
        return [SettleDifference(asset.id, name, open_one.id)] if open_one else []
    if open_one is None:
        return [SeeDifference(asset.id, name, kept, text, source)]
    if open_one.seen_value == text:
        return []
    return [SeeDifference(asset.id, name, kept, text, source, open_one.id)]


def _plain(value: Value) -> str:
    return " ".join(str(value).split()).casefold()
