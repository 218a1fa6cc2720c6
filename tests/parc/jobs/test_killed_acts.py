"""Whoever is killed while applying, merging, splitting or undoing leaves nothing half done."""

from __future__ import annotations

import json
import os
from collections import Counter

import pytest

from parc.config import Settings
from tests.dying import run_program

pytestmark = pytest.mark.long
_KILLS = int(os.environ.get("PARC_TEST_KILLS", "3"))


def test_process_killed_at_any_point_of_an_act_leaves_nothing_half_done(
    settings: Settings,
) -> None:
    said = run_program(settings, "-m", "tests.parc.jobs.killed_acts", "20261126", str(_KILLS))
    deaths = [json.loads(line) for line in said.splitlines()]
    assert [death for death in deaths if death["wrong"]] == []
    acts = {"sweep", "merge", "split", "divide", "undo"}
    assert set(Counter(death["act"] for death in deaths)) == acts
