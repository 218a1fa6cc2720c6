"""Processes that are killed -9 in the middle of their work, for tests of what they leave behind.

A test starts a program of its own (``run_program``), which builds the application once; each try is
a child of it, forked, that kills itself at a statement (``dies_at``).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from parc.config import Settings
from parc.extensions import db
from tests.parc.jobs.small_network import ROOT


def run_program(settings: Settings, *words: str, config: str | None = None) -> str:
    """Run ``python words…`` on the database of ``settings``; gives what it says, having ended well.

    Args:
        config: path of a file of settings; none is read without it.
    """
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PARC_DATA": str(settings.data_folder),
        "PARC_DATABASE_URL": settings.database.url,
    }
    environment.pop("PARC_CONFIG", None)
    if config is not None:
        environment["PARC_CONFIG"] = config
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


def dies_at(point: int | None, work: Callable[[], None]) -> bool:
    """Let a child work and die at its n-th statement or commit; tells whether it came so far.

    The death comes after a statement, and before a commit is made.

    Args:
        point: None lets it work to its end, unless it is killed from outside.
    """
    child = start_dying(point, work)
    return was_killed(child)


def start_dying(point: int | None, work: Callable[[], None]) -> int:
    """Start such a child; gives its process id."""
    db.session.remove()
    db.engine.dispose()
    child = os.fork()
    if child:
        return child
    done = 0

    def count(*_: Any) -> None:
        nonlocal done
        done += 1
        if done == point:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(sa.Engine, "after_cursor_execute", count)
    event.listen(sa.Engine, "commit", count)
    try:
        work()
    except BaseException:  # noqa: BLE001 -- a child must not go on as its parent
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def was_killed(child: int) -> bool:
    """Wait for a child; tells whether it died of a kill.

    Raises:
        SystemExit: it ended by a mistake of its own.
    """
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status):
        raise SystemExit("a child failed instead of dying")
    return os.WIFSIGNALED(status)
