"""Files as other systems write them, made in tests."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def write_text(folder: Path, text: str, encoding: str = "utf-8", name: str = "file.csv") -> Path:
    """Write a text file."""
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def write_xlsx(
    folder: Path,
    rows: Sequence[Sequence[str]],
    *,
    sheet_xml: str = "",
    styles: str = "",
    shared: Sequence[str] = (),
    is_1904: bool = False,
    head: str = "",
) -> Path:
    """Write a workbook; ``rows`` hold the XML of cells, such as ``<c><v>1</v></c>``.

    Args:
        sheet_xml: the whole sheet, instead of the rows.
        head: put before the XML of the sheet.
    """
    path = folder / "file.xlsx"
    body = sheet_xml or "".join(f"<row>{''.join(row)}</row>" for row in rows)
    texts = "".join(f"<si><t>{escape(text)}</t></si>" for text in shared)
    date = '<workbookPr date1904="1"/>' if is_1904 else ""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{SHEET}" xmlns:r="{_RELATIONS}">{date}<sheets>'
            '<sheet name="Parc" sheetId="1" r:id="rId1"/>'
            '<sheet name="hidden" sheetId="2" state="hidden" r:id="rId1"/></sheets></workbook>',
        )
        kinds = (
            ("rId1", "worksheet", "worksheets/sheet1.xml"),
            ("rId2", "styles", "styles.xml"),
            ("rId3", "sharedStrings", "sharedStrings.xml"),
        )
        relations = "".join(
            f'<Relationship Id="{number}" Type="{_RELATIONS}/{kind}" Target={quoteattr(target)}/>'
            for number, kind, target in kinds
        )
        archive.writestr(
            "xl/_rels/workbook.xml.rels", f"<Relationships>{relations}</Relationships>"
        )
        archive.writestr("xl/styles.xml", f"<styleSheet>{styles}</styleSheet>")
        archive.writestr("xl/sharedStrings.xml", f"<sst>{texts}</sst>")
        archive.writestr(
            "xl/worksheets/sheet1.xml",
            f'{head}<worksheet xmlns="{SHEET}"><sheetData>{body}</sheetData></worksheet>',
        )
    return path


def inline(text: str) -> str:
    """Give the XML of a cell that holds a text."""
    return f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def write_ods(folder: Path, body: str, *, head: str = "") -> Path:
    """Write an OpenDocument sheet; ``body`` is the XML of the rows."""
    path = folder / "file.ods"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet"
        )
        archive.writestr(
            "content.xml",
            f'{head}<office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x">'
            f'<table:table table:name="Feuille1">{body}</table:table>'
            "</office:document-content>",
        )
    return path


def ods_text(text: str) -> str:
    """Give the XML of a cell that holds a text."""
    lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in text.split("\n"))
    return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'
