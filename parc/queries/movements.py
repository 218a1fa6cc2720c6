"""Reading movements: the list with its filters, those of one asset, person or place, loans due."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import (
    Asset,
    Contract,
    LifecycleState,
    Movement,
    MovementKind,
    MovementSource,
    MovementStatus,
    Person,
    mapped_columns,
)
from parc.naming import movement_of_number
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, read_page
from parc.queries.search import conditions, escape_like, words_in, words_of

COUNT_LIMIT: Final = 10_000
_CONTRACT: Final = (
    sa.select(Contract.number).where(Contract.id == Movement.contract_id).scalar_subquery()
)
_ENTERED: Final = SortColumn("id", Movement.id, ValueKind.WHOLE, is_nullable=False)
_EFFECT: Final = SortColumn("effective_on", Movement.effective_on, ValueKind.DAY, is_nullable=False)
SORTS: Final[Mapping[str, SortColumn]] = {"effective_on": _EFFECT, "entered": _ENTERED}


@dataclass(frozen=True, slots=True)
class MovementFilter:
    """Which movements; people and places as they were before or are after."""

    kinds: Collection[MovementKind] = ()
    statuses: Collection[MovementStatus] = ()
    sources: Collection[MovementSource] = ()
    authors: Collection[str] = ()
    person_ids: Collection[int] = ()
    location_ids: Collection[int] = ()
    asset_ids: Collection[int] = ()
    incident_ids: Collection[int] = ()
    contract_ids: Collection[int] = ()
    text: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class MovementList:
    """One page, how many match (at most 10,001), and how the latest of them divide."""

    page: Page
    count: int
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def is_cut(self) -> bool:
        """Tell whether there are more than were counted."""
        return self.count > COUNT_LIMIT


def list_movements(
    session: Session, wanted: MovementFilter, order: Order, cursor: Cursor | None, size: int
) -> MovementList:
    """Read one page with its counts."""
    page = movement_page(session, wanted, order, cursor, size)
    names = ("kind", "status", "source", "author")
    latest = (
        _narrowed(session, sa.select(*(getattr(Movement, name) for name in names)), wanted)
        .order_by(Movement.id.desc())
        .limit(COUNT_LIMIT + 1)
        .subquery()
    )
    query = sa.select(*latest.c, sa.func.count()).group_by(*latest.c)
    counts: dict[str, dict[str, int]] = {name: {} for name in names}
    total = 0
    for *values, number in session.execute(query):
        total += number
        for name, value in zip(names, values, strict=True):
            counts[name][str(value)] = counts[name].get(str(value), 0) + number
    return MovementList(page, total, counts)


def movement_page(
    session: Session, wanted: MovementFilter, order: Order, cursor: Cursor | None, size: int
) -> Page:
    """Read one part of an export: as the list, without counting."""
    query = _narrowed(
        session,
        sa.select(
            *mapped_columns(Movement),
            Asset.name.label("asset_name"),
            Asset.asset_tag,
            _CONTRACT.label("contract_number"),
        ),
        wanted,
        has_asset=True,
    )
    return read_page(session, query, order, cursor, size)


def contract_named(session: Session, contract_id: int | None) -> Contract | None:
    """Give the contract under which a movement goes, if there is one."""
    return session.get(Contract, contract_id) if contract_id is not None else None


def movements_of(session: Session, wanted: MovementFilter, limit: int) -> list[Any]:
    """Give the latest movements of an asset, a person or a place, as they were entered."""
    return movement_page(
        session, wanted, Order(_ENTERED, Movement.id, is_descending=True), None, limit
    ).rows


def suggest_movements(session: Session, text: str, limit: int) -> list[Any]:
    """Give the latest movements of this number, or of which all the words were said."""
    number = movement_of_number(text)
    words = words_of(text)
    if not words:
        return []
    said = [Movement.id.in_(_said(word)) for word in words]
    query = (
        sa.select(Movement.id, Movement.kind, Movement.variant, Asset.name, Asset.asset_tag)
        .join(Asset, Asset.id == Movement.asset_id)
        .where(*([Movement.id == number] if number is not None else said))
    )
    return list(session.execute(query.order_by(Movement.id.desc()).limit(limit)))


def found_movements(session: Session, text: str) -> sa.Select[int]:
    """Give the movements that a search finds, as ids."""
    return sa.select(Movement.id).where(*_found_by(session, text))


def suggest_orders(session: Session, text: str, limit: int) -> Sequence[str]:
    """Give the order numbers that assets have with this text in them."""
    if not text.strip():
        return []
    pattern = f"%{escape_like(text.strip().lower())}%"
    lower = sa.func.lower(Asset.order_number)
    query = sa.select(Asset.order_number).where(lower.like(pattern, escape="\\")).distinct()
    found = session.scalars(query.order_by(Asset.order_number).limit(limit))
    return [number for number in found if number]


def read_movement(session: Session, movement_id: int) -> Movement:
    """Read one movement.

    Raises:
        NotFoundError: there is no such movement.
    """
    row = session.get(Movement, movement_id)
    if row is None:
        raise NotFoundError(f"There is no movement {movement_id}.")
    return row


def act_movements(session: Session, first: Movement) -> list[Any]:
    """Give the movements of the same act as ``first``, by tags, with what a sheet says of each."""
    query = sa.select(
        *mapped_columns(Movement),
        Asset.name.label("asset_name"),
        Asset.asset_tag,
        Asset.manufacturer,
        Asset.model_name,
        Asset.serial_number,
    ).join(Asset, Asset.id == Movement.asset_id)
    if first.change_set_id is None:
        query = query.where(Movement.id == first.id)
    else:
        query = query.where(
            Movement.change_set_id == first.change_set_id, Movement.kind == first.kind
        )
    return list(session.execute(query.order_by(Asset.asset_tag, Movement.id)))


def latest_movement(session: Session, asset_id: int) -> Movement:
    """Give what was entered last of an asset; each has at least its entry."""
    query = sa.select(Movement).where(Movement.asset_id == asset_id)
    return session.scalars(query.order_by(Movement.id.desc()).limit(1)).one()


def last_movement_id(session: Session, asset_id: int) -> int | None:
    """Give the confirmed movement on which an asset stands, if more than its entry."""
    query = sa.select(sa.func.max(Movement.id)).where(
        Movement.asset_id == asset_id,
        Movement.status == MovementStatus.CONFIRMED,
        Movement.from_state.is_not(None),
    )
    last = session.scalar(query)
    confirmed = sa.select(sa.func.max(Movement.id)).where(
        Movement.asset_id == asset_id, Movement.status == MovementStatus.CONFIRMED
    )
    return last if last == session.scalar(confirmed) else None


def count_overdue(session: Session, today: date) -> int:
    """Count the loans whose day of return has passed."""
    query = sa.select(sa.func.count()).select_from(Asset).where(*_overdue(today))
    return session.scalar(query) or 0


def count_loans(session: Session) -> int:
    """Count the assets on loan."""
    query = sa.select(sa.func.count()).where(Asset.lifecycle_state == LifecycleState.ON_LOAN)
    return session.scalar(query) or 0


def list_loans(session: Session, *, today: date, limit: int, is_overdue: bool) -> Sequence[Any]:
    """Give the assets on loan with their holders, those due first at the top."""
    query = (
        sa.select(
            Asset.id,
            Asset.name,
            Asset.asset_tag,
            Asset.loan_due_on,
            Person.id.label("person_id"),
            Person.name.label("person_name"),
            Person.email,
        )
        .outerjoin(Person, Person.id == Asset.custodian_person_id)
        .where(
            *(_overdue(today) if is_overdue else [Asset.lifecycle_state == LifecycleState.ON_LOAN])
        )
        .order_by(Asset.loan_due_on, Asset.id)
        .limit(limit)
    )
    return session.execute(query).all()


def basket_assets(session: Session, ids: Collection[int]) -> list[Any]:
    """Give what a basket shows of its assets, by their tags."""
    query = sa.select(
        Asset.id, Asset.asset_tag, Asset.name, Asset.lifecycle_state, Asset.category
    ).where(Asset.id.in_(ids))
    return list(session.execute(query.order_by(Asset.asset_tag)))


def _overdue(today: date) -> list[sa.ColumnElement[bool]]:
    return [Asset.loan_due_on.is_not(None), Asset.loan_due_on < today]


def _narrowed(
    session: Session, query: Any, wanted: MovementFilter, *, has_asset: bool = False
) -> Any:
    if has_asset:
        query = query.join(Asset, Asset.id == Movement.asset_id)
    query = query.where(*_found_by(session, wanted.text))
    for column, values in (
        (Movement.kind, wanted.kinds),
        (Movement.status, wanted.statuses),
        (Movement.source, wanted.sources),
        (Movement.author, wanted.authors),
        (Movement.asset_id, wanted.asset_ids),
        (Movement.incident_id, wanted.incident_ids),
        (Movement.contract_id, wanted.contract_ids),
    ):
        if values:
            query = query.where(column.in_(values))
    if wanted.person_ids:
        query = query.where(
            Movement.id.in_(
                _either(Movement.from_person_id, Movement.to_person_id, wanted.person_ids)
            )
        )
    if wanted.location_ids:
        query = query.where(
            Movement.id.in_(
                _either(Movement.from_location_id, Movement.to_location_id, wanted.location_ids)
            )
        )
    if wanted.since is not None:
        query = query.where(Movement.effective_on >= wanted.since)
    if wanted.until is not None:
        query = query.where(Movement.effective_on <= wanted.until)
    return query


def _found_by(session: Session, text: str) -> list[sa.ColumnElement[bool]]:
    """Give what a movement meets that a search finds: by its number, or by every word.

    A word is a part of what was said of it, of its asset, or of somebody who held it before or
    holds it since.
    """
    number = movement_of_number(text)
    if number is not None:
        return [Movement.id == number]
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    found: list[sa.ColumnElement[bool]] = []
    for word in words_of(text):
        assets = sa.select(Asset.id).where(*conditions((word,), is_sqlite=is_sqlite))
        people = sa.select(Person.id).where(*words_in(Person.search_text, word))
        found.append(
            sa.or_(
                Movement.asset_id.in_(assets),
                Movement.from_person_id.in_(people),
                Movement.to_person_id.in_(people),
                Movement.id.in_(_said(word)),
            )
        )
    return found


def _said(word: str) -> sa.Select[int]:
    """Give the movements of which something was said with this word; read from the index alone."""
    is_said = Movement.search_text.is_not(None)
    return sa.select(Movement.id).where(is_said, *words_in(Movement.search_text, word))


def _either(first: Any, second: Any, values: Collection[int]) -> Any:
    """Give movements of which either column is one of the values, each by its own index."""
    one = sa.select(Movement.id).where(first.in_(values))
    return one.union(sa.select(Movement.id).where(second.in_(values)))
