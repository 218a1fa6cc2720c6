"""What rows of assets say in the fields that the organisation has added."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from parc.importers.formats.cells import Said
from parc.importers.targets.asset_values import ReadAsset
from parc.importers.targets.target import Found
from parc.models import Asset, CustomField
from parc.queries.custom_fields import read_fields, values_of
from parc.services.custom_values import PREFIX, Cleaned, clean_custom, sort_value

Changed = dict[str, tuple[int, tuple[str | None, str | None]]]


@dataclass(slots=True)
class OwnValues:
    """The fields that a file may have columns for, and what the assets of one part hold in them."""

    _fields: dict[str, CustomField] = field(default_factory=dict)
    _held: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    _made: dict[tuple[int, str], int] = field(default_factory=dict)

    def load(self, session: Session, columns: Collection[str], asset_ids: Collection[int]) -> None:
        """Read the fields, and what the assets hold; nothing where the file has no such column."""
        if not any(name.startswith(PREFIX) for name in columns):
            return
        self._fields = {one.key: one for one in read_fields(session)}
        self._held = values_of(session, asset_ids)

    def take(self, session: Session, read: ReadAsset, line: int, *, clears: bool) -> None:
        """Read what the row says; what cannot be is told."""
        texts: dict[str, str] = {}
        for name, said in read.said.items():
            if name.startswith(PREFIX) and (said is not Said.BLANK or clears):
                text = said.isoformat() if isinstance(said, date) else said
                texts[name.removeprefix(PREFIX)] = text if isinstance(text, str) else ""
        if not texts:
            return
        row = read.row
        category = read.values.get("category") or (row.category if row else None)
        cleaned, problems = clean_custom(session, texts, category, row.id if row else None)
        read.found += [Found(one.field, one.code, one.value) for one in problems]
        keys = {one.id: key for key, one in self._fields.items()}
        read.own = {keys[number]: (number, value) for number, value in cleaned.items()}
        for key, (number, value) in read.own.items():
            if value is not None and self._fields[key].is_unique:
                at = (number, sort_value(self._fields[key].type, value))
                if (first := self._made.setdefault(at, line)) != line:
                    read.found.append(Found(PREFIX + key, "same_in_line", str(first)))

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
