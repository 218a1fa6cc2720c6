"""Tests that the plain values fit the tables: columns, lengths and words."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from parc.models import Device, DeviceStatus, ValueSource
from parc.reconcile.known import (
    DEVICE_COLUMNS,
    ROW_COLUMNS,
    FieldSource,
    Status,
    Table,
    fit,
)
from parc.reconcile.load import MODELS


def test_words_are_those_of_the_tables() -> None:
    assert {source.value for source in FieldSource} == {source.value for source in ValueSource}
    assert {status.value for status in Status} == {status.value for status in DeviceStatus}


def holds(column: sa.ColumnElement[Any], most: int) -> bool:
    kind = column.type.impl if isinstance(column.type, sa.types.TypeDecorator) else column.type
    if isinstance(kind, sa.String):
        return kind.length is None or most <= kind.length
    if isinstance(kind, sa.BigInteger):
        return most == 2**63 - 1
    if isinstance(kind, sa.Integer):
        return most == 2**31 - 1
    return most == 0


@pytest.mark.parametrize("name", DEVICE_COLUMNS)
def test_device_columns_hold_what_is_cut_for_them(name: str) -> None:
    assert holds(Device.__table__.c[name], DEVICE_COLUMNS[name])


@pytest.mark.parametrize(
    ("table", "name"), [(table, name) for table in Table for name in ROW_COLUMNS[table]]
)
def test_row_columns_hold_what_is_cut_for_them(table: Table, name: str) -> None:
    assert holds(MODELS[table].__table__.c[name], ROW_COLUMNS[table][name])


def test_rows_leave_no_column_out() -> None:
    # Of an installation, when it is added; of a managed device, when a person accepts it.
    # What a title is, and when it was folded anew, follows from the name.
    written_once = {
        "source",
        "first_seen_at",
        "asset_id",
        "title_id",
        "retitled_at",
        "version_before",
    }
    told: dict[type[Any], set[str]] = {}
    for table, model in MODELS.items():  # SNMP and agents share the table of installations
        told.setdefault(model, set()).update(ROW_COLUMNS[table])
    for model, columns in told.items():
        ours = set(model.__table__.c.keys()) - {"id", "device_id", "key", "gone_at"} - written_once
        assert ours == columns


def test_values_are_cut_to_their_columns() -> None:
    assert fit("abc", 2) == "ab"
    assert fit("\0", 2) is None
    assert fit(2**40, 2**31 - 1) is None
    assert fit(True, 0) is True  # noqa: FBT003 -- the value itself
    assert fit(("a",), 0) == ("a",)
    assert fit(None, 5) is None
