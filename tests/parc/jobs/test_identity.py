"""Tests of telling whether a worker on this machine is dead."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from parc.jobs.identity import is_gone, worker_name
from tests.parc.jobs.small_network import ROOT


def _name_of_another() -> str:
    program = "from parc.jobs.identity import worker_name; print(worker_name())"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_living_worker_is_not_gone() -> None:
    assert not is_gone(worker_name())
    assert len(worker_name()) <= 100


def test_ended_worker_is_gone() -> None:
    assert is_gone(_name_of_another())


def test_process_id_that_was_given_again_is_another_worker() -> None:
    name, _, start = worker_name().rpartition("/")
    assert is_gone(f"{name}/{int(start) - 1}")


def test_worker_of_another_machine_or_container_is_left_to_its_lease() -> None:
    machine, namespace, pid, start = worker_name().split("/")
    assert not is_gone(f"other-{machine}/{namespace}/{pid}/{start}")
    assert not is_gone(f"{machine}/{namespace}1/{pid}/{start}")
    assert Path("/proc/self/stat").exists()
