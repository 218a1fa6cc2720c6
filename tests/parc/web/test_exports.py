"""Exports: what the list shows, streamed, and nothing that a spreadsheet would run."""

from __future__ import annotations

import csv
import importlib
import io
import tempfile
import zipfile
from pathlib import Path

import pytest
from flask import Flask

from parc.extensions import transaction
from parc.models import LifecycleState, Role
from parc.naming import neutralise
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset
from tests.web import Browser

DANGEROUS = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
)


@pytest.mark.parametrize("text", [*DANGEROUS, "\x00=1"])
def test_formula_is_neutralised(text: str) -> None:
    assert neutralise(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=1", "10.0.0.1", "'quoted"])
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert neutralise(text) == text


def _rows(body: bytes, delimiter: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def test_csv_holds_the_rows_filters_order_and_columns_of_the_list(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("parc.web.exports"), "_PART", 3)
    with transaction() as session:
        for number in range(8):
            make_asset(
                session,
                person_fields=(),
                name=f"host-{number}",
                manufacturer='Cisco; "Inc"\nParis' if number else None,
                last_seen_at=SOME_MOMENT,
            )
        make_asset(session, name="other", lifecycle_state=LifecycleState.MISSING)
    browser = Browser(app, Role.READ_ONLY)
    answer = browser.get("/assets/export.csv?sort=-name&state=in_use")
    assert answer.headers["Content-Type"].startswith("text/csv")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = _rows(answer.data, ",")
    assert rows[0][:3] == ["Name", "Asset tag", "Serial number"]
    assert [row[0] for row in rows[1:]] == [f"host-{number}" for number in range(7, -1, -1)]
    assert rows[1][3] == "In use"
    assert rows[1][5] == 'Cisco; "Inc"\nParis'
    assert rows[1][9] == "2026-11-23T09:30:00Z"
    assert rows[8][5] == ""


def test_french_csv_suits_excel(sqlite_app: Flask) -> None:
    with transaction() as session:
        make_asset(session, name="é")
    body = Browser(sqlite_app, Role.READ_ONLY, language="fr").get("/assets/export.csv").data
    assert body.startswith(b"\xef\xbb\xbf")
    assert _rows(body, ";")[1][0] == "é"


def test_exported_cells_are_texts_never_formulas(administrator: Browser) -> None:
    with transaction() as session:
        for text in DANGEROUS:
            make_asset(session, person_fields=(), name=text)
    rows = _rows(administrator.get("/assets/export.csv").data, ",")
    assert sorted(row[0] for row in rows[1:]) == sorted(f"'{text}" for text in DANGEROUS)
    answer = administrator.get("/assets/export.xlsx")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert sheet.count("<row") == len(DANGEROUS) + 1
    assert "=1+1" in sheet


def test_export_leaves_no_file_behind(
    administrator: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert administrator.get("/assets/export.xlsx").status_code == 200
    assert list(tmp_path.glob("*.xlsx")) == []


def test_workbook_begins_before_its_last_rows_are_read(
    administrator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.import_module("parc.web.exports"), "_PART", 3)
    with transaction() as session:
        for number in range(20):
            make_asset(session, person_fields=(), name=f"host-{number:02}")
    blocks = list(administrator.get("/assets/export.xlsx").iter_encoded())
    assert len(blocks) >= 20 // 3
    with zipfile.ZipFile(io.BytesIO(b"".join(blocks))) as book:
        assert book.read("xl/worksheets/sheet1.xml").decode().count("host-") == 20


def test_export_refuses_what_the_list_refuses(administrator: Browser) -> None:
    assert administrator.get("/assets/export.csv?sort=secret").status_code == 422
    assert administrator.get("/assets/export.xlsx?state=x").status_code == 422


@pytest.mark.parametrize(
    "address",
    [
        "/agents/export.csv?token=x",
        "/changes/export.csv?kind=x",
        "/incidents/export.csv?state=x",
        "/incidents/export-open.xlsx?priority=x",
        "/movements/export.csv?kind=x",
        "/people/export.xlsx?presence=x",
        "/places/export.csv?kind=x",
    ],
)
def test_export_refuses_a_wrong_filter_before_the_file_begins(
    administrator: Browser, address: str
) -> None:
    answer = administrator.get(address)
    assert answer.status_code == 422
    assert "attachment" not in answer.headers.get("Content-Disposition", "")
