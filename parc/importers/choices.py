"""What a person chose for one import, beside how the file is read."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from parc.importers.formats.amounts import DecimalSign
from parc.importers.formats.dates import DateOrder
from parc.importers.mapping import ColumnMap


class Policy(enum.StrEnum):
    """What rows may do: make records, change those that are there, or both."""

    CREATE = "create"
    UPDATE = "update"
    BOTH = "both"


class Mode(enum.StrEnum):
    """What is applied when rows are refused: nothing, or the good rows only."""

    ALL = "all"
    GOOD_ROWS = "good_rows"


@dataclass(frozen=True, slots=True)
class Choices:
    """The choices of one import.

    Attributes:
        formats: of columns whose cells could be read either way: field to what was chosen.
        key: fields that tell records apart; empty for what fits best.
        clears_blanks: an empty cell empties the field; else it leaves what stands there.
        is_per_seat: rows that say the same are seats of one licence.
        beside: what may be made beside: ``(kind, folded name)``.
        beside_kinds: kinds of which all names may be made beside.
        leaves_out_people: who is not known is left out; else the row is refused.
    """

    columns: ColumnMap
    formats: Mapping[str, DateOrder | DecimalSign] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    policy: Policy = Policy.BOTH
    clears_blanks: bool = False
    is_per_seat: bool = False
    beside: frozenset[tuple[str, str]] = frozenset()
    beside_kinds: frozenset[str] = frozenset()
    leaves_out_people: bool = False
