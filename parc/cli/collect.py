"""``parc collect``: asks devices and writes what they said; no database is opened."""

from __future__ import annotations

import asyncio
import ipaddress
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from collectors.contract import to_line
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.definitions.loader import DefinitionsError, load_definitions
from collectors.runner import run
from collectors.snmp.chosen_transport import ChosenTransport
from collectors.target import Limits, Target
from parc import clock
from parc.cli.recording import record_device

if TYPE_CHECKING:
    from collectors.definitions.model import Definition

_FIELDS = 3
_MAX_PORT = 65_535


@click.group()
def collect() -> None:
    """Ask devices and write what they say as JSON Lines, without a database."""


@collect.command()
@click.option(
    "--targets",
    type=click.File("r", encoding="utf-8"),
    required=True,
    help="File with one target a line: address port community; - for standard input.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 1000),
    default=40,
    show_default=True,
    help="Devices asked at the same time.",
)
@click.option(
    "--timeout",
    "timeout_seconds",
    type=click.FloatRange(0.05, 60.0),
    default=2.0,
    show_default=True,
    help="Seconds to wait for one reply.",
)
@click.option(
    "--retries",
    type=click.IntRange(0, 10),
    default=3,
    show_default=True,
    help="Further tries after the first.",
)
@click.option(
    "--definitions",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of further device definitions, as discovery.definitions_folder.",
)
@click.option(
    "--record",
    "recording",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a scrubbed walk of the one target to this file instead (.snmprec).",
)
@click.option("--force", "is_forced", is_flag=True, help="Replace the file of --record.")
def snmp(
    targets: TextIO,
    workers: int,
    timeout_seconds: float,
    retries: int,
    folder: Path | None,
    recording: Path | None,
    *,
    is_forced: bool,
) -> None:
    """Read devices by SNMP v2c, or v1 where a device speaks only that.

    With --record, names, places, contacts, serial numbers, addresses and the lower half of MAC
    addresses are replaced by others, and tables of other machines are left out.
    """
    limits = Limits(timeout_seconds=timeout_seconds, retries=retries)
    wanted = _parse(targets, limits)
    try:
        definitions = load_definitions(folder)
    except DefinitionsError as error:
        raise click.ClickException(str(error)) from None
    if recording is not None:
        if len(wanted) != 1:
            raise click.UsageError("--record takes exactly one target")
        record_device(wanted[0], definitions, recording, is_forced=is_forced)
        return
    answered = asyncio.run(_write(wanted, definitions, workers))
    click.echo(f"{len(wanted)} targets, {answered} answered", err=True)


def _parse(lines: TextIO, limits: Limits) -> list[Target]:
    """Read all targets; all wrong lines are told at once."""
    targets: list[Target] = []
    problems: list[str] = []
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if not fields or fields[0].startswith("#"):
            continue
        try:
            targets.append(_parse_fields(fields, limits))
        except ValueError as error:
            problems.append(f"line {number}: {error}")
    if problems:
        raise click.UsageError("\n".join(problems))
    return targets


def _parse_fields(fields: list[str], limits: Limits) -> Target:
    if len(fields) != _FIELDS:
        message = "needs address, port and community"
        raise ValueError(message)
    address, port, community = fields
    ipaddress.ip_address(address)
    if not port.isdecimal() or not 0 < int(port) <= _MAX_PORT:
        message = f"{port!r} is no port"
        raise ValueError(message)
    credential = SnmpCredential(SnmpVersion.V2C, community=community, port=int(port))
    return Target(address, (credential,), limits)


async def _write(
    targets: list[Target],
    definitions: tuple[Definition, ...],
    workers: int,
) -> int:
    """Collect and write; gives how many answered."""
    transport = ChosenTransport()
    answered = 0
    try:
        results = run(targets, transport, definitions, clock.now, devices_at_once=workers)
        async for result in results:
            answered += result.observation is not None
            sys.stdout.buffer.write(to_line(result))
            sys.stdout.buffer.flush()
    finally:
        await transport.close()
    return answered
