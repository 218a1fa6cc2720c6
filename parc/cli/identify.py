"""``parc identify``: says what stands there, where each value comes from, and what is missing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from collectors.collect import collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.definitions.loader import DefinitionsError, load_definitions
from collectors.leads import WANTED, Lead, find_leads, missing_fields
from collectors.observation import Identity, Observation, System
from collectors.registries.enterprise import manufacturer_of
from collectors.snmp.replay import ReplayTransport
from collectors.target import Target
from collectors.walks import MAX_OCTETS, WalkError, read_walk
from parc import clock
from parc.cli.output import print_json

if TYPE_CHECKING:
    from collectors.definitions.model import Definitions
    from collectors.evidence import Origin
    from collectors.snmp.transport import VarBind

_RECORDED = "192.0.2.1"  # stands for the device of a recording (RFC 5737)
_OTHERS = ("firmware_revision", "hardware_revision", "asset_tag", "base_mac_address")


@dataclass(frozen=True, slots=True)
class Report:
    """What ``parc identify`` tells; ``maker`` is the owner of the number in sysObjectID."""

    source: str
    system: System
    identity: Identity
    maker: str | None
    missing: tuple[str, ...]
    leads: tuple[Lead, ...]
    problems: tuple[str, ...]


@click.command()
@click.option(
    "--walk",
    "recording",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="A recorded walk: .snmprec of snmpsim, or the output of snmpwalk -On.",
)
@click.option("--explain", "is_explained", is_flag=True, help="Say where each value comes from.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@click.option(
    "--definitions",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of further device definitions, as discovery.definitions_folder.",
)
def identify(recording: Path, folder: Path | None, *, is_explained: bool, is_json: bool) -> None:
    """Say what a device is, from what it said to a walk; no database is opened.

    A recorded device is read as a live one is. With --explain each value says where it was
    read, what other sources gave, and what is missing.
    """
    try:
        definitions = load_definitions(folder)
        with recording.open("rb") as file:
            varbinds = read_walk(file.read(MAX_OCTETS + 1))
    except DefinitionsError as error:
        raise click.ClickException(str(error)) from None
    except WalkError as error:
        raise click.ClickException(f"{recording}: {error}") from None
    report = _report(str(recording), _replay(varbinds, definitions), varbinds)
    if is_json:
        print_json(report)
    else:
        _print(report, is_explained=is_explained)


def _replay(varbinds: list[VarBind], definitions: Definitions) -> Observation:
    target = Target(_RECORDED, (SnmpCredential(SnmpVersion.V2C, community="recorded"),))
    collecting = collect_snmp(target, ReplayTransport(varbinds), definitions, clock.now)
    result = asyncio.run(collecting)
    if result.observation is None:
        raise click.ClickException(f"{result.failure}: {result.detail}")
    return result.observation


def _report(source: str, observation: Observation, varbinds: list[VarBind]) -> Report:
    system = observation.system or System()
    identity = observation.identity or Identity()
    missing = missing_fields(identity)
    leads = find_leads(varbinds, system.sys_object_id, system.sys_descr) if missing else ()
    return Report(
        source=source,
        system=system,
        identity=identity,
        maker=manufacturer_of(system.sys_object_id),
        missing=missing,
        leads=tuple(one for one in leads if one.field in missing),
        problems=tuple(one.detail for one in observation.problems),
    )


def _print(report: Report, *, is_explained: bool) -> None:
    identity = report.identity
    click.echo(report.source)
    for name in (*WANTED, *_OTHERS):
        value = getattr(identity, name)
        if value is None:
            continue
        click.echo(f"{name:<18} {value}")
        if is_explained:
            for origin in sorted(
                (one for one in identity.origins if one.field == name),
                key=lambda one: not one.is_chosen,
            ):
                click.echo(f"    {_origin(origin)}")
    for problem in report.problems:
        click.echo(f"problem: {problem}")
    if is_explained:
        _print_missing(report)


def _origin(origin: Origin) -> str:
    """One source in one line: by what, told by which definition, from which object."""
    how = origin.how
    parts = ["from" if origin.is_chosen else f"also {origin.value!r}, from", str(how.means)]
    if how.definition:
        parts.append(f"of definition {how.definition}")
    place = " ".join(one for one in (how.object_name, how.oid) if one)
    if place:
        parts.append(f"at {place}")
    if how.raw:
        parts.append(f"where stands {how.raw!r}")
    return " ".join(parts)


def _print_missing(report: Report) -> None:
    system = report.system
    click.echo(f"sysObjectID        {system.sys_object_id or 'none'}")
    click.echo(f"sysDescr           {(system.sys_descr or 'none').splitlines()[0]}")
    maker = report.maker or "unknown"
    if report.identity.definition is None:
        click.echo(f"No definition fits sysObjectID {system.sys_object_id} (maker: {maker}).")
    else:
        click.echo(f"Definition {report.identity.definition} fits (maker: {maker}).")
    if not report.missing:
        return
    click.echo(f"Missing: {', '.join(report.missing)}.")
    if report.leads:
        click.echo("Objects of the maker whose text looks like what is missing; judge them:")
    for lead in report.leads:
        click.echo(f"    {lead.field:<18} {lead.oid} = {lead.value!r}")
