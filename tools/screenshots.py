"""Take the pictures of docs/images from the demo, by ``make screenshots``.

python -m tools.screenshots [--language fr] [--folder docs/images]
"""

from __future__ import annotations

import argparse
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
_LINK_WORD = "/sign-in/link/"
_RANGES = 4
_WAIT_SECONDS = 240
_REFUSED = 400
# Pages of rights held and software found: name of the picture, page, and the row to open.
_RIGHTS = (
    ("compliance", "/compliance", ""),
    ("position", "/compliance", "Adobe Acrobat"),
    ("software", "/software", ""),
    ("agents", "/agents", ""),
)
_SIZE: Final[ViewportSize] = {"width": 1440, "height": 900}
_SMALL_SIZE: Final[ViewportSize] = {"width": 1280, "height": 720}
_FORM = "main form:has([name=serial_number])"


def main() -> None:
    """Start the demo, wait for its first sweeps, take the pictures, stop the demo."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--language", choices=("en", "fr"), default="en")
    parser.add_argument("--folder", type=Path, default=ROOT / "docs" / "images")
    options = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise SystemExit("chromium is needed (Debian: apt install chromium).")
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, _demo(Path(data)) as link:
        _wait_for_runs(Path(data) / "parc.db")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            page = browser.new_page(viewport=_SIZE, locale=options.language)
            _take(page, link, options.folder)
            browser.close()


@contextmanager
def _demo(folder: Path) -> Iterator[str]:
    """Run the demo on free ports; gives its one-time link."""
    port, network_port = _free_port(socket.SOCK_STREAM), _free_port(socket.SOCK_DGRAM)
    command = [sys.executable, "-m", "parc", "demo", "--folder", str(folder)]
    with subprocess.Popen(  # noqa: S603 -- our own command
        [*command, "--port", str(port), "--network-port", str(network_port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as child:
        try:
            for line in child.stdout or ():
                if _LINK_WORD in line:
                    yield "http" + line.partition("http")[2].strip()
                    break
            else:
                raise SystemExit("The demo did not start.")
        finally:
            child.send_signal(signal.SIGINT)


def _free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for_runs(database: Path) -> None:
    end = time.monotonic() + _WAIT_SECONDS
    with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True)) as connection:
        while time.monotonic() < end:
            rows = connection.execute("SELECT count(*) FROM run WHERE state = 'done'")
            if rows.fetchone()[0] >= _RANGES:
                return
            time.sleep(1)
    raise SystemExit(f"The demo's sweeps did not end within {_WAIT_SECONDS} s.")


def _take_identity(page: Page, base: str, folder: Path) -> None:
    """Take what explains identity and provenance: a person says otherwise, a list doubles a record.

    The next sweep of the range sees what its switch says, and tells the difference.
    """
    page.set_viewport_size(_SMALL_SIZE)
    page.goto(f"{base}/assets?q=sw-coeur-01")
    page.click("main table tbody a[href*='/assets/']")
    page.wait_for_load_state()
    sheet = page.url.partition("?")[0]
    page.goto(f"{sheet}/edit")
    serial = page.input_value(f"{_FORM} [name=serial_number]")
    _send(page, {"name": "sw-coeur-lyon", "software_revision": "4.28.3M"})
    page.goto(f"{base}/assets/new")
    page.select_option(f"{_FORM} [name=category]", "switch")
    page.select_option(f"{_FORM} [name=lifecycle_state]", "in_stock")
    twin = {"name": "SW-COEUR-01", "serial_number": serial, "manufacturer": "Arista Networks"}
    _send(page, {**twin, "model_name": "7150S-52", "notes": "2024, rack 2"})
    other = page.url.rpartition("/")[2].partition("?")[0]
    page.goto(f"{base}/ranges")
    page.click("main form[action$='/1/sweep'] button")
    page.wait_for_load_state()
    _wait_for_end(page)
    page.goto(f"{base}/inbox?sort=-opened_at")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.screenshot(path=folder / "inbox.png")
    page.goto(sheet)
    page.locator(".differences").screenshot(path=folder / "difference.png")
    page.goto(f"{base}/assets?q=PC-0003")
    page.click("main table tbody a[href*='/assets/']")
    page.locator("#why").screenshot(path=folder / "why.png")
    page.goto(f"{sheet}/merge?other={other}")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=folder / "merge.png")


def _wait_for_end(page: Page) -> None:
    """Look at the page of a run again until it offers to start it once more."""
    for _ in range(_WAIT_SECONDS):
        if page.locator("main form[action$='/again']").count():
            return
        time.sleep(1)
        page.reload()
    raise SystemExit(f"The sweep did not end within {_WAIT_SECONDS} s.")


def _send(page: Page, values: Mapping[str, str]) -> None:
    for name, value in values.items():
        page.fill(f"{_FORM} [name={name}]", value)
    page.click(f"{_FORM} .button.primary")
    page.wait_for_load_state()


def _take(page: Page, link: str, folder: Path) -> None:
    base = link.partition(_LINK_WORD)[0]
    refused: list[str] = []
    page.on("response", lambda got: refused.append(got.url) if got.status >= _REFUSED else None)
    page.goto(link)
    page.click("main form button")
    page.wait_for_load_state()

    def shoot(name: str) -> None:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{name}.png")

    page.goto(base)
    shoot("dashboard")
    page.goto(f"{base}/assets")
    shoot("assets")
    page.goto(f"{base}/assets?q=sw-coeur-01")
    page.click("main table tbody a[href*='/assets/']")
    page.wait_for_load_state()
    shoot("asset")
    page.goto(f"{base}/runs")
    page.click("main table tbody a[href*='/runs/']")
    page.wait_for_load_state()
    shoot("run")
    for name, path, row in _RIGHTS:
        page.goto(f"{base}{path}")
        if row:
            page.click(f"main table tbody a:has-text('{row}')")
            page.wait_for_load_state()
        shoot(name)
    _take_network(page, base, shoot)
    _take_guides(page, base, folder)
    _take_identity(page, base, folder)
    if refused:
        raise SystemExit(f"The server refused {refused[0]}: the pictures lack something.")


def _take_network(page: Page, base: str, shoot: Callable[[str], None]) -> None:
    """Take where a printer is, the ports of its switch, and the map of its site."""
    page.goto(f"{base}/where?q=imp-accueil-01")
    shoot("where")
    page.click(".where-spot a[href*='/ports']")
    page.wait_for_load_state()
    page.goto(page.url.partition("?")[0])
    shoot("ports")
    page.goto(f"{base}/map")
    page.select_option("select[name=site]", label="Lyon")
    page.click("main form button")
    shoot("map")


def _take_guides(page: Page, base: str, folder: Path) -> None:
    """Take the pictures of the guides: the plan of a basket, a contract, an incident."""
    page.goto(f"{base}/people")
    person = page.locator("main table tbody th a").first.inner_text()
    page.goto(f"{base}/assets?state=in_stock")
    page.locator("main table tbody input[type=checkbox]").first.wait_for()
    for box in page.locator("main table tbody input[type=checkbox]").all()[:3]:
        box.check()
    page.click("button[formaction$='/movements/basket']")
    for _step in range(2):
        page.wait_for_load_state()
        if page.locator("#person").count():
            page.fill("#person", person)
        page.click("main form .buttons button.primary")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=folder / "basket.png")
    for name, address in (("contract", "/contracts"), ("incident", "/incidents")):
        page.goto(f"{base}{address}")
        page.click("main table tbody th a")
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{name}.png")


if __name__ == "__main__":
    main()
