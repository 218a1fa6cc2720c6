"""Keys that look as if they identified nothing: an administrator is asked about them.

All machines and their cards are looked at; where these are many, the worker does so after runs and
at night, and pages show what it found. Planning needs no answer: a key that several show finds
nobody. What is ignored is no conflict any more, either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.key_texts import IgnoredKind, folded
from parc.models import Device, Interface, SuspectSearch
from parc.reconcile.ignored import Ignored
from parc.reconcile.load import load_ignored
from parc.reconcile.usable import real, usable_mac, usable_uuid

MANY_DEVICES: Final = 5_000  # more take longer to look at than a page may
_RESTS: Final = timedelta(minutes=10)
_KEPT_AS: Final = 1
_MANY = 3
_MOST_SUSPECTS = 50
_MOST_KEPT: Final = 1_000  # of those that are ignored by then, others take the place
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


@dataclass(frozen=True, slots=True)
class Search:
    """What a look at all machines has found, whether ignored or not.

    Attributes:
        made_at: None: there was none yet.
        is_kept: it is not of this moment.
    """

    made_at: datetime | None
    found: Sequence[Suspect]
    is_kept: bool = False


def list_suspects(session: Session, search: Search) -> list[Suspect]:
    """Give what was found and still counts as keys: without what Parc or people ignore by now."""
    ignored = load_ignored(session)
    return [one for one in search.found if _may_identify(one, ignored)][:_MOST_SUSPECTS]


def search_suspects(session: Session, now: datetime) -> Search:
    """Find keys of three machines or more, and serial numbers of several manufacturers.

    A MAC address counts that was on cards of three machines one after the other: docks and
    adapters go from one to the next. All machines and their cards are looked at.
    """
    found = {(one.kind, one.value): one for one in (*_travelled(session), *_shown(session))}
    ranked = sorted(found.values(), key=lambda one: (-one.machine_count, one.value))
    return Search(now, ranked)


def read_search(session: Session, now: datetime) -> Search:
    """Look at the machines, or give what the worker has found where they are many."""
    if not _are_many(session):
        return search_suspects(session, now)
    kept = session.get(SuspectSearch, _KEPT_AS)
    if kept is None:
        return Search(None, (), is_kept=True)
    return Search(kept.made_at, msgspec.json.decode(kept.body, type=list[Suspect]), is_kept=True)


def keep_search(session: Session, now: datetime) -> None:
    """Look at the machines where they are many, unless that was done a moment ago."""
    if not _are_many(session):
        return
    kept = session.get(SuspectSearch, _KEPT_AS)
    if kept is not None and timedelta(0) <= now - kept.made_at < _RESTS:
        return
    found = search_suspects(session, now).found[:_MOST_KEPT]
    kept = kept or SuspectSearch(id=_KEPT_AS)
    kept.made_at, kept.body = now, msgspec.json.encode(list(found))
    session.add(kept)


def _are_many(session: Session) -> bool:
    query = sa.select(sa.func.count(Device.id))
    return (session.scalar(query) or 0) > MANY_DEVICES


def _may_identify(one: Suspect, ignored: Ignored) -> bool:
    """Tell whether the key still counts as one that tells machines apart."""
    if one.kind is IgnoredKind.MAC:
        return ignored.mac(usable_mac(one.value)) is not None
    if one.kind is IgnoredKind.UUID:
        return ignored.uuid(usable_uuid(one.value)) is not None
    return ignored.serial(real(folded(one.value))) is not None


def _travelled(session: Session) -> Iterator[Suspect]:
    """Find MAC addresses that cards of three machines have had, today or before.

    Those of three cards are few; only of these the machines are told apart.
    """
    column = Interface.if_phys_address
    often = (
        sa.select(column)
        .where(column.is_not(None))
        .group_by(column)
        .having(sa.func.count() >= _MANY)  # read from the index alone
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
    lower = sa.func.lower
    for kind, column, key, having in (
        (
            IgnoredKind.SERIAL,
            Device.serial_number,
            lower(Device.serial_number),
            sa.or_(machines >= _MANY, makers > 1),
        ),
        (IgnoredKind.UUID, Device.system_uuid, lower(Device.system_uuid), machines >= _MANY),
        # Spelled in one way, so that its index gives the groups.
        (
            IgnoredKind.MAC,
            Device.base_mac_address,
            Device.base_mac_address,
            machines >= _MANY,
        ),
    ):
        query = (
            sa.select(sa.func.min(column), machines, makers)
            .where(column.is_not(None), Device.absent_since.is_(None))
            .group_by(key)
            .having(having)
            .order_by(machines.desc(), sa.func.min(column))
            .limit(_MOST_SUSPECTS)
        )
        for value, machine_count, maker_count in session.execute(query):
            yield Suspect(kind, value or "", machine_count, maker_count)
