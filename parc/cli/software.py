"""``parc software``: what the rules make of the names of installed software."""

from __future__ import annotations

import click

from parc.cli.output import print_json, print_table


@click.group()
def software() -> None:
    """Look at how names of installed software are understood."""


@software.command("fold")
@click.argument("names", nargs=-1, required=True)
@click.option("--publisher", default="", help="As the inventory tells it.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
def fold_names(names: tuple[str, ...], *, publisher: str, is_json: bool) -> None:
    """Say which product, edition and version each of NAMES is, and by which rule."""
    from parc.software.folding import fold

    folded = [fold(name, publisher or None) for name in names]
    if is_json:
        print_json(folded)
        return
    rows = [
        (
            one.product,
            one.publisher or "",
            one.edition or "",
            one.version or "",
            one.kind.value,
            one.rule or "no rule",
        )
        for one in folded
    ]
    print_table(("PRODUCT", "PUBLISHER", "EDITION", "VERSION", "KIND", "RULE"), rows)
