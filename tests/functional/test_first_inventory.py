"""From an empty data folder to a live inventory, as a technician does it, in one sitting."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from playwright.sync_api import Page, expect

from tests.browser import Visit, chromium, visit
from tests.demo.conftest import free_port, serving
from tests.functional.served import Served, office, serving_parc

__all__ = ["chromium", "visit"]
pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.network]

NETWORK = "127.0.61."
PASSWORD = "une phrase assez longue"
RUN_MILLISECONDS = 90_000


@pytest.fixture
def port() -> Iterator[int]:
    """The UDP port of a small office whose devices answer."""
    number = free_port()
    with serving(office(NETWORK), number):
        yield number


def test_technician_goes_from_nothing_to_a_kept_inventory(
    port: int, visit: Visit, tmp_path: Path
) -> None:
    page = visit(language="fr-FR")
    with serving_parc(tmp_path / "var") as server:
        _set_up(page, server, port)
        _watch_the_first_sweep(page)
        _look_around(page, server)
        _search_and_filter(page, server)
        tag = _edit_the_printer(page, server)
        _decide_by_keyboard(page, server)
        _sweep_again(page, server)
        _expect_kept(page, server, tag)
        _export(page, server)
        _use_english_and_a_phone(page, server)
        assert server.stop() < 10
    with serving_parc(tmp_path / "var") as server:
        _sign_out_and_in(page, server)
        _expect_kept(page, server, tag)
        page.goto(f"{server.url}/runs")
        expect(page.locator("tbody tr")).to_have_count(2)
        _guess_until_refused(page, server)


def _set_up(page: Page, server: Served, port: int) -> None:
    page.goto(server.url)
    expect(page).to_have_url(f"{server.url}/first-run")
    page.fill("#display_name", "Aïcha Benali")
    page.fill("#login", "aicha")
    page.fill("#password", "court")
    page.fill("#repeated_password", "court")
    page.fill("#range_name", "Siège")
    page.fill("#site", "Lyon")
    page.fill("#include", f"{NETWORK}0/33")
    page.fill("#every_minutes", "")
    page.fill("#community", "public")
    page.click("button.primary")
    expect(page.locator("#password-error")).to_contain_text("12")
    expect(page.locator("#include-error")).to_contain_text(f"{NETWORK}0/33")
    expect(page.locator("[data-focus]")).to_be_focused()
    for field, kept in {
        "#display_name": "Aïcha Benali",
        "#login": "aicha",
        "#range_name": "Siège",
        "#site": "Lyon",
        "#include": f"{NETWORK}0/33",
        "#every_minutes": "",
        "#password": "",
    }.items():
        expect(page.locator(field)).to_have_value(kept)
    page.fill("#password", PASSWORD)
    page.fill("#repeated_password", PASSWORD)
    page.fill("#include", f"{NETWORK}0/28")
    page.fill("#community", "public")
    page.click("button.primary")
    expect(page.get_by_role("heading", level=1)).to_have_text("Parc est prêt")
    # The simulated devices cannot listen on port 161 without rights; a second window corrects it.
    other = page.context.new_page()
    other.goto(f"{server.url}/credentials/1")
    other.fill("#port", str(port))
    other.click("main button.primary")
    expect(other).to_have_url(f"{server.url}/credentials")
    other.close()


def _watch_the_first_sweep(page: Page) -> None:
    page.get_by_role("button", name="Découvrir maintenant").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tableau de bord")
    page.locator("#runs a[href^='/runs/']").first.click()
    page.evaluate("window.isSamePage = true")
    for _ in range(2):
        with page.expect_response("**/live?*"):
            pass
    expect(page.locator("#live")).to_contain_text(re.compile(r"Durée\s*\d"))
    assert page.evaluate("window.isSamePage"), "progress needed a reload"
    _expect_end(page)
    assert fact(page, "Lus") == "11"


def _expect_end(page: Page) -> None:
    again = page.get_by_role("button", name="Relancer")
    expect(again.or_(page.get_by_role("button", name="Run again"))).to_be_visible(
        timeout=RUN_MILLISECONDS
    )


def _look_around(page: Page, server: Served) -> None:
    page.goto(server.url)
    # Four of them are access points that their controller tells of.
    assert _figure(page, "Matériels en tout") == 13
    page.goto(f"{server.url}/assets")
    for name in ("sw-01", "imp-01", "ups-01"):
        expect(page.get_by_role("link", name=name, exact=True)).to_be_visible()
    page.get_by_role("link", name="sw-01", exact=True).click()
    identity = page.locator("dl.sourced").first
    for word in ("Cisco", "Commutateur"):
        expect(identity).to_contain_text(word)
    assert page.locator("#interfaces tbody tr").count() > 10


def _figure(page: Page, name: str) -> int:
    figure = page.locator(".row-todo a.figure").filter(has=page.get_by_text(name, exact=True))
    return int(figure.locator("b").inner_text())


def fact(page: Page, name: str) -> str:
    """Give the value that stands beside a name in the live part of a run's page."""
    term = page.locator("#live dl.facts > div").filter(has=page.get_by_text(name, exact=True))
    return term.locator("dd").inner_text()


def _search_and_filter(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/assets")
    page.locator("#list-q").press_sequentially("imp-0")
    expect(page.locator("#list tbody tr")).to_have_count(1)
    expect(page.locator("#list-q")).to_be_focused()
    expect(page).to_have_url(re.compile(r"q=imp-0"))
    page.locator("#list-q").fill("")
    expect(page.locator("#list tbody tr")).to_have_count(13)
    page.locator(".side").get_by_role("link", name="Commutateur").click()
    expect(page.locator("#list tbody tr")).to_have_count(4)
    names = page.locator("#list tbody th a")
    expect(names.first).to_have_text("sw-01")
    page.locator("#list thead").get_by_role("link", name="Nom").click()
    expect(names.first).to_have_text("sw-04")
    page.get_by_role("link", name="Enlever le filtre").click()
    expect(page.locator("#list tbody tr")).to_have_count(13)
    expect(names.first).to_have_text("wifi-01")
    page.get_by_text("Colonnes", exact=True).click()
    page.locator("input[name=column][value=base_mac_address]").check()
    page.get_by_role("button", name="Montrer").click()
    expect(page.locator("#list thead")).to_contain_text("Adresse MAC")
    expect(names.first).to_have_text("wifi-01")
    page.locator("#search").press_sequentially("sw-03")
    page.locator(".suggestion-box").get_by_role("link", name="sw-03").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("sw-03")


def _edit_the_printer(page: Page, server: Served) -> str:
    """Correct the model by hand; give the asset's number."""
    _open_asset(page, server, "imp-01")
    page.keyboard.press("e")
    page.fill("#model_name", "Imprimante du hall")
    page.keyboard.press("Control+Enter")
    expect(page.locator("form.padlock")).to_have_count(1)
    return page.locator(".strip dd").first.inner_text()


def _open_asset(page: Page, server: Served, name: str) -> None:
    page.goto(f"{server.url}/assets?q={name}")
    page.get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)


def _decide_by_keyboard(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/devices")
    expect(page.locator("tbody tr")).to_have_count(2)
    accepted = page.locator("tbody th a").first.inner_text()
    page.keyboard.press("j")
    page.keyboard.press("a")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.keyboard.press("j")
    page.keyboard.press("i")
    page.fill("#reason", "matériel du voisin")
    page.keyboard.press("Control+Enter")
    expect(page.locator("tbody tr")).to_have_count(0)
    page.goto(f"{server.url}/devices/ignored")
    expect(page.locator("tbody tr")).to_contain_text("matériel du voisin")
    _open_asset(page, server, accepted)


def _sweep_again(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/ranges")
    page.get_by_role("button", name="Découvrir maintenant").click()
    _expect_end(page)
    changes = ("Nouveaux équipements", "Équipements modifiés", "Équipements disparus")
    assert {name: fact(page, name) for name in changes} == dict.fromkeys(changes, "0")
    assert fact(page, "Nouveaux matériels") == "0"
    assert fact(page, "Lus") == "11"


def _expect_kept(page: Page, server: Served, tag: str) -> None:
    page.goto(f"{server.url}/assets?q={tag}")
    expect(page.locator("dl.sourced").first).to_contain_text("Imprimante du hall")
    expect(page.locator("form.padlock")).to_have_count(1)
    expect(page.locator(".differences")).to_be_visible()


def _export(page: Page, server: Served) -> None:
    page.goto(f"{server.url}/assets?category=printer")
    page.get_by_text("Exporter", exact=True).click()
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    content = Path(download.value.path()).read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert [(row["Nom"], row["Modèle"]) for row in rows] == [("imp-01", "Imprimante du hall")]
    with page.expect_download() as download:
        page.get_by_role("link", name="Excel").click()
    with zipfile.ZipFile(download.value.path()) as book:
        texts = {name: book.read(name).decode() for name in book.namelist()}
    assert "Imprimante du hall" in "".join(texts.values())
    sheet = ET.fromstring(texts["xl/worksheets/sheet1.xml"])  # noqa: S314 -- we wrote it
    assert len(sheet.findall(".//{*}row")) == 2
    assert not sheet.findall(".//{*}f"), "a formula was written"


def _use_english_and_a_phone(page: Page, server: Served) -> None:
    page.goto(server.url)
    page.locator(".drop.person > summary").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Dashboard")
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/", "/assets", "/assets/1", "/devices", "/runs/2", "/ranges", "/credentials/1"):
        page.goto(server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.set_viewport_size({"width": 1440, "height": 900})


def _sign_out_and_in(page: Page, server: Served) -> None:
    _sign_out(page, server)
    page.goto(f"{server.url}/assets?category=printer")
    _try_to_sign_in(page, PASSWORD)
    expect(page).to_have_url(f"{server.url}/assets?category=printer")


def _guess_until_refused(page: Page, server: Served) -> None:
    _sign_out(page, server)
    for _ in range(5):
        _try_to_sign_in(page, "faux")
        expect(page.get_by_role("alert")).to_contain_text("mot de passe")
        expect(page.locator("#login")).to_have_value("aicha")
    # The next is not even looked at, be the password right.
    _try_to_sign_in(page, PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text(re.compile(r"\d+ seconde"))


def _sign_out(page: Page, server: Served) -> None:
    page.goto(server.url)
    page.locator(".drop.person > summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Se connecter")


def _try_to_sign_in(page: Page, password: str) -> None:
    page.fill("#login", "aicha")
    page.fill("#password", password)
    with page.expect_navigation():
        page.click("button.primary")
