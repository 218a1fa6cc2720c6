"""Writing into many assets with few statements: what ``bulk`` has planned, part by part.

The same as editing each, but with some statements a part, not some eighteen an asset. The caller
records the act, with ``searched_once`` around it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Asset, AssetField, Difference, LifecycleState
from parc.precedence import BY_HAND, Stated
from parc.queries.custom_fields import read_fields
from parc.queries.field_rules import read_rules
from parc.services import audit
from parc.services.actor import Actor
from parc.services.asset_search import touch_many
from parc.services.asset_sources import (
    Seen,
    Writing,
    end_lock,
    end_state_locks,
    leading_values_of,
    lock_code,
    mark_source,
    mark_stated,
)
from parc.services.custom_values import PREFIX, Cleaned, write_custom
from parc.services.movement_kinds import Order, kind_between
from parc.services.movement_writing import add_movement, place_order

_CHUNK: Final = 500

Changes = Mapping[str, tuple[Any, Any]]


def parts(ids: Collection[int]) -> Iterator[Sequence[int]]:
    """Cut ids, in their order, into lists that one statement takes."""
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def hold_assets(session: Session, ids: Collection[int]) -> None:
    """Read assets and keep others from changing them; what is not there is left out."""
    for part in parts(ids):
        query = sa.select(Asset).where(Asset.id.in_(part)).order_by(Asset.id).with_for_update()
        session.scalars(query, execution_options={"populate_existing": True}).all()


def write_values(
    session: Session,
    actor: Actor,
    changes: Mapping[int, Changes],
    emptied: Collection[str],
    at: datetime,
    stated: Stated = BY_HAND,
) -> None:
    """Write values into assets: they are the person's from now on, emptied fields the machines'.

    Args:
        stated: by hand or from a file.
        changes: by asset and field, before and after; after of an emptied one is what its device
            says, or None.
    """
    writing = Writing(actor, at, read_rules(session), stated)
    for part in parts(changes):
        names = {name for number in part for name in changes[number]}
        sources = _sources(session, part, names)
        seen = leading_values_of(session, part) if names & set(emptied) else {}
        _drop_differences(session, changes, part, names)
        assets = _assets(session, part)
        for asset in assets:
            if "location_id" in changes[asset.id]:
                order = place_order(asset, changes[asset.id]["location_id"][1], at.date())
                add_movement(session, actor, asset, order, at=at)
            for name, (_before, after) in changes[asset.id].items():
                if name.startswith(PREFIX):
                    continue
                setattr(asset, name, after)
                row = sources.get((asset.id, name))
                if name in emptied:
                    _release(session, asset.id, name, row, seen.get(asset.id, {}), at)
                else:
                    mark_stated(row or _new_row(session, asset.id, name), writing)
        write_custom(
            session, actor, _own_values(session, part, changes), source=stated.source, at=at
        )
        _end_part(session, actor, assets, "changed", changes, at)


def _own_values(
    session: Session, part: Sequence[int], changes: Mapping[int, Changes]
) -> dict[int, Cleaned]:
    """Give what is written into the organisation's own fields, by asset and field."""
    own = {
        number: {
            name.removeprefix(PREFIX): after
            for name, (_before, after) in changes[number].items()
            if name.startswith(PREFIX)
        }
        for number in part
    }
    if not any(own.values()):
        return {}
    ids = {field.key: field.id for field in read_fields(session)}
    return {
        number: {ids[key]: value for key, value in values.items()}
        for number, values in own.items()
        if values
    }


def write_release(
    session: Session, actor: Actor, changes: Mapping[int, Changes], at: datetime
) -> None:
    """Let machines write fields again: what they say now stands, else the value until they do.

    Args:
        changes: by asset and field; the values are read anew.
    """
    for part in parts(changes):
        names = {name for number in part for name in changes[number]}
        sources, seen = _sources(session, part, names), leading_values_of(session, part)
        _drop_differences(session, changes, part, names)
        assets, told = _assets(session, part), {}
        for asset in assets:
            rows = {name: sources[asset.id, name] for name in changes[asset.id]}
            told[asset.id] = _release_fields(asset, rows, seen.get(asset.id, {}), at)
        _end_part(session, actor, assets, "released", told, at)


def _release_fields(
    asset: Asset, rows: Mapping[str, AssetField], seen: Seen, at: datetime
) -> dict[str, tuple[Any, Any]]:
    """Release fields of one asset; gives what its history says of it."""
    told: dict[str, tuple[Any, Any]] = {}
    for name, row in rows.items():
        before = getattr(asset, name)
        if code := lock_code(row):
            told[f"lock/{name}"] = (code, None)
        if name in seen:
            setattr(asset, name, seen[name][0])
            mark_source(row, seen[name][1], at=at)
        else:
            end_lock(row, at)
        told[name] = (before, getattr(asset, name))
    return told


def write_state(
    session: Session,
    actor: Actor,
    changes: Mapping[int, Changes],
    to: LifecycleState,
    at: datetime,
) -> None:
    """Move assets to a state; that they may is the caller's plan."""
    for part in parts(changes):
        end_state_locks(session, part, at)
        assets = _assets(session, part)
        for asset in assets:
            order = Order(kind_between(asset.lifecycle_state, to), at.date(), to)
            add_movement(session, actor, asset, order, at=at)
        _end_part(session, actor, assets, "state_changed", changes, at)


def _end_part(
    session: Session,
    actor: Actor,
    assets: Sequence[Asset],
    action: str,
    changes: Mapping[int, Changes],
    at: datetime,
) -> None:
    touch_many(session, assets, at)
    session.flush()
    entries = [audit.Entry("asset", one.id, one.name, action, changes[one.id]) for one in assets]
    audit.record_all(session, actor, at=at, entries=entries)


def _release(
    session: Session,
    asset_id: int,
    field: str,
    row: AssetField | None,
    seen: Seen,
    at: datetime,
) -> None:
    """Let machines write the field again; ``row`` says whose it was."""
    if field in seen:
        mark_source(row or _new_row(session, asset_id, field), seen[field][1], at=at)
    elif row is not None:
        session.delete(row)


def _new_row(session: Session, asset_id: int, field: str) -> AssetField:
    row = AssetField(asset_id=asset_id, field=field)
    session.add(row)
    return row


def _assets(session: Session, part: Sequence[int]) -> Sequence[Asset]:
    return session.scalars(sa.select(Asset).where(Asset.id.in_(part)).order_by(Asset.id)).all()


def _sources(
    session: Session, part: Sequence[int], names: Collection[str]
) -> dict[tuple[int, str], AssetField]:
    query = sa.select(AssetField).where(
        AssetField.asset_id.in_(part), AssetField.field.in_(sorted(names))
    )
    return {(row.asset_id, row.field): row for row in session.scalars(query)}


def _drop_differences(
    session: Session,
    changes: Mapping[int, Changes],
    part: Sequence[int],
    names: Collection[str],
) -> None:
    query = sa.select(Difference).where(
        Difference.asset_id.in_(part), Difference.field.in_(sorted(names))
    )
    for difference in session.scalars(query):
        if difference.field in changes[difference.asset_id]:
            session.delete(difference)
