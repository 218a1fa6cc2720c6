"""Contracts in words: their notice, their hours, what they promise, their rules."""

from __future__ import annotations

from datetime import time
from typing import Any

from flask_babel import gettext, ngettext

from parc.contract_dates import NoticeUnit
from parc.queries.locations import Places
from parc.support_hours import Hours, SupportHours
from parc.web.formats import format_number, format_plain_date
from parc.web.labels import label

_HOUR = 60


def notice_text(row: Any) -> str:
    """Say how long before the end notice must be given."""
    if row.notice_unit is NoticeUnit.DAYS:
        return str(ngettext("%(num)s day", "%(num)s days", row.notice_count))
    return str(ngettext("%(num)s month", "%(num)s months", row.notice_count))


def minutes_text(minutes: int | None) -> str:
    """Write a time that is promised: 30 min, 4 h."""
    if minutes is None:
        return ""
    if minutes < _HOUR:
        return str(gettext("%(minutes)s min", minutes=minutes))
    return str(gettext("%(hours)s h", hours=format_number(round(minutes / _HOUR, 2))))


def hours_text(hours: SupportHours) -> list[tuple[str, str]]:
    """Give each kind of day with its hours; nothing when none were agreed."""
    if not hours.is_known:
        return []
    return [
        (gettext("Week"), _span(hours.week)),
        (gettext("Saturday"), _span(hours.saturday)),
        (gettext("Sunday and holidays"), _span(hours.sunday)),
    ]


def rule_text(rule: Any, places: Places) -> str:
    """Say what a rule takes in."""
    parts = [
        gettext("in %(place)s", place=places.path(rule.location_id) or f"#{rule.location_id}")
        if rule.location_id
        else "",
        label(rule.category) if rule.category else "",
        " ".join(filter(None, (rule.manufacturer, rule.model_name))),
        gettext("bought from %(day)s on", day=format_plain_date(rule.purchased_from))
        if rule.purchased_from
        else "",
        gettext("bought until %(day)s", day=format_plain_date(rule.purchased_to))
        if rule.purchased_to
        else "",
    ]
    return " · ".join(part for part in parts if part)


def _span(hours: Hours) -> str:
    if hours is None:
        return str(gettext("nobody"))
    begin, end = hours
    if begin == end:
        return str(gettext("around the clock"))
    return f"{_clock(begin)} – {_clock(end)}"  # noqa: RUF001 -- a span


def _clock(moment: time) -> str:
    return f"{moment:%H:%M}"
