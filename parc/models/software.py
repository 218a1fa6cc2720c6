"""Software that was found: every raw name with what it means, our own rules, ends of support."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from parc.models.base import Base, EnumValue
from parc.software.rules import SoftwareKind


class SoftwareTitle(Base):
    """One distinct raw name, publisher, version and architecture, and what the rules make of it.

    The raw texts are never changed; what they mean is made again when the rules change.
    """

    __tablename__ = "software_title"
    __table_args__ = (
        sa.Index(None, "product_id", "version_sort"),
        sa.Index(None, "support_ends_on", "product_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(sa.String(32), unique=True, comment="of the raw texts")
    raw_name: Mapped[str] = mapped_column(sa.String(300), comment="as it was found")
    raw_publisher: Mapped[str | None] = mapped_column(sa.String(255))
    raw_version: Mapped[str | None] = mapped_column(sa.String(100))
    raw_architecture: Mapped[str | None] = mapped_column(sa.String(40))
    product_id: Mapped[int] = mapped_column(
        sa.ForeignKey("software_product.id", ondelete="RESTRICT")
    )
    edition: Mapped[str | None] = mapped_column(sa.String(300))
    version: Mapped[str | None] = mapped_column(sa.String(300), comment="as the rules read it")
    version_sort: Mapped[str] = mapped_column(
        sa.String(200), default="", comment="orders as versions do"
    )
    architecture: Mapped[str | None] = mapped_column(sa.String(40))
    kind: Mapped[SoftwareKind] = mapped_column(EnumValue(SoftwareKind))
    rule: Mapped[str | None] = mapped_column(
        sa.String(60), index=True, comment="that knew it: file and place, or own and id"
    )
    folded_by: Mapped[str] = mapped_column(
        sa.String(16), index=True, comment="print of the rules that folded it; empty: fold again"
    )
    support_ends_on: Mapped[dt.date | None] = mapped_column(comment="of this version")
    installation_count: Mapped[int] = mapped_column(default=0, comment="that are not gone")
    first_seen_at: Mapped[dt.datetime]
    last_seen_at: Mapped[dt.datetime]


class SoftwareRule(Base):
    """A rule of folding that was made in the interface; tried before those that come with Parc."""

    __tablename__ = "software_rule"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    pattern: Mapped[str] = mapped_column(sa.String(200), comment="see parc.software.patterns")
    product: Mapped[str] = mapped_column(sa.String(255))
    publisher: Mapped[str | None] = mapped_column(sa.String(255))
    edition: Mapped[str | None] = mapped_column(sa.String(100))
    kind: Mapped[SoftwareKind] = mapped_column(EnumValue(SoftwareKind))
    is_active: Mapped[bool] = mapped_column(default=True, comment="false: taken back")
    author: Mapped[str] = mapped_column(sa.String(200), comment="kept when the login is deleted")
    created_at: Mapped[dt.datetime]
    taken_back_at: Mapped[dt.datetime | None]


class EndOfSupport(Base):
    """Until when the versions that begin so are supported by their publisher."""

    __tablename__ = "end_of_support"
    __table_args__ = (
        sa.UniqueConstraint(
            *("publisher_folded", "product_folded", "version_prefix"),
            name="uq_end_of_support_version",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    publisher_folded: Mapped[str] = mapped_column(sa.String(255), default="")
    product_folded: Mapped[str] = mapped_column(sa.String(255), index=True)
    publisher: Mapped[str] = mapped_column(sa.String(255), default="")
    product: Mapped[str] = mapped_column(sa.String(255))
    version_prefix: Mapped[str] = mapped_column(
        sa.String(60), default="", comment="whole parts of a version; empty: all versions"
    )
    ends_on: Mapped[dt.date]
    source: Mapped[str] = mapped_column(sa.String(255), comment="who says so")
    sourced_on: Mapped[dt.date] = mapped_column(comment="when it was noted")
    origin: Mapped[str] = mapped_column(sa.String(10), comment="parc, file or online")
