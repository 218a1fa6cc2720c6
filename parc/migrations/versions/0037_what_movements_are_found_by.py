"""What was said of a movement, folded, so that a search finds it."""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_SAID = (
    *("reason", "cancelled_reason", "counterparty", "order_number", "accessories", "condition"),
    *("destination", "certificate_number", "slip_number"),
)
_CHARACTERS = 500
_AT_ONCE = 1_000


def upgrade() -> None:
    with op.batch_alter_table("movement", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column(
                "search_text",
                sa.String(_CHARACTERS),
                nullable=True,
                comment="lower case, no accents: what was said; None: nothing",
            )
        )
        batch_op.create_index(
            "ix_movement_said",
            ["search_text"],
            sqlite_where=sa.text("search_text IS NOT NULL"),
            postgresql_where=sa.text("search_text IS NOT NULL"),
        )
    _fill()


def downgrade() -> None:
    with op.batch_alter_table("movement", schema=None) as batch_op:
        batch_op.drop_index("ix_movement_said")
    op.execute("ALTER TABLE movement DROP COLUMN search_text")


def _fill() -> None:
    names = ("id", *_SAID, "search_text")
    table = sa.table("movement", *(sa.column(name) for name in names))
    said = sa.or_(*(table.c[name].is_not(None) for name in _SAID))
    columns = [table.c[name] for name in names[:-1]]
    last = 0
    while True:
        page = sa.select(*columns).where(table.c.id > last, said).order_by(table.c.id)
        rows = op.get_bind().execute(page.limit(_AT_ONCE)).all()
        if not rows:
            return
        last = rows[-1].id
        texts = [
            {"number": row[0], "text": _folded(" ".join(filter(None, row[1:])))[:_CHARACTERS]}
            for row in rows
        ]
        statement = sa.update(table).where(table.c.id == sa.bindparam("number"))
        op.get_bind().execute(statement.values(search_text=sa.bindparam("text")), texts)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in plain if not unicodedata.combining(sign))
