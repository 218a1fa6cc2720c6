"""One record that is two machines becomes two: each half gets what was its own.

Whole devices go over as they are; one that two machines spoke through is divided first. The caller
commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.config import DiscoverySettings
from parc.errors import FieldProblem, InvalidInputError, NotFoundError
from parc.models import (
    Agent,
    Asset,
    AssetField,
    Base,
    ChangeSetKind,
    ContractLine,
    Device,
    DeviceStatus,
    LockRule,
    MergedAsset,
    User,
    ValueSource,
    table_of,
)
from parc.naming import MACHINE_FIELDS
from parc.reconcile.dividing import divide_device, read_voices
from parc.reconcile.hanging_rows import linked_models, move_links
from parc.reconcile.load import load_policy
from parc.reconcile.merged_records import (
    Told,
    follow_devices,
    give_back,
    put_back,
    take_up_again,
)
from parc.reconcile.merging import MERGED_FIELDS
from parc.reconcile.told_rows import told_rows, told_values
from parc.services import asset_sources, assets, told_assets
from parc.services.actor import Actor
from parc.services.asset_search import touch
from parc.services.asset_tags import next_asset_tags
from parc.services.change_sets import recording
from parc.services.contract_lines import record_lines
from parc.services.movement_writing import explain, join_up
from parc.services.permissions import Action, require
from parc.services.row_images import as_row, loaded

# What an agent is of follows its evidence, in this act only.
_BESIDES: Final = frozenset({Agent.__tablename__})


@dataclass(frozen=True, slots=True)
class Leaving:
    """What leaves a record.

    Attributes:
        device_ids: devices that go over whole.
        voices: device to the tokens of the voices that leave it.
        values: person's fields that go with them; others stay.
        links: what hangs on the record and goes with them, by ``hanging_rows.link_token``;
            what a merge had brought goes with a record that comes back. What others tell of it
            may leave alone.
        staying: what stays all the same, of what a merge had brought.
        record_id: a record that a merge had ended; it comes back with the devices that it had.
    """

    device_ids: frozenset[int] = frozenset()
    voices: Mapping[int, frozenset[str]] = field(default_factory=dict)
    values: frozenset[str] = frozenset()
    links: frozenset[str] = frozenset()
    staying: frozenset[str] = frozenset()
    record_id: int | None = None


def split_asset(
    session: Session,
    actor: Actor,
    asset_id: int,
    leaving: Leaving,
    *,
    at: datetime,
    settings: DiscoverySettings,
) -> Asset:
    """Make a record of its own of what leaves; gives the new one.

    When a record that a merge had ended is named, or what leaves are its devices, that record comes
    back with its tag and with what people had typed into it.

    Args:
        settings: by which the evidence of a device that is divided is read again.

    Raises:
        NotFoundError: the asset, or a device, voice or merged record of it, is not there.
        InvalidInputError: ``leaving`` with ``nothing_leaves`` or ``nothing_stays``.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.MERGE_ASSET)
    devices = _devices_of(session, asset_id)
    asset = _locked(session, asset_id)
    whole, parts, back = _sorted_out(session, asset_id, devices, leaving)
    title = {"code": "split", "asset": asset.asset_tag}
    with recording(session, actor, ChangeSetKind.SPLIT, title, at, tables=_BESIDES):
        policy = load_policy(session, settings)
        moved = [devices[number] for number in sorted(whole)]
        moved += [divide_device(session, devices[n], parts[n], policy, at) for n in sorted(parts)]
        made = back.kept if back is not None else None
        own = frozenset(back.person_values) if back is not None else frozenset()
        merged_at = back.merged_at if back is not None else at
        links = leaving.links | (frozenset(made["links"] if made else ()) - leaving.staying)
        told = [one for token, one in told_rows(session, asset_id).items() if token in links]
        new = _new_asset(session, asset, moved, told, back, at)
        for device in moved:
            device.asset_id, device.status = new.id, DeviceStatus.LINKED
        session.flush()
        values = leaving.values - own  # what comes back keeps what people had typed into it
        move_links(session, linked_models(), links, asset=asset, new=new)
        if made is None:
            changes: dict[str, tuple[Any, Any]] = {}
            for device in moved:
                asset_sources.fill_from_device(session, new, device, at=at)
            _fill_from_told(session, new, told, at)
        else:
            follow_devices(session, new, at)
            changes = put_back(session, made["taken"], asset, values)
            again = take_up_again(session, linked_models(), made, new, merged_at)
            _tell_lines(session, actor, again, at)
        changes |= _give_values(session, asset, new, values)
        _forget_values(session, asset, new, changes)
        for record in (new, asset):
            join_up(session, record.id)
            explain(session, actor, record, at=at)
            touch(session, record, at)
        _tell(session, actor, asset, new, changes, at)
    return new


def _tell_lines(session: Session, actor: Actor, again: Sequence[Base], at: datetime) -> None:
    """Tell in the histories of contracts which of their lines are there again."""
    lines = [as_row(row) for row in again if isinstance(row, ContractLine)]
    record_lines(session, actor, lines, at, are_back=True)


def _locked(session: Session, asset_id: int) -> Asset:
    asset = session.get(Asset, asset_id, with_for_update=True)
    if asset is None:
        raise NotFoundError(f"there is no asset {asset_id}")
    return asset


def _tell(
    session: Session,
    actor: Actor,
    asset: Asset,
    new: Asset,
    changes: Mapping[str, tuple[Any, Any]],
    at: datetime,
) -> None:
    into = {**changes, "split_into": (None, new.asset_tag)}
    assets.record_change(session, actor, asset, "split", at, into)
    made = {**assets.created_changes(new), "split_from": (None, asset.asset_tag)}
    assets.record_change(session, actor, new, "created", at, made)


def _devices_of(session: Session, asset_id: int) -> dict[int, Device]:
    query = sa.select(Device).where(Device.asset_id == asset_id).order_by(Device.id)
    return {device.id: device for device in session.scalars(query.with_for_update())}


def _sorted_out(
    session: Session, asset_id: int, devices: Mapping[int, Device], leaving: Leaving
) -> tuple[set[int], dict[int, frozenset[str]], MergedAsset | None]:
    """Give the devices that leave whole, of others the voices that leave, and who comes back."""
    named = leaving.device_ids | leaving.voices.keys()
    if missing := sorted(named - devices.keys()):
        raise NotFoundError(f"the asset has no device {missing[0]}")
    whole, parts = set(leaving.device_ids), {}
    back = _named_record(session, asset_id, leaving)
    if back is not None:
        whole |= devices.keys() & set(back.device_ids)
    for number in leaving.voices.keys() - whole:
        tokens = leaving.voices[number]
        found = {voice.token: voice for voice in read_voices(session, number)}
        if missing_tokens := sorted(tokens - found.keys()):
            raise NotFoundError(f"device {number} has no voice {missing_tokens[0]}")
        if tokens == found.keys():
            whole.add(number)
        elif tokens:
            parts[number] = tokens
    if back is None and whole and not parts:
        back = _merged_before(session, asset_id, whole)
    told = told_rows(session, asset_id).keys()
    if back is None and not whole and not parts and not told & leaving.links:
        raise InvalidInputError([FieldProblem("leaving", "nothing_leaves")])
    if back is None and whole == devices.keys() and not told - leaving.links:
        raise InvalidInputError([FieldProblem("leaving", "nothing_stays")])
    return whole, parts, back


def _named_record(session: Session, asset_id: int, leaving: Leaving) -> MergedAsset | None:
    """Give the record that is to come back."""
    if leaving.record_id is None:
        return None
    back = session.get(MergedAsset, leaving.record_id)
    if back is None or back.asset_id != asset_id:
        raise NotFoundError(f"no record {leaving.record_id} is part of this one")
    return back


def _merged_before(session: Session, asset_id: int, device_ids: set[int]) -> MergedAsset | None:
    """Give the record whose devices leave, when a merge had brought just these."""
    query = sa.select(MergedAsset).where(MergedAsset.asset_id == asset_id)
    rows = session.scalars(query.order_by(MergedAsset.id)).all()
    return next((row for row in rows if set(row.device_ids) == device_ids), None)


def _new_asset(
    session: Session,
    asset: Asset,
    devices: Sequence[Device],
    told: Sequence[told_assets.Told],
    back: MergedAsset | None,
    at: datetime,
) -> Asset:
    if back is not None and back.kept is not None:
        return give_back(session, back)
    categories = [*(device.category for device in devices), *(one.category for one in told)]
    category = next(filter(None, categories), asset.category)
    tag = back.asset_tag if back else next_asset_tags(session, [category])[0]
    new = Asset(
        asset_tag=tag,
        name=back.name if back else tag,
        category=category or Category.OTHER,
        lifecycle_state=asset.lifecycle_state,
        location_id=asset.location_id,
        created_at=at,
        updated_at=at,
    )
    if back is not None:
        new.id = back.id
    session.add(new)
    session.flush()
    if back is not None:
        for name, typed in back.person_values.items():
            setattr(new, name, _value_of(name, typed["value"]))
            session.add(_source_of(session, new.id, name, typed))
        session.delete(back)
    elif devices:
        new.name = devices[0].sys_name or devices[0].host_name or devices[0].address
    else:
        new.name = told[0].name
    session.flush()
    return new


def _fill_from_told(
    session: Session, new: Asset, told: Sequence[told_assets.Told], at: datetime
) -> None:
    """Write what others tell of the new record where its devices say nothing."""
    for name, (value, source) in told_values(told).items():
        is_owned = session.get(AssetField, (new.id, name)) is not None
        if not is_owned and getattr(new, name) in {None, value}:
            setattr(new, name, value)
            asset_sources.put_source(session, new.id, name, source, at=at)
    session.flush()


def _value_of(name: str, value: Any) -> Any:
    """Give a value of an asset as its column takes it; a merge keeps days and amounts as text."""
    if name == "category":
        return Category(value)
    return loaded(table_of(Asset), {name: value})[name]


def _source_of(session: Session, asset_id: int, field: str, typed: Mapping[str, Any]) -> AssetField:
    """Give whose a value is that a merge had kept; the login may be gone since."""
    user = session.get(User, typed["user_id"]) if typed["user_id"] is not None else None
    return AssetField(
        asset_id=asset_id,
        field=field,
        source=ValueSource(typed.get("source", ValueSource.PERSON)),
        user_id=user.id if user else None,
        set_at=datetime.fromisoformat(typed["set_at"]),
        lock=LockRule(typed["lock"]) if typed.get("lock") else None,
        locked_at=_moment(typed.get("locked_at")),
        locked_until=_moment(typed.get("locked_until")),
        locked_by=typed.get("locked_by"),
        kept_against=typed.get("kept_against"),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _give_values(
    session: Session, asset: Asset, new: Asset, names: frozenset[str]
) -> dict[str, tuple[Any, Any]]:
    """Let the person's values that leave go over, with who typed them and when."""
    changes: dict[str, tuple[Any, Any]] = {}
    for name in MERGED_FIELDS:
        if name not in names or (value := getattr(asset, name)) is None:
            continue
        setattr(new, name, value)
        asset_sources.copy_source(session, name, from_id=asset.id, to_id=new.id)
        own = session.get(AssetField, (asset.id, name))
        if own is not None and name in MACHINE_FIELDS:
            session.delete(own)
        changes[name] = (value, None)
    session.flush()
    return changes


def _forget_values(
    session: Session, asset: Asset, new: Asset, changes: dict[str, tuple[Any, Any]]
) -> None:
    """Let the devices that stay say what machines know; what only the others said goes."""
    told = Told.of(session, asset)
    seen = told.leading(session, asset)
    typed = set(asset_sources.person_fields(session, asset.id))
    for name in MACHINE_FIELDS:
        before = getattr(asset, name)
        if name in typed or told.says(asset, name):
            continue
        value, source = seen.get(name, (None, None))
        if value is None and (before != getattr(new, name) or name in {"name", "category"}):
            continue
        if value != before:
            setattr(asset, name, value)
            changes[name] = (before, value)
        row = session.get(AssetField, (asset.id, name))
        if row is not None and source is not None:
            row.source = source
        elif row is not None and value is None:
            session.delete(row)
    told.show_address(session, asset)
    session.flush()
