"""What the pages of imports show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from parc.extensions import db
from parc.importers.choices import Choices, Policy
from parc.importers.encodings import Encoding
from parc.importers.entries import Overview, candidate_keys, look_over
from parc.importers.kept import choices_from_json, found_choices
from parc.importers.kinds import KINDS
from parc.importers.limits import LIMITS, FileError
from parc.importers.mapping import best_kind, is_known_heading, signature, system_of, taken_fields
from parc.importers.own_fields import kind_named
from parc.importers.reading import Reading, read_file
from parc.importers.targets.made import RIGHTS
from parc.importers.values import CellProblem
from parc.models import ImportRun, ImportState
from parc.naming import folded
from parc.queries.imports import mapping_of, mappings, recent_imports
from parc.services import imports as service
from parc.services.document_store import DocumentStore
from parc.services.permissions import Action, may
from parc.web import import_words as words
from parc.web.access import actor
from parc.web.context import settings
from parc.web.forms import Form, filled
from parc.web.import_forms import (
    DELIMITERS,
    chosen_of,
)
from parc.web.import_values import shown_changes
from parc.web.messages import tell

_MEBI = 1024 * 1024
_SHOWN_ROWS = 20
_SAMPLES = 5
_RECENT = 50
_AT_ONCE = 2 * _MEBI  # a file of that size is looked over while its page is made


def store() -> DocumentStore:
    """Give the folder of files on their way."""
    return DocumentStore(settings().data_folder, service.FOLDER)


def kinds_of_actor() -> list[str]:
    """Give the kinds of record that the person may import."""
    return [name for name in KINDS if may(actor(), RIGHTS[name])]


def ticked_at_first() -> frozenset[str]:
    """Give what is made beside unless it is unticked: firms, never people or places."""
    rights = (("publisher", Action.EDIT_LICENCE), ("supplier", Action.EDIT_CONTRACT))
    return frozenset(kind for kind, action in rights if may(actor(), action))


def best_of(reading: Reading) -> str:
    """Give the kind that the headings belong to, of those that the person may import."""
    name = best_kind(reading.headings).name
    return name if name in kinds_of_actor() else kinds_of_actor()[0]


def read_kept_file(row: ImportRun) -> Reading:
    """Read the file of an import as it was chosen.

    Raises:
        FileError: it is gone, or cannot be read so.
    """
    path = store().path(row.file_hash)
    if not path.is_file():
        raise FileError("file_gone")
    return read_file(path, is_known_heading, chosen_of(row.choices))


def not_taken(error: FileError) -> ResponseReturnValue:
    """Say why a file is not taken, on the page that takes files."""
    tell(words.file_text(error), kind="error")
    return redirect(url_for("imports.index"))


def cannot_read(row: ImportRun, error: FileError) -> ResponseReturnValue:
    """Say why a file cannot be read, with a way back."""
    tell(words.file_text(error), kind="error")
    return render_template("imports/broken.html", row=row), 422


def no_columns() -> Any:
    """Give a mapping of no columns."""
    return found_choices(KINDS["places"], ()).columns


def index_page(form: Form) -> str:
    """Show the imports, the kept mappings and the form for a file."""
    user_id = None if may(actor(), Action.MANAGE_USER) else actor().user_id
    return render_template(
        "imports/list.html",
        form=form,
        rows=recent_imports(db.session(), user_id, _RECENT),
        kept=mappings(db.session()),
        kinds=words.KINDS,
        choices=[
            ("", gettext("(by its headings)")),
            *((name, str(words.KINDS[name])) for name in kinds_of_actor()),
        ],
        most=LIMITS.file_octets // _MEBI,
        keep_days=settings().imports.keep_days,
    )


def reading_page(row: ImportRun) -> ResponseReturnValue:
    """Show how a file is read, with its first rows."""
    try:
        reading = read_kept_file(row)
    except FileError as error:
        return cannot_read(row, error)
    names = {sign: name for name, sign in DELIMITERS.items()}
    chosen = chosen_of(row.choices)
    form = filled(
        encoding=reading.encoding.value if reading.encoding else "",
        delimiter=names.get(reading.delimiter, ""),
        sheet=reading.sheet,
        header_line=reading.header_line,
    )
    return render_template(
        "imports/reading.html",
        row=row,
        form=form,
        reading=reading,
        chosen=chosen,
        kinds=words.KINDS,
        encodings=[(one.value, one.value.upper()) for one in Encoding],
        delimiters=[
            ("semicolon", gettext("semicolon ;")),
            ("comma", gettext("comma ,")),
            ("tab", gettext("tab")),
            ("bar", gettext("bar |")),
        ],
        sheets=[(name, name) for name in reading.sheets],
        rows=reading.first_rows[:_SHOWN_ROWS],
        width=max(len(one.cells) for one in reading.first_rows),
        system=system_of(reading.headings),
    )


def columns_page(row: ImportRun) -> ResponseReturnValue:
    """Show which column is which field, and what rows may do."""
    try:
        reading = read_kept_file(row)
        kind = kind_named(db.session(), row.kind)
        choices, name = _choices(row, reading)
        overview = look_over(reading, kind, choices) if row.file_octets <= _AT_ONCE else None
    except FileError as error:
        return cannot_read(row, error)
    fields = {place: name for name, place in choices.columns.columns.items()}
    seats = overview.seats if overview else None
    is_per_seat = choices.is_per_seat or bool(
        seats and seats.is_likely and not row.choices.get("columns")
    )
    form = filled(
        **{f"column-{place}": fields.get(place, "") for place in range(len(reading.headings))},
        policy=choices.policy.value,
        clears_blanks=choices.clears_blanks,
        rows="seats" if is_per_seat else "records",
        leaves_out_people=choices.leaves_out_people,
        key=",".join(choices.key),
    )
    return render_template(
        "imports/columns.html",
        row=row,
        form=form,
        reading=reading,
        kinds=words.KINDS,
        fields=[
            ("", gettext("(not taken)")),
            *sorted(
                ((one.name, words.field_text(one.name)) for one in taken_fields(kind)),
                key=lambda pair: pair[1].casefold(),
            ),
        ],
        samples=_samples(reading),
        keys=_keys(row.kind, choices, overview),
        policies=_policies(),
        seats=seats,
        mapping=name,
        kept=mappings(db.session(), row.kind),
        has_people=bool(kind.seats) or kind.name == "people",
    )


def _choices(row: ImportRun, reading: Reading) -> tuple[Choices, str]:
    """Give what was chosen, or a kept mapping, or what the headings say; and the mapping's name."""
    kind = kind_named(db.session(), row.kind)
    asked = request.args.get("mapping", "")
    rows = {one.name: one for one in mappings(db.session(), row.kind)}
    if asked in rows:
        return choices_from_json(rows[asked].choices, kind, reading.headings), asked
    if row.choices.get("columns"):
        return choices_from_json(row.choices, kind, reading.headings), ""
    known = mapping_of(db.session(), signature(kind, reading.headings))
    if known is not None and not asked:
        return choices_from_json(known.choices, kind, reading.headings), known.name
    return found_choices(kind, reading.headings), ""


def _samples(reading: Reading) -> list[list[str]]:
    below = [one.cells for one in reading.first_rows if one.line > reading.header_line]
    return [
        [cells[place][:80] for cells in below if place < len(cells) and cells[place]][:_SAMPLES]
        for place in range(len(reading.headings))
    ]


def _keys(kind: str, choices: Choices, overview: Overview | None) -> list[tuple[str, str]]:
    best = overview.key if overview else ()
    found = candidate_keys(
        kind_named(db.session(), kind), choices.columns, is_per_seat=choices.is_per_seat
    )
    texts = [(",".join(key), " + ".join(map(words.field_text, key))) for key in found]
    first = gettext("(what fits best)")
    if best:
        first = gettext("(what fits best: %(key)s)", key=" + ".join(map(words.field_text, best)))
    return [("", first), *texts]


def _policies() -> list[tuple[str, str]]:
    return [
        (Policy.BOTH.value, gettext("Add new records and change those that are there")),
        (Policy.CREATE.value, gettext("Only add new records")),
        (Policy.UPDATE.value, gettext("Only change records that are there")),
    ]


def shown(row: ImportRun, state: ImportState) -> dict[str, Any]:
    """Give what the page of a dry run or a report shows."""
    report = row.report
    lines = report.get("lines", {})
    error = report.get("file_error")
    return {
        "row": row,
        "state": state,
        "kinds": words.KINDS,
        "counts": report.get("counts", {}),
        "report": report,
        "lines": lines,
        "refused": [
            (one, [_problem(problem) for problem in one["problems"]])
            for one in lines.get("refused", [])[:200]
        ],
        "field_text": words.field_text,
        "changes_of": shown_changes,
        "beside_words": words.BESIDE,
        "skipped_words": words.SKIPPED,
        "format_words": words.FORMATS,
        "is_person_asked": any(kind == "person" for kind, *_rest in report.get("beside", ())),
        "ticked": _ticked(row.choices, report.get("beside", ())),
        "error": words.file_text(FileError(**error)) if error else row.error,
        "can_apply": state in {ImportState.PLANNED, ImportState.REFUSED},
        "key_text": " + ".join(map(words.field_text, report.get("key", ()))),
        "leaves_out_people": bool(row.choices.get("leaves_out_people")),
    }


def _ticked(choices: Any, beside: Sequence[Sequence[Any]]) -> set[int]:
    """Give which names beside are ticked: those that were, and at first all firms."""
    named = {(str(kind), str(name)) for kind, name in choices.get("beside", ())}
    kinds = set(choices.get("beside_kinds", ()))
    return {
        place
        for place, (kind, name, _count) in enumerate(beside)
        if kind in kinds or (kind, folded(name)) in named
    }


def _problem(problem: dict[str, Any]) -> tuple[int, str, str, str]:
    """Give the line, of a seat its own, with column, value and reason."""
    one = CellProblem(**problem)
    heading = one.heading or (words.field_text(one.field) if one.field else "")
    return one.line, heading, one.value, words.problem_text(one)
