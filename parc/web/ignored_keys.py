"""The page of keys that identify nothing: those of people, and those that look like it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.key_texts import IgnoredKind
from parc.queries.ignored_keys import list_ignored_keys, list_showing
from parc.reconcile.suspects import list_suspects, read_search
from parc.services import ignored_keys as service
from parc.services.permissions import Action
from parc.web.access import actor, requires
from parc.web.context import now
from parc.web.forms import Form, filled, read_form
from parc.web.labels import choices
from parc.web.listing import page_key
from parc.web.messages import tell
from parc.web.settling import settle_about

ignored_keys = Blueprint("ignored_keys", __name__)
_ROWS = 100


@ignored_keys.get("/ignored-keys")
@requires(Action.EDIT_IGNORED_KEY)
def index() -> ResponseReturnValue:
    """List them, with a form that is filled from the address when a page leads here."""
    kind = request.args.get("kind", IgnoredKind.SERIAL.value)
    return _page(filled(kind=kind, value=request.args.get("value", "")))


@ignored_keys.post("/ignored-keys")
@requires(Action.EDIT_IGNORED_KEY)
def send_new() -> ResponseReturnValue:
    """Ignore one more."""
    form = read_form("kind", "value", "reason")
    try:
        with transaction() as session:
            row = service.ignore_key(
                session,
                actor(),
                kind=form.value("kind"),
                value=form.text("value"),
                reason=form.text("reason"),
                at=now(),
            )
            value = row.value
            _settle(session, row.kind, value)
    except InvalidInputError as error:
        return _page(form.refused(error)), 422
    tell(gettext("%(value)s identifies no machine from the next run on.", value=value))
    return redirect(url_for("ignored_keys.index"))


@ignored_keys.post("/ignored-keys/<int:key_id>/remove")
@requires(Action.EDIT_IGNORED_KEY)
def remove(key_id: int) -> ResponseReturnValue:
    """Let a key identify machines again."""
    read_form()
    with transaction() as session:
        row = service.stop_ignoring(session, actor(), key_id, now())
        kind, value = row.kind, row.value
        _settle(session, kind, value)
    tell(gettext("%(value)s identifies machines again.", value=value))
    return redirect(url_for("ignored_keys.index"))


def _settle(session: Any, kind: IgnoredKind, value: str) -> None:
    """Close what the key stood for in the inbox, or open it again, at once."""
    devices, owned = list_showing(session, kind, value)
    settle_about(session, devices=devices, assets=owned)


def _page(form: Form) -> str:
    rows = list_ignored_keys(db.session(), page_key("before"), _ROWS + 1)
    next_url = ""
    if len(rows) > _ROWS:
        rows = rows[:_ROWS]
        next_url = url_for("ignored_keys.index", before=rows[-1].id)
    search = read_search(db.session(), now())
    return render_template(
        "ignored_keys/list.html",
        search=search,
        rows=rows,
        next_url=next_url,
        suspects=list_suspects(db.session(), search),
        form=form,
        kinds=choices(IgnoredKind),
    )
