"""The menu, shown to whoever holds the right behind each entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flask import current_app, request, url_for
from flask_babel import lazy_gettext as _

from parc.services.actor import Actor
from parc.services.permissions import Action, may
from parc.web.inbox_count import count_text


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu; ``key`` is the letter after ``g`` that goes there."""

    endpoint: str
    label: str
    icon: str
    action: Action
    key: str = ""

    @property
    def url(self) -> str:
        """Give the address of the page."""
        return url_for(self.endpoint)

    @property
    def count(self) -> str:
        """Give how much waits on the page, in few signs; empty for most pages."""
        return count_text() if self.endpoint == "inbox.index" else ""

    @property
    def is_current(self) -> bool:
        """Tell whether the page shown belongs to this entry."""
        return request.blueprint == self.endpoint.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Group:
    """Entries that belong together; the first group has no title and always stands open.

    Of the others, only the one of the page shown does: the menu stays short, and the title of a
    group leads to a page that lists what is in it.
    """

    title: str
    entries: tuple[Entry, ...]
    slug: str = ""

    @property
    def url(self) -> str:
        """Give the address of the page that lists the group."""
        return url_for("menu.show", slug=self.slug)

    @property
    def is_current(self) -> bool:
        """Tell whether the page shown is the one that lists the group."""
        arguments = request.view_args or {}
        return request.endpoint == "menu.show" and arguments.get("slug") == self.slug

    @property
    def is_open(self) -> bool:
        """Tell whether the entries stand in the menu of this page."""
        return not self.slug or self.is_current or any(one.is_current for one in self.entries)

    @property
    def letters(self) -> dict[str, str]:
        """Give the addresses of entries by the letter after ``g``."""
        return {one.key: one.url for one in self.entries if one.key}


MENU = (
    Group(
        "",
        (
            Entry("dashboard.show", _("Dashboard"), "layout-dashboard", Action.VIEW_INVENTORY, "d"),
            Entry("inbox.index", _("To do"), "inbox", Action.VIEW_INVENTORY, "t"),
            Entry("assets.index", _("Assets"), "monitor", Action.VIEW_INVENTORY, "a"),
            Entry("incidents.index", _("Incidents"), "life-buoy", Action.VIEW_INCIDENT, "i"),
            Entry("movements.index", _("Movements"), "arrow-up-down", Action.VIEW_INVENTORY, "m"),
            Entry("where.show", _("Where is it?"), "map-pin", Action.VIEW_INVENTORY, "w"),
            Entry("network_map.show", _("Network map"), "waypoints", Action.VIEW_INVENTORY, "n"),
            Entry(
                "devices.index",
                _("Unknown devices"),
                "circle-question-mark",
                Action.VIEW_INVENTORY,
                "u",
            ),
            Entry("my_incidents.show", _("My equipment"), "user", Action.REPORT_FAULT),
        ),
    ),
    Group(
        _("Organisation"),
        (
            Entry("places.index", _("Places"), "building-2", Action.VIEW_INVENTORY, "l"),
            Entry("people.index", _("People"), "users", Action.VIEW_INVENTORY, "e"),
            Entry("departments.index", _("Departments"), "boxes", Action.VIEW_INVENTORY),
        ),
        "organisation",
    ),
    Group(
        _("Contracts and licences"),
        (
            Entry("contracts.index", _("Contracts"), "handshake", Action.VIEW_CONTRACT, "o"),
            Entry("suppliers.index", _("Suppliers"), "truck", Action.VIEW_CONTRACT, "s"),
            Entry("licences.index", _("Licences"), "key-round", Action.VIEW_INVENTORY),
            Entry("software.index", _("Software"), "boxes", Action.VIEW_INVENTORY),
            Entry("compliance.index", _("Compliance"), "shield-check", Action.VIEW_INVENTORY),
            Entry("imports.index", _("Imports"), "upload", Action.IMPORT_RECORDS),
        ),
        "contracts",
    ),
    Group(
        _("Discovery"),
        (
            Entry("ranges.index", _("Address ranges"), "network", Action.VIEW_RANGE, "p"),
            Entry("credentials.index", _("Credentials"), "key-round", Action.EDIT_CREDENTIAL, "c"),
            Entry("agents.index", _("Agents"), "cpu", Action.VIEW_AGENT),
            Entry("runs.index", _("Runs"), "radar", Action.VIEW_RUN, "r"),
            Entry("changes.index", _("Changes"), "history", Action.VIEW_INVENTORY, "h"),
        ),
        "discovery",
    ),
    Group(
        _("Administration"),
        (
            Entry("users.index", _("Users"), "users", Action.MANAGE_USER),
            Entry(
                "ignored_keys.index",
                _("Keys that identify nothing"),
                "ban",
                Action.EDIT_IGNORED_KEY,
            ),
            Entry("asset_tags.index", _("Asset tags"), "tag", Action.EDIT_TAG_PATTERN),
            Entry(
                "custom_fields.index",
                _("Fields of our own"),
                "settings",
                Action.EDIT_CUSTOM_FIELD,
            ),
            Entry(
                "field_rules.index", _("Which source wins"), "arrow-up-down", Action.EDIT_FIELD_RULE
            ),
        ),
        "administration",
    ),
)


def menu_for(actor: Actor) -> list[Group]:
    """Give the groups with the entries that ``actor`` may open; no empty group."""
    views = current_app.view_functions
    groups = [
        Group(
            group.title,
            tuple(
                entry
                for entry in group.entries
                if entry.endpoint in views and may(actor, entry.action)
            ),
            group.slug,
        )
        for group in MENU
    ]
    return [group for group in groups if group.entries]


def closed_letters(groups: Iterable[Group]) -> dict[str, str]:
    """Give where letters after ``g`` lead whose entries the menu of this page does not show."""
    closed = [group.letters for group in groups if not group.is_open]
    return dict(pair for letters in closed for pair in letters.items())


def home_url(actor: Actor) -> str:
    """Give the first page of the menu, or the own account for who may see nothing else."""
    groups = menu_for(actor)
    return groups[0].entries[0].url if groups else url_for("account.show")
