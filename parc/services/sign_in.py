"""Signing in: attempts are counted before they are judged, sessions live on the server.

Tokens of sessions and links are random; only their SHA-256 is stored. A failed attempt slows
down the next ones for the same login and for the same address.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import SignInFailure, SignInLink, User, UserSession
from parc.services.actor import Actor
from parc.services.audit import record
from parc.services.passwords import matches

FREE_FAILURES = 5
LONGEST_WAIT = timedelta(minutes=15)
_REMEMBERED = timedelta(hours=1)
_TOKEN_OCTETS = 32
_LOGIN_LENGTH = 100
_SETUP_CODE_OCTETS = 6


def fold_login(login: str) -> str:
    """Give the form under which a login is stored and counted."""
    return login.strip().casefold()[:_LOGIN_LENGTH]


def hash_token(token: str) -> str:
    """Give what is stored of a random token."""
    return hashlib.sha256(token.encode()).hexdigest()


def claim_attempt(session: Session, login: str, address: str, now: datetime) -> int:
    """Count an attempt as failed, before it is judged, so that parallel guesses count too.

    Returns:
        0 when the attempt may go on, else the seconds to wait; nothing is counted then.
    """
    folded, place = fold_login(login), _place(address)
    wait = max(
        _wait(session, SignInFailure.login == folded, now),
        _wait(session, SignInFailure.address == place, now),
    )
    if wait > timedelta():
        return math.ceil(wait.total_seconds())
    session.add(SignInFailure(login=folded, address=place, failed_at=now))
    session.execute(sa.delete(SignInFailure).where(SignInFailure.failed_at < now - _REMEMBERED))
    return 0


def forget_attempts(session: Session, login: str) -> None:
    """Take back the failures of a login that has proved itself."""
    session.execute(sa.delete(SignInFailure).where(SignInFailure.login == fold_login(login)))


def check_credentials(session: Session, login: str, password: str) -> int | None:
    """Give the id of the active login with this password, else None, in the same time."""
    row = session.execute(
        sa.select(User.id, User.password_hash, User.is_active).where(
            User.login == fold_login(login)
        )
    ).one_or_none()
    is_right = matches(row.password_hash if row else None, password)
    return row.id if row and is_right and row.is_active else None


def open_session(session: Session, user_id: int, address: str, now: datetime) -> str:
    """Open a session and give its token, which is shown to the browser alone.

    Raises:
        NotFoundError: the login is gone or no longer active.
    """
    user = session.get(User, user_id)
    if user is None or not user.is_active:
        raise NotFoundError(f"There is no active account {user_id}.")
    token = secrets.token_urlsafe(_TOKEN_OCTETS)
    session.add(
        UserSession(
            user_id=user_id,
            token_hash=hash_token(token),
            created_at=now,
            last_seen_at=now,
            address=address or None,
        )
    )
    user.last_sign_in_at = now
    forget_attempts(session, user.login)
    return token


def touch_session(session: Session, session_id: int, now: datetime) -> None:
    """Note that a session is in use."""
    session.execute(
        sa.update(UserSession).where(UserSession.id == session_id).values(last_seen_at=now)
    )


def end_session(session: Session, session_id: int) -> None:
    """Sign one browser out."""
    session.execute(sa.delete(UserSession).where(UserSession.id == session_id))


def end_sessions(session: Session, user_id: int, *, but: int | None = None) -> int:
    """Sign all browsers of a login out, except session ``but``; give how many."""
    statement = sa.delete(UserSession).where(UserSession.user_id == user_id)
    if but is not None:
        statement = statement.where(UserSession.id != but)
    ended = session.execute(statement.returning(UserSession.id)).all()
    return len(ended)


def purge_sessions(session: Session, *, created_before: datetime, seen_before: datetime) -> None:
    """Delete the sessions and links that are past their limits."""
    session.execute(
        sa.delete(UserSession).where(
            (UserSession.created_at < created_before) | (UserSession.last_seen_at < seen_before)
        )
    )
    session.execute(sa.delete(SignInLink).where(SignInLink.expires_at < created_before))


def make_link(
    session: Session, actor: Actor, user_id: int, now: datetime, *, hours: int = 24
) -> str:
    """Make a link that signs in once, and give its token; links made before are void.

    Raises:
        NotFoundError: there is no active login of that id.
    """
    user = session.get(User, user_id)
    if user is None or not user.is_active:
        raise NotFoundError(f"There is no active account {user_id}.")
    void_links(session, user_id)
    token = secrets.token_urlsafe(_TOKEN_OCTETS)
    session.add(
        SignInLink(
            user_id=user_id,
            token_hash=hash_token(token),
            expires_at=now + timedelta(hours=hours),
            used_at=None,
        )
    )
    record(
        session,
        actor,
        at=now,
        subject_kind="user",
        subject_id=user_id,
        subject_name=user.login,
        action="link_made",
    )
    return token


def void_links(session: Session, user_id: int) -> None:
    """Delete the links of a login that are not used yet."""
    session.execute(
        sa.delete(SignInLink).where(SignInLink.user_id == user_id, SignInLink.used_at.is_(None))
    )


def is_link_good(session: Session, token: str, now: datetime) -> bool:
    """Tell whether a link can still sign in; uses nothing up."""
    return (
        session.scalar(
            sa.select(SignInLink.id)
            .join(User, User.id == SignInLink.user_id)
            .where(
                SignInLink.token_hash == hash_token(token),
                SignInLink.used_at.is_(None),
                SignInLink.expires_at > now,
                User.is_active,
            )
        )
        is not None
    )


def use_link(session: Session, token: str, address: str, now: datetime) -> str:
    """Use a link up and give the token of the session that it opens.

    Raises:
        NotFoundError: the link is unknown, used, expired, or its login is not active.
    """
    user_id = session.scalar(
        sa.update(SignInLink)
        .where(
            SignInLink.token_hash == hash_token(token),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(SignInLink.user_id)
    )
    if user_id is None:
        raise NotFoundError("The sign-in link is used up or has expired.")
    return open_session(session, user_id, address, now)


def setup_code(signing_key: bytes) -> str:
    """Give the code that the first administrator types, derived so that nothing is stored.

    It is worth nothing once there is a login.
    """
    digest = hmac.new(signing_key, b"first run", hashlib.sha256).hexdigest().upper()
    code = digest[: _SETUP_CODE_OCTETS * 2]
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def is_setup_code(signing_key: bytes, typed: str) -> bool:
    """Compare a typed set-up code in constant time, whatever its case and hyphens."""
    plain = "".join(sign for sign in typed.upper() if sign.isalnum())
    return hmac.compare_digest(plain.encode(), setup_code(signing_key).replace("-", "").encode())


def _wait(session: Session, which: sa.ColumnElement[bool], now: datetime) -> timedelta:
    count, last = session.execute(
        sa.select(sa.func.count(), sa.func.max(SignInFailure.failed_at)).where(
            which, SignInFailure.failed_at > now - _REMEMBERED
        )
    ).one()
    if count < FREE_FAILURES:
        return timedelta()
    wait = min(timedelta(seconds=2 ** min(count, 20)), LONGEST_WAIT)
    return max(last + wait - now, timedelta())


def _place(address: str) -> str:
    """Give what is counted: the address, or its /64, which one customer of IPv6 holds whole."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:45]
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((int(parsed) >> 64 << 64, 64)).network_address)
    return str(parsed)
