"""Indicators of many incidents are kept, so that nobody who looks has to wait for them."""

from __future__ import annotations

import msgspec
from sqlalchemy.orm import Session

from parc.models import IncidentReport
from parc.queries.incident_figures import Report


def keep_report(session: Session, report: Report, group: str, days: int) -> None:
    """Keep the figures of a period in the place of what was kept of it."""
    row = session.get(IncidentReport, (days, group))
    if row is None:
        row = IncidentReport(period_days=days, grouped_by=group)
        session.add(row)
    row.made_at, row.body = report.now, msgspec.json.encode(report)
    session.flush()
