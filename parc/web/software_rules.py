"""The rules of folding: those that come with Parc and our own, tried before they are saved."""

from __future__ import annotations

from contextlib import suppress

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from parc.errors import ConflictError, InvalidInputError
from parc.extensions import db, transaction
from parc.queries.software_rules import read_own_rules, read_usual_rules
from parc.services.permissions import Action
from parc.services.software_refolding import queue_refolding
from parc.services.software_rules import (
    RuleDraft,
    bring_back_rule,
    preview_rule,
    save_rule,
    take_back_rule,
)
from parc.software.rules import SoftwareKind
from parc.web.access import actor, requires
from parc.web.context import now
from parc.web.forms import Form, filled, read_form
from parc.web.labels import choices
from parc.web.messages import tell
from parc.web.software import software

__all__ = ["software"]

FIELDS = ("pattern", "product", "publisher", "edition", "kind")
_SHOWN = 50
_MOST_TEXT = 100


@software.get("/software/rules")
@requires(Action.VIEW_INVENTORY)
def rules() -> ResponseReturnValue:
    """Show all rules."""
    text = " ".join(request.args.get("q", "").split())[:_MOST_TEXT]
    session = db.session()
    usual = read_usual_rules(session, text)
    used = [pair for pair in usual if pair[1]]
    is_whole = bool(text or "all" in request.args)
    return render_template(
        "software/rules.html",
        own=read_own_rules(session),
        usual=usual if is_whole else used,
        hidden=0 if is_whole else len(usual) - len(used),
        text=text,
    )


@software.get("/software/rules/new")
@requires(Action.EDIT_SOFTWARE_RULE)
def new_rule() -> ResponseReturnValue:
    """Show the form of a rule; a raw name may be handed in to begin with."""
    name = request.args.get("name", "").replace("*", "")[:200]
    return _page(filled(kind=SoftwareKind.PRODUCT.value, pattern=name))


@software.post("/software/rules/new")
@requires(Action.EDIT_SOFTWARE_RULE)
def send_rule() -> ResponseReturnValue:
    """Show what a rule would change; save it when that was seen."""
    form = read_form(*FIELDS, "is_confirmed")
    draft = RuleDraft(**{name: form.value(name) for name in FIELDS})
    try:
        if not form.is_checked("is_confirmed"):
            preview = preview_rule(db.session(), draft, _SHOWN)
            return render_template(
                "software/rule.html",
                form=form,
                kinds=choices(SoftwareKind),
                preview=preview,
                draft=draft,
            )
        with transaction() as session:
            save_rule(session, actor(), draft, at=now())
    except InvalidInputError as error:
        return _page(form.refused(error)), 422
    _fold_again()
    tell(gettext("The rule is saved; the names that it touches are being folded again."))
    return redirect(url_for("software.rules"))


@software.post("/software/rules/<int:software_rule_id>/take-back")
@requires(Action.EDIT_SOFTWARE_RULE)
def take_back(software_rule_id: int) -> ResponseReturnValue:
    """Take a rule back, or let it hold again."""
    form = read_form("again")
    try:
        with transaction() as session:
            change = bring_back_rule if form.is_checked("again") else take_back_rule
            change(session, actor(), software_rule_id, at=now())
    except ConflictError:
        tell(gettext("Somebody was faster: it is so already."), kind="error")
        return redirect(url_for("software.rules"))
    _fold_again()
    if form.is_checked("again"):
        tell(gettext("The rule holds again."))
    else:
        tell(gettext("The rule is taken back: its names are folded as before."))
    return redirect(url_for("software.rules"))


def _fold_again() -> None:
    with suppress(ConflictError), transaction() as session:
        queue_refolding(session, now())


def _page(form: Form) -> str:
    return render_template(
        "software/rule.html", form=form, kinds=choices(SoftwareKind), preview=None, draft=None
    )
