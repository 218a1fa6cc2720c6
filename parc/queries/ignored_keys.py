"""Keys of which people have said that they identify nothing, and who shows one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.key_texts import IgnoredKind, fold_key, uuid_spellings
from parc.models import Asset, Device, IgnoredKey


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
        digits = _digits(sa.func.lower(Device.chassis_id)).startswith(value.replace(":", ""))
        condition = sa.or_(Device.base_mac_address.startswith(value, autoescape=True), digits)
    devices = session.scalars(sa.select(Device.id).where(condition))
    return list(devices), list(session.scalars(assets))


def _digits(column: Any) -> Any:
    """Give a column without what is written between the octets of a MAC address."""
    for sign in ":-. ":
        column = sa.func.replace(column, sign, "")
    return column
