"""Every page against WCAG 2.2 AA, in both languages and both colour schemes, wide and narrow.

The pages are those of the application's own routes, so that a new one is looked at without being
named here. One server and one browser serve all, and a page is loaded twice: in French, light, at
the width of a desk, and in English, dark, at 320 pixels.
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from shutil import copy
from typing import Literal

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from collectors.agent.entries import read_entries
from collectors.agent.messages import read_message
from collectors.credentials import SnmpVersion
from collectors.errors import Failure
from collectors.observation import to_json
from parc.app import create_app
from parc.clock import now
from parc.config import InboxSettings, Settings
from parc.extensions import db, transaction
from parc.models import (
    Agent,
    Asset,
    AuditEntry,
    ChangeSet,
    ChangeSetKind,
    Component,
    Credential,
    Device,
    DeviceStatus,
    Difference,
    HostEntry,
    InboxEntry,
    IncidentRuleCode,
    IncidentState,
    Interface,
    Movement,
    Run,
    RunPhase,
    RunState,
    RunTarget,
    Service,
    Storage,
    StoredObservation,
    Supply,
    SwitchPort,
    TargetOutcome,
    ValueSource,
)
from parc.reconcile.found_by import to_stored
from parc.reconcile.identity import Key
from parc.reconcile.inbox import settle
from parc.reconcile.matching import Considered, Match
from parc.reconcile.rules import KeyKind, Reason
from parc.services.actor import SYSTEM
from parc.services.agent_tokens import make_token
from parc.services.change_sets import recording
from parc.services.custom_fields import save_field
from parc.services.departments import create_department_path
from parc.services.ignored_keys import ignore_key
from parc.services.incident_links import follow_up, link
from parc.services.incident_steps import resolve, take
from parc.services.incident_values import IncidentInput
from parc.services.incidents import open_incident
from parc.services.outlets import OutletDraft, save_outlet
from parc.services.people import PersonDraft, save_person
from parc.services.places import create_path
from parc.services.sign_in import make_link
from parc.topology import PortRole
from tests.agent_samples import sample as agent_sample
from tests.browser import AXE_RULES, Live, chromium
from tests.contract_world import add_contract_rows
from tests.factories import (
    make_asset,
    make_device,
    make_linked_device,
    make_observation,
    make_range,
    make_run,
    make_user,
)
from tests.import_world import add_import_rows
from tests.links import connect, make_switch, plug

__all__ = ["chromium"]
pytestmark = [pytest.mark.browser, pytest.mark.long]

# Answers that are no page of their own: files, parts of pages, and doors that only open once.
NO_PAGES = {
    "agent_endpoint.receive",
    "assets.suggest",
    "contracts.suggest",
    "incidents.suggest",
    "movements.suggest_orders",
    "documents.download",
    "my_incidents.download",
    "departments.suggest",
    "imports.live",
    "people.suggest",
    "places.suggest",
    "incidents.every_csv",
    "incidents.every_xlsx",
    "incidents.figures_csv",
    "incidents.open_csv",
    "incidents.open_xlsx",
    "runs.live",
    "static",
}
_FILES = (".csv", ".ics", ".xlsx", ".pdf")
DOORS = {"first_run.show", "session.sign_in", "session.link"}
AXE = Axe().axe_script
REPORT = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`));
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """A server with one of everything: pages for who is signed in, and the doors."""

    live: Live
    pages: tuple[str, ...]
    doors: tuple[str, ...]


@pytest.fixture(scope="module")
def sample(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sample]:
    """Serve a database with one of everything, on a free port of loopback."""
    folder = tmp_path_factory.mktemp("accessibility")
    copy(sqlite_template, folder / "parc.db")
    app = create_app(Settings(data_folder=folder))
    with app.app_context():
        with transaction() as session:
            arguments, runs = _fill(session)
            arguments |= add_import_rows(session, folder)
            token = make_link(session, SYSTEM, arguments["user_id"], now())
        db.session.remove()
    paths = _paths(app, {**arguments, "token": token, "tag": "nobody-has-it", "slug": "contracts"})
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    more = ["/nothing-here", "/assets?q=nothing-like-it", "/assets?state=in_use"]
    more += [f"/runs/{run_id}" for run_id in runs]
    more += [
        "/map?site=0",
        "/map?site=0&vlan=10",
        "/which-source-wins?field=name",
        "/asset-tags?category=printer",
    ]
    more += [f"/where?q={text}" for text in ("sw-acces-02", "001b213a000a", "192.0.2.250", "sw")]
    yield Sample(
        Live(app, f"http://127.0.0.1:{server.server_port}"),
        (*(path for name, path in paths.items() if name not in DOORS), *more),
        tuple(path for name, path in paths.items() if name in DOORS),
    )
    server.shutdown()
    thread.join()
    server.server_close()
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize(
    ("language", "scheme", "width"), [("fr-FR", "light", 1280), ("en-GB", "dark", 320)]
)
def test_every_page_is_accessible_fits_and_is_silent(
    sample: Sample,
    chromium: Chromium,
    language: str,
    scheme: Literal["light", "dark"],
    width: int,
) -> None:
    context = chromium.new_context(
        viewport={"width": width, "height": 800},
        locale=language,
        color_scheme=scheme,
        reduced_motion="reduce",
    )
    context.add_init_script(REPORT)
    page = context.new_page()
    found: list[str] = []
    page.on(
        "console",
        lambda message: (
            found.append(f"{page.url} {message.text}")
            if message.type == "error" and "404" not in message.text
            else None
        ),
    )
    page.on("pageerror", lambda error: found.append(f"{page.url} {error}"))
    for path in sample.doors:
        found += _look(page, sample.live.url + path, width)
    sample.live.sign_in(page)
    for path in sample.pages:
        found += _look(page, sample.live.url + path, width)
    page.locator(".drop.person > summary").click()
    found += _violations(page, AXE_RULES)
    context.close()
    assert found == [], "\n".join(found)


def test_the_pages_are_all_there(sample: Sample) -> None:
    assert len(sample.pages) > 30
    assert len(sample.doors) == len(DOORS)


def _look(page: Page, url: str, width: int) -> list[str]:
    page.goto(url)
    _open(page, "main details:not([data-drop])")
    found = []
    scrolled = page.evaluate("document.documentElement.scrollWidth")
    if scrolled > width:
        found.append(f"{url} is {scrolled} pixels wide in a window of {width}")
    page.evaluate(AXE)
    found += _violations(page, AXE_RULES)
    # A menu that drops down lies over what is below it, which nobody can press meanwhile.
    if page.locator("main .drop-body").count():
        _open(page, "main details[data-drop]")
        found += _violations(page, AXE_RULES, "main .drop-body")
    return found


def _open(page: Page, details: str) -> None:
    script = "(which) => document.querySelectorAll(which).forEach((one) => one.open = true)"
    page.evaluate(script, details)


def _violations(page: Page, options: object, within: str = "html") -> list[str]:
    violations = page.evaluate(
        "([options, within]) => axe.run(within, {...options, resultTypes: ['violations']})"
        ".then((result) => result.violations.map((one) => one.id + ' ' + one.nodes[0].html"
        " + ' ' + one.nodes[0].failureSummary))",
        [options, within],
    )
    return [f"{page.url} {violation}" for violation in violations]


def _paths(app: Flask, arguments: Mapping[str, object]) -> dict[str, str]:
    """Give every address that answers to GET with a page, by its endpoint."""
    with app.test_request_context():
        adapter = app.create_url_adapter(None) or app.url_map.bind("127.0.0.1")
        return {
            rule.endpoint: adapter.build(
                rule.endpoint, {name: arguments[name] for name in rule.arguments}
            )
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ())
            and rule.endpoint not in NO_PAGES
            and not rule.rule.endswith(_FILES)
        }


def _add_keys(session: Session, device: Device) -> None:
    """Add a key that people ignore, one that looks like it, and matches with all their words."""
    ignore_key(session, SYSTEM, kind="serial", value="Lot 77", reason="A whole batch", at=now())
    for maker in ("Dell", "Lenovo"):
        make_device(session, manufacturer=maker, serial_number="BATCH77X")
    key = Key(KeyKind.MAC, "00:1b:21:00:00:01")
    considered = tuple(Considered(device.id, key, reason, ("ab12", "")) for reason in Reason)
    device.created_match = to_stored(Match(None, None, considered), now(), None)
    device.last_match = to_stored(Match(device.id, key, values=("3", "4")), now(), None)


def _add_incidents(session: Session, asset_id: int) -> int:
    """Add an incident that is taken in charge, with a follow-up and a link; a draft beside it."""
    given = IncidentInput("Plus d'image", "Écran noir\ndepuis ce matin", asset_ids=[asset_id])
    first, other, draft = (
        open_incident(session, SYSTEM, given, at=now() - timedelta(days=days))
        for days in (2, 40, 1)
    )
    take(session, SYSTEM, first.id, at=now())
    follow_up(session, SYSTEM, first.id, "Câble changé", at=now(), minutes="15")
    link(session, SYSTEM, first.id, other.id, "related", at=now())
    resolve(session, SYSTEM, other.id, "Alimentation remplacée", "power", at=now())
    draft.state, draft.is_open = IncidentState.DRAFT, False
    draft.rule, draft.rule_key = IncidentRuleCode.MEMORY_SMALLER, f"asset:{asset_id}"
    draft.evidence = {"before": 2**34, "after": 2**33}
    session.flush()
    return first.id


def _fill(session: Session) -> tuple[dict[str, int], list[int]]:
    """Add one of everything; give the arguments of the addresses, and further runs."""
    moment = now()
    address_range = make_range(session, name="Lyon, réseau", include=["198.18.0.0/24"])
    credential = Credential(
        name="Lecture",
        version=SnmpVersion.V2C,
        parameters={},
        networks=[],
        sealed=b"",
        key_id="none",
        created_at=moment,
        updated_at=moment,
    )
    session.add(credential)
    asset_id, observation_id = _add_asset(session)
    unknown = make_device(
        session, sys_name="chassis-lames-01", manufacturer="Hewlett-Packard", serial_number="AB12"
    )
    make_device(session, status=DeviceStatus.IGNORED, ignore_reason="A visitor's laptop")
    _add_keys(session, unknown)
    done = make_run(
        session, address_range, started_at=moment - timedelta(minutes=2), ended_at=moment,
        address_count=30, swept_count=30, responder_count=20, created_count=20, asset_count=19,
        failed_count=1, warnings=["nmap_failed: it ended with code 1", "loopback: by SNMP only"],
    )  # fmt: skip
    _add_log(session, done, unknown.id)
    running = make_run(
        session, address_range, state=RunState.RUNNING, phase=RunPhase.SWEEP, started_at=moment,
        address_count=1000, swept_count=400,
    )  # fmt: skip
    _add_log(session, running, unknown.id)
    held = make_run(session, address_range, state=RunState.HELD, ended_at=moment, started_at=moment)
    session.flush()
    _add_links(session, asset_id)
    arguments = {
        **add_contract_rows(session, asset_id),
        "asset_id": asset_id,
        "change_set_id": _add_act(session, asset_id),
        "entry_id": _add_entry(session, asset_id),
        "incident_id": _add_incidents(session, asset_id),
        "credential_id": credential.id,
        "device_id": unknown.id,
        "observation_id": observation_id,
        "range_id": address_range.id,
        "run_id": held.id,
        "user_id": make_user(session).id,
        "token_id": _add_agents(session, asset_id),
        "field_id": _add_own_field(session),
        **_add_organisation(session, asset_id),
    }
    return arguments, [done.id, running.id]


def _add_own_field(session: Session) -> int:
    """Add a field of the organisation's own, which every asset has."""
    typed = {"key": "badge", "label_en": "Badge", "label_fr": "Badge", "type": "text"}
    return save_field(session, SYSTEM, None, {**typed, "is_listed": True}, at=now()).id


def _add_agents(session: Session, asset_id: int) -> int:
    """Add agents that report with a token, and what one tells of the asset's device."""
    token, _secret = make_token(session, SYSTEM, name="Lyon", location_id=None, at=now())
    device = session.scalars(sa.select(Device).where(Device.asset_id == asset_id)).first()
    assert device is not None
    message = read_message(agent_sample("glpi_laptop.json"))
    for number in range(2):
        agent = Agent(
            key=f"agent {number}", name=f"PC-COMPTA-0{number}-2025-02-03-10-20-30", tag="MAIRIE",
            client="GLPI-Agent_v1.11", token_id=token.id, device_id=device.id,
            first_seen_at=now(), last_seen_at=now(), problem="no" if number else None,
        )  # fmt: skip
        session.add(agent)
    device.agent_id = "agent 0"
    for entry in read_entries(message.sections):
        values = {name: getattr(entry, name) for name in entry.__struct_fields__}
        values["facts"] = list(entry.facts)
        session.add(HostEntry(device_id=device.id, first_seen_at=now(), **values))
    session.flush()
    return token.id


def _add_organisation(session: Session, asset_id: int) -> dict[str, int]:
    """Add a room with an outlet, a department and a person who holds the asset."""
    room = create_path(session, SYSTEM, "Lyon > Bâtiment A > 2 > Salle 214", at=now())
    draft = OutletDraft(
        "A-214-1", session.get_one(Asset, asset_id).asset_tag, "GigabitEthernet1/0/1"
    )
    outlet = save_outlet(session, SYSTEM, room.id, draft, at=now())
    department = create_department_path(session, SYSTEM, "Direction > Informatique", at=now())
    wanted = PersonDraft(
        name="Élise Martin", email="elise.martin@example.org", department="Informatique",
        site="Lyon", left_on="2026-01-31",
    )  # fmt: skip
    person = save_person(session, SYSTEM, wanted, at=now())
    asset = session.get_one(Asset, asset_id)
    asset.location_id, asset.custodian_person_id = room.id, person.id
    asset.purchase_price, asset.warranty_ends_on = Decimal("1234.50"), now().date()
    session.flush()
    return {
        "place_id": room.id,
        "outlet_id": outlet.id,
        "department_id": department.id,
        "person_id": person.id,
        "movement_id": session.scalars(sa.select(Movement.id)).first() or 0,
    }


def _add_act(session: Session, asset_id: int) -> int:
    """Add an act that a person has built upon, so that its page says what stands in the way."""
    asset = session.get_one(Asset, asset_id)
    title = {"code": "merged", "asset": "P000001", "other": "P000002"}
    with recording(session, SYSTEM, ChangeSetKind.MERGE, title, now()):
        asset.notes = "first"
        session.flush()
    asset.notes = "then"
    session.flush()
    return session.scalars(sa.select(ChangeSet.id)).one()


def _add_entry(session: Session, asset_id: int) -> int:
    """Settle the inbox; give an entry about the asset, or any."""
    settle(session, SYSTEM, InboxSettings(), now())
    about = sa.select(InboxEntry.id).order_by(InboxEntry.asset_id != asset_id, InboxEntry.id)
    return session.scalars(about.limit(1)).one()


def _add_asset(session: Session) -> tuple[int, int]:
    """Add an asset whose sheet shows every part; give it and an observation."""
    asset = make_asset(
        session,
        name="sw-etage1-01.example.org",
        serial_number="FOC1234A0B1CDEFGH",
        manufacturer="Palo Alto Networks",
        model_name="ECOSYS-P6235cdn/KL3-EXTENDED-EDITION",
        primary_address="2001:db8:1234:5678:9abc:def0:1234:5678",
        base_mac_address="8c:60:4f:e6:ed:5b",
        last_seen_at=now(),
    )
    device = make_linked_device(
        session, asset, sys_name="sw-etage1-01", sys_descr="Cisco NX-OS(tm) n5000, " * 8
    )
    of = {"device_id": device.id}
    session.add_all(
        [
            Interface(
                **of, key="1", if_index=1, if_name="Gi1/0/1", if_alias="Uplink", if_oper_status=1,
                if_admin_status=1, if_high_speed=10_000, if_phys_address="8c:60:4f:e6:ed:5c",
                addresses=["192.0.2.1/24"],
            ),
            Interface(**of, key="2", if_index=2, if_descr="Gi1/0/2", addresses=[]),
            Component(
                **of, key="1", contained_in=0, component_class="chassis", name="Chassis 1",
                model_name="N5K-C5548UP",
            ),
            Supply(**of, key="1.1", description="Black toner", capacity=100, level=7),
            Storage(
                **of, key="C:", description="C:\\ Label: System", storage_type="fixedDisk",
                size_bytes=2**36, used_bytes=2**35,
            ),
            Service(**of, key="tcp/22", name="ssh", product="OpenSSH", is_guess=False),
            Difference(
                asset_id=asset.id, field="name", seen_value="sw-1", source=ValueSource.SNMP,
                since=now(),
            ),
            AuditEntry(
                at=now(), author="Ada", subject_kind="asset", subject_id=asset.id,
                subject_name=asset.name, action="changed",
                changes={f"interface/if_alias/Gi1/0/{n}": ["a", "b"] for n in range(9)},
            ),
        ]
    )  # fmt: skip
    observation = StoredObservation(
        device_id=device.id, address=device.address, source="snmp", observed_at=now(),
        body=zlib.compress(to_json(make_observation())),
    )  # fmt: skip
    session.add(observation)
    session.flush()
    return asset.id, observation.id


def _add_links(session: Session, asset_id: int) -> None:
    """Plug things into the switch whose sheet is looked at, and that into another."""
    device = session.scalars(sa.select(Device).where(Device.asset_id == asset_id)).one()
    for interface in session.scalars(sa.select(Interface).where(Interface.device_id == device.id)):
        interface.if_type = 6
        session.add(
            SwitchPort(
                interface_id=interface.id, device_id=device.id, native_vlan=10,
                untagged_vlans=[10], tagged_vlans=[20, 21, 22, 30], role=PortRole.EDGE,
                power_status="deliveringPower", first_read_at=now(), mac_count=0,
            )
        )  # fmt: skip
    session.flush()
    plug(session, device, 2, "00:1b:21:3a:00:0a", now(), now())
    _asset, other = make_switch(session, "sw-acces-02")
    connect(session, device, 1, other, "sw-acces-02", "GigabitEthernet1/0/24")
    connect(session, other, 1, device, "sw-etage1-01", "Gi1/0/1")
    connect(session, other, 2, None, "unknown-neighbour.example.org", "eth0")


def _add_log(session: Session, run: Run, device_id: int) -> None:
    outcomes = (
        (TargetOutcome.COLLECTED, None, ""),
        (TargetOutcome.PARTIAL, Failure.TOO_LARGE, "the limit of 20000 rows is reached"),
        (TargetOutcome.FAILED, Failure.WRONG_CREDENTIALS, "none of 2 communities"),
        (TargetOutcome.PRESENT, Failure.NO_ANSWER, "no reply to SNMP"),
    )
    for number, (outcome, failure, detail) in enumerate(outcomes, 1):
        session.add(
            RunTarget(
                run_id=run.id, address=f"198.18.0.{number}", outcome=outcome, failure=failure,
                detail=detail, device_id=device_id, seconds=1.2, ended_at=now(),
            )
        )  # fmt: skip
    session.add(
        AuditEntry(
            at=now(), author=run.range_name, run_id=run.id, subject_kind="device",
            subject_id=device_id, subject_name="chassis-lames-01", action="created", changes={},
        )
    )  # fmt: skip
