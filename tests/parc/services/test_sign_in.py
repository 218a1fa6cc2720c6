"""Throttling, sessions and links, without a page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import update

from parc.errors import NotFoundError
from parc.extensions import db, transaction
from parc.models import Role, User
from parc.queries.users import find_signed_in, list_sessions
from parc.services import sign_in
from parc.services.actor import SYSTEM
from parc.services.passwords import hash_password, matches
from tests.conftest import SteppingClock
from tests.web import make_user

PASSWORD = "correct horse battery"


def _fail(clock: SteppingClock, times: int, *, login: str = "a", address: str = "10.0.0.1") -> int:
    wait = 0
    for _ in range(times):
        with transaction() as session:
            wait = sign_in.claim_attempt(session, login, address, clock())
    return wait


def test_delay_doubles_with_each_failure_up_to_a_quarter_of_an_hour(
    app: Flask, clock: SteppingClock
) -> None:
    del app
    assert _fail(clock, 5) == 0
    waits = []
    for _ in range(7):
        wait = _fail(clock, 1)
        waits.append(wait)
        clock.step(seconds=wait)
        assert _fail(clock, 1) == 0
    assert waits == [32, 64, 128, 256, 512, 900, 900]


def test_attempt_while_waiting_does_not_make_the_wait_longer(
    app: Flask, clock: SteppingClock
) -> None:
    del app
    _fail(clock, 5)
    assert _fail(clock, 50) == 32


def test_failures_are_counted_for_the_login_from_any_address_and_forgotten_in_an_hour(
    app: Flask, clock: SteppingClock
) -> None:
    del app
    for number in range(5):
        assert _fail(clock, 1, address=f"10.0.0.{number}", login=" A ") == 0
    assert _fail(clock, 1, address="10.0.0.99") > 0
    assert _fail(clock, 1, login="b", address="10.0.0.99") == 0
    clock.step(hours=1, seconds=1)
    assert _fail(clock, 1, address="10.0.0.99") == 0


def test_whole_network_of_one_ipv6_customer_counts_as_one_address(
    app: Flask, clock: SteppingClock
) -> None:
    del app
    for number in range(5):
        _fail(clock, 1, login=f"l{number}", address=f"2001:db8:0:1::{number}")
    assert _fail(clock, 1, login="x", address="2001:db8:0:1:ffff::1") > 0
    assert _fail(clock, 1, login="x", address="2001:db8:0:2::1") == 0


def test_success_takes_back_the_failures_of_its_own_login_only(
    app: Flask, clock: SteppingClock
) -> None:
    user_id = make_user(app, Role.REQUESTER, "alice")
    _fail(clock, 3, login="alice")
    _fail(clock, 2, login="bob")
    with transaction() as session:
        sign_in.open_session(session, user_id, "10.0.0.1", clock())
    assert _fail(clock, 3, login="alice") == 0
    assert _fail(clock, 1, login="carol") > 0


def test_credentials_of_an_active_login_with_its_password_are_right(app: Flask) -> None:
    user_id = make_user(app, Role.REQUESTER, "alice", PASSWORD)
    make_user(app, Role.REQUESTER, "bob")
    session = db.session()
    assert sign_in.check_credentials(session, "ALICE", PASSWORD) == user_id
    assert sign_in.check_credentials(session, "alice", PASSWORD + "x") is None
    assert sign_in.check_credentials(session, "bob", "") is None
    assert sign_in.check_credentials(session, "nobody", PASSWORD) is None


def test_missing_hash_never_matches_even_the_stand_in() -> None:
    assert not matches(None, "nobody has this password")
    assert matches(hash_password(PASSWORD), PASSWORD)
    assert not matches("no hash at all", PASSWORD)


def test_link_of_a_deactivated_login_opens_nothing(app: Flask, clock: SteppingClock) -> None:
    user_id = make_user(app, Role.REQUESTER)
    with transaction() as session:
        token = sign_in.make_link(session, SYSTEM, user_id, clock())
    with transaction() as session:
        session.execute(update(User).values(is_active=False))
    assert not sign_in.is_link_good(db.session(), token, clock())
    with pytest.raises(NotFoundError), transaction() as session:
        sign_in.use_link(session, token, "", clock())
    with pytest.raises(NotFoundError), transaction() as session:
        sign_in.make_link(session, SYSTEM, user_id, clock())


def test_new_link_makes_the_one_before_void(app: Flask, clock: SteppingClock) -> None:
    user_id = make_user(app, Role.REQUESTER)
    with transaction() as session:
        first = sign_in.make_link(session, SYSTEM, user_id, clock())
        second = sign_in.make_link(session, SYSTEM, user_id, clock())
    assert not sign_in.is_link_good(db.session(), first, clock())
    assert sign_in.is_link_good(db.session(), second, clock())


def test_stored_session_holds_no_token(app: Flask, clock: SteppingClock) -> None:
    user_id = make_user(app, Role.MANAGER)
    with transaction() as session:
        token = sign_in.open_session(session, user_id, "10.0.0.1", clock())
    past = clock() - timedelta(days=1)
    limits = {"created_after": past, "seen_after": past}
    assert find_signed_in(db.session(), token, **limits) is None
    found = find_signed_in(db.session(), sign_in.hash_token(token), **limits)
    assert found is not None
    assert found.role is Role.MANAGER


def test_sessions_past_their_limits_are_purged(app: Flask, clock: SteppingClock) -> None:
    user_id = make_user(app, Role.MANAGER)
    with transaction() as session:
        sign_in.open_session(session, user_id, "10.0.0.1", clock())
        clock.step(days=2)
        sign_in.open_session(session, user_id, "10.0.0.2", clock())
        limit = clock() - timedelta(days=1)
        sign_in.purge_sessions(session, created_before=limit, seen_before=limit)
    rows = list_sessions(db.session(), user_id, seen_after=clock() - timedelta(days=30))
    assert [row.address for row in rows] == ["10.0.0.2"]


def test_set_up_code_is_stable_and_belongs_to_the_key() -> None:
    code = sign_in.setup_code(b"key")
    assert code == sign_in.setup_code(b"key")
    assert code != sign_in.setup_code(b"other key")
    assert sign_in.is_setup_code(b"key", code.lower())
    assert not sign_in.is_setup_code(b"key", "")
    assert not sign_in.is_setup_code(b"key", "é" * 12)
