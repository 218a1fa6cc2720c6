"""Paging visits every row exactly once, whatever the column holds, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from parc.extensions import db, transaction
from parc.models import Asset
from parc.queries.assets import COLUMNS, SORTS, AssetFilter, Lookup, export_page
from parc.queries.facets import FacetSnapshot
from parc.queries.keyset import Cursor, CursorError, Order, Page, read_token, write_token
from parc.queries.locations import Places
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset

ROWS = 23
NO_LOOKUP = Lookup(FacetSnapshot({}, 0, Places({})), SOME_MOMENT)


@pytest.fixture
def stored(app: Flask) -> Flask:
    """Rows with equal values, values that differ, accents, capitals, and none at all."""
    with transaction() as session:
        for number in range(ROWS):
            is_empty = number % 5 == 0
            make_asset(
                session,
                person_fields=(),
                name=["a", "B", "é", "a"][number % 4],
                manufacturer=None if is_empty else ["Cisco", "HP", ""][number % 3],
                serial_number=None if is_empty else f"S{number // 2}",
                model_name=None,
                software_revision="17.3",
                primary_address=None if is_empty else f"192.0.2.{number}",
                last_seen_at=None if is_empty else SOME_MOMENT - timedelta(days=number // 3),
            )
    return app


def _read(order: Order, cursor: Cursor | None, size: int) -> Page:
    session = db.session()
    return export_page(session, AssetFilter(), order, cursor, size, list(COLUMNS), NO_LOOKUP)


@pytest.mark.parametrize("is_descending", [False, True])
@pytest.mark.usefixtures("stored")
def test_every_sort_visits_each_row_once_forward_and_back(is_descending: bool) -> None:  # noqa: FBT001 -- a parameter
    for name, sort in SORTS.items():
        order = Order(sort, Asset.id, is_descending)
        for size in (1, 4, ROWS, ROWS + 1):
            forward, pages = [], []
            page = _read(order, None, size)
            assert page.previous is None
            while True:
                forward += [row.id for row in page.rows]
                pages.append([row.id for row in page.rows])
                if page.next is None:
                    break
                token = write_token(page.next)
                page = _read(order, read_token(token, sort, is_backward=False), size)
            assert len(forward) == len(set(forward)) == ROWS, (name, size)
            while page.previous is not None:
                pages.pop()
                token = write_token(page.previous)
                page = _read(order, read_token(token, sort, is_backward=True), size)
                assert [row.id for row in page.rows] == pages[-1], (name, size)
            assert len(pages) == 1


@pytest.mark.usefixtures("stored")
def test_rows_without_a_value_come_last_in_both_directions() -> None:
    for is_descending in (False, True):
        rows = _read(Order(SORTS["serial_number"], Asset.id, is_descending), None, ROWS).rows
        values = [row.serial_number for row in rows]
        empty = values.count(None)
        assert values[-empty:] == [None] * empty
        assert None not in values[:-empty]


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "é",
        "bnVsbA",  # null
        "WzEsMl0",  # [1,2]: a number where text belongs
        "WyJhIiwiYiJd",  # ["a","b"]
        "WyJhIix0cnVlXQ",  # ["a",true]
        "WyJhXHUwMDAwIiwxXQ",  # a NUL
        "W251bGwsMV0",  # null where none can be
        "' OR 1=1 --",
        "A" * 5000,
    ],
)
def test_token_that_was_never_given_out_is_refused(token: str) -> None:
    with pytest.raises(CursorError):
        read_token(token, SORTS["name"], is_backward=False)


def test_moment_in_a_token_needs_its_zone() -> None:
    naive = write_token(Cursor("2026-11-23T09:30:00", 1))
    with pytest.raises(CursorError):
        read_token(naive, SORTS["created_at"], is_backward=False)
    words = write_token(Cursor("yesterday", 1))
    with pytest.raises(CursorError):
        read_token(words, SORTS["created_at"], is_backward=False)
    there = write_token(Cursor(SOME_MOMENT, 7))
    assert read_token(there, SORTS["created_at"], is_backward=False) == Cursor(SOME_MOMENT, 7)
