"""Whose the value of an asset's field is, how long it is locked, and what its device says.

What a person types is theirs and locked as the rule of the field says; machines may write it when
the lock has run out or was lifted. Nothing here commits or writes the history.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Asset, AssetField, Device, Difference, LockRule, ValueSource
from parc.naming import MACHINE_FIELDS, address_sort, asset_values
from parc.precedence import (
    BY_HAND,
    NO_RULES,
    STATED,
    LockChoice,
    Rules,
    Stated,
    first_lock,
    rule_of,
)
from parc.queries.devices_of_assets import leading_devices
from parc.queries.field_rules import read_rules
from parc.services.actor import Actor
from parc.services.asset_search import refresh_search_texts
from parc.told_values import read_words, tellers

Seen = Mapping[str, tuple[Any, ValueSource]]


@dataclass(frozen=True, slots=True)
class Writing:
    """Who writes values of an asset, when, and how what they write is locked.

    Attributes:
        rules: those that are stored.
    """

    actor: Actor
    at: datetime
    rules: Rules
    stated: Stated = BY_HAND

    def lock_of(self, field: str) -> LockChoice | None:
        """Give the lock of a value of ``field``; what no machine writes needs none."""
        if field not in MACHINE_FIELDS or self.stated.source is not ValueSource.PERSON:
            return None
        return self.stated.lock or first_lock(rule_of(self.rules, field))


def set_stated_source(session: Session, asset_id: int, field: str, writing: Writing) -> None:
    """Note whose a field is from now on; a person's is locked as they chose or as its rule says."""
    mark_stated(_source_row(session, asset_id, field), writing)


def mark_stated(row: AssetField, writing: Writing) -> None:
    """Note whose the field of a row is; a person's is locked as they chose or as its rule says."""
    mark_source(row, writing.stated.source, at=writing.at)
    row.user_id = writing.actor.user_id
    if choice := writing.lock_of(row.field):
        put_lock(row, choice, writing.actor, writing.at)


def put_source(
    session: Session,
    asset_id: int,
    field: str,
    source: ValueSource,
    *,
    at: datetime,
    run_id: int | None = None,
) -> AssetField:
    """Note whose a field is from now on; locks and decisions about the value of before end."""
    return mark_source(_source_row(session, asset_id, field), source, at=at, run_id=run_id)


def _source_row(session: Session, asset_id: int, field: str) -> AssetField:
    row = session.get(AssetField, (asset_id, field))
    if row is None:
        row = AssetField(asset_id=asset_id, field=field)
        session.add(row)
    return row


def mark_source(
    row: AssetField, source: ValueSource, *, at: datetime, run_id: int | None = None
) -> AssetField:
    """Note in a row whose its field is; locks and decisions about the value of before end."""
    row.source, row.user_id, row.run_id, row.set_at = source, None, run_id, at
    row.lock = row.locked_at = row.locked_until = row.locked_by = row.kept_against = None
    return row


def put_lock(row: AssetField, choice: LockChoice, actor: Actor, at: datetime) -> None:
    """Lock a person's value."""
    row.lock, row.locked_at = choice.rule, at
    row.locked_until, row.locked_by = choice.end(at), actor.name[:200]


def lock_code(row: AssetField | None) -> str | None:
    """Give a lock as the history keeps it: ``never``, ``state``, ``until`` with a day, or None."""
    if row is None or row.lock is None:
        return None
    if row.locked_until is None:
        return row.lock.value
    return f"until {row.locked_until:%Y-%m-%d}" if row.lock is LockRule.DAYS else None


def end_lock(row: AssetField, at: datetime) -> None:
    """Let machines write a person's value again; it stays until they do."""
    row.lock = row.lock or LockRule.NEVER
    row.locked_at = row.locked_at or row.set_at
    row.locked_until = at


def end_state_locks(session: Session, asset_ids: Sequence[int], at: datetime) -> None:
    """End the locks that hold until the state of their asset changes.

    Args:
        asset_ids: so many as one statement takes.
    """
    query = sa.select(AssetField).where(
        AssetField.asset_id.in_(asset_ids),
        AssetField.lock == LockRule.STATE,
        AssetField.locked_until.is_(None),
    )
    for row in session.scalars(query):
        row.locked_until = at


def person_fields(session: Session, asset_id: int) -> list[str]:
    """Give the fields of an asset that a person typed, or let in from a file or a program."""
    query = sa.select(AssetField.field).where(
        AssetField.asset_id == asset_id, AssetField.source.in_(STATED)
    )
    return list(session.scalars(query.order_by(AssetField.field)))


def copy_source(session: Session, field: str, *, from_id: int, to_id: int) -> None:
    """Let a field of one asset be whose the same field of another is; no one's changes nothing."""
    theirs = session.get(AssetField, (from_id, field))
    if theirs is None:
        return
    row = put_source(session, to_id, field, theirs.source, at=theirs.set_at, run_id=theirs.run_id)
    row.user_id = theirs.user_id
    row.lock, row.locked_at = theirs.lock, theirs.locked_at
    row.locked_until, row.locked_by = theirs.locked_until, theirs.locked_by
    row.kept_against = theirs.kept_against


def release(session: Session, asset: Asset, field: str, seen: Seen, at: datetime) -> None:
    """Let machines write the field again: what they say now stands, or nothing does."""
    if field in seen:
        value, source = seen[field]
        setattr(asset, field, value)
        put_source(session, asset.id, field, source, at=at)
        return
    setattr(asset, field, None)
    row = session.get(AssetField, (asset.id, field))
    if row is not None:
        session.delete(row)


def drop_difference(session: Session, asset: Asset, field: str) -> None:
    """Forget what a machine said against the value of before."""
    query = sa.select(Difference).where(Difference.asset_id == asset.id, Difference.field == field)
    for difference in session.scalars(query):
        session.delete(difference)


def machine_values(device: Device, rules: Rules = NO_RULES) -> dict[str, tuple[Any, ValueSource]]:
    """Give what a device says for the fields of an asset, with the means by which it was seen.

    Args:
        rules: those that people changed; they tell whose a value is that several say.
    """
    names = (column.key for column in sa.inspect(Device).columns if column.key != "heard")
    columns = {name: getattr(device, name) for name in names}
    seen = asset_values(columns, tellers(read_words(device.words), columns, rules))
    return {name: (value, ValueSource(word)) for name, (value, word) in seen.items()}


def leading_values(session: Session, asset: Asset) -> dict[str, tuple[Any, ValueSource]]:
    """Give what the asset's leading device says: one that is there before one that is absent."""
    return leading_values_of(session, [asset.id]).get(asset.id, {})


def leading_values_of(
    session: Session, asset_ids: Iterable[int]
) -> dict[int, dict[str, tuple[Any, ValueSource]]]:
    """Give what the leading devices of assets say, by asset; nothing for those without one."""
    devices, rules = leading_devices(session, asset_ids), read_rules(session)
    return {asset_id: machine_values(device, rules) for asset_id, device in devices.items()}


def fill_from_device(session: Session, asset: Asset, device: Device, *, at: datetime) -> None:
    """Fill what is empty and copy what lists show, for an asset that was just given a device."""
    owned = set(person_fields(session, asset.id))
    for name, (value, source) in machine_values(device, read_rules(session)).items():
        row = session.get(AssetField, (asset.id, name))
        is_known = row is not None and getattr(asset, name) == value
        if name not in owned and not is_known and getattr(asset, name) in {None, value}:
            setattr(asset, name, value)
            put_source(session, asset.id, name, source, at=at)
    asset.primary_address = device.address
    asset.primary_address_sort = address_sort(device.address)
    asset.last_seen_at = max(filter(None, (asset.last_seen_at, device.last_seen_at)))
    session.flush()
    refresh_search_texts(session, [asset.id])
