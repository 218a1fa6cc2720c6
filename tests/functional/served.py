"""The product as a person starts it: ``parc serve`` as a process on a data folder of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from parc.demo.agent import Device
from parc.demo.network import DemoDevice, DemoNetwork, load_network, make_devices

ROOT = Path(__file__).resolve().parents[2]
STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs; its output and its log are one file."""

    url: str
    folder: Path
    log: Path
    process: subprocess.Popen[str]

    def stop(self) -> float:
        """Stop by Ctrl-C as a terminal does; give the seconds it took."""
        begin = time.monotonic()
        os.killpg(self.process.pid, signal.SIGINT)
        assert self.process.wait(STOP_SECONDS) == 0, self.log.read_text()
        return time.monotonic() - begin


@contextmanager
def serving_parc(
    folder: Path, settings: Mapping[str, str] | None = None, *program: str
) -> Iterator[Served]:
    """Run ``parc serve --upgrade`` while the block runs.

    Args:
        folder: holds database and key, made when it is not there.
        settings: environment variables ``PARC_…`` beside folder and port.
        program: what Python runs instead of ``-m parc``.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name[:5] != "PARC_"}
    environment |= {
        "PARC_DATA": str(folder),
        "PARC_SERVER_PORT": str(port),
        "PARC_DISCOVERY_TIMEOUT_SECONDS": "1.0",
        "PARC_DISCOVERY_RETRIES": "1",
        "PYTHONPATH": str(ROOT),
        **(settings or {}),
    }
    log = folder.with_suffix(".log")
    with (
        log.open("a") as output,
        subprocess.Popen(
            [sys.executable, *(program or ("-m", "parc")), "serve", "--upgrade"],
            cwd=folder.parent,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            start_new_session=True,  # so that Ctrl-C reaches all of it and nothing else
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                if line.startswith("Parc is at"):
                    break
            assert process.poll() is None, log.read_text()
            yield Served(f"http://127.0.0.1:{port}", folder, log, process)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(STOP_SECONDS)


def office(network: str) -> dict[str, Device]:
    """Give the devices of a small office in a /28 of loopback addresses, ``127.0.61.`` say.

    Eleven are read; one is silent and one knows another community.
    """
    recordings = (
        ("fw-01", "network/firewall/paloalto-pa-5000"),
        ("sw-01", "network/switch/cisco-c3560"),
        ("sw-02", "network/switch/cisco-c3560"),
        ("sw-03", "network/switch/brocade-icx6430-24"),
        ("sw-04", "network/switch/h3c-e528-2"),
        ("wifi-01", "network/wifi/aruba-7010"),
        ("pdu-01", "UPS/apc-7902b"),
        ("ups-01", "UPS/eaton-93e-80"),
        ("imp-01", "printer-colour"),
        ("cam-01", "camera/samsung-ipolis"),
        ("sonde-01", "iot/geist-temperature-sensor"),
    )
    devices = [
        DemoDevice(
            f"{network}{number}",
            name,
            recording,
            "Lyon, 1er étage",
            # One is slow, so that there is time to look at the progress.
            delay_seconds=0.6 if name == "cam-01" else 0.0,
        )
        for number, (name, recording) in enumerate(recordings, 1)
    ]
    cisco = "network/switch/cisco-c3560"
    devices.append(DemoDevice(f"{network}12", "sw-05", cisco, "", community="other"))
    devices.append(DemoDevice(f"{network}13", "sw-06", cisco, "", is_silent=True))
    return make_devices(DemoNetwork((), tuple(devices), load_network().serial_numbers))
