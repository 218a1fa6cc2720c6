"""Reading logins, their sessions and one-time links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import Role, User, UserPlace, UserSession
from parc.queries.locations import read_places


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who holds a session, and how they want their pages."""

    session_id: int
    user_id: int
    login: str
    display_name: str
    role: Role
    language: str | None
    colour_scheme: str
    has_shortcuts: bool
    has_password: bool
    is_limited: bool
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class UserRow:
    """One login as the list and the edit page show it.

    Attributes:
        places: paths of the places that it is limited to; none: it sees everything.
    """

    id: int
    login: str
    display_name: str
    role: Role
    is_active: bool
    has_password: bool
    created_at: datetime
    last_sign_in_at: datetime | None
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One signed-in browser."""

    id: int
    created_at: datetime
    last_seen_at: datetime
    address: str | None


_USER_COLUMNS = (
    User.id,
    User.login,
    User.display_name,
    User.role,
    User.is_active,
    User.password_hash.is_not(None),
    User.created_at,
    User.last_sign_in_at,
)

_SIGNED_IN_COLUMNS = (
    UserSession.id,
    User.id,
    User.login,
    User.display_name,
    User.role,
    User.language,
    User.colour_scheme,
    User.has_shortcuts,
    User.password_hash.is_not(None),
    sa.exists().where(UserPlace.user_id == User.id),
    UserSession.last_seen_at,
)


def has_users(session: Session) -> bool:
    """Tell whether there is any login at all, active or not."""
    return session.scalar(sa.select(sa.exists(sa.select(User.id)))) or False


def find_signed_in(
    session: Session, token_hash: str, *, created_after: datetime, seen_after: datetime
) -> SignedIn | None:
    """Find the active login whose session has this hash and is within both limits."""
    row = session.execute(
        sa.select(*_SIGNED_IN_COLUMNS)
        .join(User, User.id == UserSession.user_id)
        .where(
            UserSession.token_hash == token_hash,
            UserSession.created_at > created_after,
            UserSession.last_seen_at > seen_after,
            User.is_active,
        )
    ).one_or_none()
    return SignedIn(*tuple(row)) if row else None


def list_users(session: Session) -> list[UserRow]:
    """List all logins, active ones first, by name."""
    rows = session.execute(
        sa.select(*_USER_COLUMNS).order_by(User.is_active.desc(), sa.func.lower(User.display_name))
    )
    places = _places(session)
    return [UserRow(*row, places.get(row.id, ())) for row in rows]


def get_user(session: Session, user_id: int) -> UserRow:
    """Give one login.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = session.execute(sa.select(*_USER_COLUMNS).where(User.id == user_id)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no account {user_id}.")
    return UserRow(*row, _places(session, row.id).get(row.id, ()))


def find_user(session: Session, login: str) -> UserRow | None:
    """Find a login by its name, whatever its case."""
    row = session.execute(
        sa.select(*_USER_COLUMNS).where(User.login == login.strip().casefold())
    ).one_or_none()
    return UserRow(*row, _places(session, row.id).get(row.id, ())) if row else None


def limiting_places(session: Session, user_id: int) -> tuple[str, ...]:
    """Give the paths of the places that a login is limited to; none: it sees everything."""
    return _places(session, user_id).get(user_id, ())


def _places(session: Session, user_id: int | None = None) -> dict[int, tuple[str, ...]]:
    query = sa.select(UserPlace.user_id, UserPlace.location_id)
    if user_id is not None:
        query = query.where(UserPlace.user_id == user_id)
    rows = session.execute(query).all()
    places = read_places(session) if rows else None
    found: dict[int, list[str]] = {}
    for row in rows:
        found.setdefault(row.user_id, []).append((places and places.path(row.location_id)) or "")
    return {number: tuple(sorted(paths, key=str.casefold)) for number, paths in found.items()}


def list_sessions(session: Session, user_id: int, *, seen_after: datetime) -> list[SessionRow]:
    """List the browsers of a login that are still signed in, the last used first."""
    rows = session.execute(
        sa.select(
            UserSession.id, UserSession.created_at, UserSession.last_seen_at, UserSession.address
        )
        .where(UserSession.user_id == user_id, UserSession.last_seen_at > seen_after)
        .order_by(UserSession.last_seen_at.desc())
    )
    return [SessionRow(*row) for row in rows]
