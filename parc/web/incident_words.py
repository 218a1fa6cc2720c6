"""The words of an incident's history, and of what a rule has seen."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as _in

from parc.extensions import db
from parc.models import (
    AuditEntry,
    Incident,
    IncidentCategory,
    IncidentCause,
    IncidentKind,
    IncidentRuleCode,
    IncidentState,
    Level,
    Priority,
)
from parc.queries.locations import read_places
from parc.web.formats import format_moment, format_octets, format_percent
from parc.web.history import action_label
from parc.web.labels import label

_FIELDS: Mapping[str, str] = {
    "assets": _in("incident", "Assets"),
    "category": _("Category"),
    "caused_by": _in("link", "Caused by"),
    "cause": _("Cause"),
    "document": _in("field", "Document"),
    "duplicate": _in("link", "Has the duplicate"),
    "duplicate_of": _in("link", "Duplicate of"),
    "impact": _("Impact"),
    "kind": _in("incident", "Kind"),
    "location_id": _("Place"),
    "planned_for": _("Visit on"),
    "priority": _("Priority"),
    "priority_reason": _("Why another priority"),
    "reason": _("Reason"),
    "related": _in("link", "Related to"),
    "rule": _in("incident", "Rule"),
    "requester_name": _("Requester"),
    "resolution": _("How it was resolved"),
    "state": _("State"),
    "technician": _("Technician"),
    "text": _("Description"),
    "title": _in("incident", "Title"),
    "urgency": _("Urgency"),
    "waiting_for": _("What it waits for"),
}
_MEMBERS: Mapping[str, type[enum.StrEnum]] = {
    "category": IncidentCategory,
    "cause": IncidentCause,
    "impact": Level,
    "kind": IncidentKind,
    "priority": Priority,
    "rule": IncidentRuleCode,
    "state": IncidentState,
    "urgency": Priority,  # of the same words, and in French of the same gender
}
_MOST_LETTERS = 200


def urgency_text(level: Level) -> str:
    """Name an urgency: in French it has the gender of a priority, an impact has not."""
    return label(Priority(level.value))


def urgency_choices() -> list[tuple[str, str]]:
    """Give the urgencies of a form."""
    return [(level.value, urgency_text(level)) for level in Level]


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One entry: when, who, what, and each field with its value before and after."""

    at: datetime
    author: str
    text: str
    changes: Sequence[tuple[str, str, str]]


def history_lines(entries: Iterable[AuditEntry]) -> list[HistoryLine]:
    """Write the history of an incident."""
    return [
        HistoryLine(
            entry.at,
            entry.author,
            action_label(entry.action),
            [
                (str(_FIELDS.get(name, name)), _value(name, pair[0]), _value(name, pair[1]))
                for name, pair in (entry.changes or {}).items()
            ],
        )
        for entry in entries
    ]


def title_text(row: Any) -> str:
    """Give the title of an incident; what a rule has made begins with what the rule is about.

    Args:
        row: with ``title`` and ``rule``.
    """
    return row.title if row.rule is None else f"{label(row.rule)}{gettext(': ')}{row.title}"


def draft_text(incident: Incident) -> str:
    """Say what a rule has seen; empty for what people have opened."""
    return "" if incident.rule is None else _TOLD[incident.rule](incident.evidence)


def _memory(told: Mapping[str, Any]) -> str:
    after, before = _octets(told.get("after")), _octets(told.get("before"))
    return str(gettext("Memory: %(after)s, before %(before)s.", after=after, before=before))


def _serial(told: Mapping[str, Any]) -> str:
    after, before = told.get("after") or "—", told.get("before") or "—"
    return str(gettext("Serial number: %(after)s, before %(before)s.", after=after, before=before))


def _disks(told: Mapping[str, Any]) -> str:
    return " ".join(
        gettext(
            "%(name)s: %(after)s, before %(before)s.",
            name=one.get("name") or "—",
            after=_octets(one.get("after")),
            before=_octets(one.get("before")),
        )
        for one in told.get("disks", ())
    )


def _supplies(told: Mapping[str, Any]) -> str:
    return " ".join(
        gettext(
            "%(name)s: %(percent)s left.",
            name=one.get("name") or "—",
            percent=format_percent(one.get("percent") or 0),
        )
        for one in told.get("supplies", ())
    )


def _silence(told: Mapping[str, Any]) -> str:
    since = told.get("since")
    moment = format_moment(datetime.fromisoformat(since)) if since else "—"
    runs = told.get("runs", 0)
    return str(gettext("No answer in %(num)s runs, since %(moment)s.", num=runs, moment=moment))


def _unknown(told: Mapping[str, Any]) -> str:
    address, name = told.get("address") or "—", told.get("range") or "—"
    return str(gettext("%(address)s, in the range %(range)s.", address=address, range=name))


_TOLD: Mapping[IncidentRuleCode, Callable[[Mapping[str, Any]], str]] = {
    IncidentRuleCode.MEMORY_SMALLER: _memory,
    IncidentRuleCode.DISK_SMALLER: _disks,
    IncidentRuleCode.SERIAL_CHANGED: _serial,
    IncidentRuleCode.SUPPLY_LOW: _supplies,
    IncidentRuleCode.DEVICE_SILENT: _silence,
    IncidentRuleCode.UNKNOWN_DEVICE: _unknown,
}


def _octets(value: Any) -> str:
    return format_octets(value) if isinstance(value, int) else "—"


def _value(name: str, value: Any) -> str:
    if value is None or value in ("", []):
        return ""
    kind = _MEMBERS.get(name)
    if kind is not None and value in set(kind):
        return label(kind(value))
    if name == "planned_for":
        return format_moment(datetime.fromisoformat(value))
    if name == "location_id":
        return read_places(db.session()).path(value) or f"#{value}"
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    text = str(value)
    return text if len(text) <= _MOST_LETTERS else f"{text[:_MOST_LETTERS]}…"
