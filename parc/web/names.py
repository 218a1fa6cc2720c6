"""Names of what the history and movements point at; each is read once a request."""

from __future__ import annotations

from typing import cast

from flask import g
from flask_babel import gettext

from parc.extensions import db
from parc.queries import assets, devices
from parc.queries.departments import Departments, read_departments
from parc.queries.locations import Places, read_places
from parc.queries.people import person_names
from parc.queries.suppliers import supplier_names


def known_places() -> Places:
    """Give all places."""
    if "known_places" not in g:
        g.known_places = read_places(db.session())
    return cast("Places", g.known_places)


def known_departments() -> Departments:
    """Give all departments."""
    if "known_departments" not in g:
        g.known_departments = read_departments(db.session())
    return cast("Departments", g.known_departments)


def known_suppliers() -> dict[int, str]:
    """Give the names of all suppliers by their ids."""
    if "known_suppliers" not in g:
        g.known_suppliers = dict(supplier_names(db.session()))
    return cast("dict[int, str]", g.known_suppliers)


def know_people(ids: set[int]) -> dict[int, str]:
    """Give the names of people by their ids; what is asked for together is read together."""
    known = cast("dict[int, str]", g.setdefault("known_people", {}))
    unread = {number for number in ids if number not in known}
    if unread:
        known |= person_names(db.session(), unread)
    return known


def know_things(field: str, ids: set[int]) -> dict[int, str]:
    """Give the names of assets or devices by their ids, for ``asset_id`` or ``device_id``.

    What is asked for together is read together; one that is gone has no name.
    """
    known = cast("dict[int, str]", g.setdefault(f"known_{field}", {}))
    unread = {number for number in ids if number not in known}
    if unread:
        read = assets.names_of if field == "asset_id" else devices.names_of
        known |= dict.fromkeys(unread, "") | read(db.session(), unread)
    return known


def short_place(number: int) -> str:
    """Name a place by its site and its own name."""
    return known_places().short(number) or gettext("a place that is gone")


def name_of(field: str, number: int) -> str | None:
    """Name what a column points at; None for a column that points at none of these."""
    if field.endswith("location_id") or field == "site_id":
        return known_places().path(number) or gettext("a place that is gone")
    if field.endswith("department_id"):
        return known_departments().path(number) or gettext("a department that is gone")
    if field.endswith("person_id") or field == "manager_id":
        return know_people({number}).get(number) or gettext("a person who is gone")
    if field in {"supplier_id", "maintainer_id"}:
        return known_suppliers().get(number) or gettext("a supplier that is gone")
    if field in {"asset_id", "device_id"}:
        return know_things(field, {number})[number] or f"#{number}"
    return None
