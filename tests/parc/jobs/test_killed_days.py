"""Whoever is killed in the middle of a basket, a renewal or a digest leaves nothing half done."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from parc.config import Settings
from tests.parc.jobs.small_network import ROOT

pytestmark = pytest.mark.long


def _run(settings: Settings, *words: str) -> str:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PARC_DATA": str(settings.data_folder),
        "PARC_DATABASE_URL": settings.database.url,
    }
    environment.pop("PARC_CONFIG", None)
    ended = subprocess.run(
        [sys.executable, *words],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_process_killed_in_a_basket_a_renewal_or_a_digest_leaves_nothing_half_done(
    settings: Settings,
) -> None:
    said = _run(settings, "-m", "tests.parc.jobs.killed_days", "20261127")
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line for line in lines if line["wrong"]] == []
    assert {line["act"] for line in lines if line["died"]} == {"basket", "renewal", "digest"}
    assert _run(settings, "-m", "parc", "doctor") == "The database is sound.\n"
