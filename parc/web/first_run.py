"""The first run: while there is no login, every page leads here.

One form makes the administrator, the first credentials and the first range, in one transaction,
and signs in. Where strangers can reach the server, it asks for the code that the server printed.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from flask import Blueprint, abort, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.wrappers import Response

from collectors.credentials import AuthProtocol, PrivProtocol, SnmpVersion
from parc.config import Settings
from parc.errors import FieldProblem, InvalidInputError
from parc.extensions import db, transaction
from parc.models import RunTrigger, ScheduleKind
from parc.queries.users import has_users
from parc.services import sign_in
from parc.services.credentials import CredentialDraft
from parc.services.first_run import FirstRun, set_up
from parc.services.permissions import Action
from parc.services.range_drafts import RangeDraft
from parc.services.runs import request_run
from parc.web.access import actor, requires
from parc.web.context import box, now, remote_address, settings
from parc.web.forms import Form, filled, read_form
from parc.web.i18n import LANGUAGES, choose_language
from parc.web.labels import choices
from parc.web.messages import tell
from parc.web.navigation import home_url
from parc.web.own_network import find_private_network
from parc.web.session import begin_session, load_actor

first_run = Blueprint("first_run", __name__)
_SET_UP = "parc_is_set_up"
_FREE = frozenset({"static", "session.choose", "agent_endpoint.receive"})
_ATTEMPTS = "first run"
_FIELDS = (
    "setup_code", "language", "display_name", "login", "password", "repeated_password",
    "range_name", "include", "site", "every_minutes",
    "snmp", "community", "user_name",
    "auth_protocol", "auth_passphrase", "priv_protocol", "priv_passphrase",
)  # fmt: skip
_NO_SNMP = "none"


def redirect_to_first_run() -> Response | None:
    """Send whoever comes before the first login was made to make it."""
    if current_app.extensions.get(_SET_UP) or request.endpoint in _FREE:
        return None
    if has_users(db.session()):
        current_app.extensions[_SET_UP] = True  # logins are never deleted, so it stays true
        return None
    if request.endpoint in {"first_run.show", "first_run.send"}:
        return None
    return redirect(url_for("first_run.show"))


def needs_setup_code(chosen: Settings) -> bool:
    """Tell whether others than this machine's own users can reach the server.

    Any name, proxy or address beyond the loopback ones counts; so does what cannot be read.
    """
    server = chosen.server
    hosts = [server.host, urlsplit(server.base_url).hostname or "localhost", *server.trusted_hosts]
    return server.trusted_proxies > 0 or not all(map(_is_loopback, hosts))


@first_run.get("/first-run")
@requires(Action.PUBLIC)
def show() -> ResponseReturnValue:
    """Show the form, filled in with what can be known."""
    _refuse_second()
    return _page(
        filled(
            language=choose_language(),
            range_name=gettext("Main network"),
            include=find_private_network(),
            every_minutes="60",
            snmp=SnmpVersion.V2C.value,
        )
    )


@first_run.post("/first-run")
@requires(Action.PUBLIC)
def send() -> ResponseReturnValue:
    """Make everything or nothing, sign in, and offer the first sweep."""
    _refuse_second()
    form = read_form(*_FIELDS)
    refusal = _check_setup_code(form)
    if refusal is not None:
        return refusal
    if form.value("password") != form.value("repeated_password"):
        different = FieldProblem("repeated_password", "password_repeat")
        return _page(form.refused(InvalidInputError([different]))), 422
    try:
        with transaction() as session:
            allow_public = settings().discovery.allow_public_addresses
            user_id, range_id = set_up(
                session, box(), _read(form), now(), allow_public=allow_public
            )
            token = sign_in.open_session(session, user_id, remote_address(), now())
    except InvalidInputError as error:
        return _page(form.refused(error)), 422
    begin_session(token)
    load_actor()
    if range_id is None:
        tell(gettext("Parc is ready."))
        return redirect(home_url(actor()))
    return redirect(url_for("first_run.ready", range_id=range_id))


@first_run.get("/first-run/ready/<int:range_id>")
@requires(Action.START_RUN)
def ready(range_id: int) -> str:
    """Offer the first sweep."""
    return render_template("first_run/ready.html", range_id=range_id)


@first_run.post("/first-run/ready/<int:range_id>")
@requires(Action.START_RUN)
def sweep(range_id: int) -> ResponseReturnValue:
    """Ask for the first sweep."""
    read_form()
    with transaction() as session:
        request_run(session, actor(), range_id=range_id, trigger=RunTrigger.PERSON, now=now())
    tell(gettext("The first sweep begins; devices appear as they are read."))
    return redirect(home_url(actor()))


def _refuse_second() -> None:
    if has_users(db.session()):
        abort(404)


def _check_setup_code(form: Form) -> ResponseReturnValue | None:
    """Give the page that refuses, or None; guesses are slowed down as at the sign-in."""
    if not needs_setup_code(settings()):
        return None
    with transaction() as session:
        wait = sign_in.claim_attempt(session, _ATTEMPTS, remote_address(), now())
    if wait:
        return _page(form, told=gettext("Too many attempts: wait %(num)s seconds.", num=wait)), 429
    if not sign_in.is_setup_code(box().signing_key, form.value("setup_code")):
        wrong = InvalidInputError([FieldProblem("setup_code", "setup_code_wrong")])
        return _page(form.refused(wrong)), 422
    with transaction() as session:
        sign_in.forget_attempts(session, _ATTEMPTS)
    return None


def _read(form: Form) -> FirstRun:
    has_range = bool(form.text("include"))
    has_snmp = has_range and form.value("snmp", _NO_SNMP) != _NO_SNMP
    return FirstRun(
        login=form.text("login"),
        display_name=form.text("display_name"),
        password=form.value("password"),
        language=form.value("language"),
        credential=_read_credential(form) if has_snmp else None,
        range=_read_range(form) if has_range else None,
    )


def _read_credential(form: Form) -> CredentialDraft:
    return CredentialDraft(
        name=f"SNMP {form.value('snmp')}",
        version=form.value("snmp"),
        community=form.value("community"),
        user_name=form.text("user_name"),
        auth_protocol=form.value("auth_protocol", AuthProtocol.NONE),
        auth_passphrase=form.value("auth_passphrase"),
        priv_protocol=form.value("priv_protocol", PrivProtocol.NONE),
        priv_passphrase=form.value("priv_passphrase"),
    )


def _read_range(form: Form) -> RangeDraft:
    minutes = form.text("every_minutes")
    return RangeDraft(
        name=form.text("range_name"),
        include=form.value("include"),
        site=form.text("site"),
        schedule_kind=ScheduleKind.INTERVAL if minutes else ScheduleKind.NONE,
        every_minutes=minutes,
        time_zone=settings().interface.time_zone,
    )


def _page(form: Form, *, told: str = "") -> str:
    return render_template(
        "first_run/show.html",
        form=form,
        told=told,
        needs_code=needs_setup_code(settings()),
        language_choices=list(LANGUAGES.items()),
        auth_protocols=choices(AuthProtocol),
        priv_protocols=choices(PrivProtocol),
    )


def _is_loopback(host: str) -> bool:
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
