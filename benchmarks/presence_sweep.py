"""Presence sweep of a /20 and a /16 by a run of the product, beside nmap by hand.

A run is what a worker carries out: database, chunks, stored evidence, applied plans. It looks at
the ports of what is up afterwards; the table gives the presence sweep alone, and the whole run.

Two network namespaces joined by a veth pair; 10.64.0.0/16 is routed across, and about 5 % of
the /20 (the same number of the /16) answer, the rest is silence. Nothing leaves the namespaces.
Each row is a process of its own, so that its peak memory is its own. Needs root and nmap.

    python benchmarks/presence_sweep.py [--rate 5000] [--rounds 3] [--community]
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
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy.orm import Session

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from collectors.nmap.profiles import Profile, arguments
from parc.app import create_app
from parc.clock import now
from parc.config import Settings
from parc.discovery.collectors_network import collectors_network
from parc.discovery.run import Tools, discover
from parc.extensions import db, reading, transaction
from parc.models import Run, RunTrigger
from parc.services.actor import SYSTEM
from parc.services.credentials import CredentialDraft, save_credential
from parc.services.jobs import JobStoppedError
from parc.services.range_drafts import RangeDraft
from parc.services.ranges import save_range
from parc.services.runs import request_run

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


@dataclass(slots=True)
class Watch:
    """The moments of a run, as whoever watches its page sees them.

    Attributes:
        first: seconds until an address that is up was counted.
        swept: seconds until all addresses were swept and applied.
    """

    seconds: float
    begin: float = field(default_factory=time.monotonic)
    first: float = 0.0
    swept: float = 0.0

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Look at the run after each commit."""
        with transaction() as session:
            yield session
        with reading() as session:
            run = session.scalars(sa.select(Run)).one()
        passed = time.monotonic() - self.begin
        if run.responder_count and not self.first:
            self.first = passed
        if run.swept_count == run.address_count and not self.swept:
            self.swept = passed

    def is_over(self) -> bool:
        """End the run after the seconds that it may take."""
        return time.monotonic() - self.begin > self.seconds


def measure_parc(options: argparse.Namespace) -> dict[str, float]:
    """Carry out a run in this process; inside the namespace."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(data_folder=Path(folder)))
        with app.app_context():
            upgrade()
            run_id = request(app, options)
            watch = Watch(options.seconds)
            tools = Tools(
                transaction=watch.transaction,
                clock=now,
                settings=app.extensions["parc_settings"],
                box=app.extensions["parc_box"],
                open_network=collectors_network(app.extensions["parc_settings"].discovery, now),
                should_stop=watch.is_over,
            )
            with suppress(JobStoppedError):
                discover(tools, run_id)
            run = db.session.get_one(Run, run_id)
            made = figures(watch.begin, watch.first, run.responder_count)
            return made | {"swept": watch.swept, "asked": run.swept_count}


def request(app: Flask, options: argparse.Namespace) -> int:
    """Put in a range without schedule, perhaps with one community, and ask for a run."""
    moment = now()
    with transaction() as session:
        credentials: tuple[str, ...] = ()
        if options.community:
            draft = CredentialDraft(name="usual", community="public")
            box = app.extensions["parc_box"]
            save_credential(session, SYSTEM, box, draft, now=moment)
            credentials = ("usual",)
        wanted = RangeDraft(
            name="benchmark",
            include=options.target,
            packets_per_second=str(options.rate),
            credentials=credentials,
        )
        address_range = save_range(session, SYSTEM, wanted, now=moment)
        asked = request_run(
            session, SYSTEM, range_id=address_range.id, trigger=RunTrigger.PERSON, now=moment
        )
        return asked.id


def measure_nmap(options: argparse.Namespace) -> dict[str, float]:
    """Run the same command by hand."""
    words = arguments(Profile.PRESENCE, version=4, is_privileged=True, max_rate=options.rate)
    begin = time.monotonic()
    done = subprocess.run(
        ["nmap", *words, "-oX", "-", options.target], capture_output=True, check=True, text=True
    )
    total = time.monotonic() - begin
    return figures(begin, total, done.stdout.count('state="up"')) | {"swept": total}


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


def in_namespace(how: str, target: str, options: argparse.Namespace) -> dict[str, float]:
    """Measure in a fresh process."""
    words = ["--measure", how, "--target", target, "--rate", str(options.rate)]
    words += ["--seconds", str(options.seconds), *(["--community"] if options.community else [])]
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
    keys = ("swept", "wall", "first", "cpu", "rss")
    swept, wall, first, cpu, rss = (statistics.median(run[key] for run in runs) for key in keys)
    whole = f"{swept:.1f}" if swept else f"stopped at {runs[0]['asked']:.0f} addresses"
    up = runs[0]["up"]
    print(f"| {name} | {whole} | {first:.1f} | {wall:.1f} | {cpu:.1f} | {rss:.0f} | {up:.0f} |")


def main() -> None:
    """Print a markdown table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rate", type=int, default=5000, help="packets a second in all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=360.0, help="a run is stopped after them")
    parser.add_argument("--community", action="store_true", help="probe by SNMP as well")
    parser.add_argument("--no-16", action="store_true", help="leave the /16 out")
    parser.add_argument("--measure", choices=["parc", "nmap"], help=argparse.SUPPRESS)
    parser.add_argument("--target", default=SLASH_20, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure = measure_parc if options.measure == "parc" else measure_nmap
        print(json.dumps(measure(options)))
        return
    if os.geteuid() != 0:
        raise SystemExit("network namespaces need root")
    print(f"rate {options.rate}/s, median of {options.rounds}\n")
    print("| sweep | presence s | first result s | whole run s | CPU s | python RSS MB | up |")
    print("|---|---|---|---|---|---|---|")
    with network():
        compare(options)


def compare(options: argparse.Namespace) -> None:
    """Print the rows, with both namespaces in place."""
    runs: dict[str, list[dict[str, float]]] = {"parc": [], "nmap": []}
    for _ in range(options.rounds):
        for how, kept in runs.items():
            kept.append(in_namespace(how, SLASH_20, options))
    row("a run of Parc, /20", runs["parc"])
    row("nmap by hand, /20", runs["nmap"])
    if not options.no_16:
        row("a run of Parc, /16", [in_namespace("parc", SLASH_16, options)])
    ours, theirs = (statistics.median(run["swept"] for run in one) for one in runs.values())
    print(f"\npresence, Parc / nmap by hand: {ours / theirs:.2f} (goal: at most 1.5)")


if __name__ == "__main__":
    main()
