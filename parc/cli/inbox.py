"""``parc inbox``: what needs a person, listed, brought up to date, and decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from parc.cli.context import operator, settings, with_database
from parc.cli.output import print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

_VIEWS = ("open", "snoozed", "closed")
_KINDS = (
    "held_run",
    "gone_seen",
    "identity_conflict",
    "mixed_record",
    "duplicate_address",
    "stock_seen",
    "holder_left",
    "seat_release",
    "difference",
    "unknown_device",
    "unknown_group",
    "silent",
)
_DECISIONS = ("accept", "attach", "ignore", "keep", "leave")
_MOST = 1_000


@click.group()
def inbox() -> None:
    """Look after what needs a person's decision."""


@inbox.command("list")
@click.option("--view", type=click.Choice(_VIEWS), default="open", show_default=True)
@click.option("--kind", "kinds", type=click.Choice(_KINDS), multiple=True, help="Only these kinds.")
@click.option("--text", default="", help="Only entries with this part of a name or an address.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_all(*, view: str, kinds: tuple[str, ...], text: str, is_json: bool) -> None:
    """List entries, the first due first; at most 1,000."""
    from parc.clock import now
    from parc.extensions import reading
    from parc.models import InboxEntry
    from parc.queries.inbox import SORTS, InboxFilter, list_entries
    from parc.queries.keyset import Order

    with reading() as session:
        order = Order(SORTS["due_at"], InboxEntry.id)
        found = list_entries(session, InboxFilter(view, text, kinds), order, None, _MOST, now())
    if is_json:
        print_json({"count": found.count, "entries": [_as_json(row) for row in found.page.rows]})
        return
    print_table(
        ("ID", "KIND", "SUBJECT", "DUE", "WHOSE", "EVIDENCE"),
        [
            (
                str(row.id),
                row.kind.value,
                row.subject,
                f"{row.due_at:%Y-%m-%d}",
                row.assignee or "-",
                _evidence(row.evidence),
            )
            for row in found.page.rows
        ],
    )


@inbox.command("settle")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def settle_all(*, is_json: bool) -> None:
    """Look at the whole inventory: open what is missing, close what has no cause any more.

    The server does it each night, and after each run for what the run touched.
    """
    from parc.clock import now
    from parc.extensions import transaction
    from parc.reconcile.inbox import settle

    with transaction() as session:
        settled = settle(session, operator(), settings().inbox, now())
    if is_json:
        print_json(settled)
    else:
        click.echo(f"{settled.opened} opened, {settled.changed} renewed, {settled.closed} closed")


@inbox.command()
@click.argument("decision", type=click.Choice(_DECISIONS))
@click.argument("entry_ids", metavar="ID...", type=int, nargs=-1, required=True)
@click.option("--asset", "asset_id", type=int, help="Id of the asset that devices are attached to.")
@click.option("--reason", default="", help="Why devices are ignored.")
@click.option(
    "--until", type=click.DateTime(("%Y-%m-%d",)), help="Day until which devices are ignored."
)
@click.option("--apply", "is_applied", is_flag=True, help="Decide; else only show what would be.")
@with_database
def decide(
    decision: str,
    entry_ids: Sequence[int],
    *,
    asset_id: int | None,
    reason: str,
    until: datetime | None,
    is_applied: bool,
) -> None:
    """Decide about entries; what a decision means depends on their kind (how-to: inbox)."""
    from datetime import UTC

    from parc.clock import now
    from parc.extensions import reading, transaction
    from parc.queries.inbox import read_rows
    from parc.reconcile.inbox import settle
    from parc.services import inbox as service

    ids = list(dict.fromkeys(entry_ids))
    with reading() as session:
        rows = read_rows(session, ids)
    for row in rows:
        click.echo(f"{decision} {row.kind.value} {row.subject} {_evidence(row.evidence)}")
    if not is_applied:
        click.echo("Nothing is decided yet: give --apply.")
        return
    moment = now()
    order = service.Order(
        service.Decision(decision),
        moment,
        settings().inbox,
        reason,
        until.replace(tzinfo=UTC) if until else None,
        asset_id,
    )
    with transaction() as session:
        touched = service.decide(session, operator(), ids, order)
        settle(session, operator(), settings().inbox, moment, touched.scope())
    click.echo(f"{len(ids)} decided")


@inbox.command()
@click.argument("entry_ids", metavar="ID...", type=int, nargs=-1, required=True)
@click.option("--to", "login", metavar="LOGIN", help="Whose they are from now on.")
@click.option("--nobody", "is_nobodys", is_flag=True, help="They are nobody's again.")
@with_database
def assign(entry_ids: Sequence[int], *, login: str | None, is_nobodys: bool) -> None:
    """Give entries to a colleague, or to nobody."""
    from parc.clock import now
    from parc.extensions import transaction
    from parc.queries.inbox import find_colleague
    from parc.services import inbox as service

    if (login is None) != is_nobodys:
        message = "Give either --to LOGIN or --nobody."
        raise click.UsageError(message)
    with transaction() as session:
        user_id = find_colleague(session, login) if login is not None else None
        service.assign(session, operator(), list(entry_ids), user_id, at=now())
    click.echo(f"{len(set(entry_ids))} assigned to {login or 'nobody'}")


@inbox.command()
@click.argument("entry_ids", metavar="ID...", type=int, nargs=-1, required=True)
@click.option(
    "--until",
    type=click.DateTime(("%Y-%m-%d",)),
    required=True,
    help="Day on which they come back, and are due.",
)
@with_database
def snooze(entry_ids: Sequence[int], *, until: datetime) -> None:
    """Put entries out of sight until a day."""
    from datetime import UTC

    from parc.clock import now
    from parc.extensions import transaction
    from parc.services import inbox as service

    with transaction() as session:
        moment = until.replace(tzinfo=UTC)
        service.snooze(session, operator(), list(entry_ids), moment, at=now())
    click.echo(f"{len(set(entry_ids))} put off until {until:%Y-%m-%d}")


def _as_json(row: Any) -> dict[str, Any]:
    names = (
        "id",
        "kind",
        "key",
        "state",
        "subject",
        "asset_id",
        "device_id",
        "run_id",
        "range_id",
        "count",
        "evidence",
        "opened_at",
        "due_at",
        "snoozed_until",
        "assignee",
        "closed_at",
        "closed_by",
        "reason",
    )
    return {name: getattr(row, name) for name in names}


def _evidence(evidence: dict[str, Any]) -> str:
    """Give the plain values of the evidence and the best candidate; the JSON has all."""
    texts = [f"{name}={value}" for name, value in evidence.items() if isinstance(value, str | int)]
    best = (evidence.get("candidates") or ())[:1]
    texts += [f"like {one['tag']} {one['name']} by {', '.join(one['by'])}" for one in best]
    return ", ".join(texts)[:200]
