"""Imports of files in six steps: file, reading, columns, dry run, application, report.

Each step is a page of its own that works without scripts; long work is done by jobs, and the page
tells how far they are.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from parc.extensions import db, transaction
from parc.importers.choices import Choices, Mode
from parc.importers.kept import choices_from_json, for_a_name
from parc.importers.limits import LIMITS, FileError
from parc.importers.mapping import is_known_heading, signature
from parc.importers.own_fields import kind_named
from parc.importers.reading import read_file
from parc.importers.refused import refused_csv
from parc.importers.report import refused_lines
from parc.models import ImportState
from parc.queries.imports import mappings
from parc.services import imports as service
from parc.services.document_store import TooLargeError
from parc.services.import_mappings import delete_mapping, save_mapping
from parc.services.permissions import Action
from parc.web import import_words as words
from parc.web.access import actor, requires
from parc.web.context import now, settings
from parc.web.documents import takes_megabytes
from parc.web.forms import filled, read_form
from parc.web.import_forms import (
    chosen_of,
    column_names,
    kept,
    read_again,
    read_choices,
    read_reading,
)
from parc.web.import_pages import (
    best_of,
    cannot_read,
    columns_page,
    index_page,
    kinds_of_actor,
    no_columns,
    not_taken,
    read_kept_file,
    reading_page,
    shown,
    store,
    ticked_at_first,
)
from parc.web.listing import refuse
from parc.web.messages import tell

imports = Blueprint("imports", __name__)

_MEBI = 1024 * 1024
_REST = ("key", "policy", "clears_blanks", "rows", "leaves_out_people", "save_as", "mapping")


@imports.get("/imports")
@requires(Action.IMPORT_RECORDS)
def index() -> ResponseReturnValue:
    """List imports and kept mappings, and take a file."""
    return index_page(filled(kind=request.args.get("kind", "")))


@imports.post("/imports")
@requires(Action.IMPORT_RECORDS)
@takes_megabytes(LIMITS.file_octets // _MEBI)
def upload() -> ResponseReturnValue:
    """Take a file in; a kind that is not chosen is told by its headings."""
    form = read_form("kind")
    kind = form.value("kind")
    if kind and kind not in kinds_of_actor():
        refuse(gettext("%(value)s is no kind of record that can be imported.", value=kind[:40]))
    file = request.files.get("file")
    if file is None or not file.filename:
        tell(gettext("Choose a file first."), kind="error")
        return redirect(url_for("imports.index"))
    try:
        stored = store().put(file.stream, LIMITS.file_octets)
        reading = read_file(store().path(stored.content_hash), is_known_heading)
    except TooLargeError:
        return not_taken(FileError("file_too_large", str(LIMITS.file_octets // _MEBI)))
    except FileError as error:
        return not_taken(error)
    finally:
        file.close()
    chosen_kind = kind or best_of(reading)
    with transaction() as session:
        row = service.create_import(
            session,
            actor(),
            kind=chosen_kind,
            file_name=file.filename,
            file_hash=stored.content_hash,
            file_octets=stored.size_bytes,
            keep=timedelta(days=settings().imports.keep_days),
            at=now(),
        )
    return redirect(url_for("imports.show_reading", import_id=row.id))


@imports.get("/imports/<int:import_id>")
@requires(Action.IMPORT_RECORDS)
def show(import_id: int) -> ResponseReturnValue:
    """Show how far an import is: its dry run, or what came of it."""
    row = service.own_import(db.session(), actor(), import_id)
    state = service.state_of(db.session(), row)
    if state is ImportState.UPLOADED:
        return redirect(url_for("imports.show_reading", import_id=row.id))
    return render_template("imports/show.html", **shown(row, state))


@imports.get("/imports/<int:import_id>/live")
@requires(Action.IMPORT_RECORDS)
def live(import_id: int) -> ResponseReturnValue:
    """Give the part of the page that moves; at the end the browser loads the page."""
    row = service.own_import(db.session(), actor(), import_id)
    state = service.state_of(db.session(), row)
    if state not in {ImportState.PLANNING, ImportState.APPLYING}:
        return "", 200, {"HX-Redirect": url_for("imports.show", import_id=import_id)}
    return render_template("imports/_live.html", row=row, state=state)


@imports.get("/imports/<int:import_id>/reading")
@requires(Action.IMPORT_RECORDS)
def show_reading(import_id: int) -> ResponseReturnValue:
    """Show how the file is read, and its first rows."""
    row = service.own_import(db.session(), actor(), import_id)
    return reading_page(row)


@imports.post("/imports/<int:import_id>/reading")
@requires(Action.IMPORT_RECORDS)
def send_reading(import_id: int) -> ResponseReturnValue:
    """Read the file otherwise, and show it again."""
    chosen = read_reading()
    with transaction() as session:
        row = service.own_import(session, actor(), import_id)
        choices = {**row.choices, "reading": kept(Choices(no_columns()), (), chosen)["reading"]}
        service.set_choices(session, actor(), import_id, choices)
    return redirect(url_for("imports.show_reading", import_id=import_id))


@imports.get("/imports/<int:import_id>/columns")
@requires(Action.IMPORT_RECORDS)
def show_columns(import_id: int) -> ResponseReturnValue:
    """Show which column is which field, by name of a kept mapping where one is asked for."""
    row = service.own_import(db.session(), actor(), import_id)
    return columns_page(row)


@imports.post("/imports/<int:import_id>/columns")
@requires(Action.IMPORT_RECORDS)
def send_columns(import_id: int) -> ResponseReturnValue:
    """Take the mapping, keep it under a name if one is given, and begin the dry run."""
    row = service.own_import(db.session(), actor(), import_id)
    try:
        reading = read_kept_file(row)
    except FileError as error:
        return cannot_read(row, error)
    kind = kind_named(db.session(), row.kind)
    form = read_form(*column_names(len(reading.headings)), *_REST)
    before = choices_from_json(row.choices, kind, reading.headings)
    choices, name = read_choices(form, kind, reading.headings, before)
    if not choices.columns.columns:
        tell(gettext("Choose a field for at least one column."), kind="error")
        return redirect(url_for("imports.show_columns", import_id=import_id))
    if not row.choices.get("columns"):
        choices = replace(choices, beside_kinds=ticked_at_first())
    chosen = chosen_of(row.choices)
    if name:
        with transaction() as session:
            save_mapping(
                session,
                actor(),
                kind=kind.name,
                name=name[:100],
                signature=signature(kind, reading.headings),
                choices=kept(for_a_name(choices), reading.headings, chosen),
                at=now(),
            )
    return _plan(import_id, kept(choices, reading.headings, chosen))


@imports.post("/imports/<int:import_id>/plan")
@requires(Action.IMPORT_RECORDS)
def plan_again(import_id: int) -> ResponseReturnValue:
    """Plan again with what was ticked under the dry run."""
    row = service.own_import(db.session(), actor(), import_id)
    try:
        reading = read_kept_file(row)
    except FileError as error:
        return cannot_read(row, error)
    choices = choices_from_json(row.choices, kind_named(db.session(), row.kind), reading.headings)
    formats = [f"format-{name}" for name in choices.columns.columns]
    form = read_form("beside", "rows", "leaves_out_people", *formats)
    again = read_again(form, choices, row.report.get("beside", ()))
    return _plan(import_id, kept(again, reading.headings, chosen_of(row.choices)))


@imports.post("/imports/<int:import_id>/apply")
@requires(Action.IMPORT_RECORDS)
def apply(import_id: int) -> ResponseReturnValue:
    """Begin to carry the import out."""
    mode = read_form("mode").value("mode")
    if mode not in set(Mode):
        refuse(gettext("%(name)s is no way to import.", name=mode[:40]))
    with transaction() as session:
        service.start(session, actor(), import_id, mode=mode, at=now())
    return redirect(url_for("imports.show", import_id=import_id))


@imports.get("/imports/<int:import_id>/refused.csv")
@requires(Action.IMPORT_RECORDS)
def refused(import_id: int) -> ResponseReturnValue:
    """Give the refused rows with all columns of the file and the reason."""
    row = service.own_import(db.session(), actor(), import_id)
    try:
        reading = read_kept_file(row)
    except FileError as error:
        return cannot_read(row, error)
    lines = refused_lines(row.report)
    body = "".join(refused_csv(reading, lines, words.problem_text))
    return Response(
        ("\ufeff" + body).encode("utf-8", "replace"),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="parc-refused-{import_id}.csv"',
            "Cache-Control": "no-store",
        },
    )


@imports.get("/imports/<int:import_id>/delete")
@requires(Action.IMPORT_RECORDS)
def delete(import_id: int) -> ResponseReturnValue:
    """Ask before the file is thrown away."""
    row = service.own_import(db.session(), actor(), import_id)
    return render_template("imports/delete.html", row=row)


@imports.post("/imports/<int:import_id>/delete")
@requires(Action.IMPORT_RECORDS)
def send_delete(import_id: int) -> ResponseReturnValue:
    """Throw the file away."""
    read_form()
    with transaction() as session:
        name = service.forget(session, actor(), store(), import_id, at=now())
    tell(gettext("%(name)s is thrown away.", name=name))
    return redirect(url_for("imports.index"))


@imports.get("/imports/mappings/<int:mapping_id>/delete")
@requires(Action.IMPORT_RECORDS)
def delete_kept(mapping_id: int) -> ResponseReturnValue:
    """Ask before a kept mapping is deleted."""
    row = next((one for one in mappings(db.session()) if one.id == mapping_id), None)
    if row is None:
        return redirect(url_for("imports.index"))
    return render_template("imports/delete_mapping.html", row=row, kinds=words.KINDS)


@imports.post("/imports/mappings/<int:mapping_id>/delete")
@requires(Action.IMPORT_RECORDS)
def send_delete_kept(mapping_id: int) -> ResponseReturnValue:
    """Delete a kept mapping."""
    read_form()
    with transaction() as session:
        name = delete_mapping(session, actor(), mapping_id, at=now())
    tell(gettext("The mapping %(name)s is deleted.", name=name))
    return redirect(url_for("imports.index"))


def _plan(import_id: int, choices: dict[str, Any]) -> ResponseReturnValue:
    with transaction() as session:
        service.set_choices(session, actor(), import_id, choices)
        service.start(session, actor(), import_id, mode=None, at=now())
    return redirect(url_for("imports.show", import_id=import_id))
