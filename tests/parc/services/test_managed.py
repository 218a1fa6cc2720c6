"""Tests of the settings file's credentials and ranges: brought in once, let go, told when wrong."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.config import load_settings
from parc.errors import ConfigError
from parc.extensions import db, transaction
from parc.models import AddressRange, AuditEntry, Credential
from parc.services.credentials import open_credential
from parc.services.managed import Synchronised, sync
from tests.conftest import SteppingClock

TEXT = """\
[[credential]]
name = "office"
community_env = "OFFICE_COMMUNITY"

[[credential]]
name = "core"
version = "v3"
user_name = "parc"
auth_protocol = "sha256"
auth_passphrase_file = "auth.secret"
networks = ["10.0.0.0/16"]

[[range]]
name = "Lyon"
include = ["10.1.0.0/24"]
site = "Lyon"
every_minutes = 60
credentials = ["core", "office"]
"""
ENVIRONMENT = {"OFFICE_COMMUNITY": "canary-one"}
NOTHING = Synchronised()


class Server:
    """A server that is started with a settings file."""

    def __init__(self, app: Flask, folder: Path, clock: SteppingClock) -> None:
        self.app, self.folder, self.clock = app, folder, clock
        secret = folder / "auth.secret"
        secret.write_text("canary-two-long\n", encoding="utf-8")
        secret.chmod(0o600)

    def start(self, text: str, environment: dict[str, str] | None = None) -> Synchronised:
        path = self.folder / "config.toml"
        path.write_text(text, encoding="utf-8")
        settings = load_settings(path, {})
        self.clock.step(minutes=5)
        db.session.rollback()
        with transaction() as session:
            return sync(
                session,
                settings,
                self.app.extensions["parc_box"],
                ENVIRONMENT if environment is None else environment,
                self.clock(),
            )

    def problems(self, text: str, environment: dict[str, str] | None = None) -> list[str]:
        with pytest.raises(ConfigError) as caught:
            self.start(text, environment)
        assert "canary" not in str(caught.value)
        return [str(problem) for problem in caught.value.problems]


@pytest.fixture
def server(app: Flask, tmp_path: Path, clock: SteppingClock) -> Server:
    folder = tmp_path / "etc"
    folder.mkdir()
    return Server(app, folder, clock)


def _range() -> AddressRange:
    return db.session.scalars(sa.select(AddressRange)).one()


def test_file_is_brought_in_once_and_changes_only_what_differs(server: Server) -> None:
    assert server.start(TEXT).created == ("credential office", "credential core", "range Lyon")
    row = _range()
    assert row.is_managed_by_file
    assert [one.name for one in row.credentials] == ["core", "office"]
    opened = {
        one.name: open_credential(server.app.extensions["parc_box"], one) for one in row.credentials
    }
    assert opened["office"].community == "canary-one"
    assert opened["core"].auth_passphrase == "canary-two-long"
    sealed = {one.name: one.sealed for one in row.credentials}
    count = db.session.scalar(sa.select(sa.func.count(AuditEntry.id)))

    assert server.start(TEXT) == NOTHING
    assert db.session.scalar(sa.select(sa.func.count(AuditEntry.id))) == count
    assert {one.name: one.sealed for one in db.session.scalars(sa.select(Credential))} == sealed

    changed = server.start(TEXT.replace("60", "30"), {"OFFICE_COMMUNITY": "canary-three"})
    assert changed.changed == ("credential office", "range Lyon")
    assert _range().schedule == "30"


def test_what_leaves_the_file_is_handed_over_and_the_range_rests(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.start(TEXT)
    caplog.set_level(logging.WARNING)
    done = server.start("")
    assert sorted(done.released) == ["credential core", "credential office", "range Lyon"]
    row = _range()
    assert (row.is_managed_by_file, row.is_enabled, row.next_due_at) == (False, False, None)
    assert not any(db.session.scalars(sa.select(Credential.is_managed_by_file)))
    assert "range Lyon is no longer in it" in caplog.text
    assert server.start("") == NOTHING
    assert "range Lyon" in server.start(TEXT).changed
    assert _range().is_enabled


def test_all_problems_are_told_at_once_with_key_and_line_and_nothing_is_written(
    server: Server,
) -> None:
    text = TEXT.replace("10.1.0.0/24", "10.1.0.0/33").replace("10.0.0.0/16", "x")
    assert server.problems(text, {}) == [
        "line 3: credential.community_env: the environment variable OFFICE_COMMUNITY is not set",
        "line 11: credential.networks: 'x' is no network or address",
        "line 15: range.include: '10.1.0.0/33' is no network or address",
    ]
    assert db.session.scalars(sa.select(Credential)).all() == []


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("10.1.0.0/24", "8.8.8.0/24", "discovery.allow_public_addresses"),
        ("10.1.0.0/24", "fd00::/64", "at most a /112"),
        ('"sha256"', '"sha256"\npriv_protocol = "aes128"', "give priv_passphrase_env or"),
        ("auth.secret", "none.secret", "none.secret cannot be read"),
        ("auth_passphrase_file", 'auth_passphrase_env = "X"\nauth_passphrase_file', "one of the"),
        ("every_minutes = 60", 'cron = "61 * * * *"', "line 17: range.cron"),
    ],
)
def test_problem_says_what_to_do(server: Server, old: str, new: str, told: str) -> None:
    problems = server.problems(TEXT.replace(old, new))
    assert len(problems) == 1
    assert told in problems[0]


def test_secret_file_that_others_can_read_is_refused(server: Server) -> None:
    (server.folder / "auth.secret").chmod(0o640)
    assert "chmod 600" in server.problems(TEXT)[0]


def test_secret_file_that_is_empty_is_refused(server: Server) -> None:
    os.truncate(server.folder / "auth.secret", 0)
    assert "is empty" in server.problems(TEXT)[0]
