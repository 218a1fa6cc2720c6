"""Which software needs a licence, and positions of what has none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "software_product",
        sa.Column(
            "licence_need",
            sa.String(40),
            nullable=True,
            comment="as a person says; None: as the table says",
        ),
    )
    op.add_column(
        "software_product",
        sa.Column(
            "usual_need",
            sa.String(40),
            nullable=True,
            comment="as the table that comes with Parc says",
        ),
    )
    op.add_column(
        "product_position",
        sa.Column(
            "is_licensed",
            sa.Boolean(),
            server_default=sa.true(),
            nullable=False,
            comment="a licence of it or of a suite is entered",
        ),
    )


def downgrade() -> None:
    op.drop_column("product_position", "is_licensed")
    op.drop_column("software_product", "usual_need")
    op.drop_column("software_product", "licence_need")
