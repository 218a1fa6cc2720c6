"""Labels and sheets: what stands in the file, read back by another program."""

from __future__ import annotations

import io

import pypdfium2
import pytest

from parc.documents.labels import LAYOUTS, Label, LabelFormat, make_labels
from parc.documents.sheets import Sheet, make_sheet
from tests.conftest import SOME_MOMENT

pytestmark = pytest.mark.long


def texts(content: bytes) -> list[str]:
    """Give the text of each page."""
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    return [page.get_textpage().get_text_bounded() for page in document]


def some_labels(count: int) -> list[Label]:
    return [
        Label(f"https://parc.example.org/a/P{n:06}", f"P{n:06}", ("PC-1", "Hôpital Łódź"))
        for n in range(1, count + 1)
    ]


@pytest.mark.parametrize("kind", LabelFormat)
def test_every_label_is_on_its_page_in_order(kind: LabelFormat) -> None:
    count = LAYOUTS[kind].count
    pages = texts(make_labels(some_labels(count + 1), kind, made_at=SOME_MOMENT, title="Labels"))
    assert len(pages) == 2
    assert f"P{count:06}" in pages[0]
    assert f"P{count + 1:06}" in pages[1]
    assert "Hôpital Łódź" in pages[0]


def test_places_that_are_used_up_stay_free() -> None:
    kind = LabelFormat.A4_24
    pages = texts(
        make_labels(some_labels(2), kind, made_at=SOME_MOMENT, title="Labels", skipped=23)
    )
    assert ["P000001" in pages[0], "P000002" in pages[0], "P000002" in pages[1]] == [
        True,
        False,
        True,
    ]


def test_labels_fit_on_their_page() -> None:
    for layout in LAYOUTS.values():
        across = layout.left + layout.columns * layout.width + (layout.columns - 1) * layout.gap
        assert across <= layout.page[0]
        assert layout.top + layout.rows * layout.height <= layout.page[1]


def test_tag_is_never_cut_however_long() -> None:
    label = Label("https://parc.example.org/a/x", "INVENTAIRE-2026-000000000123456", ("n" * 200,))
    (page,) = texts(make_labels([label], LabelFormat.A4_65, made_at=SOME_MOMENT, title="Labels"))
    assert label.tag in page
    assert "…" in page


def test_sheet_goes_on_over_pages_and_ends_with_signatures() -> None:
    sheet = Sheet(
        title="Fiche de remise",
        organisation="Hôpital de Lyon",
        reference="M-12",
        facts=(("Remis à", "Amélie Dufour"), ("Lieu", "")),
        heads=("N° interne", "Désignation"),
        rows=tuple((f"P{n:06}", "ThinkPad L14 " * 12) for n in range(60)),
        widths=(1, 3),
        paragraphs=("À rendre au départ.",),
        signatures=("Remis par", "Reçu par"),
    )
    pages = texts(make_sheet(sheet, made_at=SOME_MOMENT))
    assert len(pages) > 2
    assert all("N° interne" in page for page in pages[:-1])
    assert "P000059" in "".join(pages)
    assert "Reçu par" in pages[-1]
    assert f"page {len(pages)}/{len(pages)}" in pages[-1]


def test_what_is_agreed_on_stands_on_the_page_of_the_signatures_and_no_label_is_cut() -> None:
    label = "Fournisseur, réparateur ou destinataire"
    for count in range(1, 60, 3):
        sheet = Sheet(
            title="Bon de sortie",
            organisation="",
            reference="M-000012",
            facts=((label, "Les Ordis du Cœur"),),
            heads=("N°",),
            rows=tuple((f"P{number}",) for number in range(count)),
            widths=(1,),
            paragraphs=("À rendre au départ.",),
            signatures=("Enlevé par",),
        )
        pages = texts(make_sheet(sheet, made_at=SOME_MOMENT))
        assert "À rendre au départ." in pages[-1]
        assert "Enlevé par" in pages[-1]
        assert label in " ".join(pages[0].split())


def test_same_content_at_the_same_moment_is_the_same_file() -> None:
    first, second = (
        make_labels(some_labels(3), LabelFormat.ROLL_62, made_at=SOME_MOMENT, title="Labels")
        for _ in range(2)
    )
    assert first == second
