"""What people do with assets: create, edit by named fields, change state.

A field that a person sets is theirs (``AssetField.source`` is ``person``): machines may no longer
write it while its lock holds, what they see becomes a ``Difference``. A field that a person empties
goes back to the machines. Functions take the session and the actor, write their audit entry, and
never commit. Whose a value is stands in ``asset_sources.py``, decisions about it in
``provenance.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from parc.models import (
    Asset,
    ChangeSetKind,
    Device,
    LifecycleState,
    MovementKind,
    MovementSource,
)
from parc.naming import address_sort
from parc.precedence import BY_HAND, Stated
from parc.queries.field_rules import read_rules
from parc.services import audit
from parc.services.actor import Actor
from parc.services.asset_search import refresh_search_texts, touch
from parc.services.asset_sources import (
    Seen,
    Writing,
    drop_difference,
    leading_values,
    release,
    set_stated_source,
)
from parc.services.asset_tags import next_asset_tags
from parc.services.asset_values import (
    EDITABLE_FIELDS,
    clean_values,
    complete_warranty,
    present_values,
    taken_values,
)
from parc.services.change_sets import recording
from parc.services.custom_values import clean_custom, write_custom
from parc.services.lifecycle import TRANSITIONS
from parc.services.movement_kinds import Order, kind_between
from parc.services.movement_writing import place_order, write_entry, write_movement
from parc.services.permissions import Action, require

__all__ = [
    "EDITABLE_FIELDS",
    "TRANSITIONS",
    "change_state",
    "create_asset",
    "created_changes",
    "edit_asset",
    "hold_asset",
    "record_change",
    "show_address",
]

_REQUIRED: Final = frozenset({"name", "category", "asset_tag", "currency"})


def create_asset(
    session: Session,
    actor: Actor,
    *,
    values: Mapping[str, Any],
    at: datetime,
    lifecycle_state: LifecycleState = LifecycleState.IN_USE,
    source: MovementSource = MovementSource.HAND,
    custom: Mapping[str, str] | None = None,
) -> Asset:
    """Create an asset by hand; every value given is the person's, and it enters as it stands.

    Args:
        source: by which way its entry came to be known.
        values: of ``EDITABLE_FIELDS``; without ``asset_tag`` the next number is taken.
        custom: texts of the organisation's own fields by key; None asks for none that is needed.

    Raises:
        InvalidInputError: by field: ``required``, ``too_long``, ``taken``, ``unknown_field`` …
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_ASSET)
    cleaned, problems = clean_values(values)
    for name in ("name", "category"):
        if cleaned.get(name) is None and not any(p.field == name for p in problems):
            problems.append(FieldProblem(name, "required"))
    problems += taken_values(session, cleaned, None)
    own, wrong = clean_custom(session, custom or {}, cleaned.get("category"), None)
    if problems + wrong:
        raise InvalidInputError(problems + wrong)
    tag = cleaned.pop("asset_tag", None) or next_asset_tags(session, [cleaned["category"]])[0]
    given = {name: value for name, value in cleaned.items() if value is not None}
    complete_warranty(given, {})
    asset = Asset(
        asset_tag=tag, lifecycle_state=lifecycle_state, created_at=at, updated_at=at, **given
    )
    session.add(asset)
    session.flush()
    writing = Writing(actor, at, read_rules(session), BY_HAND)
    for name in given:
        set_stated_source(session, asset.id, name, writing)
    write_entry(session, actor, asset, at=at, source=source)
    told = write_custom(session, actor, {asset.id: own}, source=BY_HAND.source, at=at)
    refresh_search_texts(session, [asset.id])
    changes = created_changes(asset) | told.get(asset.id, {})
    record_change(session, actor, asset, "created", at, changes)
    return asset


def edit_asset(  # noqa: PLR0913 -- what is given, and how it came to be known
    session: Session,
    actor: Actor,
    asset_id: int,
    *,
    version: int,
    values: Mapping[str, Any],
    at: datetime,
    stated: Stated = BY_HAND,
    custom: Mapping[str, str] | None = None,
) -> Asset:
    """Change the named fields; those given a value become the person's, emptied ones are released.

    It is an act that can be undone, or a part of the one that is recorded.

    Args:
        version: of the asset as the person saw it.
        values: of ``EDITABLE_FIELDS``; fields that are not named are not touched, and neither is
            one whose value is as before.
        stated: by hand or from a file, and how the values that change are locked.
        custom: texts of the organisation's own fields by key; those not named are not touched.

    Raises:
        NotFoundError: there is no such asset.
        ConflictError: somebody changed the asset since.
        InvalidInputError: by field.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_ASSET)
    asset = hold_asset(session, asset_id)
    if asset.version != version:
        raise ConflictError(f"{asset.asset_tag} was changed meanwhile")
    cleaned, problems = clean_values(values)
    changed = {name: value for name, value in cleaned.items() if value != getattr(asset, name)}
    complete_warranty(changed, present_values(asset))
    seen = leading_values(session, asset)
    for name in _REQUIRED & changed.keys():
        if changed[name] is None and seen.get(name) is None:
            problems.append(FieldProblem(name, "required"))
    pair = {"serial_number", "manufacturer"}
    rest = {name: getattr(asset, name) for name in pair} if pair & changed.keys() else {}
    problems += taken_values(session, {**rest, **changed}, asset_id)
    category = changed.get("category", asset.category)
    own, wrong = clean_custom(session, custom or {}, category, asset_id)
    if problems + wrong:
        raise InvalidInputError(problems + wrong)
    title = {"code": "asset_edited", "asset": asset.name}
    with recording(session, actor, ChangeSetKind.EDIT, title, at):
        writing = Writing(actor, at, read_rules(session), stated)
        changes = _write_fields(session, asset, changed, seen, writing)
        told = write_custom(session, actor, {asset.id: own}, source=stated.source, at=at)
        changes |= told.get(asset.id, {})
        if changed or told:
            touch(session, asset, at)
            record_change(session, actor, asset, "changed", at, changes)
    return asset


def _write_fields(
    session: Session,
    asset: Asset,
    changed: Mapping[str, Any],
    seen: Seen,
    writing: Writing,
) -> dict[str, tuple[Any, Any]]:
    """Write fields and whose they are from now on; gives what is another value than before."""
    actor, at = writing.actor, writing.at
    changes: dict[str, tuple[Any, Any]] = {}
    former = {name: getattr(asset, name) for name in changed}
    if "location_id" in changed:
        order = place_order(asset, changed["location_id"], at.date())
        write_movement(session, actor, asset, order, at=at)
    for name, value in changed.items():
        before = former[name]
        if value is None:
            release(session, asset, name, seen, at)
        else:
            setattr(asset, name, value)
            set_stated_source(session, asset.id, name, writing)
        drop_difference(session, asset, name)
        if getattr(asset, name) != before:
            changes[name] = (before, getattr(asset, name))
    return changes


def change_state(
    session: Session,
    actor: Actor,
    asset_id: int,
    to: LifecycleState,
    *,
    at: datetime,
    is_correction: bool = False,
) -> Asset:
    """Move an asset along ``TRANSITIONS``.

    Args:
        is_correction: take back a mistake, from any state to any; needs the actor's reason and
            the right to delete.

    Raises:
        NotFoundError: there is no such asset.
        InvalidInputError: ``transition_refused`` with the allowed states, or a correction
            without reason.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.DELETE_ASSET if is_correction else Action.EDIT_ASSET)
    asset = hold_asset(session, asset_id)
    before = asset.lifecycle_state
    if is_correction and not actor.reason:
        raise InvalidInputError([FieldProblem("reason", "required")])
    if not is_correction and to not in TRANSITIONS[before]:
        allowed = ", ".join(state.value for state in TRANSITIONS[before])
        raise InvalidInputError([FieldProblem("lifecycle_state", "transition_refused", allowed)])
    kind = MovementKind.CORRECTION if is_correction else kind_between(before, to)
    write_movement(session, actor, asset, Order(kind, at.date(), to), at=at)
    touch(session, asset, at)
    action = "corrected" if is_correction else "state_changed"
    record_change(session, actor, asset, action, at, {"lifecycle_state": (before, to)})
    return asset


def created_changes(asset: Asset) -> dict[str, tuple[Any, Any]]:
    """Give the entry of the history for a new asset: all that stands in it."""
    values = {"lifecycle_state": asset.lifecycle_state, **present_values(asset)}
    return {name: (None, value) for name, value in values.items() if value is not None}


def hold_asset(session: Session, asset_id: int) -> Asset:
    """Read an asset and keep others from changing it until the transaction ends.

    Raises:
        NotFoundError: there is no such asset.
    """
    asset = session.get(Asset, asset_id, with_for_update=True, populate_existing=True)
    if asset is None:
        raise NotFoundError(f"there is no asset {asset_id}")
    return asset


def show_address(session: Session, asset: Asset) -> None:
    """Copy for lists where the device stands that was seen last, and when."""
    device = session.scalar(
        sa.select(Device)
        .where(Device.asset_id == asset.id)
        .order_by(Device.last_seen_at.desc(), Device.id)
        .limit(1)
    )
    asset.primary_address = device.address if device else None
    asset.primary_address_sort = address_sort(device.address) if device else None
    asset.last_seen_at = device.last_seen_at if device else None


def record_change(
    session: Session,
    actor: Actor,
    asset: Asset,
    action: str,
    at: datetime,
    changes: Mapping[str, tuple[Any, Any]],
) -> None:
    """Add an entry to the history of an asset."""
    audit.record(
        session,
        actor,
        at=at,
        subject_kind="asset",
        subject_id=asset.id,
        subject_name=asset.name,
        action=action,
        changes=changes,
    )
