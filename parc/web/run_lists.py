"""The two lists of runs: all runs, and the log of one."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext, ngettext
from markupsafe import Markup

from collectors.errors import Failure
from parc.extensions import db
from parc.models import Run, RunState, RunTarget, TargetOutcome
from parc.queries.keyset import Order
from parc.queries.runs import (
    SORTS,
    TARGET_SORTS,
    RunFilter,
    RunRow,
    TargetRow,
    count_targets,
    list_runs,
    list_targets,
    run_row,
    target_row,
)
from parc.web.cells import CellWriter
from parc.web.context import now
from parc.web.formats import format_number, format_seconds
from parc.web.labels import label
from parc.web.listing import (
    Cell,
    ColumnSpec,
    Empty,
    Line,
    ListSpec,
    ListView,
    members_of,
    read_list,
)
from parc.web.run_words import detail_of, reason_of

_REASON = Markup('{} <span class="source" lang="en">{}</span>')
_RUNS = ListSpec("runs.index", tuple(SORTS), "-started", ("state", "range"), has_search=False)


def runs_view() -> ListView:
    """Read the list of runs that the address asks for; what it cannot hold is refused with 422."""
    wanted = read_list(_RUNS)
    states = members_of(RunState, wanted, "state")
    order = Order(SORTS[wanted.sort], Run.id, wanted.is_descending)
    found = list_runs(
        db.session(),
        RunFilter(states, wanted.keys("range")),
        order,
        wanted.cursor(order.sort),
        wanted.size,
    )
    facets = [
        wanted.facet("state", gettext("State"), found.by_state, lambda v: label(RunState(v))),
        wanted.facet(
            "range", gettext("Range"), found.by_range, lambda v: found.range_names.get(v, f"#{v}")
        ),
    ]
    previous_url, next_url = wanted.pages(found.page)
    columns = [
        ColumnSpec("range", gettext("Range"), is_sortable=False),
        ColumnSpec("state", gettext("State"), is_sortable=False),
        ColumnSpec("started", gettext("Started")),
        ColumnSpec("trigger", gettext("Started by"), is_sortable=False),
        ColumnSpec("duration", gettext("Duration"), is_sortable=False),
        ColumnSpec("answering", gettext("Answering"), is_sortable=False, is_number=True),
        ColumnSpec("read", gettext("Read"), is_sortable=False, is_number=True),
        ColumnSpec("failed", gettext("Failed"), is_sortable=False, is_number=True),
        ColumnSpec("new", gettext("New"), is_sortable=False, is_number=True),
        ColumnSpec("changed", gettext("Changed"), is_sortable=False, is_number=True),
        ColumnSpec("gone", gettext("Gone"), is_sortable=False, is_number=True),
    ]
    write = CellWriter(now())
    return ListView(
        request=wanted,
        caption=gettext("Runs"),
        heads=wanted.heads(columns),
        rows=[_run_line(run_row(row), write) for row in found.page.rows],
        count=found.count,
        count_text=ngettext(
            "%(count)s run", "%(count)s runs", found.count, count=format_number(found.count)
        ),
        empty=Empty(
            gettext("No run matches.") if wanted.is_narrowed else gettext("No run yet."),
            gettext("A run begins by the schedule of a range, or by its button “Sweep now”."),
            url_for("ranges.index"),
            gettext("See the ranges"),
        ),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
    )


def _run_line(row: RunRow, write: CellWriter) -> Line:
    seconds = row.seconds(now())
    counts = (
        row.responder_count,
        row.collected_count,
        row.failed_count,
        row.created_count,
        row.changed_count,
        row.gone_count,
    )
    cells: list[Cell] = [
        write.badge(row.state),
        write.seen(row.started_at or row.created_at),
        row.requested_by or label(row.trigger),
        format_seconds(seconds) if seconds is not None else "—",
        *map(format_number, counts),
    ]
    return Line(row.id, url_for("runs.show", run_id=row.id), row.range_name, cells)


def log_view(row: RunRow) -> ListView:
    """Read the log of a run as the address asks for; what it cannot hold is refused with 422."""
    spec = ListSpec(
        "runs.show",
        tuple(TARGET_SORTS),
        "-ended",
        ("outcome", "failure"),
        has_search=False,
        arguments={"run_id": row.id},
    )
    wanted = read_list(spec)
    outcomes = members_of(TargetOutcome, wanted, "outcome")
    failures = members_of(Failure, wanted, "failure")
    session = db.session()
    order = Order(TARGET_SORTS[wanted.sort], RunTarget.id, wanted.is_descending)
    cursor = wanted.cursor(order.sort)
    page = list_targets(session, row.id, outcomes, failures, order, cursor, wanted.size)
    counts = count_targets(session, row.id)
    facets = [
        wanted.facet(
            "outcome", gettext("Outcome"), counts.by_outcome, lambda v: label(TargetOutcome(v))
        ),
        wanted.facet("failure", gettext("Reason"), counts.by_failure, lambda v: label(Failure(v))),
    ]
    previous_url, next_url = wanted.pages(page)
    columns = [
        ColumnSpec("address", gettext("Address")),
        ColumnSpec("outcome", gettext("Outcome"), is_sortable=False),
        ColumnSpec("reason", gettext("Reason"), is_sortable=False),
        ColumnSpec("device", gettext("Device"), is_sortable=False),
        ColumnSpec("credential", gettext("Credential"), is_sortable=False),
        ColumnSpec("seconds", gettext("Duration"), is_number=True),
        ColumnSpec("ended", gettext("When")),
    ]
    write = CellWriter(now())
    total = sum(counts.by_outcome.values())
    return ListView(
        request=wanted,
        caption=gettext("Log"),
        heads=wanted.heads(columns),
        rows=[_target_line(target_row(found), write) for found in page.rows],
        count=total,
        count_text=ngettext(
            "%(count)s address answered",
            "%(count)s addresses answered",
            total,
            count=format_number(total),
        ),
        empty=Empty(
            gettext("No address to show."),
            gettext("Addresses appear here as soon as they have answered and were read."),
        ),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
    )


def _target_line(row: TargetRow, write: CellWriter) -> Line:
    url = url_for("assets.show", asset_id=row.asset_id) if row.asset_id is not None else ""
    cells: list[Cell] = [
        write.badge(row.outcome),
        _reason_cell(row),
        row.device_name or "—",
        row.credential or "—",
        format_seconds(row.seconds),
        write.seen(row.ended_at),
    ]
    return Line(row.id, url, row.address, cells)


def _reason_cell(row: TargetRow) -> Cell:
    reason, detail = reason_of(row) or "—", detail_of(row)
    return _REASON.format(reason, detail) if detail else reason
