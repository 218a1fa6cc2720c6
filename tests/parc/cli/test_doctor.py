"""Every invariant is broken by hand, and ``parc doctor`` finds it."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask
from sqlalchemy.orm import Session

from parc.cli.doctor import doctor
from parc.clock import now
from parc.extensions import db, transaction
from parc.models import (
    Asset,
    AssetField,
    AuditEntry,
    ChangeSetKind,
    ChangeSetPart,
    Coverage,
    CoverSource,
    Credential,
    Device,
    DeviceStatus,
    Document,
    DocumentSubject,
    Entitlement,
    JobRun,
    JobState,
    LifecycleState,
    LockRule,
    MessageState,
    OutgoingMessage,
    RunState,
    ValueSource,
)
from parc.services.change_sets import recording
from parc.services.credentials import CredentialDraft, save_credential
from parc.services.entitlements import create_entitlement
from parc.services.incident_values import IncidentInput
from parc.services.incidents import open_incident
from parc.services.products import product_for
from tests.conftest import SOME_MOMENT
from tests.contract_world import make_contract
from tests.factories import SOME_PERSON, make_asset, make_device, make_linked_device, make_run


def _seats(session: Session) -> None:
    product = product_for(session, SOME_PERSON, "Office", None, at=SOME_MOMENT)
    values = {"name": "Office", "product_id": product}
    row = create_entitlement(session, SOME_PERSON, values, at=SOME_MOMENT)
    row.allocated_count = 3


def _term(session: Session) -> None:
    _seats(session)
    row = session.scalars(sa.select(Entitlement)).one()
    row.allocated_count, row.ends_on = 0, date(2030, 1, 1)


def _doubled_key(session: Session) -> None:
    for _ in range(2):
        make_device(session, manufacturer="HP", serial_number="CZ1")


def _doubled_asset(session: Session) -> None:
    for maker in ("HP", "hp"):
        make_asset(session, manufacturer=maker, serial_number="cz1 ")


def _mixed_asset(session: Session) -> None:
    asset = make_asset(session)
    for serial in ("CZ1", "CZ2"):
        make_linked_device(session, asset, manufacturer="HP", serial_number=serial)


def _movement(session: Session) -> None:
    make_asset(session)
    session.flush()
    session.execute(sa.update(Asset).values(lifecycle_state=LifecycleState.ON_LOAN))


def _act(session: Session) -> None:
    make_asset(session)
    with recording(session, SOME_PERSON, ChangeSetKind.BULK_EDIT, {"code": "edit"}, SOME_MOMENT):
        session.scalars(sa.select(Asset)).one().notes = "a"
    session.execute(sa.update(ChangeSetPart).values(body=b"damaged"))


def _standing(session: Session) -> None:
    make_device(session, status=DeviceStatus.LINKED)


def _lock(session: Session) -> None:
    asset = make_asset(session, person_fields=())
    field = {"field": "name", "source": ValueSource.SNMP, "lock": LockRule.NEVER}
    session.add(AssetField(asset_id=asset.id, set_at=SOME_MOMENT, **field))


def _job(session: Session) -> None:
    values = {"kind": "discover", "arguments": {}, "key": "k", "due_at": SOME_MOMENT}
    state = JobState.RUNNING
    at = SOME_MOMENT
    session.add(JobRun(**values, state=state, worker="w", lease_until=at, created_at=at))


def _run(session: Session) -> None:
    make_run(session, state=RunState.RUNNING)


def _history(session: Session) -> None:
    session.add(
        AuditEntry(
            at=SOME_MOMENT,
            author="Ada",
            subject_kind="asset",
            subject_id=4711,
            action="changed",
            changes={"name": ["a", "b"]},
        )
    )


def _words(session: Session) -> None:
    said = {"at": None, "run": None, "said": {"model_name": "X1"}}
    make_device(session, heard={"agent": SOME_MOMENT.isoformat()}, words={"snmp": said})


def _count(session: Session) -> None:
    make_run(session, address_count=1, swept_count=2)


def _incident(session: Session) -> None:
    given = IncidentInput(title="no paper")
    open_incident(session, SOME_PERSON, given, at=SOME_MOMENT).minutes_spent = 5


@pytest.mark.parametrize(
    "damage",
    [
        _doubled_key,
        _doubled_asset,
        _mixed_asset,
        _movement,
        _act,
        _standing,
        _lock,
        _job,
        _run,
        _history,
        _count,
        _words,
        _incident,
        _seats,
        _term,
    ],
    ids=lambda one: one.__name__,
)
def test_doctor_finds_what_was_broken(sqlite_app: Flask, damage: Callable[[Session], None]) -> None:
    del sqlite_app
    with transaction() as session:
        damage(session)
    result = CliRunner().invoke(doctor, ["--json"])
    assert result.exit_code == 1
    (finding,) = json.loads(result.output)["findings"]
    assert finding["check"] == damage.__name__.removeprefix("_")
    assert finding["remedy"]
    assert finding["subject"] in CliRunner().invoke(doctor).output


def test_conflict_that_was_told_of_one_key_hides_no_other(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        for _ in range(2):
            make_device(session, manufacturer="Dell", serial_number="CZ1")
        first = session.scalars(sa.select(Device.id).order_by(Device.id)).first()
        told = {"subject_kind": "device", "subject_id": first, "action": "conflict"}
        changes = {"engine id: 800000": ["2", "several devices show this key"]}
        session.add(AuditEntry(at=SOME_MOMENT, author="Ada", changes=changes, **told))
    assert CliRunner().invoke(doctor).exit_code == 1
    with transaction() as session:
        changes = {
            "manufacturer and serial number: dell cz1": ["2", "several devices show this key"]
        }
        session.add(AuditEntry(at=SOME_MOMENT, author="Ada", changes=changes, **told))
    assert CliRunner().invoke(doctor).exit_code == 0


def test_doctor_finds_a_row_that_points_at_nothing(sqlite_app: Flask) -> None:
    del sqlite_app
    with closing(sqlite3.connect(str(db.engine.url.database))) as other, other:
        other.execute(
            "INSERT INTO category_sign (device_id, category, weight, reason) "
            "VALUES (4711, 'switch', 0.5, 'port')"
        )
    result = CliRunner().invoke(doctor)
    assert result.exit_code == 1
    assert "category_sign" in result.output


def test_doctor_finds_a_secret_whose_key_is_lost(sqlite_app: Flask) -> None:
    draft = CredentialDraft(name="core", community="something")
    with transaction() as session:
        box = sqlite_app.extensions["parc_box"]
        save_credential(session, SOME_PERSON, box, draft, now=SOME_MOMENT)
        session.execute(sa.update(Credential).values(key_id="lost"))
    result = CliRunner().invoke(doctor)
    assert result.exit_code == 1
    assert "credential core" in result.output


def test_sound_database_has_no_findings(sqlite_app: Flask) -> None:
    del sqlite_app
    with transaction() as session:
        asset = make_asset(session)
        make_device(session, status=DeviceStatus.LINKED, asset_id=asset.id)
        make_run(session)
    result = CliRunner().invoke(doctor)
    assert (result.exit_code, result.output) == (0, "The database is sound.\n")


def _broken_contracts(session: Session, folder: Path) -> None:
    asset = make_asset(session)
    contract = make_contract(session)
    session.add_all(
        Coverage(
            contract_id=contract.id,
            asset_id=asset.id,
            source=CoverSource.RULE,
            from_on=date(2026, 1, day),
        )
        for day in (1, 2)
    )
    contract.ends_on = date(2030, 1, 1)
    session.add(
        Document(
            subject_kind=DocumentSubject.CONTRACT,
            subject_id=4711,
            name="a",
            content_hash="0" * 64,
            size_bytes=1,
            media_type="text/plain",
            created_at=SOME_MOMENT,
            author="Ada",
        )
    )
    session.add(
        OutgoingMessage(
            key="k",
            message_id="<1@parc>",
            recipient="a@example.org",
            subject="s",
            body="b",
            state=MessageState.FAILED,
            error="550 no",
            next_try_at=now(),
            created_at=now(),
        )
    )
    (folder / "documents").mkdir()
    stray = folder / "documents" / "stray"
    stray.write_text("x")
    os.utime(stray, (0, 0))


def test_doctor_finds_what_is_wrong_with_contracts_and_documents(sqlite_app: Flask) -> None:
    folder = sqlite_app.extensions["parc_settings"].data_folder
    with transaction() as session:
        _broken_contracts(session, folder)
    result = CliRunner().invoke(doctor, ["--json"])
    assert result.exit_code == 1
    found = [(one["check"], one["subject"]) for one in json.loads(result.output)["findings"]]
    assert [check for check, _ in found] == [
        "term",
        "cover",
        "document",
        "document",
        "document",
        "letter",
    ]
