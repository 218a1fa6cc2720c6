"""Inventories of agents become devices, assets and software; the same again is nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask

from collectors.agent.messages import read_message
from collectors.observation import (
    Category,
    Identity,
    Interface,
    InterfaceTable,
    System,
)
from parc.config import AgentSettings, Settings
from parc.discovery.agents import settle_uploads, take_waiting
from parc.extensions import db, reading, transaction
from parc.models import (
    Agent,
    AgentUpload,
    Asset,
    AuditEntry,
    ChangeSet,
    Device,
    HostEntry,
    Installation,
    ManagedDevice,
    StoredObservation,
    ValueSource,
)
from parc.queries.agents import later_reports
from parc.reconcile.apply import apply
from parc.reconcile.load import load
from parc.reconcile.plan import plan
from parc.reconcile.policy import Policy
from parc.services.actor import SYSTEM
from parc.services.agents import Received, Stored, store_inventory
from parc.services.attached import MOST_OF_A_HOST
from parc.services.undo import undo
from tests.agent_samples import body, computer, edid, sample
from tests.conftest import SOME_MOMENT, SteppingClock
from tests.factories import SOME_PERSON, make_asset, make_observation

AGENT = "6f1c0e5a-5f0d-4c36-9a53-0f2f7a1b0042"
PARIS = ZoneInfo("Europe/Paris")


class Fleet:
    """A server that takes inventories over at once."""

    def __init__(self, app: Flask, clock: SteppingClock) -> None:
        self.settings: Settings = app.extensions["parc_settings"]
        self.clock = clock

    def upload(self, *octets: bytes, agent_id: str = "", address: str | None = None) -> None:
        """Store inventories, then let the job take them over."""
        for one in octets:
            with transaction() as session:
                message = read_message(one)
                store_inventory(
                    session, Received(message, self.clock(), agent_id=agent_id, address=address)
                )
        self.settle()

    def bring(self, *inventories: dict[str, Any], sender: str = "Ada") -> list[Stored]:
        """Store inventories as files that somebody brings, then let the job take them over."""
        found = []
        for told in inventories:
            with transaction() as session:
                received = Received(
                    read_message(body(told)), self.clock(), sent_by=sender, zone=PARIS
                )
                found.append(store_inventory(session, received))
        self.settle()
        return found

    def settle(self) -> None:
        while True:
            with transaction() as session:
                ids = take_waiting(session)
            if not ids:
                return
            with transaction() as session:
                settle_uploads(session, self.settings, ids, self.clock())

    def sweep(self, *observations: Any) -> int:
        """Apply what a run saw; gives how many changes its plan had."""
        with transaction() as session:
            policy = Policy(asset_categories=frozenset({Category.SERVER, Category.WORKSTATION}))
            known = load(session, observations, policy, is_for_apply=True)
            made = plan(observations, known, policy)
            apply(made, session, SYSTEM, self.clock())
            return len(made.changes)


@pytest.fixture
def fleet(app: Flask, clock: SteppingClock) -> Fleet:
    """An empty fleet, on each of the two databases."""
    return Fleet(app, clock)


def _all(model: Any, *conditions: Any) -> list[Any]:
    db.session.rollback()
    return list(db.session.scalars(sa.select(model).where(*conditions).order_by(model.id)))


def _state() -> dict[str, list[tuple[Any, ...]]]:
    """Give all rows that an inventory fills, but for when things were seen."""
    db.session.rollback()
    found = {}
    for model in (Device, Asset, HostEntry, Installation, ManagedDevice, AuditEntry, ChangeSet):
        columns = [c for c in model.__table__.columns if c.name not in {"last_seen_at", "heard"}]
        found[model.__tablename__] = [tuple(row) for row in db.session.execute(sa.select(*columns))]
    return found


def test_a_laptop_becomes_an_asset_with_all_that_is_in_it(fleet: Fleet) -> None:
    fleet.upload(sample("glpi_laptop.json"), agent_id=AGENT)
    (device,) = _all(Device)
    laptop, monitor, printer = _all(Asset)
    assert (device.asset_id, device.address) == (laptop.id, "192.0.2.33")
    assert (device.agent_id, device.category_source) == (AGENT, "agent")
    assert (laptop.name, laptop.serial_number) == ("PC-COMPTA-03", "PRC7L01")
    assert (monitor.category, monitor.serial_number) == (Category.MONITOR, "PRCMON001")
    assert (printer.category, printer.manufacturer) == (Category.PRINTER, "Konica Minolta")
    kinds = {row.kind for row in _all(HostEntry)}
    assert kinds >= {"processor", "memory", "disk", "volume", "antivirus", "license", "account"}
    software = _all(Installation)
    assert {row.source for row in software} == {ValueSource.AGENT}
    assert {row.name for row in software} >= {"7-Zip 23.01 (x64)"}
    assert [row.name for row in _all(ManagedDevice)] == ["essai-debian"]
    (agent,) = _all(Agent)
    assert (agent.device_id, agent.problem) == (device.id, None)
    assert _all(AgentUpload) == []


def test_the_same_inventory_twice_changes_nothing_but_when_it_was_seen(fleet: Fleet) -> None:
    fleet.upload(sample("glpi_laptop.json"), agent_id=AGENT)
    before = _state()
    fleet.clock.step(days=1)
    fleet.upload(sample("glpi_laptop.json"), agent_id=AGENT)
    assert _state() == before
    (device,) = _all(Device)
    assert device.last_seen_at == fleet.clock()
    assert {asset.last_seen_at for asset in _all(Asset)} == {fleet.clock()}
    # What says the same is kept once.
    assert len(_all(StoredObservation)) == 1


def test_what_changes_by_itself_is_stored_and_is_no_change(fleet: Fleet) -> None:
    told = json.loads(sample("glpi_laptop.json"))
    fleet.upload(body(told))
    entries = len(_all(AuditEntry))
    told["content"]["drives"][0]["free"] = 5_000
    told["content"]["users"] = [{"login": "jmartin"}]
    told["content"]["usbdevices"] = []
    fleet.clock.step(days=1)
    fleet.upload(body(told))
    assert len(_all(AuditEntry)) == entries
    (volume,) = _all(HostEntry, HostEntry.key == "volume C:")
    assert volume.used_bytes == (487_000 - 5_000) * 1024**2
    (user,) = _all(HostEntry, HostEntry.kind == "user", HostEntry.gone_at.is_(None))
    assert user.name == "jmartin"


def test_software_that_is_updated_comes_and_goes_stands_in_the_history(fleet: Fleet) -> None:
    fleet.upload(body(computer()))
    fleet.clock.step(days=1)
    changed = [{"name": "7-Zip 23.01 (x64)", "version": "24.08", "publisher": "Igor Pavlov"}]
    fleet.upload(body(computer(softwares=changed)))
    (zipper,) = _all(Installation, Installation.name.like("7-Zip%"))
    assert (zipper.version_before, zipper.version) == ("23.01", "24.08")
    db.session.rollback()
    entry = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.action == "changed").order_by(AuditEntry.id.desc())
    ).first()
    assert entry is not None
    assert "package/version/7-Zip 23.01 (x64)" in entry.changes


def test_machines_that_share_an_address_stay_apart(fleet: Fleet) -> None:
    at_home = {
        "networks": [
            {"description": "wlan0", "ipaddress": "192.168.1.20", "ipmask": "255.255.255.0",
             "type": "wifi", "status": "up"},
        ],
    }  # fmt: skip
    first, second = (computer(f"PRC000{n}", f"PC-{n}", **at_home) for n in (1, 2))
    fleet.upload(body(first), body(second))
    assert sorted(device.serial_number for device in _all(Device)) == ["PRC0001", "PRC0002"]
    fleet.clock.step(days=1)
    before = len(_all(AuditEntry))
    fleet.upload(body(second), body(first))
    assert len(_all(AuditEntry)) == before


def test_machines_cloned_with_their_agent_are_told_apart_by_their_serials(fleet: Fleet) -> None:
    fleet.upload(body(computer("PRC0001", "PC-1")), agent_id=AGENT)
    fleet.upload(body(computer("PRC0002", "PC-2")), agent_id=AGENT)
    assert sorted(device.serial_number for device in _all(Device)) == ["PRC0001", "PRC0002"]


def _snmp(**values: Any) -> Any:
    """What the desktop of ``computer()`` says by SNMP: no serial, a longer name, other words."""
    mac = json.loads(body(computer()))["content"]["networks"][0]["mac"]
    address = json.loads(body(computer()))["content"]["networks"][0]["ipaddress"]
    rows = (
        Interface(if_index=2, if_name="eth0", if_type=6, if_phys_address=mac, if_oper_status=1,
                  addresses=(f"{address}/24",)),
    )  # fmt: skip
    return make_observation(
        address,
        system=System(sys_name="pc-0001.example.org", sys_object_id="1.3.6.1.4.1.311.1.1.3.1.1"),
        identity=Identity(
            category=Category.SERVER, operating_system="Windows", base_mac_address=mac
        ),
        interfaces=InterfaceTable(rows, complete=True),
        **values,
    )


@pytest.mark.parametrize("is_agent_first", [True, False])
def test_agent_and_snmp_of_one_machine_give_one_asset_and_then_agree(
    fleet: Fleet, *, is_agent_first: bool
) -> None:
    def act(*, by_agent: bool) -> None:
        if by_agent:
            fleet.upload(body(computer()))
        else:
            fleet.sweep(_snmp())

    for by_agent in (is_agent_first, not is_agent_first):
        act(by_agent=by_agent)
    (device,), (asset,) = _all(Device), _all(Asset)
    assert (device.asset_id, asset.serial_number) == (asset.id, "PRC0001")
    for by_agent in (True, False):  # whoever came second has said what the first could not
        act(by_agent=by_agent)
    before = _state()
    fleet.clock.step(days=1)
    fleet.upload(body(computer()))
    assert fleet.sweep(_snmp(observed_at=fleet.clock())) == 0
    assert _state() == before
    (device,) = _all(Device)
    assert device.operating_system == "Microsoft Windows 11 Professionnel"
    assert device.sys_object_id is not None


def test_a_monitor_that_is_plugged_in_elsewhere_stays_one_asset(fleet: Fleet) -> None:
    shown = [{"caption": "U24", "base64": edid()}]
    fleet.upload(body(computer("PRC0001", "PC-1", monitors=shown)))
    fleet.upload(body(computer("PRC0002", "PC-2", monitors=shown)))
    (monitor,) = _all(Asset, Asset.category == Category.MONITOR)
    rows = _all(HostEntry, HostEntry.kind == "monitor")
    assert {row.asset_id for row in rows} == {monitor.id}
    linked = _all(
        AuditEntry,
        AuditEntry.subject_kind == "asset",
        AuditEntry.subject_id == monitor.id,
        AuditEntry.action == "linked",
    )
    assert linked[0].changes == {"host": [None, "PC-2"]}


def test_a_monitor_that_a_person_has_entered_is_found_by_its_serial(fleet: Fleet) -> None:
    with transaction() as session:
        entered = make_asset(
            session, category=Category.MONITOR, serial_number="prcmon001", manufacturer="DELL"
        ).id
    fleet.upload(body(computer(monitors=[{"caption": "U24", "base64": edid()}])))
    (row,) = _all(HostEntry, HostEntry.kind == "monitor")
    assert row.asset_id == entered


@pytest.mark.parametrize(
    "monitor",
    [
        {"caption": "no serial", "base64": edid(serial="", number=0)},
        {"caption": "placeholder", "serial": "00000000"},
        {"caption": "short", "serial": "12A"},
        {"caption": "panel", "base64": edid("LGD")},
        {"caption": "no maker", "serial": "ABC123456"},
    ],
)
def test_what_cannot_be_told_from_its_like_is_no_asset(
    fleet: Fleet, monitor: dict[str, str]
) -> None:
    fleet.upload(body(computer(monitors=[monitor])))
    assert [asset.category for asset in _all(Asset)] == [Category.WORKSTATION]


def test_a_host_that_tells_of_a_thousand_monitors_does_not_fill_the_inventory(
    fleet: Fleet,
) -> None:
    shown = [{"caption": "U24", "manufacturer": "Dell", "serial": f"MON{n:05d}"} for n in range(90)]
    fleet.upload(body(computer(monitors=shown)))
    fleet.upload(body(computer(monitors=shown)))
    assert len(_all(Asset, Asset.category == Category.MONITOR)) == MOST_OF_A_HOST
    assert len(_all(HostEntry, HostEntry.kind == "monitor")) == 90


def test_several_assets_with_the_serial_leave_the_choice_to_a_person(fleet: Fleet) -> None:
    with transaction() as session:
        for _ in range(2):
            make_asset(session, category=Category.MONITOR, serial_number="PRCMON001")
    fleet.upload(body(computer(monitors=[{"caption": "U24", "base64": edid()}])))
    (row,) = _all(HostEntry, HostEntry.kind == "monitor")
    assert row.asset_id is None


def test_attached_things_are_left_alone_where_the_settings_say_so(
    app: Flask, clock: SteppingClock
) -> None:
    fleet = Fleet(app, clock)
    fleet.settings = replace(fleet.settings, agents=AgentSettings(attached_assets=False))
    fleet.upload(sample("glpi_laptop.json"))
    assert len(_all(Asset)) == 1


def test_what_no_rule_makes_an_asset_of_waits_among_the_unknown(
    app: Flask, clock: SteppingClock
) -> None:
    fleet = Fleet(app, clock)
    fleet.settings = replace(fleet.settings, agents=AgentSettings(asset_categories=("server",)))
    fleet.upload(body(computer()))
    assert len(_all(Device)) == 1
    assert _all(Asset) == []


def test_what_a_person_has_set_stays(fleet: Fleet) -> None:
    with transaction() as session:
        make_asset(
            session,
            name="Accueil",
            category=Category.WORKSTATION,
            manufacturer="Dell Inc.",
            serial_number="PRC0001",
        )
    fleet.upload(body(computer()))
    (asset,) = _all(Asset)
    assert asset.name == "Accueil"
    assert asset.operating_system == "Microsoft Windows 11 Professionnel"


def test_an_act_of_agents_can_be_undone(fleet: Fleet) -> None:
    fleet.upload(body(computer()))
    fleet.clock.step(days=1)
    before = _rows_of(Installation, HostEntry)
    fleet.upload(body(computer(softwares=[{"name": "VLC", "version": "3.0"}])))
    acts = _all(ChangeSet)
    assert acts[-1].title == {"code": "agents", "count": 1}
    with transaction() as session:
        undo(session, replace(SOME_PERSON, reason="a test"), acts[-1].id, at=fleet.clock())
    assert _rows_of(Installation, HostEntry) == before


def _rows_of(*models: Any) -> list[list[tuple[Any, ...]]]:
    db.session.rollback()
    return [
        sorted(map(tuple, db.session.execute(sa.select(model.__table__))), key=repr)
        for model in models
    ]


def test_a_group_is_small_and_one_that_failed_comes_alone(fleet: Fleet) -> None:
    told = [body(computer(f"PRC10{n:02d}", f"PC-{n}")) for n in range(5)]
    for one in told:
        with transaction() as session:
            store_inventory(session, Received(read_message(one), fleet.clock()))
    with transaction() as session:
        taken = take_waiting(session, most=3)
    assert len(taken) == 3
    with transaction() as session:
        assert len(take_waiting(session)) == 2  # the three that were tried wait behind
    with transaction() as session:
        assert len(take_waiting(session)) == 1


def test_what_people_send_as_files_is_an_act_that_names_them(fleet: Fleet) -> None:
    for number, sender in enumerate(("", "Ada", "Ada", "Bob"), start=1):
        one = read_message(body(computer(f"PRC10{number:02d}", f"PC-{number}")))
        with transaction() as session:
            store_inventory(session, Received(one, fleet.clock(), sent_by=sender))
    fleet.settle()
    titles = [row.title for row in _all(ChangeSet)]
    assert titles == [
        {"code": "agents", "count": 1},
        {"code": "agent_files", "count": 2, "by": "Ada"},
        {"code": "agent_files", "count": 1, "by": "Bob"},
    ]


def _written(at: datetime, **sections: Any) -> dict[str, Any]:
    """Give an inventory whose agent wrote it at a moment, by its clock in Paris."""
    local = f"{at.astimezone(PARIS):%Y-%m-%d %H:%M:%S}"
    return computer(**{"accesslog": {"logdate": local}, **sections})


def _telling() -> tuple[str | None, dict[str, str | None], list[str]]:
    """Give what stands: system, versions of software, and when evidence was written."""
    (device,) = _all(Device)
    software = {row.name: row.version for row in _all(Installation, Installation.gone_at.is_(None))}
    kept = sorted(f"{row.observed_at:%m-%d %H:%M}" for row in _all(StoredObservation))
    return device.operating_system, software, kept


def test_an_older_file_overwrites_nothing_and_is_kept(fleet: Fleet) -> None:
    now = fleet.clock()
    fleet.upload(body(computer(monitors=[{"caption": "U24"}])), agent_id=AGENT)
    before, entries = _state(), len(_all(AuditEntry))
    old = _written(
        now - timedelta(days=90),
        operatingsystem={"full_name": "Microsoft Windows 10 Professionnel"},
        softwares=[{"name": "WinRAR", "version": "5.0"}],
        networks=[{"description": "Ethernet", "mac": "00:1b:21:99:99:99", "type": "ethernet",
                   "ipaddress": "192.0.2.250", "ipmask": "255.255.255.0", "status": "up"}],
    )  # fmt: skip
    for _ in range(2):  # the second time says nothing new
        (stored,) = fleet.bring(old)
        assert (stored.said_at, stored.newer_at) == (now - timedelta(days=90), now)
        assert _state() == before
        assert len(_all(AuditEntry)) == entries
        (agent,) = _all(Agent)
        assert (agent.key, agent.inventoried_at, agent.last_seen_at) == (AGENT, now, now)
        assert len(_all(StoredObservation)) == 2
    assert {row.device_id for row in _all(StoredObservation)} == {agent.device_id}
    # The next one of the agent is compared with its newest state, not with the file.
    fleet.clock.step(days=1)
    fleet.upload(body(computer(monitors=[{"caption": "U24"}])), agent_id=AGENT)
    assert _state() == before


def test_an_older_file_fills_in_what_nobody_has_told_since(fleet: Fleet) -> None:
    fleet.upload(body(computer(bios={"ssn": "PRC0001"})))
    guests = [{"name": "essai", "uuid": "1d5a0c11-52a1-4d4e-9b7e-0000000000aa", "vmtype": "vbox"}]
    old = {"operatingsystem": {"full_name": "Old"}, "softwares": [], "virtualmachines": guests}
    fleet.bring(_written(fleet.clock() - timedelta(days=9), **old))
    (device,) = _all(Device)
    assert device.model_name == "OptiPlex 7010"
    assert device.operating_system == "Microsoft Windows 11 Professionnel"
    assert [row.name for row in _all(ManagedDevice)] == ["essai"]
    assert len(_all(Installation, Installation.gone_at.is_(None))) == 3  # with the system itself


def test_files_of_several_days_may_come_in_any_order(fleet: Fleet) -> None:
    now = fleet.clock()
    days = [
        _written(
            now - timedelta(days=back),
            softwares=[{"name": "VLC", "version": f"3.{20 - back}"}],
            networks=computer(f"PRC{back}")["content"]["networks"],
        )
        for back in (10, 2, 6)
    ]
    fleet.bring(*days)
    _system, software, kept = _telling()
    assert software["VLC"] == "3.18"
    assert len(kept) == 3
    (device,) = _all(Device)
    assert device.last_seen_at == now - timedelta(days=2)
    newest = _written(now - timedelta(days=1), softwares=[{"name": "VLC", "version": "3.19"}])
    (stored,) = fleet.bring(newest)
    assert stored.newer_at is None
    assert _telling()[1]["VLC"] == "3.19"


def test_a_file_of_a_reinstalled_agent_overwrites_nothing_either(fleet: Fleet) -> None:
    fleet.upload(body(computer()))
    before = _telling()[:2]
    old = _written(fleet.clock() - timedelta(days=30), softwares=[{"name": "WinRAR"}])
    (stored,) = fleet.bring(old | {"deviceid": "PC-0001-2024-01-01-08-00-00"})
    assert stored.newer_at is None  # that agent is not known
    assert _telling()[:2] == before
    with reading() as session:
        later = later_reports(session, [stored.observation_id])
    assert later == {stored.observation_id: fleet.clock()}


def test_a_clock_that_runs_ahead_blocks_nothing_that_comes_later(fleet: Fleet) -> None:
    now = fleet.clock()
    ahead = _written(now + timedelta(days=900), softwares=[{"name": "VLC", "version": "1"}])
    (stored,) = fleet.bring(ahead)
    assert stored.said_at == now
    fleet.clock.step(days=1)
    fleet.upload(body(computer(softwares=[{"name": "VLC", "version": "2"}])))
    assert _telling()[1]["VLC"] == "2"
    fleet.clock.step(days=1)
    fleet.bring(_written(fleet.clock(), softwares=[{"name": "VLC", "version": "3"}]))
    assert _telling()[1]["VLC"] == "3"


def test_what_an_agent_sends_itself_counts_for_when_it_comes(fleet: Fleet) -> None:
    fleet.upload(body(computer()))
    fleet.clock.step(days=1)
    fleet.upload(body(_written(SOME_MOMENT - timedelta(days=4000), softwares=[{"name": "VLC"}])))
    assert "VLC" in _telling()[1]


@pytest.mark.parametrize("told", ["", "yesterday", "2026-13-45 10:00:00", "0000-00-00 00:00:00"])
def test_a_file_without_a_date_counts_for_when_it_comes(fleet: Fleet, told: str) -> None:
    (stored,) = fleet.bring(computer(accesslog={"logdate": told}))
    assert stored.said_at == fleet.clock()


@pytest.mark.parametrize(
    ("zone", "hour"),
    [({"name": "Indian/Reunion", "offset": "+0400"}, 4), ({"offset": "?"}, 7), ("UTC", 7)],
)
def test_a_file_is_dated_by_the_clock_of_its_machine(fleet: Fleet, zone: Any, hour: int) -> None:
    told = computer(accesslog={"logdate": "2026-01-05 08:00:00"})
    told["content"]["operatingsystem"]["timezone"] = zone
    (stored,) = fleet.bring(told)
    assert stored.said_at == datetime(2026, 1, 5, hour, tzinfo=UTC)


def test_an_older_file_does_not_bring_a_machine_back(fleet: Fleet) -> None:
    fleet.upload(body(computer()))
    with transaction() as session:
        session.execute(sa.update(Device).values(absent_since=fleet.clock()))
    fleet.bring(_written(fleet.clock() - timedelta(days=9)))
    assert _all(Device)[0].absent_since is not None


def test_what_fails_three_times_is_given_up_and_said(fleet: Fleet) -> None:
    with transaction() as session:
        store_inventory(session, Received(read_message(body(computer())), fleet.clock()))
    for _ in range(3):
        with transaction() as session:
            assert len(take_waiting(session)) == 1
    with transaction() as session:
        assert take_waiting(session) == ()
    (agent,) = _all(Agent)
    assert agent.problem is not None
    assert not agent.is_whole


def test_an_upload_whose_place_was_taken_is_left_alone(fleet: Fleet) -> None:
    with transaction() as session:
        store_inventory(session, Received(read_message(body(computer())), fleet.clock()))
    with transaction() as session:
        ids = take_waiting(session)
    with transaction() as session:
        store_inventory(session, Received(read_message(body(computer())), fleet.clock()))
    with transaction() as session:
        assert settle_uploads(session, fleet.settings, ids, fleet.clock()) is None
