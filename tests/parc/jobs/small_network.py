"""A few switches on loopback addresses, answered for by real sockets, and real worker processes."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Flask

from collectors.credentials import SnmpVersion
from parc.config import Settings
from parc.demo.agent import Device, serve
from parc.demo.recordings import Line, parse_line
from parc.extensions import transaction
from parc.models import Credential, RangeCredential
from parc.services.credentials import seal_secrets
from tests.conftest import SOME_MOMENT
from tests.factories import make_range

NETWORK = "127.44.0.0/26"
DEVICE_COUNT = 24
ROOT = Path(__file__).parents[3]
_LINES = """\
1.3.6.1.2.1.1.1.0|4|HP J9773A 2530-24G-PoEP Switch, revision YA.16.08.0002, ROM YA.15.20
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.11.2.3.7.11.145
1.3.6.1.2.1.1.3.0|67|{number}00
1.3.6.1.2.1.1.5.0|4|switch-{number}
1.3.6.1.2.1.2.2.1.1.1|2|1
1.3.6.1.2.1.2.2.1.2.1|4|1
1.3.6.1.2.1.2.2.1.3.1|2|6
1.3.6.1.2.1.2.2.1.6.1|4x|0200000000{number:02x}
1.3.6.1.2.1.47.1.1.1.1.2.1|4|chassis
1.3.6.1.2.1.47.1.1.1.1.4.1|2|0
1.3.6.1.2.1.47.1.1.1.1.5.1|2|3
1.3.6.1.2.1.47.1.1.1.1.11.1|4|CN19FP{number:02}S0
1.3.6.1.2.1.47.1.1.1.1.12.1|4|HP
1.3.6.1.2.1.47.1.1.1.1.13.1|4|J9773A
"""


def _device(number: int, delay_seconds: float) -> Device:
    lines = []
    for text in _LINES.format(number=number).splitlines():
        parsed = parse_line(text.encode())
        assert parsed is not None
        lines.append(Line(*parsed))
    return Device(sorted(lines), delay_seconds=delay_seconds)


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def switches(port: int, delay_seconds: float = 0.0) -> Iterator[None]:
    """Let the switches answer, each reply held back by ``delay_seconds``."""
    devices = {f"127.44.0.{n}": _device(n, delay_seconds) for n in range(1, DEVICE_COUNT + 1)}
    loop = asyncio.new_event_loop()
    until, ready = asyncio.Event(), threading.Event()

    def run() -> None:
        loop.run_until_complete(serve(devices, port, until, ready.set))
        loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert ready.wait(10)
        yield
    finally:
        loop.call_soon_threadsafe(until.set)
        thread.join()


def start_worker(settings: Settings, log: Path, *program: str) -> subprocess.Popen[bytes]:
    """Start a worker process on the database of ``settings``; its log is appended to ``log``."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PARC_DATA": str(settings.data_folder),
        "PARC_DATABASE_URL": settings.database.url,
        "PARC_DISCOVERY_TIMEOUT_SECONDS": "1.0",
        "PARC_DISCOVERY_RETRIES": "0",
    }
    environment.pop("PARC_CONFIG", None)
    command = [sys.executable, *(program or ("-m", "parc", "worker"))]
    with log.open("ab") as output:
        return subprocess.Popen(command, env=environment, stdout=output, stderr=output)


def wait_until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for a condition, look twenty times a second."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def prepare_range(app: Flask, port: int) -> int:
    """Add the range of the switches with the community that they know; gives its id."""
    with transaction() as session:
        address_range = make_range(session, include=[NETWORK], devices_at_once=4)
        row = Credential(
            name="usual",
            version=SnmpVersion.V2C,
            parameters={"port": port},
            networks=[],
            sealed=b"",
            key_id="",
            created_at=SOME_MOMENT,
            updated_at=SOME_MOMENT,
        )
        session.add(row)
        session.flush()
        seal_secrets(app.extensions["parc_box"], row, {"community": "public"})
        session.add(RangeCredential(range_id=address_range.id, credential_id=row.id, position=0))
        return address_range.id
