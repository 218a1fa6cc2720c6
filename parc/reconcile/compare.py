"""What differs between a known device or asset and what was seen of it; pure.

None was not seen and erases nothing. Some values change by themselves and are stored quietly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from collectors.agent.kinds import VOLATILE
from collectors.observation import Category
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
)
from parc.reconcile.policy import Policy
from parc.reconcile.seen import Seen, SeenTable
from parc.reconcile.standing import DeviceSays, is_silent_of, take
from parc.told_values import Heard, Words

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
_KIND: Final = list(ROW_COLUMNS[Table.HOST_ENTRY]).index("kind")
_STORAGE_TYPE: Final = list(ROW_COLUMNS[Table.STORAGE]).index("storage_type")


@dataclass(frozen=True, slots=True)
class FieldChanges:
    """Differences of a device's fields: those that count, and the quiet ones.

    Attributes:
        heard: when each source spoke last.
        words: what each source last said, when that has changed.
    """

    loud: tuple[FieldChange, ...]
    quiet: tuple[FieldChange, ...]
    heard: Heard
    words: Words | None


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


def listed_address(address: str, seen: Seen, *, is_asked: bool) -> str:
    """Give the address under which a device is listed that was listed under ``address``.

    It stays while the device answers there, and while the device says that it is its own and
    nobody asked there: else two ranges would take a router from each other for ever.
    """
    is_own = address in seen.addresses or (address in seen.traits.claims and not is_asked)
    return address if is_own else seen.addresses[0]


def compare_fields(known: KnownDevice, seen: Seen, policy: Policy) -> FieldChanges:
    """Give the fields that were seen otherwise than they are stored, and what sources said."""
    taken = take(known, seen, policy)
    changes = sorted(taken.changes, key=lambda change: change.field)
    loud = tuple(change for change in changes if change.field not in _QUIET_FIELDS)
    quiet = tuple(change for change in changes if change.field in _QUIET_FIELDS)
    return FieldChanges(loud, quiet, taken.heard, taken.words)


def own_tables(known: KnownDevice, seen: Seen, policy: Policy) -> Mapping[Table, SeenTable]:
    """Give the tables that are the reading's to write.

    Interfaces of a host that answers SNMP are told by it: an agent has other names for them.
    """
    if known.fields["sys_object_id"] is None or "sys_object_id" in seen.fields:
        return seen.tables
    if is_silent_of(known, seen, FieldSource.SNMP, policy):
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
    asset: KnownAsset, device: DeviceRef, said: DeviceSays, policy: Policy
) -> list[Change]:
    """Give what the asset's device says otherwise than the asset."""
    changes: list[FieldChange] = []
    others: list[Change] = []
    for name, (value, source) in said.values():
        present = asset.sources.get(name)
        speakers = said.speakers(name)
        if policy.may_write(asset, name, source, speakers):
            if value != asset.fields[name]:
                is_weaker = present in speakers and not policy.rule(name).wins(source, present)
                silent = present if is_weaker else None
                changes.append(FieldChange(name, asset.fields[name], value, source, silent))
            if open_one := asset.differences.get(name):
                others.append(SettleDifference(asset.id, name, open_one.id))
        elif present in STATED:
            others += _differences(asset, name, value, source)
    before = asset.fields["primary_address"]
    if before != said.fields["address"]:
        changes.append(FieldChange("primary_address", before, said.fields["address"]))
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
