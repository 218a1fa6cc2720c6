"""``parc assets list`` and ``delete``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from parc.cli.context import operator, with_database
from parc.cli.output import print_json, print_table
from parc.cli.paging import read_rows
from parc.cli.settling import settle_about

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHOWN = 100
_COLUMNS = (
    *("name", "asset_tag", "serial_number", "lifecycle_state", "category", "manufacturer"),
    *("model_name", "custodian", "location_id", "covered_until", "last_seen_at"),
)
_FACETS = ("state", "category", "cover", "freshness")
_COVERS = ("yes", "soon", "no")
_FRESH = ("day", "week", "older", "never")


@click.command(name="list")
@click.option("--text", default="", help="Only those with all these words.")
@click.option("--state", multiple=True, metavar="STATE", help="Such as in_use or in_stock.")
@click.option("--category", multiple=True, metavar="CATEGORY", help="Such as printer.")
@click.option("--cover", multiple=True, type=click.Choice(_COVERS), help="Covered now or not.")
@click.option("--freshness", multiple=True, type=click.Choice(_FRESH), help="Seen how long ago.")
@click.option("--person", default="", help="Who holds it: name, e-mail or number.")
@click.option("--place", default="", help="Where it stands, and all within: a path.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=_SHOWN, show_default=True)
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_(
    text: str, person: str, place: str, *, limit: int, is_json: bool, **chosen: Sequence[str]
) -> None:
    """List assets by name: all, or those that an option narrows to.

    In use without cover, say: --state in_use --cover no.
    """
    from parc.clock import now
    from parc.extensions import reading
    from parc.models import Asset
    from parc.queries import assets as query
    from parc.queries.facets import Facet, read_snapshot
    from parc.queries.keyset import Order

    order = Order(query.SORTS["name"], Asset.id)
    with reading() as session:
        facets = {Facet(name): chosen[name] for name in _FACETS}
        try:
            wanted = query.make_filter(text, facets | _pinned(session, person, place))
        except query.FilterError as error:
            raise click.UsageError(f"no asset could have {error}") from error
        lookup = query.Lookup(read_snapshot(session, now()), now())
        rows = read_rows(
            lambda cursor, size: query.export_page(
                session, wanted, order, cursor, size, _COLUMNS, lookup
            ),
            limit,
        )
        names = [name for name in _COLUMNS if name != "location_id"]
        found: list[dict[str, Any]] = [
            {"id": row.id}
            | {name: getattr(row, name) for name in names}
            | {"place": lookup.places.path(row.location_id)}
            for row in rows
        ]
    if is_json:
        print_json({"assets": found})
        return
    shown = ("asset_tag", "name", "serial_number", "lifecycle_state", "category", "custodian")
    print_table(
        ("TAG", "NAME", "SERIAL NUMBER", "STATE", "CATEGORY", "HOLDER", "PLACE", "COVERED UNTIL"),
        [[str(row[name] or "-") for name in (*shown, "place", "covered_until")] for row in found],
    )


def _pinned(session: Any, person: str, place: str) -> dict[Any, tuple[str, ...]]:
    """Find who and where."""
    from parc.errors import NotFoundError
    from parc.queries.facets import Facet
    from parc.services.people import find_person
    from parc.services.places import find_place

    found: dict[Any, tuple[str, ...]] = {}
    if person:
        found[Facet.PERSON] = (str(find_person(session, person)),)
    if place:
        number = find_place(session, place)
        if number is None:
            raise NotFoundError(f"There is no place {place}.")
        found[Facet.PLACE] = (str(number),)
    return found


@click.command()
@click.argument("text", metavar="ID|TAG|NAME")
@click.option("--reason", default="", help="Why; kept with it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_database
def delete(text: str, reason: str, *, yes: bool) -> None:
    """Delete an asset; its devices are unknown again. ``parc changes undo`` takes it back.

    What has left is not deleted: it goes out by ``parc move exit``.
    """
    from parc.clock import now
    from parc.discovery.explain import asset_of
    from parc.extensions import reading, transaction
    from parc.queries.devices import device_ids_of
    from parc.services.asset_removal import delete_asset

    with reading() as session:
        asset = asset_of(session, text)
        devices = device_ids_of(session, asset.id)
    if not yes:
        touched = f"{len(devices)} device(s) are unknown again"
        click.confirm(f"Delete {asset.asset_tag} {asset.name}? {touched}.", abort=True)
    with transaction() as session:
        act = delete_asset(session, operator().because(reason), asset.id, at=now())
        settle_about(session, devices=devices)
        act_id = act.id if act else None
    click.echo(f"{asset.asset_tag} deleted. To undo it: parc changes undo {act_id} --apply")
