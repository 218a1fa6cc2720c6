"""Tests of applying on both databases: what is written, with which history, whole or not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from collectors.observation import (
    Category,
    CategoryVote,
    Identity,
    Interface,
    InterfaceTable,
    Observation,
    Service,
    Supply,
    SupplyTable,
    System,
)
from parc.extensions import db, transaction
from parc.models import (
    Asset,
    AssetField,
    AuditEntry,
    CategorySign,
    Device,
    DeviceStatus,
    Difference,
    Location,
    LocationKind,
)
from parc.models import Interface as StoredInterface
from parc.models import Service as StoredService
from parc.models import Supply as StoredSupply
from parc.reconcile.apply import Applied, apply
from parc.reconcile.history import ROWS_OF_AN_ENTRY
from parc.reconcile.load import load
from parc.reconcile.plan import plan
from parc.reconcile.planned import Plan
from parc.reconcile.policy import Policy
from parc.services.actor import Actor, for_run
from parc.services.assets import edit_asset
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset, make_observation, make_presence, make_run

NETWORK = frozenset(f"192.0.2.{number}" for number in range(1, 255))
LATER = SOME_MOMENT + timedelta(hours=1)


def prepare() -> tuple[Policy, Actor]:
    with transaction() as session:
        run = make_run(session)
    categories = frozenset({Category.SWITCH})
    policy = Policy(range_id=run.range_id, asset_categories=categories, gone_after=1)
    return policy, for_run("lab", run.id)


def write(
    session: Session, policy: Policy, actor: Actor, observations: Sequence[Observation]
) -> tuple[Plan, Applied]:
    known = load(session, observations, policy, covered=NETWORK, is_for_apply=True)
    made = plan(observations, known, policy, covered=NETWORK)
    return made, apply(made, session, actor, LATER)


def sweep(policy: Policy, actor: Actor, *observations: Observation) -> tuple[Plan, Applied]:
    with transaction() as session:
        return write(session, policy, actor, observations)


def entries(kind: str) -> list[tuple[str, str, dict[str, object]]]:
    found = db.session.scalars(
        sa.select(AuditEntry).where(AuditEntry.subject_kind == kind).order_by(AuditEntry.id)
    )
    return [(entry.action, entry.subject_name, entry.changes) for entry in found]


@pytest.mark.usefixtures("app")
def test_everything_that_was_seen_is_stored() -> None:
    policy, actor = prepare()
    read = make_observation(
        interfaces=InterfaceTable(
            (Interface(1, if_name="Gi1", addresses=("192.0.2.1/24",)), Interface(2)), complete=True
        ),
        supplies=SupplyTable((Supply(1, capacity=100, level=40),), complete=True),
    )
    present = make_presence(
        mac_address="00:1b:21:00:00:01",
        services=(Service("tcp", 22, "ssh"),),
        is_complete=True,
        votes=(CategoryVote(Category.SWITCH, 0.25, "port 22"),),
    )
    _, applied = sweep(policy, actor, read, present)
    device = db.session.scalars(sa.select(Device)).one()
    assert applied.devices == {"192.0.2.1": device.id}
    assert device.base_mac_address == "00:1b:21:00:00:01"
    assert device.range_id == policy.range_id
    assert device.reasons == []
    rows = db.session.scalars(sa.select(StoredInterface).order_by(StoredInterface.key)).all()
    assert [(row.key, row.addresses) for row in rows] == [("#2", []), ("Gi1", ["192.0.2.1/24"])]
    assert db.session.scalars(sa.select(StoredService.key)).all() == ["tcp/22"]
    assert db.session.scalars(sa.select(StoredSupply.level)).all() == [40]
    assert db.session.scalars(sa.select(CategorySign.weight)).all() == [0.25]
    asset = db.session.scalars(sa.select(Asset)).one()
    assert asset.search_text == "sw1 p000001 foc1234a0b1 cisco c9300 192.0.2.1 00:1b:21:00:00:01"
    assert asset.last_seen_at == SOME_MOMENT
    again, _ = sweep(policy, actor, read, present)
    assert again.is_empty


@pytest.mark.usefixtures("app")
def test_history_tells_what_changed_by_which_run() -> None:
    policy, actor = prepare()
    sweep(policy, actor, make_observation())
    sweep(
        policy,
        actor,
        make_observation(
            system=System(sys_name="sw2"),
            interfaces=InterfaceTable((Interface(1, if_name="Gi1/0/1", if_alias="up"),)),
        ),
        make_observation("192.0.2.2", identity=Identity(category=Category.PHONE), system=None),
    )
    sweep(policy, actor)
    sweep(policy, actor, make_observation(system=System(sys_name="sw2")))
    told = entries("device")
    assert [(action, name) for action, name, _ in told] == [
        ("created", "sw1"),
        ("linked", "sw1"),
        ("changed", "sw2"),
        ("created", "192.0.2.2"),
        ("absent", "sw2"),
        ("absent", "192.0.2.2"),
        ("returned", "sw2"),
    ]
    assert told[0][2]["serial_number"] == [None, "FOC1234A0B1"]
    assert told[0][2]["interface//"] == [None, 1]
    assert told[2][2] == {
        "sys_name": ["sw1", "sw2"],
        "interface/if_alias/Gi1/0/1": [None, "up"],
        "told_by": [None, ["snmp"]],
    }
    assert [action for action, _, _ in entries("asset")] == ["created", "changed"]
    authors = db.session.execute(sa.select(AuditEntry.author, AuditEntry.run_id).distinct()).all()
    assert [tuple(row) for row in authors] == [("lab", actor.run_id)]


@pytest.mark.usefixtures("sqlite_app")
def test_history_of_very_many_rows_is_cut_and_counted() -> None:
    policy, actor = prepare()
    sweep(policy, actor, make_observation())
    count = ROWS_OF_AN_ENTRY + 5
    rows = tuple(Interface(n, if_name=f"Gi{n}") for n in range(1, count + 1))
    sweep(policy, actor, make_observation(interfaces=InterfaceTable(rows, complete=True)))
    changes = entries("device")[-1][2]
    assert changes["more"] == [None, 6]
    assert changes["interface//Gi1"] == [None, "Gi1"]
    assert len(changes) == ROWS_OF_AN_ENTRY + 1
    sweep(policy, actor, make_observation())
    assert entries("device")[-1][2]["interface//Gi1"] == ["Gi1", None]


@pytest.mark.usefixtures("app")
def test_asset_of_a_person_is_linked_and_its_differences_shown() -> None:
    policy, actor = prepare()
    with transaction() as session:
        asset = make_asset(session, name="Core", manufacturer="Cisco", serial_number="FOC1234A0B1")
        edit_asset(
            session, SOME_PERSON, asset.id, version=1, values={"model_name": "C9200"}, at=LATER
        )
    sweep(policy, actor, make_observation())
    found = db.session.scalars(sa.select(Difference).order_by(Difference.field)).all()
    assert [(d.field, d.seen_value, d.run_id) for d in found] == [
        ("model_name", "C9300", actor.run_id),
        ("name", "sw1", actor.run_id),
    ]
    renamed = Identity(
        manufacturer="Cisco", model_name="C9200", serial_number="FOC1234A0B1", category=None
    )
    sweep(policy, actor, make_observation(system=System(sys_name="sw2"), identity=renamed))
    found = db.session.scalars(sa.select(Difference)).all()
    assert [(d.field, d.seen_value) for d in found] == [("name", "sw2")]
    stored = db.session.get_one(Asset, asset.id)
    assert (stored.name, stored.model_name, stored.primary_address) == (
        "Core",
        "C9200",
        "192.0.2.1",
    )
    actions = {action for action, _, _ in entries("asset")}
    assert actions == {"changed", "linked", "difference", "difference_settled"}


@pytest.mark.usefixtures("app")
def test_field_that_changes_again_keeps_one_line_of_its_source() -> None:
    policy, actor = prepare()
    sweep(policy, actor, make_observation())
    sweep(policy, actor, make_observation(system=System(sys_name="sw2")))
    names = db.session.scalars(sa.select(AssetField.field)).all()
    assert len(names) == len(set(names))
    assert db.session.scalars(sa.select(Asset.name)).one() == "sw2"


@pytest.mark.usefixtures("app")
def test_conflict_is_in_the_history_of_both() -> None:
    policy, actor = prepare()
    other = make_observation("192.0.2.2", system=System(sys_name="other"))
    sweep(policy, actor, make_observation(), other)
    told = [changes for action, _, changes in entries("device") if action == "conflict"]
    assert len(told) == 2


@pytest.mark.usefixtures("app")
def test_assets_are_put_where_their_range_is() -> None:
    policy, actor = prepare()
    with transaction() as session:
        place = Location(kind=LocationKind.SITE, name="Lyon")
        session.add(place)
        session.flush()
    sweep(replace(policy, location_id=place.id), actor, make_observation())
    assert db.session.scalars(sa.select(Asset.location_id)).one() == place.id
    assert "location_id" in db.session.scalars(sa.select(AssetField.field)).all()


def test_crash_in_the_middle_leaves_nothing(app: Flask) -> None:
    del app
    policy, actor = prepare()
    missing_place = replace(policy, location_id=987654)
    with pytest.raises(SQLAlchemyError):
        sweep(missing_place, actor, make_observation())
    for model in (Device, StoredInterface, Asset, AuditEntry):
        assert db.session.scalar(sa.select(sa.func.count()).select_from(model)) == 0
    _, applied = sweep(policy, actor, make_observation())
    assert applied.counts.created == 1
    assert db.session.scalars(sa.select(Asset.asset_tag)).one() == "P000001"


@pytest.mark.usefixtures("app")
def test_many_devices_take_few_statements() -> None:
    policy, actor = prepare()
    many = [
        make_observation(
            f"192.0.2.{n}",
            system=System(sys_name=f"sw{n}"),
            identity=Identity(
                manufacturer="Cisco", serial_number=f"FOC{n:04d}", category=Category.SWITCH
            ),
        )
        for n in range(1, 121)
    ]
    with transaction() as session:
        statements: list[str] = []
        bind = session.get_bind()

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            statements.append(statement)

        sa.event.listen(bind, "before_cursor_execute", note)
        write(session, policy, actor, many)
        sa.event.remove(bind, "before_cursor_execute", note)
    # SQLite gives back the ids of new rows one by one.
    assert len([text for text in statements if "RETURNING" not in text]) < 60
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Asset)) == 120
    tags = db.session.scalars(sa.select(Asset.asset_tag).order_by(Asset.primary_address_sort))
    assert list(tags) == [f"P{n:06d}" for n in range(1, 121)]


@pytest.mark.usefixtures("sqlite_app")
def test_ids_of_new_devices_come_in_the_order_of_addresses() -> None:
    policy, actor = prepare()
    seen = [make_presence(f"192.0.2.{n}") for n in (30, 4, 200)]
    _, applied = sweep(policy, actor, *seen)
    ordered = [applied.devices[f"192.0.2.{n}"] for n in (4, 30, 200)]
    assert ordered == sorted(ordered)
    statuses = set(db.session.scalars(sa.select(Device.status)))
    assert statuses == {DeviceStatus.UNKNOWN}
