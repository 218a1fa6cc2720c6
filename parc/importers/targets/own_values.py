"""What rows of assets say in the fields that the organisation has added."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from parc.importers.entries import Entry
from parc.importers.formats.cells import Said
from parc.importers.targets.asset_values import ReadAsset
from parc.importers.targets.target import Found
from parc.importers.targets.values import parts
from parc.importers.values import Value
from parc.models import Asset, CustomField
from parc.queries.custom_fields import read_fields, values_of
from parc.services.custom_values import (
    PREFIX,
    Cleaned,
    holders_of,
    read_custom,
    read_value,
    sort_value,
)

Changed = dict[str, tuple[int, tuple[str | None, str | None]]]


@dataclass(slots=True)
class OwnValues:
    """The fields that a file may have columns for, and what the assets of one part hold in them."""

    _fields: dict[str, CustomField] = field(default_factory=dict)
    _held: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    _holders: dict[tuple[int, str], list[int]] = field(default_factory=dict)
    _made: dict[tuple[int, str], int] = field(default_factory=dict)

    def load(
        self,
        session: Session,
        columns: Collection[str],
        entries: Sequence[Entry],
        asset_ids: Collection[int],
    ) -> None:
        """Read the fields, what the assets hold and who holds values that may be there once.

        Nothing where the file has no such column.
        """
        if not any(name.startswith(PREFIX) for name in columns):
            return
        self._fields = {one.key: one for one in read_fields(session)}
        self._held = values_of(session, asset_ids)
        self._holders = {}
        for one in self._fields.values():
            if not one.is_unique or PREFIX + one.key not in columns:
                continue
            texts = {_text(entry.values.get(PREFIX + one.key)) for entry in entries}
            values = {value for text in texts if (value := read_value(one, text)) is not None}
            for part in parts(values):
                for text, ids in holders_of(session, one, part).items():
                    self._holders[one.id, text] = ids

    def take(self, read: ReadAsset, line: int, *, clears: bool) -> None:
        """Read what the row says; what cannot be is told."""
        texts = {
            name.removeprefix(PREFIX): _text(said)
            for name, said in read.said.items()
            if name.startswith(PREFIX) and (said is not Said.BLANK or clears)
        }
        if not texts:
            return
        row = read.row
        category = read.values.get("category") or (row.category if row else None)
        cleaned, problems = read_custom(self._fields, texts, category)
        read.found += [Found(one.field, one.code, one.value) for one in problems]
        keys = {one.id: key for key, one in self._fields.items()}
        read.own = {keys[number]: (number, value) for number, value in cleaned.items()}
        read.found += self._taken(read, line)

    def _taken(self, read: ReadAsset, line: int) -> Iterator[Found]:
        """Find values that may be there once on another asset, or in a line before."""
        own = read.row.id if read.row else None
        for key, (number, value) in read.own.items():
            if value is None or not self._fields[key].is_unique:
                continue
            at = (number, sort_value(self._fields[key].type, value))
            if any(holder != own for holder in self._holders.get(at, ())):
                yield Found(PREFIX + key, "taken", value[:60])
            if (first := self._made.setdefault(at, line)) != line:
                yield Found(PREFIX + key, "same_in_line", str(first))

    def changed(self, read: ReadAsset, row: Asset) -> Changed:
        """Give by key what stands there and what shall, with the id of the field."""
        held = self._held.get(row.id, {})
        return {
            key: (number, (held.get(key), value))
            for key, (number, value) in read.own.items()
            if held.get(key) != value
        }

    def texts(self, own: Cleaned) -> dict[str, str]:
        """Give values by key, as the service that changes an asset takes them."""
        keys = {one.id: key for key, one in self._fields.items()}
        return {keys[number]: value or "" for number, value in own.items()}


def _text(said: Value | None) -> str:
    """Give what a cell says as it is typed into a form; blank where it says nothing."""
    if isinstance(said, date):
        return said.isoformat()
    return said if isinstance(said, str) else ""
