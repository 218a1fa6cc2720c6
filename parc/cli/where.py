"""``parc where``: on which switch and port a machine is, as the page Where is it says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from parc.cli.context import with_database
from parc.cli.output import print_json, print_table

if TYPE_CHECKING:
    from parc.queries.places import Stay
    from parc.queries.where import Answer


@click.command()
@click.argument("text")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def where(text: str, *, is_json: bool) -> None:
    """Say where TEXT is: any spelling of a MAC, an IP address, a name, a tag, a serial number.

    Ends with 1 when nothing is known, or when several machines may be meant.
    """
    from parc.extensions import reading
    from parc.queries.where import find

    with reading() as session:
        answer = find(session, text)
    if is_json:
        print_json(answer)
    else:
        _print(answer)
    if answer.whereabouts is None or answer.whereabouts.is_empty:
        raise SystemExit(1)


def _print(answer: Answer) -> None:
    if answer.candidates:
        click.echo("Several may be meant:")
        print_table(("NAME", "WHAT"), [(one.name, one.detail) for one in answer.candidates])
        return
    machine, seen = answer.machine, answer.whereabouts
    if machine is None or seen is None:
        click.echo("Nothing by this name, number or address.")
        return
    click.echo(machine.name)
    if seen.spot is not None:
        stay = seen.spot.stay
        vlan = f", VLAN {stay.vlan_id}" if stay.vlan_id else ""
        click.echo(f"{_WORDS[seen.spot.certainty]} {stay.switch.name} port {stay.port}{vlan}")
    elif seen.wireless:
        click.echo(f"on Wi-Fi: {seen.wireless[0].access_point or seen.wireless[0].told_by.name}")
    else:
        click.echo("No single port is its place; the switches that Parc reads say no more.")
    stays = (*seen.stays, *seen.uplink_stays)
    if stays:
        print_table(("SWITCH", "PORT", "VLAN", "SINCE", "LAST SEEN", "MAC", "WHAT"), _rows(stays))


_WORDS = {
    "direct": "plugged into",
    "access_point": "on Wi-Fi behind",
    "last_known": "was last seen on",
    "uplink": "seen only by uplinks, nearest",
}


def _rows(stays: tuple[Stay, ...]) -> list[tuple[str, ...]]:
    return [
        (
            stay.switch.name,
            stay.port,
            str(stay.vlan_id or ""),
            f"{stay.first_seen_at:%Y-%m-%d %H:%M}",
            f"{stay.last_seen_at:%Y-%m-%d %H:%M}",
            stay.mac_address,
            stay.role.value if stay.role else stay.protocol,
        )
        for stay in stays
    ]
