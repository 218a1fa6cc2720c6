"""Incidents as lists, and what is done to several of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext, pgettext

from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import IncidentCause
from parc.queries import inbox as colleagues_query
from parc.queries import incidents as query
from parc.queries.locations import read_places
from parc.row_keys import row_key
from parc.services import incident_drafts, incident_steps
from parc.services import incidents as service
from parc.services.incident_acts import as_one_act
from parc.services.incident_steps import BULK_STATES
from parc.services.incident_values import number_of, number_text
from parc.services.permissions import Action
from parc.web.access import actor, requires
from parc.web.addresses import local_path, pairs_of
from parc.web.context import now
from parc.web.exports import ListFiles
from parc.web.forms import Form, filled, read_form
from parc.web.incident_list import file_heads, file_reader, filter_of, incident_view
from parc.web.labels import choices
from parc.web.listing import read_ids, refuse, render_list
from parc.web.messages import tell

incidents = Blueprint("incidents", __name__)

_MOST_AT_ONCE = 1_000
_SHOWN = 50
_NOBODY = "0"
_MOST_SUGGESTED = 12
_FIELDS = (
    "id", "all", "filters", "action", "is_confirmed", "technician_id", "resolution", "cause",
    "reason",
)  # fmt: skip
_VIEWS = {"open": "incidents.index", "drafts": "incidents.drafts", "all": "incidents.every"}


@incidents.get("/incidents")
@requires(Action.VIEW_INCIDENT)
def index() -> ResponseReturnValue:
    """List the open ones; the number of one leads to it."""
    return _page("open")


@incidents.get("/incidents/suggest")
@requires(Action.VIEW_INCIDENT)
def suggest() -> ResponseReturnValue:
    """Give the latest incidents that match what is typed, as options of a field."""
    text = next(iter(request.args.values()), "")[:200]
    found = query.suggest_incidents(db.session(), text, _MOST_SUGGESTED)
    named = [(number_text(row.id), row.title) for row in found]
    return render_template("places/_suggest.html", named=named)


@incidents.get("/incidents/drafts")
@requires(Action.VIEW_INCIDENT)
def drafts() -> ResponseReturnValue:
    """List what rules have seen and nobody has confirmed or dismissed."""
    return _page("drafts")


@incidents.get("/incidents/all")
@requires(Action.VIEW_INCIDENT)
def every() -> ResponseReturnValue:
    """List all incidents, the latest first."""
    return _page("all")


ListFiles(file_heads, partial(file_reader, "all"), list).offer(
    incidents, "/incidents/export", "every"
)
ListFiles(file_heads, partial(file_reader, "open"), list).offer(
    incidents, "/incidents/export-open", "open"
)


@incidents.post("/incidents/decide")
@requires(Action.EDIT_INCIDENT)
def decide() -> ResponseReturnValue:
    """Do something to ticked incidents, after a look at what it touches."""
    form = read_form(*_FIELDS)
    action = form.value("action")
    if action not in {*BULK_STATES, "mine"}:
        refuse(gettext("%(name)s is no act.", name=action[:40]))
    if action == "mine":
        action, form = "assign", _as_mine(form)
    rows = query.read_rows(db.session(), _chosen(form))
    fit = [row for row in rows if row.state in BULK_STATES[action]]
    if not form.is_checked("is_confirmed"):
        return _preview(form, action, fit, len(rows) - len(fit))
    try:
        with transaction() as session:
            act_id = _act(session, action, [row.id for row in fit], form)
    except InvalidInputError as error:
        return _preview(form.refused(error), action, fit, len(rows) - len(fit)), 422
    count = len(fit)
    tell(
        ngettext("%(num)s incident was changed.", "%(num)s incidents were changed.", count),
        url=url_for("changes.show", change_set_id=act_id) if act_id else "",
        link=gettext("Undo it under Changes") if act_id else "",
    )
    return redirect(_back(form))


def technician_choices() -> list[tuple[str, str]]:
    """Give the logins that incidents can be given to, and nobody."""
    found = colleagues_query.colleagues(db.session())
    return [(_NOBODY, gettext("Nobody")), *((str(number), name) for number, name in found)]


def cause_choices() -> list[tuple[str, str]]:
    """Give the causes that a person can say; a duplicate has its own act."""
    return [pair for pair in choices(IncidentCause) if pair[0] != IncidentCause.DUPLICATE.value]


def read_technician(form: Form) -> int | None:
    """Read the chosen login; what is no number is refused with 422."""
    text = form.value("technician_id")
    if text in ("", _NOBODY):
        return None
    key = row_key(text)
    if key is None:
        refuse(gettext("%(name)s is no row of this list.", name=text[:40]))
    return key


def _page(name: str) -> ResponseReturnValue:
    view = incident_view(name)
    number = number_of(view.request.text)
    if number is not None and len(view.rows) == 1 and view.rows[0].id == number:
        return redirect(view.rows[0].url)
    return render_list("incidents/list.html", view, name=name, me=actor().user_id)


def _as_mine(form: Form) -> Form:
    values = {**form.values, "technician_id": [str(actor().user_id or 0)], "is_confirmed": ["1"]}
    return Form(values)


def _act(session: Any, action: str, ids: Sequence[int], form: Form) -> int | None:
    """Do it as one act; gives the act, unless nothing has changed."""
    with as_one_act(session, actor(), action, now(), count=len(ids)) as act:
        _decide(session, action, ids, form)
    return act.id if act is not None and act.row_count else None


def _decide(session: Any, action: str, ids: Sequence[int], form: Form) -> None:
    moment = now()
    if action == "assign":
        service.assign(session, actor(), ids, read_technician(form), at=moment)
    elif action == "close":
        how, cause = form.value("resolution"), form.value("cause")
        incident_steps.close_many(session, actor(), ids, how, cause, at=moment)
    elif action == "confirm":
        incident_drafts.confirm(session, actor(), ids, at=moment)
    else:
        incident_drafts.dismiss(session, actor(), ids, form.value("reason"), at=moment)


def _preview(form: Form, action: str, rows: Sequence[Any], refused: int) -> str:
    titles = {
        "assign": pgettext("incidents", "Assign"),
        "close": pgettext("incidents", "Close"),
        "confirm": pgettext("incidents", "Confirm"),
        "dismiss": pgettext("incidents", "Dismiss"),
    }
    return render_template(
        "incidents/bulk.html",
        form=form if form.problems else filled(),
        rows=rows,
        shown=rows[:_SHOWN],
        refused=refused,
        action=action,
        title=titles[action],
        filters=_back(form),
        technicians=technician_choices(),
        causes=cause_choices(),
        number_text=number_text,
    )


def _chosen(form: Form) -> list[int]:
    """Give the ids that a form names: its ticks, or all that match the filters of the list."""
    if form.is_checked("all"):
        address = form.value("filters")
        chosen: dict[str, tuple[str, ...]] = {}
        for name, value in pairs_of(address):
            chosen[name] = (*chosen.get(name, ()), value)
        path = address.partition("?")[0]
        view = next((one for one, name in _VIEWS.items() if url_for(name) == path), "open")
        text = next(iter(chosen.get("q", ())), "")[:200]
        session = db.session()
        wanted = filter_of(view, text, chosen, read_places(session))
        ids = query.incident_ids(session, wanted, now(), _MOST_AT_ONCE + 1)
    else:
        ids = read_ids(form)
    if not ids:
        abort(400, description=gettext("Nothing is ticked."))
    if len(ids) > _MOST_AT_ONCE:
        refuse(gettext("At most %(num)s at once.", num=_MOST_AT_ONCE))
    return ids


def _back(form: Form) -> str:
    """Give the list that the form came from, with its filters."""
    path = local_path(form.value("filters"))
    return path if path.startswith(url_for("incidents.index")) else url_for("incidents.index")
