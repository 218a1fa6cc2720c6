"""Forms that change one asset: new, edit, state, the padlock, differences, delete."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from collectors.observation import Category
from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import Asset, ChangeSet, LifecycleState, LockRule
from parc.precedence import BY_HAND, USUAL_LOCK_DAYS, Stated
from parc.queries.asset_sheet import read_asset, read_sheet
from parc.queries.devices import device_ids_of
from parc.queries.locations import read_places
from parc.queries.people import read_person
from parc.row_keys import row_key
from parc.services import asset_values as service_values
from parc.services import assets as service
from parc.services.asset_removal import delete_asset
from parc.services.people import find_person, person_label
from parc.services.permissions import Action, may
from parc.services.provenance import (
    Settling,
    lock_field,
    read_lock,
    release_field,
    settle_difference,
)
from parc.web import asset_sheet  # noqa: F401 -- adds its pages to the same blueprint
from parc.web.access import acting, actor, requires
from parc.web.assets import LABELS, assets, forget_counts
from parc.web.context import now
from parc.web.custom_words import (
    custom_inputs,
    custom_labels,
    custom_names,
    custom_texts,
    stored_texts,
)
from parc.web.forms import Form, filled, read_form
from parc.web.labels import choices, label
from parc.web.listing import refuse
from parc.web.messages import tell
from parc.web.names import known_suppliers
from parc.web.problems import tell_problem
from parc.web.settling import settle_about

__all__ = ["assets"]

_FIELDS = service.EDITABLE_FIELDS


@assets.get("/assets/new")
@requires(Action.EDIT_ASSET)
def new() -> ResponseReturnValue:
    """Show an empty form."""
    form = filled(category=Category.OTHER.value, lifecycle_state=LifecycleState.IN_USE.value)
    return _new_page(form)


@assets.post("/assets/new")
@requires(Action.EDIT_ASSET)
def send_new() -> ResponseReturnValue:
    """Add an asset."""
    form = read_form(*_FIELDS, "lifecycle_state", *custom_names())
    state = form.value("lifecycle_state")
    if state not in set(LifecycleState):
        refuse(gettext("%(name)s is no state.", name=state[:40]))
    try:
        with transaction() as session:
            asset = service.create_asset(
                session,
                actor(),
                values=_with_people(
                    session,
                    {name: value for name, value in _values(form).items() if value is not None},
                ),
                at=now(),
                lifecycle_state=LifecycleState(state),
                custom=custom_texts(form, form.value("category")),
            )
    except InvalidInputError as error:
        return _new_page(form.refused(error)), 422
    forget_counts()
    tell(gettext("%(name)s is added.", name=asset.name))
    return redirect(url_for("assets.show", asset_id=asset.id))


@assets.get("/assets/<int:asset_id>/edit")
@requires(Action.EDIT_ASSET)
def edit(asset_id: int) -> ResponseReturnValue:
    """Show the form with what is stored."""
    asset = read_asset(db.session(), asset_id)
    held = stored_texts(asset.id)
    return _edit_page(asset, filled(**_texts(asset), version=asset.version, **held))


@assets.post("/assets/<int:asset_id>/edit")
@requires(Action.EDIT_ASSET)
def send_edit(asset_id: int) -> ResponseReturnValue:
    """Change the fields that differ; they become the person's."""
    form = read_form(*_FIELDS, "version", "reason", "lock", "lock_days", *custom_names())
    version = row_key(form.value("version"))
    if version is None:
        refuse(gettext("The form is not whole."))
    try:
        with transaction() as session:
            asset = service.edit_asset(
                session,
                acting(form),
                asset_id,
                version=version,
                values=_with_people(session, _values(form)),
                at=now(),
                stated=_stated(form),
                custom=custom_texts(form, form.value("category")),
            )
    except InvalidInputError as error:
        return _edit_page(read_asset(db.session(), asset_id), form.refused(error)), 422
    forget_counts()
    tell(gettext("%(name)s is saved.", name=asset.name))
    return redirect(url_for("assets.show", asset_id=asset_id))


@assets.get("/assets/<int:asset_id>/state")
@requires(Action.EDIT_ASSET)
def state(asset_id: int) -> ResponseReturnValue:
    """Ask for the next state."""
    return _state_page(read_asset(db.session(), asset_id), filled())


@assets.post("/assets/<int:asset_id>/state")
@requires(Action.EDIT_ASSET)
def send_state(asset_id: int) -> ResponseReturnValue:
    """Move the asset to another state."""
    form = read_form("lifecycle_state", "reason", "is_correction")
    to = form.value("lifecycle_state")
    if to not in set(LifecycleState):
        refuse(gettext("%(name)s is no state.", name=to[:40]))
    try:
        with transaction() as session:
            asset = service.change_state(
                session,
                acting(form),
                asset_id,
                LifecycleState(to),
                at=now(),
                is_correction=form.is_checked("is_correction"),
            )
            settle_about(session, assets=[asset_id])
    except InvalidInputError as error:
        return _state_page(read_asset(db.session(), asset_id), form.refused(error)), 422
    forget_counts()
    tell(gettext("%(name)s is now: %(state)s.", name=asset.name, state=label(LifecycleState(to))))
    return redirect(url_for("assets.show", asset_id=asset_id))


@assets.post("/assets/<int:asset_id>/release")
@requires(Action.EDIT_ASSET)
def release(asset_id: int) -> ResponseReturnValue:
    """Give a field back to the machines."""
    field = read_form("field").value("field")
    return _on_field(
        asset_id,
        field,
        lambda session: release_field(session, actor(), asset_id, field, at=now()),
        gettext("%(field)s follows the machines again.", field=LABELS.get(field, field)),
    )


@assets.post("/assets/<int:asset_id>/lock")
@requires(Action.EDIT_ASSET)
def lock(asset_id: int) -> ResponseReturnValue:
    """Lock a value, or lock it in another way."""
    form = read_form("field", "lock", "lock_days")
    field = form.value("field")
    try:
        choice = read_lock(form.value("lock"), form.value("lock_days"))
        return _on_field(
            asset_id,
            field,
            lambda session: lock_field(session, actor(), asset_id, field, choice, at=now()),
            gettext("%(field)s is locked.", field=LABELS.get(field, field)),
        )
    except InvalidInputError as error:
        refuse(" ".join(map(tell_problem, error.problems)))


@assets.post("/assets/<int:asset_id>/difference")
@requires(Action.EDIT_ASSET)
def settle(asset_id: int) -> ResponseReturnValue:
    """Take what a machine says, or keep the person's value for good or until that changes."""
    form = read_form("field", "decision")
    field, decision = form.value("field"), form.value("decision")
    if decision not in set(Settling):
        refuse(gettext("%(name)s is no decision.", name=decision[:40]))
    settling, name = Settling(decision), LABELS.get(field, field)
    said = {
        Settling.TAKE: gettext("%(field)s is taken from the machine.", field=name),
        Settling.KEEP: gettext("%(field)s stays as it is, for good.", field=name),
        Settling.KEEP_UNTIL_CHANGED: gettext(
            "%(field)s stays as it is, until the machine says something else.", field=name
        ),
    }
    return _on_field(
        asset_id,
        field,
        lambda session: settle_difference(session, actor(), asset_id, field, settling, at=now()),
        said[settling],
    )


@assets.get("/assets/<int:asset_id>/delete")
@requires(Action.DELETE_ASSET)
def delete(asset_id: int) -> ResponseReturnValue:
    """Ask, and say what is touched."""
    sheet = read_sheet(db.session(), asset_id)
    count = len(sheet.devices)
    touched = ngettext(
        "%(num)s device becomes unknown again.", "%(num)s devices become unknown again.", count
    )
    if not count:
        touched = gettext("No device is linked to it.")
    return render_template("assets/delete.html", asset=sheet.asset, touched=touched)


@assets.post("/assets/<int:asset_id>/delete")
@requires(Action.DELETE_ASSET)
def send_delete(asset_id: int) -> ResponseReturnValue:
    """Delete the asset; its devices are unknown again."""
    read_form()
    name = read_asset(db.session(), asset_id).name
    with transaction() as session:
        devices = device_ids_of(session, asset_id)
        act = delete_asset(session, actor(), asset_id, at=now())
        undo = url_for("changes.send_undo", change_set_id=act.id) if act else ""
        settle_about(session, devices=devices)
    forget_counts()
    tell(gettext("%(name)s is deleted.", name=name), undo_url=undo)
    return redirect(url_for("assets.index"))


def _on_field(
    asset_id: int, field: str, change: Callable[[Any], ChangeSet | None], said: str
) -> ResponseReturnValue:
    """Decide about a value, and offer to take it back at once."""
    if field not in LABELS:
        refuse(gettext("%(name)s is no field.", name=field[:40]))
    with transaction() as session:
        act = change(session)
        act_id = act.id if act else None
        settle_about(session, assets=[asset_id])
    forget_counts()
    undo = url_for("changes.send_undo", change_set_id=act_id) if act_id else ""
    tell(said, undo_url=undo)
    return redirect(url_for("assets.show", asset_id=asset_id))


def _stated(form: Form) -> Stated:
    """Give how the person wants what they change locked; else the rule of each field says it."""
    rule = form.value("lock")
    return Stated(lock=read_lock(rule, form.value("lock_days"))) if rule else BY_HAND


def _values(form: Form) -> dict[str, Any]:
    """Give the fields that were sent; an empty one is None."""
    values: dict[str, Any] = {
        name: form.text(name) or None for name in _FIELDS if name in form.values
    }
    place = values.get("location_id")
    if place is not None:
        values["location_id"] = row_key(place)
        if values["location_id"] is None:
            refuse(gettext("%(name)s is no place.", name=place[:40]))
    return values


def _texts(asset: Asset) -> dict[str, Any]:
    """Give the fields as the form shows them."""
    values: dict[str, Any] = {name: getattr(asset, name) for name in _FIELDS}
    for name, value in values.items():
        if isinstance(value, date | Decimal):
            values[name] = str(value)
    if asset.technician_person_id is not None:
        person = read_person(db.session(), asset.technician_person_id)
        label = person_label(person.name, person.email, person.external_id, person.id)
        values["technician_person_id"] = label
    return values


def _with_people(session: Any, values: dict[str, Any]) -> dict[str, Any]:
    """Give the values with the id of the person that a form names.

    Raises:
        InvalidInputError: of the field.
    """
    text = values.get("technician_person_id")
    if text is None:
        return values
    try:
        return {**values, "technician_person_id": find_person(session, text)}
    except InvalidInputError as error:
        problems = [replace(one, field="technician_person_id") for one in error.problems]
        raise InvalidInputError(problems) from error


def _new_page(form: Form) -> str:
    return render_template(
        "assets/new.html",
        form=form,
        states=choices(LifecycleState),
        custom=custom_inputs(form.value("category"), ()),
        **_form_context(),
    )


def _edit_page(asset: Asset, form: Form) -> str:
    return render_template(
        "assets/edit.html",
        form=form,
        asset=asset,
        locks=[("", gettext("As the rule of each field says")), *choices(LockRule)],
        usual_days=USUAL_LOCK_DAYS,
        custom=custom_inputs(form.value("category"), stored_texts(asset.id)),
        **_form_context(),
    )


def _form_context() -> dict[str, Any]:
    places = read_places(db.session()).by_id.values()
    return {
        "labels": {**LABELS, **custom_labels()},
        "kept": service_values.KEPT_FIELDS,
        "suppliers": [("", "—"), *((str(one), name) for one, name in known_suppliers().items())],
        "categories": sorted(choices(Category), key=lambda pair: pair[1]),
        "places": [("", "—"), *((str(place.id), place.path) for place in places)],
    }


def _state_page(asset: Asset, form: Form) -> str:
    allowed = service.TRANSITIONS[asset.lifecycle_state]
    can_correct = may(actor(), Action.DELETE_ASSET)
    offered = [s for s in LifecycleState if s in allowed or can_correct]
    return render_template(
        "assets/state.html",
        asset=asset,
        form=form,
        states=[(s.value, label(s)) for s in offered if s is not asset.lifecycle_state],
        can_correct=can_correct,
    )
