"""Monitors and printers that agents tell of become assets of their own, tied to their hosts.

Only what has a serial number is told apart from its like: without one nothing is made, so that no
sighting multiplies. The row of the host that tells of it holds the tie; one that is plugged in
elsewhere is told of there. The caller commits.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.agent.kinds import Kind
from collectors.observation import Category
from collectors.registries.enterprise import manufacturer_named_in
from parc.key_texts import IgnoredKind, folded
from parc.models import Asset, Device, HostEntry, IgnoredKey, ValueSource
from parc.naming import device_name
from parc.services import audit
from parc.services.actor import Actor
from parc.services.told_assets import Told, add_told_asset

_CATEGORIES: Final[Mapping[str, Category]] = {
    Kind.MONITOR: Category.MONITOR,
    Kind.PRINTER: Category.PRINTER,
}
_INTERNAL: Final = "internal"
_SHORTEST: Final = 4  # shorter serial numbers are counts of something
# What one host can have attached at once. A host that tells of more tells what is not so, and must
# not fill the inventory: the rest stands on its sheet, and becomes no asset.
MOST_OF_A_HOST: Final = 64
_PART: Final = 500


@dataclass(frozen=True, slots=True)
class _Told:
    """One attached thing with what tells it from its like."""

    row: HostEntry
    host: Device
    category: Category
    maker: str | None
    serial: str


def settle_attached(
    session: Session,
    actor: Actor,
    device_ids: Sequence[int],
    *,
    at: datetime,
    location_id: int | None,
) -> None:
    """Tie what some hosts have attached to its assets, and make those that are not there yet.

    Args:
        location_id: where new ones are put whose host is nowhere.
    """
    told = _untied(session, device_ids)
    homes = _assets_by_serial(session, told)
    counts = _tied_counts(session, {one.host.id for one in told})
    for one in told:
        if counts[one.host.id] >= MOST_OF_A_HOST:
            continue
        found = [asset for asset in homes[one.serial] if _may_be(asset, one)]
        if len(found) > 1:
            continue  # a person has to say which
        if found:
            (asset,) = found
            _note_tie(session, actor, asset, one, at)
        elif one.maker is None:
            continue  # it could never be found again by what it says of itself
        else:
            asset = _make(session, actor, one, at, location_id)
            homes[one.serial].append(asset)
        one.row.asset_id = asset.id
        counts[one.host.id] += 1
    session.flush()
    _touch(session, device_ids, at)


def _untied(session: Session, device_ids: Sequence[int]) -> list[_Told]:
    found = []
    ignored = set(
        session.scalars(sa.select(IgnoredKey.value).where(IgnoredKey.kind == IgnoredKind.SERIAL))
    )
    for start in range(0, len(device_ids), _PART):
        query = (
            sa.select(HostEntry, Device)
            .join(Device, Device.id == HostEntry.device_id)
            .where(
                HostEntry.device_id.in_(device_ids[start : start + _PART]),
                HostEntry.kind.in_(list(_CATEGORIES)),
                HostEntry.serial_number.is_not(None),
                HostEntry.asset_id.is_(None),
                HostEntry.gone_at.is_(None),
            )
            .order_by(HostEntry.id)
        )
        for row, host in session.execute(query):
            serial = folded(row.serial_number) or ""
            if row.state == _INTERNAL or len(serial) < _SHORTEST or serial in ignored:
                continue
            found.append(_Told(row, host, _CATEGORIES[row.kind], _maker(row), serial))
    return found


def _tied_counts(session: Session, device_ids: Iterable[int]) -> Counter[int]:
    """Give how many assets are attached to each of these hosts already."""
    counts: Counter[int] = Counter()
    ids = sorted(device_ids)
    row = HostEntry
    for start in range(0, len(ids), _PART):
        query = (
            sa.select(row.device_id, sa.func.count())
            .where(
                row.device_id.in_(ids[start : start + _PART]),
                row.asset_id.is_not(None),
                row.gone_at.is_(None),
            )
            .group_by(row.device_id)
        )
        counts.update({device_id: count for device_id, count in session.execute(query)})  # noqa: C416 -- rows
    return counts


def _assets_by_serial(session: Session, told: Iterable[_Told]) -> dict[str, list[Asset]]:
    """Give the assets that have one of the serial numbers, in any case of letters."""
    found: dict[str, list[Asset]] = defaultdict(list)
    serials = {one.row.serial_number or "" for one in told}
    spelt = sorted({text for s in serials for text in (s, s.upper(), s.lower())})
    for start in range(0, len(spelt), _PART):
        query = sa.select(Asset).where(Asset.serial_number.in_(spelt[start : start + _PART]))
        for asset in session.scalars(query.order_by(Asset.id)):
            found[folded(asset.serial_number) or ""].append(asset)
    return found


def _may_be(asset: Asset, told: _Told) -> bool:
    """Tell whether an asset with the serial number may be it: same kind, same maker if known."""
    if asset.category is not told.category:
        return False
    if asset.manufacturer is None or told.maker is None:
        return True
    ours, theirs = asset.manufacturer, told.maker
    names = [manufacturer_named_in(name) or name for name in (ours, theirs)]
    one, other = (folded(name) or "" for name in names)
    return one in other or other in one


def _make(
    session: Session,
    actor: Actor,
    told: _Told,
    at: datetime,
    location_id: int | None,
) -> Asset:
    host = session.get(Asset, told.host.asset_id) if told.host.asset_id else None
    place = host.location_id if host and host.location_id else location_id
    thing = replace(told_of_entry(told.row), location_id=place)
    return add_told_asset(session, actor, thing, at=at)


def told_of_entry(row: HostEntry) -> Told:
    """Give what an agent tells of a thing that is attached to its host."""
    values = {
        "manufacturer": _maker(row),
        "model_name": row.model_name,
        "serial_number": row.serial_number,
    }
    name = row.name or row.model_name or row.serial_number or row.key
    return Told(name, _CATEGORIES[row.kind], values, ValueSource.AGENT)


def _maker(row: HostEntry) -> str | None:
    return row.manufacturer or manufacturer_named_in(row.model_name or "")


def _note_tie(session: Session, actor: Actor, asset: Asset, told: _Told, at: datetime) -> None:
    host = told.host
    name = device_name(host.sys_name, host.host_name, host.model_name, host.address)
    audit.record(
        session,
        actor,
        at=at,
        subject_kind="asset",
        subject_id=asset.id,
        subject_name=asset.name,
        action="linked",
        changes={"host": (None, name)},
    )


def _touch(session: Session, device_ids: Sequence[int], at: datetime) -> None:
    """Let assets know when their host told of them last."""
    for start in range(0, len(device_ids), _PART):
        tied = sa.select(HostEntry.asset_id).where(
            HostEntry.device_id.in_(device_ids[start : start + _PART]),
            HostEntry.gone_at.is_(None),
            HostEntry.asset_id.is_not(None),
        )
        session.execute(
            sa.update(Asset)
            .where(Asset.id.in_(tied))
            .values(last_seen_at=at)
            .execution_options(synchronize_session=False)
        )
