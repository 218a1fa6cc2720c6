"""``parc software``: what is installed, what the rules make of it, and what may be used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parc.cli.context import operator, with_database
from parc.cli.output import print_json, print_table

if TYPE_CHECKING:
    from parc.software.support import SupportEnd

_MOST_OCTETS = 5_000_000
_HEADS = ("ID", "PRODUCT", "PUBLISHER", "MACHINES", "STATUS")


@click.group()
def software() -> None:
    """Look after found software: products, rules of names, status, ends of support."""


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


@software.command("list")
@click.option("--search", default="", help="Words that the name holds.")
@click.option("--status", "statuses", multiple=True, help="Only of this status.")
@click.option("--all-kinds", is_flag=True, help="Updates, runtimes and drivers too.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_products(
    *, search: str, statuses: tuple[str, ...], all_kinds: bool, limit: int, is_json: bool
) -> None:
    """List the products that are on machines, those on most machines first."""
    from parc.extensions import reading
    from parc.models import SoftwareProduct
    from parc.queries.keyset import Order
    from parc.queries.software import SORTS, SoftwareFilter, software_page

    wanted = SoftwareFilter(search, () if all_kinds else ("product",), statuses)
    with reading() as session:
        order = Order(SORTS["machines"], SoftwareProduct.id, is_descending=True)
        found = software_page(session, wanted, order, None, limit).rows
        rows = [
            (str(r.id), r.name, r.publisher or "", str(r.machine_count), r.status.value)
            for r in found
        ]
    _print(_HEADS, rows, is_json=is_json)


@software.command("product")
@click.argument("product_id", type=int)
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def show_product(product_id: int, *, is_json: bool) -> None:
    """List the versions of a product, with machines and end of support."""
    from parc.clock import now
    from parc.extensions import reading
    from parc.queries.software_sheet import software_sheet

    with reading() as session:
        sheet = software_sheet(session, product_id, 0, now())
        rows = [
            (
                one.version or "",
                str(one.machine_count),
                one.support_ends_on.isoformat() if one.support_ends_on else "",
            )
            for one in sheet.versions
        ]
    _print(("VERSION", "MACHINES", "SUPPORTED UNTIL"), rows, is_json=is_json)


@software.command("rules")
@click.option("--search", default="", help="Words of product, publisher or pattern.")
@click.option("--own", "is_own", is_flag=True, help="Only those that were made here.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def list_rules(*, search: str, is_own: bool, is_json: bool) -> None:
    """List the rules of names, with how many raw names each knows."""
    from parc.extensions import reading
    from parc.queries.software_rules import read_own_rules, read_usual_rules

    with reading() as session:
        rows = [
            (
                f"own {one.rule.id}{'' if one.rule.is_active else ' (taken back)'}",
                one.rule.product,
                str(one.title_count),
                one.rule.pattern,
            )
            for one in read_own_rules(session)
        ]
        if not is_own:
            rows += [
                (rule.id, rule.product, str(count), rule.pattern.pattern)
                for rule, count in read_usual_rules(session, search)
            ]
    _print(("RULE", "PRODUCT", "NAMES", "PATTERN"), rows, is_json=is_json)


@software.command("status")
@click.argument("status")
@click.argument("product_ids", type=int, nargs=-1, required=True)
@click.option("--reason", default="", help="Needed for what is tolerated.")
@click.option("--until", default="", help="Day until which it is tolerated, as in 2026-12-31.")
@click.option("--owner", default="", help="Person who answers for it.")
@click.option("--apply", "is_applied", is_flag=True, help="Do it; else only say what would change.")
@with_database
def set_products(
    status: str,
    product_ids: tuple[int, ...],
    *,
    reason: str,
    until: str,
    owner: str,
    is_applied: bool,
) -> None:
    """Give products the STATUS undecided, authorised, tolerated or forbidden."""
    from parc.clock import now
    from parc.extensions import transaction
    from parc.services.software_status import StatusDraft, plan_status, set_status

    draft = StatusDraft(status, reason, until, owner)
    with transaction() as session:
        if is_applied:
            plan = set_status(session, operator(), draft, product_ids, at=now())
        else:
            plan = plan_status(session, draft, product_ids)
        for row in plan.changed:
            click.echo(f"{row.id} {row.name}: {row.machine_count} machines")
        count = len(plan.changed)
    click.echo(f"{count} {'changed' if is_applied else 'would change; nothing was changed'}.")


@software.command("licence-need")
@click.argument("need", type=click.Choice(["yes", "no", "usual"]))
@click.argument("product_ids", type=int, nargs=-1, required=True)
@with_database
def set_licence_need(need: str, product_ids: tuple[int, ...]) -> None:
    """Say whether products need a licence: yes, no, or usual for what the table of Parc says.

    What needs a licence, is installed and has none in the books stands under compliance.
    """
    from parc.clock import now
    from parc.extensions import transaction
    from parc.services.software_needs import set_need

    with transaction() as session:
        count = set_need(session, operator(), need, product_ids, at=now())
    click.echo(f"{count} changed.")


@software.command("refold")
@with_database
def refold() -> None:
    """Fold again the names that other rules have folded, and count all machines anew."""
    from flask import current_app

    from parc.clock import now
    from parc.extensions import transaction
    from parc.jobs.contracts import Work
    from parc.jobs.software import bring_software_up

    work = Work(transaction, now, current_app.extensions["parc_settings"])
    count = bring_software_up(work, lambda done, total: click.echo(f"{done} of {total}", err=True))
    click.echo(f"{count} names were folded again.")


@software.command("end-of-support")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_database
def import_ends(file: Path) -> None:
    """Take over ends of support from a CSV FILE.

    Columns: publisher, product, version, ends_on, source, sourced_on. What it says goes before the
    table that comes with Parc.
    """
    from parc.extensions import transaction
    from parc.services.software_refolding import settle_support, take_ends

    if file.stat().st_size > _MOST_OCTETS:
        raise click.ClickException(f"{file} is too large.")
    ends = _read_file(file)
    with transaction() as session:
        count = take_ends(session, ends)
        changed = settle_support(session)
    click.echo(f"{count} lines taken; the end of support of {changed} names changed.")


@software.command("refresh-support")
@with_database
def refresh_ends() -> None:
    """Ask endoflife.date until when the versions of installed products are supported.

    It asks at [software] support_url, and only for products that are installed. What a CSV of yours
    says of the same version stays.
    """
    from flask import current_app

    from parc.clock import now
    from parc.extensions import transaction
    from parc.jobs.contracts import Work
    from parc.jobs.end_of_life import refresh_support

    done = refresh_support(Work(transaction, now, current_app.extensions["parc_settings"]))
    for text in done.failures:
        click.echo(text, err=True)
    click.echo(
        f"{done.asked} products asked for; {done.changed} ends changed, "
        f"those of {done.titles} names that are installed."
    )
    if done.failures:
        raise SystemExit(1)


def _read_file(file: Path) -> tuple[SupportEnd, ...]:
    from parc.software.support import SupportFileError, read_ends

    try:
        return read_ends(file.read_text("utf-8"))
    except (SupportFileError, UnicodeDecodeError) as error:
        raise click.ClickException(str(error)) from error


def _print(heads: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, is_json: bool) -> None:
    if is_json:
        names = [head.lower().replace(" ", "_") for head in heads]
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_table(heads, rows)
