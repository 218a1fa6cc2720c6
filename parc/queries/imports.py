"""Imports and kept mappings, as pages list them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import ImportMapping, ImportRun


def recent_imports(session: Session, user_id: int | None, limit: int) -> Sequence[ImportRun]:
    """Give the last imports of a login, or of everybody when it is None."""
    query = sa.select(ImportRun).order_by(ImportRun.id.desc()).limit(limit)
    if user_id is not None:
        query = query.where(ImportRun.user_id == user_id)
    return session.scalars(query).all()


def mappings(session: Session, kind: str | None = None) -> Sequence[ImportMapping]:
    """Give the kept mappings by their names."""
    query = sa.select(ImportMapping).order_by(ImportMapping.kind, ImportMapping.name)
    return session.scalars(query.where(ImportMapping.kind == kind) if kind else query).all()


def mapping_of(session: Session, signature: str) -> ImportMapping | None:
    """Give the mapping that was kept last for a file of these headings."""
    query = sa.select(ImportMapping).where(ImportMapping.signature == signature)
    return session.scalars(query.order_by(ImportMapping.updated_at.desc()).limit(1)).first()
