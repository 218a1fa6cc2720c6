"""``parc identify``: says what stands there, where each value comes from, and what is missing."""

from __future__ import annotations

import asyncio
import ipaddress
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from collectors.collect import collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.leads import missing_fields, subtree_of
from collectors.observation import Identity, Observation, System
from collectors.recording import read_subtrees
from collectors.snmp.chosen_transport import ChosenTransport
from collectors.snmp.replay import ReplayTransport
from collectors.target import Limits, Target
from collectors.walks import MAX_OCTETS, WalkError, read_walk
from parc import clock
from parc.cli.context import box, definitions, settings, with_database
from parc.cli.identity_report import Report, print_report, report_of
from parc.cli.output import print_json
from parc.errors import ParcError

if TYPE_CHECKING:
    from collectors.definitions.model import Definitions
    from collectors.snmp.transport import SnmpTransport, VarBind

_RECORDED: Final = "192.0.2.1"  # stands for the device of a recording (RFC 5737)
_LEAD_ROWS: Final = 5_000


@click.command()
@click.argument("address", required=False)
@click.option(
    "--walk",
    "recording",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A recorded walk instead: .snmprec of snmpsim, or the output of snmpwalk -On.",
)
@click.option("--explain", "is_explained", is_flag=True, help="Say where each value comes from.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@click.option(
    "--community-env",
    "variable",
    help="Show the community in this environment variable; without it what is stored for the "
    "ranges that cover ADDRESS.",
)
@click.option("--ask", "is_asked", is_flag=True, help="Ask for the community.")
@click.option(
    "--port", type=click.IntRange(1, 65_535), default=161, help="UDP port for that community."
)
@click.option(
    "--definitions",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of further device definitions, instead of discovery.definitions_folder.",
)
def identify(  # noqa: PLR0913 -- one for each option
    address: str | None,
    recording: Path | None,
    variable: str | None,
    port: int,
    folder: Path | None,
    *,
    is_asked: bool,
    is_explained: bool,
    is_json: bool,
) -> None:
    """Say what stands at ADDRESS, or what a recorded walk is of; nothing is stored.

    A recorded device is read as a live one is. With --explain each value says where it was
    read, what other sources gave, and what is missing.
    """
    if (address is None) == (recording is None):
        raise click.UsageError("needs either ADDRESS or --walk FILE")
    known = definitions(folder)
    if recording is not None:
        report = report_of_recording(recording, known)
    else:
        target = _target(str(address), variable, port, is_asked=is_asked)
        report = asyncio.run(_of_device(target, known, wants_leads=is_explained or is_json))
    if is_json:
        print_json(report)
    else:
        print_report(report, is_explained=is_explained)


def report_of_recording(recording: Path, known: Definitions) -> Report:
    """Read a recorded device as a live one.

    Raises:
        ParcError: the file is no recording, or holds no device.
    """
    try:
        with recording.open("rb") as file:
            varbinds = read_walk(file.read(MAX_OCTETS + 1))
    except WalkError as error:
        raise ParcError(f"{recording}: {error}") from None
    target = Target(_RECORDED, (SnmpCredential(SnmpVersion.V2C, community="recorded"),))
    asking = _observe(target, ReplayTransport(varbinds), known)
    observation, _ = asyncio.run(asking)
    return report_of(str(recording), observation, varbinds)


def _target(address: str, variable: str | None, port: int, *, is_asked: bool) -> Target:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise click.UsageError(f"{address!r} is no IP address") from None
    if not variable and not is_asked:
        return _stored_target(address)
    community = os.environ.get(variable, "") if variable else ""
    if variable and not community:
        raise ParcError(f"The environment variable {variable} is not set.")
    community = community or click.prompt("Community", hide_input=True)
    credential = SnmpCredential(SnmpVersion.V2C, community=community, port=port)
    return Target(address, (credential,))


@with_database
def _stored_target(address: str) -> Target:
    from parc.discovery.task import open_credentials
    from parc.extensions import reading

    with reading() as session:
        credentials = open_credentials(session, box(), address, clock.now())
    if not credentials:
        raise ParcError(
            f"No range that covers {address} has credentials for it; use --ask or --community-env."
        )
    discovery = settings().discovery
    limits = Limits(
        timeout_seconds=discovery.timeout_seconds,
        retries=discovery.retries,
        device_seconds=discovery.device_seconds,
    )
    return Target(address, credentials, limits)


async def _of_device(target: Target, known: Definitions, *, wants_leads: bool) -> Report:
    """Ask a device; what it lacks is looked for below its maker's number."""
    transport = ChosenTransport()
    try:
        observation, credential = await _observe(target, transport, known)
        system = observation.system or System()
        subtree = subtree_of(system.sys_object_id)
        found: Iterable[VarBind] = ()
        if wants_leads and subtree and missing_fields(observation.identity or Identity()):
            recording = await read_subtrees(target, credential, transport, [subtree], _LEAD_ROWS)
            found = recording.varbinds
    finally:
        await transport.close()
    return report_of(target.address, observation, found)


async def _observe(
    target: Target, transport: SnmpTransport, known: Definitions
) -> tuple[Observation, SnmpCredential]:
    result = await collect_snmp(target, transport, known, clock.now)
    if result.observation is None or result.credential is None:
        raise ParcError(f"{target.address}: {result.failure}: {result.detail}")
    return result.observation, result.credential
