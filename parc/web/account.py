"""The own account: password, language, colours, keyboard, and where one is signed in."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from parc.errors import FieldProblem, InvalidInputError
from parc.extensions import db, transaction
from parc.queries.users import SignedIn, limiting_places, list_sessions
from parc.services import users as service
from parc.services.permissions import Action
from parc.services.sign_in import claim_attempt, end_sessions, forget_attempts, open_session
from parc.web.access import actor, requires
from parc.web.context import now, remote_address, settings, signed_in
from parc.web.forms import Form, filled, read_form
from parc.web.messages import tell
from parc.web.session import begin_session, wait_text

account = Blueprint("account", __name__)


@account.get("/account")
@requires(Action.OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    """Show all that one may change of the own account."""
    return _page()


@account.post("/account/preferences")
@requires(Action.OWN_ACCOUNT)
def send_preferences() -> ResponseReturnValue:
    """Set language, colours and keyboard."""
    form = read_form("language", "colour_scheme", "has_shortcuts")
    try:
        with transaction() as session:
            service.set_preferences(
                session,
                actor(),
                language=form.value("language"),
                colour_scheme=form.value("colour_scheme"),
                has_shortcuts=form.is_checked("has_shortcuts"),
            )
    except InvalidInputError as error:
        return _page(preferences=form.refused(error)), 422
    tell(gettext("Your preferences are saved."))
    return redirect(url_for("account.show"))


@account.post("/account/password")
@requires(Action.OWN_ACCOUNT)
def send_password() -> ResponseReturnValue:
    """Change the password; every other browser is signed out and this one gets a new session."""
    form = read_form("present_password", "password", "repeated_password")
    if form.value("password") != form.value("repeated_password"):
        different = FieldProblem("repeated_password", "password_repeat")
        return _page(password=form.refused(InvalidInputError([different]))), 422
    login = _person().login
    with transaction() as session:  # whoever holds a session guesses no faster than at the door
        wait_seconds = claim_attempt(session, login, remote_address(), now())
    if wait_seconds:
        tell(wait_text(wait_seconds), kind="error")
        return _page(), 429, {"Retry-After": str(wait_seconds)}
    try:
        with transaction() as session:
            service.change_own_password(
                session, actor(), form.value("present_password"), form.value("password"), now()
            )
            token = open_session(session, _person().user_id, remote_address(), now())
    except InvalidInputError as error:
        if all(problem.field != "present_password" for problem in error.problems):
            with transaction() as session:
                forget_attempts(session, login)
        return _page(password=form.refused(error)), 422
    begin_session(token)
    tell(gettext("Your password is changed; all other browsers are signed out."))
    return redirect(url_for("account.show"))


@account.post("/account/end-other-sessions")
@requires(Action.OWN_ACCOUNT)
def end_others() -> ResponseReturnValue:
    """Sign all other browsers out."""
    read_form()
    with transaction() as session:
        count = end_sessions(session, _person().user_id, but=_person().session_id)
    tell(ngettext("%(num)s browser signed out.", "%(num)s browsers signed out.", count))
    return redirect(url_for("account.show"))


@account.get("/shortcuts")
@requires(Action.OWN_ACCOUNT)
def shortcuts() -> ResponseReturnValue:
    """List the keys that do something."""
    return render_template("account/shortcuts.html")


def _page(*, preferences: Form | None = None, password: Form | None = None) -> str:
    person = _person()
    seen_after = now() - timedelta(minutes=settings().interface.session_idle_minutes)
    return render_template(
        "account/show.html",
        preferences=preferences
        or filled(
            language=person.language or "",
            colour_scheme=person.colour_scheme,
            has_shortcuts=person.has_shortcuts,
        ),
        password=password or Form(),
        sessions=list_sessions(db.session(), person.user_id, seen_after=seen_after),
        places=limiting_places(db.session(), person.user_id),
    )


def _person() -> SignedIn:
    return cast("SignedIn", signed_in())
