"""Tests of ``parc keys``, with processes that are killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from flask import Flask

from parc.cli.keys import keys
from parc.config import Settings
from parc.extensions import db, transaction
from parc.models import Credential
from parc.secret_box import add_key, load_box
from parc.services.credentials import CredentialDraft, open_credential, save_credential
from parc.services.keys import reseal_batch
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON

ROOT = Path(__file__).parents[3]
COUNT = 60
DIES_AT_ITS_SECOND_BATCH = textwrap.dedent(
    """
    import os, signal
    import parc.services.keys as keys
    seal, sealed = keys.seal_secrets, []
    def seal_until_killed(*arguments):
        if len(sealed) == keys.BATCH + 3:
            os.kill(os.getpid(), signal.SIGKILL)
        sealed.append(1)
        seal(*arguments)
    keys.seal_secrets = seal_until_killed
    from parc.cli.keys import rotate
    rotate()
    """
)


def _add(app: Flask, count: int) -> None:
    with transaction() as session:
        for number in range(count):
            draft = CredentialDraft(name=f"c{number:02}", community=f"secret of c{number:02}")
            save_credential(
                session, SOME_PERSON, app.extensions["parc_box"], draft, now=SOME_MOMENT
            )


def _key_ids() -> set[str]:
    db.session.rollback()
    return set(db.session.scalars(sa.select(Credential.key_id)))


def _assert_all_open(settings: Settings) -> None:
    ring = load_box(settings.key_path, {})
    for row in db.session.scalars(sa.select(Credential)):
        assert open_credential(ring, row).community == f"secret of {row.name}"


@pytest.mark.long
def test_killed_rotation_is_ended_by_a_second_one(app: Flask, settings: Settings) -> None:
    _add(app, COUNT)
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PARC_DATA": str(settings.data_folder),
        "PARC_DATABASE_URL": settings.database_url,
    }
    killed = subprocess.run(
        [sys.executable, "-c", DIES_AT_ITS_SECOND_BATCH],
        env=environment,
        cwd=settings.data_folder,
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert len(_key_ids()) == 2
    _assert_all_open(settings)
    result = CliRunner().invoke(keys, ["rotate"])
    assert result.exit_code == 0, result.output
    assert "going on" in result.output
    ring = load_box(settings.key_path, {})
    assert set(ring.key_ids) == _key_ids()
    assert len(ring.key_ids) == 1
    _assert_all_open(settings)


def test_rotate_twice_gives_two_new_keys(sqlite_app: Flask, sqlite_settings: Settings) -> None:
    _add(sqlite_app, 3)
    seen = {*_key_ids()}
    for _ in range(2):
        assert CliRunner().invoke(keys, ["rotate"]).exit_code == 0
        seen |= _key_ids()
    assert len(seen) == 3
    _assert_all_open(sqlite_settings)


def test_check_fails_when_a_key_is_lost(sqlite_app: Flask, sqlite_settings: Settings) -> None:
    _add(sqlite_app, 2)
    good = CliRunner().invoke(keys, ["check"])
    assert (good.exit_code, good.output[:7]) == (0, "2 crede")
    with transaction() as session:
        session.execute(sa.update(Credential).values(key_id="lost"))
    bad = CliRunner().invoke(keys, ["check"])
    assert bad.exit_code == 1
    assert "c00" in bad.output
    assert "secret of" not in bad.output
    assert sqlite_settings.key_path.exists()


def test_ring_of_the_environment_is_rotated_by_its_first_line(
    sqlite_app: Flask, sqlite_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    _add(sqlite_app, 2)
    old = sqlite_settings.key_path.read_text()
    line = CliRunner().invoke(keys, ["new"]).output
    monkeypatch.setenv("PARC_MASTER_KEY", line + old)
    result = CliRunner().invoke(keys, ["rotate"])
    assert result.exit_code == 0, result.output
    assert _key_ids() == {line.partition(":")[0]}
    assert line.partition(": ")[2].strip() not in result.output


@pytest.mark.postgresql
def test_rotation_waits_for_whoever_is_saving_a_credential(app: Flask, settings: Settings) -> None:
    """Between its reading of the ring and its commit, a server's save holds the rotation back."""
    _add(app, 1)
    box = app.extensions["parc_box"]
    add_key(settings.key_path)
    ring = load_box(settings.key_path, {})
    with transaction() as session:
        assert reseal_batch(session, SOME_PERSON, ring) == 1
    command = [sys.executable, "-c", "from parc.cli.keys import rotate; rotate()"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PARC_DATA": str(settings.data_folder),
        "PARC_DATABASE_URL": settings.database_url,
    }
    with transaction() as session:
        draft = CredentialDraft(name="late", community="secret of late")
        save_credential(session, SOME_PERSON, box, draft, now=SOME_MOMENT)
        rotation = subprocess.Popen(
            command, env=environment, cwd=settings.data_folder, stdout=subprocess.DEVNULL
        )
        with pytest.raises(subprocess.TimeoutExpired):
            rotation.wait(timeout=4)
        assert len(load_box(settings.key_path, {}).key_ids) == 2
    assert rotation.wait(timeout=30) == 0
    assert len(load_box(settings.key_path, {}).key_ids) == 1
    _assert_all_open(settings)
