"""One product that was found: its versions and raw names, its machines, what changed of late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import (
    Asset,
    Device,
    EndOfSupport,
    Entitlement,
    Installation,
    Person,
    Publisher,
    SoftwareProduct,
    SoftwareTitle,
)
from parc.naming import folded
from parc.queries.keyset import Cursor, Order, Page, SortColumn, read_page
from parc.software.versions import begins_with, version_sort

_VERSIONS: Final = 200
_NAME: Final = sa.func.coalesce(Device.sys_name, Device.host_name, Device.address)
MACHINE_SORTS: Final = {"name": SortColumn("name", _NAME, is_nullable=False)}


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version, on how many machines it is, and until when it is supported."""

    version: str | None
    machine_count: int
    first_seen_at: datetime
    support_ends_on: date | None


@dataclass(frozen=True, slots=True)
class RecentChanges:
    """On how many machines a product came, went or changed its version since a moment."""

    new: int
    removed: int
    changed: int


@dataclass(frozen=True, slots=True)
class SoftwareSheet:
    """A product with what stands around it.

    Attributes:
        titles: raw names that fold into it, those on most machines first.
        title_count: how many there are.
        ends: of support of the versions that are on machines, with who says so.
        other_ends: of support of other versions.
    """

    product: SoftwareProduct
    publisher: str | None
    owner: str | None
    versions: Sequence[VersionLine]
    titles: Sequence[SoftwareTitle]
    title_count: int
    entitlement_count: int
    recent: RecentChanges
    ends: Sequence[EndOfSupport]
    other_ends: Sequence[EndOfSupport]


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine, and what it has of a product."""

    id: int
    name: str
    asset_id: int | None
    asset_tag: str | None
    versions: Sequence[str]
    first_seen_at: datetime | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class MachineFilter:
    """Which machines: with a product, without it, or with a version older than one."""

    product_id: int
    which: str = "with"
    older_than: str = ""


def get_product(session: Session, product_id: int) -> SoftwareProduct:
    """Give one product.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(SoftwareProduct, product_id)
    if row is None:
        raise NotFoundError(f"There is no software {product_id}.")
    return row


def software_sheet(
    session: Session, product_id: int, most_titles: int, since: datetime
) -> SoftwareSheet:
    """Give one product with what stands around it.

    Raises:
        NotFoundError: there is none.
    """
    product = get_product(session, product_id)
    title = SoftwareTitle
    of = title.product_id == product_id
    publisher, owner = session.execute(
        sa.select(Publisher.name, Person.name)
        .select_from(SoftwareProduct)
        .outerjoin(Publisher, Publisher.id == SoftwareProduct.publisher_id)
        .outerjoin(Person, Person.id == SoftwareProduct.status_owner_id)
        .where(SoftwareProduct.id == product_id)
    ).one()
    titles = session.scalars(
        sa.select(title).where(of).order_by(title.installation_count.desc(), title.id)
        .limit(most_titles)
    ).all()  # fmt: skip
    counts = (
        sa.select(sa.func.count()).select_from(title).where(of).scalar_subquery(),
        sa.select(sa.func.count())
        .select_from(Entitlement)
        .where(Entitlement.product_id == product_id)
        .scalar_subquery(),
    )
    title_count, entitlement_count = session.execute(sa.select(*counts)).one()
    versions = _versions(session, product)
    ends = _ends(session, product, publisher)
    own = [end for end in ends if _is_of(end, versions)]
    return SoftwareSheet(
        product,
        publisher,
        owner,
        versions,
        titles,
        title_count,
        entitlement_count,
        _recent(session, product, since),
        own,
        [end for end in ends if end not in own],
    )


def _is_of(end: EndOfSupport, versions: Sequence[VersionLine]) -> bool:
    """Tell whether an end is that of one of these versions, or of an edition of it."""
    prefix = end.version_prefix
    return any(
        begins_with(line.version, prefix) or (line.version and begins_with(prefix, line.version))
        for line in versions
    )


def _ends(
    session: Session, product: SoftwareProduct, publisher: str | None
) -> Sequence[EndOfSupport]:
    row = EndOfSupport
    query = sa.select(row).where(
        row.product_folded == product.name_folded,
        row.publisher_folded.in_(("", folded(publisher or ""))),
    )
    return session.scalars(query.order_by(row.ends_on.desc(), row.id).limit(_VERSIONS)).all()


def machine_page(
    session: Session, wanted: MachineFilter, order: Order, cursor: Cursor | None, size: int
) -> Page:
    """Read one page of machines."""
    query = sa.select(
        Device.id, _NAME.label("name"), Device.asset_id, Device.last_seen_at, Asset.asset_tag
    ).outerjoin(Asset, Asset.id == Device.asset_id)
    page = read_page(session, query.where(*_which(session, wanted)), order, cursor, size)
    found = _installed(session, wanted, [row.id for row in page.rows])
    rows = [
        Machine(
            row.id, row.name, row.asset_id, row.asset_tag, *found[row.id], row.last_seen_at
        )
        for row in page.rows
    ]  # fmt: skip
    return replace(page, rows=rows)


def count_machines(session: Session, wanted: MachineFilter) -> int:
    """Count the machines of a filter."""
    query = sa.select(sa.func.count(Device.id)).where(*_which(session, wanted))
    return session.scalar(query) or 0


def _counted(session: Session, product_id: int) -> sa.ColumnElement[bool]:
    """Give the titles that make a machine one that has the product: no updates of it."""
    kind = get_product(session, product_id).kind
    return sa.and_(SoftwareTitle.product_id == product_id, SoftwareTitle.kind == kind)


def _which(session: Session, wanted: MachineFilter) -> list[sa.ColumnElement[bool]]:
    row = Installation
    has = (
        sa.select(row.device_id)
        .join(SoftwareTitle, SoftwareTitle.id == row.title_id)
        .where(_counted(session, wanted.product_id), row.gone_at.is_(None))
    )
    match wanted.which:
        case "without":
            tells = sa.exists().where(row.device_id == Device.id, row.gone_at.is_(None))
            return [tells, Device.id.not_in(has)]
        case "older":
            key = version_sort(wanted.older_than)
            return [Device.id.in_(has.where(SoftwareTitle.version_sort < key, _has_version()))]
        case _:
            return [Device.id.in_(has)]


def _has_version() -> sa.ColumnElement[bool]:
    return SoftwareTitle.version_sort != ""


def _installed(
    session: Session, wanted: MachineFilter, device_ids: Sequence[int]
) -> dict[int, tuple[Sequence[str], datetime | None]]:
    row, title = Installation, SoftwareTitle
    query = (
        sa.select(row.device_id, title.version, row.first_seen_at)
        .join(title, title.id == row.title_id)
        .where(
            row.device_id.in_(device_ids),
            row.gone_at.is_(None),
            _counted(session, wanted.product_id),
        )
        .order_by(title.version_sort)
    )
    versions: dict[int, list[str]] = defaultdict(list)
    first: dict[int, datetime] = {}
    for device_id, version, seen in session.execute(query):
        if version and version not in versions[device_id]:
            versions[device_id].append(version)
        first[device_id] = min(seen, first.get(device_id, seen))
    return {number: (versions[number], first.get(number)) for number in device_ids}


def _versions(session: Session, product: SoftwareProduct) -> list[VersionLine]:
    row, title = Installation, SoftwareTitle
    query = (
        sa.select(
            sa.func.min(title.version),
            sa.func.count(row.device_id.distinct()),
            sa.func.min(title.first_seen_at),
            sa.func.min(title.support_ends_on),
        )
        .join(row, row.title_id == title.id)
        .where(
            title.product_id == product.id, title.kind == product.kind, row.gone_at.is_(None)
        )
        .group_by(title.version_sort)
        .order_by(title.version_sort.desc())
        .limit(_VERSIONS)
    )  # fmt: skip
    return [VersionLine(*line) for line in session.execute(query)]


def _recent(session: Session, product: SoftwareProduct, since: datetime) -> RecentChanges:
    """Count by machine: one that lost a name and got another has changed its version."""
    row, title = Installation, SoftwareTitle
    is_new, is_gone = row.first_seen_at >= since, row.gone_at >= since
    query = (
        sa.select(row.device_id, is_new, is_gone, row.retitled_at >= since)
        .join(title, title.id == row.title_id)
        .where(
            title.product_id == product.id,
            title.kind == product.kind,
            sa.or_(is_new, is_gone, row.retitled_at >= since),
        )
    )
    new: set[int] = set()
    gone: set[int] = set()
    changed: set[int] = set()
    for device_id, came, went, other in session.execute(query):
        if other and not came and not went:
            changed.add(device_id)
        elif went:
            gone.add(device_id)
        else:
            new.add(device_id)
    both = new & gone
    return RecentChanges(len(new - both), len(gone - both), len(changed | both))
