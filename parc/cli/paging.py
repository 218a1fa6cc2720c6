"""How commands read lists that pages show part by part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from parc.queries.keyset import Cursor, Page

_SIZE = 1_000


def read_rows(read: Callable[[Cursor | None, int], Page], limit: int | None = None) -> list[Any]:
    """Read a list from its beginning: all of it, or at most ``limit`` rows."""
    rows: list[Any] = []
    cursor = None
    while limit is None or len(rows) < limit:
        page = read(cursor, _SIZE if limit is None else min(_SIZE, limit - len(rows)))
        rows += page.rows
        cursor = page.next
        if cursor is None:
            break
    return rows
