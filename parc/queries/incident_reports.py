"""Indicators of many incidents as the worker has made them: read instead of computed anew."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Incident, IncidentReport
from parc.queries.incident_figures import Report

# Of so many incidents the figures are computed at most once in this time.
MANY: Final = 5_000
KEPT: Final = timedelta(minutes=10)


def has_many(session: Session) -> bool:
    """Tell whether there are so many incidents that their figures are worth keeping."""
    some = sa.select(Incident.id).limit(MANY + 1).subquery()
    return (session.scalar(sa.select(sa.func.count()).select_from(some)) or 0) > MANY


def is_fresh(made_at: datetime, now: datetime) -> bool:
    """Tell whether figures may still be shown."""
    return timedelta(0) <= now - made_at < KEPT


def kept_report(session: Session, group: str, days: int, now: datetime) -> Report | None:
    """Give the figures of a period that the worker has made lately, if any."""
    row = session.get(IncidentReport, (days, group))
    if row is None or not is_fresh(row.made_at, now):
        return None
    return msgspec.json.decode(row.body, type=Report)
