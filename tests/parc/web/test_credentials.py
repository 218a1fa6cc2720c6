"""Tests of the pages of credentials: write-only secrets, and wrong input that is kept."""

from __future__ import annotations

import logging

import pytest
import sqlalchemy as sa

from parc.extensions import db, transaction
from parc.models import AddressRange, AuditEntry, Credential, RangeCredential, Role
from parc.services.credentials import open_credential
from tests.factories import make_range
from tests.parc.web.conftest import Browse
from tests.web import Browser

CANARIES = {
    "community": "canary-community-77",
    "auth_passphrase": "canary-auth-77",
    "priv_passphrase": "canary-priv-77",
}
V3 = {
    "name": "Core",
    "version": "v3",
    "port": "161",
    "user_name": "parc",
    "auth_protocol": "sha512",
    "priv_protocol": "aes256",
    "context_name": "",
    "networks": "10.0.0.0/8",
    **CANARIES,
}
V2C = {**V3, "name": "Office", "version": "v2c"}


def _stored() -> Credential:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(sa.select(Credential)).one()


def _assert_no_canary(*texts: str) -> None:
    for text in texts:
        assert "canary" not in text


def test_secrets_go_in_and_never_come_out(
    administrator: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = administrator.post("/credentials/new", V3)
    assert answer.status_code == 302
    row = _stored()
    opened = open_credential(administrator.app.extensions["parc_box"], row)
    assert opened.auth_passphrase == CANARIES["auth_passphrase"]
    pages = [
        administrator.get(path).text
        for path in ("/credentials", f"/credentials/{row.id}", f"/credentials/{row.id}/delete")
    ]
    assert all("Core" in page for page in pages)
    history = [repr(entry.changes) for entry in db.session.scalars(sa.select(AuditEntry))]
    _assert_no_canary(answer.text, caplog.text, *pages, *history)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": ""}, "This field is needed."),
        ({"port": "99999"}, "1-65535"),
        ({"networks": "10.0.0.999"}, "10.0.0.999"),
        ({"auth_passphrase": "short"}, "at least 8 characters"),
        ({"auth_protocol": "none"}, "Encryption needs authentication"),
        ({"auth_protocol": "rot13"}, "rot13"),
    ],
)
def test_wrong_input_is_told_beside_its_field_and_all_but_secrets_is_kept(
    administrator: Browser, wrong: dict[str, str], told: str
) -> None:
    answer = administrator.post("/credentials/new", {**V3, **wrong, "context_name": "typed"})
    assert answer.status_code == 422
    assert f'id="{next(iter(wrong))}-error"' in answer.text
    assert told in answer.text
    assert 'value="typed"' in answer.text
    assert 'value="aes256" selected' in answer.text
    _assert_no_canary(answer.text)
    assert db.session.scalars(sa.select(Credential)).all() == []


def test_empty_secret_on_a_stored_credential_is_left_as_it_is(administrator: Browser) -> None:
    administrator.post("/credentials/new", V2C)
    row = _stored()
    page = administrator.get(f"/credentials/{row.id}").text
    assert "Leave empty to keep the stored one" in page
    answer = administrator.post(
        f"/credentials/{row.id}", {**V2C, **dict.fromkeys(CANARIES, ""), "port": "1161"}
    )
    assert answer.status_code == 302
    opened = open_credential(administrator.app.extensions["parc_box"], _stored())
    assert (opened.port, opened.community) == (1161, CANARIES["community"])


def test_field_that_no_form_has_is_refused(administrator: Browser) -> None:
    answer = administrator.post("/credentials/new", {**V3, "is_managed_by_file": "1"})
    assert answer.status_code == 400


def test_deletion_names_the_ranges_and_leaves_them(administrator: Browser) -> None:
    administrator.post("/credentials/new", V2C)
    row = _stored()
    with transaction() as session:
        used = make_range(session, name="Lyon")
        session.add(RangeCredential(range_id=used.id, credential_id=row.id, position=0))
    page = administrator.get(f"/credentials/{row.id}/delete").text
    assert "1 range names it" in page
    assert "Lyon" in page
    administrator.post(f"/credentials/{row.id}/delete")
    db.session.rollback()
    assert db.session.scalars(sa.select(Credential)).all() == []
    assert db.session.scalars(sa.select(AddressRange.name)).all() == ["Lyon"]


def test_managed_credential_is_shown_read_only_and_cannot_be_sent(administrator: Browser) -> None:
    administrator.post("/credentials/new", V2C)
    row = _stored()
    with transaction() as session:
        session.execute(sa.update(Credential).values(is_managed_by_file=True))
    page = administrator.get(f"/credentials/{row.id}").text
    assert "config.toml" in page
    assert 'name="community"' not in page
    assert administrator.post(f"/credentials/{row.id}", V2C).status_code == 409
    assert administrator.post(f"/credentials/{row.id}/delete").status_code == 409


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_other_roles_find_nothing_here(browse: Browse, role: Role) -> None:
    browser = browse(role)
    assert browser.get("/credentials").status_code == 404
    assert browser.post("/credentials/new", V2C).status_code == 404


def test_pages_speak_french(administrator: Browser) -> None:
    administrator.language = "fr"
    assert "Identifiants" in administrator.get("/credentials").text


def test_switches_for_unusual_devices_are_ticked_and_cleared(administrator: Browser) -> None:
    box = administrator.app.extensions["parc_box"]
    administrator.post(
        "/credentials/new", {**V2C, "is_compatible": "1", "takes_other_sources": "1"}
    )
    row = _stored()
    assert open_credential(box, row).is_compatible
    assert open_credential(box, row).takes_other_sources
    page = administrator.get(f"/credentials/{row.id}").text
    assert page.count(" checked") == 2
    administrator.post(f"/credentials/{row.id}", V2C)
    row = _stored()
    assert not open_credential(box, row).is_compatible
    assert "takes_other_sources" not in row.parameters


def test_no_page_or_export_holds_a_secret_in_clear_or_sealed(administrator: Browser) -> None:
    administrator.post("/credentials/new", V3)
    sealed = _stored().sealed.hex()
    paths = [
        rule.rule
        for rule in administrator.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.arguments
    ]
    assert {"/credentials", "/assets/export.csv", "/ranges/new"} <= set(paths)
    for path in paths:
        body = administrator.get(path).data
        assert b"canary" not in body, path
        assert sealed.encode() not in body, path
