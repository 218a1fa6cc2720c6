"""Records that were merged into another: their labels still lead to the machine."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base, Json


class MergedAsset(Base):
    """One asset that is another's record now; its own row is gone."""

    __tablename__ = "merged_asset"

    id: Mapped[int] = mapped_column(
        primary_key=True, autoincrement=False, comment="of the asset that was merged"
    )
    asset_id: Mapped[int] = mapped_column(
        sa.ForeignKey("asset.id", ondelete="CASCADE"), index=True, comment="which has it now"
    )
    asset_tag: Mapped[str] = mapped_column(sa.String(60), unique=True)
    name: Mapped[str] = mapped_column(sa.String(255))
    device_ids: Mapped[list[int]] = mapped_column(
        Json, comment="devices that it had, for a split that gives it back"
    )
    person_values: Mapped[dict[str, Any]] = mapped_column(
        Json, comment="what people had typed into it"
    )
    kept: Mapped[dict[str, Any] | None] = mapped_column(
        Json,
        comment="both records before, and what hung on the ended one",
    )
    merged_at: Mapped[datetime]
