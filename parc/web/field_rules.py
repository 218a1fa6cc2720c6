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
from parc.naming import DEVICE_ONLY_FIELDS, RULED_FIELDS
from parc.precedence import SourceRule, rule_of
from parc.queries.field_rules import read_rules, read_stored
from parc.services.field_rules import reset_rule, set_rule
from parc.services.permissions import Action
from parc.web.access import actor, requires
from parc.web.assets import LABELS
from parc.web.context import now, settings
from parc.web.forms import Form, filled, read_form
from parc.web.history import field_label
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
                lock=LockRule.NEVER if field in DEVICE_ONLY_FIELDS else form.value("lock"),
                lock_days=form.value("lock_days"),
                at=now(),
            )
    except InvalidInputError as error:
        return _page(field, form.refused(error)), 422
    tell(gettext("%(field)s: the next run follows this rule.", field=_title(field)))
    return redirect(url_for("field_rules.index"))


@field_rules.post("/which-source-wins/reset")
@requires(Action.EDIT_FIELD_RULE)
def reset() -> ResponseReturnValue:
    """Let a field follow the default again."""
    field = read_form("field").value("field")
    _check(field)
    with transaction() as session:
        reset_rule(session, actor(), field, at=now())
    tell(gettext("%(field)s: the default holds again.", field=_title(field)))
    return redirect(url_for("field_rules.index"))


def meaning(field: str, rule: SourceRule) -> str:
    """Say what a rule comes to for what a person types."""
    if field in DEVICE_ONLY_FIELDS:
        return str(gettext("Only machines tell it: it stands on the device, and nobody types it."))
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
    if field not in RULED_FIELDS:
        refuse(gettext("%(name)s is no field.", name=field[:40]))


def _title(field: str) -> str:
    """Give the name of a field; the tag that a device holds is not that of the record."""
    if field == "asset_tag":
        return str(gettext("Tag that the device holds"))
    return str(LABELS.get(field) or field_label(field))


def _form_of(rule: SourceRule) -> Form:
    places = {name: source.value for name, source in zip(_PLACES, rule.order, strict=True)}
    return filled(**places, lock=rule.lock.value, lock_days=rule.lock_days)


def _page(field: str, form: Form) -> str:
    stored = read_stored(db.session())
    rules = read_rules(db.session())
    lines = []
    for name in RULED_FIELDS:
        rule = rule_of(rules, name)
        order = [label(source) for source in rule.order]
        lines.append(RuleLine(name, _title(name), order, meaning(name, rule), stored.get(name)))
    return render_template(
        "field_rules/list.html",
        lines=lines,
        field=field,
        title=_title(field) if field else "",
        has_lock=field not in DEVICE_ONLY_FIELDS,
        silent_days=settings().discovery.source_silent_days,
        form=form,
        places=_PLACES,
        sources=choices(ValueSource),
        locks=choices(LockRule),
    )
