"""Lists of incidents: filters, pages, counts, and what pages say of the rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    Asset,
    Contract,
    Coverage,
    FollowUp,
    Incident,
    IncidentAsset,
    IncidentState,
    Person,
    Supplier,
    User,
)
from parc.queries.asset_tags import tagged_assets
from parc.queries.inbox_cause import among
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, read_page
from parc.queries.locations import Places
from parc.queries.search import TRIGRAM, escape_like, match_expression, words_of

COUNT_LIMIT: Final = 10_000
SEARCH_COUNT_LIMIT: Final = 1_000
NOBODY: Final = "nobody"
OLDER: Final = "older"
AGES: Final[Mapping[str, int]] = {"day": 1, "week": 7, "month": 30, "year": 365}
_AT_ONCE: Final = 500
_NO_INCIDENTS: Final = (IncidentState.DRAFT, IncidentState.DISMISSED)

SORTS: Final[Mapping[str, SortColumn]] = {
    "priority": SortColumn(
        "priority_rank", Incident.priority_rank, ValueKind.WHOLE, is_nullable=False
    ),
    "opened_at": SortColumn("opened_at", Incident.opened_at, ValueKind.MOMENT, is_nullable=False),
    "resolved_at": SortColumn("resolved_at", Incident.resolved_at, ValueKind.MOMENT),
}
_COLUMNS: Final[tuple[Any, ...]] = (
    Incident.id,
    Incident.kind,
    Incident.state,
    Incident.title,
    Incident.category,
    Incident.priority,
    Incident.priority_rank,
    Incident.requester_name,
    Incident.location_id,
    Incident.technician_id,
    Incident.opened_at,
    Incident.taken_at,
    Incident.resolved_at,
    Incident.closed_at,
    Incident.planned_for,
    Incident.waiting_for,
    Incident.minutes_spent,
    Incident.source,
    Incident.rule,
    User.display_name.label("technician"),
)


@dataclass(frozen=True, slots=True)
class IncidentFilter:
    """Which incidents.

    Attributes:
        view: ``open``, ``drafts`` or ``all`` (all but drafts and what became of them).
        technicians: ids of logins as text, or ``nobody``.
        places: ids of places with all that lies in them.
        ages: since it was opened: ``day``, ``week``, ``month``, ``year`` or ``older``.
        people: ids of requesters (persons).
        contracts, suppliers: about assets that these cover or have covered, or have sold.
    """

    view: str
    text: str = ""
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    technicians: tuple[str, ...] = ()
    places: tuple[int, ...] = ()
    assets: tuple[int, ...] = ()
    models: tuple[str, ...] = ()
    people: tuple[int, ...] = ()
    contracts: tuple[int, ...] = ()
    suppliers: tuple[int, ...] = ()
    ages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """One page of incidents with the count of all that match, up to a bound.

    Attributes:
        has_more: there are more than the bound.
        answered: the open ones of the page of which the requester has said the last word.
    """

    page: Page
    count: int
    assets: Mapping[int, Sequence[str]]
    has_more: bool = False
    answered: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class IncidentCounts:
    """Incidents of a view by what they can be filtered by; of the latest ones if there are many."""

    kinds: Mapping[str, int]
    states: Mapping[str, int]
    priorities: Mapping[str, int]
    categories: Mapping[str, int]
    technicians: Mapping[str, int]
    places: Mapping[str, int]
    ages: Mapping[str, int]
    names: Mapping[str, str]
    is_lower_bound: bool


def list_incidents(
    session: Session,
    wanted: IncidentFilter,
    order: Order,
    cursor: Cursor | None,
    size: int,
    now: datetime,
) -> IncidentPage:
    """Read one page of incidents with the names of their assets."""
    conditions = _conditions(session, wanted, now)
    page = read_page(session, _rows(conditions), order, cursor, size)
    limit = SEARCH_COUNT_LIMIT if wanted.text else COUNT_LIMIT
    counted = sa.select(Incident.id).where(*conditions).limit(limit + 1).subquery()
    count = session.scalar(sa.select(sa.func.count()).select_from(counted)) or 0
    ids = [row.id for row in page.rows]
    names, answered = asset_names(session, ids), _answered(session, ids)
    return IncidentPage(page, min(count, limit), names, count > limit, answered)


def latest_incidents(
    session: Session, wanted: IncidentFilter, now: datetime, limit: int
) -> Sequence[Any]:
    """Read the latest incidents of a filter, as the cards of sheets show them."""
    one = Incident
    query = sa.select(
        one.id, one.title, one.state, one.priority, one.opened_at, one.cause, one.rule
    )
    query = query.where(*_conditions(session, wanted, now))
    return session.execute(query.order_by(one.id.desc()).limit(limit)).all()


def export_page(
    session: Session,
    wanted: IncidentFilter,
    order: Order,
    cursor: Cursor | None,
    size: int,
    now: datetime,
) -> IncidentPage:
    """Read one part of a file; nothing is counted."""
    page = read_page(session, _rows(_conditions(session, wanted, now)), order, cursor, size)
    return IncidentPage(page, 0, asset_names(session, [row.id for row in page.rows]))


def incident_ids(session: Session, wanted: IncidentFilter, now: datetime, limit: int) -> list[int]:
    """Give ids of the incidents of a filter, at most ``limit``."""
    query = sa.select(Incident.id).where(*_conditions(session, wanted, now))
    return list(session.scalars(query.order_by(Incident.id).limit(limit)))


def read_rows(session: Session, ids: Sequence[int]) -> list[Any]:
    """Read incidents as lists show them, in the order of their numbers."""
    found: list[Any] = []
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), _AT_ONCE):
        part = wanted[start : start + _AT_ONCE]
        found += session.execute(_rows([Incident.id.in_(part)]).order_by(Incident.id)).all()
    return found


def asset_names(session: Session, ids: Sequence[int]) -> dict[int, list[str]]:
    """Give the names of the assets of incidents."""
    found: dict[int, list[str]] = defaultdict(list)
    for start in range(0, len(ids), _AT_ONCE):
        query = (
            sa.select(IncidentAsset.incident_id, IncidentAsset.asset_name)
            .where(IncidentAsset.incident_id.in_(ids[start : start + _AT_ONCE]))
            .order_by(IncidentAsset.id)
        )
        for incident_id, name in session.execute(query):
            found[incident_id].append(name)
    return found


def _answered(session: Session, ids: Sequence[int]) -> frozenset[int]:
    """Tell of which open incidents the latest follow-up is the requester's own."""
    latest = (
        sa.select(sa.func.max(FollowUp.id))
        .where(FollowUp.incident_id.in_(ids))
        .group_by(FollowUp.incident_id)
    )
    query = (
        sa.select(Incident.id)
        .join(FollowUp, FollowUp.incident_id == Incident.id)
        .where(
            FollowUp.id.in_(latest),
            FollowUp.user_id == Incident.requester_id,
            Incident.technician_id.is_distinct_from(Incident.requester_id),
            Incident.is_open.is_(True),
        )
    )
    return frozenset(session.scalars(query))


def count_incidents(session: Session, view: str, places: Places, now: datetime) -> IncidentCounts:
    """Count the incidents of a view by what they can be filtered by.

    Of more than ``COUNT_LIMIT`` only the latest are counted.
    """
    columns = (
        sa.type_coerce(Incident.kind, sa.String),
        sa.type_coerce(Incident.state, sa.String),
        sa.type_coerce(Incident.priority, sa.String),
        sa.type_coerce(Incident.category, sa.String),
        Incident.technician_id,
        Incident.location_id,
        _age_case(now),
    )
    latest = (
        sa.select(*(column.label(f"c{number}") for number, column in enumerate(columns)))
        .where(*_in_view(view))
        .order_by(Incident.id.desc())
        .limit(COUNT_LIMIT)
        .subquery()
    )
    grouped = sa.select(*latest.c, sa.func.count()).group_by(*latest.c)
    counters: list[Counter[Any]] = [Counter() for _column in columns]
    total = 0
    for *values, number in session.execute(grouped):
        total += number
        for counter, value in zip(counters, values, strict=True):
            counter[value] += number
    kinds, states, priorities, categories, technicians, located, ages = counters
    sites: Counter[str] = Counter()
    for location_id, number in located.items():
        place = places.by_id.get(location_id) if location_id is not None else None
        if place is not None:
            sites[str(place.site_id)] += number
    by_technician = {
        NOBODY if number is None else str(number): count for number, count in technicians.items()
    }
    return IncidentCounts(
        kinds,
        states,
        priorities,
        categories,
        by_technician,
        sites,
        ages,
        _login_names(session, technicians),
        total >= COUNT_LIMIT,
    )


def find_tags(session: Session, tags: Sequence[str]) -> tuple[list[int], list[str]]:
    """Give the assets of these tags, also of merged records, and the tags that none has."""
    wanted = list(dict.fromkeys(tags))
    known = tagged_assets(session, wanted)
    ids = [known[tag] for tag in wanted if tag in known]
    return list(dict.fromkeys(ids)), [tag for tag in wanted if tag not in known]


def tags_of(session: Session, incident_id: int) -> list[str]:
    """Give the tags of the assets of an incident."""
    query = (
        sa.select(Asset.asset_tag)
        .join(IncidentAsset, IncidentAsset.asset_id == Asset.id)
        .where(IncidentAsset.incident_id == incident_id)
        .order_by(IncidentAsset.id)
    )
    return list(session.scalars(query))


def asset_words(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Name assets by tag and name."""
    if not ids:
        return {}
    rows = session.execute(
        sa.select(Asset.id, Asset.asset_tag, Asset.name).where(Asset.id.in_(ids))
    )
    return {row.id: f"{row.asset_tag} {row.name}" for row in rows}


def firm_names(
    session: Session, contracts: Sequence[int], suppliers: Sequence[int]
) -> dict[tuple[str, int], str]:
    """Name contracts and suppliers."""
    found: dict[tuple[str, int], str] = {}
    for what, ids, model in (
        ("contract", contracts, Contract),
        ("supplier", suppliers, Supplier),
    ):
        if ids:
            rows = session.execute(sa.select(model.id, model.name).where(model.id.in_(ids)))
            found |= {(what, row.id): row.name for row in rows}
    return found


def suggest_incidents(session: Session, text: str, limit: int) -> list[Any]:
    """Give the latest incidents that hold every word, for the search box."""
    words = words_of(text)
    if not words:
        return []
    query = (
        sa.select(Incident.id, Incident.title, Incident.rule)
        .where(Incident.state.not_in(_NO_INCIDENTS), *_texts(session, words))
        .order_by(Incident.id.desc())
        .limit(limit)
    )
    return list(session.execute(query).all())


def found_incidents(session: Session, text: str) -> sa.Select[int]:
    """Give the incidents that hold every word, as ids."""
    holds = _texts(session, words_of(text))
    return sa.select(Incident.id).where(Incident.state.not_in(_NO_INCIDENTS), *holds)


def person_names(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """Name persons."""
    if not ids:
        return {}
    rows = session.execute(sa.select(Person.id, Person.name).where(Person.id.in_(ids)))
    return {row.id: row.name for row in rows}


def _rows(conditions: Iterable[sa.ColumnElement[bool]]) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(*_COLUMNS).outerjoin(User, User.id == Incident.technician_id).where(*conditions)
    )


def _in_view(view: str) -> list[sa.ColumnElement[bool]]:
    if view == "open":
        return [Incident.is_open.is_(True)]
    if view == "drafts":
        return [Incident.state == IncidentState.DRAFT]
    return [Incident.state.not_in(_NO_INCIDENTS)]


def _conditions(
    session: Session, wanted: IncidentFilter, now: datetime
) -> list[sa.ColumnElement[bool]]:
    found = _in_view(wanted.view)
    for column, words in (
        (Incident.kind, wanted.kinds),
        (Incident.state, wanted.states),
        (Incident.priority, wanted.priorities),
        (Incident.category, wanted.categories),
    ):
        if words:
            found.append(sa.type_coerce(column, sa.String).in_(words))
    if wanted.technicians:
        numbers = [int(value) for value in wanted.technicians if value != NOBODY]
        is_none = [Incident.technician_id.is_(None)] if NOBODY in wanted.technicians else []
        found.append(sa.or_(Incident.technician_id.in_(numbers), *is_none))
    if wanted.places:
        found.append(Incident.location_id.in_(wanted.places))
    if wanted.people:
        found.append(Incident.requester_person_id.in_(wanted.people))
    found += _subjects(wanted)
    if wanted.ages:
        found.append(sa.or_(*(_is_of_age(age, now) for age in wanted.ages)))
    return found + _texts(session, words_of(wanted.text))


def _subjects(wanted: IncidentFilter) -> list[sa.ColumnElement[bool]]:
    """Give the conditions on the assets that incidents are about."""
    found: list[sa.ColumnElement[bool]] = []
    if wanted.assets:
        about = sa.select(IncidentAsset.incident_id)
        found.append(Incident.id.in_(about.where(IncidentAsset.asset_id.in_(wanted.assets))))
    if wanted.models:
        about = sa.select(IncidentAsset.incident_id).join(Asset, Asset.id == IncidentAsset.asset_id)
        found.append(Incident.id.in_(about.where(Asset.model_name.in_(wanted.models))))
    if wanted.contracts:
        covered = sa.select(Coverage.asset_id).where(Coverage.contract_id.in_(wanted.contracts))
        found.append(_about(covered))
    if wanted.suppliers:
        found.append(sa.or_(*(_about(part) for part in _of_suppliers(wanted.suppliers))))
    return found


def _about(assets: sa.Select[Any]) -> sa.ColumnElement[bool]:
    about = sa.select(IncidentAsset.incident_id).where(IncidentAsset.asset_id.in_(assets))
    return Incident.id.in_(about)


def _of_suppliers(suppliers: Sequence[int]) -> tuple[sa.Select[Any], sa.Select[Any]]:
    """Give the assets that suppliers have sold, and those that their contracts cover."""
    is_theirs = sa.or_(Contract.supplier_id.in_(suppliers), Contract.maintainer_id.in_(suppliers))
    covered = sa.select(Coverage.asset_id).join(Contract, Contract.id == Coverage.contract_id)
    return sa.select(Asset.id).where(Asset.supplier_id.in_(suppliers)), covered.where(is_theirs)


def _texts(session: Session, words: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    """Give what an incident must meet to hold every word.

    On SQLite the index of trigrams gives the few that hold them; where there are many, walking the
    order of the list comes to a page of them sooner.
    """
    if session.get_bind().dialect.name != "sqlite":
        return [Incident.search_text.like(f"%{escape_like(w)}%", escape="\\") for w in words]
    found: list[sa.ColumnElement[bool]] = [
        sa.func.instr(Incident.search_text, word) > 0 for word in words
    ]
    long = [word for word in words if len(word) >= TRIGRAM]
    if long:
        rows = sa.text(
            "SELECT rowid FROM incident_search WHERE incident_search MATCH :trigrams LIMIT :most"
        ).bindparams(trigrams=match_expression(long), most=SEARCH_COUNT_LIMIT + 1)
        ids = list(session.scalars(rows))
        if len(ids) <= SEARCH_COUNT_LIMIT:
            found.append(among(Incident.id, ids))
    return found


def _is_of_age(age: str, now: datetime) -> sa.ColumnElement[bool]:
    if age == OLDER:
        return Incident.opened_at <= now - timedelta(days=AGES["year"])
    return Incident.opened_at > now - timedelta(days=AGES[age])


def _age_case(now: datetime) -> sa.ColumnElement[str]:
    """Give the shortest age that fits an incident."""
    return sa.case(*((_is_of_age(age, now), age) for age in AGES), else_=OLDER)


def _login_names(session: Session, technicians: Mapping[Any, int]) -> dict[str, str]:
    ids = [number for number in technicians if number is not None]
    if not ids:
        return {}
    rows = session.execute(sa.select(User.id, User.display_name).where(User.id.in_(ids)))
    return {str(number): name for number, name in rows}
