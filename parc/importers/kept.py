"""Choices as JSON, to be kept with an import or under a name, and taken up again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from parc.importers.choices import Choices, Policy
from parc.importers.encodings import Encoding
from parc.importers.formats.amounts import DecimalSign
from parc.importers.formats.dates import DateOrder
from parc.importers.kinds.fields import Kind
from parc.importers.mapping import ColumnMap, as_headings, find_columns, from_headings
from parc.importers.reading import Chosen


def choices_to_json(choices: Choices, headings: Sequence[str]) -> dict[str, Any]:
    """Give choices as they are kept: columns by their headings."""
    return {
        "columns": as_headings(choices.columns.columns, headings),
        "constants": dict(choices.columns.constants),
        "formats": {name: how.value for name, how in choices.formats.items()},
        "key": list(choices.key),
        "policy": choices.policy.value,
        "clears_blanks": choices.clears_blanks,
        "is_per_seat": choices.is_per_seat,
        "beside": sorted(map(list, choices.beside)),
        "beside_kinds": sorted(choices.beside_kinds),
        "leaves_out_people": choices.leaves_out_people,
    }


def choices_from_json(kept: Mapping[str, Any], kind: Kind, headings: Sequence[str]) -> Choices:
    """Give kept choices for a file; what it has no column for, or no field is, is left out."""
    fields = {one.name for one in kind.fields}
    columns = from_headings(kept.get("columns", {}), headings)
    constants = dict(kept.get("constants", {}))
    return Choices(
        columns=ColumnMap(
            {name: place for name, place in columns.items() if name in fields},
            {name: text for name, text in constants.items() if name in fields},
        ),
        formats={
            name: how
            for name, text in kept.get("formats", {}).items()
            if name in fields and (how := read_format(text)) is not None
        },
        key=tuple(name for name in kept.get("key", ()) if name in fields),
        policy=Policy(kept.get("policy", Policy.BOTH)),
        clears_blanks=bool(kept.get("clears_blanks")),
        is_per_seat=bool(kept.get("is_per_seat")),
        beside=frozenset((str(k), str(name)) for k, name in kept.get("beside", ())),
        beside_kinds=frozenset(kept.get("beside_kinds", ())),
        leaves_out_people=bool(kept.get("leaves_out_people")),
    )


def found_choices(kind: Kind, headings: Sequence[str]) -> Choices:
    """Give what headings alone say: the columns that are known."""
    return Choices(ColumnMap(find_columns(kind, headings)))


def for_a_name(choices: Choices) -> Choices:
    """Give the choices that hold for the next file too: not which names are made beside."""
    return replace(choices, beside=frozenset())


def read_format(text: str) -> DateOrder | DecimalSign | None:
    """Read a format of a column; None for what is none."""
    for words in (DateOrder, DecimalSign):
        if text in set(words):
            return words(text)
    return None


def chosen_to_json(chosen: Chosen) -> dict[str, Any]:
    """Give what was set about the reading, as it is kept."""
    return {
        "encoding": chosen.encoding.value if chosen.encoding else None,
        "delimiter": chosen.delimiter,
        "sheet": chosen.sheet,
        "header_line": chosen.header_line,
    }


def chosen_from_json(kept: Mapping[str, Any]) -> Chosen:
    """Give what was set about the reading."""
    encoding = kept.get("encoding")
    return Chosen(
        encoding=Encoding(encoding) if encoding else None,
        delimiter=kept.get("delimiter"),
        sheet=kept.get("sheet"),
        header_line=kept.get("header_line"),
    )
