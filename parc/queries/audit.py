"""The history: of one asset with its devices, and of the last day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import AuditEntry, ChangeSet, ChangeSetKind, Device, MergedAsset
from parc.naming import TOLD_BY

_DEVICE_ACTIONS = ("attached", "ignored", "restored")


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """What a history is narrowed to; empty: not at all.

    Attributes:
        source: ``people``, ``file``, ``discovery``, ``server``, or a source of values.
        author: a part of the name.
        field: that the entry changes.
        since, until: the first moment, and the last.
        reason: a part of it.
    """

    source: str = ""
    author: str = ""
    field: str = ""
    since: datetime | None = None
    reason: str = ""
    until: datetime | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Give the filter as conditions on entries."""
        found: list[sa.ColumnElement[bool]] = []
        if self.source:
            found.append(_is_of(self.source))
        if self.author:
            found.append(AuditEntry.author.icontains(self.author, autoescape=True))
        if self.field:
            written = sa.cast(AuditEntry.changes, sa.Text)
            found.append(written.contains(f'"{self.field}": [', autoescape=True))
        if self.reason:
            found.append(AuditEntry.reason.icontains(self.reason, autoescape=True))
        if self.since is not None:
            found.append(AuditEntry.at >= self.since)
        if self.until is not None:
            found.append(AuditEntry.at <= self.until)
        return found


def source_of(entry: AuditEntry, kinds: Mapping[int, ChangeSetKind]) -> str:
    """Say whose an entry is: ``people``, ``file``, ``discovery``, ``agent`` or ``server``.

    Args:
        kinds: of the acts that entries are parts of, by their ids.
    """
    kind = kinds.get(entry.change_set_id or 0)
    if kind in _OF_ACTS:
        return _OF_ACTS[kind]
    if entry.run_id:
        return "discovery"
    return "people" if entry.user_id else "server"


def kinds_of_acts(session: Session, entries: Sequence[AuditEntry]) -> dict[int, ChangeSetKind]:
    """Read of which kinds the acts are that entries are parts of."""
    ids = {entry.change_set_id for entry in entries if entry.change_set_id}
    query = sa.select(ChangeSet.id, ChangeSet.kind).where(ChangeSet.id.in_(ids))
    rows = session.execute(query) if ids else ()
    return {row.id: row.kind for row in rows}


def told_by(entry: AuditEntry) -> tuple[str, ...]:
    """Give the sources of values that told what an entry holds, where it names them."""
    return tuple((entry.changes or {}).get(TOLD_BY, (None, ()))[1] or ())


def _is_of(source: str) -> sa.ColumnElement[bool]:
    no_run, no_person = AuditEntry.run_id.is_(None), AuditEntry.user_id.is_(None)
    if source == "discovery":
        return AuditEntry.run_id.is_not(None)
    if source == "file":
        return _is_part_of(ChangeSetKind.IMPORT)
    if source in {"people", "server"}:
        is_person = AuditEntry.user_id.is_not(None) if source == "people" else no_person
        acts = _is_part_of(*_OF_ACTS)
        return sa.and_(is_person, no_run, sa.or_(AuditEntry.change_set_id.is_(None), ~acts))
    named = sa.cast(AuditEntry.changes[TOLD_BY], sa.Text).contains(f'"{source}"', autoescape=True)
    return sa.or_(named, _is_part_of(ChangeSetKind.AGENTS)) if source == "agent" else named


def _is_part_of(*kinds: ChangeSetKind) -> sa.ColumnElement[bool]:
    acts = sa.select(ChangeSet.id).where(ChangeSet.kind.in_(kinds))
    return AuditEntry.change_set_id.in_(acts)


_OF_ACTS: Final = {ChangeSetKind.IMPORT: "file", ChangeSetKind.AGENTS: "agent"}


_ALL: Final = HistoryFilter()


def asset_history(
    session: Session,
    asset_id: int,
    before_id: int | None,
    limit: int,
    wanted: HistoryFilter = _ALL,
) -> Sequence[Any]:
    """Read entries of an asset, of what was merged into it, and of its devices, the latest first.

    Args:
        before_id: only entries older than this one.
    """
    devices = sa.select(Device.id).where(Device.asset_id == asset_id)
    merged = sa.select(MergedAsset.id).where(MergedAsset.asset_id == asset_id)
    parts = []
    for kind, ids in (("asset", [asset_id]), ("asset", merged), ("device", devices)):
        part = sa.select(AuditEntry.id).where(
            AuditEntry.subject_kind == kind, AuditEntry.subject_id.in_(ids), *wanted.conditions()
        )
        if before_id is not None:
            part = part.where(AuditEntry.id < before_id)
        part = part.order_by(AuditEntry.id.desc()).limit(limit)
        parts.append(sa.select(part.subquery().c.id))
    query = (
        sa.select(AuditEntry)
        .where(AuditEntry.id.in_(sa.union_all(*parts)))
        .order_by(AuditEntry.id.desc())
        .limit(limit)
    )
    return session.scalars(query).all()


def people_entries(session: Session, since: datetime, limit: int) -> Sequence[Any]:
    """Read the latest entries that people made about assets and devices since a moment.

    What an acceptance does to the device is left out: it made the asset, which has its own entry.
    """
    is_asset = AuditEntry.subject_kind == "asset"
    is_device = sa.and_(AuditEntry.subject_kind == "device", AuditEntry.action.in_(_DEVICE_ACTIONS))
    query = (
        sa.select(
            AuditEntry.at,
            AuditEntry.author,
            AuditEntry.subject_kind,
            AuditEntry.subject_id,
            AuditEntry.subject_name,
            AuditEntry.action,
        )
        .where(AuditEntry.at >= since, AuditEntry.run_id.is_(None), sa.or_(is_asset, is_device))
        .order_by(AuditEntry.at.desc(), AuditEntry.id.desc())
        .limit(limit)
    )
    return session.execute(query).all()


def subject_history(session: Session, kind: str, subject_id: int, limit: int) -> Sequence[Any]:
    """Read the latest entries of one record of any kind."""
    query = sa.select(AuditEntry).where(
        AuditEntry.subject_kind == kind, AuditEntry.subject_id == subject_id
    )
    return session.scalars(query.order_by(AuditEntry.id.desc()).limit(limit)).all()
