"""Whoever is killed in the middle of a basket, a renewal or a digest leaves nothing half done."""

from __future__ import annotations

import json

import pytest

from parc.config import Settings
from tests.dying import run_program

pytestmark = pytest.mark.long


def test_process_killed_in_a_basket_a_renewal_or_a_digest_leaves_nothing_half_done(
    settings: Settings,
) -> None:
    said = run_program(settings, "-m", "tests.parc.jobs.killed_days", "20261127")
    lines = [json.loads(line) for line in said.splitlines()]
    assert [line for line in lines if line["wrong"]] == []
    assert {line["act"] for line in lines if line["died"]} == {"basket", "renewal", "digest"}
    assert run_program(settings, "-m", "parc", "doctor") == "The database is sound.\n"
