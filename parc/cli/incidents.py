"""``parc incidents``: list, show, open, assign, note, attach and close; figures; let rules look."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parc.cli.context import operator, settings, with_database
from parc.cli.output import print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

_VIEWS = ("open", "drafts", "all")
_CATEGORIES = (
    "hardware", "software", "network", "printing", "supply", "account", "messaging", "telephony",
    "security", "new_equipment", "move", "other",
)  # fmt: skip
_LEVELS = ("very_low", "low", "medium", "high", "very_high")
_CAUSES = (
    "hardware_fault", "software_fault", "configuration", "network", "power", "wear", "use",
    "third_party", "request_done", "no_fault", "other",
)  # fmt: skip
_TIMES = ("TAKING", "TAKING 90%", "RESOLVING", "RESOLVING 90%")
_GROUPS = ("category", "model", "site")
_MOST = 1_000


@click.group()
def incidents() -> None:
    """Look after incidents and requests."""


@incidents.command("list")
@click.option("--view", type=click.Choice(_VIEWS), default="open", show_default=True)
@click.option("--text", default="", help="Only those with all these words, or this number.")
@click.option("--category", "categories", type=click.Choice(_CATEGORIES), multiple=True)
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_all(*, view: str, text: str, categories: Sequence[str], is_json: bool) -> None:
    """List incidents, the most urgent first; at most 1,000."""
    from parc.clock import now
    from parc.extensions import reading
    from parc.models import Incident
    from parc.queries.incidents import SORTS, IncidentFilter, list_incidents
    from parc.queries.keyset import Order
    from parc.services.incident_values import number_text

    wanted = IncidentFilter(view, text, categories=tuple(categories))
    with reading() as session:
        order = Order(SORTS["priority"], Incident.id)
        found = list_incidents(session, wanted, order, None, _MOST, now())
    if is_json:
        rows = [_as_json(row, found.assets.get(row.id, ())) for row in found.page.rows]
        print_json({"count": found.count, "incidents": rows})
        return
    print_table(
        ("NUMBER", "PRIORITY", "STATE", "CATEGORY", "TITLE", "TECHNICIAN"),
        [
            (
                number_text(row.id),
                row.priority.value,
                row.state.value,
                row.category.value,
                row.title if row.rule is None else f"{row.rule.value}: {row.title}",
                row.technician or "-",
            )
            for row in found.page.rows
        ],
    )


@incidents.command("open")
@click.argument("title")
@click.option("--asset", "tags", multiple=True, metavar="TAG", help="What it is about.")
@click.option("--text", default="", help="What happened.")
@click.option("--requester", default="", help="Name of whoever reports it.")
@click.option("--category", type=click.Choice(_CATEGORIES), default="other", show_default=True)
@click.option("--impact", type=click.Choice(_LEVELS), default="medium", show_default=True)
@click.option("--urgency", type=click.Choice(_LEVELS), default="medium", show_default=True)
@click.option("--request", "is_request", is_flag=True, help="A request, not an incident.")
@with_database
def open_one(title: str, *, tags: Sequence[str], is_request: bool, **texts: str) -> None:
    """Open an incident and print its number."""
    from parc.clock import now
    from parc.errors import NotFoundError
    from parc.extensions import transaction
    from parc.queries.incidents import find_tags
    from parc.services.incident_values import IncidentInput, number_text
    from parc.services.incidents import open_incident

    with transaction() as session:
        ids, missing = find_tags(session, tags)
        if missing:
            raise NotFoundError(f"no asset has the tag {', '.join(missing)}")
        given = IncidentInput(
            title,
            texts["text"],
            kind="request" if is_request else "incident",
            category=texts["category"],
            impact=texts["impact"],
            urgency=texts["urgency"],
            requester_name=texts["requester"],
            asset_ids=ids,
        )
        number = open_incident(session, operator(), given, at=now()).id
    click.echo(number_text(number))


@incidents.command("close")
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True)
@click.option("--resolution", default="", help="How those were resolved that are not yet.")
@click.option("--cause", type=click.Choice(_CAUSES), default="other", show_default=True)
@click.option("--apply", "is_applied", is_flag=True, help="Close; else only show what would be.")
@with_database
def close_some(numbers: Sequence[str], *, resolution: str, cause: str, is_applied: bool) -> None:
    """Close incidents, all or none; numbers as I-000123 or 123."""
    from parc.clock import now
    from parc.extensions import reading, transaction
    from parc.queries.incidents import read_rows
    from parc.services.incident_acts import as_one_act
    from parc.services.incident_steps import close_many
    from parc.services.incident_values import number_text

    ids = [_number(text) for text in numbers]
    with reading() as session:
        for row in read_rows(session, ids):
            click.echo(f"{number_text(row.id)} {row.state.value} {row.title}")
    if not is_applied:
        click.echo("Nothing is closed yet: give --apply.")
        return
    with (
        transaction() as session,
        as_one_act(session, operator(), "close", now(), count=len(ids)),
    ):
        closed = close_many(session, operator(), ids, resolution, cause, at=now())
    click.echo(f"{len(closed)} closed")


@incidents.command("assign")
@click.argument("numbers", metavar="NUMBER...", nargs=-1, required=True)
@click.option("--technician", required=True, metavar="LOGIN", help="Who takes them.")
@with_database
def assign_some(numbers: Sequence[str], *, technician: str) -> None:
    """Give open incidents to a technician, all or none."""
    from parc.clock import now
    from parc.errors import NotFoundError
    from parc.extensions import transaction
    from parc.queries.users import find_user
    from parc.services.incident_acts import as_one_act
    from parc.services.incidents import assign

    ids = [_number(text) for text in numbers]
    with (
        transaction() as session,
        as_one_act(session, operator(), "assign", now(), count=len(ids)),
    ):
        user = find_user(session, technician)
        if user is None:
            raise NotFoundError(f"there is no login {technician}")
        changed = assign(session, operator(), ids, user.id, at=now())
    click.echo(f"{len(changed)} given to {technician}")


@incidents.command("note")
@click.argument("number")
@click.argument("text")
@click.option("--public", "is_public", is_flag=True, help="The requester reads it, too.")
@click.option("--minutes", default="", help="Time spent.")
@with_database
def note_one(number: str, text: str, *, is_public: bool, minutes: str) -> None:
    """Add a follow-up to an incident."""
    from parc.clock import now
    from parc.extensions import transaction
    from parc.services.incident_links import follow_up
    from parc.services.incident_values import number_text

    key = _number(number)
    with transaction() as session:
        follow_up(session, operator(), key, text, at=now(), is_public=is_public, minutes=minutes)
    click.echo(f"Added to {number_text(key)}")


@incidents.command("show")
@click.argument("number")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def show_one(number: str, *, is_json: bool) -> None:
    """Print an incident with what was said of it, its links and its documents."""
    from parc.extensions import reading
    from parc.models import DocumentSubject
    from parc.queries.documents import documents_of
    from parc.queries.incident_sheet import read_incident, read_sheet
    from parc.queries.incidents import asset_names, read_rows
    from parc.services.incident_values import number_text

    key = _number(number)
    with reading() as session:
        one = read_incident(session, key)
        sheet = read_sheet(session, one, is_staff=True)
        told = _as_json(read_rows(session, [key])[0], asset_names(session, [key])[key])
        told |= {name: getattr(one, name) for name in ("text", "resolution", "cause")}
        said = _named(sheet.follow_ups, "at", "author", "is_public", "minutes", "text")
        links = [{"kind": row.kind, "incident": number_text(row.id)} for row in sheet.links]
        files = documents_of(session, DocumentSubject.INCIDENT, key)
        documents = _named(files, "name", "size_bytes", "media_type", "is_public", "created_at")
    if is_json:
        print_json({**told, "follow_ups": said, "links": links, "documents": documents})
        return
    click.echo(f"{number_text(key)} {one.title}")
    told["assets"] = ", ".join(told["assets"])
    print_table(("FIELD", "VALUE"), [(name, str(value)) for name, value in told.items() if value])
    for row in said:
        click.echo(f"\n{row['at']:%Y-%m-%d %H:%M} {row['author']}\n{row['text']}")
    for row in [*links, *documents]:
        click.echo(f"\n{row.get('kind', 'document')} {row.get('incident') or row['name']}")


@incidents.command("attach")
@click.argument("number")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--public", "is_public", is_flag=True, help="The requester reads it, too.")
@with_database
def attach_one(number: str, file: Path, *, is_public: bool) -> None:
    """Add a document to an incident, such as the log of a script."""
    from parc.clock import now
    from parc.extensions import transaction
    from parc.models import DocumentSubject
    from parc.queries.incident_sheet import read_incident
    from parc.services.document_store import DocumentStore
    from parc.services.documents import SentFile, add_document, take_in
    from parc.services.incident_values import number_text

    key = _number(number)
    with file.open("rb") as stream:
        store, sent = DocumentStore(settings().data_folder), SentFile(file.name, stream, is_public)
        taken = take_in(store, [sent], most_megabytes=settings().documents.max_megabytes)
    with transaction() as session:
        row = add_document(
            session,
            operator(),
            (DocumentSubject.INCIDENT, key),
            taken[0],
            subject_name=f"{number_text(key)} {read_incident(session, key).title}",
            now=now(),
        )
        name = row.name
    click.echo(f"{name} is added to {number_text(key)}")


@incidents.command("figures")
@click.option("--days", type=click.IntRange(1, 366), default=28, show_default=True)
@click.option("--by", type=click.Choice(_GROUPS), default="category", show_default=True)
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def show_figures(*, days: int, by: str, is_json: bool) -> None:
    """Print the indicators of a period that ends now; times are in seconds."""
    from datetime import timedelta

    from parc.clock import now
    from parc.extensions import reading
    from parc.queries.incident_figures import read_report
    from parc.queries.locations import read_places

    moment = now()
    with reading() as session:
        report = read_report(session, by, moment - timedelta(days=days), moment, days)
        places = read_places(session)
    groups = [
        ((places.path(int(key)) if key and by == "site" else key) or "-", one)
        for key, one in report.groups
    ]
    if is_json:
        listed = [{"group": name, "figures": one} for name, one in groups]
        print_json({"until": moment, "days": days, "whole": report.whole, "groups": listed})
        return
    print_table(
        (by.upper(), "OPENED", "RESOLVED", "BACKLOG", *_TIMES),
        [
            (
                name,
                *map(str, (one.opened, one.resolved, one.open_count)),
                *(
                    "-" if value is None else str(round(value))
                    for spread in (one.taking, one.resolving)
                    for value in (spread.median, spread.ninetieth)
                ),
            )
            for name, one in [*groups, ("all", report.whole)]
        ],
    )


@incidents.command("settle")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def settle_all(*, is_json: bool) -> None:
    """Let the rules look at the whole inventory: open drafts, close those without a cause.

    The server does it each night, and after each run for what the run touched.
    """
    from parc.clock import now
    from parc.extensions import transaction
    from parc.reconcile.incidents import settle_incidents

    with transaction() as session:
        settled = settle_incidents(session, operator(), now())
    if is_json:
        print_json(settled)
    else:
        click.echo(f"{settled.opened} opened, {settled.closed} closed, {settled.noted} noted")


def _number(text: str) -> int:
    from parc.services.incident_values import number_of

    found = number_of(text) or number_of(f"I-{text}")
    if found is None:
        raise click.BadParameter(f"{text!r} is no number of an incident")
    return found


def _named(rows: Sequence[Any], *names: str) -> list[dict[str, Any]]:
    return [{name: getattr(row, name) for name in names} for row in rows]


def _as_json(row: Any, assets: Sequence[str]) -> dict[str, Any]:
    names = (
        "id", "kind", "state", "title", "category", "priority", "requester_name", "technician",
        "opened_at", "taken_at", "planned_for", "waiting_for", "resolved_at", "closed_at",
        "minutes_spent", "source", "rule",
    )  # fmt: skip
    return {name: getattr(row, name) for name in names} | {"assets": list(assets)}
