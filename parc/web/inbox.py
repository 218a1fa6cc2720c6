"""The inbox, "To do": what needs a person, each entry with its evidence and what can be decided.

Decisions are forms, so that they work without scripts; where scripts run, single letters press
their buttons. One entry is decided at once; several of one kind after a look at what will happen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import InboxKind
from parc.queries import inbox as query
from parc.queries.assets import find_exact, suggest
from parc.row_keys import row_key
from parc.services import inbox as service
from parc.services.inbox import OFFERED, Decision
from parc.services.permissions import Action, may
from parc.web.access import actor, requires
from parc.web.addresses import local_path, pairs_of
from parc.web.assets import forget_counts
from parc.web.cells import CellWriter
from parc.web.context import now, settings
from parc.web.dates import read_day
from parc.web.formats import format_day, format_number
from parc.web.forms import Form, filled, read_form
from parc.web.inbox_count import forget_count
from parc.web.inbox_list import due_text, files_of, filter_of, inbox_view
from parc.web.inbox_words import (
    USUAL,
    act_label,
    evidence_text,
    key_label,
    kind_label,
    proposal,
    reason_label,
    score_text,
    told_differences,
)
from parc.web.listing import ListView, read_ids, refuse, render_list
from parc.web.messages import tell
from parc.web.settling import settle_about

inbox = Blueprint("inbox", __name__)

for _view, _place in (("open", ""), ("snoozed", "/snoozed"), ("closed", "/closed")):
    files_of(_view).offer(inbox, f"/inbox{_place}/export", f"export_{_view}")

KEYS = {
    Decision.ACCEPT: "a",
    Decision.ATTACH: "m",
    Decision.IGNORE: "i",
    Decision.KEEP: "f",
    Decision.LEAVE: "l",
}
_FIELDS = (
    "id",
    "all",
    "filters",
    "action",
    "confirmed",
    "reason",
    "until",
    "asset_id",
    "q",
    "assignee",
)
# What else a decision needs than the right to decide.
_RIGHTS = {
    (InboxKind.IDENTITY_CONFLICT, Decision.IGNORE): Action.EDIT_IGNORED_KEY,
    (InboxKind.IDENTITY_CONFLICT, Decision.ACCEPT): Action.MERGE_ASSET,
    (InboxKind.MIXED_RECORD, Decision.ACCEPT): Action.MERGE_ASSET,
}
_MOST_AT_ONCE = 1_000
_MOST_FOUND = 20
_DEVICE_KINDS = (InboxKind.UNKNOWN_DEVICE, InboxKind.UNKNOWN_GROUP)
_WITH_REASON = (*_DEVICE_KINDS, InboxKind.IDENTITY_CONFLICT)
_LATER_DAYS = (1, 7, 30)
_NOBODY = "0"


@inbox.get("/inbox")
@requires(Action.VIEW_INVENTORY)
def index() -> ResponseReturnValue:
    """Show what is to do now."""
    return _page("open")


@inbox.get("/inbox/snoozed")
@requires(Action.VIEW_INVENTORY)
def snoozed() -> ResponseReturnValue:
    """Show what was put off."""
    return _page("snoozed")


@inbox.get("/inbox/closed")
@requires(Action.VIEW_INVENTORY)
def closed() -> ResponseReturnValue:
    """Show what was decided, or closed by itself."""
    return _page("closed")


@inbox.get("/inbox/<int:entry_id>")
@requires(Action.VIEW_INVENTORY)
def show(entry_id: int) -> ResponseReturnValue:
    """Show one entry, with the devices that it is about side by side."""
    sheet = query.read_entry(db.session(), entry_id)
    moment, entry = now(), sheet.entry
    return render_template(
        "inbox/show.html",
        sheet=sheet,
        entry=entry,
        kind=kind_label(entry.kind),
        why=evidence_text(entry.kind, sheet.evidence),
        proposal=proposal(entry.kind, sheet.evidence),
        decisions=[
            (one.value, KEYS[one], act_label(entry.kind, one))
            for one in service.offered(entry)
            if may(actor(), _RIGHTS.get((entry.kind, one), Action.DECIDE_INBOX))
        ],
        ended=reason_label(entry.kind, entry.reason),
        due=due_text(entry.due_at, moment),
        differences=told_differences(sheet.evidence),
        score_text=score_text,
        key_label=key_label,
        write=CellWriter(moment),
    )


@inbox.post("/inbox/decide")
@requires(Action.DECIDE_INBOX)
def decide() -> ResponseReturnValue:
    """Decide about entries, or go on to the page that asks for what is missing."""
    form = read_form(*_FIELDS)
    action = form.value("action")
    ids = _chosen(form)
    if action == "mine":
        return _assign(form, ids, actor().user_id)
    if action == "assign":
        return _assign_or_ask(form, ids)
    if action == "snooze":
        return _snooze_or_ask(form, ids)
    if action not in set(Decision):
        refuse(gettext("%(name)s is no decision.", name=action[:40]))
    return _decide_or_ask(form, ids, Decision(action))


def _page(view_name: str) -> ResponseReturnValue:
    view = inbox_view(view_name)
    forget_count()  # the menu beside the list says what the list says
    return render_list(
        "inbox/list.html", view, name=view_name, decisions=_bulk_decisions(view), me=actor().user_id
    )


def _bulk_decisions(view: ListView) -> list[tuple[str, str, str]]:
    """Give the decisions about the kinds that are listed: code, key and what it is called."""
    kinds = query.kinds_of(view.request.chosen.get("kind", ())) or list(InboxKind)
    known = {decision for kind in kinds for decision in OFFERED[kind]}
    return [
        (
            one.value,
            KEYS[one],
            act_label(kinds[0], one) if len(kinds) == 1 else str(USUAL[one]),
        )
        for one in Decision
        if one in known
    ]


def _decide_or_ask(form: Form, ids: list[int], decision: Decision) -> ResponseReturnValue:
    rows = query.read_rows(db.session(), ids)
    kinds = {row.kind for row in rows}
    if len(kinds) > 1:
        refuse(gettext("Entries of one kind only can be decided at once: choose a kind first."))
    kind = rows[0].kind
    if decision not in OFFERED[kind]:
        what, name = act_label(kind, decision), kind_label(kind)
        refuse(gettext("“%(what)s” is no decision about “%(kind)s”.", what=what, kind=name))
    if len(rows) == 1 and decision is Decision.ACCEPT and (page := _page_of_its_own(rows[0])):
        return redirect(page)
    if decision is Decision.ATTACH and not form.value("asset_id"):
        return _attach_page(form, rows)
    needs_words = decision is Decision.IGNORE and kind in _WITH_REASON
    if needs_words and "reason" not in form.values:
        return _ask("ignore", form, rows, decision)
    is_many = len(ids) > 1 or kind is InboxKind.UNKNOWN_GROUP
    if is_many and not form.is_checked("confirmed") and not needs_words:
        return _ask("preview", form, rows, decision)
    try:
        act_id = _carry_out(form, ids, decision)
    except InvalidInputError as error:
        return _ask("ignore", form.refused(error), rows, decision), 422
    return _done(form, rows, decision, act_id)


def _page_of_its_own(row: Any) -> str:
    """Give the page where an entry is settled because more must be chosen; empty for none."""
    if row.kind is InboxKind.MIXED_RECORD:
        return url_for("assets.split", asset_id=row.asset_id)
    if row.kind is InboxKind.IDENTITY_CONFLICT:
        known = query.assets_of(db.session(), row.id)
        if len(known) > 1:  # two assets become one on the page that asks what stays of each
            return url_for("assets.merge", asset_id=known[0], other=known[1])
    return ""


def _carry_out(form: Form, ids: list[int], decision: Decision) -> int | None:
    """Decide; gives the act that can be undone, if there is one."""
    moment = now()
    order = service.Order(
        decision,
        moment,
        settings().inbox,
        form.text("reason"),
        read_day("until", form.text("until")),
        _number(form.value("asset_id")),
    )
    with transaction() as session:
        touched = service.decide(session, actor(), ids, order)
        settle_about(
            session,
            devices=touched.devices,
            assets=touched.assets,
            ranges=touched.ranges,
            people=touched.people,
        )
    forget_counts()
    return touched.act_id


def _done(
    form: Form, rows: Sequence[Any], decision: Decision, act_id: int | None
) -> ResponseReturnValue:
    undo = url_for("changes.send_undo", change_set_id=act_id) if act_id else ""
    what = act_label(rows[0].kind, decision)
    if len(rows) == 1:
        text = gettext("%(name)s: %(what)s. Done.", name=rows[0].subject, what=what)
    else:
        count = format_number(len(rows))
        text = gettext("%(count)s entries: %(what)s. Done.", count=count, what=what)
    tell(text, undo_url=undo)
    return redirect(_back(form))


def _assign_or_ask(form: Form, ids: list[int]) -> ResponseReturnValue:
    if "assignee" in form.values:
        wanted = form.value("assignee")
        return _assign(form, ids, None if wanted == _NOBODY else _number(wanted))
    colleagues = [(str(number), name) for number, name in query.colleagues(db.session())]
    return _ask(
        "assign",
        form,
        query.read_rows(db.session(), ids),
        None,
        choices=[*colleagues, (_NOBODY, gettext("Nobody"))],
    )


def _assign(form: Form, ids: list[int], user_id: int | None) -> ResponseReturnValue:
    try:
        with transaction() as session:
            service.assign(session, actor(), ids, user_id, at=now())
    except InvalidInputError:
        refuse(gettext("There is no such colleague who may decide."))
    text = ngettext("%(num)s entry is assigned.", "%(num)s entries are assigned.", len(ids))
    tell(text)
    return redirect(_back(form))


def _snooze_or_ask(form: Form, ids: list[int]) -> ResponseReturnValue:
    rows = query.read_rows(db.session(), ids)
    if "until" not in form.values:
        return _ask("snooze", form, rows, None, days=_later())
    try:
        until = read_day("until", form.text("until"))
        if until is None:
            return _ask("snooze", form, rows, None, days=_later()), 422
        with transaction() as session:
            service.snooze(session, actor(), ids, until, at=now())
    except InvalidInputError as error:
        return _ask("snooze", form.refused(error), rows, None, days=_later()), 422
    forget_count()
    tell(
        ngettext(
            "%(num)s entry is put off until %(day)s.",
            "%(num)s entries are put off until %(day)s.",
            len(ids),
            day=format_day(until),
        )
    )
    return redirect(_back(form))


def _later() -> list[tuple[str, str]]:
    """Give days that are often chosen, as a form sends them and in words."""
    days = [(number, now() + timedelta(days=number)) for number in _LATER_DAYS]
    return [
        (f"{day:%Y-%m-%d}", ngettext("In %(num)s day", "In %(num)s days", number))
        for number, day in days
    ]


def _attach_page(form: Form, rows: Sequence[Any]) -> ResponseReturnValue:
    session, text = db.session(), form.text("q")
    candidates = {one["id"]: one for row in rows for one in (row.evidence.get("candidates") or ())}
    return render_template(
        "inbox/attach.html",
        rows=rows,
        filters=_back(form),
        text=text,
        found=suggest(session, text, _MOST_FOUND) if text else [],
        exact=find_exact(session, text) if text else None,
        candidates=list(candidates.values()),
        score_text=score_text,
    )


def _ask(
    page: str, form: Form, rows: Sequence[Any], decision: Decision | None, **context: Any
) -> str:
    """Show the page that asks for what a decision still needs, with the entries it is about."""
    kind = rows[0].kind
    return render_template(
        f"inbox/{page}.html",
        form=form if form.problems else filled(),
        rows=rows,
        filters=_back(form),
        decision=decision.value if decision else "",
        what=act_label(kind, decision) if decision else "",
        devices=sum(row.count for row in rows),
        is_about_devices=kind in _DEVICE_KINDS,
        kind=kind_label(kind),
        why=evidence_text,
        **context,
    )


def _chosen(form: Form) -> list[int]:
    """Give the ids that a form names: its ticks, or all that match the filters of the list."""
    if form.is_checked("all"):
        pairs = pairs_of(form.value("filters"))
        chosen: dict[str, tuple[str, ...]] = {}
        for name, value in pairs:
            chosen[name] = (*chosen.get(name, ()), value)
        view = "snoozed" if "/snoozed" in form.value("filters").partition("?")[0] else "open"
        text = next(iter(chosen.get("q", ())), "")[:200]
        wanted = filter_of(view, text, chosen)
        ids = query.entry_ids(db.session(), wanted, now(), _MOST_AT_ONCE + 1)
    else:
        ids = read_ids(form)
    if not ids:
        abort(400, description=gettext("Nothing is ticked."))
    if len(ids) > _MOST_AT_ONCE:
        refuse(gettext("At most %(num)s at once.", num=format_number(_MOST_AT_ONCE)))
    return ids


def _number(text: str) -> int | None:
    key = row_key(text)
    if text and key is None:
        refuse(gettext("%(name)s is no row of this list.", name=text[:40]))
    return key


def _back(form: Form) -> str:
    """Give the list that the form came from, with its filters."""
    path = local_path(form.value("filters"))
    return path if path.startswith(url_for("inbox.index")) else url_for("inbox.index")
