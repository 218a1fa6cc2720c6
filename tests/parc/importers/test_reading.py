"""Text files and workbooks read as tables: encodings, separators, headings, and what is refused."""

from __future__ import annotations

import tracemalloc
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from parc.importers.encodings import Encoding
from parc.importers.header import LeftOut, Record, SkippedLine
from parc.importers.limits import LIMITS, FileError
from parc.importers.mapping import is_known_heading
from parc.importers.reading import Chosen, FileKind, Reading, read_file
from parc.importers.rows import NO_VALUE
from tests.parc.importers.files import inline, ods_text, write_ods, write_text, write_xlsx

_SMALL = replace(
    LIMITS, file_octets=200_000, inflated_octets=500_000, line_characters=10_000, rows=50
)
_SMALL = replace(_SMALL, columns=20, cell_characters=1_000, text_characters=5_000)


def _read(path: Path, chosen: Chosen | None = None) -> Reading:
    return read_file(path, is_known_heading, chosen or Chosen(), _SMALL)


def _records(path: Path, chosen: Chosen | None = None) -> list[tuple[str, ...]]:
    return [one.cells for one in _read(path, chosen).records() if isinstance(one, Record)]


def _code(path: Path, chosen: Chosen | None = None) -> tuple[str, int | None]:
    with pytest.raises(FileError) as told:
        list(_read(path, chosen).records())
    return told.value.code, told.value.line


_TABLE = "Logiciel;Éditeur;Quantité\nOffice;Société générale €;5\n"
_ROW = ("Office", "Société générale €", "5")


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", Encoding.UTF_8),
        ("utf-8-sig", Encoding.UTF_8),
        ("cp1252", Encoding.CP1252),
        ("utf-16", Encoding.UTF_16_LE),
        ("utf-16-le", Encoding.UTF_16_LE),
        ("utf-16-be", Encoding.UTF_16_BE),
        ("mac-roman", Encoding.MAC_ROMAN),
    ],
)
def test_encoding_is_found_and_no_mark_stays_on_the_first_heading(
    tmp_path: Path, encoding: str, found: Encoding
) -> None:
    path = write_text(tmp_path, _TABLE * 1, encoding)

    reading = _read(path)

    assert reading.encoding is found
    assert reading.headings == ("Logiciel", "Éditeur", "Quantité")
    assert _records(path) == [_ROW]


def test_chosen_encoding_is_used(tmp_path: Path) -> None:
    path = write_text(tmp_path, _TABLE, "iso8859-15")

    assert _records(path, Chosen(encoding=Encoding.ISO_8859_15)) == [_ROW]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_separator_is_found(tmp_path: Path, delimiter: str) -> None:
    text = '"Logiciel";"Version";"Commentaire"\n"Office";"1";"un, deux"\n"Visio";"2";""\n'
    path = write_text(tmp_path, text.replace(";", delimiter))

    assert _read(path).delimiter == delimiter
    assert _records(path) == [("Office", "1", "un, deux"), ("Visio", "2", "")]


def test_decimal_commas_do_not_pass_for_separators(tmp_path: Path) -> None:
    path = write_text(tmp_path, "Logiciel;Prix\nOffice;12,50\nVisio;13,50\nProject;1,00\n")

    assert _read(path).delimiter == ";"


@pytest.mark.parametrize("first", ["sep=|", '"sep=|"', "SEP=|"])
def test_first_line_that_names_the_separator_is_no_row(tmp_path: Path, first: str) -> None:
    path = write_text(tmp_path, f"{first}\nLogiciel|Version\nOffice|1;2;3\n")

    reading = _read(path)

    assert (reading.delimiter, reading.header_line) == ("|", 2)
    assert _records(path) == [("Office", "1;2;3")]


def test_quoted_cells_hold_separators_newlines_and_doubled_quotes(tmp_path: Path) -> None:
    path = write_text(
        tmp_path, 'Logiciel;Notes\r\n"Off""ice";"a;b\r\nc"\r\nVisio;Écran 24" Dell\r\nX;y\r\n'
    )

    reading = _read(path)

    assert _records(path) == [('Off"ice', "a;b\nc"), ("Visio", 'Écran 24" Dell'), ("X", "y")]
    assert [one.line for one in reading.records()] == [2, 4, 5]


def test_old_line_ends_are_read(tmp_path: Path) -> None:
    path = write_text(tmp_path, "Logiciel;Version\rOffice;1\rVisio;2\r")

    assert _records(path) == [("Office", "1"), ("Visio", "2")]


def test_headings_below_titles_are_found_and_every_other_line_is_told(tmp_path: Path) -> None:
    path = write_text(
        tmp_path,
        "Parc logiciel au 12/03/2022;;;\n;;;\nLogiciel;Quantité;Quantité;\n;;;\nOffice;1;2;\n"
        "Logiciel;Quantité;Quantité;\nVisio;3;4;\nTotal;4;6;\n;;;\n",
    )

    reading = _read(path)
    found = list(reading.records())

    assert reading.header_line == 3
    assert reading.headings == ("Logiciel", "Quantité", "Quantité (2)", "")
    assert found == [
        SkippedLine(1, LeftOut.ABOVE),
        SkippedLine(2, LeftOut.BLANK),
        SkippedLine(4, LeftOut.BLANK),
        Record(5, ("Office", "1", "2", "")),
        SkippedLine(6, LeftOut.HEADER_AGAIN),
        Record(7, ("Visio", "3", "4", "")),
        SkippedLine(9, LeftOut.BLANK),
        SkippedLine(8, LeftOut.TOTAL),
    ]


def test_headings_said_again_in_another_language_are_no_record(tmp_path: Path) -> None:
    path = write_text(
        tmp_path, "Software;Publisher;Seats\nLogiciel;Éditeur;Quantité\nOffice;Microsoft;1\n"
    )

    assert _records(path) == [("Office", "Microsoft", "1")]


def test_total_in_the_middle_is_a_record(tmp_path: Path) -> None:
    path = write_text(
        tmp_path, "Logiciel;Quantité\nTotal Commander;1\nOffice;2\nTotal Video;3\nX;4"
    )

    assert len(_records(path)) == 4


def test_headings_with_line_breaks_are_one_line(tmp_path: Path) -> None:
    path = write_text(tmp_path, 'Logiciel;"Date\nd\'achat"\nOffice;12/03/2022\n')

    assert _read(path).headings == ("Logiciel", "Date d'achat")


def test_table_without_known_headings_begins_at_its_first_wide_row_of_words(tmp_path: Path) -> None:
    path = write_text(tmp_path, "Titre\n\nfoo;bar;baz\n1;2;3\n4;5;6\n")

    assert _read(path).header_line == 3
    assert _read(path, Chosen(header_line=4)).headings == ("1", "2", "3")


def test_table_of_figures_alone_begins_at_its_first_row(tmp_path: Path) -> None:
    assert _read(write_text(tmp_path, "1;2\n3;4\n")).header_line == 1


def test_cell_beyond_the_headings_is_counted(tmp_path: Path) -> None:
    path = write_text(tmp_path, "Logiciel;Version\nOffice;1;;x\nVisio\n")

    assert list(_read(path).records()) == [
        Record(2, ("Office", "1"), surplus=1),
        Record(3, ("Visio", "")),
    ]


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ('"=""007"""', "007"),
        ("'=1+1", "=1+1"),
        ("''=1+1", "'=1+1"),
        ("'-5", "-5"),
        ("'tis", "'tis"),
        ("=1+1", f"{NO_VALUE}=1+1"),
        ("=HYPERLINK(1)", f"{NO_VALUE}=HYPERLINK(1)"),
        ("#N/A", f"{NO_VALUE}#N/A"),
        ("#NOM?", f"{NO_VALUE}#NOM?"),
        ("#####", f"{NO_VALUE}#####"),
        ("#1 produit", "#1 produit"),
        ("+33 1 02", "+33 1 02"),
        (" =x", "=x"),
    ],
)
def test_formulas_are_not_taken_and_guards_come_off(tmp_path: Path, cell: str, read: str) -> None:
    path = write_text(tmp_path, f"Logiciel;Version\n{cell};1\n")

    assert _records(path) == [(read, "1")]


@pytest.mark.parametrize(
    ("content", "code", "line"),
    [
        (b"", "file_empty", None),
        (b"\n\n;;\n", "file_empty", None),
        (b"a;b\nc\x00;d\n", "has_nul", 2),
        (b"Logiciel;Version\n\x81;1\n", "encoding_unknown", None),
        (b'Logiciel;Version\nOffice;1\nVisio;"open\n' + b"x;y\n" * 30, "quoting_wrong", 3),
        (b'Logiciel;Version\n"Off"ice;1\n', "quoting_wrong", 2),
        (b"Logiciel;" + b"x" * 20_000, "line_too_long", 1),
        (b"Logiciel;Version\nx;" + b"y" * 2_000 + b"\n", "cell_too_long", 2),
        (b"Logiciel" + b";x" * 100 + b"\n", "too_many_columns", 1),
        (b"Logiciel;Version\n" + b"x;y\n" * 60, "too_many_rows", 51),
        (b"x" * 300_000, "file_too_large", None),
        (b"%PDF-1.7 ...", "not_a_table", None),
        (b"\xef\xbb\xbf\n<HTML><table><tr><td>Logiciel</td>", "not_a_table", None),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "workbook_old", None),
        (b"PK\x03\x04 nothing", "workbook_damaged", None),
    ],
)
def test_file_that_is_no_table_is_refused_with_the_reason(
    tmp_path: Path, content: bytes, code: str, line: int | None
) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)

    assert _code(path) == (code, line)


def test_wrong_choices_are_refused(tmp_path: Path) -> None:
    path = write_text(tmp_path, "Logiciel;Éditeur\nOffice;é\n", "cp1252")
    book = write_xlsx(tmp_path, [[inline("Logiciel")]])

    assert _code(path, Chosen(encoding=Encoding.UTF_8)) == ("encoding_wrong", 1)
    assert _code(path, Chosen(header_line=40)) == ("header_missing", None)
    assert _code(book, Chosen(sheet="nothing")) == ("no_such_sheet", None)


def test_line_without_end_costs_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    with path.open("wb") as file:
        file.truncate(1024)
        for _ in range(40):
            file.write(b"x" * 1024 * 1024)
    tracemalloc.start()
    with pytest.raises(FileError, match=r"has_nul|line_too_long"):
        read_file(path, is_known_heading, limits=LIMITS)
    path.write_bytes(b"x" * 40 * 1024 * 1024)
    tracemalloc.reset_peak()
    with pytest.raises(FileError, match="line_too_long"):
        read_file(path, is_known_heading, limits=LIMITS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 20_000_000


_STYLES = (
    '<numFmts><numFmt numFmtId="164" formatCode="dd/mm/yyyy;@"/>'
    '<numFmt numFmtId="165" formatCode="#,##0.00\\ &quot;day&quot;"/></numFmts>'
    '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/>'
    "</cellXfs>"
)


def test_workbook_gives_texts_numbers_dates_and_values_of_formulas(tmp_path: Path) -> None:
    cells = [
        '<c r="A2" t="s"><v>0</v></c>',
        '<c r="B2" s="1"><v>44632</v></c>',
        '<c r="C2" s="2"><v>44632.5</v></c>',
        '<c r="D2" s="3"><v>1.234</v></c>',
        "<c><v>12.5</v></c>",
        '<c t="b"><v>1</v></c>',
        '<c t="str"><f>A1</f><v>=text</v></c>',
        "<c><f>1+1</f></c>",
        '<c t="e"><v>#REF!</v></c>',
        "<c><v>30104300000000001</v></c>",
        '<c t="s"><v>7</v></c>',
        "<c><v>nan?</v></c>",
    ]
    heads = [inline(f"Titre{letter}") for letter in "abcdefghijkl"]
    path = write_xlsx(tmp_path, [heads, cells], styles=_STYLES, shared=["Office & Co"])

    reading = _read(path)

    assert (reading.kind, reading.sheets, reading.sheet) == (FileKind.XLSX, ("Parc",), "Parc")
    assert _records(path) == [
        (
            *("Office & Co", "2022-03-12", "2022-03-12", "1.2340", "12.5", "true", "=text"),
            *(f"{NO_VALUE}=", f"{NO_VALUE}#REF!", "3.01043E+16", NO_VALUE, "nan?"),
        )
    ]


def test_sheet_whose_headings_are_known_is_read_and_not_the_notice_before_it(
    tmp_path: Path,
) -> None:
    def row(*texts: str) -> str:
        return f"<table:table-row>{''.join(map(ods_text, texts))}</table:table-row>"

    notice = row("Mode d'emploi : remplir la feuille Licences")
    table = row("Parc de licences") + row("Logiciel", "Quantité") + row("Sage", "5")
    between = '</table:table><table:table table:name="Licences">'
    path = write_ods(tmp_path, notice + between + table)

    assert _read(path).sheet == "Licences"
    assert _records(path) == [("Sage", "5")]


def test_workbook_of_1904_counts_from_there(tmp_path: Path) -> None:
    rows = [[inline("Date d'achat"), inline("Nom")], ['<c s="1"><v>43170</v></c>', inline("x")]]
    path = write_xlsx(tmp_path, rows, styles=_STYLES, is_1904=True)

    assert _records(path) == [("2022-03-12", "x")]


def test_opendocument_gives_texts_numbers_and_dates(tmp_path: Path) -> None:
    path = write_ods(
        tmp_path,
        f"<table:table-row>{ods_text('Logiciel')}{ods_text('Achat')}{ods_text('Prix')}"
        f"{ods_text('Actif')}{ods_text('Notes')}"
        '<table:table-cell table:number-columns-repeated="16000"/></table:table-row>'
        f"<table:table-row>{ods_text('Office')}"
        '<table:table-cell office:value-type="date" office:date-value="2022-03-12T00:00:00">'
        "<text:p>12/03/22</text:p></table:table-cell>"
        '<table:table-cell office:value-type="currency" office:value="12.5" office:currency="EUR"/>'
        '<table:table-cell office:value-type="boolean" office:boolean-value="true"/>'
        '<table:table-cell office:value-type="string"><office:annotation><text:p>no</text:p>'
        '</office:annotation><text:p>a<text:s text:c="2"/>b</text:p><text:p>c</text:p>'
        "</table:table-cell></table:table-row>"
        '<table:table-row table:number-rows-repeated="1000000"><table:table-cell/>'
        "</table:table-row>"
        f'<table:table-row table:number-rows-repeated="2">{ods_text("Visio")}'
        '<table:table-cell table:formula="of:=1/0"><text:p>#DIV/0!</text:p></table:table-cell>'
        '<table:table-cell table:formula="of:=1"/></table:table-row>',
    )

    reading = _read(path)

    assert (reading.kind, reading.sheets) == (FileKind.ODS, ("Feuille1",))
    assert [one.cells for one in reading.records() if isinstance(one, Record)] == [
        ("Office", "2022-03-12", "12.5 EUR", "true", "a  b\nc"),
        *[("Visio", f"{NO_VALUE}#DIV/0!", f"{NO_VALUE}=", "", "")] * 2,
    ]
    assert _code(path, Chosen(sheet="Feuille2")) == ("no_such_sheet", None)


_BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'


def _hostile_workbooks(folder: Path) -> Iterator[tuple[str, Path]]:
    yield "xml_forbidden", write_xlsx(folder, [[inline("x")]], head=_BOMB)
    yield "workbook_too_large", write_xlsx(folder, [], sheet_xml="<row/>" * 200_000)
    yield "too_many_columns", write_xlsx(folder, [['<c r="XFD1"><v>1</v></c>']])
    yield "too_many_rows", write_xlsx(folder, [[inline("x")]] * 100)
    yield "cell_too_long", write_xlsx(folder, [[inline("x" * 3_000)]])
    yield "workbook_too_large", write_xlsx(folder, [[inline("x")]], shared=["y" * 900] * 20)
    yield "workbook_damaged", write_xlsx(folder, [], sheet_xml="<row><c>")
    yield "xml_forbidden", write_ods(folder, "", head=_BOMB)
    repeated = ods_text("x").replace(
        "<table:table-cell ", '<table:table-cell table:number-columns-repeated="16000" '
    )
    yield "too_many_columns", write_ods(folder, f"<table:table-row>{repeated}</table:table-row>")
    yield (
        "too_many_rows",
        write_ods(
            folder,
            f'<table:table-row table:number-rows-repeated="900000">{ods_text("x")}'
            "</table:table-row>",
        ),
    )
    yield (
        "cell_too_long",
        write_ods(folder, f"<table:table-row>{ods_text('x' * 2_000)}</table:table-row>"),
    )


def test_hostile_workbooks_are_refused_with_the_reason(tmp_path: Path) -> None:
    for code, path in _hostile_workbooks(tmp_path):
        with pytest.raises(FileError, match=code):
            list(_read(path).records())


def test_zip_with_a_huge_directory_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(2_100):
            archive.writestr(f"x{number}", "")
    limits = replace(_SMALL, file_octets=10_000_000)
    with pytest.raises(FileError, match="workbook_too_large"):
        read_file(path, is_known_heading, limits=limits)
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(6_000):
            archive.writestr(f"{number}".rjust(200, "x"), "")
    with pytest.raises(FileError, match="workbook_too_large"):
        read_file(path, is_known_heading, limits=limits)


def test_encrypted_or_foreign_zip_is_damaged(tmp_path: Path) -> None:
    path = tmp_path / "file.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")

    assert _code(path) == ("workbook_damaged", None)


def test_empty_workbook_is_told(tmp_path: Path) -> None:
    assert _code(write_xlsx(tmp_path, [])) == ("file_empty", None)
