"""Tests of the contracts drawn over 18 months, and of their dates as a calendar."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask

from parc.extensions import db, transaction
from parc.models import Role
from parc.queries.contracts import terms_of
from parc.services.contracts import give_notice
from parc.web.context import today
from parc.web.contract_timeline import Scale, draw, follows
from tests.conftest import SOME_MOMENT
from tests.contract_world import make_contract, make_supplier
from tests.factories import SOME_PERSON
from tests.statements import statements
from tests.web import Browser

FIRST = date(2026, 11, 1)
ENGLISH = {"Accept-Language": "en"}


def _make(starts_on: str, **values: Any) -> Any:
    """Give a contract of a year, as it stood on 23 November 2026, and its terms."""
    with transaction() as session:
        row = make_contract(session, starts_on=starts_on, initial_months="12", **values)
        number = row.id
    return row, terms_of(db.session(), [number], FIRST)[number]


def test_days_stand_by_their_month() -> None:
    scale = Scale(FIRST)
    assert scale.last == date(2028, 4, 30)
    assert [scale.at(day) for day in (FIRST, date(2026, 11, 16), date(2026, 12, 1))] == [0, 9, 18]
    assert scale.at(date(2020, 1, 1)) == 0
    assert scale.at(date(2030, 1, 1)) == 324


def test_terms_the_time_for_notice_and_what_follows_are_drawn(app: Flask) -> None:
    tacit = {"renewal": "tacit", "renewal_months": "12", "notice_count": "3"}
    with app.test_request_context(headers=ENGLISH):
        row, terms = _make("2026-04-01", **tacit)
        drawn = draw(row, terms, Scale(FIRST))
    # From November 2026 to March 2027, then April 2027 to March 2028, then to April 2028.
    for part in (
        '<rect class="term" x="0.0" y="5" width="90.0" height="8"/>',
        '<rect class="term next" x="90.0" y="5" width="216.0" height="8"/>',
        '<rect class="term next" x="306.0" y="5" width="18.0" height="8"/>',
    ):
        assert part in drawn
    # Last days to give notice: 31 December 2026 and 2027; the next is seen by its 90 days only.
    assert drawn.count('class="last"') == 2
    assert drawn.count('class="end"') == 2
    assert follows(row, terms, date(2026, 11, 23)) == "renews itself for 12 months"


@pytest.mark.parametrize(
    ("values", "day", "text"),
    [
        ({"renewal": "none"}, date(2026, 11, 23), "ends"),
        ({"renewal": "express"}, date(2026, 11, 23), "ends, unless it is renewed"),
        ({"renewal": "none"}, date(2028, 1, 1), "ended"),
        (
            {"renewal": "tacit", "renewal_months": "1", "notice_count": "1"},
            date(2027, 3, 15),
            "renews itself for 1 month, too late to stop",
        ),
    ],
)
def test_what_follows_is_said(app: Flask, values: dict[str, str], day: date, text: str) -> None:
    with app.test_request_context(headers=ENGLISH):
        row, terms = _make("2026-04-01", **values)
        assert follows(row, terms, day) == text


def test_after_notice_nothing_is_drawn_beyond_the_end(app: Flask) -> None:
    with app.test_request_context(headers=ENGLISH):
        row, _terms = _make("2026-04-01", renewal="tacit", renewal_months="12", notice_count="3")
        with transaction() as session:
            row = give_notice(session, SOME_PERSON, row.id, given_on="2026-11-20", now=SOME_MOMENT)
            terms = terms_of(session, [row.id], FIRST)[row.id]
            drawn = draw(row, terms, Scale(FIRST))
        assert "next" not in drawn
        assert "last" not in drawn


def test_page_shows_rows_with_few_statements_and_hostile_names_as_texts(app: Flask) -> None:
    browser = Browser(app, Role.READ_ONLY)
    first = today()
    with transaction() as session:
        supplier = make_supplier(session).id
        for _number in range(30):
            make_contract(
                session,
                supplier_id=supplier,
                name="<script>x</script>",
                starts_on=first.isoformat(),
                today=first,
            )
    with statements() as asked:
        answer = browser.get("/contracts/timeline")
    assert len(asked) <= 14
    assert answer.status_code == 200
    assert answer.text.count('<svg class="terms"') == 30
    assert "<script>x" not in answer.text
    assert len(answer.data) < 60_000
    assert browser.get("/contracts/timeline?month=1").status_code == 422


def test_calendar_holds_the_dates_to_come_and_no_line_that_a_name_begins(app: Flask) -> None:
    browser = Browser(app, Role.READ_ONLY)
    name = "Été; imprimantes, \\ " + "é" * 60
    with transaction() as session:
        make_contract(
            session,
            name=name,
            starts_on=f"{today().year + 1}-01-01",
            today=today(),
            renewal="tacit",
            renewal_months="12",
            notice_count="3",
        )
        make_contract(session, name="Old", starts_on="2001-01-01", renewal="none")
    answer = browser.get("/contracts/export.ics")
    assert answer.mimetype == "text/calendar"
    lines = answer.data.split(b"\r\n")
    assert max(map(len, lines)) <= 75
    whole = answer.data.replace(b"\r\n ", b"").decode()
    year = today().year + 1
    assert f"DTSTART;VALUE=DATE:{year}0930" in whole
    assert f"DTSTART;VALUE=DATE:{year}1231" in whole
    assert "Été\\; imprimantes\\, \\\\ ééé" in whole
    assert "Old" not in whole
    assert whole.count("BEGIN:VEVENT") == whole.count("END:VEVENT") == 2
