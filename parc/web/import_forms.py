"""What the forms of imports send, read into choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask_babel import gettext

from parc.importers.choices import Choices, Policy
from parc.importers.encodings import Encoding
from parc.importers.kept import choices_to_json, chosen_from_json, chosen_to_json, read_format
from parc.importers.kinds.fields import Kind
from parc.importers.mapping import ColumnMap, taken_fields
from parc.importers.reading import Chosen
from parc.naming import folded
from parc.web.forms import Form, read_form
from parc.web.import_words import field_text
from parc.web.listing import refuse

DELIMITERS: Mapping[str, str] = {"semicolon": ";", "comma": ",", "tab": "\t", "bar": "|"}
_DIGITS = 6


def read_reading() -> Chosen:
    """Read how a file shall be read; what cannot be is refused with 422."""
    form = read_form("encoding", "delimiter", "sheet", "header_line")
    encoding, delimiter = form.value("encoding"), form.value("delimiter")
    line = form.text("header_line")
    if encoding and encoding not in set(Encoding):
        refuse(gettext("%(name)s is no encoding.", name=encoding[:40]))
    if delimiter and delimiter not in DELIMITERS:
        refuse(gettext("%(name)s is no separator.", name=delimiter[:40]))
    if line and not (line.isascii() and line.isdecimal() and 0 < len(line) <= _DIGITS):
        refuse(gettext("%(name)s is no line.", name=line[:40]))
    return Chosen(
        encoding=Encoding(encoding) if encoding else None,
        delimiter=DELIMITERS[delimiter] if delimiter else None,
        sheet=form.value("sheet")[:200] or None,
        header_line=int(line) if line else None,
    )


def column_names(count: int) -> list[str]:
    """Give the names of the selects of columns."""
    return [f"column-{place}" for place in range(count)]


def read_choices(
    form: Form, kind: Kind, headings: Sequence[str], before: Choices
) -> tuple[Choices, str]:
    """Read the mapping and the policy; gives also the name to keep them under.

    A field that two columns name is refused with 422.
    """
    fields = {one.name for one in taken_fields(kind)}
    columns: dict[str, int] = {}
    for place, name in enumerate(column_names(len(headings))):
        wanted = form.value(name)
        if not wanted:
            continue
        if wanted not in fields:
            refuse(gettext("%(name)s is no field.", name=wanted[:40]))
        if wanted in columns:
            refuse(
                gettext(
                    "Two columns are %(field)s: %(one)s and %(other)s.",
                    field=field_text(wanted),
                    one=headings[columns[wanted]],
                    other=headings[place],
                )
            )
        columns[wanted] = place
    policy = form.value("policy") or Policy.BOTH.value
    if policy not in set(Policy):
        refuse(gettext("%(name)s is no policy.", name=policy[:40]))
    key = tuple(filter(None, form.value("key").split(",")))
    if not set(key) <= fields:
        refuse(gettext("%(name)s is no field.", name=form.value("key")[:40]))
    choices = Choices(
        columns=ColumnMap(columns, before.columns.constants),
        formats={n: how for n, how in before.formats.items() if n in columns},
        key=key,
        policy=Policy(policy),
        clears_blanks=form.is_checked("clears_blanks"),
        is_per_seat=form.value("rows") == "seats",
        beside=before.beside,
        beside_kinds=before.beside_kinds,
        leaves_out_people=form.is_checked("leaves_out_people"),
    )
    return choices, form.text("save_as")


def read_again(form: Form, choices: Choices, beside: Sequence[Sequence[Any]]) -> Choices:
    """Read what was ticked under a dry run: what is made beside, formats, and what a row is."""
    ticked = set(form.values_of("beside"))
    chosen = {
        (str(kind), folded(str(name)))
        for place, (kind, name, _count) in enumerate(beside)
        if str(place) in ticked
    }
    formats = dict(choices.formats)
    for name in choices.columns.columns:
        how = read_format(form.value(f"format-{name}"))
        if how is not None:
            formats[name] = how
    is_per_seat = choices.is_per_seat
    if form.value("rows"):
        is_per_seat = form.value("rows") == "seats"
    asked = {(str(kind), folded(str(name))) for kind, name, _count in beside}
    return replace(
        choices,
        beside=frozenset((choices.beside - asked) | chosen),
        beside_kinds=frozenset(),
        formats=formats,
        is_per_seat=is_per_seat,
        leaves_out_people=form.is_checked("leaves_out_people"),
    )


def kept(choices: Choices, headings: Sequence[str], chosen: Chosen) -> dict[str, Any]:
    """Give choices with the reading as they are kept with an import or a mapping."""
    return {**choices_to_json(choices, headings), "reading": chosen_to_json(chosen)}


def chosen_of(choices: Mapping[str, Any]) -> Chosen:
    """Give how a file is read, from what was kept."""
    return chosen_from_json(choices.get("reading", {}))
