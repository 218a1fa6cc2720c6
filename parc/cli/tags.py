"""``parc tags``: by which pattern the asset tags of each category are numbered."""

from __future__ import annotations

import click

from parc.cli.context import operator, with_database
from parc.cli.output import print_json, print_table


@click.group()
def tags() -> None:
    """Look after the patterns by which asset tags are numbered."""


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
