"""The list of contracts drawn over 18 months, with the same in the columns beside.

A row holds a drawing of its terms, of the time for notice and of their ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from babel.dates import format_date
from flask import url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext, ngettext
from markupsafe import Markup

from parc.contract_dates import (
    SOON_DAYS,
    ContractState,
    Renewal,
    add_months,
    notice_deadline,
    terms_ahead,
)
from parc.extensions import db
from parc.queries import contracts as query
from parc.queries.contracts import ContractList, Terms, contract_state
from parc.services.permissions import Action
from parc.web.access import requires
from parc.web.context import today
from parc.web.contract_bulk import contracts
from parc.web.contract_list import FILTERS, due_text, view_of
from parc.web.formats import format_plain_date
from parc.web.listing import Cell, ColumnSpec, Line, ListSpec, render_list

__all__ = ["contracts"]

SPEC = ListSpec("contracts.timeline", query.SORTS, "notice_by", FILTERS)
MONTHS: Final = 18
_MONTH_WIDTH: Final = 18
WIDTH: Final = MONTHS * _MONTH_WIDTH
_WINDOW: Final = timedelta(days=SOON_DAYS)
_ONE_DAY: Final = timedelta(days=1)
_DRAWING = Markup(
    '<svg class="terms" viewBox="0 0 {} 34" role="img" aria-label="{}">'
    '<use href="#months"/>{}</svg>'
)
_RECTANGLE = Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>')
_DIAMOND = Markup('<path class="last" d="M{} 3l4 6-4 6-4-6z"/>')
_DAYS = Markup("<span>{} – {}</span>")  # noqa: RUF001 -- a span
_END = Markup('<path class="end" d="M{} 2v14"/>')


@dataclass(frozen=True, slots=True)
class Scale:
    """Days along the drawing: it begins with the month of today."""

    first: date

    @property
    def last(self) -> date:
        """Give the last day that is drawn."""
        return add_months(self.first, MONTHS) - _ONE_DAY

    def at(self, day: date) -> float:
        """Give where a day begins; what lies outside stands at the edge."""
        shown = min(max(day, self.first), self.last + _ONE_DAY)
        months = (shown.year - self.first.year) * 12 + shown.month - self.first.month
        length = (add_months(shown.replace(day=1), 1) - shown.replace(day=1)).days
        return round((months + (shown.day - 1) / length) * _MONTH_WIDTH, 1)

    def holds(self, day: date) -> bool:
        """Tell whether a day is drawn."""
        return self.first <= day <= self.last

    def quarters(self) -> list[tuple[int, str]]:
        """Give every third month: where it begins and what it is called."""
        return [
            (
                number * _MONTH_WIDTH,
                format_date(add_months(self.first, number), "MMM yy", locale=get_locale()),
            )
            for number in range(0, MONTHS, 3)
        ]


@contracts.get("/contracts/timeline")
@requires(Action.VIEW_CONTRACT)
def timeline() -> ResponseReturnValue:
    """Show the list, drawn."""
    scale = Scale(today().replace(day=1))
    view = view_of(SPEC, _columns(), lambda found: _lines(found, scale))
    return render_list(
        "contracts/timeline.html",
        view,
        quarters=scale.quarters(),
        width=WIDTH,
        today_at=scale.at(today()),
        month_width=_MONTH_WIDTH,
    )


def draw(row: Any, terms: Terms, scale: Scale) -> Markup:
    """Draw the terms of a contract, those to come that it renews itself for, and its dates."""
    parts = [
        _RECTANGLE.format("term", *_span(scale, term, 5, 8))
        for term in terms.known
        if term[0] <= scale.last
    ]
    ahead = _ahead(row, terms, scale)
    parts += [_RECTANGLE.format("term next", *_span(scale, term, 5, 8)) for term in ahead]
    deadlines = [row.notice_by] if row.notice_by and row.notice_given_on is None else []
    deadlines += [notice_deadline(end, terms.notice) for _begin, end in ahead]
    for day in deadlines:
        if scale.first <= day and day - _WINDOW <= scale.last:
            window = (day - _WINDOW, day)
            parts.append(_RECTANGLE.format("window", *_span(scale, window, 15, 4)))
            if scale.holds(day):
                parts.append(_DIAMOND.format(scale.at(day)))
    ends = [end for _begin, end in (*terms.known, *ahead) if scale.holds(end)]
    parts += [_END.format(scale.at(end + _ONE_DAY)) for end in ends]
    name = gettext("Terms of %(name)s; the columns beside say the same", name=row.name)
    return _DRAWING.format(WIDTH, name, Markup("").join(parts))


def follows(row: Any, terms: Terms, day: date) -> str:
    """Say what happens when the present term ends."""
    state = contract_state(row, day)
    if state is ContractState.ENDED:
        return str(gettext("ended"))
    if row.notice_given_on is not None or row.renewal is Renewal.NONE:
        return str(gettext("ends"))
    if row.renewal is Renewal.EXPRESS:
        return str(gettext("ends, unless it is renewed"))
    if state is ContractState.RENEWING:
        return str(
            ngettext(
                "renews itself for %(num)s month, too late to stop",
                "renews itself for %(num)s months, too late to stop",
                terms.renewal_months,
            )
        )
    return str(
        ngettext(
            "renews itself for %(num)s month",
            "renews itself for %(num)s months",
            terms.renewal_months,
        )
    )


def _lines(found: ContractList, scale: Scale) -> Sequence[Line]:
    day = today()
    terms = query.terms_of(db.session(), [row.id for row in found.page.rows], scale.first)
    return [_line(row, terms[row.id], scale, day) for row in found.page.rows]


def _line(row: Any, terms: Terms, scale: Scale, day: date) -> Line:
    state = contract_state(row, day)
    cells: list[Cell] = [
        draw(row, terms, scale),
        _window_text(row, state),
        format_plain_date(row.ends_on),
        follows(row, terms, day),
    ]
    return Line(row.id, url_for("contracts.show", contract_id=row.id), row.name, cells)


def _ahead(row: Any, terms: Terms, scale: Scale) -> list[tuple[date, date]]:
    if row.renewal is not Renewal.TACIT or row.notice_given_on is not None:
        return []
    return [
        term
        for term in terms_ahead(row.starts_on, terms.months, terms.renewal_months, scale.last)
        if term[1] >= scale.first
    ]


def _span(
    scale: Scale, days: tuple[date, date], top: int, height: int
) -> tuple[float, int, float, int]:
    """Give the rectangle from a first to a last day; one that is short is seen all the same."""
    begin, end = scale.at(days[0]), scale.at(days[1] + _ONE_DAY)
    return begin, top, max(round(end - begin, 1), 1), height


def _window_text(row: Any, state: ContractState) -> Cell:
    if row.notice_by is None or row.notice_given_on is not None:
        return "—"
    return _DAYS.format(format_plain_date(row.notice_by - _WINDOW), due_text(row.notice_by, state))


def _columns() -> list[ColumnSpec]:
    return [
        ColumnSpec("name", gettext("Name")),
        ColumnSpec("drawing", gettext("18 months"), is_sortable=False),
        ColumnSpec("notice_by", gettext("Time for notice"), is_wide=True),
        ColumnSpec("ends_on", gettext("Ends on")),
        ColumnSpec("then", gettext("Then"), is_sortable=False, is_wide=True),
    ]
