"""What the indicators of incidents are made of, each by its definition.

- *Opened*: opened in the period; drafts and what became of dismissed ones do not count.
- *Resolved*: resolved in the period, and not opened again since.
- *Backlog*: open at this moment, by the time since it was opened.
- *Take-in-charge time*: from opened to first taken in charge or planned, of those taken then.
- *Resolution time*: from opened to resolved, of those resolved in the period, waiting included.

The median is the middle value, or the mean of both middle ones; the 90th percentile is the smallest
value that at least nine of ten do not exceed (nearest rank).

The database computes all of it: a report of a year does not bring the incidents of a year here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.expression import FunctionElement

from parc.models import Asset, Incident, IncidentAsset, IncidentState, Location

# Upper bounds of the ages of the backlog, in days; the last group is older.
AGE_DAYS: Final = (1, 7, 30)
_NO_INCIDENTS: Final = (IncidentState.DRAFT, IncidentState.DISMISSED)


@dataclass(frozen=True, slots=True)
class Spread:
    """Times in seconds: how many, the median and the 90th percentile; None of no time."""

    count: int
    median: float | None
    ninetieth: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of some incidents in a period.

    Attributes:
        backlog: open ones by age, in the order of ``AGE_DAYS`` and then the older.
    """

    opened: int
    resolved: int
    backlog: tuple[int, ...]
    taking: Spread
    resolving: Spread

    @property
    def open_count(self) -> int:
        """Count the backlog."""
        return sum(self.backlog)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A part of the period: what was opened and resolved in it."""

    begins_at: datetime
    opened: int
    resolved: int


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of a period that ended at ``now``: as a whole, by its parts, and by groups.

    Attributes:
        groups: by category, model or number of the site; empty for none.
        case_count: how many were counted as opened, as resolved or as open.
    """

    now: datetime
    whole: Figures
    buckets: Sequence[Bucket]
    groups: Sequence[tuple[str, Figures]]
    case_count: int


_NO_TIMES: Final = Spread(0, None, None)
_NOTHING: Final = Figures(0, 0, (0,) * (len(AGE_DAYS) + 1), _NO_TIMES, _NO_TIMES)


@dataclass(frozen=True, slots=True)
class _Grouping:
    """What names the group of an incident, and what it is read from.

    Attributes:
        joins: what is read beside the incident, and what joins each.
        has_doubles: these may give an incident more than once for a group.
    """

    key: sa.ColumnElement[str]
    joins: Sequence[tuple[Any, sa.ColumnElement[bool]]] = ()
    conditions: Sequence[sa.ColumnElement[bool]] = ()
    has_doubles: bool = False

    def rows(self, condition: sa.ColumnElement[bool], *columns: Any) -> sa.Subquery:
        """Read some incidents without drafts, once for each of their groups, called ``key``."""
        query = sa.select(self.key.label("key"), *columns).select_from(Incident)
        for target, condition_of_join in self.joins:
            query = query.outerjoin(target, condition_of_join)
        query = query.where(condition, Incident.state.not_in(_NO_INCIDENTS), *self.conditions)
        return (query.add_columns(Incident.id).distinct() if self.has_doubles else query).subquery()


class _Seconds(FunctionElement[float]):
    """The seconds from its second moment to its first."""

    type = sa.Float()
    inherit_cache = True
    name = "seconds_between"


@compiles(_Seconds)
def _seconds_in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    later, earlier = (compiler.process(one, **options) for one in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({later} - {earlier})) AS DOUBLE PRECISION)"


@compiles(_Seconds, "sqlite")
def _seconds_in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    later, earlier = (compiler.process(one, **options) for one in element.clauses)
    # A day as a number is exact to some hundredths of a millisecond.
    return f"round((julianday({later}) - julianday({earlier})) * 86400.0, 3)"


def read_report(
    session: Session, group: str, since: datetime, now: datetime, part_days: int
) -> Report:
    """Compute all that the page of a period shows.

    Args:
        group: ``category``, ``model`` or ``site``.
    """
    whole = figures_by(session, "", since, now).get("", _NOTHING)
    return Report(
        now,
        whole,
        read_buckets(session, since, now, part_days),
        sorted(
            figures_by(session, group, since, now).items(),
            key=lambda pair: (-pair[1].opened, -pair[1].open_count, pair[0]),
        ),
        whole.opened + whole.resolved + whole.open_count,
    )


def figures_by(session: Session, group: str, since: datetime, now: datetime) -> dict[str, Figures]:
    """Compute the figures of each group in a period that ends now.

    Each is read by a range of an index of its own, so that it costs what it counts.

    Args:
        group: ``category``, ``model`` (an incident counts in each model of its assets), ``site``;
            empty for one group, named so, of all.
    """
    grouping = _grouping(group)
    opened = _count_opened(session, grouping, since, now)
    backlog = _count_backlog(session, grouping, now)
    taking = _read_spreads(session, grouping, Incident.taken_at, since, now)
    resolving = _read_spreads(session, grouping, Incident.resolved_at, since, now)
    return {
        key: Figures(
            opened.get(key, 0),
            resolving.get(key, _NO_TIMES).count,
            backlog.get(key, _NOTHING.backlog),
            taking.get(key, _NO_TIMES),
            resolving.get(key, _NO_TIMES),
        )
        for key in {**opened, **backlog, **taking, **resolving}
    }


def _count_opened(
    session: Session, grouping: _Grouping, since: datetime, now: datetime
) -> Mapping[str, int]:
    rows = grouping.rows(Incident.opened_at.between(since, now))
    query = sa.select(rows.c.key, sa.func.count()).group_by(rows.c.key)
    return {row.key: row[1] for row in session.execute(query)}


def _count_backlog(
    session: Session, grouping: _Grouping, now: datetime
) -> Mapping[str, tuple[int, ...]]:
    """Count the open ones of each age: of those at least so old, those that are no older."""
    rows = grouping.rows(Incident.is_open.is_(True), Incident.opened_at)
    query = sa.select(
        rows.c.key,
        sa.func.count(),
        *(
            sa.func.sum(sa.case((rows.c.opened_at <= now - timedelta(days=days), 1), else_=0))
            for days in AGE_DAYS
        ),
    ).group_by(rows.c.key)
    return {
        key: tuple(many - fewer for many, fewer in zip(old, (*old[1:], 0), strict=True))
        for key, *old in session.execute(query)
    }


def _read_spreads(
    session: Session, grouping: _Grouping, moment: Any, since: datetime, now: datetime
) -> Mapping[str, Spread]:
    """Give the median and the 90th percentile of the times from opened to a moment."""
    seconds = _Seconds(moment, Incident.opened_at).label("seconds")
    times = grouping.rows(moment.between(since, now), seconds)
    in_order = sa.select(
        times.c.key,
        times.c.seconds,
        sa.func.row_number()
        .over(partition_by=times.c.key, order_by=times.c.seconds)
        .label("place"),
        sa.func.count().over(partition_by=times.c.key).label("count"),
    ).subquery()
    place, count = in_order.c.place, in_order.c.count
    is_middle = place.in_([(count + 1) // 2, (count + 2) // 2])
    is_ninetieth = place == (count * 9 + 9) // 10
    query = (
        sa.select(
            in_order.c.key,
            sa.func.max(count),
            sa.func.avg(sa.case((is_middle, in_order.c.seconds))),
            sa.func.max(sa.case((is_ninetieth, in_order.c.seconds))),
        )
        .where(sa.or_(is_middle, is_ninetieth))
        .group_by(in_order.c.key)
    )
    return {key: Spread(*values) for key, *values in session.execute(query)}


def read_buckets(session: Session, since: datetime, now: datetime, days: int) -> list[Bucket]:
    """Count what was opened and resolved in each part of a period, the oldest first."""
    width = timedelta(days=days)
    count = max(math.ceil((now - since) / width), 1)
    opened, resolved = (
        _count_parts(session, moment, [since + number * width for number in range(count)], now)
        for moment in (Incident.opened_at, Incident.resolved_at)
    )
    return [
        Bucket(since + number * width, opened.get(number, 0), resolved.get(number, 0))
        for number in range(count)
    ]


def _count_parts(
    session: Session, moment: Any, begins: Sequence[datetime], now: datetime
) -> Mapping[int, int]:
    """Count the moments between one beginning and the next, each by a range of the index."""
    ends = [*begins[1:], now]
    parts = [
        sa.select(sa.literal(number).label("number"), sa.func.count())
        .where(
            moment >= begin,
            moment <= end if number == len(begins) - 1 else moment < end,
            Incident.state.not_in(_NO_INCIDENTS),
        )
        .select_from(Incident)
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True))
    ]
    return {row.number: row[1] for row in session.execute(sa.union_all(*parts))}


def _grouping(group: str) -> _Grouping:
    if group == "category":
        return _Grouping(sa.type_coerce(Incident.category, sa.String))
    if group == "model":
        return _by_model()
    if group == "site":
        sites = _sites()
        return _Grouping(
            sa.func.coalesce(sa.cast(sites.c.site_id, sa.String), ""),
            joins=[(sites, sites.c.location_id == Incident.location_id)],
        )
    return _Grouping(sa.literal("", sa.String))


def _by_model() -> _Grouping:
    """Group by the models of the assets; an incident without any is in a group of its own."""
    asked, asset = aliased(IncidentAsset), aliased(Asset)
    has_model = (
        sa.exists()
        .where(asked.incident_id == Incident.id, asset.id == asked.asset_id)
        .where(asset.model_name.is_not(None))
    )
    return _Grouping(
        sa.func.coalesce(Asset.model_name, ""),
        joins=[
            (IncidentAsset, IncidentAsset.incident_id == Incident.id),
            (Asset, Asset.id == IncidentAsset.asset_id),
        ],
        conditions=(sa.or_(Asset.model_name.is_not(None), ~has_model),),
        has_doubles=True,
    )


def _sites() -> sa.CTE:
    """Give the site of every place."""
    sites = (
        sa.select(Location.id.label("location_id"), Location.id.label("site_id"))
        .where(Location.parent_id.is_(None))
        .cte("sites", recursive=True)
    )
    return sites.union_all(
        sa.select(Location.id, sites.c.site_id).join(
            sites, Location.parent_id == sites.c.location_id
        )
    )
