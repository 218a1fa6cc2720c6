"""What is told of one device: each value with its sources, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import click

from collectors.leads import WANTED, Lead, find_leads, missing_fields
from collectors.observation import Identity, Observation, System
from collectors.registries.enterprise import manufacturer_of

if TYPE_CHECKING:
    from collectors.evidence import Origin
    from collectors.snmp.transport import VarBind

_OTHERS: Final = ("firmware_revision", "hardware_revision", "asset_tag", "base_mac_address")


@dataclass(frozen=True, slots=True)
class Report:
    """What ``parc identify`` tells.

    ``source`` is the address or the file, ``maker`` is the owner of the number in sysObjectID.
    """

    source: str
    system: System
    identity: Identity
    maker: str | None
    missing: tuple[str, ...]
    leads: tuple[Lead, ...]
    problems: tuple[str, ...]


def report_of(source: str, observation: Observation, varbinds: Iterable[VarBind]) -> Report:
    """Make the report; ``varbinds`` is where leads to missing values are looked for."""
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


def print_report(report: Report, *, is_explained: bool) -> None:
    """Print for people; with sources and what is missing only when it is to be explained."""
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
