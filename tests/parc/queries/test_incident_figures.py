"""Each indicator of incidents, computed by hand, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask

from parc.extensions import db, transaction
from parc.models import IncidentCategory, IncidentState
from parc.queries.incident_figures import (
    Figures,
    Spread,
    read_buckets,
    read_report,
)
from parc.queries.locations import read_places
from parc.services.incident_values import IncidentInput
from parc.services.incidents import open_incident
from parc.services.places import create_path
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset
from tests.parc.services.test_incidents import make_draft

NOW = SOME_MOMENT
SINCE = NOW - timedelta(days=28)
HOUR = 3_600.0

# Days ago: opened, taken, resolved. Opened in the period: 1, 2, 3, 4, 7. Resolved in it: 2, 3, 5.
# Open: 1 (half a day), 4 (3 days), 7 (10 days, whose opening lies in the period, too), 6 (40 days).
CASES: tuple[tuple[float, float | None, float | None], ...] = (
    (0.5, None, None),
    (10, 9.5, 8),
    (20, 19, 10),
    (3, 2, None),
    (60, 59, 5),
    (40, 1, None),
    (10, None, None),
)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def add_case(
    opened: float, taken: float | None = None, resolved: float | None = None, **values: object
) -> int:
    """Add an incident by how many days ago each moment was; not resolved: open."""
    with transaction() as session:
        row = open_incident(session, SOME_PERSON, IncidentInput("x"), at=ago(opened))
        row.taken_at = None if taken is None else ago(taken)
        if resolved is not None:
            row.resolved_at, row.state, row.is_open = ago(resolved), IncidentState.CLOSED, False
        for name, value in values.items():
            setattr(row, name, value)
        return row.id


def add_cases() -> None:
    categories = (IncidentCategory.HARDWARE, IncidentCategory.SOFTWARE)
    for number, moments in enumerate(CASES):
        add_case(*moments, category=categories[number % 2])
    with transaction() as session:
        make_draft(session)
    add_case(1, 1, 1, state=IncidentState.DISMISSED)


def figures() -> Figures:
    return read_report(db.session(), "category", SINCE, NOW, 7).whole


def figures_by(group: str) -> dict[str, Figures]:
    return dict(read_report(db.session(), group, SINCE, NOW, 7).groups)


def test_figures_are_those_computed_by_hand(app: Flask) -> None:
    del app
    add_cases()
    found = figures()
    assert (found.opened, found.resolved, found.open_count) == (5, 3, 4)
    assert found.backlog == (1, 1, 1, 1)
    # Taken in the period: 2 after 12 h, 3 after 24 h, 4 after 24 h, 6 after 39 days; 5 was before.
    assert found.taking == Spread(4, 24 * HOUR, 39 * 24 * HOUR)
    # Resolved: 2 after 2 days, 3 after 10, 5 after 55.
    assert found.resolving == Spread(3, 10 * 24 * HOUR, 55 * 24 * HOUR)


@pytest.mark.parametrize(
    ("seconds", "median", "ninetieth"),
    [
        ([5], 5, 5),
        ([1, 3], 2, 3),
        ([9, 1, 5], 5, 9),
        ([0, 1], 0.5, 1),
        (range(1, 11), 5.5, 9),
        (range(1, 12), 6, 10),
    ],
)
def test_median_and_ninetieth_percentile(
    app: Flask, seconds: list[int], median: float, ninetieth: float
) -> None:
    del app
    for one in seconds:
        add_case(3, None, 3 - one / 86_400)
    found = figures()
    assert found.resolving == Spread(len(seconds), median, ninetieth)
    assert found.taking == Spread(0, None, None)


def test_bounds_of_ages_and_of_the_period_are_where_they_are_said_to_be(app: Flask) -> None:
    del app
    second = 1 / 86_400
    for days in (0, 1 - second, 1, 7 - second, 7, 30 - second, 30, 31):
        add_case(days)
    for days in (28 + second, 28):
        add_case(50, 50, days)
    found = figures()
    assert found.backlog == (2, 2, 2, 2)
    assert (found.opened, found.resolved) == (5, 1)


def test_parts_of_the_period_hold_what_was_opened_and_resolved_in_them(app: Flask) -> None:
    del app
    add_cases()
    found = read_buckets(db.session(), SINCE, NOW, 7)
    assert [one.begins_at for one in found] == [ago(28), ago(21), ago(14), ago(7)]
    assert [(one.opened, one.resolved) for one in found] == [(0, 0), (1, 0), (2, 2), (2, 1)]


def test_moment_on_a_bound_counts_in_the_part_that_it_begins(app: Flask) -> None:
    del app
    for days in (28, 21, 0):
        add_case(days)
    found = read_buckets(db.session(), SINCE, NOW, 7)
    assert [one.opened for one in found] == [1, 1, 0, 1]


def test_groups_have_the_figures_of_their_incidents(app: Flask) -> None:
    del app
    add_cases()
    found = figures_by("category")
    # Hardware: 1, 3, 5, 7. Software: 2, 4, 6.
    assert {key: one.opened for key, one in found.items()} == {"hardware": 3, "software": 2}
    assert {key: one.resolved for key, one in found.items()} == {"hardware": 2, "software": 1}
    assert found["hardware"].backlog == (1, 0, 1, 0)
    assert found["hardware"].taking == Spread(1, 24 * HOUR, 24 * HOUR)
    assert found["hardware"].resolving == Spread(2, 32.5 * 24 * HOUR, 55 * 24 * HOUR)
    assert found["software"].taking == Spread(3, 24 * HOUR, 39 * 24 * HOUR)


def test_incident_counts_once_in_each_model_and_in_its_site(app: Flask) -> None:
    del app
    with transaction() as session:
        room = create_path(session, SOME_PERSON, "Lyon > A > 1", at=NOW).id
        kinds = ("X1", "X1", "M4", None)
        assets = [make_asset(session, model_name=kind, location_id=room).id for kind in kinds]
        open_incident(session, SOME_PERSON, IncidentInput("a", asset_ids=assets), at=ago(1))
        no_model = IncidentInput("b", asset_ids=assets[3:])
        open_incident(session, SOME_PERSON, no_model, at=ago(90))
        open_incident(session, SOME_PERSON, IncidentInput("c"), at=ago(90))
    add_case(91, None, 89)
    session = db.session()
    by_model = figures_by("model")
    assert {key: one.open_count for key, one in by_model.items()} == {"X1": 1, "M4": 1, "": 2}
    site = read_places(session).by_id[room].site_id
    by_site = figures_by("site")
    assert {key: one.open_count for key, one in by_site.items()} == {str(site): 2, "": 1}
    report = read_report(session, "model", SINCE, NOW, 7)
    assert [key for key, _ in report.groups] == ["M4", "X1", ""]
    assert (report.case_count, report.whole.open_count) == (4, 3)


def test_report_of_no_incident_is_one_of_nothing(app: Flask) -> None:
    del app
    report = read_report(db.session(), "site", SINCE, NOW, 7)
    assert report.whole == Figures(0, 0, (0, 0, 0, 0), Spread(0, None, None), Spread(0, None, None))
    assert (report.case_count, list(report.groups)) == (0, [])
