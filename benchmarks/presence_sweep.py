"""Presence sweep of a /20 and a /16 beside the same nmap command by hand.

Two network namespaces joined by a veth pair; 10.64.0.0/16 is routed across, and about 5 % of
the /20 (the same number of the /16) answer, the rest is silence. Nothing leaves the namespaces.
Each row is a process of its own, so that its peak memory is its own. Needs root and nmap.

    python benchmarks/presence_sweep.py [--rate 5000] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from collectors.addresses import parse_networks
from collectors.nmap.profiles import Profile, arguments
from collectors.nmap.run import capabilities
from collectors.sweep import CHUNKS_AT_ONCE, Sweeper, SweepPlan, sweep

OWN, FAR = "parc-bench-own", "parc-bench-far"
SLASH_20, SLASH_16 = "10.64.0.0/20", "10.64.0.0/16"
ALIVE = 205
FIRST = 0x0A400000


def ip(*words: str) -> None:
    """Run the program ip."""
    subprocess.run(["ip", *words], check=True)


@contextmanager
def network() -> Iterator[None]:
    """Make both namespaces; the far one answers for some addresses and swallows the rest."""
    alive = random.Random(20).sample(range(1, 4095), ALIVE)  # noqa: S311 - the same every time
    routes = [f"route add local {number_text(FIRST + number)} dev lo\n" for number in alive]
    routes.append("route add blackhole 10.64.0.0/16\n")
    try:
        ip("netns", "add", OWN)
        ip("netns", "add", FAR)
        ends = ("link", "add", "eth0", "type", "veth", "peer", "name", "eth0", "netns", FAR)
        ip("-n", OWN, *ends)
        for name, address in ((OWN, "10.63.0.1/30"), (FAR, "10.63.0.2/30")):
            ip("-n", name, "addr", "add", address, "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
        ip("-n", OWN, "route", "add", "10.64.0.0/16", "via", "10.63.0.2")
        subprocess.run(
            ["ip", "-n", FAR, "-batch", "-"], input="".join(routes), text=True, check=True
        )
        for setting in ("icmp_ratelimit=0", "icmp_msgs_per_sec=100000", "ip_forward=1"):
            subprocess.run(
                ["ip", "netns", "exec", FAR, "sysctl", "-qw", f"net.ipv4.{setting}"], check=False
            )
        yield
    finally:
        for name in (OWN, FAR):
            subprocess.run(["ip", "netns", "del", name], check=False, stderr=subprocess.DEVNULL)


def number_text(number: int) -> str:
    """Write an IPv4 address."""
    return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))


def measure_parc(target: str, rate: int) -> dict[str, float]:
    """Sweep in this process; run inside the namespace."""
    able = capabilities()
    sweeper = Sweeper(able, packets_per_second=rate)
    begin = time.monotonic()
    first = 0.0
    up = 0
    for result in sweep(SweepPlan.of(parse_networks([target])[0]), Profile.PRESENCE, sweeper):
        first = first or time.monotonic() - begin
        up += len(result.presences)
        if not result.is_complete:
            raise SystemExit(f"incomplete: {result.warnings}")
    return figures(begin, first, up)


def measure_nmap(target: str, rate: int) -> dict[str, float]:
    """Run the same command by hand."""
    options = arguments(Profile.PRESENCE, version=4, is_privileged=True, max_rate=rate)
    begin = time.monotonic()
    done = subprocess.run(
        ["nmap", *options, "-oX", "-", target], capture_output=True, check=True, text=True
    )
    total = time.monotonic() - begin
    return figures(begin, total, done.stdout.count('state="up"'))


def figures(begin: float, first: float, up: int) -> dict[str, float]:
    """Give what is printed of one run: seconds, KiB."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "wall": time.monotonic() - begin,
        "first": first,
        "cpu": own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime,
        "rss": own.ru_maxrss / 1024,
        "up": up,
    }


def in_namespace(how: str, target: str, rate: int) -> dict[str, float]:
    """Measure in a fresh process."""
    words = ("--measure", how, "--target", target, "--rate", str(rate))
    done = subprocess.run(
        ["ip", "netns", "exec", OWN, sys.executable, __file__, *words],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def row(name: str, runs: list[dict[str, float]]) -> None:
    """Print the medians."""
    cells = [statistics.median(run[key] for run in runs) for key in ("wall", "first", "cpu", "rss")]
    wall, first, cpu, rss = cells
    print(f"| {name} | {wall:.1f} | {first:.1f} | {cpu:.1f} | {rss:.0f} | {runs[0]['up']:.0f} |")


def main() -> None:
    """Print a markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rate", type=int, default=5000, help="packets a second in all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-16", action="store_true", help="leave the /16 out")
    parser.add_argument("--measure", choices=["parc", "nmap"], help=argparse.SUPPRESS)
    parser.add_argument("--target", default=SLASH_20, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure = measure_parc if options.measure == "parc" else measure_nmap
        print(json.dumps(measure(options.target, options.rate)))
        return
    if os.geteuid() != 0:
        raise SystemExit("network namespaces need root")
    print(f"rate {options.rate}/s, {CHUNKS_AT_ONCE} chunks at once, median of {options.rounds}\n")
    print("| sweep | wall s | first result s | CPU s | python RSS MB | up |")
    print("|---|---|---|---|---|---|")
    with network():
        runs: dict[str, list[dict[str, float]]] = {"parc": [], "nmap": []}
        for _ in range(options.rounds):
            for how, kept in runs.items():
                kept.append(in_namespace(how, SLASH_20, options.rate))
        row("parc, /20", runs["parc"])
        row("nmap by hand, /20", runs["nmap"])
        if not options.no_16:
            row("parc, /16", [in_namespace("parc", SLASH_16, options.rate)])
    ratio = statistics.median(r["wall"] for r in runs["parc"]) / statistics.median(
        r["wall"] for r in runs["nmap"]
    )
    print(f"\nparc / nmap by hand, wall time: {ratio:.2f} (goal: at most 1.5)")


if __name__ == "__main__":
    main()
