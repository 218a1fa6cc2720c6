"""``parc import KIND FILE``: a dry run of a file of records, and with ``--apply`` the import."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parc.cli.context import box, operator, with_database
from parc.cli.output import print_json
from parc.errors import NotFoundError, ParcError

if TYPE_CHECKING:
    from parc.importers.apply import Task
    from parc.importers.choices import Choices
    from parc.importers.entries import Overview
    from parc.importers.kinds.fields import Kind
    from parc.importers.plan import PlannedLine, Summary
    from parc.importers.reading import Chosen, Reading

_SHOWN = 20
_CHUNK = 1024 * 1024


def _options(command: Callable[..., None]) -> Callable[..., None]:
    """Give the options that all kinds of record share."""
    for option in reversed(
        (
            click.argument("file", type=click.Path(dir_okay=False, allow_dash=True)),
            click.option("--map", "mapping", metavar="NAME", help="Choices that are kept."),
            click.option("--save-map", metavar="NAME", help="Keep these choices under a name."),
            click.option(
                "--column",
                "columns",
                multiple=True,
                metavar="FIELD=HEADING",
                help="Which column a field is; FIELD= for none.",
            ),
            click.option(
                "--set", "constants", multiple=True, metavar="FIELD=TEXT", help="For all rows."
            ),
            click.option(
                "--format",
                "formats",
                multiple=True,
                metavar="FIELD=FORMAT",
                help="day_first or month_first for dates, , or . for decimals.",
            ),
            click.option("--key", metavar="FIELD,…", help="Fields that tell records apart."),
            click.option(
                "--policy",
                type=click.Choice(["create", "update", "both"]),
                help="What rows may do; both without it.",
            ),
            click.option("--clear-blanks", is_flag=True, help="Empty cells empty the field."),
            click.option("--seats", is_flag=True, help="Rows that say the same are seats."),
            click.option(
                "--create",
                "beside",
                multiple=True,
                metavar="KIND",
                help="Make these beside where they are named and not known: place, person …",
            ),
            click.option("--leave-out-people", is_flag=True, help="Leave out who is not known."),
            click.option("--encoding", help="Instead of the one that is found."),
            click.option("--delimiter", help="Instead of the one that is found; tab for a tab."),
            click.option("--sheet", help="Of a workbook; its first without it."),
            click.option("--header-line", type=click.IntRange(1), help="Where the headings are."),
            click.option(
                "--refused",
                type=click.Path(dir_okay=False, writable=True, path_type=Path),
                help="Write the refused rows to this file, with the reason.",
            ),
            click.option("--apply", "is_applied", is_flag=True, help="Import, not only show."),
            click.option(
                "--good-rows", is_flag=True, help="Apply the good rows though others are refused."
            ),
            click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs."),
        )
    ):
        command = option(command)
    return command


@click.command()
@_options
@with_database
def licences(**options: Any) -> None:
    """Import licences from FILE; - reads standard input."""
    run("licences", options)


@click.command()
@_options
@with_database
def assets(**options: Any) -> None:
    """Import assets from FILE; - reads standard input."""
    run("assets", options)


@click.command()
@_options
@with_database
def people(**options: Any) -> None:
    """Import people from FILE; - reads standard input."""
    run("people", options)


@click.command()
@_options
@with_database
def places(**options: Any) -> None:
    """Import places from FILE; - reads standard input."""
    run("places", options)


@click.command()
@_options
@with_database
def contracts(**options: Any) -> None:
    """Import contracts and their lines from FILE; - reads standard input."""
    run("contracts", options)


@click.command()
@_options
@with_database
def suppliers(**options: Any) -> None:
    """Import suppliers from FILE; - reads standard input."""
    run("suppliers", options)


def run(kind_name: str, options: dict[str, Any]) -> None:
    """Show what a file would do, and do it with ``--apply``; ends with 1 when rows are refused."""
    from flask_babel import force_locale

    with _as_file(options["file"]) as path, force_locale("en"):
        task = _task(kind_name, path, options)
        if options["save_map"]:
            _keep(task, options["save_map"])
        lines, summary, change_set, network = _carry_out(task, options)
        refused = [line for line in lines if line.problems]
        if options["refused"] is not None and refused:
            _write_refused(task, refused, options["refused"])
        _tell(task, lines, summary, change_set, network, options)
    if refused:
        raise SystemExit(1)


@contextmanager
def _as_file(name: str) -> Iterator[Path]:
    """Give the file; standard input is put into one first, as far as an import may be long."""
    if name != "-":
        path = Path(name)
        if not path.is_file():
            raise NotFoundError(f"{name}: there is no such file.")
        yield path
        return
    from parc.importers.limits import LIMITS

    with tempfile.NamedTemporaryFile(prefix="parc-import-") as file:
        left = LIMITS.file_octets + 1
        while left > 0 and (part := sys.stdin.buffer.read(min(_CHUNK, left))):
            file.write(part)
            left -= len(part)
        file.flush()
        yield Path(file.name)


def _task(kind_name: str, path: Path, options: dict[str, Any]) -> Task:
    from parc.extensions import reading as database
    from parc.importers.apply import Task
    from parc.importers.entries import look_over
    from parc.importers.mapping import is_known_heading
    from parc.importers.own_fields import kind_named
    from parc.importers.reading import read_file
    from parc.importers.targets.made import TargetSettings

    with database() as session:
        kind = kind_named(session, kind_name)
    kept = _kept(kind_name, options["mapping"])
    reading = read_file(path, is_known_heading, _chosen(kept, options))
    choices = _choices(kind, reading, kept, options)
    title = Path(options["file"]).name if options["file"] != "-" else "stdin"
    target = TargetSettings(box())
    overview = look_over(reading, kind, choices)
    return Task(reading, kind, choices, overview, operator(), title, target)


def _kept(kind_name: str, name: str | None) -> dict[str, Any]:
    if not name:
        return {}
    from parc.extensions import reading
    from parc.services.import_mappings import named_mapping

    with reading() as session:
        return dict(named_mapping(session, kind_name, name).choices)


def _chosen(kept: dict[str, Any], options: dict[str, Any]) -> Chosen:
    from parc.importers.encodings import Encoding
    from parc.importers.kept import chosen_from_json

    chosen = chosen_from_json(kept.get("reading", {}))
    if options["encoding"]:
        if options["encoding"] not in set(Encoding):
            raise click.BadParameter(f"one of {', '.join(Encoding)}", param_hint="--encoding")
        chosen = replace(chosen, encoding=Encoding(options["encoding"]))
    if options["delimiter"]:
        text = "\t" if options["delimiter"] == "tab" else options["delimiter"]
        if len(text) != 1:
            raise click.BadParameter("one sign, or tab", param_hint="--delimiter")
        chosen = replace(chosen, delimiter=text)
    if options["sheet"]:
        chosen = replace(chosen, sheet=options["sheet"])
    if options["header_line"]:
        chosen = replace(chosen, header_line=options["header_line"])
    return chosen


def _choices(
    kind: Kind, reading: Reading, kept: dict[str, Any], options: dict[str, Any]
) -> Choices:
    from parc.importers.choices import Policy
    from parc.importers.kept import choices_from_json, found_choices, read_format
    from parc.importers.mapping import ColumnMap, from_headings

    choices = (
        choices_from_json(kept, kind, reading.headings)
        if kept
        else found_choices(kind, reading.headings)
    )
    fields = {one.name for one in kind.fields}
    columns = dict(choices.columns.columns)
    for name, heading in _pairs("--column", options["columns"], fields):
        columns.pop(name, None)
        if heading:
            place = from_headings({name: heading}, reading.headings)
            if not place:
                raise click.BadParameter(f"no column {heading!r}", param_hint="--column")
            columns = {n: p for n, p in columns.items() if p != place[name]} | place
    constants = dict(choices.columns.constants)
    constants |= dict(_pairs("--set", options["constants"], fields))
    formats = dict(choices.formats)
    for name, text in _pairs("--format", options["formats"], fields):
        how = read_format(text)
        if how is None:
            raise click.BadParameter(f"{text!r} is no format", param_hint="--format")
        formats[name] = how
    key = tuple((options["key"] or "").replace(" ", "").split(",")) if options["key"] else None
    if key and not fields.issuperset(key):
        raise click.BadParameter(f"fields of {kind.name}", param_hint="--key")
    return replace(
        choices,
        columns=ColumnMap(columns, constants),
        formats=formats,
        key=key or choices.key,
        policy=Policy(options["policy"]) if options["policy"] else choices.policy,
        clears_blanks=options["clear_blanks"] or choices.clears_blanks,
        is_per_seat=options["seats"] or choices.is_per_seat,
        beside_kinds=choices.beside_kinds | set(options["beside"]),
        leaves_out_people=options["leave_out_people"] or choices.leaves_out_people,
    )


def _pairs(option: str, texts: Sequence[str], fields: set[str]) -> Iterator[tuple[str, str]]:
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or name not in fields:
            known = ", ".join(sorted(fields))
            raise click.BadParameter(f"{text!r}: FIELD is one of {known}", param_hint=option)
        yield name, value


def _keep(task: Task, name: str) -> None:
    from parc.clock import now
    from parc.extensions import transaction
    from parc.importers.kept import choices_to_json, for_a_name
    from parc.importers.mapping import signature
    from parc.services.import_mappings import save_mapping

    headings = task.reading.headings
    with transaction() as session:
        save_mapping(
            session,
            task.actor,
            kind=task.kind.name,
            name=name,
            signature=signature(task.kind, headings),
            choices=choices_to_json(for_a_name(task.choices), headings),
            at=now(),
        )


def _carry_out(
    task: Task, options: dict[str, Any]
) -> tuple[list[PlannedLine], Summary, int | None, dict[str, Any]]:
    """Plan or apply; gives the lines worth telling, the counts, the act, what the network knows."""
    from parc.clock import now
    from parc.extensions import reading, transaction
    from parc.importers.apply import Steps, apply_import, plan_lines
    from parc.importers.choices import Mode
    from parc.importers.network import NetworkFacts
    from parc.importers.plan import LineAction, Summary

    if options["is_applied"]:
        mode = Mode.GOOD_ROWS if options["good_rows"] else Mode.ALL
        done = apply_import(task, Steps(transaction, now), mode, reading=reading)
        return list(done.refused), done.summary, done.change_set_id, {}
    summary, facts = Summary(), NetworkFacts()
    kept: list[PlannedLine] = []
    counts = dict.fromkeys(LineAction, 0)
    for line in plan_lines(task, reading, facts):
        summary.add(line)
        counts[line.action] += 1
        if line.problems or (
            line.action in {LineAction.NEW, LineAction.CHANGED} and counts[line.action] <= _SHOWN
        ):
            kept.append(line)
    with reading() as session:
        return kept, summary, None, facts.to_json(session)


def _write_refused(task: Task, refused: Sequence[PlannedLine], path: Path) -> None:
    from parc.importers.refused import refused_csv
    from parc.web.import_words import problem_text

    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.writelines(refused_csv(task.reading, refused, problem_text))


def _tell(
    task: Task,
    lines: Sequence[PlannedLine],
    summary: Summary,
    change_set: int | None,
    network: dict[str, Any],
    options: dict[str, Any],
) -> None:
    from parc.web.import_words import problem_text

    if options["is_json"]:
        print_json(
            {
                "counts": {action.value: count for action, count in summary.counts.items()},
                "rows": summary.rows,
                "change_set": change_set,
                "skipped": [{"line": o.line, "reason": o.reason} for o in task.overview.skipped],
                "network": network,
                "beside": [[*one, count] for one, count in summary.beside.items()],
                "lines": [
                    {
                        "lines": line.lines,
                        "action": line.action.value,
                        "label": line.label,
                        "changes": {k: [str(a), str(b)] for k, (a, b) in line.changes.items()},
                        "problems": line.problems,
                    }
                    for line in lines
                ],
            }
        )
        return
    _tell_reading(task.reading, task.overview, task)
    for line in lines:
        number = ", ".join(map(str, line.lines[:5])) + (" …" if len(line.lines) > 5 else "")  # noqa: PLR2004
        click.echo(f"line {number}: {line.action.value} {line.label}".rstrip())
        for name, (before, after) in line.changes.items():
            click.echo(f"    {name}: {_shown(before)} -> {_shown(after)}")
        for problem in line.problems:
            where = f"{problem.heading or problem.field}: " if problem.field else ""
            click.echo(f"    {where}{problem_text(problem)}")
    for (kind, name), count in summary.beside.items():
        click.echo(f"not known yet: {kind} {name} ({count} row(s))")
    _tell_network(network)
    counts = ", ".join(f"{count} {action.value}" for action, count in summary.counts.items())
    click.echo(f"{summary.rows} row(s): {counts}.")
    if change_set is not None:
        click.echo(f"Applied; 'parc changes undo {change_set}' takes it back.")
    elif options["is_applied"]:
        click.echo("Nothing was written.")
    else:
        click.echo("--apply imports it.")


def _tell_network(network: dict[str, Any]) -> None:
    for name, bought, seen in network.get("products", ()):
        seats = "unlimited" if bought is None else bought
        click.echo(f"{name}: {seats} seat(s) bought, {seen} installation(s) seen")
    if told := network.get("serials"):
        click.echo(
            f"{told['named']} serial number(s): {told['assets']} of assets, "
            f"{told['seen']} seen on the network, {told['only_seen']} of them of no asset yet"
        )
    if told := network.get("machines"):
        click.echo(
            f"{told['named']} machine(s) named for seats: {told['assets']} exist, "
            f"{told['by_serial']} by serial number"
        )


def _tell_reading(reading: Reading, overview: Overview, task: Task) -> None:
    what = reading.sheet or f"{reading.encoding}, separator {reading.delimiter!r}"
    click.echo(f"{reading.kind.value}, {what}, headings in line {reading.header_line}")
    named = {place: name for name, place in task.choices.columns.columns.items()}
    for place, heading in enumerate(reading.headings):
        if heading:
            how = overview.formats.get(named.get(place, ""))
            word = (how.order or how.sign or "") if how else ""
            sure = " (assumed: no cell tells; see --format)" if how and how.is_assumed else ""
            click.echo(f"  {heading}: {named.get(place, 'not taken')} {word}{sure}".rstrip())
    click.echo(f"  key: {', '.join(overview.key) or 'none'}")
    for one in overview.skipped:
        if one.reason != "blank":
            click.echo(f"line {one.line}: no record ({one.reason.value})")
    seats = overview.seats
    if seats.is_likely:
        click.echo(
            f"{seats.repeated} row(s) say what others say but for who holds it: one row a licence "
            f"gives {seats.rows}, one row a seat (--seats) gives {seats.groups}."
        )


def _shown(value: object) -> str:
    text = getattr(value, "value", value)
    return "-" if text is None else str(text)[:80]


__all__ = ["ParcError", "assets", "contracts", "licences", "people", "places", "run", "suppliers"]
