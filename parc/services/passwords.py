"""Passwords: argon2id hashes (RFC 9106, the library's defaults), made and compared."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from parc.errors import FieldProblem

PASSWORD_MINIMUM = 12
PASSWORD_MAXIMUM = 256
_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """Give the argon2id hash, with its own salt and costs."""
    return _hasher.hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Compare a password; without a hash the same work is done, so that time tells nothing."""
    try:
        _hasher.verify(password_hash or _no_hash(), password[:PASSWORD_MAXIMUM])
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def check_password(field: str, password: str, login: str) -> list[FieldProblem]:
    """Give what is wrong with a new password; length is what counts, kinds of signs do not."""
    if len(password) < PASSWORD_MINIMUM:
        return [FieldProblem(field, "password_short", str(PASSWORD_MINIMUM))]
    if len(password) > PASSWORD_MAXIMUM:
        return [FieldProblem(field, "password_long", str(PASSWORD_MAXIMUM))]
    if password.casefold() == login.casefold():
        return [FieldProblem(field, "password_is_login")]
    return []


@cache
def _no_hash() -> str:
    return _hasher.hash("nobody has this password")
