"""``parc definitions``: checks, lists and tries what is known of platforms."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from collectors.definitions.loader import load_definitions
from parc.cli.context import definitions as load
from parc.cli.identify import report_of_recording
from parc.cli.output import print_json, print_table
from parc.config import find_settings
from parc.errors import ParcError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collectors.definitions.model import Definition, Definitions

_RECORDINGS: Final = (".snmprec", ".txt")
_FOLDER = click.argument(
    "folder",
    required=False,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)


@dataclass(frozen=True, slots=True)
class DefinitionRow:
    """A definition as it is listed; ``is_own`` when it does not come with Parc as it is."""

    id: str
    title: str
    manufacturer: str | None
    category: str | None
    source: str
    is_own: bool


@click.group()
def definitions() -> None:
    """Check, list and try device definitions.

    FOLDER is, when it is left out, the one that discovery.definitions_folder names.
    """


@definitions.command()
@_FOLDER
def check(folder: Path | None) -> None:
    """Read all definitions; every mistake is told with its file and key."""
    known = load(folder)
    own = sum(row.is_own for row in _rows(known))
    click.echo(f"{len(known)} definitions can be used, {own} of them your own.")


@definitions.command("list")
@_FOLDER
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
def list_all(folder: Path | None, *, is_json: bool) -> None:
    """List the platforms that are known."""
    rows = _rows(load(folder))
    if is_json:
        print_json(rows)
        return
    print_table(
        ("ID", "MANUFACTURER", "CATEGORY", "OWN", "TITLE"),
        [
            (
                row.id,
                row.manufacturer or "",
                row.category or "",
                "yes" if row.is_own else "",
                row.title,
            )
            for row in rows
        ],
    )


@definitions.command()
@_FOLDER
def test(folder: Path | None) -> None:
    """Try each definition of FOLDER on the recording beside it.

    The recording of NAME.toml is NAME.snmprec or NAME.txt (snmpwalk -On). Exit code 1 when
    another definition speaks for it, or a field that is to be read stays empty.
    """
    known = load(folder)
    place = folder or _named_folder()
    mine = {path.stem for path in place.glob("*.toml")}
    is_good = True
    for one in known:
        if one.id in mine:
            is_good &= _try(one, place, known)
    if not mine:
        raise ParcError(f"{place} holds no definition.")
    if not is_good:
        raise ParcError("Not every definition reads what it should.")


def _try(definition: Definition, folder: Path, known: Definitions) -> bool:
    """Print what a definition reads of its recording; tell whether that is all it should."""
    paths = (folder / f"{definition.id}{ending}" for ending in _RECORDINGS)
    recording = next((path for path in paths if path.is_file()), None)
    if recording is None:
        click.echo(f"{definition.id}: no recording beside it")
        return True
    identity = report_of_recording(recording, known).identity
    if identity.definition != definition.id:
        click.echo(f"{definition.id}: WRONG: {identity.definition or 'no definition'} speaks")
        return False
    read: Mapping[str, str] = {
        one.field: one.value
        for one in identity.origins
        if one.is_chosen and one.how.definition == definition.id
    }
    missing = [name for name in definition.read if name not in read]
    click.echo(f"{definition.id}: {'WRONG' if missing else 'good'}")
    for name, value in read.items():
        click.echo(f"    {name:<18} {value}")
    for name in missing:
        click.echo(f"    {name:<18} not read")
    return not missing


def _rows(known: Definitions) -> list[DefinitionRow]:
    ours = {one.id: one for one in load_definitions()}
    return [
        DefinitionRow(
            id=one.id,
            title=one.title,
            manufacturer=one.manufacturer,
            category=one.category.value if one.category else None,
            source=one.source,
            is_own=ours.get(one.id) != one,
        )
        for one in known
    ]


def _named_folder() -> Path:
    named = find_settings(os.environ).discovery.definitions_folder
    if not named:
        raise ParcError("Name a folder, or set discovery.definitions_folder.")
    return Path(named)
