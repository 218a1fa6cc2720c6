"""Tests of merging records and splitting them, and of undoing both to the bit."""

from __future__ import annotations

import zlib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import (
    Category,
    Identity,
    Interface,
    InterfaceTable,
    Observation,
    Source,
    System,
    to_json,
)
from parc.config import DiscoverySettings
from parc.errors import ConflictError, InvalidInputError, NotAllowedError
from parc.models import (
    Allocation,
    Asset,
    AssetField,
    AuditEntry,
    ChangeSet,
    ChangeSetKind,
    ChangeSetState,
    ContractLine,
    Coverage,
    CoverSource,
    CustomValue,
    Device,
    Entitlement,
    IncidentAsset,
    LifecycleState,
    MergedAsset,
    Movement,
    StoredObservation,
    ValueSource,
    table_of,
)
from parc.models import Interface as InterfaceRow
from parc.reconcile.dividing import read_voices
from parc.reconcile.hanging_rows import line_choices, linked_models
from parc.reconcile.merging import choices, merge_assets
from parc.reconcile.movement_invariants import examine_movements
from parc.reconcile.splitting import Leaving, split_asset
from parc.services import assets
from parc.services.actor import NOBODY, SYSTEM
from parc.services.allocations import Holder, allocate
from parc.services.asset_search import refresh_search_texts
from parc.services.asset_sources import put_source
from parc.services.change_sets import images_of
from parc.services.custom_fields import save_field
from parc.services.entitlement_drafts import EntitlementDraft, save_draft
from parc.services.ignored_keys import ignore_key
from parc.services.incident_values import IncidentInput
from parc.services.incidents import open_incident
from parc.services.movement_writing import explain
from parc.services.row_images import TRACKED, UNTRACKED_COLUMNS, table_named
from parc.services.undo import find_obstacles, undo
from tests.conftest import SOME_MOMENT
from tests.contract_world import make_contract
from tests.factories import (
    SOME_PERSON,
    make_asset,
    make_device,
    make_linked_device,
    make_observation,
    make_run,
    make_user,
)
from tests.parc.reconcile.conftest import Inventory

LATER = SOME_MOMENT + timedelta(hours=1)
SETTINGS = DiscoverySettings()


def dump(session: Session) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the tables that an act may change."""
    session.flush()
    found = {}
    for name in sorted(TRACKED):
        table = table_named(name)
        columns = [c for c in table.c if (name, c.name) not in UNTRACKED_COLUMNS]
        rows = session.execute(sa.select(*columns)).all()
        found[name] = sorted((tuple(row) for row in rows), key=repr)
    return found


def act_of(session: Session, kind: ChangeSetKind) -> ChangeSet:
    return session.scalars(sa.select(ChangeSet).where(ChangeSet.kind == kind)).one()


def two_assets(session: Session) -> tuple[Asset, Asset]:
    into = make_asset(session, name="PC-1", notes="left", asset_tag="A1", serial_number=None)
    other = make_asset(
        session,
        name="PC-one",
        notes="right",
        asset_tag="A2",
        serial_number="S9",
        person_fields=("name", "category", "notes", "serial_number"),
    )
    make_linked_device(session, into, sys_name="pc-1", manufacturer="HP")
    make_linked_device(session, other, base_mac_address="00:1b:21:00:00:01")
    return into, other


def test_merged_record_gives_its_devices_and_what_was_typed(inventory: Inventory) -> None:
    session = inventory.session
    into, other = two_assets(session)
    other_id = other.id
    merge_assets(session, SOME_PERSON, into.id, other_id, taken=frozenset(), at=LATER)
    session.expire_all()
    assert session.get(Asset, other_id) is None
    assert (into.name, into.serial_number, into.notes) == ("PC-1", "S9", "left\n\nright")
    devices = session.scalars(sa.select(Device.asset_id)).all()
    assert list(devices) == [into.id, into.id]
    source = session.get_one(AssetField, (into.id, "serial_number"))
    assert source.source is ValueSource.PERSON
    kept = session.get_one(MergedAsset, other_id)
    assert (kept.asset_id, kept.asset_tag) == (into.id, "A2")
    gone = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "merged_away")).one()
    assert gone.changes["name"] == ["PC-one", None]
    assert gone.change_set_id == act_of(session, ChangeSetKind.MERGE).id


def test_person_chooses_between_values_that_differ(inventory: Inventory) -> None:
    session = inventory.session
    into, other = two_assets(session)
    found = {choice.field: choice for choice in choices(session, into.id, other.id)}
    assert set(found) == {"name", "notes"}
    assert found["name"].is_typed
    merge_assets(session, SOME_PERSON, into.id, other.id, taken=frozenset({"name"}), at=LATER)
    assert into.name == "PC-one"


def test_label_of_a_merged_record_still_finds_the_machine(inventory: Inventory) -> None:
    session = inventory.session
    into, other = two_assets(session)
    merge_assets(session, SOME_PERSON, into.id, other.id, taken=frozenset(), at=LATER)
    session.refresh(into)
    assert "a2" in into.search_text.split()


def test_undone_merge_restores_every_row(inventory: Inventory) -> None:
    session = inventory.session
    into, other = two_assets(session)
    refresh_search_texts(session, [into.id, other.id])
    before = dump(session)
    merge_assets(session, SOME_PERSON, into.id, other.id, taken=frozenset({"name"}), at=LATER)
    act = act_of(session, ChangeSetKind.MERGE)
    assert find_obstacles(session, act.id) == []
    undo(session, SOME_PERSON, act.id, at=LATER)
    assert dump(session) == before
    assert act.state is ChangeSetState.UNDONE
    with pytest.raises(ConflictError):
        undo(session, SOME_PERSON, act.id, at=LATER)


def test_undone_undo_merges_again(inventory: Inventory) -> None:
    session = inventory.session
    into, other = two_assets(session)
    merge_assets(session, SOME_PERSON, into.id, other.id, taken=frozenset({"name"}), at=LATER)
    act = act_of(session, ChangeSetKind.MERGE)
    merged = dump(session)
    undo(session, SOME_PERSON, act.id, at=LATER)
    undo(session, SOME_PERSON, act_of(session, ChangeSetKind.UNDO).id, at=LATER)
    assert dump(session) == merged
    assert act.state is ChangeSetState.APPLIED


def test_merge_that_was_built_upon_tells_what_stands_in_the_way(inventory: Inventory) -> None:
    session = inventory.session
    into, other = two_assets(session)
    merge_assets(session, SOME_PERSON, into.id, other.id, taken=frozenset({"name"}), at=LATER)
    act = act_of(session, ChangeSetKind.MERGE)
    values = {"name": "third"}
    assets.edit_asset(session, SOME_PERSON, into.id, version=into.version, values=values, at=LATER)
    (obstacle,) = find_obstacles(session, act.id)
    assert (obstacle.code, obstacle.field, obstacle.author) == ("changed", "name", "Ada")
    with pytest.raises(ConflictError):
        undo(session, SOME_PERSON, act.id, at=LATER)


def test_merge_then_split_gives_the_record_back(inventory: Inventory) -> None:
    session = inventory.session
    into, other = two_assets(session)
    other_id, name = other.id, other.name
    author = make_user(session).id
    session.get_one(AssetField, (other_id, "notes")).user_id = author
    (device_id,) = session.scalars(sa.select(Device.id).where(Device.asset_id == other_id))
    merge_assets(session, SOME_PERSON, into.id, other_id, taken=frozenset(), at=LATER)
    leaving = Leaving(device_ids=frozenset({device_id}))
    back = split_asset(session, SOME_PERSON, into.id, leaving, at=LATER, settings=SETTINGS)
    assert (back.id, back.asset_tag, back.name) == (other_id, "A2", name)
    assert (back.serial_number, back.notes) == ("S9", "right")
    source = session.get_one(AssetField, (other_id, "notes"))
    assert (source.source, source.user_id, source.set_at) == (
        ValueSource.PERSON, author, SOME_MOMENT,
    )  # fmt: skip
    assert session.get(MergedAsset, other_id) is None
    assert session.get_one(Device, device_id).asset_id == other_id


def test_split_gives_both_records_back_as_they_were_before_their_merge(
    inventory: Inventory,
) -> None:
    session = inventory.session
    into, other = two_assets(session)
    into_id, other_id = into.id, other.id
    other.lifecycle_state, other.order_number = LifecycleState.IN_STOCK, "B7"
    explain(session, SOME_PERSON, other, at=SOME_MOMENT)
    movements = sa.select(Movement.id, Movement.asset_id, Movement.status).order_by(Movement.id)
    before = session.execute(movements).all()
    (device_id,) = session.scalars(sa.select(Device.id).where(Device.asset_id == other_id))
    taken = frozenset({"name", "lifecycle_state"})
    merge_assets(session, SOME_PERSON, into_id, other_id, taken=taken, at=LATER)
    session.expire_all()
    assert (into.name, into.order_number) == ("PC-one", "B7")
    later = LATER + timedelta(hours=1)
    assets.edit_asset(
        session, SOME_PERSON, into_id, version=into.version, values={"name": "new"}, at=later
    )
    leaving = Leaving(frozenset({device_id}), values=frozenset({"notes"}))
    back = split_asset(session, SOME_PERSON, into_id, leaving, at=later, settings=SETTINGS)
    session.expire_all()
    assert (into.name, into.notes, into.order_number) == ("new", "left", None)
    assert into.lifecycle_state is LifecycleState.IN_USE
    assert (back.lifecycle_state, back.notes, back.order_number) == (
        LifecycleState.IN_STOCK, "right", "B7",
    )  # fmt: skip
    own = [row for row in session.execute(movements).all() if row.asset_id == other_id]
    assert own == [row for row in before if row.asset_id == other_id]
    assert examine_movements(session) == []


def _give_both(session: Session, assets_of: tuple[Asset, Asset]) -> None:
    """Give two records a seat of the same licence each, the same incident, the same own field."""
    licence = EntitlementDraft(name="Suite", publisher="P", quantity="2", metric="device")
    entitlement = save_draft(session, SYSTEM, licence, at=SOME_MOMENT)
    holders = [Holder(asset_id=one.id) for one in assets_of]
    allocate(session, SYSTEM, entitlement.id, holders, at=SOME_MOMENT)
    given = IncidentInput(title="smoke", asset_ids=tuple(one.id for one in assets_of))
    open_incident(session, SOME_PERSON, given, at=SOME_MOMENT)
    texts = {"key": "colour", "label_en": "Colour", "label_fr": "Couleur", "type": "text"}
    field = save_field(session, SYSTEM, None, texts, at=SOME_MOMENT)
    for asset, value in zip(assets_of, ("red", "blue"), strict=True):
        row = CustomValue(asset_id=asset.id, field_id=field.id, value=value, sort_value=value)
        row.source, row.set_at = ValueSource.PERSON, SOME_MOMENT
        session.add(row)
    session.flush()


def _hanging(session: Session) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for model in (Allocation, IncidentAsset, CustomValue):
        rows = session.execute(sa.select(*table_of(model).columns)).all()
        found += sorted(map(tuple, rows), key=repr)
    return found


def test_what_both_records_have_is_one_while_merged_and_comes_back_with_a_split(
    inventory: Inventory,
) -> None:
    session = inventory.session
    both = two_assets(session)
    into_id, other_id = (one.id for one in both)
    _give_both(session, both)
    (device_id,) = session.scalars(sa.select(Device.id).where(Device.asset_id == other_id))
    before = _hanging(session)
    assert len(before) == 6
    merge_assets(session, SOME_PERSON, into_id, other_id, taken=frozenset(), at=LATER)
    session.expire_all()
    assert [row for row in before if row in _hanging(session)] == _hanging(session)
    assert len(_hanging(session)) == 3
    gone = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "merged_away")).one()
    assert gone.changes["custom/colour"] == ["blue", None]
    left = Leaving(frozenset({device_id}))
    split_asset(session, SOME_PERSON, into_id, left, at=LATER, settings=SETTINGS)
    session.expire_all()
    assert _hanging(session) == before
    act = act_of(session, ChangeSetKind.SPLIT)
    undo(session, SOME_PERSON, act.id, at=LATER)
    session.expire_all()
    assert len(_hanging(session)) == 3


@pytest.mark.parametrize("which", ["stays", "goes"])
def test_one_line_of_a_contract_stays_and_both_come_back(inventory: Inventory, which: str) -> None:
    session = inventory.session
    both = two_assets(session)
    into_id, other_id = (one.id for one in both)
    contract = make_contract(session)
    days = [SOME_MOMENT.date() - timedelta(days=number) for number in (90, 60, 30)]
    ids = []
    for asset, amount, periods in (
        (both[0], "10", [(days[1], None)]),
        (both[1], "20", [(days[0], days[2])]),
    ):
        line = ContractLine(contract_id=contract.id, asset_id=asset.id, amount=Decimal(amount))
        line.created_at = SOME_MOMENT
        session.add(line)
        session.flush()
        ids.append(line.id)
        for first, last in periods:
            cover = Coverage(contract_id=contract.id, asset_id=asset.id, from_on=first)
            cover.source, cover.until_on = CoverSource.CHOICE, last
            session.add(cover)
    session.flush()
    before = _covering(session)
    (choice,) = line_choices(session, into_id, other_id)
    assert (choice.stays.id, choice.goes.id) == tuple(ids)
    taken = frozenset({choice.token} if which == "goes" else ())
    merge_assets(session, SOME_PERSON, into_id, other_id, taken=taken, at=LATER)
    session.expire_all()
    assert session.scalars(sa.select(ContractLine.id)).all() == [ids[which == "goes"]]
    (cover,) = session.scalars(sa.select(Coverage))
    assert (cover.asset_id, cover.from_on, cover.until_on) == (into_id, days[0], None)
    told = sa.select(AuditEntry.changes).where(AuditEntry.subject_kind == "contract")
    gone = f"#{into_id if which == 'goes' else other_id}"
    assert session.scalars(told).all()[-1] == {"line": [gone, None]}
    leaving = Leaving(record_id=other_id)
    split_asset(session, SOME_PERSON, into_id, leaving, at=LATER, settings=SETTINGS)
    session.expire_all()
    assert _covering(session) == before
    assert session.scalars(told).all()[-1] == {"line": [None, gone]}


def _covering(session: Session) -> list[Any]:
    found = []
    for model in (ContractLine, Coverage):
        rows = session.execute(sa.select(*table_of(model).columns)).all()
        found.append(sorted(map(tuple, rows), key=repr))
    return found


def test_seat_of_a_licence_that_is_gone_since_does_not_come_back(inventory: Inventory) -> None:
    session = inventory.session
    both = two_assets(session)
    into_id, other_id = (one.id for one in both)
    _give_both(session, both)
    (device_id,) = session.scalars(sa.select(Device.id).where(Device.asset_id == other_id))
    merge_assets(session, SOME_PERSON, into_id, other_id, taken=frozenset(), at=LATER)
    session.execute(sa.delete(Allocation))
    session.execute(sa.delete(Entitlement))
    session.expire_all()
    left = Leaving(frozenset({device_id}))
    split_asset(session, SOME_PERSON, into_id, left, at=LATER, settings=SETTINGS)
    assert session.scalars(sa.select(Allocation)).all() == []
    assert len(session.scalars(sa.select(IncidentAsset)).all()) == 2


def test_nobody_merges_or_splits_without_the_right(inventory: Inventory) -> None:
    session = inventory.session
    into, other = two_assets(session)
    with pytest.raises(NotAllowedError):
        merge_assets(session, NOBODY, into.id, other.id, taken=frozenset(), at=LATER)
    with pytest.raises(NotAllowedError):
        split_asset(session, NOBODY, into.id, Leaving(frozenset({1})), at=LATER, settings=SETTINGS)


def test_split_needs_something_that_leaves_and_something_that_stays(inventory: Inventory) -> None:
    session = inventory.session
    asset = make_asset(session)
    device = make_linked_device(session, asset)
    for leaving in (Leaving(), Leaving(device_ids=frozenset({device.id}))):
        with pytest.raises(InvalidInputError):
            split_asset(session, SOME_PERSON, asset.id, leaving, at=LATER, settings=SETTINGS)


def wrongly_merged(session: Session) -> tuple[Asset, Device]:
    """One device through which two switches spoke, in two runs each."""
    asset = make_asset(session, name="sw1", serial_number="S2", person_fields=())
    session.add(
        AssetField(
            asset_id=asset.id, field="serial_number", source=ValueSource.SNMP, set_at=SOME_MOMENT
        )
    )
    device = make_linked_device(
        session,
        asset,
        sys_name="sw2",
        serial_number="S2",
        address="192.0.2.2",
        sys_location="Lyon",
        last_seen_at=SOME_MOMENT + timedelta(hours=3),
    )
    for hour, number in enumerate((1, 2, 1, 2)):
        at = SOME_MOMENT + timedelta(hours=hour)
        session.add(kept_observation(session, device, switch(number, at)))
    for key in ("common", "only1", "only2"):
        session.add(
            InterfaceRow(
                device_id=device.id, key=key, if_index=1, if_name=key, addresses=[], gone_at=None
            )
        )
    session.flush()
    return asset, device


def switch(number: int, at: Any) -> Observation:
    rows = tuple(
        Interface(if_index=n, if_name=name) for n, name in enumerate(("common", f"only{number}"))
    )
    identity = Identity(manufacturer="Cisco", serial_number=f"S{number}", category=Category.SWITCH)
    seen = make_observation(
        f"192.0.2.{number}",
        system=System(sys_name=f"sw{number}"),
        identity=identity,
        interfaces=InterfaceTable(rows, complete=True),
    )
    return replace(seen, observed_at=at)


def kept_observation(
    session: Session, device: Device, observation: Observation, run_id: int | None = None
) -> StoredObservation:
    """Evidence of a device: of a run, else of one of its own; an agent comes outside of runs."""
    is_agent = observation.source is Source.AGENT
    return StoredObservation(
        run_id=None if is_agent else run_id or make_run(session).id,
        device_id=device.id,
        address=observation.address,
        source=observation.source.value,
        observed_at=observation.observed_at,
        body=zlib.compress(to_json(observation)),
    )


def test_voices_tell_who_spoke_through_a_device(inventory: Inventory) -> None:
    _asset, device = wrongly_merged(inventory.session)
    voices = read_voices(inventory.session, device.id)
    assert [dict(voice.marks)["serial_number"] for voice in voices] == ["s2", "s1"]
    assert [len(voice.sights) for voice in voices] == [2, 2]


def test_key_that_identifies_nothing_tells_no_voices_apart(inventory: Inventory) -> None:
    session = inventory.session
    _asset, device = wrongly_merged(session)
    for serial in ("S1", "S2"):
        ignore_key(
            session, SOME_PERSON, kind="serial", value=serial, reason="same on all", at=LATER
        )
    marks = [dict(voice.marks) for voice in read_voices(session, device.id)]
    assert all("serial_number" not in one for one in marks)


def test_split_replays_each_half(inventory: Inventory) -> None:
    session = inventory.session
    asset, device = wrongly_merged(session)
    before = dump(session)
    voices = read_voices(session, device.id)
    token = next(voice.token for voice in voices if ("serial_number", "s1") in voice.marks)
    leaving = Leaving(voices={device.id: frozenset({token})})
    new = split_asset(session, SOME_PERSON, asset.id, leaving, at=LATER, settings=SETTINGS)
    session.expire_all()
    (half,) = session.scalars(sa.select(Device).where(Device.asset_id == new.id))
    assert (half.serial_number, half.sys_name, half.address) == ("S1", "sw1", "192.0.2.1")
    assert (device.serial_number, device.sys_name, device.address) == ("S2", "sw2", "192.0.2.2")
    assert device.sys_location == "Lyon"  # nobody's evidence says whose it is: it stays
    assert (new.serial_number, asset.serial_number) == ("S1", "S2")
    assert keys_of(session, half) == {"common", "only1"}
    assert keys_of(session, device) == {"common", "only2"}
    moved = session.scalars(
        sa.select(StoredObservation.address).where(StoredObservation.device_id == half.id)
    )
    assert set(moved) == {"192.0.2.1"}
    undo(session, SOME_PERSON, act_of(session, ChangeSetKind.SPLIT).id, at=LATER)
    assert dump(session) == before


def keys_of(session: Session, device: Device) -> set[str]:
    query = sa.select(InterfaceRow.key).where(
        InterfaceRow.device_id == device.id, InterfaceRow.gone_at.is_(None)
    )
    return set(session.scalars(query))


def test_value_that_both_say_stays_whose_it_was(inventory: Inventory) -> None:
    session = inventory.session
    into = make_asset(session, person_fields=(), manufacturer="Cisco")
    other = make_asset(session, person_fields=())
    put_source(session, into.id, "manufacturer", ValueSource.SNMP, at=SOME_MOMENT)
    make_linked_device(session, into, manufacturer="Cisco", sys_name="a")
    make_linked_device(session, other, manufacturer="Cisco", agent_id="agent-1")
    merge_assets(session, SOME_PERSON, into.id, other.id, taken=frozenset(), at=LATER)
    row = session.get_one(AssetField, (into.id, "manufacturer"))
    assert (row.source, row.set_at) == (ValueSource.SNMP, SOME_MOMENT)


def test_next_scan_leaves_both_halves_as_they_are(inventory: Inventory) -> None:
    session = inventory.session
    asset, device = wrongly_merged(session)
    (token,) = {v.token for v in read_voices(session, device.id) if "s1" in dict(v.marks).values()}
    leaving = Leaving(voices={device.id: frozenset({token})})
    split_asset(session, SOME_PERSON, asset.id, leaving, at=LATER, settings=SETTINGS)
    at = SOME_MOMENT + timedelta(hours=5)
    plan = inventory.sweep(switch(1, at), switch(2, at), at=at)
    assert plan.counts.created == 0
    serials = session.scalars(sa.select(Device.serial_number).order_by(Device.serial_number)).all()
    assert list(serials) == ["S1", "S2"]


def test_act_that_changes_nothing_leaves_none(inventory: Inventory) -> None:
    from parc.services.change_sets import recording

    session = inventory.session
    with recording(session, SOME_PERSON, ChangeSetKind.BULK_EDIT, {"code": "edited"}, LATER):
        pass
    assert session.scalars(sa.select(ChangeSet)).all() == []


def test_created_updated_and_deleted_rows_are_kept_whole(inventory: Inventory) -> None:
    from parc.services.change_sets import recording

    session = inventory.session
    gone, changed = make_device(session), make_device(session)
    with recording(session, SOME_PERSON, ChangeSetKind.DECISION, {"code": "some"}, LATER):
        session.delete(gone)
        changed.sys_name = "first"
        session.flush()
        changed.sys_name = "second"
        new = make_device(session)
        passing = make_device(session)
        session.delete(passing)
        session.flush()
    images = images_of(session, act_of(session, ChangeSetKind.DECISION).id)
    assert set(images) == {("device", (one.id,)) for one in (gone, changed, new)}
    assert images["device", (changed.id,)].before == {"sys_name": None}
    assert images["device", (changed.id,)].after == {"sys_name": "second"}


def test_every_table_that_follows_an_asset_is_kept_for_an_undo() -> None:
    followers = {model.__tablename__ for model in linked_models()}
    assert followers == {
        "allocation",
        "contract_line",
        "coverage",
        "custom_value",
        "host_entry",
        "incident_asset",
        "managed_device",
        "movement",
        "wall_outlet",
    }
    assert followers <= TRACKED
