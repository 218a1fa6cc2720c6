"""The page "Which source wins": the order of the sources and the lock of each field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import FieldRule, LockRule, ValueSource
from parc.naming import MACHINE_FIELDS
from parc.precedence import SourceRule, rule_of
from parc.queries.field_rules import read_rules, read_stored
from parc.services.field_rules import reset_rule, set_rule
from parc.services.permissions import Action
from parc.web.access import actor, requires
from parc.web.assets import LABELS
from parc.web.context import now
from parc.web.forms import Form, filled, read_form
from parc.web.labels import choices, label
from parc.web.listing import refuse
from parc.web.lock_words import lock_rule_text
from parc.web.messages import tell

field_rules = Blueprint("field_rules", __name__)

_PLACES = tuple(f"place_{number}" for number in range(1, len(ValueSource) + 1))


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One field: its order and its lock in words, and who changed it last."""

    field: str
    label: str
    order: Sequence[str]
    meaning: str
    stored: FieldRule | None


@field_rules.get("/which-source-wins")
@requires(Action.EDIT_FIELD_RULE)
def index() -> ResponseReturnValue:
    """Show all fields, and the form of the one that is named."""
    field = request.args.get("field", "")
    if not field:
        return _page("", filled())
    _check(field)
    return _page(field, _form_of(rule_of(read_rules(db.session()), field)))


@field_rules.post("/which-source-wins")
@requires(Action.EDIT_FIELD_RULE)
def send() -> ResponseReturnValue:
    """Change the rule of a field."""
    form = read_form("field", *_PLACES, "lock", "lock_days")
    field = form.value("field")
    _check(field)
    try:
        with transaction() as session:
            set_rule(
                session,
                actor(),
                field,
                order=[form.value(name) for name in _PLACES],
                lock=form.value("lock"),
                lock_days=form.value("lock_days"),
                at=now(),
            )
    except InvalidInputError as error:
        return _page(field, form.refused(error)), 422
    tell(gettext("%(field)s: the next run follows this rule.", field=LABELS[field]))
    return redirect(url_for("field_rules.index"))


@field_rules.post("/which-source-wins/reset")
@requires(Action.EDIT_FIELD_RULE)
def reset() -> ResponseReturnValue:
    """Let a field follow the default again."""
    field = read_form("field").value("field")
    _check(field)
    with transaction() as session:
        reset_rule(session, actor(), field, at=now())
    tell(gettext("%(field)s: the default holds again.", field=LABELS[field]))
    return redirect(url_for("field_rules.index"))


def meaning(rule: SourceRule) -> str:
    """Say what a rule comes to for what a person types."""
    if rule.is_peoples:
        lock = lock_rule_text(rule.lock, rule.lock_days)
        return str(
            gettext("Nobody outranks a person: what is typed is locked %(lock)s.", lock=lock)
        )
    place = rule.order.index(ValueSource.PERSON)
    above = [label(source) for source in rule.order[:place]]
    text = ngettext(
        "%(sources)s outranks people: it overwrites what they type, unless they lock it.",
        "%(sources)s outrank people: they overwrite what they type, unless they lock it.",
        len(above),
        sources=", ".join(above),
    )
    return str(text)


def _check(field: str) -> None:
    if field not in MACHINE_FIELDS:
        refuse(gettext("%(name)s is no field.", name=field[:40]))


def _form_of(rule: SourceRule) -> Form:
    places = {name: source.value for name, source in zip(_PLACES, rule.order, strict=True)}
    return filled(**places, lock=rule.lock.value, lock_days=rule.lock_days)


def _page(field: str, form: Form) -> str:
    stored = read_stored(db.session())
    rules = read_rules(db.session())
    lines = []
    for name in MACHINE_FIELDS:
        rule = rule_of(rules, name)
        order = [label(source) for source in rule.order]
        lines.append(RuleLine(name, str(LABELS[name]), order, meaning(rule), stored.get(name)))
    return render_template(
        "field_rules/list.html",
        lines=lines,
        field=field,
        title=LABELS.get(field, ""),
        form=form,
        places=_PLACES,
        sources=choices(ValueSource),
        locks=choices(LockRule),
    )
