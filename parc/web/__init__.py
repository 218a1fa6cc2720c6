"""HTML pages: views parse, call queries and services, render templates."""

from __future__ import annotations

from typing import cast

from flask import Blueprint, Flask
from werkzeug.routing import IntegerConverter, Map

from parc.config import Settings
from parc.extensions import babel, csrf
from parc.row_keys import MOST_KEY
from parc.services.permissions import Action, may
from parc.web.access import actor, check_all_routes_are_guarded
from parc.web.account import account
from parc.web.agent_endpoint import agent_endpoint
from parc.web.agents import agents
from parc.web.asset_tags import asset_tags
from parc.web.bundles import init_bundles
from parc.web.changes import changes
from parc.web.compliance import compliance
from parc.web.context import signed_in
from parc.web.contract_calendar import contracts
from parc.web.credentials import credentials
from parc.web.custom_fields import custom_fields
from parc.web.dashboard import dashboard
from parc.web.departments import departments
from parc.web.devices import devices
from parc.web.differences import differences
from parc.web.documents import documents, raise_body_limit
from parc.web.errors import init_errors
from parc.web.exports import exports
from parc.web.field_rules import field_rules
from parc.web.first_run import first_run, redirect_to_first_run
from parc.web.formats import init_formats
from parc.web.forms import refuse_nul_in_address
from parc.web.headers import init_headers
from parc.web.history import action_label, field_label, value_text
from parc.web.i18n import LANGUAGES, choose_language, init_i18n
from parc.web.ignored_keys import ignored_keys
from parc.web.import_words import problem_text
from parc.web.imports import imports
from parc.web.inbox import inbox
from parc.web.incident_figures import incidents
from parc.web.incident_words import title_text
from parc.web.labels import badge_kind, label
from parc.web.licence_seats import licences
from parc.web.menu import menu
from parc.web.messages import take_messages
from parc.web.movement_sheets import movements
from parc.web.moving import other_kinds, usual_kind
from parc.web.my_incidents import my_incidents
from parc.web.names import name_of, short_place
from parc.web.navigation import closed_letters, home_url, menu_for
from parc.web.network_map import network_map
from parc.web.patterns import patterns
from parc.web.people import people
from parc.web.places import places
from parc.web.ports import assets
from parc.web.printed import printed
from parc.web.problems import tell_problem
from parc.web.ranges import ranges
from parc.web.runs import runs
from parc.web.session import load_actor, session_pages
from parc.web.software_changes import software
from parc.web.suppliers import suppliers
from parc.web.users import users
from parc.web.where import where

# One line a subject, in the order of the alphabet; the blueprint stands in parc/web/<subject>.py
# and its pages in templates/<subject>/. Where several modules add routes to one blueprint, it is
# imported from the last of them, which imports the others.
BLUEPRINTS: tuple[Blueprint, ...] = (
    account,
    agent_endpoint,
    agents,
    asset_tags,
    assets,
    changes,
    compliance,
    contracts,
    credentials,
    custom_fields,
    dashboard,
    departments,
    devices,
    differences,
    documents,
    exports,
    field_rules,
    first_run,
    imports,
    inbox,
    incidents,
    ignored_keys,
    my_incidents,
    movements,
    licences,
    menu,
    network_map,
    patterns,
    people,
    places,
    printed,
    ranges,
    runs,
    session_pages,
    software,
    suppliers,
    users,
    where,
)


class _RowKey(IntegerConverter):
    """A key in an address; what no row can have leads to no page."""

    regex = "[0-9]{1,10}"

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=MOST_KEY)


def init_web(app: Flask) -> None:
    """Register extensions of the pages, blueprints, error handlers and headers.

    Raises:
        StartError: a route names no right.
    """
    app.extensions["parc_import_words"] = problem_text
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    init_headers(app, cast("Settings", app.extensions["parc_settings"]))
    init_i18n(app, babel)
    init_formats(app)
    init_bundles(app)
    init_errors(app)
    app.before_request(refuse_nul_in_address)
    app.before_request(load_actor)
    app.before_request(redirect_to_first_run)
    app.before_request(raise_body_limit)
    csrf.init_app(app)
    app.context_processor(_page_context)
    app.jinja_env.globals.update(
        Action=Action,
        action_label=action_label,
        field_label=field_label,
        value_text=value_text,
        badge_kind=badge_kind,
        label=label,
        may=may,
        tell_problem=tell_problem,
        take_messages=take_messages,
        menu_for=menu_for,
        closed_letters=closed_letters,
        name_of=name_of,
        short_place=short_place,
        other_kinds=other_kinds,
        usual_kind=usual_kind,
        home_url=home_url,
        incident_title=title_text,
        languages=LANGUAGES,
    )
    app.url_map.converters["int"] = _RowKey
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    check_all_routes_are_guarded(app)


def _page_context() -> dict[str, object]:
    return {"actor": actor(), "person": signed_in(), "language": choose_language()}
