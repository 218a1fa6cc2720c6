"""Tests of the column types and of what both databases must do alike."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError, StatementError

from parc.extensions import db, transaction
from parc.models import Base, Counter, Role, User
from tests.conftest import SOME_MOMENT


def _user(created_at: datetime) -> User:
    return User(login="ada", display_name="Ada", role=Role.MANAGER, created_at=created_at)


def _store(*rows: Base) -> None:
    with transaction() as session:
        for row in rows:
            session.add(row)
            session.flush()


@pytest.mark.usefixtures("app")
def test_moments_come_back_in_utc_whatever_zone_they_had() -> None:
    paris = SOME_MOMENT.astimezone(timezone(timedelta(hours=1)))
    with transaction() as session:
        session.add(_user(paris))
    stored = db.session.scalars(sa.select(User)).one()
    assert stored.created_at == SOME_MOMENT
    assert stored.created_at.utcoffset() == timedelta(0)
    assert stored.role is Role.MANAGER


@pytest.mark.usefixtures("app")
def test_moment_without_zone_is_refused() -> None:
    with pytest.raises(StatementError, match="time zone"):
        _store(_user(SOME_MOMENT.replace(tzinfo=None)))


def test_error_in_a_transaction_leaves_nothing(app: Flask) -> None:
    del app
    with pytest.raises(IntegrityError):
        _store(Counter(name="y", value=1), Counter(name="x", value=None))
    assert db.session.scalars(sa.select(Counter)).all() == []
