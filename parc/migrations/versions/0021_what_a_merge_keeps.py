"""What a merge keeps, so that a split gives both records back as they were."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    kept = sa.Column(
        "kept", _JSON, nullable=True, comment="both records before, and what hung on the ended one"
    )
    op.add_column("merged_asset", kept)


def downgrade() -> None:
    op.drop_column("merged_asset", "kept")
