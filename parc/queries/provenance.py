"""Where the values of an asset come from: their sources, their locks, and the values before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    AssetField,
    AuditEntry,
    Component,
    Installation,
    Interface,
    LockRule,
    User,
    ValueSource,
)
from parc.naming import TOLD_BY

EARLIER_SHOWN: Final = 5
GONE_SHOWN: Final = 100
# Entries that are looked through for earlier values; the whole history has its own tab.
_ENTRIES: Final = 200
# What these entries name was said or decided about a value, not written.
_NO_VALUES: Final = (
    "conflict",
    "deleted",
    "difference",
    "difference_settled",
    "kept",
    "kept_for_good",
    "locked",
    "merged_away",
)


@dataclass(frozen=True, slots=True)
class FieldSource:
    """Who or what set a field, and when, and how it is locked.

    Attributes:
        author: the person, if it is one.
        locked_until: when the lock runs out or ended; None while only an act ends it.
        kept_against: sources whose word against the value is no difference any more.
    """

    source: ValueSource
    set_at: datetime
    author: str | None
    run_id: int | None = None
    lock: LockRule | None = None
    locked_at: datetime | None = None
    locked_until: datetime | None = None
    locked_by: str | None = None
    kept_against: tuple[ValueSource, ...] = ()


@dataclass(frozen=True, slots=True)
class Earlier:
    """A value that stood in a field, and who wrote it; nobody for one that is older than that.

    Attributes:
        told_by: the sources that told what was written with it.
    """

    value: Any
    at: datetime | None = None
    author: str = ""
    run_id: int | None = None
    told_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GoneRow:
    """A part, an interface or a program that is not there any more."""

    kind: str
    name: str
    model_name: str | None
    serial_number: str | None
    first_seen_at: datetime | None
    gone_at: datetime


def read_sources(session: Session, asset_id: int) -> dict[str, FieldSource]:
    """Read whose the fields of an asset are, and how they are locked."""
    names = ("field", "source", "set_at", "run_id", "lock")
    moments = ("locked_at", "locked_until", "locked_by", "kept_against")
    columns = [getattr(AssetField, name) for name in (*names, *moments)]
    query = (
        sa.select(*columns, User.display_name.label("author"))
        .outerjoin(User, User.id == AssetField.user_id)
        .where(AssetField.asset_id == asset_id)
    )
    return {
        row.field: FieldSource(
            row.source,
            row.set_at,
            row.author,
            row.run_id,
            row.lock,
            row.locked_at,
            row.locked_until,
            row.locked_by,
            tuple(map(ValueSource, (row.kept_against or "").split())),
        )
        for row in session.execute(query)
    }


def earlier_values(
    session: Session, asset_id: int, present: Mapping[str, Any]
) -> dict[str, list[Earlier]]:
    """Give the latest values that stood in fields before, the latest first.

    Args:
        present: the values of now by field, as the history writes them.
    """
    query = (
        sa.select(
            AuditEntry.at,
            AuditEntry.author,
            AuditEntry.run_id,
            AuditEntry.changes,
        )
        .where(
            AuditEntry.subject_kind == "asset",
            AuditEntry.subject_id == asset_id,
            AuditEntry.action.not_in(_NO_VALUES),
        )
        .order_by(AuditEntry.id.desc())
        .limit(_ENTRIES)
    )
    found: dict[str, list[Earlier]] = defaultdict(list)
    oldest: dict[str, Any] = {}
    for row in session.execute(query):
        told = tuple(row.changes.get(TOLD_BY, (None, ()))[1] or ())
        for name, (before, after) in row.changes.items():
            if name in present and before != after:
                found[name].append(Earlier(after, row.at, row.author, row.run_id, told))
                oldest[name] = before
    for name, value in oldest.items():
        found[name].append(Earlier(value))
    return {name: _before_now(values, present[name]) for name, values in found.items()}


def _before_now(values: Sequence[Earlier], present: Any) -> list[Earlier]:
    """Leave out the value of now, and what was nothing."""
    rest = values[1:] if values[0].value == present else values
    return [one for one in rest if one.value not in {None, ""}][:EARLIER_SHOWN]


def gone_rows(session: Session, device_ids: Collection[int]) -> list[GoneRow]:
    """Give what is gone from devices, the latest first; nothing is forgotten, it is only cut."""
    if not device_ids:
        return []
    none = sa.literal(None, sa.String)
    parts = (
        ("component", Component, sa.func.coalesce(Component.name, Component.description)),
        ("interface", Interface, sa.func.coalesce(Interface.if_name, Interface.if_descr)),
        ("installation", Installation, Installation.name),
    )
    selects = []
    for kind, model, name in parts:
        is_part = model is Component
        selects.append(
            sa.select(
                sa.literal(kind).label("kind"),
                sa.func.coalesce(name, model.key).label("name"),
                (Component.model_name if is_part else none).label("model_name"),
                (Component.serial_number if is_part else none).label("serial_number"),
                model.first_seen_at.label("first_seen_at"),
                model.gone_at.label("gone_at"),
            ).where(model.device_id.in_(device_ids), model.gone_at.is_not(None))
        )
    rows = sa.union_all(*selects).subquery()
    query = sa.select(rows).order_by(rows.c.gone_at.desc(), rows.c.kind, rows.c.name)
    return [GoneRow(*row) for row in session.execute(query.limit(GONE_SHOWN + 1))]
