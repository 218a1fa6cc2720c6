"""Pages of the logins, for administrators."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import Role
from parc.queries.incident_sheet import person_of
from parc.queries.users import get_user, list_users
from parc.services import users as service
from parc.services.people import person_label
from parc.services.permissions import Action
from parc.services.sign_in import make_link
from parc.services.users import UserInput
from parc.web.access import actor, requires
from parc.web.context import now, settings
from parc.web.forms import (
    SEEN,
    Form,
    check_unchanged,
    filled,
    of_stored,
    read_form,
)
from parc.web.labels import choices
from parc.web.messages import tell

users = Blueprint("users", __name__)


@users.get("/users")
@requires(Action.MANAGE_USER)
def index() -> ResponseReturnValue:
    """List all logins."""
    return render_template("users/list.html", rows=list_users(db.session()))


@users.get("/users/new")
@requires(Action.MANAGE_USER)
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return _new_page(filled(role=Role.TECHNICIAN.value))


@users.post("/users/new")
@requires(Action.MANAGE_USER)
def send_new() -> ResponseReturnValue:
    """Add a login and show the link by which it signs in for the first time."""
    form = read_form("login", "display_name", "role", "person", "places")
    entered = UserInput(form.text("login"), form.text("display_name"), form.value("role"))
    try:
        with transaction() as session:
            user = service.add_user(session, actor(), entered, None, now())
            service.tie_person(session, actor(), user.id, form.text("person"), now())
            service.limit_to_places(session, actor(), user.id, _paths(form), now())
            token = make_link(session, actor(), user.id, now())
    except InvalidInputError as error:
        return _new_page(form.refused(error)), 422
    return _link_page(user.id, token)


@users.get("/users/<int:user_id>")
@requires(Action.MANAGE_USER)
def edit(user_id: int) -> ResponseReturnValue:
    """Show one login."""
    return _edit_page(user_id, _form_of(user_id))


def _form_of(user_id: int) -> Form:
    row = get_user(db.session(), user_id)
    person = person_of(db.session(), user_id)
    named = person_label(person.name, person.email, person.external_id, person.id) if person else ""
    return of_stored(
        display_name=row.display_name,
        role=row.role.value,
        is_active=row.is_active,
        person=named,
        places="\n".join(row.places),
    )


@users.post("/users/<int:user_id>")
@requires(Action.MANAGE_USER)
def send_edit(user_id: int) -> ResponseReturnValue:
    """Change name, role, activity and whose it is."""
    form = read_form("display_name", "role", "is_active", "person", "places", SEEN)
    check_unchanged(form, _form_of(user_id))
    login = get_user(db.session(), user_id).login
    entered = UserInput(
        login, form.text("display_name"), form.value("role"), form.is_checked("is_active")
    )
    try:
        with transaction() as session:
            paths = _paths(form)
            if not any(paths):  # who is to administer is limited no more first
                service.limit_to_places(session, actor(), user_id, paths, now())
            service.change_user(session, actor(), user_id, entered, now())
            service.tie_person(session, actor(), user_id, form.text("person"), now())
            service.limit_to_places(session, actor(), user_id, paths, now())
    except InvalidInputError as error:
        return _edit_page(user_id, form.refused(error)), 422
    tell(
        gettext("%(name)s is saved.", name=entered.display_name),
        url=url_for("users.edit", user_id=user_id),
        link=gettext("Open"),
    )
    return redirect(url_for("users.index"))


@users.get("/users/<int:user_id>/reset-password")
@requires(Action.MANAGE_USER)
def reset_password(user_id: int) -> ResponseReturnValue:
    """Ask before the password is taken away."""
    return render_template("users/reset_password.html", row=get_user(db.session(), user_id))


@users.post("/users/<int:user_id>/reset-password")
@requires(Action.MANAGE_USER)
def send_reset_password(user_id: int) -> ResponseReturnValue:
    """Take the password away and show a one-time link, once."""
    read_form()
    with transaction() as session:
        token = service.reset_password(session, actor(), user_id, now())
    return _link_page(user_id, token)


def _paths(form: Form) -> list[str]:
    """Give the paths of places, one a line."""
    return [path for line in form.value("places").splitlines() if (path := line.strip())]


def _new_page(form: Form) -> str:
    return render_template("users/new.html", form=form, roles=choices(Role))


def _edit_page(user_id: int, form: Form) -> str:
    row = get_user(db.session(), user_id)
    return render_template("users/edit.html", form=form, row=row, roles=choices(Role))


def _link_page(user_id: int, token: str) -> str:
    """Show the link on this answer alone; it is stored nowhere in clear."""
    path = url_for("session.link", token=token)
    base = settings().server.base_url.rstrip("/")
    url = f"{base}{path}" if base else url_for("session.link", token=token, _external=True)
    return render_template("users/link.html", row=get_user(db.session(), user_id), url=url)
