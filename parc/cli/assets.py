"""``parc assets``: merge two records of one machine, split one record of two; their history."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from parc.cli.asset_list import delete, list_
from parc.cli.context import operator, settings, with_database
from parc.cli.output import print_json, print_table
from parc.cli.settling import settle_about
from parc.row_keys import row_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

_VALUE_CHARACTERS = 60
_SOURCES = ("people", "file", "discovery", "snmp", "nmap", "controller", "agent", "server")
_LAST_MOMENT = timedelta(days=1, microseconds=-1)


@click.group()
def assets() -> None:
    """List and delete assets, merge and split their records, tell their history."""


assets.add_command(list_)
assets.add_command(delete)


@assets.command()
@click.argument("text", metavar="ID|TAG|NAME")
@click.option("--source", type=click.Choice(_SOURCES), help="Only of this source.")
@click.option("--author", default="", help="Only of authors with this part of a name.")
@click.option("--field", default="", help="Only what changed this field.")
@click.option("--reason", default="", help="Only with this part of a reason.")
@click.option("--since", type=click.DateTime(("%Y-%m-%d",)), help="First day (UTC).")
@click.option("--until", type=click.DateTime(("%Y-%m-%d",)), help="Last day (UTC).")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def history(  # noqa: PLR0913 -- one a filter
    text: str,
    *,
    source: str | None,
    author: str,
    field: str,
    reason: str,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    is_json: bool,
) -> None:
    """Tell what changed on an asset, the latest first: when, who, from what to what, and why."""
    from parc.discovery.explain import asset_of
    from parc.extensions import reading
    from parc.naming import TOLD_BY
    from parc.queries import audit as query

    first = since.replace(tzinfo=UTC) if since else None
    last = until.replace(tzinfo=UTC) + _LAST_MOMENT if until else None
    wanted = query.HistoryFilter(source or "", author, field, first, reason, last)
    with reading() as session:
        number = asset_of(session, text).id
        entries = query.asset_history(session, number, None, limit, wanted)
        kinds = query.kinds_of_acts(session, entries)
        rows = [
            {
                "at": one.at,
                "author": one.author,
                "source": query.source_of(one, kinds),
                "told_by": query.told_by(one),
                "action": one.action,
                "of": one.subject_kind,
                "changes": {k: v for k, v in (one.changes or {}).items() if k != TOLD_BY},
                "reason": one.reason,
                "change": one.change_set_id,
                "run": one.run_id,
            }
            for one in entries
        ]
    if is_json:
        print_json(rows)
        return
    print_table(
        ("WHEN", "AUTHOR", "SOURCE", "ACTION", "FIELD", "BEFORE", "AFTER", "REASON"),
        [line for row in rows for line in _history_lines(row)],
    )


@assets.command()
@click.argument("into", metavar="ID|TAG|NAME")
@click.argument("other", metavar="OTHER")
@click.option("--take", multiple=True, metavar="FIELD", help="Keep OTHER's value, or line.")
@click.option("--reason", default="", help="Why; kept with it.")
@click.option("--apply", "is_applied", is_flag=True, help="Merge, not only show.")
@with_database
def merge(into: str, other: str, take: Sequence[str], *, reason: str, is_applied: bool) -> None:
    """Merge OTHER into the first asset: its devices and all that hangs on it follow.

    Without --apply the fields that differ are shown, with the value that would stay, and the
    contracts that name both: of each one line stays.
    """
    from parc.clock import now
    from parc.discovery.explain import asset_of
    from parc.extensions import reading, transaction
    from parc.reconcile.hanging_rows import line_choices
    from parc.reconcile.merging import choices, merge_assets

    with reading() as session:
        first, second = asset_of(session, into), asset_of(session, other)
        found = choices(session, first.id, second.id)
        lines = line_choices(session, first.id, second.id)
    for one in found:
        stays, goes = (one.goes, one.stays) if one.field in take else (one.stays, one.goes)
        click.echo(f"{one.field}: {_short(stays)} stays, {_short(goes)} goes")
    for line in lines:
        tag = (second if line.token in take else first).asset_tag
        click.echo(f"{line.token}: the line of {line.contract.name} for {tag} stays")
    if not is_applied:
        click.echo(f"{second.asset_tag} would become part of {first.asset_tag}; --apply does it.")
        return
    author = operator().because(reason)
    with transaction() as session:
        merge_assets(session, author, first.id, second.id, taken=frozenset(take), at=now())
        settle_about(session, assets=[first.id, second.id])
    click.echo(f"{second.asset_tag} is part of {first.asset_tag}.")


@assets.command()
@click.argument("text", metavar="ID|TAG|NAME")
@click.option("--device", "devices", multiple=True, type=int, help="Leaves whole.")
@click.option("--voice", "voices", multiple=True, metavar="DEVICE:VOICE", help="Leaves.")
@click.option("--give", "values", multiple=True, metavar="FIELD", help="Leaves with it.")
@click.option(
    "--link",
    "links",
    multiple=True,
    type=(str, click.Choice(["goes", "stays"])),
    metavar="LINK goes|stays",
    help="Where one thing that hangs on the asset goes.",
)
@click.option("--record", "tag", default="", metavar="TAG", help="The record that comes back.")
@click.option("--reason", default="", help="Why; kept with it.")
@click.option("--apply", "is_applied", is_flag=True, help="Split, not only show.")
@with_database
def split(  # noqa: PLR0913 -- one for each kind of what leaves
    text: str,
    devices: Sequence[int],
    voices: Sequence[str],
    values: Sequence[str],
    links: Sequence[tuple[str, str]],
    *,
    tag: str,
    reason: str,
    is_applied: bool,
) -> None:
    """Make a record of its own of what is another machine, or give one back that was merged.

    Without --apply the records are shown that are part of the asset, its devices, with the voices
    that spoke through each, and what hangs on it: movements, licences, contracts, incidents, what
    others tell of it. What a merge had brought goes back with its record, the rest stays; --link
    says otherwise. Documents go with what they belong to.
    """
    from parc.clock import now
    from parc.discovery.explain import asset_of
    from parc.extensions import reading, transaction
    from parc.queries.asset_sheet import read_sheet
    from parc.reconcile.dividing import read_voices
    from parc.reconcile.linked_rows import links_of, records_of
    from parc.reconcile.splitting import Leaving, split_asset

    with reading() as session:
        asset = asset_of(session, text)
        spoken = [(d, read_voices(session, d.id)) for d in read_sheet(session, asset.id).devices]
        hanging = links_of(session, asset.id)
        records = {one.asset_tag: one for one in records_of(session, asset.id)}
    if tag and tag not in records:
        message = f"{tag} is no part of {asset.asset_tag}"
        raise click.BadParameter(message, param_hint="--record")
    if not is_applied:
        for one in records.values():
            click.echo(f"record {one.asset_tag} {one.name}, merged {one.merged_at:%Y-%m-%d}")
        for device, heard in spoken:
            click.echo(f"device {device.id} at {device.address}")
            for voice in heard:
                marks = ", ".join(f"{name} {value}" for name, value in voice.marks)
                click.echo(f"  voice {device.id}:{voice.token} {marks}")
        for link in hanging:
            where = f"goes with {link.came_with}" if link.came_with else "stays"
            click.echo(f"link {link.token} {where}: {_told(link.row)}")
        return
    going, staying = (frozenset(t for t, to in links if to == way) for way in ("goes", "stays"))
    chosen = frozenset(devices), _by_device(voices), frozenset(values), going, staying
    leaving = Leaving(*chosen, record_id=records[tag].id if tag else None)
    author = operator().because(reason)
    with transaction() as session:
        new = split_asset(
            session, author, asset.id, leaving, at=now(), settings=settings().discovery
        )
        settle_about(session, assets=[asset.id, new.id])
    click.echo(f"{new.asset_tag} {new.name} is a record of its own.")


def _by_device(voices: Sequence[str]) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    for text in voices:
        device, _colon, token = text.partition(":")
        device_id = row_key(device)
        if device_id is None:
            message = f"{text} is no DEVICE:VOICE"
            raise click.BadParameter(message)
        found.setdefault(device_id, set()).add(token)
    return {number: frozenset(tokens) for number, tokens in found.items()}


def _told(row: Any) -> str:
    """Give what tells a row apart, but for its id."""
    return " ".join(_short(value) for value in row[1:] if value is not None)


def _short(value: object) -> str:
    return str(getattr(value, "value", value))[:_VALUE_CHARACTERS]


def _history_lines(row: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """Write an entry as one line a field."""
    told = [one for one in row["told_by"] if one != row["source"]]
    source = f"{row['source']}: {', '.join(told)}" if told else row["source"]
    head = (f"{row['at']:%Y-%m-%d %H:%M}", row["author"], source, row["action"])
    for name, (before, after) in (row["changes"] or {"-": (None, None)}).items():
        values = ("-" if one is None else _short(one) for one in (before, after))
        yield (*head, name, *values, row["reason"] or "-")
