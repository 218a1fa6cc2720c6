"""Indicators of incidents: each figure with its definition, drawn as SVG with its table beside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext, pgettext
from flask_babel import lazy_gettext as _

from parc.extensions import db
from parc.models import IncidentCategory
from parc.queries import incident_figures as query
from parc.queries.incident_figures import Bucket, Figures, Report
from parc.queries.incident_reports import MANY, is_fresh, kept_report
from parc.queries.locations import read_places
from parc.services.permissions import Action
from parc.web.access import requires, sight
from parc.web.context import now
from parc.web.exports import csv_file
from parc.web.formats import format_day, format_number, format_seconds
from parc.web.incident_rules import incidents
from parc.web.labels import label
from parc.web.listing import refuse

__all__ = ["incidents"]

_PERIODS = {str(days): (days, part_days) for days, part_days in query.PERIODS.items()}
_PERIOD_NAMES = {"28": _("4 weeks"), "91": _("13 weeks"), "364": _("52 weeks")}
_GROUPS = {"category": _("Category"), "model": _("Model"), "site": _("Site")}
_AGES = (
    _("less than a day"),
    _("1 to 7 days"),
    _("7 to 30 days"),
    _("more than 30 days"),
)
_MOST_ROWS = 50
_EXTENSION = "parc_incident_reports"
_DAY = 86_400
_WORD = 80
_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 520, 220, 44, 28, 12


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a chart, with what it says."""

    x: float
    y: float
    width: float
    height: float
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, the lines behind them (y and text) and the words below (x and text)."""

    width: int
    height: int
    bars: Sequence[Bar]
    lines: Sequence[tuple[float, str]]
    words: Sequence[tuple[float, str]]
    left: int = _LEFT


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks for."""

    period: str
    group: str
    since: datetime
    now: datetime
    part_days: int

    @property
    def days(self) -> int:
        """Give the length of the period."""
        return int(self.period)


@incidents.get("/incidents/figures")
@requires(Action.VIEW_INCIDENT)
def figures() -> ResponseReturnValue:
    """Show the indicators of a period."""
    asked = _asked()
    report = _report(asked)
    buckets, whole = report.buckets, report.whole
    return render_template(
        "incidents/figures.html",
        whole=whole,
        ages=list(zip(_AGES, whole.backlog, strict=True)),
        buckets=buckets,
        chart=draw(buckets),
        backlog_chart=_draw_backlog(whole),
        rows=_named(report.groups[:_MOST_ROWS], asked),
        made_at=report.now if report.case_count > MANY else None,
        asked=asked,
        periods=_PERIOD_NAMES,
        groups=_GROUPS,
        duration=duration,
        day=format_day,
    )


@incidents.get("/incidents/export-figures.csv")
@requires(Action.EXPORT_INVENTORY)
def figures_csv() -> ResponseReturnValue:
    """Give the table of the groups as CSV; times are in seconds."""
    asked = _asked()
    heads = [
        str(_GROUPS[asked.group]),
        pgettext("figures", "Opened"),
        pgettext("figures", "Resolved"),
        gettext("Backlog"),
        gettext("Taken in charge, median (s)"),
        gettext("Taken in charge, 90th percentile (s)"),
        gettext("Resolution, median (s)"),
        gettext("Resolution, 90th percentile (s)"),
    ]
    rows = [
        [
            name,
            *map(str, (one.opened, one.resolved, one.open_count)),
            *(
                "" if value is None else str(round(value))
                for value in (
                    one.taking.median,
                    one.taking.ninetieth,
                    one.resolving.median,
                    one.resolving.ninetieth,
                )
            ),
        ]
        for name, one in _named(_report(asked).groups, asked)
    ]
    return csv_file(heads, iter([rows]))


def draw(buckets: Sequence[Bucket]) -> Chart:
    """Draw opened and resolved beside each other, part by part."""
    most = max([1, *(max(one.opened, one.resolved) for one in buckets)])
    step = (_WIDTH - _LEFT) / len(buckets)
    bars, words = [], []
    for number, one in enumerate(buckets):
        left = _LEFT + number * step
        day = format_day(one.begins_at)
        for place, kind, count, name in (
            (0.14, "opened", one.opened, pgettext("figures", "Opened")),
            (0.52, "resolved", one.resolved, pgettext("figures", "Resolved")),
        ):
            title = f"{day}{gettext(': ')}{name} {format_number(count)}"
            bars.append(_bar(left + place * step, 0.34 * step, count / most, kind, title))
        has_room = left <= _WIDTH - _WORD
        if has_room and number % math.ceil(len(buckets) / 4) == 0:
            words.append((left, day))
    return Chart(_WIDTH, _HEIGHT, bars, _lines(most), words)


def duration(seconds: float | None) -> str:
    """Write a time: in days and hours from a day on."""
    if seconds is None:
        return "—"
    if seconds < _DAY:
        return format_seconds(seconds)
    days, rest = divmod(round(seconds), _DAY)
    return str(gettext("%(days)s d %(hours)s h", days=format_number(days), hours=rest // 3_600))


def _draw_backlog(whole: Figures) -> Chart:
    most = max(1, *whole.backlog)
    step = (_WIDTH - _LEFT) / len(whole.backlog)
    bars, words = [], []
    for number, count in enumerate(whole.backlog):
        left, name = _LEFT + number * step, str(_AGES[number])
        title = f"{name}{gettext(': ')}{format_number(count)}"
        bars.append(_bar(left + 0.2 * step, 0.6 * step, count / most, "opened", title))
        words.append((left + 0.08 * step, name))
    return Chart(_WIDTH, _HEIGHT, bars, _lines(most), words)


def _bar(x: float, width: float, share: float, kind: str, title: str) -> Bar:
    room = _HEIGHT - _BOTTOM - _TOP
    height = round(room * share, 1)
    return Bar(round(x, 1), round(_TOP + room - height, 1), round(width, 1), height, kind, title)


def _lines(most: int) -> list[tuple[float, str]]:
    room = _HEIGHT - _BOTTOM - _TOP
    middle = [(round(_TOP + room / 2, 1), format_number(most / 2))] if most % 2 == 0 else []
    return [(_TOP, format_number(most)), *middle, (_TOP + room, "0")]


def _asked() -> _Asked:
    unknown = set(request.args) - {"days", "by"}
    period, group = request.args.get("days", "28"), request.args.get("by", "category")
    if unknown or period not in _PERIODS or group not in _GROUPS:
        refuse(gettext("The filter %(name)s cannot be read.", name=(period + group)[:40]))
    moment, (days, part) = now(), _PERIODS[period]
    return _Asked(period, group, moment - timedelta(days=days), moment, part)


def _report(asked: _Asked) -> Report:
    """Compute what is asked for, or take what was computed lately where that takes long.

    Who is limited to places computes: what the worker keeps is of all incidents.
    """
    kept = cast(
        "dict[tuple[int | None, str, str], Report]",
        current_app.extensions.setdefault(_EXTENSION, {}),
    )
    key = (sight(), asked.period, asked.group)
    found = kept.get(key)
    if found is None or not is_fresh(found.now, asked.now):
        session = db.session()
        found = kept_report(session, asked.group, asked.days, asked.now) if key[0] is None else None
        found = found or query.read_report(
            session, asked.group, asked.since, asked.now, asked.part_days
        )
        # What nobody takes any more goes, too: sessions end, and each limited one has its own.
        for other, report in list(kept.items()):
            if other == key or not is_fresh(report.now, asked.now):
                kept.pop(other, None)
        if found.case_count > MANY:
            kept[key] = found
    return found


def _named(groups: Sequence[tuple[str, Figures]], asked: _Asked) -> list[tuple[str, Figures]]:
    """Give the groups with their names."""
    if asked.group == "category":
        return [(label(IncidentCategory(key)), one) for key, one in groups]
    if asked.group == "site":
        places = read_places(db.session())
        return [((places.path(int(key)) or key) if key else "—", one) for key, one in groups]
    return [(key or "—", one) for key, one in groups]
