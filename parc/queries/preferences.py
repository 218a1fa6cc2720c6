"""How a person wants their lists."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import User


def asset_columns(session: Session, user_id: int) -> list[str] | None:
    """Give the columns of the list of assets that a login chose, None for the usual ones."""
    return session.scalar(sa.select(User.asset_columns).where(User.id == user_id))
