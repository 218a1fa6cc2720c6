"""Signing in and out, the language of who is not signed in, and who makes a request."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from parc.errors import NotFoundError
from parc.extensions import db, limit_sessions, transaction
from parc.queries.users import SignedIn, find_signed_in
from parc.services import sign_in as service
from parc.services.actor import Actor
from parc.services.permissions import Action
from parc.services.users import set_preferences
from parc.web.access import actor, requires
from parc.web.addresses import local_path
from parc.web.context import now, remote_address, settings, signed_in
from parc.web.forms import Form, read_form
from parc.web.i18n import LANGUAGES
from parc.web.kept_forms import again_page, read_kept
from parc.web.messages import tell
from parc.web.navigation import home_url

session_pages = Blueprint("session", __name__)
_TOKEN = "token"  # noqa: S105 -- the name of the key
_TOUCH_AFTER = timedelta(minutes=5)


def load_actor() -> None:
    """Find who makes the request; runs before each one but those for built files."""
    token = None if request.endpoint == "static" else session.get(_TOKEN)
    if not isinstance(token, str):
        return
    moment, limits = now(), settings().interface
    person = find_signed_in(
        db.session(),
        service.hash_token(token),
        created_after=moment - timedelta(days=limits.session_days),
        seen_after=moment - timedelta(minutes=limits.session_idle_minutes),
    )
    if person is None:
        session.pop(_TOKEN)
        return
    become(person)
    if moment - person.last_seen_at > _TOUCH_AFTER:
        with transaction() as writing:
            service.touch_session(writing, person.session_id, moment)


def become(person: SignedIn) -> None:
    """Make ``person`` the author of whatever this request does."""
    g.signed_in = person
    g.actor = Actor(
        name=person.display_name,
        role=person.role,
        user_id=person.user_id,
        is_limited=person.is_limited,
    )
    limit_sessions(person.user_id if person.is_limited else None)


def begin_session(token: str) -> None:
    """Hand the browser a new session; nothing of the one before stays."""
    session.clear()
    session[_TOKEN] = token
    session.permanent = True
    g.pop("csrf_token", None)


@session_pages.get("/sign-in")
@requires(Action.PUBLIC)
def sign_in() -> ResponseReturnValue:
    """Show the form, or go on when somebody is signed in."""
    if signed_in():
        return redirect(_next_url())
    return _sign_in_page(Form({"next": [request.args.get("next", "")]}))


@session_pages.post("/sign-in")
@requires(Action.PUBLIC)
def send_sign_in() -> ResponseReturnValue:
    """Judge login and password; say how long to wait after too many failures."""
    form = read_form("login", "password", "next", "again")
    login, address, moment = form.value("login"), remote_address(), now()
    with transaction() as writing:
        wait_seconds = service.claim_attempt(writing, login, address, moment)
    if wait_seconds:
        return _sign_in_page(form, told=wait_text(wait_seconds), status=429, wait=wait_seconds)
    user_id = service.check_credentials(db.session(), login, form.value("password"))
    if user_id is None:
        return _sign_in_page(form, told=gettext("Login or password is wrong."), status=422)
    with transaction() as writing:
        token = service.open_session(writing, user_id, address, moment)
        service.purge_sessions(
            writing,
            created_before=moment - timedelta(days=settings().interface.session_days),
            seen_before=moment - timedelta(minutes=settings().interface.session_idle_minutes),
        )
    begin_session(token)
    load_actor()
    kept = read_kept(form.value("again"))
    return again_page(kept) if kept else redirect(_next_url(form.value("next")))


@session_pages.post("/sign-out")
@requires(Action.OWN_ACCOUNT)
def sign_out() -> ResponseReturnValue:
    """End this browser's session."""
    read_form()
    person = signed_in()
    if person:
        with transaction() as writing:
            service.end_session(writing, person.session_id)
    session.clear()
    return redirect(url_for("session.sign_in"))


@session_pages.get("/sign-in/link/<token>")
@requires(Action.PUBLIC)
def link(token: str) -> ResponseReturnValue:
    """Show a button: whatever fetches addresses by itself must not use the link up."""
    if not service.is_link_good(db.session(), token, now()):
        return _sign_in_page(
            Form(), told=gettext("This sign-in link is used up or has expired."), status=404
        )
    return render_template("session/link.html", link_token=token)


@session_pages.post("/sign-in/link/<token>")
@requires(Action.PUBLIC)
def use_link(token: str) -> ResponseReturnValue:
    """Use the link up and sign in; who has no password yet goes on to choose one."""
    read_form()
    try:
        with transaction() as writing:
            opened = service.use_link(writing, token, remote_address(), now())
    except NotFoundError:
        return _sign_in_page(
            Form(), told=gettext("This sign-in link is used up or has expired."), status=404
        )
    begin_session(opened)
    load_actor()
    person = signed_in()
    if person and not person.has_password:
        tell(gettext("Choose a password to be able to sign in next time."), kind="info")
    return redirect(_next_url())


@session_pages.post("/language")
@requires(Action.PUBLIC)
def choose() -> ResponseReturnValue:
    """Change the language, of the login when there is one, else of this browser."""
    form = read_form("language", "next")
    if form.value("language") not in LANGUAGES:
        abort(400)
    person = signed_in()
    if person is None:
        session["language"] = form.value("language")
        return redirect(local_path(form.value("next")) or url_for("session.sign_in"))
    with transaction() as writing:
        set_preferences(
            writing,
            actor(),
            language=form.value("language"),
            colour_scheme=person.colour_scheme,
            has_shortcuts=person.has_shortcuts,
        )
    return redirect(_next_url(form.value("next")))


def _sign_in_page(
    form: Form, *, told: str = "", status: int = 200, wait: int = 0
) -> ResponseReturnValue:
    page = render_template("session/sign_in.html", form=form, told=told)
    return page, status, {"Retry-After": str(wait)} if wait else {}


def wait_text(seconds: int) -> str:
    """Say how long to wait after too many failures."""
    if seconds < 60:  # noqa: PLR2004 -- below a minute
        return str(
            ngettext(
                "Too many failed attempts: wait %(num)s second.",
                "Too many failed attempts: wait %(num)s seconds.",
                seconds,
            )
        )
    minutes = -(-seconds // 60)
    return str(
        ngettext(
            "Too many failed attempts: wait %(num)s minute.",
            "Too many failed attempts: wait %(num)s minutes.",
            minutes,
        )
    )


def _next_url(asked: str | None = None) -> str:
    """Give where to go on: the path that was asked for if it is one of ours, else home."""
    return local_path(request.args.get("next", "") if asked is None else asked) or home_url(actor())
