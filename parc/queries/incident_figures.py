"""What the indicators of incidents are made of, each by its definition.

- *Opened*: opened in the period; drafts and what became of dismissed ones do not count.
- *Resolved*: resolved in the period, and not opened again since.
- *Backlog*: open at this moment, by the time since it was opened.
- *Take-in-charge time*: from opened to first taken in charge or planned, of those taken then.
- *Resolution time*: from opened to resolved, of those resolved in the period, waiting included.

The median is the middle value, or the mean of both middle ones; the 90th percentile is the smallest
value that at least nine of ten do not exceed (nearest rank).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Asset, Incident, IncidentAsset, IncidentState
from parc.queries.locations import Places, read_places

# Upper bounds of the ages of the backlog, in days; the last group is older.
AGE_DAYS: Final = (1, 7, 30)
_NO_INCIDENTS: Final = (IncidentState.DRAFT, IncidentState.DISMISSED)
_PERCENT: Final = 100


@dataclass(frozen=True, slots=True)
class Case:
    """One incident, as far as figures need it."""

    id: int
    opened_at: datetime
    taken_at: datetime | None
    resolved_at: datetime | None
    is_open: bool
    category: str
    location_id: int | None


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
        case_count: of how many incidents it is made.
    """

    now: datetime
    whole: Figures
    buckets: Sequence[Bucket]
    groups: Sequence[tuple[str, Figures]]
    case_count: int


def read_report(
    session: Session, group: str, since: datetime, now: datetime, part_days: int
) -> Report:
    """Read the cases of a period and compute all that its page shows.

    Args:
        group: ``category``, ``model`` or ``site``.
    """
    cases = read_cases(session, since)
    keys: Callable[[Case], Iterable[str]]
    if group == "category":
        keys = category_keys
    elif group == "site":
        keys = site_keys(read_places(session))
    else:
        keys = model_keys(models_of(session, since))
    return Report(
        now,
        figures_of(cases, since, now),
        buckets_of(cases, since, now, part_days),
        grouped(cases, keys, since, now),
        len(cases),
    )


def read_cases(session: Session, since: datetime) -> list[Case]:
    """Read what was opened, taken or resolved since a moment, and what is open."""
    query = sa.select(
        Incident.id,
        Incident.opened_at,
        Incident.taken_at,
        Incident.resolved_at,
        Incident.is_open,
        sa.type_coerce(Incident.category, sa.String),
        Incident.location_id,
    ).where(
        Incident.state.not_in(_NO_INCIDENTS),
        sa.or_(
            Incident.is_open.is_(True),
            Incident.opened_at >= since,
            Incident.resolved_at >= since,
        ),
    )
    return [Case(*row) for row in session.execute(query)]


def models_of(session: Session, since: datetime) -> dict[int, set[str]]:
    """Give the models of the assets of the same incidents."""
    query = (
        sa.select(IncidentAsset.incident_id, Asset.model_name)
        .join(Asset, Asset.id == IncidentAsset.asset_id)
        .join(Incident, Incident.id == IncidentAsset.incident_id)
        .where(
            Asset.model_name.is_not(None),
            Incident.state.not_in(_NO_INCIDENTS),
            sa.or_(
                Incident.is_open.is_(True),
                Incident.opened_at >= since,
                Incident.resolved_at >= since,
            ),
        )
    )
    found: dict[int, set[str]] = defaultdict(set)
    for incident_id, model in session.execute(query):
        found[incident_id].add(model or "")
    return found


def figures_of(cases: Iterable[Case], since: datetime, now: datetime) -> Figures:
    """Compute the figures of a period that ends now."""
    opened = resolved = 0
    backlog = [0] * (len(AGE_DAYS) + 1)
    taking: list[float] = []
    resolving: list[float] = []
    for case in cases:
        opened += since <= case.opened_at <= now
        if case.is_open:
            backlog[_age_of(now - case.opened_at)] += 1
        if case.taken_at is not None and since <= case.taken_at <= now:
            taking.append((case.taken_at - case.opened_at).total_seconds())
        if case.resolved_at is not None and since <= case.resolved_at <= now:
            resolved += 1
            resolving.append((case.resolved_at - case.opened_at).total_seconds())
    return Figures(opened, resolved, tuple(backlog), spread_of(taking), spread_of(resolving))


def spread_of(seconds: Sequence[float]) -> Spread:
    """Give the median and the 90th percentile of times."""
    ordered = sorted(seconds)
    count = len(ordered)
    if not count:
        return Spread(0, None, None)
    middle = ordered[count // 2]
    if count % 2 == 0:
        middle = (ordered[count // 2 - 1] + middle) / 2
    return Spread(count, middle, ordered[math.ceil(count * 90 / _PERCENT) - 1])


def buckets_of(cases: Iterable[Case], since: datetime, now: datetime, days: int) -> list[Bucket]:
    """Count what was opened and resolved in each part of a period, the oldest first."""
    width = timedelta(days=days)
    count = max(math.ceil((now - since) / width), 1)
    opened, resolved = [0] * count, [0] * count
    for case in cases:
        for moment, counts in ((case.opened_at, opened), (case.resolved_at, resolved)):
            if moment is not None and since <= moment <= now:
                counts[min(int((moment - since) / width), count - 1)] += 1
    return [
        Bucket(since + number * width, opened[number], resolved[number]) for number in range(count)
    ]


def grouped(
    cases: Iterable[Case],
    keys_of: Callable[[Case], Iterable[str]],
    since: datetime,
    now: datetime,
) -> list[tuple[str, Figures]]:
    """Compute the figures of each group, those with the most opened first.

    Args:
        keys_of: the groups of an incident; it counts in each of them.
    """
    parts: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        for key in keys_of(case):
            parts[key].append(case)
    found = [(key, figures_of(some, since, now)) for key, some in parts.items()]
    return sorted(found, key=lambda pair: (-pair[1].opened, -pair[1].open_count, pair[0]))


def site_keys(places: Places) -> Callable[[Case], list[str]]:
    """Group by the site of the place; without a place, by nothing."""

    def keys(case: Case) -> list[str]:
        place = places.by_id.get(case.location_id) if case.location_id is not None else None
        return [str(place.site_id)] if place else [""]

    return keys


def model_keys(models: Mapping[int, set[str]]) -> Callable[[Case], list[str]]:
    """Group by the models of the assets; without one, by nothing."""

    def keys(case: Case) -> list[str]:
        return sorted(models.get(case.id, ())) or [""]

    return keys


def category_keys(case: Case) -> list[Any]:
    """Group by the category."""
    return [case.category]


def _age_of(age: timedelta) -> int:
    return sum(age >= timedelta(days=days) for days in AGE_DAYS)
