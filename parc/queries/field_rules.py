"""The rules of which source wins, as people left them."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import FieldRule
from parc.precedence import SourceRule, ValueSource, default_rule


def read_rules(session: Session) -> dict[str, SourceRule]:
    """Give the rules of the fields that do not follow the default."""
    return {row.field: _rule(row) for row in session.scalars(sa.select(FieldRule))}


def read_stored(session: Session) -> Mapping[str, FieldRule]:
    """Give the stored rules by field, with who changed them and when."""
    return {row.field: row for row in session.scalars(sa.select(FieldRule))}


def _rule(row: FieldRule) -> SourceRule:
    """Read a rule; a source that it does not name, since it is newer, comes last."""
    known = [ValueSource(word) for word in row.order if word in set(ValueSource)]
    rest = [source for source in default_rule(row.field).order if source not in known]
    return SourceRule((*known, *rest), row.lock, row.lock_days)
