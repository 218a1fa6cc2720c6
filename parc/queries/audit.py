"""The history: of one asset with its devices, and of the last day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import AuditEntry, Device, MergedAsset

_DEVICE_ACTIONS = ("attached", "ignored", "restored")


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """What a history is narrowed to; empty: not at all.

    Attributes:
        source: ``people``, ``discovery`` or ``server``.
        author: a part of the name.
        field: that the entry changes.
        since: the first moment.
        reason: a part of it.
    """

    source: str = ""
    author: str = ""
    field: str = ""
    since: datetime | None = None
    reason: str = ""

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """Give the filter as conditions on entries."""
        found: list[sa.ColumnElement[bool]] = []
        if self.source == "people":
            found.append(AuditEntry.user_id.is_not(None))
        elif self.source == "discovery":
            found.append(AuditEntry.run_id.is_not(None))
        elif self.source == "server":
            found.append(sa.and_(AuditEntry.user_id.is_(None), AuditEntry.run_id.is_(None)))
        if self.author:
            found.append(AuditEntry.author.icontains(self.author, autoescape=True))
        if self.field:
            written = sa.cast(AuditEntry.changes, sa.Text)
            found.append(written.contains(f'"{self.field}": [', autoescape=True))
        if self.reason:
            found.append(AuditEntry.reason.icontains(self.reason, autoescape=True))
        if self.since is not None:
            found.append(AuditEntry.at >= self.since)
        return found


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
