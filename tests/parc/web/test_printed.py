"""Labels are chosen and printed; their short address leads to the sheet or to a report."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pypdfium2
from click.testing import CliRunner
from flask import Flask

from parc.cli.tags import tags
from parc.extensions import transaction
from parc.models import Role
from tests.factories import make_asset
from tests.web import Browser


def made(count: int = 1) -> list[int]:
    with transaction() as session:
        return [
            make_asset(session, name=f"pc-{n}", asset_tag=f"P00{n}", model_name="L14").id
            for n in range(count)
        ]


def test_short_address_leads_to_the_sheet_whatever_the_case(administrator: Browser) -> None:
    (number,) = made()
    for tag in ("P000", "p000"):
        answer = administrator.get(f"/a/{tag}")
        assert (answer.status_code, answer.location) == (302, f"/assets/{number}")
    assert administrator.get("/a/P999").status_code == 404


def test_who_may_not_see_the_inventory_sees_tag_and_model_only(sqlite_app: Flask) -> None:
    made()
    page = Browser(sqlite_app, Role.REQUESTER).get("/a/P000").text
    assert "P000" in page
    assert "L14" in page
    assert "pc-0" not in page


def test_nobody_signs_in_first_and_comes_back(sqlite_app: Flask) -> None:
    made()
    Browser(sqlite_app, Role.ADMINISTRATOR)
    answer = sqlite_app.test_client().get("/a/P000")
    assert answer.status_code == 302
    assert "/sign-in?next=/a/P000" in answer.location.replace("%2F", "/")


def test_labels_of_ticked_assets_are_one_file(administrator: Browser) -> None:
    ids = made(3)
    page = administrator.post("/assets/labels", {"id": ids}).text
    chosen = ",".join(map(str, ids))
    assert f'value="{chosen}"' in page
    answer = administrator.post(
        "/assets/labels.pdf", {"chosen": chosen, "format": "a4_24", "skipped": "5"}
    )
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    document = pypdfium2.PdfDocument(io.BytesIO(answer.data))
    text = document[0].get_textpage().get_text_bounded()
    assert all(f"P00{n}" in text for n in range(3))


def test_wrong_format_or_place_is_told_beside_its_field(administrator: Browser) -> None:
    (number,) = made()
    answer = administrator.post(
        "/assets/labels.pdf", {"chosen": f"{number}", "format": "a3", "skipped": "-1"}
    )
    assert answer.status_code == 422
    assert 'id="format-error"' in answer.text
    assert 'id="skipped-error"' in answer.text
    assert administrator.get(f"/assets/{number + 1}/label").status_code == 404


def test_labels_are_printed_by_command_once_it_is_known_where_parc_is(
    sqlite_app: Flask, tmp_path: Path
) -> None:
    with transaction() as session:
        for tag in ("PC 1", "PC2"):
            make_asset(session, name=f"machine {tag}", asset_tag=tag)
    file, run = tmp_path / "labels.pdf", CliRunner()
    words = ["labels", str(file), "pc2", "PC 1", "--format", "roll_62"]
    assert "server.base_url is not set" in run.invoke(tags, words).output
    known = sqlite_app.extensions["parc_settings"]
    server = replace(known.server, base_url="https://parc.example")
    sqlite_app.extensions["parc_settings"] = replace(known, server=server)
    assert "no asset has the tag X" in run.invoke(tags, [*words, "X"]).output
    assert run.invoke(tags, words).exit_code == 0
    pages = pypdfium2.PdfDocument(file.read_bytes())
    texts = [page.get_textpage().get_text_bounded() for page in pages]
    assert [text.splitlines()[0] for text in texts] == ["PC 1", "PC2"]
