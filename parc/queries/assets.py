"""The list of assets: filters, order, counts, search and export, read from one table.

Rows are columns, never entities. Which index a page is read by follows from the counts of the
facets: SQLite keeps no statistics on how common a value is, and chooses badly without them.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql import operators
from sqlalchemy.sql.expression import UnaryExpression

from collectors.observation import Category
from collectors.text import normalise_mac
from parc.contract_dates import SOON_DAYS
from parc.models import (
    Asset,
    CustomValue,
    Department,
    Device,
    Interface,
    LifecycleState,
    MergedAsset,
    Person,
)
from parc.naming import address_sort
from parc.queries import search
from parc.queries.departments import read_departments
from parc.queries.differences import count_differing, differing
from parc.queries.facets import (
    NUMBERED,
    PINNED,
    Covered,
    Differing,
    Facet,
    FacetSnapshot,
    Freshness,
    Origin,
    Warranty,
    bits_of,
)
from parc.queries.keyset import Cursor, Order, Page, SortColumn, ValueKind, read_page
from parc.queries.locations import Places
from parc.row_keys import row_key

COUNT_LIMIT = 10_000
_FEW_IDS = 1_000
_CHEAP_COUNT = 1_500
_MAX_VALUES = 200
_MAX_WORDS = 500

_PERSON = sa.select(Person.name).where(Person.id == Asset.custodian_person_id)
_DEPARTMENT = sa.select(Department.name).where(Department.id == Asset.custodian_department_id)
COLUMNS: Mapping[str, sa.SQLColumnExpression[Any]] = {
    "name": Asset.name,
    "asset_tag": Asset.asset_tag,
    "serial_number": Asset.serial_number,
    "lifecycle_state": Asset.lifecycle_state,
    "category": Asset.category,
    "manufacturer": Asset.manufacturer,
    "model_name": Asset.model_name,
    "primary_address": Asset.primary_address,
    "custodian": sa.func.coalesce(
        _PERSON.scalar_subquery(), _DEPARTMENT.scalar_subquery(), type_=sa.String()
    ).label("custodian"),
    "location_id": Asset.location_id,
    "last_seen_at": Asset.last_seen_at,
    "operating_system": Asset.operating_system,
    "software_revision": Asset.software_revision,
    "firmware_revision": Asset.firmware_revision,
    "hardware_revision": Asset.hardware_revision,
    "base_mac_address": Asset.base_mac_address,
    "created_at": Asset.created_at,
    "covered_until": Asset.covered_until,
    "technician_person_id": Asset.technician_person_id,
    "supplier_id": Asset.supplier_id,
    "warranty_ends_on": Asset.warranty_ends_on,
    "purchased_on": Asset.purchased_on,
    "loan_due_on": Asset.loan_due_on,
    "fixed_asset_number": Asset.fixed_asset_number,
    "differences": count_differing(Asset.id).label("differences"),
}
# The maker stands before the model unless it has a column of its own.
DEFAULT_COLUMNS = tuple(
    name for name in tuple(COLUMNS)[:11] if name not in {"manufacturer", "primary_address"}
)


CUSTOM = "custom/"  # before the id of a field that the organisation has added


def _column(name: str) -> sa.SQLColumnExpression[Any]:
    """Give a column of a row: one of ``COLUMNS``, or the value of a field of one's own."""
    if not name.startswith(CUSTOM):
        return COLUMNS[name]
    value = sa.select(CustomValue.value).where(
        CustomValue.asset_id == Asset.id, CustomValue.field_id == int(name.removeprefix(CUSTOM))
    )
    return value.scalar_subquery().label(name)


def _text(label: str, column: Any, *, is_nullable: bool = True) -> SortColumn:
    return SortColumn(label, sa.type_coerce(column, sa.String), is_nullable=is_nullable)


def _moment(label: str, column: Any, *, is_nullable: bool = True) -> SortColumn:
    return SortColumn(label, column, ValueKind.MOMENT, is_nullable)


SORTS: Mapping[str, SortColumn] = {
    "name": _text("name", Asset.name, is_nullable=False),
    "asset_tag": _text("asset_tag", Asset.asset_tag, is_nullable=False),
    "serial_number": _text("serial_number", Asset.serial_number),
    "lifecycle_state": _text("lifecycle_state", Asset.lifecycle_state, is_nullable=False),
    "category": _text("category", Asset.category, is_nullable=False),
    "manufacturer": _text("manufacturer", Asset.manufacturer),
    "model_name": _text("model_name", Asset.model_name),
    "primary_address": _text("primary_address_sort", Asset.primary_address_sort),
    "software_revision": _text("software_revision", Asset.software_revision),
    "last_seen_at": _moment("last_seen_at", Asset.last_seen_at),
    "created_at": _moment("created_at", Asset.created_at, is_nullable=False),
    "covered_until": SortColumn("covered_until", Asset.covered_until, ValueKind.DAY),
    "warranty_ends_on": SortColumn("warranty_ends_on", Asset.warranty_ends_on, ValueKind.DAY),
    "purchased_on": SortColumn("purchased_on", Asset.purchased_on, ValueKind.DAY),
    "loan_due_on": SortColumn("loan_due_on", Asset.loan_due_on, ValueKind.DAY),
    "fixed_asset_number": _text("fixed_asset_number", Asset.fixed_asset_number),
}


_BY_OWN = "by/"  # before the id of the field of one's own that rows are sorted by
_SORTED = aliased(CustomValue, name="sorted_by")


def sort_column(name: str) -> SortColumn:
    """Give what a list is sorted by: one of ``SORTS``, or a field of one's own."""
    if not name.startswith(CUSTOM):
        return SORTS[name]
    return _text(_BY_OWN + name.removeprefix(CUSTOM), _SORTED.sort_value)


class FilterError(ValueError):
    """A filter value that no asset could ever have."""


Span = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class AssetFilter:
    """Which assets: those that hold every word of ``text`` and one value of each facet chosen.

    Attributes:
        own: what fields of one's own hold, by their ids, as lists sort it.
        spans: from which value to which, the same way; None: without an end there.
    """

    text: str = ""
    chosen: Mapping[Facet, tuple[str, ...]] = field(default_factory=dict)
    own: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    spans: Mapping[int, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AssetList:
    """One page of a list.

    Attributes:
        count: how many there are in all, at most 10,001.
        among: the bits of what the search found; None without search.
        is_cut: the search found more than ``among`` holds.
    """

    page: Page
    count: int
    among: int | None
    is_cut: bool

    @property
    def is_count_exact(self) -> bool:
        """Tell whether ``count`` is all of them."""
        return self.count <= COUNT_LIMIT


@dataclass(frozen=True, slots=True)
class Lookup:
    """What reading a list needs beside the request: snapshot of the facets, and the time."""

    facets: FacetSnapshot
    now: datetime

    @property
    def places(self) -> Places:
        """Give the places as the snapshot holds them."""
        return self.facets.places


_CLOSED: Mapping[Facet, frozenset[str]] = {
    Facet.CATEGORY: frozenset(Category),
    Facet.STATE: frozenset(LifecycleState),
    Facet.FRESHNESS: frozenset(Freshness),
    Facet.COVER: frozenset(Covered),
    Facet.ORIGIN: frozenset(Origin),
    Facet.WARRANTY: frozenset(Warranty),
    Facet.DIFFERENCES: frozenset(Differing),
}


def make_filter(
    text: str,
    chosen: Mapping[Facet, Sequence[str]],
    own: Mapping[int, tuple[str, ...]] | None = None,
    spans: Mapping[int, Span] | None = None,
) -> AssetFilter:
    """Check and fold the values of a filter; ``own`` and ``spans`` are of one's own, checked.

    Raises:
        FilterError: a value is not in its closed set, or no number where one is needed.
    """
    kept: dict[Facet, tuple[str, ...]] = {}
    for facet, values in chosen.items():
        values = tuple(dict.fromkeys(value for value in values if value))  # noqa: PLW2901 -- empty choices of a form
        if len(values) > _MAX_VALUES:
            raise FilterError(f"{facet.value}: {len(values)} values")
        for value in values:
            _check_value(facet, value)
        if values:
            kept[facet] = values
    return AssetFilter(text.replace("\x00", "").strip(), kept, own or {}, spans or {})


def _check_value(facet: Facet, value: str) -> None:
    is_known = value in _CLOSED[facet] if facet in _CLOSED else "\x00" not in value
    if facet in NUMBERED:
        is_known = row_key(value) is not None
    if not is_known:
        raise FilterError(f"{facet.value}: {value[:40]}")


def list_assets(
    session: Session,
    asset_filter: AssetFilter,
    order: Order,
    cursor: Cursor | None,
    size: int,
    columns: Collection[str],
    lookup: Lookup,
) -> AssetList:
    """Read one page with its count."""
    reader = _Reader(session, asset_filter, lookup)
    query = reader.rows([*map(_column, columns)], order, size)
    return AssetList(
        read_page(session, query, order, cursor, size), reader.count(), reader.among, reader.is_cut
    )


def export_page(
    session: Session,
    asset_filter: AssetFilter,
    order: Order,
    cursor: Cursor | None,
    size: int,
    columns: Collection[str],
    lookup: Lookup,
) -> Page:
    """Read one part of an export: as the list, without counting."""
    query = _Reader(session, asset_filter, lookup).rows([*map(_column, columns)], order, size)
    return read_page(session, query, order, cursor, size)


def filtered_ids(
    session: Session, asset_filter: AssetFilter, lookup: Lookup, limit: int
) -> list[int]:
    """Give ids of the assets of a filter, at most ``limit``, for an action on all of them."""
    reader = _Reader(session, asset_filter, lookup)
    return list(session.scalars(sa.select(Asset.id).where(*reader.all_conditions()).limit(limit)))


class _Way(enum.Enum):
    """By which index rows are read."""

    IDS = "ids of a search"
    FACET = "index of the rarest facet value"
    SEARCH = "trigram index"
    WALK = "index of the order"


class _Reader:
    """The statements of one filter on one database."""

    def __init__(self, session: Session, asset_filter: AssetFilter, lookup: Lookup) -> None:
        self.session = session
        self.filter = asset_filter
        self.lookup = lookup
        self.is_sqlite = session.get_bind().dialect.name == "sqlite"
        self.words = search.words_of(asset_filter.text)
        self.facets = {f: v for f, v in asset_filter.chosen.items() if f not in PINNED}
        self.pinned = {f: v for f, v in asset_filter.chosen.items() if f in PINNED}
        self.is_narrowed = bool(self.pinned or asset_filter.own or asset_filter.spans)
        self.ids: list[int] | None = None
        self.among: int | None = None
        if self.is_narrowed:
            few = sa.select(Asset.id).where(*self._narrow(is_hidden=False)).limit(COUNT_LIMIT + 1)
            self.ids = list(session.scalars(few))
        elif self.words:
            self.ids = search.matching_ids(session, asset_filter.text, COUNT_LIMIT + 1)
        if self.ids is not None:
            self.among = bits_of(self.ids)
        self.is_cut = self.ids is not None and len(self.ids) > COUNT_LIMIT

    def rows(self, columns: list[Any], order: Order, size: int) -> sa.Select[*tuple[Any, ...]]:
        """Give the statement of the rows, without order."""
        wanted = [Asset.id, order.sort.column.label(order.sort.label)]
        wanted += [column for column in columns if column.key != order.sort.label]
        query = sa.select(*wanted)
        if order.sort.label.startswith(_BY_OWN):
            number = int(order.sort.label.removeprefix(_BY_OWN))
            is_its = sa.and_(_SORTED.asset_id == Asset.id, _SORTED.field_id == number)
            query = query.outerjoin(_SORTED, is_its)
        return query.where(*self.conditions(self._cheapest(size)))

    def count(self) -> int:
        """Count exactly up to the limit; where that is dear, as the snapshot has it."""
        chosen = self.facets
        if self.ids is not None and not chosen:
            return len(self.ids)
        way = self._cheapest(None)
        is_dear = way is _Way.SEARCH or (
            way is _Way.FACET
            and len(chosen) + len(self.words) > 1
            and self._size_of(self._leading()) > _CHEAP_COUNT
        )
        if is_dear and not self.is_cut:
            return min(self.lookup.facets.count(chosen, self.among), COUNT_LIMIT + 1)
        found = sa.select(Asset.id).where(*self.conditions(way)).limit(COUNT_LIMIT + 1)
        return self.session.scalar(sa.select(sa.func.count()).select_from(found.subquery())) or 0

    def all_conditions(self) -> list[sa.ColumnElement[bool]]:
        """Give the conditions for reading everything, in no order."""
        return self.conditions(self._cheapest(None))

    def conditions(self, way: _Way) -> list[sa.ColumnElement[bool]]:
        """Give conditions that leave SQLite no index but the one wanted."""
        leading = self._leading() if way is _Way.FACET else None
        conditions = [
            self._condition(facet, is_hidden=facet is not leading) for facet in self.facets
        ]
        if self.ids is None:
            return conditions
        if way is _Way.IDS:
            return [*conditions, Asset.id.in_(self.ids)]
        if self.is_narrowed:
            return conditions + self._narrow(is_hidden=way is not _Way.SEARCH)
        if way is _Way.SEARCH:
            return conditions + search.conditions(self.words, is_sqlite=self.is_sqlite)
        return conditions + search.verification(self.words, is_sqlite=self.is_sqlite)

    def _cheapest(self, size: int | None) -> _Way:
        """Compare how many rows each index passes; ``size`` None: all rows are wanted."""
        if self.ids is not None and len(self.ids) <= _FEW_IDS:
            return _Way.IDS
        total = self.lookup.facets.everything.bit_count()
        costs: dict[_Way, float] = {_Way.WALK: total + 1}
        if size is not None:
            costs[_Way.WALK] = self._walked(total, size)
        if self.facets:
            costs[_Way.FACET] = self._size_of(self._leading())
        if self.ids is not None:
            costs[_Way.SEARCH] = 2 * (total if self.is_cut else len(self.ids))
        return min(costs, key=lambda way: costs[way])

    def _walked(self, total: int, size: int) -> float:
        """Guess how many rows the index of the order passes until a page is full."""
        if not self.facets and self.ids is None:
            return 0
        meeting = self.lookup.facets.count(self.facets, self.among)
        return total * (size + 1) / meeting if meeting else math.inf

    def _leading(self) -> Facet | None:
        return min(self.facets, key=self._size_of, default=None)

    def _size_of(self, facet: Facet | None) -> int:
        if facet is None:
            return 0
        values = self.lookup.facets.bits[facet]
        return sum(values.get(value, 0).bit_count() for value in self.facets[facet])

    def _narrow(self, *, is_hidden: bool) -> list[sa.ColumnElement[bool]]:
        """Give the conditions of what is pinned, with those of the search beside it."""
        words = search.verification(self.words, is_sqlite=self.is_sqlite) if self.words else []
        hide = _hidden if is_hidden and self.is_sqlite else _shown
        conditions: list[sa.ColumnElement[bool]] = []
        for facet, values in self.pinned.items():
            numbers = [int(value) for value in values]
            if facet is Facet.PERSON:
                conditions.append(hide(Asset.custodian_person_id).in_(numbers))
            elif facet is Facet.PLACE:
                inside = {i for number in numbers for i in self.lookup.places.within(number)}
                conditions.append(hide(Asset.location_id).in_(sorted(inside)))
            else:
                tree = read_departments(self.session)
                units = sorted({i for number in numbers for i in tree.within(number)})
                members = sa.select(Person.id).where(Person.department_id.in_(units))
                by_unit = hide(Asset.custodian_department_id).in_(units)
                conditions.append(sa.or_(by_unit, hide(Asset.custodian_person_id).in_(members)))
        for number, wanted in self.filter.own.items():
            holders = sa.select(CustomValue.asset_id).where(
                CustomValue.field_id == number, CustomValue.sort_value.in_(wanted)
            )
            conditions.append(hide(Asset.id).in_(holders))
        for number, (first, last) in self.filter.spans.items():
            ends = [CustomValue.sort_value >= first] if first is not None else []
            ends += [CustomValue.sort_value <= last] if last is not None else []
            holders = sa.select(CustomValue.asset_id).where(CustomValue.field_id == number, *ends)
            conditions.append(hide(Asset.id).in_(holders))
        return conditions + words

    def _condition(self, facet: Facet, *, is_hidden: bool) -> sa.ColumnElement[bool]:
        hide = _hidden if is_hidden and self.is_sqlite else _shown
        values = self.filter.chosen[facet]
        if facet is Facet.SITE:
            inside = {i for value in values for i in self.lookup.places.within(int(value))}
            return hide(Asset.location_id).in_(sorted(inside))
        if facet in _SPANS:
            column, write = _SPANS[facet]
            return sa.or_(*(write(hide(column), value, self.lookup.now) for value in values))
        if facet is Facet.ORIGIN:
            return _of_origin(hide(Asset.last_seen_at), set(values))
        if facet is Facet.DIFFERENCES:
            return hide(Asset.id).in_(differing())
        if facet in {Facet.TECHNICIAN, Facet.SUPPLIER}:
            number = Asset.supplier_id if facet is Facet.SUPPLIER else Asset.technician_person_id
            return hide(number).in_([int(value) for value in values])
        column = {
            Facet.CATEGORY: Asset.category,
            Facet.STATE: Asset.lifecycle_state,
            Facet.MANUFACTURER: Asset.manufacturer,
        }[facet]
        return hide(sa.type_coerce(column, sa.String)).in_(values)


def _shown(column: Any) -> sa.ColumnElement[Any]:
    return column  # type: ignore[no-any-return]


def _hidden(column: Any) -> sa.ColumnElement[Any]:
    """Write ``+column``, which keeps SQLite from using an index on it."""
    return UnaryExpression(column, operator=operators.custom_op("+"), type_=column.type)


def _freshness(seen: sa.ColumnElement[Any], value: Freshness, now: datetime) -> Any:
    day, week = now - timedelta(days=1), now - timedelta(days=7)
    match value:
        case Freshness.DAY:
            return seen >= day
        case Freshness.WEEK:
            return sa.and_(seen >= week, seen < day)
        case Freshness.OLDER:
            return seen < week
        case Freshness.NEVER:
            return seen.is_(None)


def _of_origin(seen: sa.ColumnElement[Any], wanted: set[str]) -> sa.ColumnElement[bool]:
    if len(wanted) > 1:
        return sa.true()
    return seen.is_not(None) if Origin.NETWORK in wanted else seen.is_(None)


def _covered(until: sa.ColumnElement[Any], value: Covered, today: date) -> Any:
    soon = today + timedelta(days=SOON_DAYS)
    match value:
        case Covered.YES:
            return until > soon
        case Covered.SOON:
            return sa.and_(until >= today, until <= soon)
        case Covered.NO:
            return sa.or_(until.is_(None), until < today)


def _warranty(ends: sa.ColumnElement[Any], value: Warranty, today: date) -> Any:
    soon = today + timedelta(days=SOON_DAYS)
    match value:
        case Warranty.RUNS:
            return ends > soon
        case Warranty.SOON:
            return sa.and_(ends >= today, ends <= soon)
        case Warranty.OVER:
            return ends < today
        case Warranty.UNKNOWN:
            return ends.is_(None)


# Facets whose values are spans of time of a column.
_SPANS: Mapping[Facet, tuple[Any, Callable[[Any, str, datetime], Any]]] = {
    Facet.FRESHNESS: (Asset.last_seen_at, lambda c, v, now: _freshness(c, Freshness(v), now)),
    Facet.COVER: (Asset.covered_until, lambda c, v, now: _covered(c, Covered(v), now.date())),
    Facet.WARRANTY: (
        Asset.warranty_ends_on,
        lambda c, v, now: _warranty(c, Warranty(v), now.date()),
    ),
}


def find_exact(session: Session, text: str) -> int | None:
    """Give the one asset whose tag, serial number, MAC or address is ``text``, if there is one."""
    text = text.replace("\x00", "").strip()
    spellings = list({text, text.upper(), text.lower()})
    if not text:
        return None
    tagged = sa.select(Asset.id).where(Asset.asset_tag.in_(spellings))
    numbered = sa.select(Asset.id).where(Asset.serial_number.in_(spellings))
    found = set(session.scalars(tagged.union(numbered).limit(2)))
    if not found:
        merged = sa.select(MergedAsset.asset_id).where(MergedAsset.asset_tag.in_(spellings))
        found = set(session.scalars(merged.limit(2)))
    mac = normalise_mac(text)
    if not found and mac:
        of_port = sa.select(Interface.device_id).where(Interface.if_phys_address == mac)
        found = _assets_of(session, sa.or_(Device.base_mac_address == mac, Device.id.in_(of_port)))
    sort = address_sort(text)
    if not found and sort:
        found = set(
            session.scalars(sa.select(Asset.id).where(Asset.primary_address_sort == sort).limit(2))
        ) or _assets_of(session, Device.address == text)
    return found.pop() if len(found) == 1 else None


def _assets_of(session: Session, condition: sa.ColumnElement[bool]) -> set[int]:
    query = sa.select(Device.asset_id).where(Device.asset_id.is_not(None), condition)
    return {found for found in session.scalars(query.distinct().limit(2)) if found is not None}


def names_of(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Name the assets that are there, each with its tag; no statement without ids."""
    if not ids:
        return {}
    columns = (Asset.id, Asset.name, Asset.asset_tag)
    rows = session.execute(sa.select(*columns).where(Asset.id.in_(sorted(ids))))
    return {row.id: f"{row.name} ({row.asset_tag})" for row in rows}


def suggest(session: Session, text: str, limit: int) -> list[Any]:
    """Give assets that hold every word, best known first by name, for the search box."""
    words = search.words_of(text)
    if not words:
        return []
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    ids = (
        sa.select(Asset.id).where(*search.conditions(words, is_sqlite=is_sqlite)).limit(limit * 10)
    )
    return list(
        session.execute(
            sa.select(
                Asset.id,
                Asset.name,
                Asset.asset_tag,
                Asset.serial_number,
                Asset.category,
                Asset.manufacturer,
                Asset.model_name,
                Asset.primary_address,
            )
            .where(Asset.id.in_(ids))
            .order_by(Asset.name, Asset.id)
            .limit(limit)
        ).all()
    )


def known_words(session: Session) -> tuple[list[str], list[str]]:
    """Give the manufacturers and the models of the fleet, for who types one."""
    makers, models = (
        sa.select(column).where(column.is_not(None)).distinct().order_by(column).limit(_MAX_WORDS)
        for column in (Asset.manufacturer, Asset.model_name)
    )
    return (
        [word for word in session.scalars(makers) if word],
        [word for word in session.scalars(models) if word],
    )
