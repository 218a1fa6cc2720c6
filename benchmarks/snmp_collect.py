"""Measure ``parc collect snmp`` beside net-snmp's ``snmpbulkwalk`` run by ``xargs -P``.

Both read the same simulated devices, in turns, on the same machine; the agent's own time is not
counted. ``snmpbulkwalk`` fetches the subtrees that hold what Parc reads and does nothing with
them; Parc also identifies the device and writes the result. Prints a table in Markdown.

    python -m benchmarks.snmp_collect [--repeat 3] [--rounds 4]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from parc.demo.network import load_network

_PARALLEL = 40
_PORT = 11_161  # beside a demo that may be running
# What Parc reads, as subtrees: system, interfaces with names and addresses, entities, host
# resources, printer, LLDP.
_SUBTREES = (
    "1.3.6.1.2.1.1",
    "1.3.6.1.2.1.2.2",
    "1.3.6.1.2.1.31.1.1",
    "1.3.6.1.2.1.4.20",
    "1.3.6.1.2.1.47.1.1.1",
    "1.3.6.1.2.1.25.2",
    "1.3.6.1.2.1.25.3",
    "1.3.6.1.2.1.43.5.1",
    "1.3.6.1.2.1.43.11",
    "1.0.8802.1.1.2.1",
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run over all devices took."""

    devices: int
    seconds: float
    cpu_seconds: float

    @property
    def devices_a_second(self) -> float:
        """Give the speed."""
        return self.devices / self.seconds

    @property
    def cpu_seconds_a_thousand(self) -> float:
        """Give the processor time of a thousand devices."""
        return self.cpu_seconds / self.devices * 1000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3, help="runs of each; the median counts")
    parser.add_argument("--rounds", type=int, default=4, help="how often each device stands in")
    options = parser.parse_args()
    addresses = [
        device.address
        for device in load_network().devices
        if device.is_reachable and not device.is_v1_only
    ] * options.rounds
    with _agent(), tempfile.TemporaryDirectory() as folder:
        targets = Path(folder) / "targets.txt"
        targets.write_text("".join(f"{address} {_PORT} public\n" for address in addresses))
        parc, walks = [], []
        for _ in range(options.repeat):
            parc.append(_measure_parc(targets, len(addresses)))
            walks.append(_measure_walks(targets, len(addresses)))
    _print_table(parc, walks)


@contextmanager
def _agent() -> Iterator[None]:
    command = [sys.executable, "-m", "parc", "demo", "network", "--until-input-ends"]
    with subprocess.Popen(
        [*command, "--port", str(_PORT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as child:
        if not (child.stdout and child.stdout.readline().startswith("ready")):
            raise SystemExit("The simulated network did not start.")
        try:
            yield
        finally:
            if child.stdin:
                child.stdin.close()


def _measure_parc(targets: Path, count: int) -> Cost:
    command = [sys.executable, "-m", "parc", "collect", "snmp", "--targets", str(targets)]
    said, cost = _run([*command, "--workers", str(_PARALLEL)], count)
    answered = [line for line in map(json.loads, said.splitlines()) if "error" not in line]
    if len(answered) != count:
        raise SystemExit(f"Parc read {len(answered)} of {count} devices.")
    return cost


def _measure_walks(targets: Path, count: int) -> Cost:
    walks = " ; ".join(
        f'snmpbulkwalk -v2c -c public -Cr25 -On "$0:{_PORT}" {subtree}' for subtree in _SUBTREES
    )
    script = (
        f"cut -d' ' -f1 {shlex.quote(str(targets))} | "
        f"xargs -P {_PARALLEL} -n 1 sh -c {shlex.quote(walks)} > /dev/null"
    )
    return _run(["sh", "-c", script], count)[1]


def _run(command: list[str], count: int) -> tuple[str, Cost]:
    """Run a command; its processor time is that of all it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, Cost(count, seconds, cpu)


def _print_table(parc: list[Cost], walks: list[Cost]) -> None:
    speed = [statistics.median(cost.devices_a_second for cost in costs) for costs in (parc, walks)]
    cpu = [
        statistics.median(cost.cpu_seconds_a_thousand for cost in costs) for costs in (parc, walks)
    ]
    print(
        f"{parc[0].devices} reads, {len(parc)} runs of each in turns, medians, "
        f"{os.cpu_count()} processors, {_PARALLEL} at once\n"
    )
    print("| | parc collect snmp | snmpbulkwalk by xargs | ratio |")
    print("|---|---:|---:|---:|")
    print(f"| devices a second | {speed[0]:.1f} | {speed[1]:.1f} | {speed[0] / speed[1]:.2f} |")
    print(f"| CPU seconds a 1,000 devices | {cpu[0]:.1f} | {cpu[1]:.1f} | {cpu[0] / cpu[1]:.2f} |")


if __name__ == "__main__":
    main()
