"""The wheel is the whole product: it serves pages from a directory that is no checkout."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

import parc

ROOT = Path(__file__).resolve().parents[2]
_MANIFEST = ROOT / "parc" / "static" / "build" / "manifest.json"
_WAIT_SECONDS = 60

# Built once, whichever worker takes the tests.
pytestmark = [pytest.mark.long, pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with pip, as whoever packages Parc does."""
    if not _MANIFEST.exists():
        pytest.skip("the assets are not built: run 'make setup'")
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own that sees this one's libraries."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False, symlinks=True)
    target = next((folder / "lib").glob("python*")) / "site-packages"
    _run(sys.executable, "-m", "pip", "install", "--no-deps", "--target", str(target), str(wheel))
    # Behind the wheel's own files, so that the checkout's editable install is not found first.
    libraries = Path(sys.modules["flask"].__file__ or "").parents[1]
    (target / "libraries.pth").write_text(f"{libraries}\n")
    return folder / "bin" / "python"


def test_wheel_holds_all_that_is_no_python(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {
        "parc/templates/base.html",
        "parc/static/build/manifest.json",
        "parc/translations/fr/LC_MESSAGES/messages.mo",
        "parc/migrations/env.py",
        "parc/demo/data/network.toml",
        "parc/demo/data/printer-colour.snmprec",
    } <= names
    data = sorted((ROOT / "collectors" / "definitions" / "data").glob("*.toml"))
    assert {f"collectors/definitions/data/{path.name}" for path in data} <= names
    assert not [name for name in names if name.startswith(("tests/", "tools/", "benchmarks/"))]


def test_installed_product_serves_pages_from_any_directory(installed: Path, tmp_path: Path) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PARC_", "PYTHON", "COV"))
    }
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment |= {"PARC_SERVER_PORT": str(port), "PARC_SERVER_PROCESSES": "1"}
    where = subprocess.run(
        [installed, "-c", "import parc; print(parc.__file__)"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert where.strip() != parc.__file__
    said = subprocess.run(
        [installed, "-m", "parc", "--version"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.startswith("parc, version ")
    log = tmp_path / "log"
    with (
        log.open("w") as out,
        subprocess.Popen(
            [installed, "-m", "parc", "serve", "--upgrade"],
            cwd=tmp_path,
            env=environment,
            stdout=out,
            stderr=out,
        ) as server,
    ):
        try:
            page = _fetch(f"http://127.0.0.1:{port}/", server, log)
        finally:
            server.send_signal(signal.SIGINT)
    assert "/static/build/app-" in page
    assert (tmp_path / "var" / "parc.db").exists()


def _fetch(address: str, server: subprocess.Popen[bytes], log: Path) -> str:
    """Wait for the first page; fail with what the server said when it ends or never answers."""
    end = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=10) as answer:  # noqa: S310 -- our own
                return str(answer.read().decode())
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
    pytest.fail(log.read_text())


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
