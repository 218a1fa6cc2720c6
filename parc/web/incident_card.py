"""The latest incidents of what a sheet is about: ``incidents/_of_subject.html``."""

from __future__ import annotations

from typing import Any, Final

from flask import url_for

from parc.extensions import db
from parc.queries.incidents import IncidentFilter, latest_incidents
from parc.services.incident_values import number_text
from parc.services.permissions import Action, may
from parc.web.access import actor
from parc.web.cells import CellWriter
from parc.web.context import now

_SHOWN: Final = 5


def incident_card(wanted: IncidentFilter, **subject: Any) -> dict[str, Any]:
    """Give what the card shows.

    Args:
        wanted: which incidents.
        subject: by what the list of all of them is narrowed.
    """
    if not may(actor(), Action.VIEW_INCIDENT):
        return {"incidents": []}
    return {
        "incidents": latest_incidents(db.session(), wanted, now(), _SHOWN),
        "incidents_url": url_for("incidents.every", **subject),
        "number_text": number_text,
        "write": CellWriter(now()),
    }
