"""``parc serve``: the web processes and one worker process; ``parc worker``: the worker alone.

Gunicorn's master watches the web processes; a thread of it watches the worker, which is a process
of its own, so that a sweep never slows a page down and a crash of one leaves the other alive.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parc.cli.context import application, box, settings
from parc.errors import StartError

if TYPE_CHECKING:
    from flask import Flask

    from parc.config import ServerSettings

_LOG = logging.getLogger(__name__)
_STOP_SECONDS = 12.0  # the worker gives its jobs ten
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
# Held while a program is started: a web process forked in that moment would keep the write end of
# the pipe on which ``Popen`` waits for the program, and the thread would wait for ever.
_STARTING = threading.Lock()


@click.command()
@click.option("--upgrade", is_flag=True, help="Bring the database to this version first.")
def serve(*, upgrade: bool) -> None:
    """Serve the pages and sweep by schedule, until Ctrl-C."""
    from parc.web.bundles import require_bundles

    _set_up_log()
    with application(is_schema_checked=not upgrade, has_pages=True) as app:
        if upgrade:
            _upgrade()
        require_bundles(app)
        server = settings().server
        listener = _listen(server)
        _synchronise()
        address = server.base_url or f"http://{_shown(server.host)}:{server.port}"
        click.echo(f"Parc is at {address}  (Ctrl-C stops it)")
        _tell_setup_code()
    _run_gunicorn(app, server, listener)


@click.command()
@click.option("--parent", type=int, hidden=True, help="Stop when this process has gone.")
def worker(*, parent: int | None) -> None:
    """Carry out sweeps and nightly work, without pages; parc serve starts one by itself."""
    from parc.jobs.worker import run_worker

    _set_up_log()
    with application() as app:
        pass
    run_worker(app, parent)


def _set_up_log() -> None:
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _upgrade() -> None:
    from parc.clock import now
    from parc.schema import SchemaAge, upgrade_schema

    before = upgrade_schema(settings().data_folder, now())
    if before is not SchemaAge.CURRENT:
        click.echo("The database was brought to this version.")


def _synchronise() -> None:
    """Bring the ranges and credentials of the settings file into the database.

    Raises:
        ConfigError: what cannot be taken, with key and line.
    """
    from parc.clock import now
    from parc.extensions import transaction
    from parc.services.managed import sync

    with transaction() as session:
        sync(session, settings(), box(), os.environ, now())


def _tell_setup_code() -> None:
    """Print what the first administrator types, where others could be faster than they."""
    from parc.extensions import reading
    from parc.queries.users import has_users
    from parc.services.sign_in import setup_code
    from parc.web.first_run import needs_setup_code

    with reading() as session:
        is_first = not has_users(session)
    if is_first and needs_setup_code(settings()):
        click.echo(f"The first visitor needs this set-up code: {setup_code(box().signing_key)}")


def _listen(server: ServerSettings) -> socket.socket:
    """Open the port before anything is started.

    Raises:
        StartError: it is in use, may not be used, or is not of this machine.
    """
    family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
    where = f"{_shown(server.host)}:{server.port}"
    try:
        return socket.create_server((server.host, server.port), family=family, backlog=512)
    except OSError as error:
        advice = {
            errno.EADDRINUSE: "is in use: stop what listens there, or set another server.port",
            errno.EACCES: "may not be opened by this user: set a server.port above 1023",
            errno.EADDRNOTAVAIL: "is no address of this machine: set server.host",
        }.get(error.errno or 0, f"cannot be opened ({error.strerror or error})")
        raise StartError(f"{where} {advice}.") from error


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _run_gunicorn(app: Flask, server: ServerSettings, listener: socket.socket) -> None:
    from gunicorn.app.base import BaseApplication

    supervisor = _Supervisor()

    class Server(BaseApplication):  # type: ignore[misc]  # the library has no types
        """Gunicorn, set up by our settings instead of its own files and arguments."""

        def load_config(self) -> None:
            """Set what matters; the application was made already and is shared by fork."""
            options: dict[str, Any] = {
                "bind": f"fd://{listener.detach()}",
                "workers": server.processes,
                "threads": server.threads,
                "worker_class": "gthread",
                "graceful_timeout": 5,
                "loglevel": "warning",
                "control_socket_disable": True,
                "when_ready": lambda _arbiter: supervisor.start(),
                "on_exit": lambda _arbiter: supervisor.stop(),
            }
            for name, value in options.items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            """Give the application."""
            return app

    Server().run()


class _Supervisor:
    """Keeps one worker process alive while the server runs."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="worker-watch", daemon=True)

    def start(self) -> None:
        """Start the worker and watch it."""
        keep_forks_from_starts()
        self._thread.start()

    def stop(self) -> None:
        """Ask the worker to stop and wait; one that does not is killed, its jobs are taken up."""
        self._is_stopping.set()
        process = self._process
        if process is None:
            return
        try:
            process.terminate()
            process.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
        except ProcessLookupError:
            pass

    def _watch(self) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while not self._is_stopping.is_set():
            self._process = _start_worker()
            self._process.wait()
            if self._is_stopping.wait(pause):
                return
            _LOG.error("the worker process ended; it is started again")
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)


def keep_forks_from_starts() -> None:
    """Let this process fork only while no program is being started by ``start_program``."""
    os.register_at_fork(
        before=_STARTING.acquire,
        after_in_parent=_STARTING.release,
        after_in_child=_STARTING.release,
    )


def start_program(words: list[str]) -> subprocess.Popen[bytes]:
    """Start a program of ours from a thread, while another one may fork.

    Args:
        words: the program and its arguments.
    """
    root = str(Path(__file__).parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    with _STARTING:
        return subprocess.Popen(  # noqa: S603 -- our own interpreter and module
            words,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.DEVNULL,
        )


def _start_worker() -> subprocess.Popen[bytes]:
    return start_program([sys.executable, "-m", "parc", "worker", "--parent", str(os.getpid())])
