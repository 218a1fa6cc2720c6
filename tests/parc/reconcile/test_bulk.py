"""Tests of many rows and values in one parameter, on both databases."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.extensions import transaction
from parc.models import ContractPeriod, Interface, Neighbor, PeriodKind
from parc.reconcile.bulk import insert_rows, is_among
from tests.conftest import SOME_MOMENT
from tests.contract_world import make_contract
from tests.factories import make_device

pytestmark = pytest.mark.usefixtures("app")
ODD = ("a", 'a"b', "a\\b", "a,b", "{a}", "NULL", "", " a ", "l1\nl2\ttab", "é€\U0001f600", "'; --")


def _interfaces(session: Session) -> list[dict[str, Any]]:
    device_id = make_device(session).id
    rows = [
        {
            "device_id": device_id,
            "key": f"key {text}",
            "if_index": index,
            "if_descr": text,
            "if_alias": None if index % 2 else text,
            "if_high_speed": 2**40,
            "addresses": [text, "192.0.2.1"],
        }
        for index, text in enumerate(ODD)
    ]
    insert_rows(session, Interface, rows)
    return rows


def test_rows_come_back_as_they_were_given() -> None:
    with transaction() as session:
        rows = _interfaces(session)
        found = session.scalars(sa.select(Interface).order_by(Interface.if_index)).all()
        assert [{name: getattr(one, name) for name in rows[0]} for one in found] == rows


def test_a_moment_comes_back_and_one_without_zone_is_refused() -> None:
    with transaction() as session:
        row = {
            "device_id": make_device(session).id,
            "key": "lldp|1",
            "protocol": "lldp",
            "capabilities": [],
            "first_seen_at": SOME_MOMENT,
            "last_seen_at": SOME_MOMENT,
        }
        insert_rows(session, Neighbor, [row])
        assert session.scalars(sa.select(Neighbor.last_seen_at)).one() == SOME_MOMENT
        naive = datetime(2026, 1, 1)  # noqa: DTZ001  # just that
        with pytest.raises((ValueError, sa.exc.StatementError), match="no time zone"):
            insert_rows(session, Neighbor, [row | {"key": "lldp|2", "last_seen_at": naive}])


def test_amounts_come_back_to_the_cent() -> None:
    amounts = [Decimal("12.30"), Decimal("0.00"), None]
    with transaction() as session:
        contract_id = make_contract(session).id
        session.execute(sa.delete(ContractPeriod))
        one = {"contract_id": contract_id, "kind": PeriodKind.EXPRESS}
        days = {"starts_on": SOME_MOMENT.date(), "ends_on": SOME_MOMENT.date()}
        written = {"author": "Ada", "created_at": SOME_MOMENT}
        rows = [
            {**one, **days, **written, "position": position, "months": 12, "amount": amount}
            for position, amount in enumerate(amounts)
        ]
        insert_rows(session, ContractPeriod, rows)
        query = sa.select(ContractPeriod.amount).order_by(ContractPeriod.position)
        assert session.scalars(query).all() == amounts


def test_values_are_found_whatever_they_hold() -> None:
    with transaction() as session:
        _interfaces(session)
        for text in ODD:
            wanted = is_among(session, Interface.if_descr, {text, "nothing"})
            assert list(session.scalars(sa.select(Interface.if_descr).where(wanted))) == [text]
        everything = is_among(session, Interface.if_descr, ODD)
        assert set(session.scalars(sa.select(Interface.if_descr).where(everything))) == set(ODD)


def test_numbers_are_found_and_nothing_is_among_none() -> None:
    with transaction() as session:
        _interfaces(session)
        few = sa.select(Interface.if_index).where(is_among(session, Interface.if_index, [1, 2, 99]))
        assert sorted(session.scalars(few)) == [1, 2]
        none = sa.select(Interface.id).where(is_among(session, Interface.if_index, []))
        assert list(session.scalars(none)) == []
