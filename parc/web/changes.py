"""Acts that changed many rows: the list, what one did, and undoing it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from parc.errors import ConflictError, InvalidInputError
from parc.extensions import db, transaction
from parc.queries import change_sets as query
from parc.services import undo as service
from parc.services.permissions import Action, may
from parc.web.access import acting, actor, requires
from parc.web.assets import forget_counts
from parc.web.change_list import changes_view, title_text, undo_days, undo_until
from parc.web.context import now
from parc.web.forms import Form, filled, read_form
from parc.web.history import action_label, field_label, value_text
from parc.web.listing import page_key, render_list
from parc.web.messages import tell
from parc.web.names import know_things
from parc.web.settling import settle_about

changes = Blueprint("changes", __name__)

_ENTRIES = 50
OBSTACLES: Mapping[str, str] = {
    "changed": _("was changed since"),
    "again_there": _("is there again"),
    "gone": _("is there no more"),
    "in_use": _("has something that hangs on it since"),
}


@changes.get("/changes")
@requires(Action.VIEW_INVENTORY)
def index() -> ResponseReturnValue:
    """List acts, the latest first."""
    return render_list("changes/list.html", changes_view(), undo_days=undo_days())


@changes.get("/changes/<int:change_set_id>")
@requires(Action.VIEW_INVENTORY)
def show(change_set_id: int) -> ResponseReturnValue:
    """Show what an act did, and whether it can be undone."""
    return _page(change_set_id, filled())


@changes.post("/changes/<int:change_set_id>/undo")
@requires(Action.UNDO_OWN_CHANGE)
def send_undo(change_set_id: int) -> ResponseReturnValue:
    """Take the act back as a whole."""
    form = read_form("reason")
    try:
        with transaction() as session:
            service.undo(session, acting(form), change_set_id, at=now())
            devices, assets = service.subjects(session, change_set_id)
            settle_about(session, devices=devices, assets=assets)
    except InvalidInputError as error:
        return _page(change_set_id, form.refused(error)), 422
    except ConflictError:
        return _page(change_set_id, form, is_refused=True), 409
    forget_counts()
    tell(gettext("Undone: everything is as it was before."))
    return redirect(url_for("changes.show", change_set_id=change_set_id))


def _page(number: int, form: Form, *, is_refused: bool = False) -> str:
    session = db.session()
    act = query.read_change_set(session, number)
    entries = query.read_entries(session, number, page_key("before"), _ENTRIES + 1)
    next_url = ""
    if len(entries) > _ENTRIES:
        entries = entries[:_ENTRIES]
        next_url = url_for("changes.show", change_set_id=number, before=entries[-1].id)
    for field in ("asset_id", "device_id"):
        pairs = [entry.changes.get(field, ()) for entry in entries]
        know_things(field, {one for pair in pairs for one in pair if isinstance(one, int)})
    is_own = act.user_id is not None and act.user_id == actor().user_id
    right = Action.UNDO_OWN_CHANGE if is_own else Action.UNDO_ANY_CHANGE
    until = undo_until(act) if query.has_rows(session, number) else None
    can_undo = until is not None and may(actor(), right)
    return render_template(
        "changes/show.html",
        act=act,
        title=title_text(act.title),
        entries=entries,
        next_url=next_url,
        can_undo=can_undo,
        until=until,
        undo_days=undo_days(),
        form=form,
        is_refused=is_refused,
        obstacles=service.find_obstacles(session, number) if can_undo else [],
        obstacle_texts=OBSTACLES,
        action_label=action_label,
        field_label=field_label,
        value_text=value_text,
    )
