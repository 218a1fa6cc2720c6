"""Folding again what is known when rules or ends of support change, a part in each transaction.

A title says which rules have folded it; those that others have folded are folded again. So the work
can be stopped and taken up at any point, and a rule of ours marks only the titles that it touches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    Device,
    EndOfSupport,
    Installation,
    Publisher,
    SoftwareProduct,
    SoftwareTitle,
)
from parc.services.jobs import enqueue
from parc.services.software_counts import note_presence, read_presence, recount_products
from parc.services.software_titles import (
    RawTitle,
    SupportEnds,
    all_rules,
    fold_raw,
    meaning_of,
    products_for,
    settle_titles,
)
from parc.software.licensing import known_names, usual_need
from parc.software.rules import rules_print
from parc.software.support import SupportEnd, usual_ends

SOFTWARE: Final = "software"  # the job
TITLES_AT_ONCE: Final = 500
_DEVICES_AT_ONCE: Final = 50
_PARC: Final = "parc"
_FILE: Final = "file"
_ONLINE: Final = "online"
# Whose word holds: a person's file before what a site says, before the table that comes with Parc.
_RANKS: Final = {_PARC: 0, _ONLINE: 1, _FILE: 2}


def queue_refolding(session: Session, now: datetime) -> None:
    """Queue the folding of what is marked.

    Raises:
        ConflictError: it waits or runs already.
    """
    enqueue(session, kind=SOFTWARE, arguments={}, key=SOFTWARE, now=now, max_attempts=2)


def count_stale(session: Session) -> int:
    """Count the titles that other rules have folded."""
    query = sa.select(sa.func.count()).where(SoftwareTitle.folded_by != rules_print())
    return session.scalar(query) or 0


def refold_batch(session: Session) -> int:
    """Fold some titles again; gives how many, 0 at the end."""
    row = SoftwareTitle
    query = (
        sa.select(row).where(row.folded_by != rules_print()).order_by(row.id).limit(TITLES_AT_ONCE)
    )
    titles = session.scalars(query).all()
    if not titles:
        return 0
    rules, ends = all_rules(session), SupportEnds.read(session)
    folds = [fold_raw(raw_of(title), rules) for title in titles]
    touched: set[int] = set()
    for title, one, product_id in zip(titles, folds, products_for(session, folds), strict=True):
        if title.product_id != product_id or title.kind is not one.kind:
            touched |= {title.product_id, product_id}
        title.product_id = product_id
        for name, value in meaning_of(one).items():
            setattr(title, name, value)
        title.support_ends_on = ends.of(one.publisher, one.product, one.version, one.edition)
        title.folded_by = rules_print()
    session.flush()
    recount_products(session, touched)
    return len(titles)


def raw_of(title: SoftwareTitle) -> RawTitle:
    """Give the raw texts of a title."""
    return RawTitle(
        title.raw_name,
        title.raw_publisher or "",
        title.raw_version or "",
        title.raw_architecture or "",
    )


def give_titles_batch(session: Session, at: datetime) -> int:
    """Give titles to installations that have none yet, of some devices; gives of how many."""
    row = Installation
    query = sa.select(row.device_id).where(row.title_id.is_(None)).distinct()
    ids = list(session.scalars(query.limit(_DEVICES_AT_ONCE)))
    before = read_presence(session, ids)
    settle_titles(session, ids, at)
    note_presence(session, before, read_presence(session, ids), at)
    return len(ids)


def settle_all(session: Session) -> None:
    """Count all titles and products anew, and say when each was last seen; for the night."""
    row, title = Installation, SoftwareTitle
    counted = (
        sa.select(
            row.title_id,
            sa.func.count(row.id),
            sa.func.max(Device.last_seen_at),
            sa.func.min(row.first_seen_at),
        )
        .join(Device, Device.id == row.device_id)
        .where(row.gone_at.is_(None), row.title_id.is_not(None))
        .group_by(row.title_id)
    )
    found: dict[int | None, Sequence[Any]] = {
        number: values for number, *values in session.execute(counted)
    }
    changed = []
    query = sa.select(title.id, title.installation_count, title.last_seen_at, title.first_seen_at)
    for number, count, last, first in session.execute(query):
        true, seen, oldest = found.get(number, (0, last, first))
        oldest = min(oldest, first)
        if (true, seen, oldest) != (count, last, first):
            changed.append(
                {
                    "id": number,
                    "installation_count": true,
                    "last_seen_at": seen,
                    "first_seen_at": oldest,
                }
            )
    if changed:
        session.execute(sa.update(title), changed)
    session.flush()
    session.expire_all()
    recount_products(session, set(session.scalars(sa.select(title.product_id).distinct())))


def take_usual_ends(session: Session) -> int:
    """Take over the ends of support that come with Parc; what a file says of the same stays."""
    wanted = {_key(end): end for end in usual_ends()}
    changes = _put_ends(session, wanted, _PARC)
    for known in session.scalars(sa.select(EndOfSupport).where(EndOfSupport.origin == _PARC)):
        if (known.publisher_folded, known.product_folded, known.version_prefix) not in wanted:
            session.delete(known)
            changes += 1
    session.flush()
    return changes


def take_ends(session: Session, ends: Sequence[SupportEnd]) -> int:
    """Take over the ends of support of a file; gives how many lines changed something."""
    return _put_ends(session, {_key(end): end for end in ends}, _FILE)


def take_online_ends(session: Session, ends: Sequence[SupportEnd]) -> int:
    """Take over what a site says; what a person's file says of the same stays."""
    return _put_ends(session, {_key(end): end for end in ends}, _ONLINE)


def _put_ends(
    session: Session, wanted: Mapping[tuple[str, str, str], SupportEnd], origin: str
) -> int:
    row = EndOfSupport
    present = {
        (one.publisher_folded, one.product_folded, one.version_prefix): one
        for one in session.scalars(sa.select(row))
    }
    changes = 0
    for key, end in wanted.items():
        known = present.get(key)
        if known is None:
            known = row(publisher_folded=key[0], product_folded=key[1], version_prefix=key[2])
            session.add(known)
        elif _stays(known, end, origin):
            continue
        known.publisher, known.product, known.origin = end.publisher, end.product, origin
        known.ends_on, known.source, known.sourced_on = end.ends_on, end.source, end.sourced_on
        changes += 1
    session.flush()
    return changes


def _stays(known: EndOfSupport, end: SupportEnd, origin: str) -> bool:
    """Tell whether a row is so already, or comes from somebody whose word holds before."""
    if _RANKS[origin] < _RANKS[known.origin]:
        return True
    return (known.origin, known.ends_on, known.source) == (origin, end.ends_on, end.source)


def _key(end: SupportEnd) -> tuple[str, str, str]:
    return end.publisher_folded, end.product_folded, end.version_prefix


def settle_needs(session: Session) -> int:
    """Say of every product what the table says of its need of a licence; gives how many changed."""
    row = SoftwareProduct
    query = (
        sa.select(row.id, row.name, Publisher.name, row.usual_need)
        .outerjoin(Publisher, Publisher.id == row.publisher_id)
        .where(sa.or_(row.usual_need.is_not(None), row.name_folded.in_(sorted(known_names()))))
    )
    changed = [
        {"id": number, "usual_need": need}
        for number, name, publisher, stored in session.execute(query)
        if (need := usual_need(name, publisher)) is not stored
    ]
    if changed:
        session.execute(sa.update(row), changed)
    return len(changed)


def settle_support(session: Session) -> int:
    """Say of every title until when its version is supported; gives how many changed."""
    ends = SupportEnds.read(session)
    title, product = SoftwareTitle, SoftwareProduct
    query = (
        sa.select(
            title.id,
            title.version,
            title.edition,
            title.support_ends_on,
            product.name,
            Publisher.name,
        )
        .join(product, product.id == title.product_id)
        .outerjoin(Publisher, Publisher.id == product.publisher_id)
        .where(
            sa.or_(
                title.support_ends_on.is_not(None),
                product.name_folded.in_(sorted(ends.by_product)),
            )
        )
    )
    changed: list[dict[str, int | date | None]] = []
    for number, version, edition, stored, name, publisher in session.execute(query):
        end = ends.of(publisher, name, version, edition)
        if end != stored:
            changed.append({"id": number, "support_ends_on": end})
    if changed:
        session.execute(sa.update(title), changed)
    return len(changed)
