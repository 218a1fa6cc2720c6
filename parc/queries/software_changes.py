"""What was installed, removed or updated of late: each change with its machine and its moment.

Whether a program came new, went for good or changed its version is told by the machine and the
product: one that lost a name of a product and got another was updated. What a machine had when its
software was first told is no change, and is left out unless it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from parc.models import Asset, Device, Installation, SoftwareProduct, SoftwareTitle
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, read_page
from parc.queries.search import words_in
from parc.software.rules import SoftwareKind

COUNT_LIMIT: Final = 10_000
KINDS: Final = ("installed", "updated", "removed")
AT: Final = SortColumn("at", Installation.first_seen_at, ValueKind.MOMENT, is_nullable=False)
_NUMBERS: Final = {"installed": 0, "updated": 1, "removed": 2, "renamed": 3}


@dataclass(frozen=True, slots=True)
class ChangesFilter:
    """Which changes.

    Attributes:
        since: changes from this moment on.
        kinds: none for all.
        text: words of the product.
        product_id: of one product only.
        is_all_kinds: updates, language packs, runtimes and drivers too.
        has_first: what was there when a machine first told its software too.
    """

    since: datetime
    kinds: Sequence[str] = ()
    text: str = ""
    product_id: int | None = None
    is_all_kinds: bool = False
    has_first: bool = False


@dataclass(frozen=True, slots=True)
class ChangesList:
    """One page, the count of all, and counts by kind whatever kinds are chosen."""

    page: Page
    count: int
    by_kind: Mapping[str, int]


def list_changes(
    session: Session,
    wanted: ChangesFilter,
    cursor: Cursor | None,
    size: int,
    *,
    is_descending: bool = True,
) -> ChangesList:
    """Read one page with its counts."""
    page = changes_page(session, wanted, cursor, size, is_descending=is_descending)
    counts = {}
    for kind in KINDS:
        found = _events(wanted, (kind,)).limit(COUNT_LIMIT + 1).subquery()
        counts[kind] = session.scalar(sa.select(sa.func.count()).select_from(found)) or 0
    return ChangesList(page, sum(counts[one] for one in wanted.kinds or KINDS), counts)


def changes_page(
    session: Session,
    wanted: ChangesFilter,
    cursor: Cursor | None,
    size: int,
    *,
    is_descending: bool = True,
) -> Page:
    """Read one page, without counting."""
    found = _events(wanted, wanted.kinds or KINDS).subquery()
    at = SortColumn("at", found.c.at, ValueKind.MOMENT, is_nullable=False)
    return read_page(session, sa.select(found), Order(at, found.c.id, is_descending), cursor, size)


def _events(wanted: ChangesFilter, kinds: Sequence[str]) -> sa.CompoundSelect[Any]:
    row, title = Installation, SoftwareTitle
    came, went = row.first_seen_at >= wanted.since, row.gone_at >= wanted.since
    retitled = sa.and_(
        row.retitled_at >= wanted.since, row.first_seen_at < wanted.since, row.gone_at.is_(None)
    )
    parts = []
    if "installed" in kinds:
        fresh = sa.and_(came, row.gone_at.is_(None), ~_beside(wanted, is_gone=True).exists())
        parts.append(_select("installed", row.first_seen_at, wanted, fresh))
    if "updated" in kinds:
        replaced = sa.and_(came, row.gone_at.is_(None), _beside(wanted, is_gone=True).exists())
        before = _beside(wanted, is_gone=True).limit(1).scalar_subquery()
        parts.append(_select("updated", row.first_seen_at, wanted, replaced, before))
        parts.append(_select("renamed", row.retitled_at, wanted, retitled, row.version_before))
    if "removed" in kinds:
        lost = sa.and_(went, ~_beside(wanted, is_gone=False).exists())
        parts.append(_select("removed", row.gone_at, wanted, lost, title.version))
    return sa.union_all(*parts)


def _select(
    kind: str,
    at: Any,
    wanted: ChangesFilter,
    condition: sa.ColumnElement[bool],
    before: Any = None,
) -> sa.Select[Any]:
    row, title, product = Installation, SoftwareTitle, SoftwareProduct
    name = sa.func.coalesce(Device.sys_name, Device.host_name, Device.address, "")
    query = (
        sa.select(
            (row.id * len(_NUMBERS) + _NUMBERS[kind]).label("id"),
            at.label("at"),
            sa.literal("updated" if kind == "renamed" else kind, sa.String()).label("kind"),
            product.id.label("product_id"),
            product.name.label("product"),
            title.kind.label("software_kind"),
            row.name.label("raw_name"),
            (sa.null() if kind == "removed" else title.version).label("version"),
            sa.cast(sa.null() if before is None else before, sa.String()).label("before"),
            Device.id.label("device_id"),
            name.label("machine"),
            Device.asset_id,
            Asset.asset_tag,
        )
        .select_from(row)
        .join(title, title.id == row.title_id)
        .join(product, product.id == title.product_id)
        .join(Device, Device.id == row.device_id)
        .outerjoin(Asset, Asset.id == Device.asset_id)
        .where(condition, *words_in(product.name_folded, wanted.text))
    )
    if not wanted.is_all_kinds:
        query = query.where(title.kind == SoftwareKind.PRODUCT)
    if wanted.product_id is not None:
        query = query.where(title.product_id == wanted.product_id)
    if not wanted.has_first:
        older = aliased(Installation)
        known = sa.exists().where(
            older.device_id == row.device_id, older.first_seen_at < wanted.since
        )
        query = query.where(known)
    return query


def _beside(wanted: ChangesFilter, *, is_gone: bool) -> sa.Select[Any]:
    """Give the other names of the same product on the same machine that went, or came, as well."""
    other, theirs = aliased(Installation), aliased(SoftwareTitle)
    at = other.gone_at if is_gone else other.first_seen_at
    return (
        sa.select(theirs.version)
        .select_from(other)
        .join(theirs, theirs.id == other.title_id)
        .where(
            other.device_id == Installation.device_id,
            other.id != Installation.id,
            theirs.product_id == SoftwareTitle.product_id,
            theirs.kind == SoftwareTitle.kind,
            at >= wanted.since,
            *(() if is_gone else (other.gone_at.is_(None),)),
        )
        .order_by(other.id)
        .correlate(Installation, SoftwareTitle)
    )
