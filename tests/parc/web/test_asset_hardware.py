"""What agents tell on the sheet: the hardware tab, cards of the first tab, software."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from collectors import agent
from collectors.agent.messages import read_message
from parc.config import Settings
from parc.discovery.agents import settle_uploads, take_waiting
from parc.extensions import db, transaction
from parc.models import Asset, HostEntry, Installation, ValueSource
from parc.queries.host_entries import INSIDE_SHOWN
from parc.services.agents import Received, store_inventory
from parc.web.asset_hardware import entry_facts
from tests.agent_samples import sample
from tests.conftest import SOME_MOMENT
from tests.factories import make_asset, make_linked_device
from tests.web import Browser


@pytest.fixture
def laptop(administrator: Browser) -> int:
    """A laptop that its agent has told of; gives its asset."""
    settings: Settings = administrator.app.extensions["parc_settings"]
    with transaction() as session:
        message = read_message(sample("glpi_laptop.json"))
        store_inventory(session, Received(message, SOME_MOMENT))
        settle_uploads(session, settings, take_waiting(session), SOME_MOMENT)
    return db.session.scalars(sa.select(Asset.id).where(Asset.name == "PC-COMPTA-03")).one()


def test_the_tab_shows_what_is_inside(administrator: Browser, laptop: int) -> None:
    page = administrator.get(f"/assets/{laptop}/hardware").text
    for text in ("M425R2GA3BB0", "PARC NVMe 512", "10 cores · 12 threads · 1,600 MHz", "encrypted"):
        assert text in page
    assert "Microsoft Office Professionnel Plus 2021" in page
    assert "N9PQR" in page  # the end of the key, and no more of it
    assert "Administrateur" in page
    assert "Peripherals" in page
    assert "<dd>4 Feb 2025</dd>" in page
    assert "<dd>19 Nov 2026</dd>" in page  # the last backup of a database
    assert "Databases" in page


def test_very_many_parts_are_shown_page_by_page(administrator: Browser, laptop: int) -> None:
    with transaction() as session:
        device_id = session.scalars(sa.select(Installation.device_id)).first()
        columns = {"device_id": device_id, "kind": "account", "first_seen_at": SOME_MOMENT}
        keys = [f"account:user-{number:04}" for number in range(INSIDE_SHOWN + 9)]
        rows: list[dict[str, Any]] = [
            {**columns, "key": key, "name": key[8:], "facts": []} for key in keys
        ]
        session.execute(sa.insert(HostEntry), rows)
    url, names = f"/assets/{laptop}/hardware", []
    while url:
        page = administrator.get(url).text
        names += re.findall(r"<h3>(user-\d+)</h3>", page)
        assert "user-0000" not in page or "of 510 on this page" in page
        found = re.search(r'href="([^"]*hardware\?after=\d+)"', page)
        url = found[1] if found else ""
    assert names == [key[8:] for key in keys]
    assert administrator.get(f"/assets/{laptop}/hardware?after=999999").status_code == 404


def test_every_fact_that_agents_tell_has_a_name_for_readers() -> None:
    calls = (
        node
        for path in Path(agent.__file__).parent.glob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "facts"
    )
    words = {str(keyword.arg) for call in calls for keyword in call.keywords}
    assert len(words) > 40
    for word in words:
        assert entry_facts(HostEntry(facts=[f"{word}=x"])), word


def test_a_part_without_a_name_shows_its_state(administrator: Browser, laptop: int) -> None:
    with transaction() as session:
        device_id = session.scalars(sa.select(Installation.device_id)).first()
        session.add(
            HostEntry(
                device_id=device_id, key="firewall", kind="firewall", state="off", facts=[],
                first_seen_at=SOME_MOMENT,
            )
        )  # fmt: skip
    page = administrator.get(f"/assets/{laptop}/hardware").text
    assert '<p><span class="badge neutral">Off</span></p>' in page


def test_the_tab_of_software_stands_on_every_tab(administrator: Browser, laptop: int) -> None:
    for tab in ("", "/hardware", "/history", "/interfaces"):
        page = administrator.get(f"/assets/{laptop}{tab}").text
        assert f'href="/assets/{laptop}/software"' in page


def test_the_first_tab_shows_volumes_protection_and_what_is_attached(
    administrator: Browser, laptop: int
) -> None:
    page = administrator.get(f"/assets/{laptop}").text
    assert f'href="/assets/{laptop}/hardware"' in page
    for text in ("Volumes", "Microsoft Defender", "out of date", "PARC U24", "built in"):
        assert text in page
    assert r"MAIRIE\mdupont" in page


def test_a_monitor_says_what_it_is_attached_to(administrator: Browser, laptop: int) -> None:
    monitor = db.session.scalars(sa.select(Asset.id).where(Asset.name == "PARC U24")).one()
    page = administrator.get(f"/assets/{monitor}").text
    assert "Attached to" in page
    assert f'href="/assets/{laptop}">PC-COMPTA-03</a>' in page
    with transaction() as session:
        session.execute(
            sa.update(HostEntry).where(HostEntry.asset_id == monitor).values(gone_at=SOME_MOMENT)
        )
    assert "from 23 Nov 2026 to 23 Nov 2026" in administrator.get(f"/assets/{monitor}").text


def test_a_machine_without_an_agent_has_no_such_tab(administrator: Browser) -> None:
    with transaction() as session:
        asset = make_asset(session)
        make_linked_device(session, asset)
        number = asset.id
    assert "/hardware" not in administrator.get(f"/assets/{number}").text
    assert "No agent tells" in administrator.get(f"/assets/{number}/hardware").text


def test_software_is_shown_with_version_and_not_twice(administrator: Browser, laptop: int) -> None:
    with transaction() as session:
        device_id = session.scalars(sa.select(Installation.device_id)).first()
        session.add(
            Installation(
                device_id=device_id, key="7-Zip", name="7-Zip by SNMP", source=ValueSource.SNMP,
                first_seen_at=SOME_MOMENT,
            )
        )  # fmt: skip
    page = administrator.get(f"/assets/{laptop}/software").text
    assert "16.0.14332.20763" in page
    assert "The Document Foundation" not in page
    assert "Igor Pavlov" in page
    assert "7-Zip by SNMP" not in page
    assert re.search(r"<td data-label=\"Installed on\">\d{1,2} \w+ 20\d\d</td>", page)
