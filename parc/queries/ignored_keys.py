"""Keys that people ignore, and keys that look as if they identified nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.registries.placeholders import is_placeholder
from parc.errors import NotFoundError
from parc.key_texts import IgnoredKind, fold_key, uuid_spellings
from parc.models import Asset, Device, IgnoredKey

_MANY = 3
_MOST_SUSPECTS = 50


@dataclass(frozen=True, slots=True)
class Suspect:
    """A key that several machines show.

    Attributes:
        value: as one of them spells it.
        machine_count: assets, and devices without one.
        maker_count: manufacturers that show it.
    """

    kind: IgnoredKind
    value: str
    machine_count: int
    maker_count: int


def list_ignored_keys(session: Session, before_id: int | None, limit: int) -> Sequence[IgnoredKey]:
    """Read a page of ignored keys, the latest first."""
    query = sa.select(IgnoredKey).order_by(IgnoredKey.id.desc()).limit(limit)
    if before_id is not None:
        query = query.where(IgnoredKey.id < before_id)
    return session.scalars(query).all()


def find_ignored_key(session: Session, kind: IgnoredKind, text: str) -> IgnoredKey:
    """Read the ignored key of this kind that is spelt so.

    Raises:
        NotFoundError: it is not ignored.
    """
    value = fold_key(kind, text)
    query = sa.select(IgnoredKey).where(IgnoredKey.kind == kind, IgnoredKey.value == value)
    found = session.scalar(query)
    if found is None:
        raise NotFoundError(f"The {kind.value} {text} is not ignored.")
    return found


def list_showing(session: Session, kind: IgnoredKind, value: str) -> tuple[list[int], list[int]]:
    """Give the devices and the assets that show a key, so that the inbox is settled about them."""
    assets = sa.select(Asset.id).where(sa.false())
    if kind is IgnoredKind.SERIAL:
        condition = sa.func.lower(Device.serial_number) == value
        assets = sa.select(Asset.id).where(sa.func.lower(Asset.serial_number) == value)
    elif kind is IgnoredKind.UUID:
        condition = Device.system_uuid.in_(uuid_spellings(value))
    else:
        condition = Device.base_mac_address.startswith(value, autoescape=True)
    devices = session.scalars(sa.select(Device.id).where(condition))
    return list(devices), list(session.scalars(assets))


def list_suspects(session: Session) -> list[Suspect]:
    """Find keys of three machines or more, and serial numbers of several manufacturers.

    Those that Parc or people ignore already are left out.
    """
    pairs = session.execute(sa.select(IgnoredKey.kind, IgnoredKey.value))
    ignored = {(kind, value) for kind, value in pairs}
    found = [one for one in _suspects(session) if not is_placeholder(one.value)]
    return [one for one in found if (one.kind, fold_key(one.kind, one.value)) not in ignored]


def _suspects(session: Session) -> Iterator[Suspect]:
    machines = sa.func.count(sa.distinct(sa.func.coalesce(Device.asset_id, -Device.id)))
    makers = sa.func.count(sa.distinct(sa.func.lower(Device.manufacturer)))
    for kind, column, having in (
        (IgnoredKind.SERIAL, Device.serial_number, sa.or_(machines >= _MANY, makers > 1)),
        (IgnoredKind.UUID, Device.system_uuid, machines >= _MANY),
        (IgnoredKind.MAC, Device.base_mac_address, machines >= _MANY),
    ):
        query = (
            sa.select(sa.func.min(column), machines, makers)
            .where(column.is_not(None), Device.absent_since.is_(None))
            .group_by(sa.func.lower(column))
            .having(having)
            .order_by(machines.desc(), sa.func.min(column))
            .limit(_MOST_SUSPECTS)
        )
        for value, machine_count, maker_count in session.execute(query):
            yield Suspect(kind, value or "", machine_count, maker_count)
