"""HTML pages: views parse, call queries and services, render templates."""

from __future__ import annotations

from flask import Flask

from parc.extensions import babel, csrf, login_manager


def init_web(app: Flask) -> None:
    """Register extensions of the pages, blueprints, error handlers and headers."""
    babel.init_app(app)
    csrf.init_app(app)
    login_manager.init_app(app)
