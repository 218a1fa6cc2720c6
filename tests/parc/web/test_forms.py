"""Two people with the same form open: who saves last takes nothing back unseen."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from parc.extensions import transaction
from parc.models import LocationKind, Role
from parc.services.actor import SYSTEM
from parc.services.departments import create_department_path
from parc.services.people import PersonDraft, save_person
from parc.services.places import create_path
from tests.conftest import SOME_MOMENT
from tests.factories import make_range
from tests.web import Browser, make_user

_SEEN = re.compile(r'name="seen" value="([0-9a-f]+)"')
_RANGE = {"include": "192.168.7.0/24", "schedule_kind": "none", "time_zone": "Europe/Paris",
          "packets_per_second": "50", "devices_at_once": "5"}  # fmt: skip


def _person() -> str:
    with transaction() as session:
        row = save_person(session, SYSTEM, PersonDraft(name="Ann"), at=SOME_MOMENT)
        return f"/people/{row.id}"


def _place() -> str:
    with transaction() as session:
        return f"/places/{create_path(session, SYSTEM, 'Lyon', at=SOME_MOMENT).id}"


def _department() -> str:
    with transaction() as session:
        return f"/departments/{create_department_path(session, SYSTEM, 'Sales', at=SOME_MOMENT).id}"


def _range() -> str:
    with transaction() as session:
        return f"/ranges/{make_range(session).id}"


@pytest.mark.parametrize(
    ("make", "fields"),
    [
        (_person, {}),
        (_place, {"kind": LocationKind.SITE.value}),
        (_department, {}),
        (_range, _RANGE),
    ],
)
def test_form_that_shows_what_is_no_more_is_refused(
    administrator: Browser, make: Callable[[], str], fields: dict[str, str]
) -> None:
    _check(administrator, f"{make()}/edit", "name", fields)


def test_old_form_of_a_login_gives_no_role_back(administrator: Browser) -> None:
    address = f"/users/{make_user(administrator.app, Role.TECHNICIAN)}"
    _check(administrator, address, "display_name", {"role": Role.READ_ONLY.value})


def _check(browser: Browser, address: str, name: str, fields: dict[str, str]) -> None:
    old = _seen(browser, address)
    first = browser.post(address, {**fields, name: "First", "seen": old})
    assert first.status_code == 302, first.text
    assert browser.post(address, {**fields, name: "Second", "seen": old}).status_code == 409
    assert 'value="First"' in browser.get(address).text
    again = {**fields, name: "Second", "seen": _seen(browser, address)}
    assert browser.post(address, again).status_code == 302


def _seen(browser: Browser, address: str) -> str:
    found = _SEEN.search(browser.get(address).text)
    assert found
    return found[1]
