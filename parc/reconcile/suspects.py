"""Keys that look as if they identified nothing: an administrator is asked about them.

Read only. Planning needs no answer: a key that several show finds nobody. What is ignored is no
conflict any more, either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.key_texts import IgnoredKind, folded
from parc.models import Device, Interface
from parc.reconcile.ignored import Ignored
from parc.reconcile.load import load_ignored
from parc.reconcile.usable import real, usable_mac, usable_uuid

_MANY = 3
_MOST_SUSPECTS = 50
# The second digit of MAC addresses that are neither made up by software nor of a group.
_BURNED_IN_DIGITS = ("0", "4", "8", "c")


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


def list_suspects(session: Session) -> list[Suspect]:
    """Find keys of three machines or more, and serial numbers of several manufacturers.

    A MAC address counts that was on cards of three machines one after the other: docks and
    adapters go from one to the next. What Parc or people ignore already is left out.
    """
    ignored = load_ignored(session)
    found = {(one.kind, one.value): one for one in (*_travelled(session), *_shown(session))}
    suspects = (one for one in found.values() if _may_identify(one, ignored))
    return sorted(suspects, key=lambda one: (-one.machine_count, one.value))[:_MOST_SUSPECTS]


def _may_identify(one: Suspect, ignored: Ignored) -> bool:
    """Tell whether the key still counts as one that tells machines apart."""
    if one.kind is IgnoredKind.MAC:
        return ignored.mac(usable_mac(one.value)) is not None
    if one.kind is IgnoredKind.UUID:
        return ignored.uuid(usable_uuid(one.value)) is not None
    return ignored.serial(real(folded(one.value))) is not None


def _travelled(session: Session) -> Iterator[Suspect]:
    """Find MAC addresses that cards of three machines have had, today or before."""
    column = Interface.if_phys_address
    often = (
        sa.select(column)
        .where(column.is_not(None))
        .group_by(column)
        .having(sa.func.count(sa.distinct(Interface.device_id)) >= _MANY)
    )
    machines = sa.func.count(sa.distinct(sa.func.coalesce(Device.asset_id, -Device.id)))
    makers = sa.func.count(sa.distinct(sa.func.lower(Device.manufacturer)))
    query = (
        sa.select(column, machines, makers)
        .join(Device, Device.id == Interface.device_id)
        .where(column.in_(often), sa.func.substr(column, 2, 1).in_(_BURNED_IN_DIGITS))
        .group_by(column)
        .having(machines >= _MANY)
    )
    for value, machine_count, maker_count in session.execute(query):
        yield Suspect(IgnoredKind.MAC, value or "", machine_count, maker_count)


def _shown(session: Session) -> Iterator[Suspect]:
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
