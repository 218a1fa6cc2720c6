"""A plan as lines of text, for people and for JSON; pure."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from parc.reconcile.change import (
    Absent,
    Change,
    Conflict,
    CreateAsset,
    CreateDevice,
    FieldChange,
    LinkAsset,
    Returned,
    RowChange,
    SeeDifference,
    SettleDifference,
    UpdateAsset,
    UpdateDevice,
)
from parc.reconcile.known import Value
from parc.reconcile.matching import Match
from parc.reconcile.rules import TEXTS


@dataclass(frozen=True, slots=True)
class PlanRow:
    """One line of a printed plan, all text.

    Attributes:
        kind: ``create device``, ``update asset`` and the like.
        subject: address of the device, or ``asset`` and its id.
    """

    kind: str
    subject: str
    field: str = ""
    before: str = ""
    after: str = ""
    note: str = ""


def rows_of(change: Change) -> Iterator[PlanRow]:
    """Give the lines of one change."""
    yield from _PRINTERS[type(change)](change)


def shown(value: Value) -> str:
    """Give a value as a person reads it."""
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value.value) if isinstance(value, enum.Enum) else str(value)


def _create_device(change: CreateDevice) -> Iterator[PlanRow]:
    subject = change.device.address
    note = "; ".join(f"not {c.device_id}: {TEXTS[c.reason]}" for c in change.match.considered[:5])
    yield PlanRow("create device", subject, note=note)
    yield from _fields("create device", subject, change.fields)
    for row in change.rows:
        yield from _row(row)


def _update_device(change: UpdateDevice) -> Iterator[PlanRow]:
    note = _found_by(change.match)
    yield from _fields("update device", change.device.address, change.changes, note)


def _row(change: RowChange) -> Iterator[PlanRow]:
    kind = f"{change.table.value} {change.action.value}"
    yield PlanRow(kind, change.device.address, change.key)
    for row in _fields(kind, change.device.address, change.changes):
        yield PlanRow(kind, row.subject, f"{change.key} {row.field}", row.before, row.after)


def _absent(change: Absent) -> Iterator[PlanRow]:
    yield PlanRow("absent device", change.device.address, note=change.name)


def _returned(change: Returned) -> Iterator[PlanRow]:
    yield PlanRow("returned device", change.device.address)


def _conflict(change: Conflict) -> Iterator[PlanRow]:
    devices = (f"device {number}" for number in change.others)
    others = ", ".join((*devices, *(f"asset {number}" for number in change.assets)))
    yield PlanRow("conflict", change.device.address, change.key, after=others, note=change.text)


def _create_asset(change: CreateAsset) -> Iterator[PlanRow]:
    yield from _fields("create asset", change.device.address, change.fields)


def _link_asset(change: LinkAsset) -> Iterator[PlanRow]:
    subject = change.device.address
    asset = f"asset {change.asset_id}"
    if change.made_for is not None:
        asset = f"new asset of {change.made_for.address}"
    yield PlanRow("link asset", subject, after=asset, note=change.reason)


def _update_asset(change: UpdateAsset) -> Iterator[PlanRow]:
    yield from _fields("update asset", f"asset {change.asset_id}", change.changes)


def _see(change: SeeDifference) -> Iterator[PlanRow]:
    yield PlanRow(
        "difference",
        f"asset {change.asset_id}",
        change.field,
        shown(change.kept),
        change.seen_value,
        "a person's value stays",
    )


def _settle(change: SettleDifference) -> Iterator[PlanRow]:
    yield PlanRow("difference settled", f"asset {change.asset_id}", change.field)


def _fields(
    kind: str, subject: str, changes: Iterable[FieldChange], note: str = ""
) -> Iterator[PlanRow]:
    for change in changes:
        before, after = shown(change.before), shown(change.after)
        silent = f"{change.silent} is silent" if change.silent else ""
        yield PlanRow(kind, subject, change.field, before, after, silent or note)


def _found_by(match: Match) -> str:
    return f"found by {match.key.kind}" if match.key else ""


_PRINTERS: Final[Mapping[type, Callable[[Any], Iterator[PlanRow]]]] = {
    CreateDevice: _create_device,
    UpdateDevice: _update_device,
    RowChange: _row,
    Absent: _absent,
    Returned: _returned,
    Conflict: _conflict,
    CreateAsset: _create_asset,
    LinkAsset: _link_asset,
    UpdateAsset: _update_asset,
    SeeDifference: _see,
    SettleDifference: _settle,
}
