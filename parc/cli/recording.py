"""The scrubbed recording of one device, for ``parc collect snmp --record``."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from collectors.collect import SnmpResult, collect_snmp
from collectors.leads import subtree_of
from collectors.observation import Identity, Observation, System
from collectors.recording import LLDP, MIB_2, Recording, read_subtrees
from collectors.scrub import scrub
from collectors.snmp.chosen_transport import ChosenTransport
from collectors.walks import write_snmprec
from parc import clock
from parc.errors import ParcError

if TYPE_CHECKING:
    from collectors.definitions.model import Definition
    from collectors.target import Target


def record_device(
    target: Target, definitions: Iterable[Definition], file: Path, *, is_forced: bool
) -> None:
    """Walk a device, scrub what it said, write it for the owner alone, and say what was done.

    Raises:
        ParcError: the file is there already, or the device cannot be read.
        OSError: the file cannot be written.
    """
    if os.path.lexists(file) and not is_forced:
        raise ParcError(f"{file} is there already; --force replaces it.")
    observation, recording = asyncio.run(_read(target, definitions))
    identity = observation.identity or Identity()
    kept = (identity.manufacturer, identity.model_name, identity.operating_system)
    done = scrub(
        recording.varbinds,
        secrets.token_bytes(32),
        serial_numbers=_serial_numbers(observation),
        addresses=[target.address],
        kept=[one for one in kept if one],
    )
    _write(file, write_snmprec(done.varbinds))
    told = ", ".join(f"{count} {kind}" for kind, count in done.replaced.items())
    for problem in recording.problems:
        click.echo(f"problem: {problem.detail}", err=True)
    click.echo(
        f"{file}: {len(done.varbinds)} values. Replaced: {told}. Left out: {done.left_out} values "
        "that name other machines or programs.\n"
        "Private objects can hold what no rule knows: read the file before you give it away.",
        err=True,
    )


async def _read(target: Target, definitions: Iterable[Definition]) -> tuple[Observation, Recording]:
    transport = ChosenTransport()
    try:
        result: SnmpResult = await collect_snmp(target, transport, definitions, clock.now)
        if result.observation is None or result.credential is None:
            raise ParcError(f"{target.address}: {result.failure}: {result.detail}")
        system = result.observation.system or System()
        private = subtree_of(system.sys_object_id)
        subtrees = [LLDP, MIB_2, *([private] if private else [])]
        recording = await read_subtrees(target, result.credential, transport, subtrees)
    finally:
        await transport.close()
    return result.observation, recording


def _serial_numbers(observation: Observation) -> Iterator[str]:
    identity = observation.identity or Identity()
    for text in (identity.serial_number, identity.asset_tag):
        if text:
            yield text
    for row in observation.components.rows:
        if row.serial_number:
            yield row.serial_number


def _write(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as output:
        output.write(text)
