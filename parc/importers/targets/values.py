"""Reading of planned values that all targets share."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from parc.importers.formats.cells import Said
from parc.importers.kinds.fields import Kind
from parc.importers.targets.target import Found
from parc.importers.values import Value

T = TypeVar("T")
_PART = 500


def text_of(values: Mapping[str, Value], name: str) -> str:
    """Give the text of a field; empty when it is blank or has no column."""
    value = values.get(name)
    return value if isinstance(value, str) else ""


def day_of(values: Mapping[str, Value], name: str) -> date | None:
    """Give the date of a field; None when it is blank, never comes, or has no column."""
    value = values.get(name)
    return value if isinstance(value, date) else None


def given(values: Mapping[str, Value], names: Iterable[str], *, clears: bool) -> dict[str, Any]:
    """Give the values that shall be written: blanks as None where they clear, else not at all."""
    found: dict[str, Any] = {}
    for name in names:
        value = values.get(name, Said.BLANK)
        if value is Said.NEVER:
            found[name] = None
        elif value is not Said.BLANK:
            found[name] = value
        elif clears and name in values:
            found[name] = None
    return found


def missing(kind: Kind, values: Mapping[str, Value]) -> list[Found]:
    """Tell which fields a new record lacks."""
    return [
        Found(names[0], "required")
        for names in kind.needs
        if all(isinstance(values.get(name, Said.BLANK), Said) for name in names)
    ]


def parts(items: Collection[T] | Sequence[T], size: int = _PART) -> Iterator[list[T]]:
    """Give items in parts, each for one question to the database."""
    ordered = list(items)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
