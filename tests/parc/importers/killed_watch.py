"""A process whose children take files out of a watched folder, and are killed -9 while they do.

python -m tests.parc.importers.killed_watch FOLDER, with the settings in the environment. Each child
dies at one statement later than the one before it, then one looks at everything to the end. Prints
what is there at last as one line of JSON.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from flask import Flask

from parc.app import create_app
from parc.extensions import reading, transaction
from parc.importers.run import RunTools, apply_run, plan_run
from parc.importers.targets.made import TargetSettings
from parc.importers.watched import WatchedFolder, look
from parc.jobs.import_letters import tell_of_waiting
from parc.models import Asset, AuditEntry, ChangeSet, ImportRun, JobRun, JobState, OutgoingMessage
from parc.services.document_store import DocumentStore
from parc.services.imports import FOLDER
from parc.services.jobs import claim, finish, reap
from tests.conftest import SOME_MOMENT
from tests.dying import dies_at

_WORKER = "killed"
_STEP = 13  # statements between one death and the next
_WAITS = sa.select(AuditEntry.id).where(AuditEntry.action == "waits")


def main() -> None:
    """Let children die at every few statements until one of them lives."""
    drop, app = Path(sys.argv[1]), create_app(has_pages=False)
    with app.app_context():
        deaths = 0
        while dies_at(deaths * _STEP + 1, partial(_work, app, drop, deaths)):
            deaths += 1
        with reading() as session:
            told = {
                "deaths": deaths,
                "assets": sorted(session.scalars(sa.select(Asset.name))),
                "imports": sorted(
                    (row.file_name, row.state.value)
                    for row in session.scalars(sa.select(ImportRun))
                ),
                "acts": len(session.scalars(sa.select(ChangeSet.id)).all()),
                "letters": session.scalars(sa.select(OutgoingMessage.recipient)).all(),
                "waits": len(session.scalars(_WAITS).all()),
            }
    sys.stdout.write(json.dumps(told) + "\n")


def _work(app: Flask, drop: Path, deaths: int) -> None:
    """Look and carry out what waits until nothing is left to do, as a worker does."""
    at = SOME_MOMENT + timedelta(hours=deaths)
    settings = app.extensions["parc_settings"]
    data = settings.data_folder
    folder = WatchedFolder(
        drop,
        is_applied=True,
        keep=timedelta(days=90),
        notes=data / "watched.json",
        tell=lambda session, row: tell_of_waiting(session, settings, row, at),
    )
    tools = RunTools(
        transaction=transaction,
        reading=reading,
        clock=lambda: at,
        should_stop=lambda: False,
        store=DocumentStore(data, FOLDER),
        settings=TargetSettings(box=app.extensions["parc_box"]),
    )
    with transaction() as session:
        for job in reap(session, at, dead={_WORKER}):
            job.attempt = 0  # how often one job may die is no matter here
    idle = 0
    while idle < 2:
        did = look(tools, folder)
        while _one_job(tools, at):
            did += 1
        idle = 0 if did else idle + 1


def _one_job(tools: RunTools, at: datetime) -> bool:
    with transaction() as session:
        job = claim(session, _WORKER, at + timedelta(minutes=30))
        found = (job.id, dict(job.arguments)) if job else None
    if found is None:
        return False
    number, arguments = found
    if "mode" in arguments:
        apply_run(tools, arguments["import_id"], arguments["mode"])
    else:
        plan_run(tools, arguments["import_id"])
    with transaction() as session:
        if session.get_one(JobRun, number).state is JobState.RUNNING:
            finish(session, number, _WORKER, at, JobState.DONE)
    return True


if __name__ == "__main__":
    main()
