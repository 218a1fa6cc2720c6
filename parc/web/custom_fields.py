"""The page "Fields of our own": which fields assets have beside those of Parc."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from collectors.observation import Category
from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import CustomType
from parc.queries.custom_fields import read_field, read_fields, value_counts
from parc.services import custom_fields as service
from parc.services.permissions import Action
from parc.web.access import actor, requires
from parc.web.assets import forget_counts
from parc.web.context import now
from parc.web.custom_words import field_name
from parc.web.forms import Form, filled, read_form
from parc.web.labels import choices
from parc.web.listing import refuse
from parc.web.messages import tell

custom_fields = Blueprint("custom_fields", __name__)

_TEXTS = ("key", "label_en", "label_fr", "category", "type", "choices")
_TICKS = ("is_required", "is_unique", "is_listed")


@custom_fields.get("/custom-fields")
@requires(Action.EDIT_CUSTOM_FIELD)
def index() -> ResponseReturnValue:
    """List them in their order, the archived ones below."""
    rows = read_fields(db.session(), has_archived=True)
    return render_template(
        "custom_fields/list.html",
        fields=[row for row in rows if row.archived_at is None],
        archived=[row for row in rows if row.archived_at is not None],
        counts=value_counts(db.session()),
        field_name=field_name,
    )


@custom_fields.get("/custom-fields/new")
@requires(Action.EDIT_CUSTOM_FIELD)
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return _form_page(None, filled(type=CustomType.TEXT.value, is_listed=True))


@custom_fields.post("/custom-fields/new")
@requires(Action.EDIT_CUSTOM_FIELD)
def send_new() -> ResponseReturnValue:
    """Add a field."""
    return _save(None)


@custom_fields.get("/custom-fields/<int:field_id>/edit")
@requires(Action.EDIT_CUSTOM_FIELD)
def edit(field_id: int) -> ResponseReturnValue:
    """Show the form with what is stored."""
    row = read_field(db.session(), field_id)
    texts = {name: getattr(row, name) for name in (*_TEXTS, *_TICKS)}
    return _form_page(field_id, filled(**texts | {"choices": "\n".join(row.choices)}))


@custom_fields.post("/custom-fields/<int:field_id>/edit")
@requires(Action.EDIT_CUSTOM_FIELD)
def send_edit(field_id: int) -> ResponseReturnValue:
    """Change a field."""
    return _save(field_id)


@custom_fields.post("/custom-fields/<int:field_id>/move")
@requires(Action.EDIT_CUSTOM_FIELD)
def send_move(field_id: int) -> ResponseReturnValue:
    """Let a field change places with the one above or below."""
    way = read_form("way").value("way")
    if way not in {"up", "down"}:
        refuse(gettext("The form is not whole."))
    with transaction() as session:
        service.move_field(session, actor(), field_id, is_up=way == "up", at=now())
    forget_counts()
    return redirect(url_for("custom_fields.index"))


@custom_fields.get("/custom-fields/<int:field_id>/delete")
@requires(Action.EDIT_CUSTOM_FIELD)
def delete(field_id: int) -> ResponseReturnValue:
    """Ask, and say what becomes of the values."""
    row = read_field(db.session(), field_id)
    count = value_counts(db.session()).get(field_id, 0)
    touched = ngettext(
        "%(num)s asset holds a value: the field is archived, its value is kept.",
        "%(num)s assets hold a value: the field is archived, its values are kept.",
        count,
    )
    if not count:
        touched = gettext("No asset holds a value in it.")
    return render_template(
        "custom_fields/delete.html", name=field_name(row), row=row, touched=touched, count=count
    )


@custom_fields.post("/custom-fields/<int:field_id>/delete")
@requires(Action.EDIT_CUSTOM_FIELD)
def send_delete(field_id: int) -> ResponseReturnValue:
    """Delete a field, or archive it when values stand in it."""
    read_form()
    name = field_name(read_field(db.session(), field_id))
    with transaction() as session:
        is_gone = service.remove_field(session, actor(), field_id, at=now())
    forget_counts()
    if is_gone:
        tell(gettext("%(name)s is deleted.", name=name))
    else:
        tell(gettext("%(name)s is archived; its values are kept.", name=name))
    return redirect(url_for("custom_fields.index"))


@custom_fields.post("/custom-fields/<int:field_id>/restore")
@requires(Action.EDIT_CUSTOM_FIELD)
def send_restore(field_id: int) -> ResponseReturnValue:
    """Bring an archived field back."""
    read_form()
    with transaction() as session:
        name = field_name(service.restore_field(session, actor(), field_id, at=now()))
    forget_counts()
    tell(gettext("%(name)s is back, with its values.", name=name))
    return redirect(url_for("custom_fields.index"))


def _save(field_id: int | None) -> ResponseReturnValue:
    form = read_form(*_TEXTS, *_TICKS)
    values: dict[str, str | bool] = {name: form.value(name) for name in _TEXTS}
    values |= {name: form.is_checked(name) for name in _TICKS}
    try:
        with transaction() as session:
            row = service.save_field(session, actor(), field_id, values, at=now())
            name = field_name(row)
    except InvalidInputError as error:
        return _form_page(field_id, form.refused(error)), 422
    forget_counts()
    tell(gettext("%(name)s is saved.", name=name))
    return redirect(url_for("custom_fields.index"))


def _form_page(field_id: int | None, form: Form) -> str:
    labels = {
        "key": gettext("Key"),
        "label_en": gettext("Name in English"),
        "label_fr": gettext("Name in French"),
        "category": gettext("Category"),
        "type": gettext("Type"),
        "choices": gettext("Choices"),
        "is_required": gettext("Needed in forms"),
        "is_unique": gettext("The same value on one asset only"),
        "is_listed": gettext("Shown in the list and in its files"),
    }
    every = ("", gettext("All categories"))
    return render_template(
        "custom_fields/edit.html",
        field_id=field_id,
        form=form,
        labels=labels,
        types=choices(CustomType),
        categories=[every, *sorted(choices(Category), key=lambda pair: pair[1])],
    )
