"""Changing which source wins in a field; the next plan follows it.

Locks that stand already stay as they are: a person set them, and a person lifts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError
from parc.models import FieldRule
from parc.naming import RULED_FIELDS
from parc.precedence import (
    MOST_LOCK_DAYS,
    USUAL_LOCK_DAYS,
    LockRule,
    SourceRule,
    ValueSource,
    default_rule,
    rule_of,
)
from parc.queries.field_rules import read_rules
from parc.services.actor import Actor
from parc.services.audit import record
from parc.services.fields import FieldReader
from parc.services.permissions import Action, require


def set_rule(
    session: Session,
    actor: Actor,
    field: str,
    *,
    order: Sequence[str],
    lock: str,
    lock_days: str = "",
    at: datetime,
) -> SourceRule:
    """Say which source wins in a field, and how what a person types is locked.

    Args:
        order: sources as typed, the one that wins first; those that are not named come last.

    Raises:
        NotAllowedError: the role may not.
        InvalidInputError: ``field``, ``order``, ``lock`` or ``lock_days``.
    """
    require(actor, Action.EDIT_FIELD_RULE)
    _check_field(field)
    reader = FieldReader()
    named = _read_order(reader, order)
    rest = [source for source in default_rule(field).order if source not in named]
    word = reader.word("lock", lock, LockRule, LockRule.NEVER)
    days = USUAL_LOCK_DAYS
    if word is LockRule.DAYS:
        days = reader.number("lock_days", lock_days, 1, MOST_LOCK_DAYS)
    reader.raise_problems()
    rule = SourceRule((*named, *rest), word, days)
    _write(session, actor, field, rule, at)
    return rule


def reset_rule(session: Session, actor: Actor, field: str, *, at: datetime) -> None:
    """Let a field follow the default again.

    Raises:
        NotAllowedError: the role may not.
        InvalidInputError: machines do not know this field.
    """
    require(actor, Action.EDIT_FIELD_RULE)
    _check_field(field)
    _write(session, actor, field, default_rule(field), at)


def _check_field(field: str) -> None:
    if field not in RULED_FIELDS:
        raise InvalidInputError([FieldProblem("field", "unknown_field", field[:40])])


def _read_order(reader: FieldReader, order: Sequence[str]) -> list[ValueSource]:
    named: list[ValueSource] = []
    for text in order:
        source = reader.word("order", text.strip(), ValueSource, ValueSource.PERSON)
        if source in named:
            reader.add("order", "named_twice", text.strip()[:40])
        else:
            named.append(source)
    return named


def _write(session: Session, actor: Actor, field: str, rule: SourceRule, at: datetime) -> None:
    before = rule_of(read_rules(session), field)
    if rule == before:
        return
    row = session.scalar(sa.select(FieldRule).where(FieldRule.field == field))
    if row is None:
        row = FieldRule(field=field)
        session.add(row)
    row.order = [source.value for source in rule.order]
    row.lock, row.lock_days = rule.lock, rule.lock_days
    row.changed_at, row.author = at, actor.name[:200]
    session.flush()
    changes: dict[str, tuple[Any, Any]] = {
        name: (old, new)
        for name, old, new in zip(
            ("order", "lock", "lock_days"), _texts(before), _texts(rule), strict=True
        )
        if old != new
    }
    record(
        session,
        actor,
        at=at,
        subject_kind="field_rule",
        subject_id=row.id,
        subject_name=field,
        action="changed",
        changes=changes,
    )
    if rule == default_rule(field):
        session.delete(row)
        session.flush()


def _texts(rule: SourceRule) -> tuple[Any, ...]:
    return [source.value for source in rule.order], rule.lock.value, rule.lock_days
