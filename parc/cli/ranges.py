"""``parc ranges``: list, show, add, delete, enable and disable address ranges."""

from __future__ import annotations

from typing import Any

import click

from parc.cli.context import operator, settings, with_database
from parc.cli.output import print_json, print_table

_JSON = click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")


@click.group()
def ranges() -> None:
    """Look after the address ranges that are swept."""


@ranges.command("list")
@_JSON
@with_database
def list_all(*, is_json: bool) -> None:
    """List the ranges with their last and next sweep."""
    from parc.extensions import reading
    from parc.queries.ranges import list_ranges

    with reading() as session:
        rows = list_ranges(session)
    if is_json:
        print_json(rows)
        return
    print_table(
        ("NAME", "ADDRESSES", "SITE", "LAST RUN", "NEXT", "STATE"),
        [
            (
                row.name,
                _shortened(row.include),
                row.site,
                row.last_run.state.value if row.last_run else "never",
                row.next_due_at.isoformat(timespec="minutes") if row.next_due_at else "-",
                ("enabled" if row.is_enabled else "disabled")
                + (", managed by file" if row.is_managed_by_file else ""),
            )
            for row in rows
        ],
    )


@ranges.command()
@click.argument("name")
@_JSON
@with_database
def show(name: str, *, is_json: bool) -> None:
    """Show one range, with the next five moments at which it is due."""
    from parc.clock import now
    from parc.extensions import reading
    from parc.queries.ranges import find_range
    from parc.schedule import next_five

    with reading() as session:
        row = find_range(session, name)
    due = next_five(row, now()) if row.is_enabled else []
    if is_json:
        print_json({"range": row, "next_due": due})
        return
    window = f"{row.window_start:%H:%M}-{row.window_end:%H:%M}" if row.window_start else "any time"
    print_table(
        ("NAME", row.name),
        [
            ("include", ", ".join(row.include)),
            ("exclude", ", ".join(row.exclude)),
            ("site", row.site),
            ("schedule", f"{row.schedule_kind.value} {row.schedule}".strip()),
            ("time zone", row.time_zone),
            ("window", window),
            ("credentials", ", ".join(row.credentials)),
            ("packets per second", str(row.packets_per_second)),
            ("devices at once", str(row.devices_at_once)),
            ("become assets", ", ".join(row.asset_categories)),
            ("enabled", "yes" if row.is_enabled else "no"),
            ("managed by", "file" if row.is_managed_by_file else "interface"),
            *(("due", moment.isoformat(timespec="minutes")) for moment in due),
        ],
    )


@ranges.command()
@click.argument("name")
@click.argument("include", nargs=-1, required=True)
@click.option("--exclude", multiple=True, help="Never asked; may be repeated.")
@click.option("--site", default="", help="Made when there is none of the name.")
@click.option("--every", "every_minutes", default="", help="Sweep every so many minutes.")
@click.option("--cron", default="", help="Sweep at set times: minute hour day month weekday.")
@click.option("--time-zone", default=None, help="Of the schedule; default: interface.time_zone.")
@click.option("--window-start", default="", help="Local time such as 22:00.")
@click.option("--window-end", default="", help="Local time such as 06:00.")
@click.option("--credential", "credentials", multiple=True, help="In the order of trying.")
@click.option("--packets-per-second", default="500", show_default=True)
@click.option("--devices-at-once", default="50", show_default=True)
@click.option("--asset-category", "asset_categories", multiple=True, help="May be repeated.")
@with_database
def add(name: str, include: tuple[str, ...], **options: Any) -> None:
    """Add a range of networks and addresses, such as 10.0.0.0/24 or fd00::1."""
    from parc.clock import now
    from parc.extensions import transaction
    from parc.services.range_drafts import RangeDraft
    from parc.services.ranges import save_range

    if options["every_minutes"] and options["cron"]:
        raise click.UsageError("give --every or --cron, not both")
    kind = "cron" if options["cron"] else "interval" if options["every_minutes"] else "none"
    options["exclude"] = "\n".join(options["exclude"])
    options["time_zone"] = options["time_zone"] or settings().interface.time_zone
    if not options["asset_categories"]:
        del options["asset_categories"]
    draft = RangeDraft(name=name, include="\n".join(include), schedule_kind=kind, **options)
    with transaction() as session:
        saved = save_range(
            session,
            operator(),
            draft,
            now=now(),
            allow_public=settings().discovery.allow_public_addresses,
        )
    click.echo(f"Range {saved.name} added. Sweep it now: parc sweep {saved.name!r}")


@ranges.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_database
def delete(name: str, *, yes: bool) -> None:
    """Delete a range; its runs, devices and assets stay."""
    from parc.clock import now
    from parc.extensions import reading, transaction
    from parc.queries.ranges import find_range, use_of_range
    from parc.services.ranges import delete_range

    with reading() as session:
        row = find_range(session, name)
        use = use_of_range(session, row.id)
    if not yes:
        touched = f"{use.run_count} run(s) and {use.device_count} device(s) stay without it"
        click.confirm(f"Delete the range {name}? {touched}.", abort=True)
    with transaction() as session:
        delete_range(session, operator(), row.id, now=now())
    click.echo(f"Range {name} deleted.")


@ranges.command()
@click.argument("name")
@with_database
def enable(name: str) -> None:
    """Let a range be swept by its schedule."""
    _switch(name, is_enabled=True)


@ranges.command()
@click.argument("name")
@with_database
def disable(name: str) -> None:
    """Keep a range from being swept by its schedule."""
    _switch(name, is_enabled=False)


def _switch(name: str, *, is_enabled: bool) -> None:
    from parc.clock import now
    from parc.extensions import reading, transaction
    from parc.queries.ranges import find_range
    from parc.services.ranges import enable_range

    with reading() as session:
        row = find_range(session, name)
    with transaction() as session:
        enable_range(session, operator(), row.id, is_enabled=is_enabled, now=now())
    click.echo(f"Range {name} {'enabled' if is_enabled else 'disabled'}.")


def _shortened(include: tuple[str, ...]) -> str:
    rest = f" and {len(include) - 3} more" if len(include) > 3 else ""  # noqa: PLR2004 -- one line
    return ", ".join(include[:3]) + rest
