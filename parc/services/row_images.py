"""Rows as they were before and after an act, and how they are kept.

An image names only the columns that changed; of a row that came or went, all of them.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from parc.models import Base
from parc.models.base import Money, UtcDateTime

# Tables whose rows an act may change; everything else (evidence, what was learned on ports, jobs)
# is no decision of anybody, and stays when an act is undone.
TRACKED: Final = frozenset(
    {
        "location",
        "wall_outlet",
        "department",
        "person",
        "tag_pattern",
        "asset",
        "movement",
        "asset_field",
        "difference",
        "merged_asset",
        "custom_value",
        "device",
        "interface",
        "component",
        "supply",
        "storage",
        "service",
        "life_count",
        "tray",
        "battery",
        "outlet",
        "installation",
        "managed_device",
        "host_entry",
        "category_sign",
        "switch_port",
        "attachment",
        "neighbor",
        "observation",
        "incident_asset",
        "supplier",
        "supplier_contact",
        "document",
        "contract",
        "contract_period",
        "contract_line",
        "contract_rule",
        "coverage",
        "publisher",
        "software_product",
        "entitlement",
        "entitlement_period",
        "entitlement_key",
        "allocation",
        "allocation_rule",
    }
)
# Made again from the others, or too large to keep and never changed.
UNTRACKED_COLUMNS: Final = frozenset(
    {
        ("asset", "search_text"),
        ("asset", "covered_until"),
        ("observation", "body"),
        ("installation", "title_id"),
        ("installation", "retitled_at"),
        ("installation", "version_before"),
        ("software_product", "kind"),
        ("software_product", "usual_need"),
        ("software_product", "machine_count"),
        ("software_product", "first_seen_at"),
        ("software_product", "last_seen_at"),
        ("software_product", "removed_at"),
    }
)

Row = dict[str, Any]
Key = tuple[str, tuple[Any, ...]]


@dataclass(slots=True)
class RowImage:
    """One row of an act; ``before`` is None for one that it made, ``after`` for one it deleted."""

    before: Row | None
    after: Row | None

    def then(self, later: RowImage) -> RowImage:
        """Give both changes of a row as one."""
        before = self.before
        if before is not None and later.before is not None:
            before = {**later.before, **before}
        after = later.after
        if after is not None and self.after is not None:
            after = {**self.after, **after}
        return RowImage(before, after)

    @property
    def is_nothing(self) -> bool:
        """Tell whether the row is as it was."""
        return self.before == self.after


def table_named(name: str) -> sa.Table:
    """Give a table by its name."""
    return Base.metadata.tables[name]


def stored(row: Mapping[str, Any]) -> Row:
    """Give values as JSON takes them."""
    return {name: _stored(value) for name, value in row.items()}


def loaded(table: sa.Table, row: Mapping[str, Any]) -> Row:
    """Give values as the columns take them."""
    return {name: _loaded(table.c[name], value) for name, value in row.items()}


def pack(images: Iterable[tuple[Key, RowImage]]) -> bytes:
    """Give images as they are kept."""
    rows = [[table, list(key), one.before, one.after] for (table, key), one in images]
    return zlib.compress(json.dumps(rows, separators=(",", ":"), ensure_ascii=False).encode())


def unpack(body: bytes) -> Iterator[tuple[Key, RowImage]]:
    """Give back what ``pack`` has made."""
    for table, key, before, after in json.loads(zlib.decompress(body)):
        yield (table, tuple(key)), RowImage(before, after)


def _stored(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    value = getattr(value, "value", value)
    return list(value) if isinstance(value, tuple) else value


def _loaded(column: sa.Column[Any], value: Any) -> Any:
    if isinstance(value, str):
        if isinstance(column.type, UtcDateTime):
            return datetime.fromisoformat(value)
        if isinstance(column.type, sa.Date):
            return date.fromisoformat(value)
        if isinstance(column.type, sa.Time):
            return time.fromisoformat(value)
        if isinstance(column.type, Money):
            return Decimal(value)
    return value


def as_row(one: Base) -> Row:
    """Give a row as JSON takes it."""
    names = [attribute.key for attribute in sa.inspect(type(one)).column_attrs]
    table = one.__tablename__
    return stored({n: getattr(one, n) for n in names if (table, n) not in UNTRACKED_COLUMNS})
