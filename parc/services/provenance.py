"""What people decide about single values: whose they are, how they are locked, what is believed.

Each decision is an act of its own that can be undone, or a part of the act that is recorded
already. Functions take the session and the actor, write their audit entry, and never commit.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.errors import FieldProblem, InvalidInputError, NotFoundError
from parc.models import Asset, AssetField, ChangeSet, ChangeSetKind, Difference, ValueSource
from parc.naming import MACHINE_FIELDS
from parc.precedence import MOST_LOCK_DAYS, STATED, LockChoice, LockRule
from parc.services.actor import Actor
from parc.services.asset_search import touch
from parc.services.asset_sources import (
    Seen,
    drop_difference,
    end_lock,
    leading_values,
    lock_code,
    put_lock,
    put_source,
    release,
)
from parc.services.assets import hold_asset, record_change
from parc.services.change_sets import recording
from parc.services.permissions import Action, require


class Settling(enum.StrEnum):
    """What a person can say to a difference."""

    TAKE = "take"
    KEEP = "keep"
    KEEP_UNTIL_CHANGED = "keep_until_changed"


_ENTRIES = {
    Settling.TAKE: "taken",
    Settling.KEEP: "kept_for_good",
    Settling.KEEP_UNTIL_CHANGED: "kept",
}


def read_lock(rule: str, days: str) -> LockChoice:
    """Read the lock that a person chose, as typed.

    Raises:
        InvalidInputError: ``lock`` or ``lock_days``.
    """
    if rule not in set(LockRule):
        raise InvalidInputError([FieldProblem("lock", "unknown_choice", rule[:40])])
    choice = LockRule(rule)
    if choice is not LockRule.DAYS:
        return LockChoice(choice)
    text = days.strip()
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(MOST_LOCK_DAYS))
    if not is_number or not 1 <= int(text) <= MOST_LOCK_DAYS:
        raise InvalidInputError([FieldProblem("lock_days", "out_of_bounds", f"1-{MOST_LOCK_DAYS}")])
    return LockChoice(choice, int(text))


def lock_field(
    session: Session, actor: Actor, asset_id: int, field: str, choice: LockChoice, *, at: datetime
) -> ChangeSet | None:
    """Lock the value of a field; one that a machine has set is the person's from now on.

    Returns:
        The act, to undo it; None within another.

    Raises:
        NotFoundError: there is no such asset.
        InvalidInputError: machines do not know this field, or it is empty.
        NotAllowedError: the role does not allow it.
    """
    asset = _open(session, actor, asset_id, field)
    if getattr(asset, field) is None:
        raise InvalidInputError([FieldProblem(field, "required")])
    with _acting(session, actor, asset, field, "locked", at) as act:
        row = session.get(AssetField, (asset_id, field))
        before = lock_code(row)
        if row is None or row.source is not ValueSource.PERSON:
            row = put_source(session, asset_id, field, ValueSource.PERSON, at=at)
            row.user_id = actor.user_id
        put_lock(row, choice, actor, at)
        touch(session, asset, at)
        changes = {f"lock/{field}": (before, lock_code(row))}
        record_change(session, actor, asset, "locked", at, changes)
    return act


def release_field(
    session: Session, actor: Actor, asset_id: int, field: str, *, at: datetime
) -> ChangeSet | None:
    """Give a field back to the machines: what its device says now stands at once.

    Where no device says anything the value stays, and is still whose it was, until one does.

    Returns:
        The act, to undo it; None within another.

    Raises:
        NotFoundError: there is no such asset.
        InvalidInputError: machines do not know this field.
        NotAllowedError: the role does not allow it.
    """
    asset = _open(session, actor, asset_id, field)
    with _acting(session, actor, asset, field, "released", at) as act:
        _release_value(session, actor, asset, field, leading_values(session, asset), at)
    return act


def _release_value(
    session: Session, actor: Actor, asset: Asset, field: str, seen: Seen, at: datetime
) -> None:
    """Let machines write one field again, with its entry in the history.

    Args:
        seen: what the asset's device says.
    """
    before, row = getattr(asset, field), session.get(AssetField, (asset.id, field))
    changes: dict[str, tuple[Any, Any]] = {field: (before, before)}
    if code := lock_code(row):
        changes[f"lock/{field}"] = (code, None)
    if field in seen:
        release(session, asset, field, seen, at)
        changes[field] = (before, getattr(asset, field))
    elif row is not None and row.source in STATED:
        end_lock(row, at)
    drop_difference(session, asset, field)
    touch(session, asset, at)
    record_change(session, actor, asset, "released", at, changes)


def settle_difference(
    session: Session,
    actor: Actor,
    asset_id: int,
    field: str,
    decision: Settling,
    *,
    at: datetime,
) -> ChangeSet | None:
    """Settle what a machine says against a person's value.

    To take writes the machine's value, open to the machines again. To keep is for good: whatever
    this source says is no difference any more. To keep until it changes is about this value only.

    Returns:
        The act, to undo it; None within another.

    Raises:
        NotFoundError: there is no such asset or no such difference any more.
        NotAllowedError: the role does not allow it.
    """
    asset = _open(session, actor, asset_id, field)
    query = sa.select(Difference).where(Difference.asset_id == asset_id, Difference.field == field)
    difference = session.scalar(query)
    if difference is None:
        raise NotFoundError(f"{asset.asset_tag} has no difference in {field}")
    with _acting(session, actor, asset, field, decision.value, at) as act:
        before = getattr(asset, field)
        pair: tuple[Any, Any] = (difference.seen_value, before)
        if decision is Settling.TAKE:
            pair = (before, _take(session, asset, difference, at))
            session.delete(difference)
            touch(session, asset, at)
        elif decision is Settling.KEEP:
            _keep_against(session, actor, asset, difference, at)
            session.delete(difference)
        else:
            difference.is_kept = True
        record_change(session, actor, asset, _ENTRIES[decision], at, {field: pair})
    return act


def _take(session: Session, asset: Asset, difference: Difference, at: datetime) -> Any:
    text = difference.seen_value
    value = Category(text) if difference.field == "category" else text
    setattr(asset, difference.field, value)
    run_id = difference.run_id
    put_source(session, asset.id, difference.field, difference.source, at=at, run_id=run_id)
    return value


def _keep_against(
    session: Session, actor: Actor, asset: Asset, difference: Difference, at: datetime
) -> None:
    row = session.get(AssetField, (asset.id, difference.field))
    if row is None:
        row = put_source(session, asset.id, difference.field, ValueSource.PERSON, at=at)
        row.user_id = actor.user_id
    words = {*(row.kept_against or "").split(), difference.source.value}
    row.kept_against = " ".join(sorted(words))


def _open(session: Session, actor: Actor, asset_id: int, field: str) -> Asset:
    require(actor, Action.EDIT_ASSET)
    asset = hold_asset(session, asset_id)
    if field not in MACHINE_FIELDS:
        raise InvalidInputError([FieldProblem(field, "unknown_field", field)])
    return asset


@contextmanager
def _acting(
    session: Session, actor: Actor, asset: Asset, field: str, code: str, at: datetime
) -> Iterator[ChangeSet | None]:
    """Record a decision as an act."""
    title = {"code": f"value_{code}", "asset": asset.asset_tag, "field": field}
    with recording(session, actor, ChangeSetKind.DECISION, title, at) as act:
        yield act
