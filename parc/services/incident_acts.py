"""What is done to many incidents at once, kept as one act that can be undone as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from parc.models import ChangeSet, ChangeSetKind
from parc.services.actor import Actor
from parc.services.change_sets import recording

# Rows of incidents are kept of these acts alone: what a run does to its drafts, the next run mends.
_ROWS: Final = frozenset({"incident", "incident_link"})


@contextmanager
def as_one_act(
    session: Session, actor: Actor, code: str, at: datetime, **words: Any
) -> Iterator[ChangeSet | None]:
    """Record what is done to incidents inside; within another act it is a part of that.

    Args:
        code: what is done, with the words that its text names.

    Yields:
        The act; None within another.
    """
    title = {"code": f"incidents_{code}", **words}
    with recording(session, actor, ChangeSetKind.INCIDENTS, title, at, tables=_ROWS) as act:
        yield act
