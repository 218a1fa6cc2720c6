"""Pages of people: the list, the sheet of one, forms, deletion, and hits while one types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as _in

from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import Person
from parc.queries import people as query
from parc.queries.departments import Departments, read_departments
from parc.queries.incidents import IncidentFilter
from parc.queries.keyset import Cursor, Order, Page, PageReader
from parc.queries.locations import Places, read_places
from parc.queries.movements import MovementFilter, movements_of
from parc.queries.people import PeopleFilter
from parc.services import people as service
from parc.services.people import PersonDraft, person_label
from parc.services.permissions import Action, may
from parc.services.uses import InUseError, count_uses
from parc.web.access import actor, requires
from parc.web.context import now, today
from parc.web.exports import ListFiles
from parc.web.formats import format_number, format_plain_date
from parc.web.forms import (
    SEEN,
    Form,
    check_unchanged,
    filled,
    of_stored,
    read_form,
)
from parc.web.incident_card import incident_card
from parc.web.listing import (
    ColumnSpec,
    Empty,
    Line,
    ListRequest,
    ListSpec,
    ListView,
    read_list,
    refuse,
    render_list,
)
from parc.web.messages import tell
from parc.web.movement_words import changes_of, kind_text, read_names
from parc.web.settling import settle_about
from parc.web.uses import use_texts

people = Blueprint("people", __name__)

LABELS: Final[Mapping[str, str]] = {
    "name": _("Name"),
    "email": _("E-mail address"),
    "phone": _("Telephone"),
    "department": _("Department"),
    "manager": _in("people", "Manager"),
    "site": _("Place of work"),
    "arrived_on": _("Arrived on"),
    "left_on": _("Left on"),
    "external_id": _("External number"),
    "notes": _("Notes"),
}
PRESENCE: Final[Mapping[str, str]] = {
    "present": _in("people", "Present"),
    "left": _in("people", "Left"),
}
_FIELDS: Final = tuple(LABELS)
_LIST: Final = ListSpec(
    "people.index", tuple(query.SORTS), "name", ("department", "site", "presence")
)
_MOST_SUGGESTED: Final = 12
_MOVEMENTS: Final = 10


@people.get("/people")
@requires(Action.VIEW_INVENTORY)
def index() -> ResponseReturnValue:
    """List people."""
    return render_list("people/list.html", _view(read_list(_LIST)))


@people.get("/people/suggest")
@requires(Action.VIEW_INVENTORY)
def suggest() -> ResponseReturnValue:
    """Give who matches what is typed, as options of a field."""
    text = next(iter(request.args.values()), "")[:200]
    found = query.suggest_people(db.session(), text, _MOST_SUGGESTED, today())
    texts = [person_label(row.name, row.email, row.external_id, row.id) for row in found]
    return render_template("places/_suggest.html", texts=texts)


@people.get("/people/<int:person_id>")
@requires(Action.VIEW_INVENTORY)
def show(person_id: int) -> ResponseReturnValue:
    """Show a person: who they are, what they hold, what they look after."""
    sheet = query.read_person_sheet(db.session(), person_id)
    row = sheet.person
    return render_template(
        "people/show.html",
        sheet=sheet,
        row=row,
        department=read_departments(db.session()).path(row.department_id),
        site=read_places(db.session()).path(row.site_id),
        movements=_movements(person_id),
        kind_text=kind_text,
        changes_of=changes_of,
        has_left=row.left_on is not None and row.left_on < today(),
        today=today(),
        **incident_card(IncidentFilter("all", people=(person_id,)), person=person_id),
    )


@people.get("/people/new")
@requires(Action.EDIT_PERSON)
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return _form_page(filled())


@people.post("/people/new")
@requires(Action.EDIT_PERSON)
def send_new() -> ResponseReturnValue:
    """Add a person."""
    return _send(None)


@people.get("/people/<int:person_id>/edit")
@requires(Action.EDIT_PERSON)
def edit(person_id: int) -> ResponseReturnValue:
    """Show the form of a person."""
    row = query.read_person(db.session(), person_id)
    return _form_page(_form_of(row), row)


def _form_of(row: Person) -> Form:
    session = db.session()
    manager = None if row.manager_id is None else query.read_person(session, row.manager_id)
    label = (
        person_label(manager.name, manager.email, manager.external_id, manager.id)
        if manager
        else ""
    )
    return of_stored(
        name=row.name,
        email=row.email,
        phone=row.phone,
        department=read_departments(session).path(row.department_id),
        manager=label,
        site=read_places(session).path(row.site_id),
        arrived_on=row.arrived_on.isoformat() if row.arrived_on else "",
        left_on=row.left_on.isoformat() if row.left_on else "",
        external_id=row.external_id,
        notes=row.notes,
    )


@people.post("/people/<int:person_id>/edit")
@requires(Action.EDIT_PERSON)
def send_edit(person_id: int) -> ResponseReturnValue:
    """Change a person."""
    return _send(query.read_person(db.session(), person_id))


@people.get("/people/<int:person_id>/delete")
@requires(Action.DELETE_PERSON)
def delete(person_id: int) -> ResponseReturnValue:
    """Ask before deleting, or say what stands in the way."""
    return _delete_page(person_id)


@people.post("/people/<int:person_id>/delete")
@requires(Action.DELETE_PERSON)
def send_delete(person_id: int) -> ResponseReturnValue:
    """Delete a person."""
    read_form()
    try:
        with transaction() as session:
            name = service.delete_person(session, actor(), person_id, at=now())
    except InUseError:
        return _delete_page(person_id), 409
    tell(gettext("%(name)s is deleted.", name=name))
    return redirect(url_for("people.index"))


def _movements(person_id: int) -> list[Any]:
    rows = movements_of(db.session(), MovementFilter(person_ids=[person_id]), _MOVEMENTS)
    read_names(rows)
    return rows


def _send(row: Person | None) -> ResponseReturnValue:
    form = read_form(*_FIELDS, SEEN)
    if row is not None:
        check_unchanged(form, _form_of(row))
    draft = PersonDraft(**{name: form.value(name) for name in _FIELDS})
    try:
        with transaction() as session:
            saved = service.save_person(
                session, actor(), draft, at=now(), person_id=row.id if row else None
            )
            number, name = saved.id, saved.name
            settle_about(session, assets=query.held_by(session, number), people=[number])
    except InvalidInputError as error:
        return _form_page(form.refused(error), row), 422
    tell(gettext("%(name)s is saved.", name=name))
    return redirect(url_for("people.show", person_id=number))


def _form_page(form: Form, row: Person | None = None) -> str:
    departments = [one.path for one in read_departments(db.session()).by_id.values()]
    return render_template(
        "people/edit.html", form=form, row=row, labels=LABELS, departments=departments
    )


def _delete_page(person_id: int) -> str:
    row = query.read_person(db.session(), person_id)
    uses = use_texts(count_uses(db.session(), "person", person_id, but=("user", "inbox_entry")))
    return render_template("people/delete.html", row=row, uses=uses)


def _filter(wanted: ListRequest, departments: Departments, places: Places) -> PeopleFilter:
    chosen = wanted.chosen
    presence = set(chosen.get("presence", ()))
    if presence - PRESENCE.keys():
        refuse(gettext("The filter %(name)s cannot be read.", name="presence"))
    return PeopleFilter(
        wanted.text,
        [i for v in wanted.keys("department") for i in departments.within(v)],
        [i for v in wanted.keys("site") for i in places.within(v)],
        "present" in presence if len(presence) == 1 else None,
        today(),
    )


def _view(wanted: ListRequest) -> ListView:
    session = db.session()
    departments, places = read_departments(session), read_places(session)
    order = Order(query.SORTS[wanted.sort], Person.id, wanted.is_descending)
    narrowed = _filter(wanted, departments, places)
    found = query.list_people(session, narrowed, order, wanted.cursor(order.sort), wanted.size)
    by_department = query.count_by(session, "department_id", narrowed)
    by_site = query.count_by(session, "site_id", narrowed)
    facets = [
        wanted.facet(
            "presence",
            gettext("Presence"),
            query.count_presence(session, narrowed),
            lambda v: str(PRESENCE[v]),
        ),
        wanted.facet(
            "department",
            gettext("Department"),
            by_department,
            lambda v: departments.path(int(v)) or f"#{v}",
        ),
        wanted.facet(
            "site", gettext("Place of work"), by_site, lambda v: places.path(int(v)) or f"#{v}"
        ),
    ]
    columns = [
        ColumnSpec("name", gettext("Name")),
        ColumnSpec("email", gettext("E-mail address"), is_wide=True),
        ColumnSpec("department", gettext("Department"), is_sortable=False),
        ColumnSpec("site", gettext("Place of work"), is_sortable=False),
        ColumnSpec("phone", gettext("Telephone"), is_sortable=False),
        ColumnSpec("held", gettext("Holds"), is_sortable=False, is_number=True),
        ColumnSpec("left_on", gettext("Left on"), is_sortable=False),
    ]
    previous_url, next_url = wanted.pages(found.page)
    return ListView(
        request=wanted,
        caption=gettext("People"),
        heads=wanted.heads(columns),
        rows=[
            _line(row, found.held.get(row.id, 0), departments, places) for row in found.page.rows
        ],
        count=found.count,
        count_text=ngettext(
            "%(count)s person", "%(count)s people", found.count, count=format_number(found.count)
        ),
        empty=_empty(wanted),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
        search_label=gettext("Filter by a part of a name, e-mail address or number"),
    )


def _line(row: Any, held: int, departments: Departments, places: Places) -> Line:
    cells = [
        row.email or "—",
        departments.path(row.department_id) or "—",
        places.path(row.site_id) or "—",
        row.phone or "—",
        format_number(held) if held else "—",
        format_plain_date(row.left_on) or "—",
    ]
    return Line(row.id, url_for("people.show", person_id=row.id), row.name, cells)


def _empty(wanted: ListRequest) -> Empty:
    if wanted.is_narrowed:
        return Empty(gettext("Nobody matches."), gettext("Take a filter away, or search less."))
    if may(actor(), Action.EDIT_PERSON):
        return Empty(
            gettext("There is nobody yet."),
            gettext("People hold assets; they need no login."),
            url_for("people.new"),
            gettext("Add a person"),
        )
    return Empty(gettext("There is nobody yet."))


def _reader() -> PageReader:
    wanted, session = read_list(_LIST), db.session()
    departments, places = read_departments(session), read_places(session)
    narrowed = _filter(wanted, departments, places)
    order = wanted.order(query.SORTS, Person.id)

    def read(part: Any, cursor: Cursor | None, size: int) -> Page:
        page = query.people_page(part, narrowed, order, cursor, size)
        managers = query.read_managers(part, [row.id for row in page.rows])
        rows = [
            [
                row.name,
                row.email or "",
                row.phone or "",
                departments.path(row.department_id) or "",
                managers.get(row.id, ("", ""))[0],
                places.path(row.site_id) or "",
                row.arrived_on.isoformat() if row.arrived_on else "",
                row.left_on.isoformat() if row.left_on else "",
                row.external_id or "",
                managers.get(row.id, ("", ""))[1],
            ]
            for row in page.rows
        ]
        return replace(page, rows=rows)

    return read


ListFiles(lambda: [str(text) for text in LABELS.values()], _reader, list).offer(
    people, "/people/export"
)
