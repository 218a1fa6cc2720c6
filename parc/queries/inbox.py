"""The inbox as pages and commands read it: lists, their counts, one entry with its devices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import (
    AddressRange,
    Asset,
    Device,
    InboxDevice,
    InboxEntry,
    InboxKind,
    InboxState,
    Location,
    Role,
    User,
)
from parc.queries.inbox_cause import OF_ASSETS, among
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, read_page
from parc.queries.locations import read_places
from parc.queries.scope import scope_of
from parc.queries.search import escape_like

COUNT_LIMIT: Final = 10_000
NOBODY: Final = "nobody"
AGES: Final[Mapping[str, int]] = {"day": 1, "week": 7, "month": 30}
OLDER: Final = "older"
_MOST_DEVICES: Final = 10
_DECIDERS: Final = (Role.TECHNICIAN, Role.MANAGER, Role.ADMINISTRATOR)

SORTS: Mapping[str, SortColumn] = {
    "due_at": SortColumn("due_at", InboxEntry.due_at, ValueKind.MOMENT, is_nullable=False),
    "opened_at": SortColumn("opened_at", InboxEntry.opened_at, ValueKind.MOMENT, is_nullable=False),
    "subject": SortColumn("subject", InboxEntry.subject, is_nullable=False),
    "kind": SortColumn("kind_text", sa.type_coerce(InboxEntry.kind, sa.String), is_nullable=False),
    "closed_at": SortColumn("closed_at", InboxEntry.closed_at, ValueKind.MOMENT),
}


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """Which entries.

    Attributes:
        view: ``open`` (to do now), ``snoozed`` or ``closed``.
        assignees: ids of logins as text, or ``nobody``.
        age: ``day``, ``week``, ``month`` for at most so old, or ``older``.
    """

    view: str
    text: str = ""
    kinds: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    ranges: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    ages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InboxPage:
    """One page of entries with the count of all that match, up to a bound."""

    page: Page
    count: int


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """Entries of a view by kind, assignee, range and site."""

    kinds: Mapping[str, int]
    assignees: Mapping[str, int]
    ranges: Mapping[str, int]
    sites: Mapping[str, int]
    ages: Mapping[str, int]
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EntrySheet:
    """One entry with all that helps to decide.

    Attributes:
        evidence: as far as the reader sees what it names.
        records: the assets that an entry names by themselves, such as those with one serial number.
    """

    entry: InboxEntry
    evidence: Mapping[str, Any]
    assignee: str | None
    range_name: str | None
    site: str | None
    devices: Sequence[Any]
    records: Sequence[Any] = ()


_COLUMNS: Final[tuple[Any, ...]] = (
    InboxEntry.id,
    InboxEntry.kind,
    sa.type_coerce(InboxEntry.kind, sa.String).label("kind_text"),
    InboxEntry.key,
    InboxEntry.state,
    InboxEntry.subject,
    InboxEntry.asset_id,
    InboxEntry.device_id,
    InboxEntry.run_id,
    InboxEntry.range_id,
    InboxEntry.count,
    InboxEntry.evidence,
    InboxEntry.opened_at,
    InboxEntry.due_at,
    InboxEntry.snoozed_until,
    InboxEntry.closed_at,
    InboxEntry.closed_by,
    InboxEntry.reason,
    User.display_name.label("assignee"),
)


def list_entries(
    session: Session,
    wanted: InboxFilter,
    order: Order,
    cursor: Cursor | None,
    size: int,
    now: datetime,
) -> InboxPage:
    """Read one page of entries with the count of all."""
    counted = sa.select(InboxEntry.id).where(*_conditions(wanted, now)).limit(COUNT_LIMIT + 1)
    count = session.scalar(sa.select(sa.func.count()).select_from(counted.subquery())) or 0
    return InboxPage(entries_page(session, wanted, order, cursor, size, now), count)


def entries_page(
    session: Session,
    wanted: InboxFilter,
    order: Order,
    cursor: Cursor | None,
    size: int,
    now: datetime,
) -> Page:
    """Read one page of entries alone."""
    query = sa.select(*_COLUMNS).outerjoin(User, User.id == InboxEntry.assignee_id)
    page = read_page(session, query.where(*_conditions(wanted, now)), order, cursor, size)
    _leave_out_unseen(session, [row.evidence for row in page.rows])
    return page


def entry_ids(session: Session, wanted: InboxFilter, now: datetime, limit: int) -> list[int]:
    """Give ids of the entries of a filter, at most ``limit``."""
    query = sa.select(InboxEntry.id).where(*_conditions(wanted, now)).order_by(InboxEntry.id)
    return list(session.scalars(query.limit(limit)))


def open_count(session: Session, now: datetime) -> int:
    """Count what is to do now, up to a bound."""
    found = sa.select(InboxEntry.id).where(*_in_view("open", now)).limit(COUNT_LIMIT + 1)
    return session.scalar(sa.select(sa.func.count()).select_from(found.subquery())) or 0


def count_entries(session: Session, view: str, now: datetime) -> InboxCounts:
    """Count the entries of a view by what they can be filtered by, in one statement."""
    columns = (
        sa.type_coerce(InboxEntry.kind, sa.String),
        InboxEntry.assignee_id,
        InboxEntry.range_id,
        InboxEntry.site_id,
    )
    names_of_ages = [*AGES, OLDER]
    sums = [sa.func.sum(sa.case((_is_of_age(age, now), 1), else_=0)) for age in names_of_ages]
    rows = session.execute(
        sa.select(*columns, sa.func.count(), *sums).where(*_in_view(view, now)).group_by(*columns)
    )
    kinds: Counter[str] = Counter()
    assignees: Counter[str] = Counter()
    ranges: Counter[str] = Counter()
    sites: Counter[str] = Counter()
    ages: Counter[str] = Counter()
    for kind, assignee_id, range_id, site_id, number, *by_age in rows:
        kinds[kind] += number
        assignees[NOBODY if assignee_id is None else str(assignee_id)] += number
        if range_id is not None:
            ranges[str(range_id)] += number
        if site_id is not None:
            sites[str(site_id)] += number
        ages.update(dict(zip(names_of_ages, map(int, by_age), strict=True)))
    names = _names(session, assignees, ranges, sites)
    return InboxCounts(kinds, assignees, ranges, sites, ages, names)


def read_rows(session: Session, ids: Sequence[int]) -> list[Any]:
    """Read entries in the order of their ids, as lists show them.

    Raises:
        NotFoundError: one of them is not there.
    """
    rows: list[Any] = []
    for start in range(0, len(ids), 500):
        query = (
            sa.select(*_COLUMNS)
            .outerjoin(User, User.id == InboxEntry.assignee_id)
            .where(InboxEntry.id.in_(ids[start : start + 500]))
        )
        rows += session.execute(query).all()
    if len(rows) != len(set(ids)):
        raise NotFoundError("one of these entries is not there")
    _leave_out_unseen(session, [row.evidence for row in rows])
    return sorted(rows, key=lambda row: ids.index(row.id))


def read_entry(session: Session, entry_id: int) -> EntrySheet:
    """Read one entry with the devices that it is about.

    Raises:
        NotFoundError: there is no such entry.
    """
    entry = session.get(InboxEntry, entry_id)
    if entry is None:
        raise NotFoundError(f"there is no entry {entry_id}")
    beside = sa.select(InboxDevice.device_id).where(InboxDevice.entry_id == entry_id)
    of_asset = sa.and_(Device.asset_id.is_not(None), Device.asset_id == entry.asset_id)
    devices = session.execute(
        sa.select(Device, Asset.name, Asset.asset_tag, Asset.lifecycle_state)
        .outerjoin(Asset, Asset.id == Device.asset_id)
        .where(sa.or_(Device.id.in_(beside), Device.id == entry.device_id, of_asset))
        .order_by(Device.id)
        .limit(_MOST_DEVICES)
    ).all()
    assignee = session.get(User, entry.assignee_id) if entry.assignee_id else None
    address_range = session.get(AddressRange, entry.range_id) if entry.range_id else None
    site = session.get(Location, entry.site_id) if entry.site_id else None
    evidence = session.scalars(
        sa.select(InboxEntry.evidence).where(InboxEntry.id == entry_id)
    ).one()
    _leave_out_unseen(session, [evidence])
    return EntrySheet(
        entry,
        evidence,
        assignee.display_name if assignee else None,
        address_range.name if address_range else None,
        site.name if site else None,
        devices,
        _records(session, evidence.get("assets") or ()),
    )


def _leave_out_unseen(session: Session, read: Sequence[dict[str, Any]]) -> None:
    """Take out of evidence, as it was just read, the names of what a limited login does not see.

    It was written for everybody: an asset that a device is like, or a switch where another asset
    was seen, may stand anywhere.
    """
    if scope_of(session) is None:
        return
    named = {one["id"] for told in read for one in told.get("candidates") or ()}
    named |= {told["switch_asset"] for told in read if told.get("switch_asset") is not None}
    assets = set(session.scalars(sa.select(Asset.id).where(among(Asset.id, named))))
    ranges = set(session.scalars(sa.select(AddressRange.name)))
    places = {place.path for place in read_places(session).by_id.values()}
    for told in read:
        if told.get("candidates"):
            told["candidates"] = [one for one in told["candidates"] if one["id"] in assets]
        if told.get("switch_asset") not in assets:
            told.pop("switch", None)
        for name, seen in (("range", ranges), ("place", places)):
            if told.get(name) not in seen:
                told.pop(name, None)


def _records(session: Session, asset_ids: Sequence[int]) -> Sequence[Any]:
    if not asset_ids:
        return []
    query = sa.select(
        Asset.id,
        Asset.name,
        Asset.asset_tag,
        Asset.manufacturer,
        Asset.model_name,
        Asset.serial_number,
        Asset.lifecycle_state,
        Asset.last_seen_at,
    ).where(Asset.id.in_(asset_ids[:_MOST_DEVICES]))
    return session.execute(query.order_by(Asset.id)).all()


def assets_of(session: Session, entry_id: int) -> list[int]:
    """Give the assets that an entry names, else those of the devices that it is about."""
    entry = session.get(InboxEntry, entry_id)
    if entry is not None and entry.key.startswith(OF_ASSETS):
        return sorted(entry.evidence["assets"])
    beside = sa.select(InboxDevice.device_id).where(InboxDevice.entry_id == entry_id)
    query = sa.select(Device.asset_id).where(Device.id.in_(beside), Device.asset_id.is_not(None))
    found = session.scalars(query.distinct().order_by(Device.asset_id))
    return [number for number in found if number is not None]


def colleagues(session: Session) -> Sequence[tuple[int, str]]:
    """Give the logins that entries can be assigned to, by name."""
    query = sa.select(User.id, User.display_name).where(
        User.is_active.is_(True), User.role.in_(_DECIDERS)
    )
    return [(number, name) for number, name in session.execute(query.order_by(User.display_name))]


def find_colleague(session: Session, login: str) -> int:
    """Give the id of a login that entries can be assigned to.

    Raises:
        NotFoundError: there is none, or it may not decide.
    """
    query = sa.select(User.id).where(
        User.login == login.casefold(), User.is_active.is_(True), User.role.in_(_DECIDERS)
    )
    found = session.scalar(query)
    if found is None:
        raise NotFoundError(f"There is no active login {login} that may decide (parc users list).")
    return found


def _conditions(wanted: InboxFilter, now: datetime) -> list[sa.ColumnElement[bool]]:
    conditions = _in_view(wanted.view, now)
    if wanted.kinds:
        conditions.append(sa.type_coerce(InboxEntry.kind, sa.String).in_(wanted.kinds))
    for column, values in (
        (InboxEntry.assignee_id, wanted.assignees),
        (InboxEntry.range_id, wanted.ranges),
        (InboxEntry.site_id, wanted.sites),
    ):
        if values:
            numbers = [int(value) for value in values if value != NOBODY]
            is_none = [column.is_(None)] if NOBODY in values else []
            conditions.append(sa.or_(column.in_(numbers), *is_none))
    if wanted.ages:
        conditions.append(sa.or_(*(_is_of_age(age, now) for age in wanted.ages)))
    for word in wanted.text.lower().split()[:8]:
        pattern = f"%{escape_like(word)}%"
        texts = (InboxEntry.subject, InboxEntry.key)
        conditions.append(
            sa.or_(*(sa.func.lower(column).like(pattern, escape="\\") for column in texts))
        )
    return conditions


def _in_view(view: str, now: datetime) -> list[sa.ColumnElement[bool]]:
    is_open = InboxEntry.state == InboxState.OPEN
    if view == "closed":
        return [InboxEntry.state != InboxState.OPEN]
    if view == "snoozed":
        return [is_open, InboxEntry.snoozed_until > now]
    return [is_open, sa.or_(InboxEntry.snoozed_until.is_(None), InboxEntry.snoozed_until <= now)]


def _is_of_age(age: str, now: datetime) -> sa.ColumnElement[bool]:
    if age == OLDER:
        return InboxEntry.opened_at <= now - timedelta(days=AGES["month"])
    return InboxEntry.opened_at > now - timedelta(days=AGES[age])


def _names(session: Session, *numbered: Mapping[str, int]) -> dict[tuple[str, str], str]:
    """Name logins, ranges and sites by ``("assignee", id)`` and so on."""
    names: dict[tuple[str, str], str] = {}
    columns: Iterable[tuple[str, Any, Any]] = (
        ("assignee", User.id, User.display_name),
        ("range", AddressRange.id, AddressRange.name),
        ("site", Location.id, Location.name),
    )
    for (what, key, name), counts in zip(columns, numbered, strict=True):
        ids = [int(number) for number in counts if number != NOBODY]
        if ids:
            rows = session.execute(sa.select(key, name).where(key.in_(ids)))
            names |= {(what, str(number)): text for number, text in rows}
    return names


def kinds_of(values: Iterable[str]) -> list[InboxKind]:
    """Give the kinds in the order in which they are offered."""
    wanted = set(values)
    return [kind for kind in InboxKind if kind.value in wanted]
