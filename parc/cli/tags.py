"""``parc tags``: by which pattern asset tags are numbered, and labels that bear them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from parc.cli.context import operator, settings, with_database
from parc.cli.output import print_json, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

_FORMATS = ("a4_24", "a4_40", "a4_65", "roll_62")
_MOST_SKIPPED = 64


@click.group()
def tags() -> None:
    """Look after the patterns by which asset tags are numbered; print labels."""


@tags.command("list")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_all(*, is_json: bool) -> None:
    """List the categories with their pattern and the tag that comes next."""
    from parc.extensions import reading
    from parc.queries.asset_tags import list_series

    with reading() as session:
        found = list_series(session)
    if is_json:
        print_json(
            [
                {
                    "category": one.category,
                    "pattern": one.pattern,
                    "is_own": one.is_own,
                    "next": one.examples[0],
                }
                for one in found
            ]
        )
        return
    print_table(
        ("CATEGORY", "PATTERN", "NEXT"),
        [
            (one.category.value, one.pattern if one.is_own else f"({one.pattern})", one.examples[0])
            for one in found
        ],
    )


@tags.command("set")
@click.argument("category")
@click.argument("pattern", required=False)
@click.option("--default", "is_default", is_flag=True, help="Follow the default again.")
@with_database
def set_one(category: str, pattern: str | None, *, is_default: bool) -> None:
    """Number the tags of CATEGORY by PATTERN, such as PC-{number:05d}."""
    from parc.clock import now
    from parc.extensions import transaction
    from parc.services.asset_tags import reset_pattern, set_pattern

    if is_default == bool(pattern):
        raise click.UsageError("Give a pattern, or --default.")
    with transaction() as session:
        if is_default:
            reset_pattern(session, operator(), category, at=now())
        else:
            set_pattern(session, operator(), category, pattern or "", at=now())
    click.echo(f"{category}: {pattern or 'as all others'}")


@tags.command("labels")
@click.argument("file", type=click.File("wb"))
@click.argument("given", metavar="TAG...", nargs=-1, required=True)
@click.option("--format", "kind", type=click.Choice(_FORMATS), default="a4_24", show_default=True)
@click.option(
    "--skip", type=click.IntRange(0, _MOST_SKIPPED), default=0, help="Places that are used up."
)
@with_database
def labels(file: BinaryIO, given: Sequence[str], kind: str, skip: int) -> None:
    """Print the labels of TAGs into a FILE, as PDF, in the order of their tags.

    Their codes lead to server.base_url, which has to be set.
    """
    from parc.clock import now
    from parc.documents.labels import Label, LabelFormat, make_labels
    from parc.extensions import reading
    from parc.queries.asset_tags import tagged_assets
    from parc.queries.labels import label_rows

    base, owner = settings().server.base_url, settings().interface.organisation
    if not base:
        raise click.UsageError("server.base_url is not set: the codes would lead nowhere")
    with reading() as session:
        known = tagged_assets(session, given)
        if unknown := [tag for tag in given if tag not in known]:
            raise click.UsageError(f"no asset has the tag {', '.join(unknown)}")
        rows = label_rows(session, sorted(set(known.values())))
    made = [
        Label(
            f"{base}/a/{quote(row.asset_tag, safe='')}",
            row.asset_tag,
            tuple(filter(None, (row.name, row.model, owner))),
        )
        for row in rows
    ]
    file.write(make_labels(made, LabelFormat(kind), made_at=now(), title="Labels", skipped=skip))
    click.echo(f"{len(made)} label(s) printed.", err=True)
