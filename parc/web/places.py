"""The sheet of a place, its outlets, its form, its deletion; the list is in ``place_list.py``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import available_timezones

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import Location, LocationKind
from parc.queries import rooms as query
from parc.queries.incidents import IncidentFilter
from parc.queries.locations import Place, Places, read_places
from parc.queries.movements import MovementFilter, movements_of
from parc.row_keys import row_key
from parc.services import outlets as outlet_service
from parc.services import places as service
from parc.services.outlets import OutletDraft
from parc.services.permissions import Action
from parc.services.places import PlaceDraft, draft_of
from parc.services.uses import InUseError, count_uses
from parc.web.access import actor, requires
from parc.web.context import now
from parc.web.forms import (
    SEEN,
    Form,
    check_unchanged,
    filled,
    of_stored,
    read_form,
)
from parc.web.incident_card import incident_card
from parc.web.labels import choices
from parc.web.messages import tell
from parc.web.movement_words import changes_of, kind_text, read_names
from parc.web.place_list import places
from parc.web.uses import use_texts

__all__ = ["places"]

LABELS: Final[Mapping[str, str]] = {
    "name": _("Name"),
    "kind": _("Level"),
    "parent": _("Lies in"),
    "code": _("Code"),
    "address": _("Address"),
    "postal_code": _("Postal code"),
    "city": _("City"),
    "time_zone": _("Time zone"),
    "notes": _("Notes"),
}
OUTLET_LABELS: Final[Mapping[str, str]] = {
    "label": _("Outlet"),
    "switch_tag": _("Switch (asset tag)"),
    "if_name": _("Port"),
    "notes": _("Notes"),
}
_FIELDS: Final = tuple(LABELS)
_OUTLET_FIELDS: Final = tuple(OUTLET_LABELS)
_MOST_SUGGESTED: Final = 12
_MOVEMENTS: Final = 20
_GO_ALONG: Final = ("wall_outlet", "inbox_entry")


@places.get("/places/suggest")
@requires(Action.VIEW_INVENTORY)
def suggest() -> ResponseReturnValue:
    """Give the paths that hold what is typed, as options of a field."""
    text = next(iter(request.args.values()), "")[:200]
    paths = {place.id: place.path for place in read_places(db.session()).by_id.values()}
    found = query.suggest_places(paths, text, _MOST_SUGGESTED)
    return render_template("places/_suggest.html", texts=found)


@places.get("/places/<int:place_id>")
@requires(Action.VIEW_INVENTORY)
def show(place_id: int) -> ResponseReturnValue:
    """Show a place: what lies in it, what should be there, what was last seen on its outlets."""
    session = db.session()
    row = query.read_place(session, place_id)
    tree = read_places(session)
    within = tree.within(place_id)
    counts = query.count_assets(session)
    inner = [place for place in tree.by_id.values() if place.parent_id == place_id]
    outlets = query.read_outlets(session, place_id)
    seen = {one.asset_id for line in outlets for one in line.seen}
    return render_template(
        "places/show.html",
        row=row,
        ancestors=_ancestors(tree, row),
        zone=_zone(tree, row),
        inner=[(place, sum(counts.get(i, 0) for i in tree.within(place.id))) for place in inner],
        assets=query.read_assets(session, within),
        asset_count=sum(counts.get(i, 0) for i in within),
        outlets=outlets,
        within=frozenset(within),
        seen=seen,
        movements=_movements(place_id),
        kind_text=kind_text,
        changes_of=changes_of,
        names=tree.names_within(place_id),
        **incident_card(IncidentFilter("all", places=tuple(within)), place=place_id),
    )


@places.get("/places/new")
@requires(Action.EDIT_PLACE)
def new() -> ResponseReturnValue:
    """Show an empty form; within a place when the address names one."""
    tree = read_places(db.session())
    parent = tree.by_id.get(row_key(request.args.get("parent", "")) or 0)
    kind = LocationKind.SITE
    if parent is not None:
        level = service.LEVELS.index(parent.kind) + 1
        kind = service.LEVELS[min(level, len(service.LEVELS) - 1)]
    return _form_page(filled(kind=kind.value, parent=parent.path if parent else ""))


@places.post("/places/new")
@requires(Action.EDIT_PLACE)
def send_new() -> ResponseReturnValue:
    """Add a place."""
    return _send(None)


@places.get("/places/<int:place_id>/edit")
@requires(Action.EDIT_PLACE)
def edit(place_id: int) -> ResponseReturnValue:
    """Show the form of a place."""
    row = query.read_place(db.session(), place_id)
    return _form_page(_form_of(row), row)


@places.post("/places/<int:place_id>/edit")
@requires(Action.EDIT_PLACE)
def send_edit(place_id: int) -> ResponseReturnValue:
    """Change a place."""
    return _send(query.read_place(db.session(), place_id))


@places.get("/places/<int:place_id>/delete")
@requires(Action.DELETE_PLACE)
def delete(place_id: int) -> ResponseReturnValue:
    """Ask before deleting, or say what stands in the way."""
    return _delete_page(place_id)


@places.post("/places/<int:place_id>/delete")
@requires(Action.DELETE_PLACE)
def send_delete(place_id: int) -> ResponseReturnValue:
    """Delete a place with its outlets."""
    read_form()
    try:
        with transaction() as session:
            name = service.delete_place(session, actor(), place_id, at=now())
    except InUseError:
        return _delete_page(place_id), 409
    tell(gettext("%(name)s is deleted.", name=name))
    return redirect(url_for("places.index"))


@places.get("/places/<int:place_id>/outlets/new")
@requires(Action.EDIT_PLACE)
def new_outlet(place_id: int) -> ResponseReturnValue:
    """Show an empty form of an outlet."""
    return _outlet_page(query.read_place(db.session(), place_id), filled())


@places.post("/places/<int:place_id>/outlets/new")
@requires(Action.EDIT_PLACE)
def send_new_outlet(place_id: int) -> ResponseReturnValue:
    """Add an outlet."""
    return _send_outlet(place_id, None)


@places.get("/outlets/<int:outlet_id>")
@requires(Action.EDIT_PLACE)
def edit_outlet(outlet_id: int) -> ResponseReturnValue:
    """Show the form of an outlet."""
    row, tag = query.read_outlet(db.session(), outlet_id)
    form = filled(label=row.label, switch_tag=tag, if_name=row.if_name, notes=row.notes)
    return _outlet_page(query.read_place(db.session(), row.location_id), form, outlet_id)


@places.post("/outlets/<int:outlet_id>")
@requires(Action.EDIT_PLACE)
def send_outlet(outlet_id: int) -> ResponseReturnValue:
    """Change an outlet."""
    row, _tag = query.read_outlet(db.session(), outlet_id)
    return _send_outlet(row.location_id, outlet_id)


@places.post("/outlets/<int:outlet_id>/delete")
@requires(Action.EDIT_PLACE)
def delete_outlet(outlet_id: int) -> ResponseReturnValue:
    """Delete an outlet."""
    read_form()
    row, _tag = query.read_outlet(db.session(), outlet_id)
    place_id = row.location_id
    with transaction() as session:
        name = outlet_service.delete_outlet(session, actor(), outlet_id, at=now())
    tell(gettext("%(name)s is deleted.", name=name))
    return redirect(url_for("places.show", place_id=place_id))


def _movements(place_id: int) -> list[Any]:
    rows = movements_of(db.session(), MovementFilter(location_ids=[place_id]), _MOVEMENTS)
    read_names(rows)
    return rows


def _form_of(row: Location) -> Form:
    draft = draft_of(row, read_places(db.session()))
    return of_stored(**{name: getattr(draft, name) for name in _FIELDS})


def _send(row: Location | None) -> ResponseReturnValue:
    form = read_form(*_FIELDS, SEEN)
    if row is not None:
        check_unchanged(form, _form_of(row))
    draft = PlaceDraft(**{name: form.value(name) for name in _FIELDS})
    try:
        with transaction() as session:
            saved = service.save_place(
                session, actor(), draft, at=now(), place_id=row.id if row else None
            )
            number, name = saved.id, saved.name
    except InvalidInputError as error:
        return _form_page(form.refused(error), row), 422
    tell(gettext("%(name)s is saved.", name=name))
    return redirect(url_for("places.show", place_id=number))


def _send_outlet(place_id: int, outlet_id: int | None) -> ResponseReturnValue:
    form = read_form(*_OUTLET_FIELDS)
    draft = OutletDraft(**{name: form.value(name) for name in _OUTLET_FIELDS})
    try:
        with transaction() as session:
            outlet_service.save_outlet(
                session, actor(), place_id, draft, at=now(), outlet_id=outlet_id
            )
    except InvalidInputError as error:
        place = query.read_place(db.session(), place_id)
        return _outlet_page(place, form.refused(error), outlet_id), 422
    tell(gettext("%(name)s is saved.", name=form.text("label")))
    return redirect(url_for("places.show", place_id=place_id))


def _form_page(form: Form, row: Location | None = None) -> str:
    return render_template(
        "places/edit.html",
        form=form,
        row=row,
        labels=LABELS,
        kinds=choices(LocationKind),
        zones=sorted(available_timezones()),
    )


def _outlet_page(place: Location, form: Form, outlet_id: int | None = None) -> str:
    return render_template(
        "places/outlet.html", place=place, form=form, outlet_id=outlet_id, labels=OUTLET_LABELS
    )


def _delete_page(place_id: int) -> str:
    session = db.session()
    row = query.read_place(session, place_id)
    uses = use_texts(count_uses(session, "location", place_id, but=_GO_ALONG))
    outlets = query.count_outlets(session).get(place_id, 0)
    return render_template("places/delete.html", row=row, uses=uses, outlets=outlets)


def _ancestors(tree: Places, row: Location) -> list[Place]:
    found: list[Place] = []
    number = row.parent_id
    while number is not None and len(found) < len(service.LEVELS):
        found.append(tree.by_id[number])
        number = found[-1].parent_id
    return found[::-1]


def _zone(tree: Places, row: Location) -> str:
    """Give the time zone of a place: its own, or that of the nearest place above it."""
    if row.time_zone:
        return row.time_zone
    for place in reversed(_ancestors(tree, row)):
        above = query.read_place(db.session(), place.id)
        if above.time_zone:
            return above.time_zone
    return ""
