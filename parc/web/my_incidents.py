"""What requesters see: their equipment, their incidents, and reporting a fault from a label."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from parc.errors import InvalidInputError, NotFoundError
from parc.extensions import db, transaction
from parc.models import Incident, IncidentCategory, IncidentKind, IncidentState, Level
from parc.queries import incident_sheet as query
from parc.queries.documents import public_documents
from parc.queries.labels import LabelRow, asset_of_tag
from parc.services import incident_links, incident_steps
from parc.services import incidents as service
from parc.services.documents import MOST_AT_ONCE, TakenFile, attach_own
from parc.services.incident_values import IncidentInput, number_text
from parc.services.permissions import Action
from parc.web.access import actor, requires
from parc.web.cells import CellWriter
from parc.web.context import now, settings
from parc.web.documents import send_document, sent_files, take_in, takes_megabytes
from parc.web.forms import Form, filled, read_form
from parc.web.labels import choices
from parc.web.listing import page_key
from parc.web.messages import tell

my_incidents = Blueprint("my_incidents", __name__)

_MOST_ASSETS = 100
_ROWS = 50
# Of one file of a requester, whatever technicians may add.
_MOST_MEGABYTES = 20
_FILES = ("photo", "file")
LABELS = {
    "title": _("What is wrong"),
    "text": _("Description"),
    "kind": _("What it is"),
    "category": _("Category"),
    "is_blocking": _("I cannot work because of it"),
    "reason": _("Why it is not resolved"),
    "message": _("Message"),
    "file": _("Pictures or other files"),
}
_FIELDS = ("title", "text", "kind", "category", "is_blocking")


@my_incidents.get("/my")
@requires(Action.REPORT_FAULT)
def show() -> ResponseReturnValue:
    """Show what the login's person holds, and what the login has reported."""
    session, moment = db.session(), now()
    user_id = actor().user_id
    person = query.person_of(session, user_id) if user_id is not None else None
    before = page_key("before")
    rows = query.own_incidents(session, user_id or 0, before, _ROWS + 1)
    next_url = ""
    if len(rows) > _ROWS:
        rows = rows[:_ROWS]
        next_url = url_for("my_incidents.show", before=rows[-1].id)
    return render_template(
        "my_incidents/show.html",
        person_of_login=person,
        assets=query.own_assets(session, person.id, _MOST_ASSETS) if person else [],
        rows=rows,
        next_url=next_url,
        number_text=number_text,
        write=CellWriter(moment),
    )


@my_incidents.get("/my/report")
@requires(Action.REPORT_FAULT)
def report() -> ResponseReturnValue:
    """Show the form for what is about no machine in particular."""
    return _report_page(_blank(), None)


@my_incidents.post("/my/report")
@takes_megabytes(MOST_AT_ONCE * _MOST_MEGABYTES)
@requires(Action.REPORT_FAULT)
def send_report() -> ResponseReturnValue:
    """Report it."""
    return _send(None)


@my_incidents.get("/a/<tag>/report")
@requires(Action.REPORT_FAULT)
def report_asset(tag: str) -> ResponseReturnValue:
    """Show the form for the machine of a label: its tag and model, nothing else of it."""
    return _report_page(_blank(), _labelled(tag))


@my_incidents.post("/a/<tag>/report")
@takes_megabytes(MOST_AT_ONCE * _MOST_MEGABYTES)
@requires(Action.REPORT_FAULT)
def send_report_asset(tag: str) -> ResponseReturnValue:
    """Report a fault of the machine."""
    return _send(_labelled(tag))


@my_incidents.get("/my/incidents/<int:incident_id>")
@requires(Action.REPORT_FAULT)
def incident(incident_id: int) -> ResponseReturnValue:
    """Show one of the own incidents, with what is public of it."""
    return _incident_page(incident_id, filled())


@my_incidents.post("/my/incidents/<int:incident_id>/follow-up")
@takes_megabytes(MOST_AT_ONCE * _MOST_MEGABYTES)
@requires(Action.REPORT_FAULT)
def send_follow_up(incident_id: int) -> ResponseReturnValue:
    """Say something about an own incident, send files of it, or both."""
    form = read_form("text")
    _own(incident_id)
    try:
        files = _taken()
        with transaction() as session:
            said = form.value("text") if form.text("text") or not files else _names(files)
            incident_links.follow_up(session, actor(), incident_id, said, at=now())
            attach_own(session, actor(), incident_id, files, now=now())
    except InvalidInputError as error:
        return _incident_page(incident_id, form.refused(error)), 422
    tell(gettext("Your message is added."))
    return redirect(url_for("my_incidents.incident", incident_id=incident_id))


@my_incidents.post("/my/incidents/<int:incident_id>/reopen")
@requires(Action.REPORT_FAULT)
def send_reopen(incident_id: int) -> ResponseReturnValue:
    """Say that it is not resolved."""
    form = read_form("reason")
    _own(incident_id)
    try:
        with transaction() as session:
            incident_steps.reopen(session, actor(), incident_id, form.value("reason"), at=now())
    except InvalidInputError as error:
        return _incident_page(incident_id, form.refused(error)), 422
    tell(gettext("%(number)s is open again.", number=number_text(incident_id)))
    return redirect(url_for("my_incidents.incident", incident_id=incident_id))


@my_incidents.get("/my/incidents/<int:incident_id>/documents/<int:document_id>")
@requires(Action.REPORT_FAULT)
def download(incident_id: int, document_id: int) -> ResponseReturnValue:
    """Give out a file of an own incident that is public."""
    _own(incident_id)
    for row in public_documents(db.session(), incident_id):
        if row.id == document_id:
            return send_document(row)
    raise NotFoundError("There is no such document of your incident.")


def _names(files: Sequence[TakenFile]) -> str:
    """Say what was sent without a word, so that it stands among the messages."""
    return ", ".join(file.name for file in files)


def _taken() -> list[TakenFile]:
    """Take in the files of the form; closed when that is done.

    Raises:
        InvalidInputError: of ``file``.
    """
    with sent_files(*_FILES) as files:
        return take_in(files, _most_megabytes())


def _most_megabytes() -> int:
    return min(_MOST_MEGABYTES, settings().documents.max_megabytes)


def _own(incident_id: int) -> Incident:
    """Give an incident that the login has reported; any other is not there, whatever the role.

    Raises:
        NotFoundError: it is somebody else's, or none.
    """
    found = db.session.get(Incident, incident_id)
    if found is None or found.requester_id is None or found.requester_id != actor().user_id:
        raise NotFoundError("There is no such incident of yours.")
    return found


def _labelled(tag: str) -> LabelRow:
    row = asset_of_tag(db.session(), tag)
    if row is None:
        abort(404, description=gettext("No asset has the tag %(tag)s.", tag=tag[:60]))
    return row


def _blank() -> Form:
    return filled(kind=IncidentKind.INCIDENT.value, category=IncidentCategory.HARDWARE.value)


def _send(asset: LabelRow | None) -> ResponseReturnValue:
    form = read_form(*_FIELDS)
    given = IncidentInput(
        title=form.value("title"),
        text=form.value("text"),
        kind=form.value("kind"),
        category=form.value("category"),
        urgency=(Level.HIGH if form.is_checked("is_blocking") else Level.MEDIUM).value,
        requester_id=actor().user_id,
        asset_ids=[asset.asset_id] if asset else [],
    )
    try:
        files = _taken()
        with transaction() as session:
            number = service.open_incident(session, actor(), given, at=now()).id
            attach_own(session, actor(), number, files, now=now())
    except InvalidInputError as error:
        return _report_page(form.refused(error), asset), 422
    tell(gettext("Thank you: %(number)s is open.", number=number_text(number)))
    return redirect(url_for("my_incidents.incident", incident_id=number))


def _report_page(form: Form, asset: LabelRow | None) -> str:
    return render_template(
        "my_incidents/report.html",
        form=form,
        asset=asset,
        labels=LABELS,
        kinds=choices(IncidentKind),
        categories=choices(IncidentCategory),
        most_megabytes=_most_megabytes(),
        most_files=MOST_AT_ONCE,
    )


def _incident_page(incident_id: int, form: Form) -> str:
    found = _own(incident_id)
    session = db.session()
    return render_template(
        "my_incidents/incident.html",
        incident=found,
        number=number_text(incident_id),
        sheet=query.read_sheet(session, found, is_staff=False),
        assets=query.asset_labels(session, incident_id),
        form=form,
        labels=LABELS,
        files=public_documents(session, incident_id),
        most_megabytes=_most_megabytes(),
        most_files=MOST_AT_ONCE,
        can_reopen=found.state in (IncidentState.RESOLVED, IncidentState.CLOSED),
    )
