"""Changing logins: one active administrator always remains, changed rights end sessions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from parc.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from parc.models import Person, Role, User, UserPlace
from parc.queries.locations import read_places
from parc.services.actor import Actor
from parc.services.audit import Changes, record
from parc.services.passwords import check_password, hash_password, matches
from parc.services.people import find_person
from parc.services.permissions import Action, require
from parc.services.places import find_place
from parc.services.sign_in import end_sessions, fold_login, make_link, void_links

LANGUAGES = ("fr", "en")
COLOUR_SCHEMES = ("auto", "light", "dark")
_LOGIN = re.compile(r"[\w.@-]{1,100}")
_NAME_LENGTH = 200
MOST_PLACES = 100
_FIRST_RUN_LOCK = 527_201  # any number that nothing else locks


@dataclass(frozen=True, slots=True)
class UserInput:
    """What is entered for a login; an empty role or name is refused, the password may be None."""

    login: str
    display_name: str
    role: str
    is_active: bool = True


def add_user(
    session: Session, actor: Actor, entered: UserInput, password: str | None, now: datetime
) -> User:
    """Add a login; without a password only a one-time link signs it in.

    Raises:
        NotAllowedError: the actor may not manage logins.
        InvalidInputError: login, name, role or password cannot be taken.
    """
    require(actor, Action.MANAGE_USER)
    login = fold_login(entered.login)
    problems = [*_check_login(session, login), *_check(entered)]
    if password is not None:
        problems += check_password("password", password, login)
    if problems:
        raise InvalidInputError(problems)
    user = User(
        login=login,
        display_name=entered.display_name.strip(),
        password_hash=None if password is None else hash_password(password),
        role=Role(entered.role),
        is_active=True,
        created_at=now,
        colour_scheme="auto",
        has_shortcuts=True,
    )
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:
        raise InvalidInputError([FieldProblem("login", "taken", login)]) from error
    _record(session, actor, user, "created", now, {"role": (None, user.role.value)})
    return user


def tie_person(session: Session, actor: Actor, user_id: int, text: str, now: datetime) -> None:
    """Say which person a login belongs to, so that their equipment and incidents are theirs.

    Args:
        text: what ``find_person`` reads; empty: to none.

    Raises:
        NotAllowedError: the actor may not manage logins.
        NotFoundError: there is no such login.
        InvalidInputError: of ``person``; ``taken`` with the login that this person has already.
    """
    require(actor, Action.MANAGE_USER)
    user = _get(session, user_id)
    number = find_person(session, text) if text.strip() else None
    if number == user.person_id:
        return
    if number is not None:
        theirs = sa.select(User.login).where(User.person_id == number)
        if (login := session.scalar(theirs)) is not None:
            raise InvalidInputError([FieldProblem("person", "taken", login)])
    before, after = (
        session.get_one(Person, one).name if one is not None else None
        for one in (user.person_id, number)
    )
    user.person_id = number
    session.flush()
    _record(session, actor, user, "changed", now, {"person": (before, after)})


def limit_to_places(
    session: Session, actor: Actor, user_id: int, paths: Sequence[str], now: datetime
) -> None:
    """Limit a login to places with all that lies in them; none: it sees everything again.

    What it may do changes with it, so that its sessions end. An administrator is never limited:
    who gives rights to others could give himself all of them.

    Args:
        paths: of the places, ``Site > Building > …``; blank ones are skipped.

    Raises:
        NotAllowedError: the actor may not manage logins.
        NotFoundError: there is no such login.
        InvalidInputError: of ``places``: ``not_found``, ``administrator_limited`` …
    """
    require(actor, Action.MANAGE_USER)
    user = _get(session, user_id)
    before = set(
        session.scalars(sa.select(UserPlace.location_id).where(UserPlace.user_id == user_id))
    )
    places = read_places(session)
    wanted: set[int] = set()
    for path in filter(str.strip, paths):
        number = find_place(session, path, places)
        if number is None:
            raise InvalidInputError([FieldProblem("places", "not_found", path.strip()[:100])])
        wanted.add(number)
    if wanted and user.role is Role.ADMINISTRATOR:
        raise InvalidInputError([FieldProblem("places", "administrator_limited")])
    if len(wanted) > MOST_PLACES:
        raise InvalidInputError([FieldProblem("places", "too_many_places", str(MOST_PLACES))])
    if wanted == before:
        return
    session.execute(sa.delete(UserPlace).where(UserPlace.user_id == user_id))
    session.add_all(UserPlace(user_id=user_id, location_id=number) for number in wanted)
    end_sessions(session, user_id)
    void_links(session, user_id)
    said = [sorted(places.by_id[number].path for number in ids) or None for ids in (before, wanted)]
    session.flush()
    _record(session, actor, user, "changed", now, {"places": (said[0], said[1])})


def change_user(
    session: Session, actor: Actor, user_id: int, entered: UserInput, now: datetime
) -> User:
    """Change name, role and activity; the login itself stays.

    Raises:
        NotAllowedError: the actor may not manage logins.
        NotFoundError: there is no such login.
        InvalidInputError: name or role cannot be taken, or nobody could administer any more.
    """
    require(actor, Action.MANAGE_USER)
    administrators = _lock_administrators(session)
    user = _get(session, user_id)
    problems = _check(entered)
    if problems:
        raise InvalidInputError(problems)
    role = Role(entered.role)
    stays = entered.is_active and role is Role.ADMINISTRATOR
    limits = sa.select(UserPlace.location_id).where(UserPlace.user_id == user_id).limit(1)
    if role is Role.ADMINISTRATOR and session.scalar(limits) is not None:
        raise InvalidInputError([FieldProblem("places", "administrator_limited")])
    if administrators == [user.id] and not stays:
        field = "role" if entered.is_active else "is_active"
        raise InvalidInputError([FieldProblem(field, "last_administrator")])
    before = (user.display_name, user.role.value, user.is_active)
    user.display_name = entered.display_name.strip()
    user.role, user.is_active = role, entered.is_active
    after = (user.display_name, user.role.value, user.is_active)
    names = ("display_name", "role", "is_active")
    changes = {
        name: pair for name, *pair in zip(names, before, after, strict=True) if pair[0] != pair[1]
    }
    if {"role", "is_active"} & changes.keys():
        end_sessions(session, user.id)
        void_links(session, user.id)
    if changes:
        pairs: Changes = {name: (old, new) for name, (old, new) in changes.items()}
        _record(session, actor, user, "changed", now, pairs)
    return user


def set_password(
    session: Session, actor: Actor, user_id: int, password: str, now: datetime
) -> None:
    """Give a login a password; all its sessions and links end.

    Raises:
        NotAllowedError: neither the own login nor a right to manage logins.
        InvalidInputError: the password cannot be taken.
    """
    if actor.user_id != user_id:
        require(actor, Action.MANAGE_USER)
    user = _get(session, user_id)
    problems = check_password("password", password, user.login)
    if problems:
        raise InvalidInputError(problems)
    user.password_hash = hash_password(password)
    end_sessions(session, user_id)
    void_links(session, user_id)
    _record(session, actor, user, "changed", now, {"password": (None, "changed")})


def change_own_password(
    session: Session, actor: Actor, present: str, password: str, now: datetime
) -> None:
    """Change the password of whoever is signed in; who has none yet need not name one.

    Raises:
        InvalidInputError: the present password is wrong or the new one cannot be taken.
        NotFoundError: the actor is no login.
    """
    user = _get(session, actor.user_id or 0)
    if user.password_hash is not None and not matches(user.password_hash, present):
        raise InvalidInputError([FieldProblem("present_password", "password_wrong")])
    set_password(session, actor, user.id, password, now)


def reset_password(session: Session, actor: Actor, user_id: int, now: datetime) -> str:
    """Take the password away, end all sessions, and give the token of a one-time link.

    Raises:
        NotAllowedError: the actor may not manage logins.
        NotFoundError: there is no active login of that id.
    """
    require(actor, Action.MANAGE_USER)
    user = _get(session, user_id)
    user.password_hash = None
    end_sessions(session, user_id)
    _record(session, actor, user, "changed", now, {"password": (None, "changed")})
    return make_link(session, actor, user_id, now)


def set_preferences(
    session: Session,
    actor: Actor,
    *,
    language: str,
    colour_scheme: str,
    has_shortcuts: bool,
) -> None:
    """Set how the actor's own pages look; an empty language is the browser's.

    Raises:
        InvalidInputError: a value is none of the choices.
        NotFoundError: the actor is no login.
    """
    problems = []
    if language and language not in LANGUAGES:
        problems.append(FieldProblem("language", "unknown", language))
    if colour_scheme not in COLOUR_SCHEMES:
        problems.append(FieldProblem("colour_scheme", "unknown", colour_scheme))
    if problems:
        raise InvalidInputError(problems)
    user = _get(session, actor.user_id or 0)
    user.language = language or None
    user.colour_scheme = colour_scheme
    user.has_shortcuts = has_shortcuts


def add_first_administrator(
    session: Session, login: str, display_name: str, password: str, language: str, now: datetime
) -> User:
    """Add the administrator of the first run, while there is no login at all.

    Raises:
        ConflictError: there is a login already.
        InvalidInputError: login, name, password or language cannot be taken.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(_FIRST_RUN_LOCK)))
    if session.scalar(sa.select(sa.func.count()).select_from(User)):
        raise ConflictError("Parc is set up already.")
    entered = UserInput(login, display_name, Role.ADMINISTRATOR.value)
    author = Actor(name=fold_login(login), is_system=True)
    user = add_user(session, author, entered, password, now)
    user.language = language if language in LANGUAGES else None
    return user


def _check_login(session: Session, login: str) -> list[FieldProblem]:
    if not login:
        return [FieldProblem("login", "required")]
    if not _LOGIN.fullmatch(login):
        return [FieldProblem("login", "login_shape")]
    if session.scalar(sa.select(User.id).where(User.login == login)) is not None:
        return [FieldProblem("login", "taken", login)]
    return []


def _check(entered: UserInput) -> list[FieldProblem]:
    problems = []
    name = entered.display_name.strip()
    if not name:
        problems.append(FieldProblem("display_name", "required"))
    if len(name) > _NAME_LENGTH:
        problems.append(FieldProblem("display_name", "too_long", str(_NAME_LENGTH)))
    if entered.role not in {role.value for role in Role}:
        problems.append(FieldProblem("role", "unknown", entered.role))
    return problems


def _lock_administrators(session: Session) -> list[int]:
    """Give the active administrators, locked so that two cannot demote each other at once."""
    return list(
        session.scalars(
            sa.select(User.id)
            .where(User.role == Role.ADMINISTRATOR, User.is_active)
            .order_by(User.id)
            .with_for_update()
        )
    )


def _get(session: Session, user_id: int) -> User:
    user = session.get(User, user_id)
    if user is None:
        raise NotFoundError(f"There is no account {user_id}.")
    return user


def _record(
    session: Session, actor: Actor, user: User, action: str, at: datetime, changes: Changes
) -> None:
    record(
        session,
        actor,
        at=at,
        subject_kind="user",
        subject_id=user.id,
        subject_name=user.login,
        action=action,
        changes=changes,
    )
