"""Tests of the application that is made without pages, for the worker and for commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from flask import Flask
from flask_babel import force_locale, gettext

from parc.app import create_app
from parc.config import Settings
from parc.importers.values import CellProblem

ROOT = Path(__file__).resolve().parents[2]
_OF_PAGES = {"csrf", "parc_bundles"}


def test_application_without_pages_lacks_nothing_that_jobs_and_commands_ask_for(
    sqlite_app: Flask, sqlite_settings: Settings
) -> None:
    bare = create_app(sqlite_settings, has_pages=False)
    assert set(sqlite_app.extensions) - set(bare.extensions) <= _OF_PAGES
    assert [rule.endpoint for rule in bare.url_map.iter_rules()] == ["static"]


def test_application_without_pages_has_the_words_of_letters_and_reports(
    sqlite_settings: Settings,
) -> None:
    app = create_app(sqlite_settings, has_pages=False)
    words = app.extensions["parc_import_words"]
    for language, title, said in (
        ("en", "Warranties", "x is no date."),
        ("fr", "Garanties", "x n\N{RIGHT SINGLE QUOTATION MARK}est pas une date."),
    ):
        with app.app_context(), force_locale(language):
            assert gettext("Warranties") == title
            assert words(CellProblem(2, "bought_on", "Bought", "x", "not_a_date")) == said


def test_application_without_pages_loads_none() -> None:
    program = (
        "import sys; from parc.app import create_app; create_app(has_pages=False);"
        "sys.exit('parc.web' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == 0
