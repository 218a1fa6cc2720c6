"""What labels say of assets, and which asset a label names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Asset

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class LabelRow:
    """One asset, as its label names it."""

    asset_id: int
    asset_tag: str
    name: str
    manufacturer: str | None
    model_name: str | None

    @property
    def model(self) -> str:
        """Give manufacturer and model, as far as they are known."""
        return " ".join(filter(None, (self.manufacturer, self.model_name)))


_COLUMNS = (Asset.id, Asset.asset_tag, Asset.name, Asset.manufacturer, Asset.model_name)


def label_rows(session: Session, ids: Sequence[int]) -> list[LabelRow]:
    """Give the assets of these ids that there are, in the order of their tags."""
    rows: list[LabelRow] = []
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        rows += [
            LabelRow(*row)
            for row in session.execute(sa.select(*_COLUMNS).where(Asset.id.in_(part)))
        ]
    return sorted(rows, key=lambda row: row.asset_tag)


def asset_of_tag(session: Session, tag: str) -> LabelRow | None:
    """Give the asset with this tag; upper and lower case do not matter to who types it."""
    exact = session.execute(sa.select(*_COLUMNS).where(Asset.asset_tag == tag)).one_or_none()
    if exact is None:
        same = sa.func.lower(Asset.asset_tag) == tag.lower()
        found = session.execute(sa.select(*_COLUMNS).where(same).limit(2)).all()
        exact = found[0] if len(found) == 1 else None
    return LabelRow(*exact) if exact else None
