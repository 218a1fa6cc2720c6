"""Pages of credentials, for administrators; secrets go in and never come out."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from collectors.credentials import AuthProtocol, PrivProtocol, SnmpVersion
from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.queries.credentials import CredentialRow, get_credential, list_credentials
from parc.services.credentials import (
    SECRET_FIELDS,
    SWITCHES,
    CredentialDraft,
    delete_credential,
    save_credential,
)
from parc.services.permissions import Action
from parc.web.access import actor, requires
from parc.web.context import box, now
from parc.web.forms import Form, filled, read_form
from parc.web.labels import choices
from parc.web.messages import tell

credentials = Blueprint("credentials", __name__)

_FIELDS = (
    "name",
    "version",
    "port",
    "user_name",
    "auth_protocol",
    "priv_protocol",
    "context_name",
    "networks",
    *SWITCHES,
)


@credentials.get("/credentials")
@requires(Action.EDIT_CREDENTIAL)
def index() -> ResponseReturnValue:
    """List all credentials and where they are used."""
    return render_template("credentials/list.html", rows=list_credentials(db.session()))


@credentials.get("/credentials/new")
@requires(Action.EDIT_CREDENTIAL)
def new() -> ResponseReturnValue:
    """Show an empty form."""
    return _page(filled(version=SnmpVersion.V2C.value, port=161))


@credentials.post("/credentials/new")
@requires(Action.EDIT_CREDENTIAL)
def send_new() -> ResponseReturnValue:
    """Add a credential."""
    form = read_form(*_FIELDS, *SECRET_FIELDS)
    try:
        with transaction() as session:
            saved = save_credential(session, actor(), box(), _draft(form), now=now())
    except InvalidInputError as error:
        return _page(_without_secrets(form).refused(error)), 422
    tell(
        gettext("The credential %(name)s is added.", name=saved.name),
        url=url_for("credentials.edit", credential_id=saved.id),
        link=gettext("Open"),
    )
    return redirect(url_for("credentials.index"))


@credentials.get("/credentials/<int:credential_id>")
@requires(Action.EDIT_CREDENTIAL)
def edit(credential_id: int) -> ResponseReturnValue:
    """Show one credential without its secrets."""
    row = get_credential(db.session(), credential_id)
    form = filled(
        name=row.name,
        version=row.version.value,
        port=row.port,
        user_name=row.user_name,
        auth_protocol=row.auth_protocol.value,
        priv_protocol=row.priv_protocol.value,
        context_name=row.context_name,
        networks="\n".join(row.networks),
        is_compatible=row.is_compatible,
        takes_other_sources=row.takes_other_sources,
    )
    return _page(form, row)


@credentials.post("/credentials/<int:credential_id>")
@requires(Action.EDIT_CREDENTIAL)
def send_edit(credential_id: int) -> ResponseReturnValue:
    """Change a credential; an empty secret leaves the stored one."""
    form = read_form(*_FIELDS, *SECRET_FIELDS)
    row = get_credential(db.session(), credential_id)
    try:
        with transaction() as session:
            saved = save_credential(
                session, actor(), box(), _draft(form), now=now(), credential_id=credential_id
            )
    except InvalidInputError as error:
        return _page(_without_secrets(form).refused(error), row), 422
    tell(
        gettext("The credential %(name)s is saved.", name=saved.name),
        url=url_for("credentials.edit", credential_id=credential_id),
        link=gettext("Open"),
    )
    return redirect(url_for("credentials.index"))


@credentials.get("/credentials/<int:credential_id>/delete")
@requires(Action.EDIT_CREDENTIAL)
def delete(credential_id: int) -> ResponseReturnValue:
    """Ask before deleting, and name the ranges that go on without it."""
    row = get_credential(db.session(), credential_id)
    return render_template("credentials/delete.html", row=row)


@credentials.post("/credentials/<int:credential_id>/delete")
@requires(Action.EDIT_CREDENTIAL)
def send_delete(credential_id: int) -> ResponseReturnValue:
    """Delete a credential."""
    read_form()
    with transaction() as session:
        name = delete_credential(session, actor(), credential_id, now=now())
    tell(gettext("The credential %(name)s is deleted.", name=name))
    return redirect(url_for("credentials.index"))


def _draft(form: Form) -> CredentialDraft:
    """Take a form as it is; passphrases keep their spaces."""
    return CredentialDraft(
        name=form.value("name"),
        version=form.value("version"),
        port=form.value("port"),
        community=form.value("community"),
        user_name=form.value("user_name"),
        auth_protocol=form.value("auth_protocol", AuthProtocol.NONE),
        auth_passphrase=form.value("auth_passphrase"),
        priv_protocol=form.value("priv_protocol", PrivProtocol.NONE),
        priv_passphrase=form.value("priv_passphrase"),
        context_name=form.value("context_name"),
        networks=form.value("networks"),
        is_compatible=form.is_checked("is_compatible"),
        takes_other_sources=form.is_checked("takes_other_sources"),
    )


def _without_secrets(form: Form) -> Form:
    """Forget what was typed into secret fields, so that no page can show it."""
    kept = {name: values for name, values in form.values.items() if name not in SECRET_FIELDS}
    return Form(kept, form.problems)


def _page(form: Form, row: CredentialRow | None = None) -> str:
    return render_template(
        "credentials/edit.html",
        form=form,
        row=row,
        versions=choices(SnmpVersion),
        auth_protocols=choices(AuthProtocol),
        priv_protocols=choices(PrivProtocol),
    )
