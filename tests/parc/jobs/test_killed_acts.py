"""Whoever is killed while applying, merging, splitting or undoing leaves nothing half done."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter

import pytest

from parc.config import Settings
from tests.parc.jobs.small_network import ROOT

pytestmark = pytest.mark.long
_KILLS = int(os.environ.get("PARC_TEST_KILLS", "3"))


def test_process_killed_at_any_point_of_an_act_leaves_nothing_half_done(
    settings: Settings,
) -> None:
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PARC_DATA": str(settings.data_folder),
        "PARC_DATABASE_URL": settings.database.url,
    }
    environment.pop("PARC_CONFIG", None)
    ended = subprocess.run(
        [sys.executable, "-m", "tests.parc.jobs.killed_acts", "20261126", str(_KILLS)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, ended.stderr
    deaths = [json.loads(line) for line in ended.stdout.splitlines()]
    assert [death for death in deaths if death["wrong"]] == []
    assert set(Counter(death["act"] for death in deaths)) == {"sweep", "merge", "split", "undo"}
