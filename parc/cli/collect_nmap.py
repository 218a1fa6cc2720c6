"""``parc collect nmap``: sweep networks and print who is there; no database, no server."""

from __future__ import annotations

import signal
import threading
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager

import click
import msgspec

from collectors.addresses import Network, is_public, parse_networks
from collectors.nmap.host_names import NameResolver
from collectors.nmap.profiles import Profile
from collectors.nmap.run import capabilities
from collectors.observation import Presence
from collectors.sweep import Sweeper, SweepPlan, SweepResult, SweepWarning, sweep


class Responder(msgspec.Struct, frozen=True):
    """One line of the output."""

    address: str
    presence: Presence


@click.command("nmap")
@click.argument("networks", nargs=-1, required=True, metavar="NETWORK...")
@click.option("--exclude", multiple=True, metavar="NETWORK", help="Never ask these; repeatable.")
@click.option(
    "--profile",
    type=click.Choice([profile.value for profile in Profile]),
    default=Profile.PORTS.value,
    show_default=True,
    help="Who is there, which ports are open, or what listens there.",
)
@click.option(
    "--packets-per-second",
    type=click.IntRange(1, 100_000),
    default=500,
    show_default=True,
    help="Send at most so many packets a second in all.",
)
@click.option("--names/--no-names", default=True, help="Look host names up by DNS.")
@click.option("--allow-public", is_flag=True, help="Also sweep addresses of the internet.")
@click.option("--nmap-path", default="", metavar="PATH", help="Absolute path of nmap.")
def nmap_command(
    *,
    networks: tuple[str, ...],
    exclude: tuple[str, ...],
    profile: str,
    packets_per_second: int,
    names: bool,
    allow_public: bool,
    nmap_path: str,
) -> None:
    """Sweep NETWORK... (CIDR or single addresses) and print a JSON line for each responder."""
    include = _networks(networks)
    public = [network for network in include if is_public(network)]
    if public and not allow_public:
        raise click.UsageError(f"{public[0]} is public; --allow-public sweeps it all the same")
    plan = SweepPlan.of(include, _networks(exclude))
    with closing(NameResolver()) as resolver, _stopped_by_sigterm() as stop:
        sweeper = Sweeper(
            capabilities(nmap_path),
            packets_per_second=packets_per_second,
            resolver=resolver if names else None,
            should_stop=stop.is_set,
        )
        is_complete = _print_all(sweep(plan, Profile(profile), sweeper))
    if stop.is_set() or not is_complete:
        raise click.exceptions.Exit(1)


@contextmanager
def _stopped_by_sigterm() -> Iterator[threading.Event]:
    """Give an event that SIGTERM sets: each nmap is in a group of its own and must be told."""
    stop = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda *_: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGTERM, before)


def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Read the networks of the command line.

    Raises:
        click.UsageError: with all that is wrong.
    """
    networks, problems = parse_networks(texts)
    if problems:
        raise click.UsageError("\n".join(f"{p.text!r}: {p.reason}" for p in problems))
    return networks


def _print_all(results: Generator[SweepResult]) -> bool:
    """Print responders as they come, and each warning once; tell whether all were asked."""
    told: set[SweepWarning] = set()
    is_complete = True
    with closing(results):
        for result in results:
            is_complete = is_complete and result.is_complete
            for address, presence in result.presences.items():
                click.echo(msgspec.json.encode(Responder(address, presence)))
            for warning in set(result.warnings) - told:
                click.echo(f"{warning.code}: {warning.detail}", err=True)
            told.update(result.warnings)
    return is_complete
