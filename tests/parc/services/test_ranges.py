"""Tests of address ranges: what is taken, what is refused and when a range is due."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.errors import ConflictError, InvalidInputError, NotAllowedError
from parc.extensions import db, transaction
from parc.models import AddressRange, AuditEntry, Location, Role, Run, RunState, ScheduleKind
from parc.secret_box import SecretBox
from parc.services.actor import Actor
from parc.services.credentials import CredentialDraft, save_credential
from parc.services.range_drafts import RangeDraft
from parc.services.ranges import delete_range, enable_range, release_range, save_range
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_run

OFFICE = RangeDraft(name="Office", include="10.0.0.0/24\n10.0.1.7", exclude="10.0.0.1")
MANAGER = Actor(name="Max", role=Role.MANAGER)


def _save(
    draft: RangeDraft, range_id: int | None = None, *, actor: Actor = SOME_PERSON
) -> AddressRange:
    with transaction() as session:
        return save_range(session, actor, draft, now=SOME_MOMENT, range_id=range_id)


def _problems(draft: RangeDraft, *, actor: Actor = SOME_PERSON) -> set[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        _save(draft, actor=actor)
    return {(problem.field, problem.code) for problem in caught.value.problems}


def _add_credential(app: Flask, name: str, networks: str = "") -> None:
    box: SecretBox = app.extensions["parc_box"]
    draft = CredentialDraft(name=name, community="secret", networks=networks)
    with transaction() as session:
        save_credential(session, SOME_PERSON, box, draft, now=SOME_MOMENT)


def _stored() -> AddressRange:
    return db.session.scalars(sa.select(AddressRange)).one()


@pytest.mark.usefixtures("app")
def test_range_is_stored_with_site_and_networks_in_short_form() -> None:
    _save(dataclasses.replace(OFFICE, include="10.0.0.0/24, 10.0.1.7/32\nfd00::1", site="Lyon"))
    row = _stored()
    assert row.include == ["10.0.0.0/24", "10.0.1.7", "fd00::1"]
    assert row.exclude == ["10.0.0.1"]
    assert row.next_due_at is None
    assert db.session.scalars(sa.select(Location.name)).all() == ["Lyon"]


@pytest.mark.usefixtures("app")
def test_two_ranges_of_one_site_share_it() -> None:
    _save(dataclasses.replace(OFFICE, site="Lyon"))
    _save(dataclasses.replace(OFFICE, name="Other", site=" Lyon "))
    assert db.session.scalar(sa.select(sa.func.count(Location.id))) == 1


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"name": " "}, ("name", "required")),
        ({"include": " \n"}, ("include", "required")),
        ({"include": "10.0.0.0/33"}, ("include", "network_not_a_network")),
        ({"include": "8.8.8.0/24"}, ("include", "public_network")),
        ({"include": "10.0.0.0/8"}, ("include", "too_many_addresses")),
        ({"include": "fd00::/64"}, ("include", "network_too_large")),
        ({"include": "10.0.0.5/24"}, ("include", "network_host_bits")),
        ({"include": "fe80::1%eth0"}, ("include", "network_has_scope")),
        ({"exclude": "10.0.0.0/16"}, ("exclude", "nothing_left")),
        ({"exclude": "x"}, ("exclude", "network_not_a_network")),
        ({"schedule_kind": "weekly"}, ("schedule_kind", "unknown_choice")),
        ({"schedule_kind": "interval", "every_minutes": "0"}, ("every_minutes", "bad_interval")),
        ({"schedule_kind": "interval"}, ("every_minutes", "bad_interval")),
        ({"schedule_kind": "cron", "cron": "0 25 * * *"}, ("cron", "bad_cron")),
        ({"time_zone": "Europe/Lyon"}, ("time_zone", "not_a_time_zone")),
        ({"window_start": "22:00"}, ("window_end", "window_needs_both")),
        ({"window_start": "24:00", "window_end": "6:00"}, ("window_start", "not_a_time")),
        ({"window_start": "6:00", "window_end": "06:00"}, ("window_end", "window_is_empty")),
        ({"credentials": ("nobody's",)}, ("credentials", "no_such_credential")),
        ({"packets_per_second": "0"}, ("packets_per_second", "out_of_bounds")),
        ({"devices_at_once": "many"}, ("devices_at_once", "not_a_number")),
        ({"asset_categories": ("spoon",)}, ("asset_categories", "unknown_choice")),
        ({"site": "x" * 201}, ("site", "too_long")),
    ],
)
def test_wrong_input_names_its_field(
    sqlite_app: Flask, values: dict[str, str], expected: tuple[str, str]
) -> None:
    del sqlite_app
    assert _problems(dataclasses.replace(OFFICE, **values)) == {expected}  # type: ignore[arg-type]  # the fields are texts


def test_all_problems_are_told_at_once(sqlite_app: Flask) -> None:
    del sqlite_app
    assert _problems(RangeDraft(packets_per_second="x", cron="x", schedule_kind="cron")) == {
        ("name", "required"),
        ("include", "required"),
        ("packets_per_second", "not_a_number"),
        ("cron", "bad_cron"),
    }


@pytest.mark.usefixtures("app")
def test_interval_is_due_at_once_and_stays_in_its_slot_when_only_the_name_changes() -> None:
    draft = dataclasses.replace(OFFICE, schedule_kind="interval", every_minutes="60")
    row = _save(draft)
    assert row.next_due_at == SOME_MOMENT
    renamed = _save(dataclasses.replace(draft, name="New"), row.id)
    assert renamed.next_due_at == SOME_MOMENT
    slower = _save(dataclasses.replace(draft, every_minutes="90"), row.id)
    assert slower.next_due_at == SOME_MOMENT + timedelta(minutes=90)


@pytest.mark.usefixtures("app")
def test_cron_of_a_zone_is_due_at_its_local_hour_within_the_window() -> None:
    row = _save(
        dataclasses.replace(
            OFFICE,
            schedule_kind="cron",
            cron="0  4 * * *",
            window_start="22:00",
            window_end="05:00",
        )
    )
    assert row.schedule == "0 4 * * *"
    assert row.next_due_at == datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    assert (row.window_start, row.window_end) == (time(22), time(5))


@pytest.mark.usefixtures("app")
def test_disabled_range_is_never_due_and_enabled_again_it_is() -> None:
    row = _save(dataclasses.replace(OFFICE, schedule_kind="interval", every_minutes="60"))
    for is_enabled, due in ((False, None), (True, SOME_MOMENT + timedelta(hours=1))):
        with transaction() as session:
            enable_range(session, SOME_PERSON, row.id, is_enabled=is_enabled, now=SOME_MOMENT)
        assert _stored().next_due_at == due
        db.session.rollback()


def test_credentials_keep_the_order_in_which_they_are_tried(app: Flask) -> None:
    for name in ("a", "b", "c"):
        _add_credential(app, name)
    row = _save(dataclasses.replace(OFFICE, credentials=("c", "a", "b")))
    assert [credential.name for credential in _stored().credentials] == ["c", "a", "b"]
    db.session.rollback()
    _save(dataclasses.replace(OFFICE, credentials=("b", "c")), row.id)
    assert [credential.name for credential in _stored().credentials] == ["b", "c"]
    entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
    assert entries[-1].changes == {"credentials": [["c", "a", "b"], ["b", "c"]]}


@pytest.mark.usefixtures("app")
def test_saving_the_same_again_writes_nothing() -> None:
    row = _save(OFFICE)
    _save(OFFICE, row.id)
    assert (
        db.session.scalar(
            sa.select(sa.func.count(AuditEntry.id)).where(AuditEntry.subject_kind == "range")
        )
        == 1
    )


def test_manager_cannot_point_a_credential_at_addresses_of_his_choice(app: Flask) -> None:
    _add_credential(app, "free")
    _add_credential(app, "bound", networks="10.0.0.0/16")
    refused = {("credentials", "credential_needs_networks")}
    with_free = dataclasses.replace(OFFICE, credentials=("free",))
    assert _problems(with_free, actor=MANAGER) == refused
    _save(dataclasses.replace(OFFICE, name="Bound", credentials=("bound",)), actor=MANAGER)
    row = _save(with_free)
    _save(dataclasses.replace(with_free, include="10.0.0.0/25"), row.id, actor=MANAGER)
    for wider in (
        dataclasses.replace(with_free, include="10.0.0.0/25\n10.9.0.1"),
        dataclasses.replace(with_free, include="10.0.0.0/25", exclude=""),
    ):
        with pytest.raises(InvalidInputError, match="credential_needs_networks"):
            _save(wider, row.id, actor=MANAGER)


@pytest.mark.parametrize("role", [Role.REQUESTER, Role.READ_ONLY, Role.TECHNICIAN])
def test_lesser_roles_may_not_save(sqlite_app: Flask, role: Role) -> None:
    del sqlite_app
    with pytest.raises(NotAllowedError):
        _save(OFFICE, actor=Actor(name="x", role=role))


@pytest.mark.usefixtures("app")
def test_deleted_range_leaves_its_runs() -> None:
    row = _save(OFFICE)
    with transaction() as session:
        make_run(session, session.get_one(AddressRange, row.id))
    with transaction() as session:
        assert delete_range(session, SOME_PERSON, row.id, now=SOME_MOMENT) == "Office"
    run = db.session.scalars(sa.select(Run)).one()
    assert (run.range_id, run.range_name) == (None, "Office")


@pytest.mark.usefixtures("app")
def test_range_that_is_being_swept_cannot_be_deleted() -> None:
    row = _save(OFFICE)
    with transaction() as session:
        make_run(session, session.get_one(AddressRange, row.id), state=RunState.RUNNING)
    with pytest.raises(ConflictError), transaction() as session:
        delete_range(session, SOME_PERSON, row.id, now=SOME_MOMENT)


@pytest.mark.usefixtures("app")
def test_managed_range_is_read_only_until_the_file_lets_it_go() -> None:
    with transaction() as session:
        row = save_range(session, SOME_PERSON, OFFICE, now=SOME_MOMENT, is_managed_by_file=True)
    with pytest.raises(ConflictError):
        _save(OFFICE, row.id)
    with transaction() as session:
        release_range(session, SOME_PERSON, session.get_one(AddressRange, row.id), now=SOME_MOMENT)
    _save(OFFICE, row.id)
    assert _stored().schedule_kind is ScheduleKind.NONE
