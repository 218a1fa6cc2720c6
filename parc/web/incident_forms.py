"""Forms that open an incident and change what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as _in

from parc.errors import FieldProblem, InvalidInputError
from parc.extensions import db, transaction
from parc.models import Incident, IncidentCategory, IncidentKind, Level, Priority
from parc.queries import incidents as query
from parc.queries.incident_sheet import read_incident
from parc.queries.locations import read_places
from parc.row_keys import row_key
from parc.services import incidents as service
from parc.services.incident_values import IncidentInput, number_text
from parc.services.people import find_person
from parc.services.permissions import Action
from parc.web.access import actor, requires
from parc.web.context import now
from parc.web.forms import Form, filled, read_form
from parc.web.incident_words import urgency_choices
from parc.web.incidents import incidents, read_technician, technician_choices
from parc.web.labels import choices
from parc.web.messages import tell

__all__ = ["incidents"]

LABELS = {
    "title": _in("incident", "Title"),
    "text": _("Description"),
    "kind": _in("incident", "Kind"),
    "category": _("Category"),
    "impact": _("Impact"),
    "urgency": _("Urgency"),
    "priority": _("Priority"),
    "priority_reason": _("Why another priority"),
    "requester": _("Requester"),
    "requester_id": _("Requester"),
    "requester_person_id": _("Requester"),
    "requester_name": _("Requester"),
    "person": _("Requester"),
    "location_id": _("Place"),
    "technician_id": _("Technician"),
    "assets": _in("incident", "Assets"),
}
_FIELDS = (
    "title", "text", "kind", "category", "impact", "urgency", "priority", "priority_reason",
    "requester", "location_id", "technician_id", "assets",
)  # fmt: skip


@incidents.get("/incidents/new")
@requires(Action.EDIT_INCIDENT)
def new() -> ResponseReturnValue:
    """Show the form; an asset may be named in the address, as its sheet does."""
    tag = request.args.get("asset", "")[:60]
    me = actor().user_id
    return _form_page(
        filled(
            kind=IncidentKind.INCIDENT.value,
            category=IncidentCategory.HARDWARE.value,
            impact=Level.MEDIUM.value,
            urgency=Level.MEDIUM.value,
            assets=tag,
            technician_id=str(me or 0),
        )
    )


@incidents.post("/incidents/new")
@requires(Action.EDIT_INCIDENT)
def send_new() -> ResponseReturnValue:
    """Open an incident."""
    form = read_form(*_FIELDS)
    try:
        with transaction() as session:
            given = replace(read_input(form), technician_id=read_technician(form))
            made = service.open_incident(session, actor(), given, at=now())
            number = made.id
    except InvalidInputError as error:
        return _form_page(form.refused(error)), 422
    tell(gettext("%(number)s is open.", number=number_text(number)))
    return redirect(url_for("incidents.show", incident_id=number))


@incidents.get("/incidents/<int:incident_id>/edit")
@requires(Action.EDIT_INCIDENT)
def edit(incident_id: int) -> ResponseReturnValue:
    """Show what can be changed."""
    incident = read_incident(db.session(), incident_id)
    computed = incident.priority_reason is None
    form = filled(
        title=incident.title,
        text=incident.text,
        kind=incident.kind.value,
        category=incident.category.value,
        impact=incident.impact.value,
        urgency=incident.urgency.value,
        priority="" if computed else incident.priority.value,
        priority_reason=incident.priority_reason,
        requester=incident.requester_name,
        location_id=str(incident.location_id or ""),
        assets=" ".join(query.tags_of(db.session(), incident_id)),
        version=str(incident.version),
    )
    return _form_page(form, incident)


@incidents.post("/incidents/<int:incident_id>/edit")
@requires(Action.EDIT_INCIDENT)
def send_edit(incident_id: int) -> ResponseReturnValue:
    """Change what an incident says."""
    form = read_form(*_FIELDS, "version")
    incident = read_incident(db.session(), incident_id)
    try:
        with transaction() as session:
            given = _with_same_requester(read_input(form), form, incident)
            service.edit_incident(
                session, actor(), incident_id, given, version=_version(form), at=now()
            )
    except InvalidInputError as error:
        return _form_page(form.refused(error), incident), 422
    tell(gettext("%(number)s was changed.", number=number_text(incident_id)))
    return redirect(url_for("incidents.show", incident_id=incident_id))


def read_input(form: Form) -> IncidentInput:
    """Read the fields; assets are named by their tags, the requester as people are named.

    Raises:
        InvalidInputError: a tag is none, or several people bear the name.
    """
    session = db.session()
    tags = form.value("assets").replace(",", " ").replace(";", " ").split()
    ids, missing = query.find_tags(session, tags)
    if missing:
        problem = FieldProblem("assets", "not_found", ", ".join(missing)[:100])
        raise InvalidInputError([problem])
    place = form.value("location_id")
    if place and row_key(place) is None:
        raise InvalidInputError([FieldProblem("location_id", "not_found", place[:40])])
    name = form.text("requester")
    return IncidentInput(
        title=form.value("title"),
        text=form.value("text"),
        kind=form.value("kind"),
        category=form.value("category"),
        impact=form.value("impact"),
        urgency=form.value("urgency"),
        priority=form.value("priority"),
        priority_reason=form.value("priority_reason"),
        requester_person_id=_person(name) if name else None,
        requester_name=name,
        location_id=row_key(place),
        asset_ids=ids,
    )


def _person(name: str) -> int | None:
    """Give the person of a name, None for somebody of whom Parc knows nothing.

    Raises:
        InvalidInputError: several bear it.
    """
    try:
        return find_person(db.session(), name)
    except InvalidInputError as error:
        if any(problem.code == "several" for problem in error.problems):
            problems = [FieldProblem("requester", p.code, p.value) for p in error.problems]
            raise InvalidInputError(problems) from error
        return None


def _with_same_requester(given: IncidentInput, form: Form, incident: Incident) -> IncidentInput:
    """Keep login and person of a requester whose name was left as it is."""
    if form.text("requester") != incident.requester_name:
        return given
    return replace(
        given,
        requester_id=incident.requester_id,
        requester_person_id=incident.requester_person_id,
    )


def _version(form: Form) -> int:
    version = row_key(form.value("version"))
    if version is None:
        abort(400)
    return version


def _form_page(form: Form, incident: Incident | None = None) -> str:
    places = read_places(db.session()).by_id.values()
    return render_template(
        "incidents/edit.html",
        form=form,
        incident=incident,
        number=number_text(incident.id) if incident else "",
        labels=LABELS,
        kinds=choices(IncidentKind),
        categories=choices(IncidentCategory),
        levels=choices(Level),
        urgencies=urgency_choices(),
        priorities=_priorities(),
        places=[("", "—"), *((str(place.id), place.path) for place in places)],
        technicians=technician_choices(),
    )


def _priorities() -> Sequence[tuple[str, str]]:
    return [("", gettext("By impact and urgency")), *choices(Priority)]
