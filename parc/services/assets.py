"""What people do with assets: create, edit by named fields, change state, settle, delete.

A field that a person sets is theirs (``AssetField.source`` is ``person``): machines may no longer
write it, what they see becomes a ``Difference``. A field that a person empties or releases goes
back to the machines. Functions take the session and the actor, write their audit entry, and never
commit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from parc.models import (
    Asset,
    AssetField,
    Counter,
    Device,
    DeviceStatus,
    Difference,
    Interface,
    LifecycleState,
    MergedAsset,
    ValueSource,
)
from parc.naming import MACHINE_FIELDS, address_sort, asset_values, folded
from parc.services import audit
from parc.services.actor import Actor
from parc.services.asset_values import EDITABLE_FIELDS, clean_values, taken_values
from parc.services.lifecycle import TRANSITIONS
from parc.services.permissions import Action, require

__all__ = [
    "DEFAULT_TAG_PATTERN",
    "EDITABLE_FIELDS",
    "MACHINE_FIELDS",
    "TRANSITIONS",
    "change_state",
    "copy_source",
    "create_asset",
    "created_changes",
    "delete_asset",
    "edit_asset",
    "fill_from_device",
    "leading_values",
    "machine_values",
    "next_asset_tags",
    "person_fields",
    "record_change",
    "refresh_search_texts",
    "release_field",
    "search_text",
    "searched_once",
    "settle_difference",
    "show_address",
    "touch",
]

DEFAULT_TAG_PATTERN: Final = "P{number:06d}"
SEARCH_CHARACTERS: Final = 4000
_TOUCHED: Final = "parc_touched_assets"
_SEARCHED: Final = (
    "name",
    "asset_tag",
    "serial_number",
    "manufacturer",
    "model_name",
    "primary_address",
    "base_mac_address",
)
_REQUIRED: Final = frozenset({"name", "category", "asset_tag"})


def search_text(texts: Iterable[str | None]) -> str:
    """Give what a search compares: the distinct texts, folded, within a limit of length."""
    parts = dict.fromkeys(folded(text) for text in texts if text)
    return " ".join(parts)[:SEARCH_CHARACTERS]


def next_asset_tags(session: Session, count: int, pattern: str) -> list[str]:
    """Take ``count`` new asset tags from the counter; tags that people gave by hand are skipped.

    Args:
        pattern: for ``str.format`` with ``number``.
    """
    tags: list[str] = []
    while len(tags) < count:
        wanted = count - len(tags)
        last = _raise_counter(session, "asset_tag", wanted)
        made = [pattern.format(number=n) for n in range(last - wanted + 1, last + 1)]
        taken: set[str] = set()
        for start in range(0, len(made), 1000):
            part = made[start : start + 1000]
            taken.update(
                session.scalars(sa.select(Asset.asset_tag).where(Asset.asset_tag.in_(part)))
            )
        tags += [tag for tag in made if tag not in taken]
    return tags


def _raise_counter(session: Session, name: str, by: int) -> int:
    raised = session.scalar(
        sa.update(Counter)
        .where(Counter.name == name)
        .values(value=Counter.value + by)
        .returning(Counter.value)
    )
    if raised is None:
        session.execute(sa.insert(Counter).values(name=name, value=by))
        return by
    return int(raised)


def create_asset(
    session: Session,
    actor: Actor,
    *,
    values: Mapping[str, Any],
    at: datetime,
    lifecycle_state: LifecycleState = LifecycleState.IN_USE,
    tag_pattern: str = DEFAULT_TAG_PATTERN,
) -> Asset:
    """Create an asset by hand; every value given is the person's.

    Args:
        values: of ``EDITABLE_FIELDS``; without ``asset_tag`` the next number is taken.

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
    if problems:
        raise InvalidInputError(problems)
    tag = cleaned.pop("asset_tag", None) or next_asset_tags(session, 1, tag_pattern)[0]
    given = {name: value for name, value in cleaned.items() if value is not None}
    asset = Asset(
        asset_tag=tag, lifecycle_state=lifecycle_state, created_at=at, updated_at=at, **given
    )
    session.add(asset)
    session.flush()
    for name in given:
        _set_source(session, asset.id, name, actor, at)
    refresh_search_texts(session, [asset.id])
    record_change(session, actor, asset, "created", at, created_changes(asset))
    return asset


def edit_asset(
    session: Session,
    actor: Actor,
    asset_id: int,
    *,
    version: int,
    values: Mapping[str, Any],
    at: datetime,
) -> Asset:
    """Change the named fields; those given a value become the person's, emptied ones are released.

    Args:
        version: of the asset as the person saw it.
        values: of ``EDITABLE_FIELDS``; fields that are not named are not touched, and neither is
            one whose value is as before.

    Raises:
        NotFoundError: there is no such asset.
        ConflictError: somebody changed the asset since.
        InvalidInputError: by field.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_ASSET)
    asset = _locked(session, asset_id)
    if asset.version != version:
        raise ConflictError(f"{asset.asset_tag} was changed meanwhile")
    cleaned, problems = clean_values(values)
    changed = {name: value for name, value in cleaned.items() if value != getattr(asset, name)}
    seen = leading_values(session, asset)
    for name in _REQUIRED & changed.keys():
        if changed[name] is None and seen.get(name) is None:
            problems.append(FieldProblem(name, "required"))
    pair = {"serial_number", "manufacturer"}
    rest = {name: getattr(asset, name) for name in pair} if pair & changed.keys() else {}
    problems += taken_values(session, {**rest, **changed}, asset_id)
    if problems:
        raise InvalidInputError(problems)
    changes: dict[str, tuple[Any, Any]] = {}
    for name, value in changed.items():
        before = getattr(asset, name)
        if value is None:
            _release(session, asset, name, seen, at)
        else:
            setattr(asset, name, value)
            _set_source(session, asset.id, name, actor, at)
        _drop_difference(session, asset, name)
        if getattr(asset, name) != before:
            changes[name] = (before, getattr(asset, name))
    if changed:
        touch(session, asset, at)
        record_change(session, actor, asset, "changed", at, changes)
    return asset


def release_field(
    session: Session, actor: Actor, asset_id: int, field: str, *, at: datetime
) -> Asset:
    """Give a field back to the machines: what its device says now stands at once.

    Raises:
        NotFoundError: there is no such asset.
        InvalidInputError: machines do not know this field.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_ASSET)
    asset = _locked(session, asset_id)
    if field not in MACHINE_FIELDS:
        raise InvalidInputError([FieldProblem(field, "unknown_field", field)])
    before = getattr(asset, field)
    seen = leading_values(session, asset)
    if seen.get(field) is None:
        # Nothing is lost by letting go: the value stays until a machine says another.
        _delete_source(session, asset.id, field)
    else:
        _release(session, asset, field, seen, at)
    _drop_difference(session, asset, field)
    touch(session, asset, at)
    record_change(session, actor, asset, "released", at, {field: (before, getattr(asset, field))})
    return asset


def settle_difference(
    session: Session, actor: Actor, asset_id: int, field: str, *, take: bool, at: datetime
) -> Asset:
    """Settle what a machine says against a person's value.

    Args:
        take: True writes the machine's value, still as the person's decision of this moment but
            open to the machines again; False keeps the person's until the seen value changes.

    Raises:
        NotFoundError: there is no such asset or no such difference any more.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.EDIT_ASSET)
    asset = _locked(session, asset_id)
    difference = session.scalar(
        sa.select(Difference).where(Difference.asset_id == asset_id, Difference.field == field)
    )
    if difference is None:
        raise NotFoundError(f"{asset.asset_tag} has no difference in {field}")
    before = getattr(asset, field)
    if not take:
        difference.is_kept = True
        record_change(session, actor, asset, "kept", at, {field: (difference.seen_value, before)})
        return asset
    after = Category(difference.seen_value) if field == "category" else difference.seen_value
    setattr(asset, field, after)
    _put_source(session, asset.id, field, difference.source, None, difference.run_id, at)
    session.delete(difference)
    touch(session, asset, at)
    record_change(session, actor, asset, "taken", at, {field: (before, after)})
    return asset


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
    asset = _locked(session, asset_id)
    before = asset.lifecycle_state
    if is_correction and not actor.reason:
        raise InvalidInputError([FieldProblem("reason", "required")])
    if not is_correction and to not in TRANSITIONS[before]:
        allowed = ", ".join(state.value for state in TRANSITIONS[before])
        raise InvalidInputError([FieldProblem("lifecycle_state", "transition_refused", allowed)])
    asset.lifecycle_state = to
    touch(session, asset, at)
    action = "corrected" if is_correction else "state_changed"
    record_change(session, actor, asset, action, at, {"lifecycle_state": (before, to)})
    return asset


def delete_asset(session: Session, actor: Actor, asset_id: int, *, at: datetime) -> None:
    """Delete an asset; its devices are unknown again, its history stays.

    Raises:
        NotFoundError: there is no such asset.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.DELETE_ASSET)
    devices = sa.select(Device).where(Device.asset_id == asset_id).order_by(Device.id)
    session.scalars(devices.with_for_update()).all()
    asset = _locked(session, asset_id)
    for device in session.scalars(devices):
        device.asset_id = None
        device.status = DeviceStatus.UNKNOWN
    gone = {name: (value, None) for name, value in _present(asset).items() if value is not None}
    record_change(session, actor, asset, "deleted", at, gone)
    session.flush()
    session.delete(asset)
    session.flush()


def fill_from_device(session: Session, asset: Asset, device: Device, *, at: datetime) -> None:
    """Fill what is empty and copy what lists show, for an asset that was just given a device."""
    owned = set(
        session.scalars(
            sa.select(AssetField.field).where(
                AssetField.asset_id == asset.id, AssetField.source == ValueSource.PERSON
            )
        )
    )
    for name, (value, source) in machine_values(device).items():
        if name not in owned and getattr(asset, name) in {None, value}:
            setattr(asset, name, value)
            _put_source(session, asset.id, name, source, None, None, at)
    asset.primary_address = device.address
    asset.primary_address_sort = address_sort(device.address)
    asset.last_seen_at = max(filter(None, (asset.last_seen_at, device.last_seen_at)))
    session.flush()
    refresh_search_texts(session, [asset.id])


def created_changes(asset: Asset) -> dict[str, tuple[Any, Any]]:
    """Give the entry of the history for a new asset: all that stands in it."""
    values = {"lifecycle_state": asset.lifecycle_state, **_present(asset)}
    return {name: (None, value) for name, value in values.items() if value is not None}


def machine_values(device: Device) -> dict[str, tuple[Any, ValueSource]]:
    """Give what a device says for the fields of an asset, with the means by which it was seen."""
    columns = {column.key: getattr(device, column.key) for column in sa.inspect(Device).columns}
    seen = asset_values(columns)
    return {name: (value, ValueSource(word)) for name, (value, word) in seen.items()}


def leading_values(session: Session, asset: Asset) -> dict[str, tuple[Any, ValueSource]]:
    """Give what the asset's leading device says: one that is there before one that is absent."""
    device = session.scalar(
        sa.select(Device)
        .where(Device.asset_id == asset.id)
        .order_by(
            Device.absent_since.is_not(None),
            sa.case((Device.category == Category.BMC, 1), else_=0),
            Device.id,
        )
        .limit(1)
    )
    return {} if device is None else machine_values(device)


def _locked(session: Session, asset_id: int) -> Asset:
    asset = session.get(Asset, asset_id, with_for_update=True, populate_existing=True)
    if asset is None:
        raise NotFoundError(f"there is no asset {asset_id}")
    return asset


def _present(asset: Asset) -> dict[str, Any]:
    return {name: getattr(asset, name) for name in EDITABLE_FIELDS}


def _set_source(session: Session, asset_id: int, field: str, actor: Actor, at: datetime) -> None:
    _put_source(session, asset_id, field, ValueSource.PERSON, actor.user_id, None, at)


def _put_source(
    session: Session,
    asset_id: int,
    field: str,
    source: ValueSource,
    user_id: int | None,
    run_id: int | None,
    at: datetime,
) -> None:
    row = session.get(AssetField, (asset_id, field))
    if row is None:
        row = AssetField(asset_id=asset_id, field=field)
        session.add(row)
    row.source, row.user_id, row.run_id, row.set_at = source, user_id, run_id, at


def person_fields(session: Session, asset_id: int) -> list[str]:
    """Give the fields of an asset that a person typed."""
    query = sa.select(AssetField.field).where(
        AssetField.asset_id == asset_id, AssetField.source == ValueSource.PERSON
    )
    return list(session.scalars(query.order_by(AssetField.field)))


def copy_source(session: Session, field: str, *, from_id: int, to_id: int) -> None:
    """Let a field of one asset be whose the same field of another is; no one's changes nothing."""
    theirs = session.get(AssetField, (from_id, field))
    if theirs is None:
        return
    _put_source(session, to_id, field, theirs.source, theirs.user_id, theirs.run_id, theirs.set_at)


def _delete_source(session: Session, asset_id: int, field: str) -> None:
    row = session.get(AssetField, (asset_id, field))
    if row is not None:
        session.delete(row)


def _release(
    session: Session,
    asset: Asset,
    field: str,
    seen: Mapping[str, tuple[Any, ValueSource]],
    at: datetime,
) -> None:
    """Let machines write the field again: what they say now stands, or nothing does."""
    if field in seen:
        value, source = seen[field]
        setattr(asset, field, value)
        _put_source(session, asset.id, field, source, None, None, at)
    else:
        setattr(asset, field, None)
        _delete_source(session, asset.id, field)


def _drop_difference(session: Session, asset: Asset, field: str) -> None:
    query = sa.select(Difference).where(Difference.asset_id == asset.id, Difference.field == field)
    for difference in session.scalars(query):
        session.delete(difference)


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


@contextmanager
def searched_once(session: Session) -> Iterator[None]:
    """Make the search texts of all assets that are touched inside anew at its end, together."""
    touched: set[int] = set()
    session.info[_TOUCHED] = touched
    try:
        yield
    finally:
        del session.info[_TOUCHED]
    refresh_search_texts(session, touched)


def touch(session: Session, asset: Asset, at: datetime) -> None:
    """Note that a person changed the asset, and what a search finds it by."""
    asset.updated_at = at
    asset.version += 1
    session.flush()
    if (touched := session.info.get(_TOUCHED)) is not None:
        touched.add(asset.id)
    else:
        refresh_search_texts(session, [asset.id])


def refresh_search_texts(session: Session, asset_ids: Collection[int]) -> None:
    """Make the search texts of assets anew from what they and their devices show now."""
    ordered = sorted(asset_ids)
    for start in range(0, len(ordered), 1000):
        part = ordered[start : start + 1000]
        texts: dict[int, list[str | None]] = {}
        for number, *own in session.execute(
            sa.select(Asset.id, *(getattr(Asset, name) for name in _SEARCHED)).where(
                Asset.id.in_(part)
            )
        ):
            texts[number] = list(own)
        for number, *shown in session.execute(
            sa.select(
                Device.asset_id,
                Device.address,
                Device.sys_name,
                Device.host_name,
                Device.base_mac_address,
            )
            .where(Device.asset_id.in_(part))
            .order_by(Device.id)
        ):
            texts[number or 0] += shown
        for number, mac, addresses in session.execute(
            sa.select(Device.asset_id, Interface.if_phys_address, Interface.addresses)
            .join(Interface, Interface.device_id == Device.id)
            .where(Device.asset_id.in_(part), Interface.gone_at.is_(None))
            .order_by(Interface.id)
        ):
            texts[number or 0] += [mac, *(text.partition("/")[0] for text in addresses)]
        merged = sa.select(MergedAsset.asset_id, MergedAsset.asset_tag, MergedAsset.name)
        for number, *former in session.execute(
            merged.where(MergedAsset.asset_id.in_(part)).order_by(MergedAsset.id)
        ):
            texts[number] += former
        rows = [{"id": number, "search_text": search_text(text)} for number, text in texts.items()]
        if rows:
            session.execute(sa.update(Asset), rows)


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
