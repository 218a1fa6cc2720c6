"""What is deleted comes back when that is undone: assets with all of theirs, and documents."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from parc.errors import ConflictError
from parc.extensions import db, transaction
from parc.models import (
    Asset,
    Base,
    ChangeSet,
    ChangeSetFile,
    ChangeSetKind,
    Contract,
    Device,
    DeviceStatus,
    Document,
    DocumentSubject,
    Entitlement,
    IncidentAsset,
    LifecycleState,
    MovementKind,
    SoftwareProduct,
)
from parc.reconcile.contract_invariants import examine_contracts
from parc.reconcile.licence_invariants import examine_licences
from parc.reconcile.movement_invariants import examine_movements
from parc.services.allocations import Holder, allocate
from parc.services.asset_removal import delete_asset
from parc.services.change_sets import recording
from parc.services.contract_lines import add_typed
from parc.services.contract_removal import delete_contract
from parc.services.document_store import DocumentStore
from parc.services.documents import SentFile, add_document, collect_files, take_in
from parc.services.entitlements import create_entitlement
from parc.services.incident_values import IncidentInput
from parc.services.incidents import open_incident
from parc.services.movement_kinds import Order
from parc.services.movements import apply as apply_movement
from parc.services.people import PersonDraft, save_person
from parc.services.retention import Ages, purge_batch
from parc.services.row_images import TRACKED
from parc.services.suppliers import delete_supplier
from parc.services.touched_assets import follow_noted
from parc.services.undo import find_obstacles, undo
from tests.conftest import SOME_MOMENT
from tests.contract_world import make_contract, make_supplier
from tests.factories import SOME_PERSON, make_asset, make_linked_device

TODAY = SOME_MOMENT.date()
LATER = SOME_MOMENT + timedelta(days=2)
YEAR = timedelta(days=365)
_PASSING = {"version", "row_version", "updated_at", "search_text"}


def _store(app: Flask) -> DocumentStore:
    return DocumentStore(app.extensions["parc_settings"].data_folder)


def _attach(app: Flask, session: Session, kind: DocumentSubject, number: int, text: str) -> str:
    """Add a document that is old enough to be collected; gives the hash of its file."""
    sent = SentFile(f"{text}.txt", io.BytesIO(text.encode()))
    taken = take_in(_store(app), [sent], most_megabytes=1)
    row = add_document(
        session, SOME_PERSON, (kind, number), taken[0], subject_name="x", now=SOME_MOMENT
    )
    os.utime(_store(app).path(row.content_hash), (0, 0))
    return row.content_hash


def _asset_with_all(app: Flask, session: Session) -> int:
    """Make an asset with a device, a holder, a cover, a seat, an incident and a signed sheet."""
    asset = make_asset(
        session, asset_tag="P1", name="pc-1", lifecycle_state=LifecycleState.IN_STOCK
    )
    person = save_person(session, SOME_PERSON, PersonDraft(name="Ada"), at=SOME_MOMENT).id
    order = Order(MovementKind.ASSIGNMENT, TODAY, person_id=person)
    moved = apply_movement(session, SOME_PERSON, asset.id, order, at=SOME_MOMENT)
    _attach(app, session, DocumentSubject.MOVEMENT, moved.id, "signed")
    make_linked_device(session, asset)
    contract = make_contract(session).id
    add_typed(session, SOME_PERSON, contract, "P1", today=TODAY, now=SOME_MOMENT)
    product = SoftwareProduct(name="Spooler", name_folded="spooler")
    session.add(product)
    session.flush()
    values = {"name": "Spooler", "product_id": product.id, "quantity": 5}
    licence = create_entitlement(session, SOME_PERSON, values, at=SOME_MOMENT).id
    allocate(session, SOME_PERSON, licence, [Holder(asset_id=asset.id)], at=SOME_MOMENT)
    return asset.id


def _rows() -> dict[str, list[dict[str, Any]]]:
    """Give all rows that an act may change, without what merely passes."""
    db.session.rollback()
    found = {}
    for name in sorted(TRACKED):
        table = Base.metadata.tables[name]
        rows = db.session.execute(sa.select(table).order_by(*table.primary_key.columns))
        found[name] = [
            {key: value for key, value in row.items() if key not in _PASSING}
            for row in rows.mappings()
        ]
    return found


def _sound(app: Flask) -> bool:
    with transaction() as session:
        found = examine_contracts(session, _store(app), LATER)
        return not [*found, *examine_licences(session), *examine_movements(session)]


def test_deleted_asset_comes_back_with_all_that_hung_on_it(app: Flask) -> None:
    with transaction() as session:
        number = _asset_with_all(app, session)
        follow_noted(session, today=TODAY, now=SOME_MOMENT)
    before = _rows()
    with transaction() as session:
        act = delete_asset(session, SOME_PERSON, number, at=SOME_MOMENT)
        assert act is not None
        deletion = act.id
        follow_noted(session, today=TODAY, now=SOME_MOMENT)
    after = _rows()
    for name in ("asset", "movement", "document", "coverage", "allocation"):
        assert (len(before[name]) > 0, after[name]) == (True, []), name
    assert db.session.scalars(sa.select(Device.status)).all() == [DeviceStatus.UNKNOWN]
    assert db.session.scalars(sa.select(Entitlement.allocated_count)).all() == [0]
    assert _sound(app)
    with transaction() as session:
        assert collect_files(session, _store(app), LATER) == 0
        make_asset(session, asset_tag="P2")  # takes no id that has been another's
        session.flush()
    with transaction() as session:
        undo(session, SOME_PERSON, deletion, at=SOME_MOMENT)
        follow_noted(session, today=TODAY, now=SOME_MOMENT)
    with transaction() as session:
        session.delete(session.scalars(sa.select(Asset).where(Asset.asset_tag == "P2")).one())
    assert _rows() == before
    assert _sound(app)


def test_incident_names_a_deleted_asset_again_when_it_has_come_back(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        number = make_asset(session, asset_tag="P1").id
        given = IncidentInput("broken", "no light", asset_ids=[number])
        open_incident(session, SOME_PERSON, given, at=SOME_MOMENT)
    with transaction() as session:
        act = delete_asset(session, SOME_PERSON, number, at=SOME_MOMENT)
        deletion = act.id if act else 0
        assert session.scalars(sa.select(IncidentAsset.asset_id)).all() == [None]
        undo(session, SOME_PERSON, deletion, at=SOME_MOMENT)
        assert session.scalars(sa.select(IncidentAsset.asset_id)).all() == [number]


def test_asset_does_not_come_back_while_another_bears_its_tag(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        number = make_asset(session, asset_tag="P1").id
    with transaction() as session:
        act = delete_asset(session, SOME_PERSON, number, at=SOME_MOMENT)
        deletion = act.id if act else 0
        make_asset(session, asset_tag="P1")
    with transaction() as session:
        (found,) = find_obstacles(session, deletion)
        assert (found.code, found.table, found.field) == ("again_there", "asset", "asset_tag")
        with pytest.raises(ConflictError):
            undo(session, SOME_PERSON, deletion, at=SOME_MOMENT)


def _delete_contract(session: Session, contract: Contract) -> ChangeSet | None:
    return delete_contract(session, SOME_PERSON, contract.id, now=SOME_MOMENT)


def _delete_supplier(session: Session, contract: Contract) -> ChangeSet | None:
    supplier_id = contract.supplier_id
    session.delete(contract)
    session.flush()
    return delete_supplier(session, SOME_PERSON, supplier_id, now=SOME_MOMENT)


@pytest.mark.parametrize(
    ("kind", "delete"),
    [
        (DocumentSubject.CONTRACT, _delete_contract),
        (DocumentSubject.SUPPLIER, _delete_supplier),
    ],
)
def test_documents_come_back_as_long_as_the_act_is_kept(
    app: Flask, kind: DocumentSubject, delete: Callable[[Session, Contract], ChangeSet | None]
) -> None:
    with transaction() as session:
        contract = make_contract(session)
        number = contract.id if kind is DocumentSubject.CONTRACT else contract.supplier_id
        name = _attach(app, session, kind, number, "terms")
        act = delete(session, contract)
        deletion = act.id if act else 0
    with transaction() as session:
        assert session.scalars(sa.select(Document.id)).all() == []
        assert collect_files(session, _store(app), LATER) == 0
        undo(session, SOME_PERSON, deletion, at=SOME_MOMENT)
        row = session.scalars(sa.select(Document)).one()
        assert (row.subject_kind, row.subject_id, row.content_hash) == (kind, number, name)
        assert _store(app).path(name).read_bytes() == b"terms"
        undone = session.scalars(sa.select(ChangeSet.id).order_by(ChangeSet.id.desc())).first()
        undo(session, SOME_PERSON, undone or 0, at=SOME_MOMENT)
        assert session.scalars(sa.select(Document.id)).all() == []
    assert _sound(app)
    with transaction() as session:
        ages = Ages(YEAR, YEAR, YEAR, YEAR, YEAR, timedelta(days=1))
        while purge_batch(session, ages, LATER):
            pass
        assert session.scalars(sa.select(ChangeSetFile.id)).all() == []
        assert collect_files(session, _store(app), LATER) == 1
    assert _sound(app)


def test_doctor_misses_a_file_that_an_act_needs(sqlite_app: Flask) -> None:
    with transaction() as session:
        contract = make_contract(session)
        name = _attach(sqlite_app, session, DocumentSubject.CONTRACT, contract.id, "terms")
        act = delete_contract(session, SOME_PERSON, contract.id, now=SOME_MOMENT)
        subject = f"change {act.id if act else 0}"
    _store(sqlite_app).path(name).unlink()
    with transaction() as session:
        found = examine_contracts(session, _store(sqlite_app), LATER)
        assert [(one.check, one.subject) for one in found] == [("document", subject)]


def test_record_that_an_act_made_stays_while_somebody_has_added_a_document(
    sqlite_app: Flask,
) -> None:
    with transaction() as session:
        title = {"code": "imported", "file": "x.csv"}
        with recording(session, SOME_PERSON, ChangeSetKind.IMPORT, title, SOME_MOMENT) as act:
            supplier = make_supplier(session).id
        number = act.id if act else 0
    with transaction() as session:
        _attach(sqlite_app, session, DocumentSubject.SUPPLIER, supplier, "price list")
    with transaction() as session:
        (found,) = find_obstacles(session, number)
        assert (found.code, found.table, found.subject_id) == ("in_use", "document", supplier)
