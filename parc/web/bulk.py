"""Changing many assets at once: what to set, what would change, and doing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from collectors.observation import Category
from parc.errors import FieldProblem, InvalidInputError
from parc.extensions import db, transaction
from parc.models import LifecycleState
from parc.naming import MACHINE_FIELDS
from parc.queries.locations import read_places
from parc.row_keys import row_key
from parc.services import bulk as service
from parc.services.bulk import BULK_FIELDS, EMPTIABLE_FIELDS, MOST_ASSETS, BulkPlan
from parc.services.permissions import Action
from parc.web.access import acting, requires
from parc.web.addresses import query_of
from parc.web.assets import LABELS, forget_counts, ticked
from parc.web.context import now
from parc.web.custom_words import CustomInput, custom_input, custom_labels, live_fields
from parc.web.forms import Form, filled, read_form
from parc.web.history import field_label, value_text
from parc.web.labels import choices, label
from parc.web.listing import refuse
from parc.web.merging import assets
from parc.web.messages import tell
from parc.web.problems import tell_problem
from parc.web.settling import settle_about

__all__ = ["assets"]

_CHOSEN = ("id", "all", "filters", "chosen")
_SHOWN = 50


@assets.post("/assets/bulk-state")
@requires(Action.EDIT_ASSET)
def bulk_state() -> ResponseReturnValue:
    """Show what a change of state would do; do it when that was seen."""
    form = read_form(*_CHOSEN, "to", "reason", "is_confirmed")
    to = form.value("to")
    if to not in set(LifecycleState):
        refuse(gettext("%(name)s is no state.", name=to[:40]))
    state, ids = LifecycleState(to), chosen_ids(form)
    if not form.is_checked("is_confirmed"):
        plan = service.plan_state(db.session(), ids, state)
        return _preview(form, plan, ids, {"to": to}, url_for("assets.bulk_state"))
    try:
        with transaction() as session:
            done = service.change_states(session, acting(form), ids, state, at=now())
            settle_about(session, assets=ids)
    except InvalidInputError as error:
        form, plan = form.refused(error), service.plan_state(db.session(), ids, state)
        return _preview(form, plan, ids, {"to": to}, url_for("assets.bulk_state")), 422
    return _done(form, done)


@assets.post("/assets/bulk-edit")
@requires(Action.EDIT_ASSET)
def bulk_edit() -> ResponseReturnValue:
    """Ask for the fields to set, show what would change, and do it when that was seen."""
    own = [one.name for one in _own_inputs()]
    form = read_form(*_CHOSEN, *BULK_FIELDS, *own, "empty", "to", "step", "is_confirmed", "reason")
    ids = chosen_ids(form)
    if form.value("step") != "preview" and not form.is_checked("is_confirmed"):
        return _form_page(form, ids)
    values = {name: form.value(name) for name in (*BULK_FIELDS, *own) if form.text(name)}
    emptied = sorted(set(form.values_of("empty")))
    try:
        plan = service.plan_edit(db.session(), ids, values, emptied)
    except InvalidInputError as error:
        return _form_page(form.refused(error), ids), 422
    again, url = {**values, "empty": emptied}, url_for("assets.bulk_edit")
    if not form.is_checked("is_confirmed"):
        return _preview(form, plan, ids, again, url)
    try:
        with transaction() as session:
            done = service.edit_many(session, acting(form), ids, values, emptied, at=now())
            settle_about(session, assets=ids)
    except InvalidInputError as error:
        return _preview(form.refused(error), plan, ids, again, url), 422
    return _done(form, done)


@assets.post("/assets/bulk-release")
@requires(Action.EDIT_ASSET)
def bulk_release() -> ResponseReturnValue:
    """Show what lifting the locks would change, of all fields or one; do it when that was seen."""
    form = read_form(*_CHOSEN, "field", "to", "is_confirmed", "reason")
    field, ids = form.value("field"), chosen_ids(form)
    if field and field not in MACHINE_FIELDS:
        refuse(gettext("%(name)s is no field.", name=field[:40]))
    fields, url = [field] if field else [], url_for("assets.bulk_release")
    plan = service.plan_release(db.session(), ids, fields, at=now())
    if not form.is_checked("is_confirmed"):
        return _preview(form, plan, ids, {"field": field}, url)
    try:
        with transaction() as session:
            done = service.release_many(session, acting(form), ids, fields, at=now())
            settle_about(session, assets=ids)
    except InvalidInputError as error:
        return _preview(form.refused(error), plan, ids, {"field": field}, url), 422
    return _done(form, done)


def chosen_ids(form: Form) -> list[int]:
    """Give the assets: those of the pages before, in one field, else what the list ticked."""
    text = form.value("chosen")
    if not text:
        return ticked(form)
    parts = text.split(",")
    keys = [key for part in parts if (key := row_key(part)) is not None]
    if len(parts) > MOST_ASSETS or len(keys) < len(parts):
        refuse(gettext("The form is not whole."))
    return keys


def _form_page(form: Form, ids: Sequence[int]) -> str:
    places = read_places(db.session()).by_id.values()
    keep, own = [("", gettext("(leave as it is)"))], _own_inputs()
    return render_template(
        "assets/bulk_edit.html",
        form=form if form.problems else filled(),
        ids=ids,
        filters=form.value("filters"),
        labels={**LABELS, **custom_labels()},
        own=own,
        emptiable=[(name, LABELS[name]) for name in EMPTIABLE_FIELDS]
        + [(one.name, one.label) for one in own if not one.is_required],
        categories=[*keep, *sorted(choices(Category), key=lambda pair: pair[1])],
        places=[*keep, *((str(place.id), place.path) for place in places)],
    )


def _own_inputs() -> list[CustomInput]:
    """Give the inputs of the organisation's own fields that many assets may hold alike."""
    blank = gettext("(leave as it is)")
    return [custom_input(field, blank) for field in live_fields() if not field.is_unique]


def _preview(
    form: Form, plan: BulkPlan, ids: Sequence[int], values: dict[str, Any], action: str
) -> str:
    return render_template(
        "assets/bulk_preview.html",
        plan=plan,
        shown=plan.changed[:_SHOWN],
        refused=plan.refused[:_SHOWN],
        ids=ids,
        filters=form.value("filters"),
        values=values,
        action=action,
        form=form,
        released=values.get("field"),
        lockable=[("", gettext("All fields")), *((name, LABELS[name]) for name in MACHINE_FIELDS)],
        field_label=field_label,
        value_text=value_text,
        problem_text=_problem_text,
        back=f"{url_for('assets.index')}?{query_of(form.value('filters'))}",
    )


def _problem_text(problem: FieldProblem) -> str:
    if problem.code == "state_not_foreseen":
        problem = replace(problem, value=str(label(LifecycleState(problem.value))))
    return tell_problem(problem)


def _done(form: Form, done: BulkPlan) -> ResponseReturnValue:
    forget_counts()
    count = len(done.changed)
    tell(
        ngettext("%(num)s asset was changed.", "%(num)s assets were changed.", count),
        url=url_for("changes.index") if count else "",
        link=gettext("Undo it under Changes") if count else "",
    )
    return redirect(f"{url_for('assets.index')}?{query_of(form.value('filters'))}")
