"""Every code that an import can tell has a text."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask

from parc.importers.kinds import KINDS
from parc.importers.limits import FileError
from parc.importers.values import CellProblem
from parc.web.import_words import FIELDS, FILE_PROBLEMS, KNOWN_CODES, file_text, problem_text

_FOLDER = Path("parc/importers")
_FILE = re.compile(r"FileError\(\s*\"(\w+)\"")
_CELL = re.compile(r"(?:Unreadable|Found)\(\s*(?:\"\w*\"|name), \"(\w+)\"|Unreadable\(\"(\w+)\"")


def _found(pattern: re.Pattern[str]) -> set[str]:
    texts = [path.read_text() for path in _FOLDER.rglob("*.py")]
    return {next(filter(None, m.groups())) for text in texts for m in pattern.finditer(text)}


def test_every_reason_has_a_text() -> None:
    assert len(_found(_FILE)) > 10
    assert _found(_FILE) <= set(FILE_PROBLEMS)
    assert len(_found(_CELL)) > 15
    assert _found(_CELL) <= KNOWN_CODES


def test_every_field_has_a_name() -> None:
    names = {one.name for kind in KINDS.values() for one in kind.fields}
    assert names <= set(FIELDS)


def test_reasons_name_line_and_value(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context(headers={"Accept-Language": "en"}):
        assert file_text(FileError("has_nul", "", 3)).startswith("Line 3: The file holds")
        assert file_text(FileError("no_such_sheet", "x")) == "There is no sheet x."
        problem = CellProblem(2, "name", "Nom", "x", "same_key_twice", "7")
        assert problem_text(problem) == "Line 7 says the same record."
        known = CellProblem(2, "name", "Nom", "x", "required", "")
        assert problem_text(known) == "This field is needed."
