"""The application factory: wiring only."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from parc.config import Settings, find_settings
from parc.extensions import db, migrate
from parc.queries.asset_tags import TAG_FALLBACK
from parc.secret_box import load_box
from parc.web import init_web

_PACKAGE = Path(__file__).parent


def create_app(settings: Settings | None = None) -> Flask:
    """Build the application.

    Args:
        settings: None reads ``config.toml`` (or the file that ``PARC_CONFIG`` names) and the
            environment.

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
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
    )
    app.extensions["parc_settings"] = settings
    app.extensions["parc_box"] = box
    app.extensions["parc_session_info"] = {TAG_FALLBACK: settings.interface.asset_tag_pattern}
    db.init_app(app)
    migrate.init_app(app, db, directory=str(_PACKAGE / "migrations"))
    init_web(app)
    return app


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
