"""Pages of the logins and of the own account."""

from __future__ import annotations

import re

from flask import Flask

from parc.extensions import db, transaction
from parc.models import Location, LocationKind, Role
from parc.queries.users import find_user, get_user, limiting_places
from parc.services.actor import SYSTEM
from parc.services.people import PersonDraft, save_person
from tests.conftest import SOME_MOMENT, SteppingClock
from tests.web import Browser, make_user

PASSWORD = "correct horse battery"


def test_administrator_adds_a_login_and_hands_a_link_over(administrator: Browser) -> None:
    answer = administrator.post(
        "/users/new", {"login": "Bob.Durand", "display_name": "Bob Durand", "role": "technician"}
    )
    assert answer.status_code == 200
    link = re.search(r'value="http://localhost(/sign-in/link/[^"]+)"', answer.text)
    assert link
    bob = find_user(db.session(), "bob.durand")
    assert bob is not None
    assert bob.role is Role.TECHNICIAN
    newcomer = Browser(administrator.app)
    newcomer.post(link.group(1))
    newcomer.user_id = bob.id
    sent = {"password": PASSWORD, "repeated_password": PASSWORD}
    assert newcomer.post("/account/password", sent).status_code == 302
    assert newcomer.get("/account").status_code == 200
    again = Browser(administrator.app)
    answer = again.post("/sign-in", {"login": "bob.durand", "password": PASSWORD})
    assert answer.status_code == 302


def test_wrong_input_is_told_beside_its_field_and_nothing_typed_is_lost(
    administrator: Browser,
) -> None:
    answer = administrator.post(
        "/users/new", {"login": "two words", "display_name": "", "role": "manager"}
    )
    assert answer.status_code == 422
    assert 'value="two words"' in answer.text
    assert 'aria-describedby="login-help login-error"' in answer.text
    assert 'id="display_name-error"' in answer.text
    assert '<option value="manager" selected>' in answer.text


def test_last_administrator_can_neither_step_down_nor_be_deactivated(
    administrator: Browser,
) -> None:
    path = f"/users/{administrator.user_id}"
    for sent in ({"role": "manager", "is_active": "1"}, {"role": "administrator"}):
        answer = administrator.post(path, {"display_name": "Alice", **sent})
        assert answer.status_code == 422
        assert "last active administrator" in answer.text
    assert administrator.get("/users").status_code == 200


def test_name_of_a_device_or_person_is_never_markup(administrator: Browser) -> None:
    administrator.post(
        "/users/new",
        {"login": "mallory", "display_name": "<script>alert(1)</script>", "role": "requester"},
    )
    page = administrator.get("/users").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_reset_takes_the_password_away_and_shows_a_link(administrator: Browser) -> None:
    user_id = make_user(administrator.app, Role.MANAGER, "carol", PASSWORD)
    assert "carol" in administrator.get(f"/users/{user_id}/reset-password").text.lower()
    answer = administrator.post(f"/users/{user_id}/reset-password")
    assert "/sign-in/link/" in answer.text
    assert not get_user(db.session(), user_id).has_password


def test_page_of_no_login_is_not_there(administrator: Browser) -> None:
    assert administrator.get("/users/999").status_code == 404


def test_own_password_needs_the_present_one(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app)
    browser.user_id = make_user(sqlite_app, Role.REQUESTER, "dave", PASSWORD)
    browser.sign_in(browser.user_id)
    new = "another long password"
    for sent, status in (
        ({"present_password": "wrong", "password": new, "repeated_password": new}, 422),
        ({"present_password": PASSWORD, "password": new, "repeated_password": "x"}, 422),
        ({"present_password": PASSWORD, "password": "short", "repeated_password": "short"}, 422),
        ({"present_password": PASSWORD, "password": new, "repeated_password": new}, 302),
    ):
        assert browser.post("/account/password", sent).status_code == status
    assert browser.get("/account").status_code == 200


def test_holder_of_a_session_guesses_the_password_no_faster_than_at_the_door(
    sqlite_app: Flask, clock: SteppingClock
) -> None:
    sqlite_app.extensions["parc_clock"] = clock
    browser = Browser(sqlite_app)
    browser.user_id = make_user(sqlite_app, Role.REQUESTER, "dave", PASSWORD)
    browser.sign_in(browser.user_id)
    new = {"password": "another long password", "repeated_password": "another long password"}
    for status in (422,) * 5 + (429,):
        answer = browser.post("/account/password", {"present_password": "wrong", **new})
        assert answer.status_code == status
    right = {"present_password": PASSWORD, **new}
    assert browser.post("/account/password", right).status_code == 429
    clock.step(minutes=1)
    assert browser.post("/account/password", right).status_code == 302


def test_changed_password_signs_the_other_browsers_out(sqlite_app: Flask) -> None:
    one, other = Browser(sqlite_app, Role.REQUESTER), Browser(sqlite_app)
    assert one.user_id is not None
    other.sign_in(one.user_id)
    assert other.get("/account").status_code == 200
    one.post("/account/password", {"password": PASSWORD, "repeated_password": PASSWORD})
    assert one.get("/account").status_code == 200
    assert other.get("/account").status_code == 302


def test_other_browsers_can_be_signed_out(sqlite_app: Flask) -> None:
    one, other = Browser(sqlite_app, Role.REQUESTER), Browser(sqlite_app)
    assert one.user_id is not None
    other.sign_in(one.user_id)
    answer = one.post("/account/end-other-sessions", follow_redirects=True)
    assert "1 browser signed out" in answer.text
    assert other.get("/account").status_code == 302


def test_preferences_change_the_pages(sqlite_app: Flask) -> None:
    browser = Browser(sqlite_app, Role.REQUESTER)
    assert "data-shortcuts" in browser.get("/account").text
    sent = {"language": "fr", "colour_scheme": "dark"}
    assert browser.post("/account/preferences", sent).status_code == 302
    page = browser.get("/account").text
    assert '<html lang="fr" data-scheme="dark">' in page
    assert "data-shortcuts" not in page
    sent = {"language": "xx", "colour_scheme": "pink"}
    assert browser.post("/account/preferences", sent).status_code == 422


def test_login_is_tied_to_a_person_once_and_shows_what_they_hold(administrator: Browser) -> None:
    with transaction() as session:
        for name in ("Anne Petit", "Luc Morel"):
            save_person(session, SYSTEM, PersonDraft(name=name), at=SOME_MOMENT)
    bob = Browser(administrator.app, Role.REQUESTER)
    assert "belongs to no person yet" in bob.get("/my").text
    sent = {"display_name": "Bob", "role": "requester", "is_active": "1", "person": "Anne Petit"}
    assert administrator.post(f"/users/{bob.user_id}", sent).status_code == 302
    assert "belongs to no person yet" not in bob.get("/my").text
    assert "Anne Petit" in administrator.get(f"/users/{bob.user_id}").text
    carla = {"login": "carla", "display_name": "Carla", "role": "requester"}
    for person, told in (("Anne Petit", "taken already"), ("Nobody", "There is no Nobody")):
        refused = administrator.post("/users/new", {**carla, "person": person})
        assert refused.status_code == 422
        assert told in refused.text
    assert find_user(db.session(), "carla") is None
    assert administrator.post("/users/new", {**carla, "person": "Luc Morel"}).status_code == 200
    administrator.post(f"/users/{bob.user_id}", {**sent, "person": ""})
    assert "belongs to no person yet" in bob.get("/my").text


def test_login_is_limited_in_its_form_and_an_administrator_never_is(administrator: Browser) -> None:
    with transaction() as session:
        session.add(Location(kind=LocationKind.SITE, name="Lyon"))
    bob = Browser(administrator.app, Role.TECHNICIAN)
    assert bob.user_id is not None
    path = f"/users/{bob.user_id}"
    sent = {"display_name": "Bob", "role": "technician", "is_active": "1", "places": "lyon\r\n"}
    assert administrator.post(path, sent).status_code == 302
    assert bob.get("/account").status_code == 302  # signed out: it may do less
    bob.sign_in(bob.user_id)
    assert "Lyon" in bob.get("/account").text
    assert "Lyon</textarea>" in administrator.get(path).text
    for wrong, told in (
        ({"places": "Lyon\nNowhere"}, "There is no Nowhere"),
        ({"role": "administrator"}, "An administrator sees everything"),
        ({"role": "administrator", "places": "Lyon"}, "An administrator sees everything"),
    ):
        refused = administrator.post(path, {**sent, **wrong})
        assert refused.status_code == 422
        assert told in refused.text
        assert limiting_places(db.session(), bob.user_id) == ("Lyon",)
    own = f"/users/{administrator.user_id}"
    alice = {"display_name": "Alice", "role": "administrator", "is_active": "1", "places": "Lyon"}
    assert administrator.post(own, alice).status_code == 422
    carla = {"login": "carla", "display_name": "Carla", "role": "administrator", "places": "Lyon"}
    assert administrator.post("/users/new", carla).status_code == 422
    db.session.rollback()
    assert find_user(db.session(), "carla") is None
    freed = {**sent, "role": "administrator", "places": ""}
    assert administrator.post(path, freed).status_code == 302
    db.session.rollback()
    assert limiting_places(db.session(), bob.user_id) == ()
