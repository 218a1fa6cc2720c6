"""Each indicator of incidents, computed by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from flask import Flask

from parc.extensions import db, transaction
from parc.models import Incident, IncidentState
from parc.queries.incident_figures import (
    Case,
    Spread,
    buckets_of,
    category_keys,
    figures_of,
    grouped,
    model_keys,
    models_of,
    read_cases,
    site_keys,
    spread_of,
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


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def case(
    number: int, opened: float, taken: float | None = None, resolved: float | None = None
) -> Case:
    """An incident by how many days ago each moment was; not resolved: open."""
    return Case(
        number,
        ago(opened),
        None if taken is None else ago(taken),
        None if resolved is None else ago(resolved),
        resolved is None,
        "hardware" if number % 2 else "software",
        None,
    )


# Opened in the period: 1, 2, 3, 4. Resolved in it: 2, 3, 5. Open: 1 (half a day), 4 (3 days),
# 6 (40 days) and 7 (10 days, whose opening lies in the period, too).
CASES = [
    case(1, 0.5),
    case(2, 10, 9.5, 8),
    case(3, 20, 19, 10),
    case(4, 3, 2),
    case(5, 60, 59, 5),
    case(6, 40, 1),
    case(7, 10),
]


def test_figures_are_those_computed_by_hand() -> None:
    found = figures_of(CASES, SINCE, NOW)
    assert (found.opened, found.resolved, found.open_count) == (5, 3, 4)
    assert found.backlog == (1, 1, 1, 1)
    # Taken in the period: 2 after 12 h, 3 after 24 h, 4 after 24 h, 6 after 39 days; 5 was before.
    assert found.taking == Spread(4, 24 * HOUR, 39 * 24 * HOUR)
    # Resolved: 2 after 2 days, 3 after 10, 5 after 55.
    assert found.resolving == Spread(3, 10 * 24 * HOUR, 55 * 24 * HOUR)


@pytest.mark.parametrize(
    ("seconds", "median", "ninetieth"),
    [
        ([], None, None),
        ([5], 5, 5),
        ([1, 3], 2, 3),
        ([9, 1, 5], 5, 9),
        (list(range(1, 11)), 5.5, 9),
        (list(range(1, 12)), 6, 10),
    ],
)
def test_median_and_ninetieth_percentile(
    seconds: list[float], median: float | None, ninetieth: float | None
) -> None:
    assert spread_of(seconds) == Spread(len(seconds), median, ninetieth)


def test_parts_of_the_period_hold_what_was_opened_and_resolved_in_them() -> None:
    found = buckets_of(CASES, SINCE, NOW, 7)
    assert [one.begins_at for one in found] == [ago(28), ago(21), ago(14), ago(7)]
    assert [(one.opened, one.resolved) for one in found] == [(0, 0), (1, 0), (2, 2), (2, 1)]


def test_groups_have_the_figures_of_their_incidents() -> None:
    found = dict(grouped(CASES, category_keys, SINCE, NOW))
    assert {key: one.opened for key, one in found.items()} == {"hardware": 3, "software": 2}
    assert {key: one.resolved for key, one in found.items()} == {"hardware": 2, "software": 1}
    models = {1: {"X1", "M4"}, 2: {"X1"}}
    names = {key: one.opened for key, one in grouped(CASES, model_keys(models), SINCE, NOW)}
    assert names == {"": 3, "X1": 2, "M4": 1}


def test_cases_are_read_with_their_models_and_sites(app: Flask) -> None:
    del app
    with transaction() as session:
        room = create_path(session, SOME_PERSON, "Lyon > A > 1", at=NOW).id
        asset = make_asset(session, model_name="X1", location_id=room)
        values = IncidentInput("a", asset_ids=[asset.id])
        recent = open_incident(session, SOME_PERSON, values, at=ago(1)).id
        old = open_incident(session, SOME_PERSON, IncidentInput("b"), at=ago(90)).id
        gone = open_incident(session, SOME_PERSON, IncidentInput("c"), at=ago(91))
        gone.state, gone.is_open, gone.resolved_at = IncidentState.CLOSED, False, ago(89)
        make_draft(session)
    session = db.session()
    cases = read_cases(session, SINCE)
    assert {one.id for one in cases} == {recent, old}
    assert models_of(session, SINCE) == {recent: {"X1"}}
    places = read_places(session)
    found = {key: one.open_count for key, one in grouped(cases, site_keys(places), SINCE, NOW)}
    site = places.by_id[room].site_id
    assert found == {str(site): 1, "": 1}
    assert db.session.get(Incident, old) is not None
