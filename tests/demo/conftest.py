"""Simulated devices that answer while a test runs."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from parc.demo.agent import Device, serve

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """Give a UDP port that nobody uses on any loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(devices: dict[str, Device], port: int) -> Iterator[None]:
    """Let devices answer in a thread of their own while the block runs."""
    is_ready = threading.Event()
    stop: list[Callable[[], object]] = []

    async def run() -> None:
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        stop.append(lambda: loop.call_soon_threadsafe(ended.set))
        await serve(devices, port, ended, is_ready.set)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    try:
        assert is_ready.wait(10)
        yield
    finally:
        stop[0]()
        thread.join()


@pytest.fixture(scope="module")
def whole_network() -> Iterator[int]:
    """Run the whole simulated network in a process of its own; gives its port.

    A thread would share the interpreter's lock with the collectors that wait for it.
    """
    port = free_port()
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "parc",
            "demo",
            "network",
            "--until-input-ends",
            "--port",
            str(port),
        ],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin
        assert child.stdout
        assert child.stdout.readline().startswith("ready")
        yield port
        child.stdin.close()
        assert child.wait(10) == 0


@pytest.fixture
def net_snmp() -> Callable[..., str]:
    """Run one of net-snmp's programs and give what it prints; its exit code does not matter."""
    if shutil.which("snmpget") is None:
        pytest.skip("net-snmp's programs are not installed (Debian: snmp)")

    def run(program: str, *arguments: str) -> str:
        done = subprocess.run(
            [program, "-On", "-Oe", "-t", "1", "-r", "0", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout + done.stderr

    return run
