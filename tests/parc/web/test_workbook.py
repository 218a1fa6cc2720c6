"""A workbook holds the texts that it was given."""

from __future__ import annotations

import io
import re
import zipfile
from xml.etree import ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from parc.web.workbook import workbook

_ESCAPE = re.compile("_x([0-9A-F]{4})_")


def _read(body: bytes) -> dict[str, list[list[str]]]:
    """Give sheets by name, as a spreadsheet reads them."""
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        assert file.testzip() is None
        for name in file.namelist():
            ET.fromstring(file.read(name))  # noqa: S314 -- we wrote it
        book = ET.fromstring(file.read("xl/workbook.xml"))  # noqa: S314
        names = [sheet.attrib["name"] for sheet in book.iterfind(".//{*}sheet")]
        return {
            name: _sheet(file.read(f"xl/worksheets/sheet{number}.xml"))
            for number, name in enumerate(names, 1)
        }


def _sheet(body: bytes) -> list[list[str]]:
    rows = []
    for row in ET.fromstring(body).iterfind(".//{*}row"):  # noqa: S314 -- we wrote it
        cells = {
            cell.attrib["r"].rstrip("0123456789"): cell.findtext(".//{*}t") or "" for cell in row
        }
        rows.append([_unescaped(cells.get(letter, "")) for letter in "ABC"])
    return rows


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


CELLS = st.one_of(
    st.text(max_size=20), st.sampled_from(["=1+1", "_x0041_", "_x005F_", "a\r\nb", " "])
)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), max_size=5))
def test_texts_come_back_as_they_were_given(rows: list[list[str]]) -> None:
    body = b"".join(workbook("Parc", ["a", "b", "c"], [rows]))
    shown = [
        [re.sub("[\ud800-\udfff\ufffe\uffff]", "\ufffd", cell) for cell in row] for row in rows
    ]
    assert _read(body) == {"Parc": [["a", "b", "c"], *shown]}


def test_rows_beyond_a_sheet_go_to_the_next_with_the_heads() -> None:
    parts = [[[f"{number}", "", ""]] * 2 for number in range(3)]
    sheets = _read(b"".join(workbook("Parc", ["a", "b", "c"], parts, most_rows=5)))
    assert [len(rows) for rows in sheets.values()] == [5, 3]
    assert list(sheets) == ["Parc", "Parc 2"]
    assert {tuple(rows[0]) for rows in sheets.values()} == {("a", "b", "c")}


def test_nothing_found_is_a_sheet_with_its_heads() -> None:
    assert _read(b"".join(workbook("Parc", ["a", "b", "c"], []))) == {"Parc": [["a", "b", "c"]]}


def test_a_cell_is_cut_where_a_spreadsheet_would_refuse_it() -> None:
    body = b"".join(workbook("Parc", ["a"], [[["x" * 40_000]]]))
    assert len(_read(body)["Parc"][1][0]) == 32_767


def test_columns_have_the_letters_of_a_spreadsheet() -> None:
    body = b"".join(workbook("Parc", [str(n) for n in range(704)], []))
    with zipfile.ZipFile(io.BytesIO(body)) as file:
        sheet = file.read("xl/worksheets/sheet1.xml").decode()
    places = re.findall('r="([A-Z]+)1"', sheet)
    assert places[:1] + places[25:28] + places[51:53] + places[701:] == [
        "A", "Z", "AA", "AB", "AZ", "BA", "ZZ", "AAA", "AAB",
    ]  # fmt: skip
