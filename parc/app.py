"""The application factory: wiring only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from flask import Flask

from parc.clock import now
from parc.config import Settings, find_settings
from parc.extensions import babel, db, migrate
from parc.queries.asset_tags import TAG_FALLBACK
from parc.secret_box import load_box

if TYPE_CHECKING:
    from parc.importers.values import CellProblem

_PACKAGE = Path(__file__).parent


def create_app(settings: Settings | None = None, *, has_pages: bool = True) -> Flask:
    """Build the application.

    Args:
        settings: None reads ``config.toml`` (or the file that ``PARC_CONFIG`` names) and the
            environment.
        has_pages: False for the worker and for commands, which start twice as fast without.

    Raises:
        ConfigError: the settings cannot be used.
        SecretError: the master key cannot be read.
    """
    settings = settings or find_settings(os.environ)
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    box = load_box(settings.key_path, os.environ)
    app = Flask("parc", root_path=str(_PACKAGE), template_folder=str(_template_folder()))
    app.config.update(
        SECRET_KEY=box.signing_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        # What a statement carried may be a secret, and errors of the database are logged.
        SQLALCHEMY_ENGINE_OPTIONS={"hide_parameters": True, **_engine_options(settings)},
    )
    app.extensions["parc_settings"] = settings
    app.extensions["parc_box"] = box
    app.extensions["parc_session_info"] = {TAG_FALLBACK: settings.interface.asset_tag_pattern}
    db.init_app(app)
    migrate.init_app(app, db, directory=str(_PACKAGE / "migrations"))
    app.extensions["parc_clock"] = now
    if has_pages:
        from parc.web import init_web

        init_web(app)
    else:
        _init_words(app, settings)
    return app


def _init_words(app: Flask, settings: Settings) -> None:
    """Let letters and reports be written in the language that they ask for."""
    babel.init_app(
        app,
        default_locale=settings.interface.language,
        default_timezone=settings.interface.time_zone,
        default_translation_directories="translations",
    )
    app.extensions["parc_import_words"] = _problem_text


def _problem_text(problem: CellProblem) -> str:
    """Say why an imported cell cannot be taken; the words stand with the pages."""
    from parc.web.import_words import problem_text

    return problem_text(problem)


def _template_folder() -> Path:
    """Templates stand beside the package in a checkout and inside it in a wheel."""
    inside = _PACKAGE / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"


def _engine_options(settings: Settings) -> dict[str, object]:
    if settings.database_url.startswith("sqlite"):
        return {"connect_args": {"timeout": 30}}
    # A prepared statement's general plan takes an array for ten values where there are thousands.
    return {
        "pool_pre_ping": True,
        "pool_size": settings.server.threads + 2,
        "connect_args": {"prepare_threshold": None},
    }
