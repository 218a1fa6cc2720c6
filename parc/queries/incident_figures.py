"""What the indicators of incidents are made of, each by its definition.

- *Opened*: opened in the period; drafts and what became of dismissed ones do not count.
- *Resolved*: resolved in the period, and not opened again since.
- *Backlog*: open at this moment, by the time since it was opened.
- *Take-in-charge time*: from opened to first taken in charge or planned, of those taken then.
- *Resolution time*: from opened to resolved, of those resolved in the period, waiting included.

The median is the middle value, or the mean of both middle ones; the 90th percentile is the smallest
value that at least nine of ten do not exceed (nearest rank).

The database gives the times in whole seconds as one list, which is put in order and in groups here:
in a fifth of the time that it takes for that itself.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import FunctionElement

from parc.models import Asset, Incident, IncidentAsset, IncidentCategory, IncidentState, Location

# What the worker and the page make figures of: the days of a period with those of its parts, and
# what tells groups.
PERIODS: Final[Mapping[int, int]] = {28: 7, 91: 7, 364: 28}
GROUPS: Final = ("category", "model", "site")
# Upper bounds of the ages of the backlog, in days; the last group is older.
AGE_DAYS: Final = (1, 7, 30)
_IS_REAL: Final = (Incident.state.not_in((IncidentState.DRAFT, IncidentState.DISMISSED)),)


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


@dataclass(frozen=True, slots=True)
class _Grouping:
    """What tells the groups of an incident: a column, and the groups of each of its values."""

    key: sa.ColumnElement[Any]
    groups: Mapping[Any, Sequence[str]]


@dataclass(frozen=True, slots=True)
class _Cases:
    """What a figure counts: of each incident what tells its groups, and a time or an age."""

    keys: Sequence[Any]
    numbers: Sequence[int]

    def by_group(self, groups: Mapping[Any, Sequence[str]]) -> Mapping[str, Sequence[int]]:
        """Give the numbers of each group; that of incidents without any is called by no name."""
        found: dict[str, list[int]] = defaultdict(list)
        groups_of, nowhere = groups.get, ("",)
        for key, number in zip(self.keys, self.numbers, strict=True):
            for group in groups_of(key, nowhere):
                found[group].append(number)
        return found


class _Seconds(FunctionElement[int]):
    """The whole seconds from its second moment to its first."""

    type = sa.Integer()
    inherit_cache = True
    name = "seconds_between"


@compiles(_Seconds)
def _seconds_in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    later, earlier = (compiler.process(one, **options) for one in element.clauses)
    return f"CAST(EXTRACT(EPOCH FROM ({later} - {earlier})) AS BIGINT)"


@compiles(_Seconds, "sqlite")
def _seconds_in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    later, earlier = (compiler.process(one, **options) for one in element.clauses)
    # A day as a number is exact to some hundredths of a millisecond.
    return f"CAST(round((julianday({later}) - julianday({earlier})) * 86400.0) AS INTEGER)"


class _Listed(FunctionElement[list[Any]]):
    """All values as one text: far less work than as many rows."""

    type = sa.JSON()
    inherit_cache = True
    name = "listed"


@compiles(_Listed)
def _listed_in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"json_agg({compiler.process(element.clauses, **options)})"


@compiles(_Listed, "sqlite")
def _listed_in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"json_group_array({compiler.process(element.clauses, **options)})"


def read_report(
    session: Session, group: str, since: datetime, now: datetime, part_days: int
) -> Report:
    """Compute all that the page of a period shows.

    Args:
        group: ``category``, ``model`` (an incident counts in each model of its assets) or ``site``.
    """
    grouping = _grouping(session, group, since, now)
    cases = _read_cases(session, grouping.key, since, now)
    whole = _figures(*(one.numbers for one in cases))
    told = [one.by_group(grouping.groups) for one in cases]
    groups = [(key, _figures(*(one.get(key, ()) for one in told))) for key in set().union(*told)]
    return Report(
        now,
        whole,
        read_buckets(session, since, now, part_days),
        sorted(groups, key=lambda pair: (-pair[1].opened, -pair[1].open_count, pair[0])),
        whole.opened + whole.resolved + whole.open_count,
    )


def _read_cases(
    session: Session, key: sa.ColumnElement[Any], since: datetime, now: datetime
) -> tuple[_Cases, _Cases, _Cases, _Cases]:
    """Read what was opened, what is open by its age, what was taken and what was resolved.

    Each by a range of an index that holds all it needs, so that it costs what it counts.
    """
    opened_at, taken_at, resolved_at = Incident.opened_at, Incident.taken_at, Incident.resolved_at
    age = sa.case(
        *(
            (opened_at > now - timedelta(days=days), sa.literal_column(str(number)))
            for number, days in enumerate(AGE_DAYS)
        ),
        else_=sa.literal_column(str(len(AGE_DAYS))),
    )
    return (
        _read_listed(session, key, sa.literal_column("0"), opened_at.between(since, now)),
        _read_listed(session, key, age, Incident.is_open.is_(True)),
        _read_listed(session, key, _Seconds(taken_at, opened_at), taken_at.between(since, now)),
        _read_listed(
            session, key, _Seconds(resolved_at, opened_at), resolved_at.between(since, now)
        ),
    )


def _read_listed(
    session: Session,
    key: sa.ColumnElement[Any],
    number: sa.ColumnElement[int],
    condition: sa.ColumnElement[bool],
) -> _Cases:
    query = sa.select(_Listed(key), _Listed(number)).select_from(Incident)
    keys, numbers = session.execute(query.where(condition, *_IS_REAL)).one()
    return _Cases(keys or [], numbers or [])


def _figures(
    opened: Sequence[int], ages: Sequence[int], taking: Sequence[int], resolving: Sequence[int]
) -> Figures:
    backlog = tuple(ages.count(number) for number in range(len(AGE_DAYS) + 1))
    return Figures(len(opened), len(resolving), backlog, _spread(taking), _spread(resolving))


def _spread(seconds: Sequence[int]) -> Spread:
    """Give the median and the 90th percentile of times."""
    if not seconds:
        return Spread(0, None, None)
    rising, count = sorted(seconds), len(seconds)
    median = (rising[(count - 1) // 2] + rising[count // 2]) / 2
    return Spread(count, median, rising[(count * 9 + 9) // 10 - 1])


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
            *_IS_REAL,
        )
        .select_from(Incident)
        for number, (begin, end) in enumerate(zip(begins, ends, strict=True))
    ]
    return {row.number: row[1] for row in session.execute(sa.union_all(*parts))}


def _grouping(session: Session, group: str, since: datetime, now: datetime) -> _Grouping:
    if group == "category":
        categories = {one.value: (one.value,) for one in IncidentCategory}
        return _Grouping(sa.type_coerce(Incident.category, sa.String), categories)
    if group == "site":
        return _Grouping(sa.type_coerce(Incident.location_id, sa.Integer), _sites(session))
    return _Grouping(sa.type_coerce(Incident.id, sa.Integer), _models(session, since, now))


def _models(session: Session, since: datetime, now: datetime) -> Mapping[int, Sequence[str]]:
    """Give the models of each incident that counts in a period and whose assets have any."""
    counted = (
        Incident.opened_at.between(since, now),
        Incident.taken_at.between(since, now),
        Incident.resolved_at.between(since, now),
        Incident.is_open.is_(True),
    )
    ids = sa.union(*(sa.select(Incident.id).where(one, *_IS_REAL) for one in counted))
    query = (
        sa.select(_Listed(IncidentAsset.incident_id), _Listed(Asset.model_name))
        .join(Asset, Asset.id == IncidentAsset.asset_id)
        .where(Asset.model_name.is_not(None), IncidentAsset.incident_id.in_(ids))
    )
    numbers, names = session.execute(query).one()
    alone = {name: (name,) for name in names or ()}
    found: dict[int, tuple[str, ...]] = {}
    for number, name in zip(numbers or (), names or (), strict=True):
        known = found.setdefault(number, alone[name])
        if name not in known:
            found[number] = (*known, name)
    return found


def _sites(session: Session) -> dict[int | None, tuple[str]]:
    """Give the number of the site of every place."""
    sites = (
        sa.select(Location.id.label("location_id"), Location.id.label("site_id"))
        .where(Location.parent_id.is_(None))
        .cte("sites", recursive=True)
    )
    sites = sites.union_all(
        sa.select(Location.id, sites.c.site_id).join(
            sites, Location.parent_id == sites.c.location_id
        )
    )
    rows = session.execute(sa.select(sites.c.location_id, sites.c.site_id))
    return {place: (str(site),) for place, site in rows}
