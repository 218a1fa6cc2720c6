"""Tests of cover: lines find their assets, rules take assets in, and history is what was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.errors import InvalidInputError
from parc.extensions import db, transaction
from parc.models import (
    Asset,
    Base,
    ContractLine,
    ContractRule,
    Coverage,
    CoverSource,
    LifecycleState,
    Location,
    LocationKind,
    MergedAsset,
)
from parc.queries.asset_tags import tagged_assets
from parc.queries.contract_assets import LineFilter, LineProblem, count_problems
from parc.reconcile.merging import merge_assets
from parc.services.assets import edit_asset
from parc.services.contract_lines import (
    LineDraft,
    RuleDraft,
    add_lines,
    add_rule,
    add_typed,
    preview_rule,
    read_rule,
    remove_lines,
    remove_rule,
)
from parc.services.coverage import (
    contracts_to_evaluate,
    evaluate_contracts,
    match_lines,
    refresh_all,
)
from parc.services.touched_assets import MOST, follow_later, follow_noted
from parc.services.touched_cover import cover_assets
from tests.conftest import SOME_MOMENT
from tests.contract_world import TODAY, make_contract
from tests.factories import SOME_PERSON, make_asset

NEXT = TODAY + timedelta(days=1)
YEAR = date(2026, 12, 31)


def _evaluate(session: Session, *numbers: int, today: date = TODAY) -> None:
    session.flush()
    evaluate_contracts(session, numbers, today=today, now=SOME_MOMENT)


def _rows(number: int) -> list[tuple[int, date, date | None]]:
    db.session.rollback()
    query = sa.select(Coverage.asset_id, Coverage.from_on, Coverage.until_on)
    found = db.session.execute(query.where(Coverage.contract_id == number).order_by(Coverage.id))
    return [(row[0], row[1], row[2]) for row in found]


def _until(number: int) -> date | None:
    db.session.rollback()
    return db.session.get_one(Asset, number).covered_until


def _rule(session: Session, contract_id: int, today: date = TODAY, **values: str) -> int:
    draft = RuleDraft(**values)
    added = add_rule(session, SOME_PERSON, contract_id, draft, today=today, now=SOME_MOMENT)
    return added.id


def test_typed_tags_and_serial_numbers_are_covered_and_the_unknown_waits(app: Flask) -> None:
    del app
    with transaction() as session:
        first = make_asset(session, asset_tag="P1").id
        second = make_asset(session, serial_number="cz-12 34").id
        number = make_contract(session).id
        added = add_typed(
            session,
            SOME_PERSON,
            number,
            "P1\n\n CZ1234 \nLATER9\nP1\n",
            today=TODAY,
            now=SOME_MOMENT,
        )
    assert (added.matched, added.waiting, added.known) == (1, 2, 0)
    assert _rows(number) == [(first, TODAY, None)]
    assert _until(first) == YEAR
    with transaction() as session:
        session.get_one(Asset, second).serial_number = "CZ1234"
        third = make_asset(session, serial_number="later9").id
        session.flush()
        assert match_lines(session, SOME_MOMENT) == 2
        _evaluate(session, number, today=NEXT)
    assert _rows(number)[1:] == [(second, NEXT, None), (third, NEXT, None)]
    with transaction() as session:
        again = add_typed(session, SOME_PERSON, number, "P1", today=NEXT, now=SOME_MOMENT)
        merged = MergedAsset(id=9_999, asset_id=first, asset_tag="OLD7", name="pc")
        merged.device_ids, merged.person_values, merged.merged_at = [], {}, SOME_MOMENT
        session.add(merged)
        session.flush()
        former = add_typed(session, SOME_PERSON, number, "OLD7", today=NEXT, now=SOME_MOMENT)
        assert tagged_assets(session, ["old7"]) == {"old7": first}
    assert (again.known, former.known) == (1, 1)


def test_serial_number_of_two_assets_waits_unless_one_is_disposed_of(app: Flask) -> None:
    del app
    with transaction() as session:
        make_asset(session, serial_number="S1", lifecycle_state=LifecycleState.DISPOSED)
        live = make_asset(session, serial_number="S1").id
        for _ in range(2):
            make_asset(session, serial_number="S2")
        number = make_contract(session).id
        lines = [LineDraft(serial_number=text) for text in ("S1", "S2")]
        add_lines(session, SOME_PERSON, number, lines, today=TODAY, now=SOME_MOMENT)
    db.session.rollback()
    query = sa.select(ContractLine.serial_number, ContractLine.asset_id).order_by(ContractLine.id)
    assert [tuple(row) for row in db.session.execute(query)] == [("S1", live), ("S2", None)]


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (LineDraft(), "required"),
        (LineDraft(asset_tag="nowhere"), "not_found"),
        (LineDraft(serial_number="1", amount="much"), "not_an_amount"),
    ],
)
def test_line_is_refused(sqlite_app: Flask, draft: LineDraft, code: str) -> None:
    del sqlite_app
    with transaction() as session:
        number = make_contract(session).id
    with pytest.raises(InvalidInputError) as caught, transaction() as session:
        add_lines(session, SOME_PERSON, number, [draft], today=TODAY, now=SOME_MOMENT)
    assert [one.code for one in caught.value.problems] == [code]


def _site(session: Session, name: str, parent_id: int | None = None) -> int:
    kind = LocationKind.ROOM if parent_id else LocationKind.SITE
    row = Location(kind=kind, name=name, parent_id=parent_id)
    session.add(row)
    session.flush()
    return row.id


def test_rule_covers_the_printers_of_a_site_and_follows_them(app: Flask) -> None:
    del app
    with transaction() as session:
        site = _site(session, "Lyon")
        room = _site(session, "A1", site)
        elsewhere = _site(session, "Brest")
        inside = make_asset(session, category=Category.PRINTER, location_id=room).id
        moves = make_asset(session, category=Category.PRINTER, location_id=elsewhere).id
        make_asset(session, category=Category.SWITCH, location_id=room)
        make_asset(
            session,
            category=Category.PRINTER,
            location_id=room,
            lifecycle_state=LifecycleState.DISPOSED,
        )
        number = make_contract(session).id
        rule = read_rule(session, RuleDraft(location_id=str(site), category="printer"))
        count, shown = preview_rule(session, rule, 10)
        assert (count, [row.id for row in shown]) == (1, [inside])
        rule_id = _rule(session, number, location_id=str(site), category="printer")
    assert _rows(number) == [(inside, TODAY, None)]
    with transaction() as session:
        session.get_one(Asset, moves).location_id = room
        session.get_one(Asset, inside).lifecycle_state = LifecycleState.DISPOSED
        _evaluate(session, number, today=NEXT)
    assert _rows(number) == [(inside, TODAY, NEXT), (moves, NEXT, None)]
    assert (_until(inside), _until(moves)) == (None, YEAR)
    with transaction() as session:
        remove_rule(session, SOME_PERSON, number, rule_id, today=NEXT, now=SOME_MOMENT)
    assert _rows(number) == [(inside, TODAY, NEXT)]


def test_rule_asks_for_maker_model_and_day_of_purchase(app: Flask) -> None:
    del app
    with transaction() as session:
        values: Any = {"manufacturer": "Hewlett-Packard", "model_name": "M402"}
        found = make_asset(session, **values, purchased_on=date(2024, 5, 1)).id
        make_asset(session, **values, purchased_on=date(2023, 5, 1))
        make_asset(session, **values)
        make_asset(session, manufacturer="Dell", purchased_on=date(2024, 5, 1))
        number = make_contract(session).id
        _rule(
            session,
            number,
            manufacturer="hewlett-packard",
            model_name="m402",
            purchased_from="2024-01-01",
            purchased_to="31/12/2024",
        )
    assert [asset for asset, _, _ in _rows(number)] == [found]


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"category": "king"},
        {"location_id": "4711"},
        {"purchased_from": "soon"},
        {"purchased_from": "2025-01-01", "purchased_to": "2024-01-01"},
    ],
)
def test_rule_is_refused(sqlite_app: Flask, values: Any) -> None:
    del sqlite_app
    with pytest.raises(InvalidInputError), transaction() as session:
        _rule(session, make_contract(session).id, **values)


def test_cover_ends_with_the_contract_and_begins_with_it(app: Flask) -> None:
    del app
    with transaction() as session:
        asset = make_asset(session, asset_tag="P1").id
        number = make_contract(session).id
        later = make_contract(session, starts_on="2027-01-01").id
        for one in (number, later):
            add_typed(session, SOME_PERSON, one, "P1", today=TODAY, now=SOME_MOMENT)
        assert contracts_to_evaluate(session) == [number, later]
    assert _rows(later) == []
    with transaction() as session:
        _evaluate(session, number, later, today=date(2027, 1, 5))
    assert _rows(number) == [(asset, TODAY, date(2027, 1, 1))]
    assert _rows(later) == [(asset, date(2027, 1, 5), None)]
    assert _until(asset) == date(2027, 12, 31)


def test_warranty_covers_and_the_later_counts(app: Flask) -> None:
    del app
    with transaction() as session:
        long = make_asset(session, asset_tag="P1", warranty_ends_on=date(2029, 1, 1)).id
        short = make_asset(session, asset_tag="P2", warranty_ends_on=date(2026, 6, 1)).id
        alone = make_asset(session, warranty_ends_on=date(2025, 1, 1)).id
        number = make_contract(session).id
        add_typed(session, SOME_PERSON, number, "P1\nP2", today=TODAY, now=SOME_MOMENT)
        assert refresh_all(session) == 1
        assert refresh_all(session) == 0
    assert [_until(one) for one in (long, short, alone)] == [
        date(2029, 1, 1),
        YEAR,
        date(2025, 1, 1),
    ]


def test_line_that_is_taken_off_covers_no_longer(app: Flask) -> None:
    del app
    with transaction() as session:
        make_asset(session, asset_tag="P1")
        number = make_contract(session).id
        add_typed(session, SOME_PERSON, number, "P1", today=TODAY, now=SOME_MOMENT)
        line = session.scalars(sa.select(ContractLine.id)).one()
    with transaction() as session:
        assert (
            remove_lines(session, SOME_PERSON, number, [line, 9], today=NEXT, now=SOME_MOMENT) == 1
        )
    assert [until for _, _, until in _rows(number)] == [NEXT]


def test_cover_follows_a_merge_and_stays_single(app: Flask) -> None:
    del app
    with transaction() as session:
        stays = make_asset(session, asset_tag="P1").id
        goes = make_asset(session, asset_tag="P2").id
        number = make_contract(session).id
        add_typed(session, SOME_PERSON, number, "P1\nP2", today=TODAY, now=SOME_MOMENT)
    with transaction() as session:
        merge_assets(session, SOME_PERSON, stays, goes, taken=frozenset(), at=SOME_MOMENT)
        _evaluate(session, number, today=NEXT)
    assert _rows(number) == [(stays, TODAY, None)]


def test_lines_that_pay_for_nothing_are_counted(app: Flask) -> None:
    del app
    with transaction() as session:
        old = SOME_MOMENT - timedelta(days=61)
        make_asset(session, asset_tag="P1", lifecycle_state=LifecycleState.DISPOSED)
        make_asset(session, asset_tag="P2", last_seen_at=old)
        make_asset(session, asset_tag="P3", last_seen_at=SOME_MOMENT)
        number = make_contract(session).id
        add_typed(session, SOME_PERSON, number, "P1\nP2\nP3\nS9", today=TODAY, now=SOME_MOMENT)
    counts = count_problems(db.session(), LineFilter(SOME_MOMENT, TODAY))
    assert counts == {problem.value: 1 for problem in LineProblem}


OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["asset", "category", "state", "rule", "unrule", "day", "evaluate"]),
        st.integers(0, 5),
        st.integers(0, 3),
    ),
    max_size=24,
)
CATEGORIES = (Category.PRINTER, Category.SWITCH, Category.SERVER)
STATES = (LifecycleState.IN_USE, LifecycleState.DISPOSED, LifecycleState.IN_STOCK)


@pytest.fixture(scope="module")
def memory() -> Iterator[sa.Engine]:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@settings(max_examples=40, deadline=None)
@given(OPERATIONS)
def test_cover_by_rule_at_a_date_is_the_replay_of_its_history(
    memory: sa.Engine, operations: list[tuple[str, int, int]]
) -> None:
    """What each day's last evaluation took in is what the rows say of that day, ever after."""
    with Session(memory) as session:
        number = make_contract(session, initial_months="120").id
        assets = [make_asset(session, category=one).id for one in CATEGORIES]
        taken_in: dict[date, set[int]] = {}
        rules: list[int] = []
        today = TODAY
        for what, one, other in operations:
            touched: list[int] = []
            if what == "asset":
                assets.append(make_asset(session, category=CATEGORIES[other % 3]).id)
                touched = assets[-1:]
            elif what in {"category", "state"}:
                asset = session.get_one(Asset, assets[one % len(assets)])
                if what == "category":
                    asset.category = CATEGORIES[other % 3]
                else:
                    asset.lifecycle_state = STATES[other % 3]
                touched = [asset.id]
            elif what == "rule":
                rules.append(_rule(session, number, today, category=CATEGORIES[other % 3].value))
            elif what == "unrule" and rules:
                rule = rules.pop(one % len(rules))
                remove_rule(session, SOME_PERSON, number, rule, today=today, now=SOME_MOMENT)
            elif what == "day":
                today += timedelta(days=1 + other)
            if touched:  # what an act has touched is followed at its end, by itself
                cover_assets(session, touched, today=today, now=SOME_MOMENT)
            else:
                _evaluate(session, number, today=today)
            taken_in[today] = _expected(session, number)
        for day in (TODAY + timedelta(days=n) for n in range((today - TODAY).days + 1)):
            past = [on for on in taken_in if on <= day]
            expected = taken_in[max(past)] if past else set()
            assert _covered(session, number, day) == expected
        session.rollback()


def _covered(session: Session, number: int, day: date) -> set[int]:
    """Say what the history of the cover says of a day."""
    rows = session.scalars(sa.select(Coverage).where(Coverage.contract_id == number))
    return {
        row.asset_id
        for row in rows
        if row.from_on <= day and (row.until_on is None or row.until_on > day)
    }


def _expected(session: Session, number: int) -> set[int]:
    """Say in plain Python what the rules take in."""
    session.flush()
    rules = session.scalars(sa.select(ContractRule).where(ContractRule.contract_id == number))
    wanted = {rule.category for rule in rules}
    return {
        asset.id
        for asset in session.scalars(sa.select(Asset))
        if asset.category in wanted and asset.lifecycle_state is not LifecycleState.DISPOSED
    }


def test_source_of_cover_is_kept(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        make_asset(session, asset_tag="P1", category=Category.PRINTER)
        make_asset(session, category=Category.PRINTER)
        number = make_contract(session).id
        add_typed(session, SOME_PERSON, number, "P1", today=TODAY, now=SOME_MOMENT)
        _rule(session, number, category="printer")
    db.session.rollback()
    sources = db.session.scalars(sa.select(Coverage.source).order_by(Coverage.id))
    assert list(sources) == [CoverSource.CHOICE, CoverSource.RULE]


def test_cover_follows_an_edit_of_an_asset_at_once(app: Flask) -> None:
    """By every condition of a rule, by its serial number, by its warranty; and back."""
    del app
    site, room = _places()
    with transaction() as session:
        number = make_contract(session, initial_months="120").id
        _rule(
            session,
            number,
            location_id=str(site),
            category="printer",
            manufacturer="HP",
            model_name="M1",
            purchased_from="2026-01-01",
            purchased_to="2026-12-31",
        )
        named = make_contract(session, initial_months="120").id
        line = LineDraft(serial_number="ab-1 2")
        add_lines(session, SOME_PERSON, named, [line], today=TODAY, now=SOME_MOMENT)
        asset = make_asset(session, category=Category.PRINTER, location_id=room)
        fields = {"manufacturer": "HP", "model_name": "M1", "purchased_on": TODAY}
        for name, value in fields.items():
            setattr(asset, name, value)
        cover_assets(session, [asset.id], today=TODAY, now=SOME_MOMENT)
        one = asset.id
    assert _rows(number) == [(one, TODAY, None)]
    end = _until(one)
    assert end is not None
    for name, other in (
        ("location_id", None),
        ("category", Category.SWITCH),
        ("manufacturer", None),
        ("model_name", "M2"),
        ("purchased_on", date(2025, 12, 31)),
        ("purchased_on", date(2027, 1, 1)),
        ("lifecycle_state", LifecycleState.DISPOSED),
    ):
        with transaction() as session:
            asset = session.get_one(Asset, one)
            before = getattr(asset, name)
            setattr(asset, name, other)
            cover_assets(session, [one], today=NEXT, now=SOME_MOMENT)
            closed = session.scalars(sa.select(Coverage.until_on)).all()
            setattr(asset, name, before)
            cover_assets(session, [one], today=NEXT, now=SOME_MOMENT)
        assert closed == [NEXT], name
        assert _rows(number) == [(one, TODAY, None)], name
    with transaction() as session:
        asset = session.get_one(Asset, one)
        asset.serial_number, asset.warranty_ends_on = "AB12", date(2099, 1, 1)
        cover_assets(session, [one], today=NEXT, now=SOME_MOMENT)
    assert _rows(named) == [(one, NEXT, None)]
    assert _until(one) == date(2099, 1, 1)


def test_transaction_follows_what_it_touches_before_it_commits(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        number = make_contract(session, initial_months="1200", starts_on="2020-01-01").id
        _rule(session, number, category="printer")
        asset = make_asset(session, category=Category.SWITCH).id
    with transaction() as session:
        values = {"category": Category.PRINTER}
        edit_asset(session, SOME_PERSON, asset, values=values, version=1, at=SOME_MOMENT)
    assert [row[0] for row in _rows(number)] == [asset]
    assert _until(asset) == date(2119, 12, 31)


def test_what_was_opened_on_a_day_and_is_over_on_it_has_never_been(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        number = make_contract(session).id
        _rule(session, number, category="printer")
        asset = make_asset(session, category=Category.PRINTER)
        cover_assets(session, [asset.id], today=TODAY, now=SOME_MOMENT)
        asset.category = Category.SWITCH
        cover_assets(session, [asset.id], today=TODAY, now=SOME_MOMENT)
    assert _rows(number) == []


def test_cover_that_is_taken_away_and_given_back_on_a_day_stays_one(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        number = make_contract(session).id
        _rule(session, number, category="printer")
        asset = make_asset(session, category=Category.PRINTER)
        cover_assets(session, [asset.id], today=TODAY, now=SOME_MOMENT)
        for category in (Category.SWITCH, Category.PRINTER):
            asset.category = category
            session.flush()
            _evaluate(session, number, today=NEXT)
        number_of_asset = asset.id
    assert _rows(number) == [(number_of_asset, TODAY, None)]


def test_more_than_an_act_follows_wait_for_the_next_look(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        number = make_contract(session).id
        _rule(session, number, category="printer")
        asset = make_asset(session, category=Category.PRINTER).id
        follow_later(session, range(asset, asset + MOST + 1))
        follow_noted(session, today=TODAY, now=SOME_MOMENT)
    assert _rows(number) == []


def _places() -> tuple[int, int]:
    """Give a site and a room two levels down in it."""
    with transaction() as session:
        site = Location(kind=LocationKind.SITE, name="Lyon")
        session.add(site)
        session.flush()
        floor = Location(kind=LocationKind.FLOOR, name="1", parent_id=site.id)
        session.add(floor)
        session.flush()
        room = Location(kind=LocationKind.ROOM, name="101", parent_id=floor.id)
        session.add(room)
        session.flush()
        return site.id, room.id
