"""Collecting by SNMP beside other programs, measured in one run: ``make bench``.

    python -m benchmarks.snmp_speed [--long]

Prints the table of docs/performance.md. Every figure comes from a process of its own against the
replay agent on the same machine; compare ratios, because machines differ. ``--long`` adds the
memory after 10,000 devices. Net-snmp's C library is measured where ``cc`` finds its headers
(Debian: libsnmp-dev; CPATH names another folder), else the processor time of snmpbulkwalk stands
in for it, which the table says.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.asking import SUBTREES, V3_PASSPHRASES, V3_USER, address_of
from benchmarks.replay_agent import Conditions, load_mix, running
from parc.demo.agent import Device

PORT = 40_161
DEVICES = 400
WALKED = 48  # by snmpbulkwalk, in each of the runs
HLAPI_DEVICES = 8
READ_AT_ONCE = 40  # so that 200 are in progress: the others are asked whether they answer
ROUNDS = 3
_SNMPD = "/usr/sbin/snmpd"
_WALK = "".join(f"snmpbulkwalk -v2c -c public -Cr50 -On -m '' $1 {one};" for one in SUBTREES)


def ask(*words: object) -> dict[str, Any]:
    """Run one job of ``benchmarks.asking``."""
    command = [sys.executable, "-m", "benchmarks.asking", *map(str, words)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def bulk_walk(devices: int) -> tuple[float, float]:
    """Walk by ``snmpbulkwalk`` under ``xargs -P8``; give wall and processor seconds."""
    addresses = "\n".join(f"{address_of(number)}:{PORT}" for number in range(devices))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    subprocess.run(
        ["xargs", "-P8", "-n1", "sh", "-c", _WALK, "sh"],
        input=addresses,
        text=True,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    wall = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return wall, used


def build_c_walker(folder: Path) -> Path | None:
    """Compile the walker in C, where a compiler and net-snmp's headers are."""
    program = folder / "bulk_walk"
    source = Path(__file__).with_name("bulk_walk.c")
    for library in ("-lnetsnmp", "-l:libnetsnmp.so.40"):
        try:
            command = ["cc", "-O2", "-o", str(program), str(source), library]
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return program
    return None


def c_walk(program: Path, devices: int) -> float:
    """Give the processor seconds of the walker in C."""
    addresses = [address_of(number) for number in range(devices)]
    command = [str(program), str(PORT), "50", ",".join(SUBTREES), *addresses]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[2])


@contextmanager
def snmpd(port: int) -> Iterator[None]:
    """Run a real agent with one SNMPv3 user."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "snmpd.conf"
        auth, priv = V3_PASSPHRASES
        path.write_text(
            f"agentaddress udp:127.0.0.1:{port}\n"
            f'createUser {V3_USER} SHA "{auth}" AES "{priv}"\nrouser {V3_USER} priv\n'
        )
        process = subprocess.Popen(
            [_SNMPD, "-f", "-Lf", "/dev/null", "-C", "-c", path, "-p", Path(folder) / "pid"],
            env={"SNMP_PERSISTENT_DIR": folder},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait()


def throughput(program: Path | None) -> Iterator[tuple[str, str, str]]:
    """Measure devices a second and processor time beside the others, in turns."""
    own, theirs, in_c = [], [], []
    ask("collect", PORT, 16, 8, 2, 1)  # the agent makes its answers at the first asking
    bulk_walk(8)
    for _ in range(ROUNDS):
        own.append(ask("collect", PORT, DEVICES, 50, 2, 1))
        theirs.append(bulk_walk(WALKED))
        if program:
            in_c.append(c_walk(program, WALKED))
    rate = statistics.median(DEVICES / one["wall"] for one in own)
    peer = statistics.median(WALKED / wall for wall, _ in theirs)
    cost = statistics.median(one["cpu"] / DEVICES for one in own) * 1_000
    walker = statistics.median(used / WALKED for _, used in theirs) * 1_000
    yield (
        "devices a second, one process",
        f"{rate:.0f}; snmpbulkwalk -Cr50 under xargs -P8: {peer:.1f}; ratio {rate / peer:.1f}",
        "at least 4 times",
    )
    yield "processor time a device", f"{cost:.1f} ms", ""
    if in_c:
        library = statistics.median(in_c) / WALKED * 1_000
        words = f"{library:.2f} ms; ratio {cost / library:.1f}"
        yield "the same walked by net-snmp's C library", words, "at most 8 times"
    words = f"{walker:.1f} ms; ratio {cost / walker:.2f}"
    yield "the same by snmpbulkwalk", words, "" if in_c else "at most 1/8"
    other = ask("hlapi", PORT, HLAPI_DEVICES)["cpu"] / HLAPI_DEVICES * 1_000
    yield (
        "the same by pysnmp's HLAPI, v1arch",
        f"{other:.0f} ms; ratio 1/{other / cost:.0f}",
        "at most 1/40",
    )
    yield "PDUs a device", f"{own[0]['requests'] / DEVICES:.1f}", "at most 30"
    memory = ask("collect", PORT, 2_000, READ_AT_ONCE, 5, 2)["memory"]
    many = ask("collect", PORT, 1_000, 200, 5, 2)["memory"]
    words = f"{max(memory):.0f} MB; {max(many):.0f} MB with 1,000, of which 200 are read at once"
    yield "memory with 200 devices in progress", words, "at most 60 MB"


def in_other_conditions(devices: list[Device]) -> Iterator[tuple[str, str, str]]:
    """Measure latency, sweeps and a network near to life."""
    with running(PORT, Conditions(latency=0.02), devices=devices):
        ask("collect", PORT, 8, 1, 2, 1)
        waits = ask("collect", PORT, 8, 1, 2, 1)["waits"]
        yield (
            "one device at 20 ms latency",
            f"{statistics.mean(waits):.2f} s on average, {max(waits):.2f} s the slowest",
            "at most 0.7 s",
        )
    with running(PORT, Conditions(alive_every=20), devices=devices):
        found = ask("sweep", PORT)
        alive = sum(one % 20 == 0 for one in range(0x7F180000, 0x7F181000))
        yield (
            "SNMP sweep of a /20, 5 % alive, 1 s, one retry",
            (
                f"{found['wall']:.2f} s, {found['cpu']:.2f} s of processor time,"
                f" {found['found']} of {alive} found"
            ),
            "at most 3.5 s",
        )
    with running(PORT, Conditions(0.02, 0.01, dead_every=20), devices=devices):
        ask("collect", PORT, 40, 40, 1, 3)
        found = ask("collect", PORT, 1_000, 200, 1, 3)
        yield (
            "near to life: 1,000 devices, 20 ms, 1 % loss, 5 % dead",
            (
                f"{1_000 / found['wall']:.0f} devices/s; {found['complete']} of {found['answered']}"
                f" live ones complete, {found['odd_sizes']} of another size,"
                f" {found['no_answer']} dead ones named"
            ),
            "at least 90 devices/s",
        )


def version3() -> Iterator[tuple[str, str, str]]:
    """Measure SNMPv3 against a real agent."""
    with snmpd(PORT + 1):
        time.sleep(1.5)
        ask("version3", PORT + 1, "udp", 5)
        own = statistics.median(ask("version3", PORT + 1, "udp", 300)["cpu"] for _ in range(3))
        other = ask("version3", PORT + 1, "pysnmp", 100)["cpu"]
    yield (
        "GET by SNMPv3 authPriv (SHA-1, AES-128), processor time",
        f"{own * 1e6:.0f} us; pysnmp {other * 1e6:.0f} us; ratio 1/{other / own:.0f}",
        "at most 1/8",
    )


def main() -> None:
    """Measure everything and print the table."""
    devices = load_mix()
    with tempfile.TemporaryDirectory() as folder:
        program = build_c_walker(Path(folder))
        with running(PORT, Conditions(), devices=devices):
            rows = list(throughput(program))
            if "--long" in sys.argv:
                memory = ask("collect", PORT, 10_000, READ_AT_ONCE, 5, 2)["memory"]
                words = f"{memory[0]:.0f} MB after 1,000, {memory[-1]:.0f} MB after 10,000"
                rows.append(("memory over 10,000 devices", words, "the same"))
    rows += in_other_conditions(devices)
    rows += version3()
    print("| what | measured | required |\n|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
