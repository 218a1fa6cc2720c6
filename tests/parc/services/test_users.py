"""Changing logins: rights, the last administrator, history, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from parc.errors import ConflictError, InvalidInputError, NotAllowedError
from parc.extensions import db, transaction
from parc.models import AuditEntry, Role, User
from parc.services.actor import SYSTEM, Actor
from parc.services.users import (
    UserInput,
    add_first_administrator,
    add_user,
    change_user,
    reset_password,
    set_password,
)
from tests.conftest import SOME_MOMENT
from tests.web import make_user

PASSWORD = "correct horse battery"
MANAGER = Actor(name="m", role=Role.MANAGER, user_id=99)


def _codes(entered: UserInput, password: str | None = None) -> dict[str, str]:
    with pytest.raises(InvalidInputError) as caught, transaction() as session:
        add_user(session, SYSTEM, entered, password, SOME_MOMENT)
    return {problem.field: problem.code for problem in caught.value.problems}


def test_all_problems_of_a_login_are_told_at_once(sqlite_app: Flask) -> None:
    make_user(sqlite_app, Role.REQUESTER, "alice")
    assert _codes(UserInput("a b", " ", "king"), "short") == {
        "login": "login_shape",
        "display_name": "required",
        "role": "unknown",
        "password": "password_short",
    }
    assert _codes(UserInput(" ALICE ", "A", "manager")) == {"login": "taken"}
    assert _codes(UserInput("", "A" * 201, "manager")) == {
        "login": "required",
        "display_name": "too_long",
    }
    assert _codes(UserInput("aaaaaaaaaaaa", "A", "manager"), "AAAAAAAAAAAA") == {
        "password": "password_is_login"
    }
    assert _codes(UserInput("b", "B", "manager"), "x" * 257) == {"password": "password_long"}


@pytest.mark.parametrize(
    "write",
    [
        lambda session: add_user(
            session, MANAGER, UserInput("x", "X", "administrator"), None, SOME_MOMENT
        ),
        lambda session: change_user(
            session, MANAGER, 1, UserInput("x", "X", "administrator"), SOME_MOMENT
        ),
        lambda session: set_password(session, MANAGER, 1, PASSWORD, SOME_MOMENT),
        lambda session: reset_password(session, MANAGER, 1, SOME_MOMENT),
    ],
)
def test_only_an_administrator_manages_logins(
    sqlite_app: Flask, write: Callable[..., object]
) -> None:
    make_user(sqlite_app, Role.ADMINISTRATOR)
    with pytest.raises(NotAllowedError), transaction() as session:
        write(session)


@pytest.mark.parametrize(
    ("entered", "field"),
    [
        (UserInput("x", "X", "manager"), "role"),
        (UserInput("x", "X", "administrator", is_active=False), "is_active"),
    ],
)
def test_last_active_administrator_stays(app: Flask, entered: UserInput, field: str) -> None:
    user_id = make_user(app, Role.ADMINISTRATOR)
    gone = make_user(app, Role.ADMINISTRATOR)
    with transaction() as session:
        away = UserInput("y", "Y", "administrator", is_active=False)
        change_user(session, SYSTEM, gone, away, SOME_MOMENT)
    with pytest.raises(InvalidInputError) as caught, transaction() as session:
        change_user(session, SYSTEM, user_id, entered, SOME_MOMENT)
    assert [problem.field for problem in caught.value.problems] == [field]


def test_two_administrators_cannot_demote_each_other_at_once(app: Flask) -> None:
    ids = [make_user(app, Role.ADMINISTRATOR) for _ in range(2)]

    def demote(user_id: int) -> bool:
        with app.app_context():
            try:
                with transaction() as session:
                    entered = UserInput("x", "X", "manager")
                    change_user(session, SYSTEM, user_id, entered, SOME_MOMENT)
            except InvalidInputError:
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(demote, ids)) == [False, True]


def test_first_administrator_is_made_once_even_by_two_at_once(app: Flask) -> None:
    def make(login: str) -> bool:
        with app.app_context():
            try:
                with transaction() as session:
                    add_first_administrator(session, login, login, PASSWORD, "fr", SOME_MOMENT)
            except ConflictError:
                return False
            finally:
                db.session.remove()
            return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(make, ["alice", "mallory"])) == [False, True]
    assert len(db.session.scalars(select(User.id)).all()) == 1


def test_history_tells_what_changed_and_no_password(sqlite_app: Flask) -> None:
    user_id = make_user(sqlite_app, Role.TECHNICIAN, "bob")
    with transaction() as session:
        change_user(session, SYSTEM, user_id, UserInput("", "Bob", "manager"), SOME_MOMENT)
        change_user(session, SYSTEM, user_id, UserInput("", "Bob", "manager"), SOME_MOMENT)
        set_password(session, SYSTEM, user_id, PASSWORD, SOME_MOMENT)
    entries = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [(entry.action, entry.changes) for entry in entries] == [
        ("created", {"role": [None, "technician"]}),
        ("changed", {"role": ["technician", "manager"]}),
        ("changed", {"password": [None, "changed"]}),
    ]
