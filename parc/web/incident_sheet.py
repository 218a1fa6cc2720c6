"""The sheet of one incident: its text, what is known of its assets, and what comes next."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from parc.errors import FieldProblem, InvalidInputError
from parc.extensions import db, transaction
from parc.models import DocumentSubject, IncidentLinkKind, IncidentState
from parc.queries import incident_sheet as query
from parc.queries.locations import read_places
from parc.queries.movements import MovementFilter
from parc.row_keys import row_key
from parc.services import incident_drafts, incident_links, incident_steps
from parc.services import incidents as service
from parc.services.incident_states import OPEN, TRANSITIONS
from parc.services.incident_values import number_of, number_text
from parc.services.permissions import Action
from parc.web import incident_forms  # noqa: F401 -- adds its pages to the same blueprint
from parc.web.access import actor, requires
from parc.web.asset_cover import cover_line
from parc.web.cells import CellWriter
from parc.web.context import now
from parc.web.dates import read_minute
from parc.web.documents import document_card, receive, takes_files
from parc.web.forms import Form, filled, read_form
from parc.web.history import action_label, field_label, value_text
from parc.web.incident_labels import LINKED_FROM
from parc.web.incident_words import draft_text, history_lines, urgency_text
from parc.web.incidents import cause_choices, incidents, read_technician, technician_choices
from parc.web.labels import choices
from parc.web.listing import refuse
from parc.web.messages import tell
from parc.web.movements import movement_card
from parc.web.where import CERTAINTIES, port_url, switch_url

__all__ = ["incidents"]

_ENTRIES = 50
_STEPS = ("take", "plan", "wait", "resolve", "close", "reopen", "assign", "confirm", "dismiss")
_STEP_FIELDS = (
    "action", "planned_for", "waiting_for", "resolution", "cause", "reason", "technician_id",
)  # fmt: skip
LABELS = {
    "planned_for": _("Visit on"),
    "waiting_for": _("What it waits for"),
    "resolution": _("How it was resolved"),
    "cause": _("Cause"),
    "reason": _("Reason"),
    "technician_id": _("Technician"),
    "text": _("Follow-up"),
    "minutes": _("Minutes spent"),
    "other": _("Number of the other incident"),
    "link_kind": _("How they hang together"),
    "state": _("State"),
}


@incidents.get("/incidents/<int:incident_id>")
@requires(Action.VIEW_INCIDENT)
def show(incident_id: int) -> ResponseReturnValue:
    """Show one incident."""
    return _page(incident_id, filled())


@incidents.post("/incidents/<int:incident_id>/step")
@requires(Action.EDIT_INCIDENT)
def send_step(incident_id: int) -> ResponseReturnValue:
    """Move an incident along, or give it to somebody."""
    form = read_form(*_STEP_FIELDS)
    action = form.value("action")
    if action not in _STEPS:
        refuse(gettext("%(name)s is no act.", name=action[:40]))
    try:
        with transaction() as session:
            _step(session, incident_id, action, form)
    except InvalidInputError as error:
        return _page(incident_id, form.refused(error), action), 422
    tell(gettext("%(number)s was changed.", number=number_text(incident_id)))
    return redirect(url_for("incidents.show", incident_id=incident_id))


@incidents.post("/incidents/<int:incident_id>/follow-up")
@requires(Action.EDIT_INCIDENT)
def send_follow_up(incident_id: int) -> ResponseReturnValue:
    """Add a follow-up."""
    form = read_form("text", "is_public", "minutes")
    try:
        with transaction() as session:
            incident_links.follow_up(
                session,
                actor(),
                incident_id,
                form.value("text"),
                at=now(),
                is_public=form.is_checked("is_public"),
                minutes=form.value("minutes"),
            )
    except InvalidInputError as error:
        return _page(incident_id, form.refused(error), "follow_up"), 422
    tell(gettext("The follow-up is added."))
    return redirect(url_for("incidents.show", incident_id=incident_id) + "#follow-ups")


@incidents.post("/incidents/<int:incident_id>/link")
@requires(Action.EDIT_INCIDENT)
def send_link(incident_id: int) -> ResponseReturnValue:
    """Link two incidents; one that is a duplicate is closed, after a look at both."""
    form = read_form("other", "link_kind", "is_confirmed")
    is_duplicate = form.value("link_kind") == IncidentLinkKind.DUPLICATE_OF.value
    act = None
    try:
        other = number_of(form.text("other")) or _plain_number(form.text("other"))
        if is_duplicate and not form.is_checked("is_confirmed"):
            return _ask_duplicate(incident_id, other)
        with transaction() as session:
            if is_duplicate:
                act = incident_links.merge_duplicate(session, actor(), incident_id, other, at=now())
            else:
                incident_links.link(
                    session, actor(), incident_id, other, form.value("link_kind"), at=now()
                )
    except InvalidInputError as error:
        return _page(incident_id, form.refused(error), "link"), 422
    names = {"number": number_text(incident_id), "other": number_text(other)}
    merged = gettext("%(number)s is closed as a duplicate of %(other)s.", **names)
    tell(
        merged if is_duplicate else gettext("The incidents are linked."),
        url=url_for("changes.show", change_set_id=act.id) if act else "",
        link=gettext("Undo it under Changes") if act else "",
    )
    return redirect(url_for("incidents.show", incident_id=other if is_duplicate else incident_id))


@incidents.post("/incidents/<int:incident_id>/unlink/<int:other_id>")
@requires(Action.EDIT_INCIDENT)
def send_unlink(incident_id: int, other_id: int) -> ResponseReturnValue:
    """Take back a link."""
    read_form()
    with transaction() as session:
        incident_links.unlink(session, actor(), incident_id, other_id, at=now())
    tell(gettext("The link is removed."))
    return redirect(url_for("incidents.show", incident_id=incident_id))


@incidents.post("/incidents/<int:incident_id>/documents")
@requires(Action.EDIT_INCIDENT)
@takes_files
def send_document(incident_id: int) -> ResponseReturnValue:
    """Add a document to an incident."""
    incident = query.read_incident(db.session(), incident_id)
    back = url_for("incidents.show", incident_id=incident_id) + "#documents"
    name = f"{number_text(incident_id)} {incident.title}"
    return receive(DocumentSubject.INCIDENT, incident_id, name, back)


def _step(session: Any, incident_id: int, action: str, form: Form) -> None:
    who, moment = actor(), now()
    if action == "take":
        incident_steps.take(session, who, incident_id, at=moment)
    elif action == "plan":
        visit = read_minute("planned_for", form.text("planned_for"))
        if visit is None:
            raise InvalidInputError([FieldProblem("planned_for", "required")])
        incident_steps.plan_visit(session, who, incident_id, visit, at=moment)
    elif action == "wait":
        incident_steps.wait(session, who, incident_id, form.value("waiting_for"), at=moment)
    elif action == "resolve":
        how, cause = form.value("resolution"), form.value("cause")
        incident_steps.resolve(session, who, incident_id, how, cause, at=moment)
    elif action == "close":
        incident_steps.close(session, who, incident_id, at=moment)
    elif action == "reopen":
        incident_steps.reopen(session, who, incident_id, form.value("reason"), at=moment)
    elif action == "assign":
        service.assign(session, who, [incident_id], read_technician(form), at=moment)
    elif action == "confirm":
        incident_drafts.confirm(session, who, [incident_id], at=moment)
    else:
        incident_drafts.dismiss(session, who, [incident_id], form.value("reason"), at=moment)


def _page(incident_id: int, form: Form, opened: str = "") -> str:
    session, moment = db.session(), now()
    incident = query.read_incident(session, incident_id)
    places = read_places(session)
    aside = query.read_aside(session, incident, moment)
    following = TRANSITIONS[incident.state]
    is_open = incident.state in OPEN
    return render_template(
        "incidents/show.html",
        incident=incident,
        number=number_text(incident_id),
        number_text=number_text,
        draft_text=draft_text(incident),
        urgency=urgency_text(incident.urgency),
        sheet=query.read_sheet(session, incident, is_staff=True),
        aside=aside,
        history=history_lines(query.incident_history(session, incident_id, _ENTRIES)),
        place=places.path(incident.location_id),
        paths={number: place.path for number, place in places.by_id.items()},
        form=form,
        opened=opened,
        labels=LABELS,
        is_open=is_open,
        can={
            "take": is_open and IncidentState.IN_PROGRESS in following,
            "plan": is_open,
            "wait": is_open,
            "resolve": is_open,
            "close": IncidentState.CLOSED in following,
            "reopen": incident.state in (IncidentState.RESOLVED, IncidentState.CLOSED),
            "draft": incident.state is IncidentState.DRAFT,
        },
        technicians=technician_choices(),
        causes=cause_choices(),
        link_kinds=choices(IncidentLinkKind),
        linked_from=LINKED_FROM,
        write=CellWriter(moment),
        action_label=action_label,
        field_label=field_label,
        value_text=value_text,
        certainties=CERTAINTIES,
        switch_url=switch_url,
        port_url=port_url,
        **movement_card(MovementFilter(incident_ids=[incident_id]), incident=incident_id),
        cover=cover_line(aside.assets[0].asset.id) if aside.assets else None,
        card_documents=document_card(
            DocumentSubject.INCIDENT,
            incident_id,
            url_for("incidents.send_document", incident_id=incident_id),
        ),
    )


def _ask_duplicate(incident_id: int, other_id: int) -> str:
    session = db.session()
    incident = query.read_incident(session, incident_id)
    other = session.get(type(incident), other_id)
    if other is None or other is incident:
        raise InvalidInputError([FieldProblem("other", "not_found", number_text(other_id))])
    return render_template(
        "incidents/duplicate.html",
        incident=incident,
        other=other,
        number_text=number_text,
        kind=IncidentLinkKind.DUPLICATE_OF.value,
    )


def _plain_number(text: str) -> int:
    key = row_key(text)
    if key is None:
        raise InvalidInputError([FieldProblem("other", "not_found", text[:40])])
    return key
