"""Tests of ``parc credentials``: secrets come by prompt, variable or file, and are not printed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask

from parc.cli.credentials import credentials
from parc.errors import InvalidInputError, NotFoundError, ParcError
from parc.extensions import db
from parc.models import Credential
from parc.services.credentials import open_credential

CANARY = "canary-long-enough"


def _run(*words: str, typed: str | None = None) -> Result:
    db.session.rollback()
    result = CliRunner().invoke(credentials, words, input=typed)
    assert CANARY not in result.output
    assert CANARY not in repr(result.exception)
    return result


def _opened(app: Flask) -> list[str]:
    rows = db.session.scalars(sa.select(Credential).order_by(Credential.id))
    opened = [open_credential(app.extensions["parc_box"], row) for row in rows]
    return [f"{one.community}{one.auth_passphrase}{one.priv_passphrase}" for one in opened]


def test_community_is_asked_for_twice_and_not_shown(sqlite_app: Flask) -> None:
    result = _run("add", "office", typed=f"{CANARY}\n{CANARY}\n")
    assert result.exit_code == 0, result.output
    assert _opened(sqlite_app) == [CANARY]


def test_secrets_come_from_a_variable_a_file_and_standard_input(
    sqlite_app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMMUNITY", CANARY)
    assert _run("add", "a", "--secret-env", "community=COMMUNITY").exit_code == 0
    file = tmp_path / "secret"
    file.write_text(f"{CANARY}\nsecond line\n", encoding="utf-8")
    user = ("--version", "v3", "--user-name", "parc", "--auth", "sha256", "--priv", "aes128")
    result = _run(
        "add",
        "b",
        *user,
        "--secret-file",
        f"auth-passphrase={file}",
        "--secret-file",
        "priv-passphrase=-",
        typed=f"{CANARY}\n",
    )
    assert result.exit_code == 0, result.output
    assert _opened(sqlite_app) == [CANARY, CANARY * 2]


def test_switches_for_unusual_devices_are_stored(sqlite_app: Flask) -> None:
    switches = ("--compatible", "--other-sources")
    assert _run("add", "odd", *switches, typed=f"{CANARY}\n{CANARY}\n").exit_code == 0
    assert _run("add", "plain", typed=f"{CANARY}\n{CANARY}\n").exit_code == 0
    rows = db.session.scalars(sa.select(Credential).order_by(Credential.name))
    odd, plain = (open_credential(sqlite_app.extensions["parc_box"], row) for row in rows)
    assert odd.is_compatible
    assert odd.takes_other_sources
    assert not plain.is_compatible
    assert not plain.takes_other_sources


def test_list_shows_no_secret_in_words_nor_in_json(sqlite_app: Flask) -> None:
    del sqlite_app
    _run("add", "office", "--network", "10.0.0.0/8", typed=f"{CANARY}\n{CANARY}\n")
    assert "office" in _run("list").output
    (row,) = json.loads(_run("list", "--json").output)
    assert (row["name"], row["version"], row["networks"]) == ("office", "v2c", ["10.0.0.0/8"])


def test_deleted_credential_is_gone_after_the_question(sqlite_app: Flask) -> None:
    del sqlite_app
    _run("add", "office", typed=f"{CANARY}\n{CANARY}\n")
    assert _run("delete", "office", typed="n\n").exit_code == 1
    assert _run("delete", "office", "--yes").exit_code == 0
    assert json.loads(_run("list", "--json").output) == []
    assert isinstance(_run("delete", "office", "--yes").exception, NotFoundError)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (("add", "x", "--version", "v9"), InvalidInputError),
        (("add", "x", "--secret-env", "community=NOT_SET_AT_ALL"), ParcError),
    ],
)
def test_wrong_input_is_an_error_that_main_tells(
    sqlite_app: Flask, words: tuple[str, ...], kind: type[ParcError]
) -> None:
    del sqlite_app
    assert isinstance(_run(*words, typed=f"{CANARY}\n{CANARY}\n").exception, kind)


def test_kind_of_secret_that_is_not_known_is_wrong_use(sqlite_app: Flask) -> None:
    del sqlite_app
    assert _run("add", "x", "--secret-env", "password=X").exit_code == 2
