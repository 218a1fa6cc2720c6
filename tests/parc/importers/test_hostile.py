"""Files that mean harm: refused at once and with few octets read, and never half taken."""

from __future__ import annotations

import csv
import io
import random
import time
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from parc.extensions import db, reading, transaction
from parc.importers.apply import Steps, Task, apply_import
from parc.importers.choices import Mode
from parc.importers.entries import look_over
from parc.importers.header import Record
from parc.importers.kept import found_choices
from parc.importers.kinds import KINDS
from parc.importers.limits import LIMITS, FileError
from parc.importers.mapping import is_known_heading
from parc.importers.reading import read_file
from parc.importers.rows import NO_VALUE
from parc.importers.targets.made import TargetSettings
from parc.importers.values import RowReader
from parc.importers.workbooks import read_sheet
from parc.models import Asset, AssetField, AuditEntry, Location, Movement
from parc.services.actor import SYSTEM
from parc.services.document_store import DocumentStore, TooLargeError
from tests.conftest import SOME_MOMENT
from tests.parc.importers.files import inline, write_text, write_xlsx

_GIBI = 1024 * 1024 * 1024


class _OneLine(io.RawIOBase):
    """A stream of one line of a gibibyte, that notes how much of it was taken."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = 0

    def read(self, size: int = -1, /) -> bytes:
        assert size >= 0, "somebody wants it all"
        part = b"x" * min(size, _GIBI - self.taken)
        self.taken += len(part)
        return part


def test_number_of_six_thousand_digits_in_a_workbook_is_no_number(tmp_path: Path) -> None:
    number = "9" * 6_000
    styles = f'<cellXfs><xf numFmtId="{number}"/></cellXfs>'
    cells = [inline("Logiciel"), f'<c t="s"><v>{number}</v></c>', '<c s="0"><v>7</v></c>']
    path = write_xlsx(tmp_path, [cells], styles=styles)
    assert [row.cells for row in read_sheet(path, "Parc", LIMITS)] == [["Logiciel", NO_VALUE, "7"]]


def test_gibibyte_of_one_line_is_refused_as_soon_as_it_is_too_long(tmp_path: Path) -> None:
    path = tmp_path / "line.csv"
    with path.open("wb") as file:
        file.truncate(_GIBI)
    began = time.perf_counter()
    with pytest.raises(FileError, match="file_too_large"):
        read_file(path, is_known_heading)
    stream = _OneLine()
    with pytest.raises(TooLargeError):
        DocumentStore(tmp_path).put(stream, 4 * 1024 * 1024)  # type: ignore[arg-type]  # what is read is all it needs

    assert time.perf_counter() - began < 5
    assert stream.taken <= 5 * 1024 * 1024
    assert list((tmp_path / "documents").iterdir()) == []


def test_ten_thousand_columns_are_refused(tmp_path: Path) -> None:
    heads = ";".join(f"c{n}" for n in range(10_000))
    path = write_text(tmp_path, f"{heads}\n{heads}\n")

    with pytest.raises(FileError, match="too_many_columns"):
        read_file(path, is_known_heading)


@pytest.mark.parametrize("member", ["xl/worksheets/sheet1.xml", "content.xml"])
def test_bomb_in_a_workbook_is_refused_before_it_is_unpacked(tmp_path: Path, member: str) -> None:
    """Sixty-four mebibytes of rows in a few kibibytes, with the usual parts around them."""
    path = tmp_path / "bomb.xlsx"
    is_ods = member == "content.xml"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        if is_ods:
            archive.writestr(
                zipfile.ZipInfo("mimetype"), "application/vnd.oasis.opendocument.spreadsheet"
            )
        else:
            archive.writestr(
                "xl/workbook.xml",
                '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
                'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
                '<sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>',
            )
            archive.writestr(
                "xl/_rels/workbook.xml.rels",
                '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/'
                'relationships"><Relationship Id="r1" Target="worksheets/sheet1.xml"/>'
                "</Relationships>",
            )
        with archive.open(member, "w") as file:
            for _part in range(64):
                file.write(b"<row/>" * (1024 * 1024 // 6))
    small = replace(LIMITS, inflated_octets=8 * 1024 * 1024)
    began = time.perf_counter()
    with pytest.raises(FileError, match=r"workbook_(too_large|damaged)"):
        list(read_file(path, is_known_heading, limits=small).records())

    assert time.perf_counter() - began < 5


_WORDS = st.sampled_from(["PC", "Serveur", "bidule", "", "=1+1", "@cmd", "Écran"])
_TEXTS = st.sampled_from(["a", "é;è", 'x"y', "=SUM(A1)", "+33 1", "-5", "@x", "l\nl", "'=2", "€ 5"])
_LOCALES = {"fr": ("1 234,50 €", "03/02/2026"), "us": ("$1,234.50", "2026-02-03")}


@given(
    rows=st.lists(st.tuples(_TEXTS, _WORDS), min_size=2, max_size=6),
    delimiter=st.sampled_from(";,\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    locale=st.sampled_from(sorted(_LOCALES)),
)
@settings(max_examples=25, deadline=None)
def test_any_separator_encoding_quoting_and_locale_reads_to_the_same_values(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str]],
    delimiter: str,
    encoding: str,
    quoting: int,
    locale: str,
) -> None:
    def values(delimiter: str, encoding: str, quoting: int, locale: str) -> list[object]:
        price, day = _LOCALES[locale]
        buffer = io.StringIO()
        writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting)  # type: ignore[arg-type]  # a number of csv's
        writer.writerow(["Nom", "Notes", "Catégorie", "Prix d'achat", "Date d'achat"])
        for number, (text, word) in enumerate(rows):
            writer.writerow([f"n{number}", text, word, price, day])
        path = write_text(tmp_path_factory.mktemp("x"), buffer.getvalue(), encoding)
        return list(_values(path))

    plain = values(";", "utf-8", csv.QUOTE_MINIMAL, "fr")
    other = values(delimiter, encoding, quoting, locale)
    assert [str(one).replace("'USD'", "'EUR'") for one in other] == [str(one) for one in plain]


def _values(path: Path) -> Iterator[object]:
    """Give what each row says, field by field, with its problems."""
    found = read_file(path, is_known_heading)
    kind = KINDS["assets"]
    choices = found_choices(kind, found.headings)
    formats = look_over(found, kind, choices).formats
    reader = RowReader(kind, choices.columns, formats, found.headings)
    for record in found.records():
        if isinstance(record, Record):
            row = reader.read(record)
            yield (
                sorted((n, str(v)) for n, v in row.values.items()),
                [(problem.field, problem.code) for problem in row.problems],
            )


@pytest.mark.usefixtures("sqlite_app")
def test_refused_row_leaves_nothing_behind_whatever_is_wrong_with_it(tmp_path: Path) -> None:
    """Ten files of good and bad rows, mixed by chance; what was written is what was not refused."""
    chance = random.Random(7)  # noqa: S311 -- the same files each time
    good = 0
    for turn in range(10):
        rows = ["Nom;N° d'inventaire;Catégorie;Lieu;Prix d'achat;Utilisateur;N° de série;Fabricant"]
        for number in range(12):
            tag = chance.choice([f"T{turn}-{number}", f"T{turn}-same", ""])
            word = chance.choice(["PC", "PC", "bidule"])
            price = chance.choice(["12,50", "12,50", "-3", "=1+1"])
            holder = chance.choice(["", "", "Inconnue"])
            serial = chance.choice([f"S{turn}-{number}", f"S{turn}-same", "3,01E+13"])
            rows.append(f"n{number};{tag};{word};L{turn}-{number};{price};{holder};{serial};HP")
        path = write_text(tmp_path, "\n".join(rows) + "\n")
        found = read_file(path, is_known_heading)
        choices = found_choices(KINDS["assets"], found.headings)
        choices = replace(choices, beside_kinds=frozenset({"place"}), key=("asset_tag",))
        overview = look_over(found, KINDS["assets"], choices)
        task = Task(found, KINDS["assets"], choices, overview, SYSTEM, "f", TargetSettings())
        steps = Steps(transaction, lambda: SOME_MOMENT)
        outcome = apply_import(task, steps, Mode.GOOD_ROWS, reading=reading)
        db.session.rollback()
        good += sum(
            count for action, count in outcome.summary.counts.items() if action.value == "new"
        )
        counts = [
            db.session.scalar(sa.select(sa.func.count(sa.distinct(column))))
            for column in (Asset.id, Movement.asset_id, AssetField.asset_id)
        ]
        audit = sa.select(sa.func.count()).where(AuditEntry.subject_kind == "asset")
        places = sa.select(sa.func.count()).select_from(Location)
        assert [*counts, db.session.scalar(audit), db.session.scalar(places)] == [good] * 5
    assert good > 10
