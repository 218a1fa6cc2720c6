"""Fields of one's own on pages: their labels, inputs, lines and cells in the reader's language."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

from flask import g, url_for
from flask_babel import get_locale, gettext

from parc.extensions import db
from parc.models import CustomField, CustomType
from parc.queries.assets import CUSTOM
from parc.queries.custom_fields import is_of, read_fields, read_values
from parc.services.custom_values import LINK_CHARACTERS, PREFIX, TEXT_CHARACTERS
from parc.services.fields import read_day
from parc.web.formats import format_day, format_plain_date
from parc.web.forms import Form
from parc.web.labels import label


@dataclass(frozen=True, slots=True)
class CustomInput:
    """One field of a form; ``choices`` only of what is chosen from a list."""

    name: str
    label: str
    input_type: str
    is_required: bool
    most: int
    choices: Sequence[tuple[str, str]] = ()
    help: str = ""


@dataclass(frozen=True, slots=True)
class CustomLine:
    """One value on the sheet.

    Attributes:
        url: of a link; list_url: of the assets that hold the same.
        origin: who put it there, and when.
    """

    label: str
    text: str
    url: str
    list_url: str
    origin: str


def known_fields() -> Sequence[CustomField]:
    """Give all fields, archived ones too; read once a request."""
    if "custom_fields" not in g:
        g.custom_fields = read_fields(db.session(), has_archived=True)
    return cast("Sequence[CustomField]", g.custom_fields)


def live_fields() -> list[CustomField]:
    """Give the fields that are not archived."""
    return [field for field in known_fields() if field.archived_at is None]


def field_name(field: CustomField) -> str:
    """Give what a field is called in the reader's language."""
    return field.label_fr if get_locale().language == "fr" else field.label_en


def custom_label(key: str) -> str:
    """Name the field of a key; the key itself where there is none any more."""
    return next((field_name(field) for field in known_fields() if field.key == key), key)


def custom_text(key: str, value: str) -> str:
    """Write a value of the field of a key."""
    field = next((field for field in known_fields() if field.key == key), None)
    return value if field is None else written(field, value)


def written(field: CustomField, value: str) -> str:
    """Write a value as readers of the page do."""
    if field.type is CustomType.YES_NO:
        return str(gettext("yes") if value == "yes" else gettext("no"))
    if field.type is CustomType.DATE and (day := read_day(value)) is not None:
        return format_plain_date(day)
    if field.type is CustomType.NUMBER and get_locale().language == "fr":
        return value.replace(".", ",")
    return value


def custom_labels() -> dict[str, str]:
    """Give the labels of all fields by their names in forms."""
    return {PREFIX + field.key: field_name(field) for field in live_fields()}


def custom_names() -> list[str]:
    """Give the names that all fields have in forms."""
    return [PREFIX + field.key for field in live_fields()]


def custom_texts(form: Form, category: str) -> dict[str, str]:
    """Give what was typed by key; of a field that is needed and was not sent, a blank."""
    return {
        field.key: form.value(PREFIX + field.key)
        for field in live_fields()
        if PREFIX + field.key in form.values or (field.is_required and is_of(field, category))
    }


def stored_texts(asset_id: int) -> dict[str, str]:
    """Give the values of an asset by their names in forms."""
    values = read_values(db.session(), asset_id)
    return {
        PREFIX + field.key: values[field.id].value for field in live_fields() if field.id in values
    }


def custom_inputs(category: str, held: Collection[str]) -> list[CustomInput]:
    """Give the fields of a form: those of the category, and those that hold a value anyway."""
    return [
        custom_input(field)
        for field in live_fields()
        if is_of(field, category) or PREFIX + field.key in held
    ]


def custom_input(field: CustomField, blank: str = "—") -> CustomInput:
    """Give the input of one field."""
    choices: list[tuple[str, str]] = []
    if field.type is CustomType.CHOICE:
        choices = [("", blank), *((choice, choice) for choice in field.choices)]
    if field.type is CustomType.YES_NO:
        choices = [("", blank), ("yes", gettext("yes")), ("no", gettext("no"))]
    is_link = field.type is CustomType.LINK
    kind = "date" if field.type is CustomType.DATE else "url" if is_link else "text"
    return CustomInput(
        PREFIX + field.key,
        field_name(field),
        kind,
        field.is_required,
        LINK_CHARACTERS if is_link else TEXT_CHARACTERS,
        choices,
        gettext("Only %(category)s.", category=label(field.category)) if field.category else "",
    )


def custom_lines(asset_id: int) -> list[CustomLine]:
    """Give the values of an asset for its sheet."""
    values = read_values(db.session(), asset_id)
    if not values:
        return []
    lines = []
    for field in live_fields():
        row = values.get(field.id)
        if row is not None:
            is_link = field.type is CustomType.LINK
            url = row.value if is_link else ""
            wanted: dict[str, Any] = {f"{CUSTOM}{field.id}": row.value}
            same = "" if is_link else url_for("assets.index", **wanted)
            origin = f"{label(row.source)}, {format_day(row.set_at)}"
            text = written(field, row.value)
            lines.append(CustomLine(field_name(field), text, url, same, origin))
    return lines


def own_columns() -> dict[str, CustomField]:
    """Give all fields by the names that the list's address knows them by."""
    return {f"{CUSTOM}{field.id}": field for field in live_fields()}


def own_spans() -> dict[str, tuple[CustomField, bool]]:
    """Give by the names of the address the filters from and to a number or a day.

    The second part tells whether it is the upper end.
    """
    return {
        f"{name}/{end}": (field, end == "to")
        for name, field in own_columns().items()
        if field.type in {CustomType.NUMBER, CustomType.DATE}
        for end in ("from", "to")
    }


def listed_columns() -> dict[str, CustomField]:
    """Give the fields that lists and files show, by the names of their columns."""
    return {f"{CUSTOM}{field.id}": field for field in live_fields() if field.is_listed}


def own_cell(field: CustomField, value: str | None) -> str:
    """Write a value into a cell of a list."""
    return written(field, value) if value else "—"


def file_text(field: CustomField, value: str | None) -> str:
    """Write a value into a file: days as 2026-11-22, so that it can come back."""
    if not value or field.type is CustomType.DATE:
        return value or ""
    return written(field, value)
