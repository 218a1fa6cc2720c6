"""Three worker processes of four threads each on one queue: every job runs once."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from parc.config import Settings
from parc.extensions import db, transaction
from parc.models import JobRun, JobState
from parc.services.jobs import enqueue
from tests.conftest import SOME_MOMENT
from tests.parc.jobs.small_network import start_worker

_JOBS = 300
_PROGRAM = """\
import sys, threading
from parc.app import create_app
from parc.clock import now
from parc.jobs.engine import TableEngine
from parc.models import JobState

app = create_app(has_pages=False)

def work(name):
    with app.app_context():
        engine = TableEngine(name, now)
        while (job := engine.claim()) is not None:
            with open(sys.argv[1], "a") as ran:
                ran.write(f"{job.id}\\n")
            engine.finish(job.id, JobState.DONE)

threads = [threading.Thread(target=work, args=(f"{sys.argv[2]}-{n}",)) for n in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.mark.long
@pytest.mark.usefixtures("app")
def test_300_jobs_by_three_processes_run_300_times(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    del app
    program, ran, log = tmp_path / "storm.py", tmp_path / "ran", tmp_path / "log"
    program.write_text(_PROGRAM)
    with transaction() as session:
        for number in range(_JOBS):
            enqueue(session, kind="test", arguments={}, key=f"{number}", now=SOME_MOMENT)
    processes = [
        start_worker(settings, log, str(program), str(ran), f"process-{n}") for n in range(3)
    ]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0], log.read_text()
    db.session.rollback()
    # A thread that found only rows which others were just taking has left; none is left over
    # as long as one thread goes on.
    times = Counter(ran.read_text().split())
    assert len(times) == _JOBS
    assert set(times.values()) == {1}
    assert set(db.session.scalars(sa.select(JobRun.state))) == {JobState.DONE}
