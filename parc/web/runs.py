"""Pages of runs: the list, one run with live progress and its log, and what can be decided."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from collectors.errors import Failure
from parc.discovery.settle import plan_again
from parc.discovery.task import task_of
from parc.errors import ConflictError
from parc.extensions import db, transaction
from parc.models import RunState, RunTrigger
from parc.queries.change_sets import change_set_of_run
from parc.queries.ranges import use_of_range
from parc.queries.runs import (
    RunRow,
    count_targets,
    device_changes,
    get_run,
    last_targets,
)
from parc.services import runs as service
from parc.services.permissions import Action
from parc.web.access import actor, requires
from parc.web.context import now, settings
from parc.web.forms import read_form
from parc.web.history import plan_field_label, plan_kind_label
from parc.web.listing import render_list
from parc.web.messages import tell
from parc.web.reason_words import note_text
from parc.web.run_lists import log_view, runs_view
from parc.web.run_words import advice_of, detail_of, error_text, reason_of
from parc.web.settling import settle_about

runs = Blueprint("runs", __name__)

_MOST_PLAN_LINES = 500
_POLLS_A_WORD = 3  # a poll comes every 2 s, words for screen readers at most every 5 s

WARNINGS: Mapping[str, str] = {
    "nmap_missing": _(
        "nmap is not installed: only devices that answer SNMP are found, without MAC addresses, "
        "open ports and guessed categories. Install nmap on this server."
    ),
    "nmap_unprivileged": _(
        "nmap may not send raw packets here: devices are looked for by TCP, and MAC addresses of "
        "other hosts may be missing. Run Parc as root, or with the right CAP_NET_RAW."
    ),
    "nmap_failed": _("nmap failed on a part of the addresses; they were asked by SNMP alone."),
    "nmap_timed_out": _(
        "nmap took too long on a part of the addresses and was ended. Split the range, or let it "
        "send more packets a second."
    ),
    "loopback": _("Loopback addresses are asked by SNMP only, because nmap takes all for up."),
    "names_silent": _(
        "The DNS server does not answer: host names are missing. Check this server's resolver."
    ),
}
# What these say in English beside their code is a fact of its own: what nmap complained of.
_WITH_DETAIL = frozenset({"nmap_failed"})
ACTIONS: Mapping[str, str] = {
    "created": _("New"),
    "changed": _("Changed"),
    "absent": _("Gone"),
    "returned": _("Seen again"),
    "conflict": _("Conflict"),
}


@runs.get("/runs")
@requires(Action.VIEW_RUN)
def index() -> ResponseReturnValue:
    """List all runs, the latest first."""
    return render_list("runs/list.html", runs_view())


@runs.get("/runs/<int:run_id>")
@requires(Action.VIEW_RUN)
def show(run_id: int) -> ResponseReturnValue:
    """Show one run: progress, totals, reasons of failures, and its log."""
    row = get_run(db.session(), run_id)
    view = log_view(row)
    act = change_set_of_run(db.session(), run_id)
    return render_list("runs/show.html", view, tick=0, act=act, **_progress(row))


@runs.get("/runs/<int:run_id>/live")
@requires(Action.VIEW_RUN)
def live(run_id: int) -> ResponseReturnValue:
    """Give the part of the page that moves; at the end of the run the page is loaded anew."""
    row = get_run(db.session(), run_id)
    text = request.args.get("tick", "0")
    tick = int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else 0  # noqa: PLR2004 -- a counter of polls
    page = render_template(
        "runs/_live.html", tick=tick + 1, is_spoken=tick % _POLLS_A_WORD == 0, **_progress(row)
    )
    answer: Response = make_response(page)
    if not row.is_open and request.headers.get("HX-Request"):
        answer.headers["HX-Refresh"] = "true"
    return answer


@runs.get("/runs/<int:run_id>/plan")
@requires(Action.START_RUN)
def plan(run_id: int) -> ResponseReturnValue:
    """Show what a held run would change, so that a person can decide."""
    session = db.session()
    row = get_run(session, run_id)
    if row.state is not RunState.HELD:
        return redirect(url_for("runs.show", run_id=run_id))
    made = plan_again(session, task_of(session, run_id, now()), settings(), now())
    lines = list(islice(made.rows(), _MOST_PLAN_LINES + 1))
    return render_template(
        "runs/plan.html",
        row=row,
        lines=lines[:_MOST_PLAN_LINES],
        is_cut=len(lines) > _MOST_PLAN_LINES,
        error=error_text(row.error),
        kind_label=plan_kind_label,
        field_of=plan_field_label,
        note_text=note_text,
        most=_MOST_PLAN_LINES,
    )


@runs.post("/runs/<int:run_id>/stop")
@requires(Action.START_RUN)
def send_stop(run_id: int) -> ResponseReturnValue:
    """Ask a run to stop; what it has found stays."""
    read_form()
    try:
        with transaction() as session:
            service.request_stop(session, actor(), run_id, now())
        tell(gettext("The run stops at the next device; what it has found stays."))
    except ConflictError:
        tell(gettext("This run has ended already."), kind="info")
    return redirect(url_for("runs.show", run_id=run_id))


@runs.post("/runs/<int:run_id>/again")
@requires(Action.START_RUN)
def send_again(run_id: int) -> ResponseReturnValue:
    """Sweep the range of a run once more."""
    return _start(run_id, RunTrigger.PERSON, None)


@runs.post("/runs/<int:run_id>/retry")
@requires(Action.START_RUN)
def send_retry(run_id: int) -> ResponseReturnValue:
    """Ask only the addresses that failed once more."""
    return _start(run_id, RunTrigger.RETRY, run_id)


@runs.post("/runs/<int:run_id>/apply")
@requires(Action.START_RUN)
def send_apply(run_id: int) -> ResponseReturnValue:
    """Apply the plan of a held run."""
    read_form()
    with transaction() as session:
        service.decide_held(session, actor(), run_id, now())
        settle_about(session)
    tell(gettext("The plan is being applied."))
    return redirect(url_for("runs.show", run_id=run_id))


@runs.post("/runs/<int:run_id>/drop")
@requires(Action.START_RUN)
def send_drop(run_id: int) -> ResponseReturnValue:
    """Leave the plan of a held run unapplied for good."""
    read_form()
    with transaction() as session:
        service.drop_held(session, actor(), run_id, now())
        settle_about(session)
    tell(gettext("The plan is dropped; what the devices said is kept."))
    return redirect(url_for("runs.show", run_id=run_id))


def _warning(text: str) -> tuple[str, str]:
    """Give a warning in the reader's words, and what its detail adds to them."""
    code, _colon, detail = text.partition(":")
    known = WARNINGS.get(code)
    if known is None:
        return text, ""
    return str(known), detail.strip() if code in _WITH_DETAIL else ""


def _start(run_id: int, trigger: RunTrigger, retry_of_id: int | None) -> ResponseReturnValue:
    read_form()
    session = db.session()
    row = get_run(session, run_id)
    if row.range_id is None:
        raise ConflictError(f"the range of run {run_id} was deleted")
    try:
        with transaction() as writing:
            started = service.request_run(
                writing,
                actor(),
                range_id=row.range_id,
                trigger=trigger,
                now=now(),
                retry_of_id=retry_of_id,
            )
    except ConflictError:
        under_way = use_of_range(db.session(), row.range_id).open_run_id
        if under_way is None:
            raise
        tell(gettext("A sweep of this range is under way already."), kind="info")
        return redirect(url_for("runs.show", run_id=under_way))
    return redirect(url_for("runs.show", run_id=started.id))


def _progress(row: RunRow) -> dict[str, object]:
    """Give what the moving part of a run's page shows."""
    session, moment = db.session(), now()
    remaining = row.remaining(moment)
    return {
        "row": row,
        "seconds": row.seconds(moment),
        "rate": row.rate(moment),
        "remaining": remaining.total_seconds() if remaining else None,
        "targets": last_targets(session, row.id) if row.is_open else [],
        "failures": {
            Failure(value): count
            for value, count in sorted(count_targets(session, row.id).by_failure.items())
        },
        "changes": device_changes(session, row.id),
        "actions": ACTIONS,
        "warnings": [_warning(warning) for warning in row.warnings],
        "error": error_text(row.error),
        "advice": advice_of(row),
        "detail_of": detail_of,
        "reason_of": reason_of,
    }
