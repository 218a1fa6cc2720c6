"""What must hold of what sources said of devices; looked at by ``parc doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Device, ValueSource
from parc.reconcile.invariants import Finding
from parc.told_values import SHARED_FIELDS, read_heard, read_words

_MOST: Final = 100
_REMEDY: Final = (
    "It was written past Parc: restore it from a backup, or empty the columns heard and words of "
    "the device; its next readings fill them."
)


def examine_words(session: Session) -> list[Finding]:
    """Find words of nobody or of no field, and sources that spoke and were never heard."""
    query = sa.select(Device.id, Device.last_seen_at, Device.heard, Device.words)
    found = []
    for row in session.execute(query.order_by(Device.id).execution_options(yield_per=1000)):
        detail = next(_faults(row.heard, row.words, row.last_seen_at), None)
        if detail is not None:
            found.append(Finding("words", f"device {row.id}", detail, _REMEDY))
    return found[:_MOST]


def _faults(heard: Any, words: Any, last_seen_at: datetime) -> Iterator[str]:
    for name, stored in (("heard", heard), ("words", words)):
        if stored is not None and not (
            isinstance(stored, dict) and set(stored) <= set(ValueSource)
        ):
            yield f"{name} names what is no source"
            return
    try:
        said, moments = read_words(words), read_heard(heard)
    except (TypeError, ValueError):
        yield "heard or words cannot be read"
        return
    for source, one in said.items():
        if unknown := sorted(set(one) - set(SHARED_FIELDS)):
            yield f"{source} says {unknown[0]}, which is no field"
        if source not in moments:
            yield f"{source} has words and was never heard"
    for source, at in moments.items():
        if at > last_seen_at:
            yield f"{source} was heard after the device was seen last"
