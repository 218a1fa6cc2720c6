"""No secret comes out of the running product: pages, exports, logs, database, processes (T6)."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest

from collectors.credentials import AuthProtocol, PrivProtocol, SnmpVersion
from parc.app import create_app
from parc.config import Settings
from parc.demo.network import DemoDevice, DemoNetwork, make_devices
from parc.extensions import db, transaction
from parc.models import Role, ScheduleKind
from parc.services.credentials import CredentialDraft, save_credential
from parc.services.range_drafts import RangeDraft
from parc.services.ranges import save_range
from tests.conftest import SOME_MOMENT
from tests.demo.conftest import free_port, serving
from tests.factories import SOME_PERSON
from tests.functional.served import ROOT, serving_parc
from tests.web import make_user

pytestmark = [pytest.mark.long, pytest.mark.network]

NETWORK = "127.0.62."
RUN_SECONDS = 90
CANARIES = {
    name: f"canary-{name}-{secrets.token_hex(6)}"
    for name in ("community", "refused", "auth", "priv", "password", "typed")
}
_LOUD = """\
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
logging.getLogger().setLevel = lambda level: None
"""


class _Visitor:
    """A browser of the standard library, with cookies."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.jar = CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self.jar))

    def get(self, path: str, data: dict[str, str] | None = None) -> str:
        """Ask for a page, or send a form; an error page is a page as well."""
        body = urlencode(data).encode() if data else None
        try:
            with self._opener.open(self.url + path, body, timeout=30) as answer:
                return f"{answer.headers}{answer.read().decode('utf-8', 'replace')}"
        except HTTPError as error:
            with error:
                return f"{error.headers}{error.read().decode('utf-8', 'replace')}"

    def post(self, path: str, **fields: str) -> str:
        """Send a form with its token."""
        found = re.search(r'name="csrf-token" content="([^"]+)"', self.get("/sign-in"))
        assert found
        return self.get(path, {"csrf_token": found[1], **fields})


def _prepare(settings: Settings, port: int) -> list[str]:
    """Fill the database; give the addresses of all pages."""
    app = create_app(settings)
    with app.app_context():
        make_user(app, Role.ADMINISTRATOR, "alice", CANARIES["password"])
        common = {"port": str(port)}
        drafts = [
            CredentialDraft(name="wrong", community=CANARIES["refused"], **common),
            CredentialDraft(name="right", community=CANARIES["community"], **common),
            CredentialDraft(
                name="v3",
                version=SnmpVersion.V3,
                user_name="reader",
                auth_protocol=AuthProtocol.SHA256,
                auth_passphrase=CANARIES["auth"],
                priv_protocol=PrivProtocol.AES128,
                priv_passphrase=CANARIES["priv"],
                **common,
            ),
        ]
        with transaction() as session:
            for draft in drafts:
                save_credential(
                    session, SOME_PERSON, app.extensions["parc_box"], draft, now=SOME_MOMENT
                )
            wanted = RangeDraft(
                name="office",
                include=f"{NETWORK}0/29",
                schedule_kind=ScheduleKind.NONE,
                credentials=tuple(draft.name for draft in drafts),
            )
            save_range(session, SOME_PERSON, wanted, now=SOME_MOMENT)
        db.session.remove()
        db.engine.dispose()
    return [
        re.sub(r"<[^>]+>", "1", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.endpoint != "static" and "GET" in (rule.methods or ())
    ]


def _processes(leader: int) -> Iterator[str]:
    """Give command line and environment of every process of a group, as they stand now."""
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdecimal() and os.getpgid(int(folder.name)) == leader:
                for name in ("cmdline", "environ"):
                    yield (folder / name).read_bytes().decode("utf-8", "replace")
        except OSError:
            continue  # it has ended


def test_no_canary_leaves_by_any_way(sqlite_settings: Settings, tmp_path: Path) -> None:
    port = free_port()
    pages = _prepare(sqlite_settings, port)
    loud = tmp_path / "loud"
    loud.mkdir()
    (loud / "sitecustomize.py").write_text(_LOUD)
    community = CANARIES["community"]
    listed = [
        DemoDevice(f"{NETWORK}1", "sw-01", "network/switch/cisco-c3560", "", community=community),
        DemoDevice(f"{NETWORK}2", "imp-01", "printer-colour", "", community="another"),
    ]
    devices = make_devices(DemoNetwork((), tuple(listed), {}))
    environment = {"PYTHONPATH": f"{loud}{os.pathsep}{ROOT}"}
    said: dict[str, str] = {}
    with (
        serving(devices, port),
        serving_parc(sqlite_settings.data_folder, environment) as server,
    ):
        visitor = _Visitor(server.url)
        visitor.post("/sign-in", login="alice", password=CANARIES["typed"])
        visitor.post("/sign-in", login="alice", password=CANARIES["password"])
        visitor.post("/ranges/1/sweep")
        end = time.monotonic() + RUN_SECONDS
        while "every 2s" in (page := visitor.get("/runs/1")):
            assert time.monotonic() < end, page
            said.setdefault("processes", "")
            said["processes"] += "\n".join(_processes(server.process.pid))
            time.sleep(0.1)
        visitor.post("/credentials/new", name="", version="v9", community=CANARIES["typed"])
        said |= {path: visitor.get(path) for path in pages}
        visitor.post("/runs/1/retry", community=CANARIES["typed"])
        said["/runs/2"] = visitor.get("/runs/2")
        (cookie,) = visitor.jar
        assert cookie.value
    assert "sw-01" in said["/assets"]
    assert "parc" in said["processes"]
    assert "DEBUG" in server.log.read_text()
    folder = sqlite_settings.data_folder
    said["log"] = server.log.read_text()
    key = (folder / "master.key").read_text().split()
    for file in folder.iterdir():
        if file.name != "master.key" and file.is_file():
            said[file.name] = file.read_bytes().decode("latin-1")
    searched = [*CANARIES.values(), *(part for part in key if len(part) > 16), cookie.value]
    assert len(searched) > len(CANARIES) + 1
    leaks = [
        f"{canary[:14]}… in {place}"
        for place, text in said.items()
        for canary in searched
        if canary in text
    ]
    assert leaks == []
