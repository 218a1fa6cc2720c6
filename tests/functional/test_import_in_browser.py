"""A file of licences from its upload to its undoing, in a real browser at the width of a phone."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from parc.clock import now
from parc.extensions import db, transaction
from parc.jobs.engine import TableEngine
from parc.jobs.execution import Execution
from parc.jobs.handlers import HANDLERS
from parc.models import Entitlement, Installation, Publisher
from parc.precedence import ValueSource
from parc.services.jobs import claim
from parc.services.software_titles import settle_titles
from tests.browser import Live, Visit, axe_violations, chromium, live, visit
from tests.factories import make_device

__all__ = ["chromium", "live", "visit"]
pytestmark = [pytest.mark.browser, pytest.mark.long]

_WIDTH = 390
_FILE = (
    "Parc logiciel 2026;;;;\n"
    "Logiciel;Éditeur;Quantité;Date d'achat;Prix unitaire HT\n"
    "Microsoft Office;Microsoft;2;13/02/2026;12,50 €\n"
    "Sage Compta;Sage;10 postes;01/02/2026;1 234,56 €\n"
    "Visio;Microsoft;beaucoup;;\n"
    "Total;;12;;\n"
)


def _find_office(live: Live, count: int) -> None:
    """Let Microsoft Office be installed on so many machines."""
    with live.app.app_context(), transaction() as session:
        devices = [make_device(session).id for _number in range(count)]
        for number in devices:
            found = {"source": ValueSource.AGENT, "first_seen_at": now()}
            name = "Microsoft Office Standard 2021"
            session.add(Installation(device_id=number, key=name, name=name, **found))
        session.flush()
        settle_titles(session, devices, now())


def _work(live: Live) -> None:
    """Carry out the jobs that wait, as a worker does."""
    with live.app.app_context():
        while True:
            with transaction() as session:
                job = claim(session, "w", now())
            if job is None:
                break
            Execution(live.app, TableEngine("w", now), now, job).run(HANDLERS)
        db.session.remove()


def _licences(live: Live) -> tuple[list[str], list[str]]:
    with live.app.app_context():
        names = db.session.scalars(sa.select(Entitlement.name).order_by(Entitlement.name)).all()
        firms = db.session.scalars(sa.select(Publisher.name).order_by(Publisher.name)).all()
        db.session.remove()
    return list(names), list(firms)


def _send(page: Page, live: Live, path: Path) -> None:
    """Send a file and go on to its dry run, with the columns as they were recognised."""
    page.goto(f"{live.url}/imports")
    page.set_input_files("input[type=file]", path)
    page.locator("main form button.primary").click()
    page.locator("main .buttons a.primary").click()


def test_licences_are_imported_mended_sent_again_and_undone(
    live: Live, visit: Visit, tmp_path: Path
) -> None:
    _find_office(live, 3)
    page = visit(language="fr-FR", width=_WIDTH)
    live.sign_in(page)
    found: list[str] = []

    def look() -> None:
        found.extend(axe_violations(page))
        assert page.evaluate("document.documentElement.scrollWidth") <= _WIDTH

    path = tmp_path / "licences.csv"
    path.write_bytes(_FILE.encode("cp1252"))
    _send(page, live, path)
    expect(page.locator("select[name=column-1]")).to_have_value("publisher")
    look()
    page.locator("main form[method=post] button.primary").click()
    expect(page.locator("#live")).to_be_visible()
    _work(live)
    dry = page.locator("main")
    expect(dry).to_contain_text("Ce que sait le réseau")
    expect(dry).to_contain_text("plus que d\u2019achats")
    expect(dry).to_contain_text("beaucoup")
    look()
    # one publisher is unticked: its row is refused then, and the other one is made
    page.locator("label.tick", has_text="Sage").locator("input").uncheck()
    page.locator("form[action$='/plan'] button").click()
    _work(live)
    expect(page.locator("#refused")).to_be_visible()
    with page.expect_download() as download:
        page.locator("a[href$='refused.csv']").click()
    refused = Path(download.value.path()).read_text("utf-8-sig")
    page.locator("form[action$='/apply'] button.primary").click()
    _work(live)
    expect(page.locator(".message.success")).to_be_visible()
    look()
    assert _licences(live) == (["Microsoft Office"], ["Microsoft"])

    assert "beaucoup" in refused
    mended = tmp_path / "mended.csv"
    mended.write_text(refused.replace("beaucoup", "5"), encoding="utf-8-sig")
    _send(page, live, mended)
    page.locator("main form[method=post] button.primary").click()
    _work(live)
    page.locator("form[action$='/apply'] button.primary").click()
    _work(live)
    expect(page.locator(".message.success")).to_be_visible()
    assert _licences(live)[0] == ["Microsoft Office", "Sage Compta", "Visio"]

    page.locator(".message.success a").click()
    page.locator("form[action$='/undo'] button").click()
    expect(page.locator(".message.success, [role=status]").first).to_be_visible()
    assert _licences(live)[0] == ["Microsoft Office"]
    assert [one for one in found if "target-size" not in one] == []
