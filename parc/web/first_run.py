"""The first run: while there is no login, every page leads here."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from parc.extensions import db
from parc.queries.users import has_users
from parc.services.permissions import Action
from parc.web.access import requires

first_run = Blueprint("first_run", __name__)
_SET_UP = "parc_is_set_up"
_FREE = frozenset({"static", "session.choose"})


def redirect_to_first_run() -> BaseResponse | None:
    """Send whoever comes before the first login was made to make it."""
    if current_app.extensions.get(_SET_UP) or request.endpoint in _FREE:
        return None
    if has_users(db.session()):
        current_app.extensions[_SET_UP] = True  # logins are never deleted, so it stays true
        return None
    if request.blueprint == "first_run":
        return None
    return redirect(url_for("first_run.show"))


@first_run.get("/first-run")
@requires(Action.PUBLIC)
def show() -> str:
    """Show the form."""
    return ""
