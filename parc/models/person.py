"""People and the departments that they belong to; a person may have no login."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base


class Department(Base):
    """A part of the organisation (French: service); a tree, as places are."""

    __tablename__ = "department"
    __table_args__ = (
        sa.UniqueConstraint("parent_id", "name"),
        sa.Index(
            "uq_department_root_name",
            "name",
            unique=True,
            sqlite_where=sa.text("parent_id IS NULL"),
            postgresql_where=sa.text("parent_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("department.id", ondelete="RESTRICT"), index=True
    )
    name: Mapped[str] = mapped_column(sa.String(200))


class Person(Base):
    """Whoever uses or holds assets (French: personne)."""

    __tablename__ = "person"
    __table_args__ = (
        sa.Index(None, "name", "id"),
        sa.Index(None, "department_id", "id"),
        sa.Index(None, "site_id", "id"),
        sa.Index(None, "left_on", "id"),
        {"sqlite_autoincrement": True},  # an id is never given to another
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(200))
    email: Mapped[str | None] = mapped_column(
        sa.String(254), unique=True, comment="folded to lower case"
    )
    phone: Mapped[str | None] = mapped_column(sa.String(60))
    department_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("department.id", ondelete="RESTRICT")
    )
    manager_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("person.id", ondelete="SET NULL"), index=True
    )
    site_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("location.id", ondelete="RESTRICT"), comment="place of work"
    )
    arrived_on: Mapped[dt.date | None]
    left_on: Mapped[dt.date | None]
    external_id: Mapped[str | None] = mapped_column(
        sa.String(120), unique=True, comment="number in the directory or the payroll"
    )
    notes: Mapped[str | None]
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]
    search_text: Mapped[str] = mapped_column(
        default="", comment="lower case, no accents: name, e-mail, external id, phone"
    )
