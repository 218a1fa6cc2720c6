"""What a cause of an inbox entry is, and which part of the inventory is looked at for causes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.config import InboxSettings
from parc.models import AddressRange, Device, InboxEntry, InboxKind
from parc.queries.locations import Places, read_places

# How the keys of entries begin that name assets, not devices, as those that share a key.
OF_ASSETS: Final = "assets:"
_AT_ONCE: Final = 500
# Of more records than this everything is looked at: statements that name each become too long.
_MOST_NAMED: Final = 2_000


@dataclass(frozen=True, slots=True)
class Cause:
    """Why an entry should stand open.

    Attributes:
        evidence: parameters of the words that pages say it in, as JSON.
        told: what of it must be another before a decided entry comes back.
        devices: further devices that it is about.
        batch: range and run that first saw an unknown device.
    """

    kind: InboxKind
    key: str
    subject: str
    evidence: Mapping[str, Any]
    told: Collection[Any] = ()
    asset_id: int | None = None
    device_id: int | None = None
    run_id: int | None = None
    range_id: int | None = None
    site_id: int | None = None
    devices: tuple[int, ...] = ()
    batch: str | None = None
    count: int = 1

    @property
    def fingerprint(self) -> str:
        """Give one text for what is told; equal only for the same."""
        body = json.dumps(list(self.told), sort_keys=True, default=str)
        return hashlib.sha256(body.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Scope:
    """What may have changed; entries about anything else are left as they are.

    Attributes:
        keyed: those of the devices whose keys or records may be others; None: all of them.
        is_end: a run has seen all that it sees, or a person has decided: what is told by range,
            such as unknown devices, is looked at as well.
    """

    devices: frozenset[int] = frozenset()
    assets: frozenset[int] = frozenset()
    ranges: frozenset[int] = frozenset()
    is_end: bool = False
    keyed: frozenset[int] | None = None
    people: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Ground:
    """What every finder of causes is handed: ``scope`` None means everything."""

    rules: InboxSettings
    now: datetime
    scope: Scope | None
    places: Places
    sites: Mapping[int, int] = field(default_factory=dict)

    def site_of(self, location_id: int | None, range_id: int | None = None) -> int | None:
        """Give the site of a place, else that of a range."""
        place = self.places.by_id.get(location_id) if location_id is not None else None
        if place is not None:
            return place.site_id
        return self.sites.get(range_id) if range_id is not None else None


@dataclass(frozen=True, slots=True)
class Found:
    """What a finder says: the causes, and which open entries it has looked at."""

    causes: list[Cause]
    looked_at: sa.ColumnElement[bool]


def make_ground(
    session: Session, rules: InboxSettings, now: datetime, scope: Scope | None
) -> Ground:
    """Widen the scope to the assets of its devices and back, and read the places.

    A scope of very many records becomes everything.
    """
    places = read_places(session)
    rows = session.execute(sa.select(AddressRange.id, AddressRange.location_id))
    sites = {
        number: places.by_id[location].site_id for number, location in rows if location is not None
    }
    return Ground(rules, now, _widened(session, scope), places, sites)


def _widened(session: Session, scope: Scope | None) -> Scope | None:
    if scope is None:
        return None
    if len(scope.devices) + len(scope.assets) + len(scope.people) > _MOST_NAMED:
        return None
    devices, assets = set(scope.devices), set(scope.assets)
    for part in parts(assets):
        devices |= set(session.scalars(sa.select(Device.id).where(Device.asset_id.in_(part))))
    for part in parts(devices):
        query = sa.select(Device.asset_id).where(Device.id.in_(part), Device.asset_id.is_not(None))
        assets |= {number for number in session.scalars(query) if number is not None}
    return replace(scope, devices=frozenset(devices), assets=frozenset(assets))


def parts(numbers: Collection[Any]) -> Iterator[list[Any]]:
    """Cut ids into lists that one statement takes."""
    ordered = sorted(numbers)
    for start in range(0, len(ordered), _AT_ONCE):
        yield ordered[start : start + _AT_ONCE]


def among(column: Any, numbers: Collection[int]) -> sa.ColumnElement[bool]:
    """Give the condition that a column holds one of these numbers, however many there are."""
    return sa.or_(sa.false(), *(column.in_(part) for part in parts(numbers)))


def of_kind(kind: InboxKind) -> sa.ColumnElement[bool]:
    """Give the condition that an entry is of a kind."""
    return InboxEntry.kind == kind
