"""Tests of sweeping and planning by command, on real sockets."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from flask import Flask

from parc.config import Settings
from parc.extensions import db, transaction
from parc.models import AddressRange, Run, RunState
from tests.factories import make_run
from tests.parc.jobs.small_network import ROOT, free_udp_port, prepare_range, switches

pytestmark = pytest.mark.long


def _parc(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARC_")}
    environment = {
        **kept,
        "PYTHONPATH": str(ROOT),
        "PARC_DATA": str(settings.data_folder),
        "PARC_DISCOVERY_TIMEOUT_SECONDS": "0.5",
        "PARC_DISCOVERY_RETRIES": "0",
    }
    return subprocess.run(
        [sys.executable, "-m", "parc", *words],
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_range_is_swept_in_the_foreground_and_its_plan_is_empty_afterwards(
    sqlite_app: Flask, sqlite_settings: Settings
) -> None:
    port = free_udp_port()
    range_id = prepare_range(sqlite_app, port)
    name = db.session.get_one(AddressRange, range_id).name
    with switches(port):
        done = _parc(sqlite_settings, "sweep", name)
        assert (done.returncode, done.stdout) == (
            0,
            f"Run 1 of {name}: done. 24 up, 24 read, 0 failed; 24 new, 0 changed, 0 gone.\n",
        ), done.stderr
    shown = _parc(sqlite_settings, "plan", "--show", "1")
    assert (shown.returncode, shown.stdout) == (0, "Nothing would change.\n")
    as_json = json.loads(_parc(sqlite_settings, "plan", "--show", "1", "--json").stdout)
    assert (as_json["run"], as_json["counts"]["seen"], as_json["changes"]) == (1, 24, [])
    refused = _parc(sqlite_settings, "plan", "--show", "1", "--apply")
    assert (refused.returncode, refused.stderr) == (1, "parc: Run 1 is not held.\n")


def test_unknown_range_and_unknown_run_are_named_in_one_line(
    sqlite_app: Flask, sqlite_settings: Settings
) -> None:
    del sqlite_app
    done = _parc(sqlite_settings, "sweep", "nowhere")
    assert (done.returncode, done.stderr) == (1, "parc: There is no range 'nowhere'.\n")
    done = _parc(sqlite_settings, "plan", "--show", "77")
    assert (done.returncode, done.stderr) == (1, "parc: There is no run 77.\n")


def test_held_run_is_applied_by_command(sqlite_app: Flask, sqlite_settings: Settings) -> None:
    del sqlite_app
    with transaction() as session:
        run_id = make_run(session, state=RunState.HELD).id
    done = _parc(sqlite_settings, "plan", "--show", str(run_id), "--apply")
    assert (done.returncode, done.stderr) == (0, "The plan was applied.\n")
    db.session.rollback()
    assert db.session.get_one(Run, run_id).state is RunState.DONE
