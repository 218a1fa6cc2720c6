"""Logins, their server-side sessions, one-time links and failed attempts."""

from __future__ import annotations

import enum
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from parc.models.base import Base, EnumValue


class Role(enum.StrEnum):
    """What a login may do; the table of rights is in ``services/permissions.py``."""

    REQUESTER = "requester"
    READ_ONLY = "read_only"
    TECHNICIAN = "technician"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"


class User(Base):
    """A login (French: compte); not the same as a person who holds assets."""

    __tablename__ = "user"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(sa.String(100), unique=True, comment="folded to lower case")
    display_name: Mapped[str] = mapped_column(sa.String(200))
    password_hash: Mapped[str | None] = mapped_column(sa.String(255), comment="argon2id")
    role: Mapped[Role] = mapped_column(EnumValue(Role))
    language: Mapped[str | None] = mapped_column(sa.String(8), comment="None: as the browser asks")
    colour_scheme: Mapped[str] = mapped_column(
        sa.String(8), default="auto", comment="auto, light or dark"
    )
    asset_columns: Mapped[list[str] | None] = mapped_column(comment="chosen columns of the list")
    has_shortcuts: Mapped[bool] = mapped_column(default=True, comment="single-letter keys on")
    is_active: Mapped[bool] = mapped_column(default=True)
    person_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("person.id", ondelete="SET NULL"), unique=True, comment="whose login it is"
    )
    created_at: Mapped[datetime]
    last_sign_in_at: Mapped[datetime | None]
    sessions: Mapped[list[UserSession]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )


class UserPlace(Base):
    """A place that a login is limited to, with all that lies in it; none: it sees everything."""

    __tablename__ = "user_place"

    user_id: Mapped[int] = mapped_column(
        sa.ForeignKey("user.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    location_id: Mapped[int] = mapped_column(
        # A place that limits somebody stays: without it the login would see everything.
        sa.ForeignKey("location.id", ondelete="RESTRICT"),
        primary_key=True,
        autoincrement=False,
        index=True,
    )


class UserSession(Base):
    """One signed-in browser; only the hash of its token is stored."""

    __tablename__ = "user_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True, comment="SHA-256, hex")
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    address: Mapped[str | None] = mapped_column(sa.String(45))
    user: Mapped[User] = relationship(back_populates="sessions")


class SignInLink(Base):
    """A link that signs in once (first start, demo); only its hash is stored."""

    __tablename__ = "sign_in_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(sa.String(64), unique=True, comment="SHA-256, hex")
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SignInFailure(Base):
    """A failed sign-in, counted by login and by address to slow guessing down."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        sa.Index(None, "login", "failed_at"),
        sa.Index(None, "address", "failed_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(sa.String(100), comment="as typed, folded and cut")
    address: Mapped[str] = mapped_column(sa.String(45))
    failed_at: Mapped[datetime]
