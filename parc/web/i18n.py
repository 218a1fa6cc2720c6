"""Which language a page speaks: the person's choice, else the browser's, else the settings'."""

from __future__ import annotations

from flask import Flask, request, session
from flask_babel import Babel

from parc.web.context import settings, signed_in

LANGUAGES = {"fr": "Français", "en": "English"}


def init_i18n(app: Flask, babel: Babel) -> None:
    """Give Flask-Babel our catalogues and our way to choose."""
    babel.init_app(
        app,
        default_translation_directories="translations",
        locale_selector=choose_language,
        timezone_selector=lambda: settings().interface.time_zone,
    )


def choose_language() -> str:
    """Give ``fr`` or ``en``."""
    person = signed_in()
    chosen = person.language if person else session.get("language")
    if chosen in LANGUAGES:
        return str(chosen)
    asked = request.accept_languages.best_match(LANGUAGES)
    return asked or settings().interface.language
