"""How many entries are to do, as the menu shows it; counted again every few seconds only."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import cast

from flask import current_app

from parc.extensions import db
from parc.queries.inbox import COUNT_LIMIT, open_count
from parc.web.access import sight
from parc.web.context import now
from parc.web.formats import format_number

_EXTENSION = "parc_inbox_count"
_KEPT = timedelta(seconds=15)


def count_text() -> str:
    """Write how many entries are to do; nothing for none."""
    count = _count()
    if not count:
        return ""
    return f"{format_number(COUNT_LIMIT)}+" if count > COUNT_LIMIT else format_number(count)


def forget_count() -> None:
    """Count again at the next page, after a decision that the person must see."""
    current_app.extensions.pop(_EXTENSION, None)


def _count() -> int:
    moment = now()
    known = cast(
        "dict[int | None, tuple[datetime, int]]", current_app.extensions.setdefault(_EXTENSION, {})
    )
    kept = known.get(sight())
    if kept is not None and timedelta(0) <= moment - kept[0] < _KEPT:
        return kept[1]
    count = open_count(db.session(), moment)
    for session, (counted_at, _count_then) in list(known.items()):
        if not timedelta(0) <= moment - counted_at < _KEPT:
            known.pop(session, None)
    known[sight()] = (moment, count)
    return count
