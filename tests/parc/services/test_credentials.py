"""Tests of credentials: what is sealed, what is refused, and that no secret leaves."""

from __future__ import annotations

import dataclasses
import logging

import pytest
import sqlalchemy as sa
from flask import Flask

from collectors.credentials import AuthProtocol, PrivProtocol, SnmpVersion
from parc.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    SecretError,
)
from parc.extensions import db, transaction
from parc.models import AuditEntry, Credential, Role
from parc.secret_box import SecretBox
from parc.services.actor import Actor
from parc.services.credentials import (
    CredentialDraft,
    delete_credential,
    open_credential,
    save_credential,
)
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON

CANARY = "canary-5f1d0a"
V2C = CredentialDraft(name="Office", community=CANARY)
V3 = CredentialDraft(
    name="Core",
    version="v3",
    user_name="parc",
    auth_protocol="sha256",
    auth_passphrase=f"auth-{CANARY}",
    priv_protocol="aes128",
    priv_passphrase=f"priv-{CANARY}",
)


@pytest.fixture
def box(app: Flask) -> SecretBox:
    found = app.extensions["parc_box"]
    assert isinstance(found, SecretBox)
    return found


def _save(
    box: SecretBox,
    draft: CredentialDraft,
    credential_id: int | None = None,
    *,
    is_managed_by_file: bool = False,
) -> Credential:
    with transaction() as session:
        return save_credential(
            session,
            SOME_PERSON,
            box,
            draft,
            now=SOME_MOMENT,
            credential_id=credential_id,
            is_managed_by_file=is_managed_by_file,
        )


def _problems(box: SecretBox, draft: CredentialDraft) -> set[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        _save(box, draft)
    assert CANARY not in str(caught.value)
    return {(problem.field, problem.code) for problem in caught.value.problems}


def _entries() -> list[AuditEntry]:
    return list(db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)))


def test_community_comes_back_only_for_the_collectors(box: SecretBox) -> None:
    stored = _save(box, V2C)
    opened = open_credential(box, stored)
    assert opened.version is SnmpVersion.V2C
    assert opened.community == CANARY
    assert opened.id == stored.id
    assert CANARY.encode() not in stored.sealed
    assert CANARY not in repr(opened)
    assert CANARY not in repr(V2C)


def test_user_of_version_3_keeps_protocols_and_both_passphrases(box: SecretBox) -> None:
    opened = open_credential(box, _save(box, V3))
    assert (opened.auth_protocol, opened.priv_protocol) == (
        AuthProtocol.SHA256,
        PrivProtocol.AES128,
    )
    assert (opened.auth_passphrase, opened.priv_passphrase) == (
        f"auth-{CANARY}",
        f"priv-{CANARY}",
    )


def test_sealed_secret_cannot_be_moved_to_another_row(box: SecretBox) -> None:
    one = _save(box, V2C)
    other = _save(box, dataclasses.replace(V2C, name="Other"))
    other.sealed = one.sealed
    with pytest.raises(SecretError):
        open_credential(box, other)


def test_empty_secret_leaves_the_stored_one_and_history_says_changed_only_when_it_did(
    box: SecretBox,
) -> None:
    stored = _save(box, V2C)
    sealed = stored.sealed
    again = _save(box, dataclasses.replace(V2C, community="", port="1161"), stored.id)
    assert again.sealed == sealed
    assert open_credential(box, again).port == 1161
    _save(box, dataclasses.replace(V2C, community="another", port="1161"), stored.id)
    changes = [entry.changes for entry in _entries()]
    assert changes[0]["community"] == [None, "changed"]
    assert changes[1:] == [{"port": [161, 1161]}, {"community": [None, "changed"]}]


def test_saving_the_same_again_writes_nothing(box: SecretBox) -> None:
    stored = _save(box, V3)
    sealed = stored.sealed
    assert _save(box, V3, stored.id).sealed == sealed
    assert len(_entries()) == 1


def test_no_secret_stands_in_history_log_or_unsealed_column(
    box: SecretBox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for draft in (V2C, V3):
        stored = _save(box, draft)
        shown = [getattr(stored, column.key) for column in sa.inspect(Credential).column_attrs]
        assert CANARY not in repr(shown)
    assert all(CANARY not in repr(entry.changes) for entry in _entries())
    assert CANARY not in caplog.text


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        (CredentialDraft(), {("name", "required"), ("community", "required")}),
        (dataclasses.replace(V2C, port="70000"), {("port", "out_of_bounds")}),
        (dataclasses.replace(V2C, port="x"), {("port", "not_a_number")}),
        (dataclasses.replace(V2C, version="v4"), {("version", "unknown_choice")}),
        (dataclasses.replace(V2C, name="x" * 101), {("name", "too_long")}),
        (dataclasses.replace(V2C, networks="10.0.0.300"), {("networks", "network_not_a_network")}),
        (dataclasses.replace(V3, user_name=""), {("user_name", "required")}),
        (
            dataclasses.replace(V3, auth_passphrase="seven77"),
            {("auth_passphrase", "passphrase_too_short")},
        ),
        (dataclasses.replace(V3, priv_passphrase=""), {("priv_passphrase", "required")}),
        (
            dataclasses.replace(V3, auth_protocol="none"),
            {("auth_protocol", "privacy_needs_authentication")},
        ),
    ],
)
def test_wrong_input_names_its_field_without_repeating_a_secret(
    box: SecretBox, draft: CredentialDraft, expected: set[tuple[str, str]]
) -> None:
    assert _problems(box, draft) == expected


def test_name_is_taken_only_by_another_credential(box: SecretBox) -> None:
    stored = _save(box, V2C)
    assert _problems(box, V2C) == {("name", "taken")}
    _save(box, V2C, stored.id)


def test_change_of_version_drops_the_secrets_of_the_other(box: SecretBox) -> None:
    stored = _save(box, V3)
    changed = _save(box, dataclasses.replace(V2C, name="Core"), stored.id)
    opened = open_credential(box, changed)
    assert (opened.community, opened.auth_passphrase, opened.user_name) == (CANARY, "", "")


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_only_an_administrator_may_save(box: SecretBox, role: Role) -> None:
    with pytest.raises(NotAllowedError), transaction() as session:
        save_credential(session, Actor(name="x", role=role), box, V2C, now=SOME_MOMENT)


def test_managed_credential_is_changed_by_the_file_only(box: SecretBox) -> None:
    stored = _save(box, V2C, is_managed_by_file=True)
    with pytest.raises(ConflictError):
        _save(box, V2C, stored.id)
    with pytest.raises(ConflictError), transaction() as session:
        delete_credential(session, SOME_PERSON, stored.id, now=SOME_MOMENT)
    _save(box, dataclasses.replace(V2C, port="162"), stored.id, is_managed_by_file=True)


def test_deleted_credential_is_gone_and_in_the_history(box: SecretBox) -> None:
    stored = _save(box, V2C)
    with transaction() as session:
        assert delete_credential(session, SOME_PERSON, stored.id, now=SOME_MOMENT) == "Office"
    assert db.session.scalars(sa.select(Credential)).all() == []
    assert [entry.action for entry in _entries()] == ["created", "deleted"]
    with pytest.raises(NotFoundError), transaction() as session:
        delete_credential(session, SOME_PERSON, stored.id, now=SOME_MOMENT)


def test_credential_whose_key_is_lost_has_to_be_typed_again(box: SecretBox) -> None:
    stored = _save(box, V2C)
    with transaction() as session:
        session.execute(sa.update(Credential).values(key_id="lost"))
    without = dataclasses.replace(V2C, community="")
    with pytest.raises(InvalidInputError, match="community: required"):
        _save(box, without, stored.id)
    again = _save(box, V2C, stored.id)
    assert open_credential(box, again).community == CANARY
