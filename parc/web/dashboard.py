"""The first page: what waits, the fleet, what changed, what runs; each number is a link."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, current_app, render_template, url_for
from flask.typing import ResponseReturnValue

from collectors.observation import Category
from parc.extensions import db
from parc.models import LifecycleState
from parc.queries.contract_assets import LineProblem
from parc.queries.dashboard import COUNT_LIMIT, read_dashboard
from parc.queries.facets import Covered, Facet
from parc.queries.software import count_forbidden
from parc.services.permissions import Action
from parc.web.access import requires
from parc.web.assets import lookup
from parc.web.cells import CellWriter
from parc.web.context import now, today
from parc.web.formats import format_number
from parc.web.history import change_lines
from parc.web.labels import label

dashboard = Blueprint("dashboard", __name__)

_BARS = 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One value of the fleet with its count, drawn as a meter, and the list behind it."""

    text: str
    count: int
    url: str


@dashboard.get("/")
@requires(Action.VIEW_INVENTORY)
def show() -> ResponseReturnValue:
    """Show the dashboard."""
    moment = now()
    facets = lookup().facets
    board = read_dashboard(db.session(), moment, today())
    return render_template(
        "dashboard/show.html",
        board=board,
        changes=change_lines(board.changes),
        now=moment,
        total=facets.everything.bit_count(),
        forbidden=count_forbidden(db.session()),
        uncovered=facets.count(
            {Facet.STATE: [LifecycleState.IN_USE.value], Facet.COVER: [Covered.NO.value]}
        ),
        line_problems=[problem.value for problem in LineProblem],
        states=_bars(facets.counts(Facet.STATE, {}), "state", LifecycleState),
        categories=_bars(facets.counts(Facet.CATEGORY, {}), "category", Category),
        capped=capped,
        write=CellWriter(moment),
        has=current_app.view_functions.__contains__,
    )


def capped(count: int, limit: int = COUNT_LIMIT) -> str:
    """Write a count that was bounded."""
    return format_number(count) if count <= limit else f"{format_number(limit)}+"


def _bars(counts: Mapping[str, int], name: str, members: type[enum.StrEnum]) -> list[Bar]:
    base = url_for("assets.index")
    ordered = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        Bar(label(members(value)), count, f"{base}?{urlencode({name: value})}")
        for value, count in ordered[:_BARS]
    ]
