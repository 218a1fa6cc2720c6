"""What must hold of values in the organisation's own fields; looked at by ``parc doctor``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import CustomField, CustomValue
from parc.queries.custom_fields import read_fields
from parc.reconcile.invariants import Finding
from parc.services.custom_values import read_value, sort_value

_PART: Final = 1_000
_REMEDY: Final = "It was written past Parc: set the value again, or empty the field."


def examine_custom_values(session: Session) -> list[Finding]:
    """Find values that their field could not have taken, and what lists would sort wrongly by."""
    fields = {field.id: field for field in read_fields(session, has_archived=True)}
    return list(_broken(session, fields))


def _broken(session: Session, fields: dict[int, CustomField]) -> Iterator[Finding]:
    rows = sa.select(
        CustomValue.asset_id,
        CustomValue.field_id,
        CustomValue.value,
        CustomValue.sort_value,
        CustomValue.unique_value,
    ).order_by(CustomValue.id)
    for asset_id, field_id, value, sort, unique in session.execute(rows).yield_per(_PART):
        field = fields[field_id]
        detail = ""
        if read_value(field, value) != value:
            detail = f"{value[:40]} is no {field.type.value}"
        elif sort != sort_value(field.type, value):
            detail = "it sorts as another value"
        elif unique != (sort if field.is_unique else None):
            detail = "its mark of uniqueness is not that of the field"
        if detail:
            yield Finding("own_field", f"asset {asset_id}, {field.key}", detail, _REMEDY)
