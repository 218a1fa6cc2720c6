"""Acts that changed many rows: the list, what one did, and undoing it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from parc.errors import ConflictError
from parc.extensions import db, transaction
from parc.models import ChangeSet, ChangeSetKind, ChangeSetState
from parc.queries import change_sets as query
from parc.queries.keyset import Order
from parc.services import undo as service
from parc.services.permissions import Action, may
from parc.web.access import acting, actor, requires
from parc.web.assets import forget_counts
from parc.web.cells import CellWriter
from parc.web.context import now
from parc.web.formats import format_number
from parc.web.forms import read_form
from parc.web.history import action_label, field_label, value_text
from parc.web.labels import label
from parc.web.listing import (
    ColumnSpec,
    Empty,
    Line,
    ListSpec,
    ListView,
    members_of,
    page_key,
    read_list,
    render_list,
)
from parc.web.messages import tell
from parc.web.settling import settle_about

changes = Blueprint("changes", __name__)

_LIST = ListSpec("changes.index", tuple(query.SORTS), "-at", ("kind", "state"))
_ENTRIES = 50
_TITLES: Mapping[str, str] = {
    "run": _("Discovery of %(range)s"),
    "merged": _("%(other)s merged into %(asset)s"),
    "split": _("%(asset)s split"),
    "undone": _("Undone: %(of)s"),
    "edited": _("Bulk edit"),
    "state_changed": _("Bulk change of state"),
    "decided": _("Decisions on devices"),
    "imported": _("Import of %(file)s"),
}
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
    wanted = read_list(_LIST)
    chosen = query.ChangeSetFilter(
        members_of(ChangeSetKind, wanted, "kind"),
        members_of(ChangeSetState, wanted, "state"),
        wanted.text,
    )
    order = Order(query.SORTS[wanted.sort], ChangeSet.id, wanted.is_descending)
    found = query.list_change_sets(
        db.session(), chosen, order, wanted.cursor(order.sort), wanted.size
    )
    facets = [
        wanted.facet("kind", gettext("Kind"), found.by_kind, lambda v: label(ChangeSetKind(v))),
        wanted.facet("state", gettext("State"), found.by_state, lambda v: label(ChangeSetState(v))),
    ]
    previous_url, next_url = wanted.pages(found.page)
    columns = [
        ColumnSpec("title", gettext("What"), is_sortable=False),
        ColumnSpec("kind", gettext("Kind"), is_sortable=False),
        ColumnSpec("author", gettext("Author"), is_sortable=False),
        ColumnSpec("at", gettext("When")),
        ColumnSpec("rows", gettext("Rows"), is_sortable=False, is_number=True),
        ColumnSpec("state", gettext("State"), is_sortable=False),
    ]
    write = CellWriter(now())
    view = ListView(
        request=wanted,
        caption=gettext("Changes"),
        heads=wanted.heads(columns),
        rows=[_line(row, write) for row in found.page.rows],
        count=found.count,
        count_text=ngettext(
            "%(count)s change", "%(count)s changes", found.count, count=format_number(found.count)
        ),
        empty=Empty(
            gettext("Nothing has changed yet."),
            gettext("What a sweep, a merge or a bulk act changes stands here, and can be undone."),
        ),
        previous_url=previous_url,
        next_url=next_url,
        facets=facets,
        chips=wanted.chips(facets),
        search_label=gettext("Filter by a part of the author's name"),
    )
    return render_list("changes/list.html", view)


@changes.get("/changes/<int:change_set_id>")
@requires(Action.VIEW_INVENTORY)
def show(change_set_id: int) -> ResponseReturnValue:
    """Show what an act did, and whether it can be undone."""
    return _page(change_set_id)


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
    except ConflictError:
        return _page(change_set_id, is_refused=True), 409
    forget_counts()
    tell(gettext("Undone: everything is as it was before."))
    return redirect(url_for("changes.show", change_set_id=change_set_id))


def title_text(title: Mapping[str, Any]) -> str:
    """Say in the reader's language what an act was."""
    values = {name: value for name, value in title.items() if name != "code"}
    if isinstance(values.get("of"), dict):
        values["of"] = title_text(values["of"])
    text = str(_TITLES.get(str(title.get("code")), title.get("code", "")))
    try:
        return text % values
    except (KeyError, ValueError, TypeError):
        return text


def _page(number: int, *, is_refused: bool = False) -> str:
    session = db.session()
    act = query.read_change_set(session, number)
    entries = query.read_entries(session, number, page_key("before"), _ENTRIES + 1)
    next_url = ""
    if len(entries) > _ENTRIES:
        entries = entries[:_ENTRIES]
        next_url = url_for("changes.show", change_set_id=number, before=entries[-1].id)
    is_own = act.user_id is not None and act.user_id == actor().user_id
    right = Action.UNDO_OWN_CHANGE if is_own else Action.UNDO_ANY_CHANGE
    is_open = act.state is ChangeSetState.APPLIED and query.has_rows(session, number)
    is_run_again = act.undo_of_id is not None and act.run_id is not None
    can_undo = is_open and not is_run_again and may(actor(), right)
    return render_template(
        "changes/show.html",
        act=act,
        title=title_text(act.title),
        entries=entries,
        next_url=next_url,
        can_undo=can_undo,
        is_refused=is_refused,
        obstacles=service.find_obstacles(session, number) if can_undo else [],
        obstacle_texts=OBSTACLES,
        action_label=action_label,
        field_label=field_label,
        value_text=value_text,
    )


def _line(row: Any, write: CellWriter) -> Line:
    url = url_for("changes.show", change_set_id=row.id)
    cells = [
        write.label(row.kind),
        row.author,
        write.seen(row.at),
        format_number(row.row_count),
        write.badge(row.state),
    ]
    return Line(row.id, url, title_text(row.title), cells)
