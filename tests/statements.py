"""What a block of code asks of the database: the statements with their bound values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from parc.extensions import db


@contextmanager
def statements() -> Iterator[list[str]]:
    """Give a list that fills with the text of each statement, without its values."""
    seen: list[str] = []

    def note(*arguments: Any) -> None:
        seen.append(str(arguments[2]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
