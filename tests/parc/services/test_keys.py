"""Tests of the rotation of the master key, also when it is broken off at any step."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.config import Settings
from parc.errors import SecretError
from parc.extensions import db, transaction
from parc.models import AuditEntry, Credential
from parc.secret_box import SecretBox, add_key, drop_other_keys, load_box, rotating
from parc.services.credentials import CredentialDraft, open_credential, save_credential
from parc.services.keys import find_damaged, is_rotation_complete, reseal_batch
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON


@pytest.fixture
def box(app: Flask) -> SecretBox:
    found = app.extensions["parc_box"]
    assert isinstance(found, SecretBox)
    return found


def _add(box: SecretBox, *names: str) -> None:
    with transaction() as session:
        for name in names:
            draft = CredentialDraft(name=name, community=f"secret of {name}")
            save_credential(session, SOME_PERSON, box, draft, now=SOME_MOMENT)


def _rows() -> list[Credential]:
    db.session.rollback()
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Credential).order_by(Credential.name)))


def _reseal_one(ring: SecretBox) -> int:
    with transaction() as session:
        return reseal_batch(session, SOME_PERSON, ring, limit=1)


def _assert_all_open(box: SecretBox) -> None:
    for row in _rows():
        assert open_credential(box, row).community == f"secret of {row.name}"


def test_running_server_follows_a_rotation_at_every_step(
    box: SecretBox, settings: Settings
) -> None:
    _add(box, "a", "b", "c")
    old = box.key_id
    new = add_key(settings.key_path)
    ring = load_box(settings.key_path, {})
    while _reseal_one(ring):
        _assert_all_open(box)
    _add(box, "d")  # the server saves while the rotation is under way
    assert {row.key_id for row in _rows()} == {new}
    with transaction() as session:
        assert is_rotation_complete(session, SOME_PERSON, ring, SOME_MOMENT)
        drop_other_keys(settings.key_path, new)
    _assert_all_open(box)
    assert load_box(settings.key_path, {}).key_ids == (new,)
    assert old != new
    rotated = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "rotated")).one()
    assert rotated.subject_name == new


def test_rotation_is_not_complete_while_a_secret_has_the_old_key(
    box: SecretBox, settings: Settings
) -> None:
    _add(box, "a", "b")
    add_key(settings.key_path)
    ring = load_box(settings.key_path, {})
    _reseal_one(ring)
    with transaction() as session:
        assert not is_rotation_complete(session, SOME_PERSON, ring, SOME_MOMENT)


def test_error_in_a_batch_leaves_its_secrets_as_they_were(
    box: SecretBox, settings: Settings
) -> None:
    _add(box, "a", "b")
    add_key(settings.key_path)
    ring = load_box(settings.key_path, {})

    def reseal_until_stopped() -> None:
        with transaction() as session:
            reseal_batch(session, SOME_PERSON, ring)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reseal_until_stopped()
    assert {row.key_id for row in _rows()} == {ring.key_ids[1]}
    _assert_all_open(ring)


def test_lost_key_names_the_credential(box: SecretBox, settings: Settings) -> None:
    _add(box, "a", "b")
    settings.key_path.unlink()
    ring = load_box(settings.key_path, {})
    with pytest.raises(SecretError, match="'a'"):
        _reseal_one(ring)
    with transaction() as session:
        count, damaged = find_damaged(session, ring)
    assert (count, [one.credential for one in damaged]) == (2, ["a", "b"])


def test_two_rotations_at_once_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "master.key"
    with (
        rotating(path),
        pytest.raises(SecretError, match="under way"),
        rotating(path),
    ):
        pass
    with rotating(path):
        pass
