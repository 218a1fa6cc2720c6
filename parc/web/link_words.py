"""How pages say what hangs on a record, and read where it goes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from flask_babel import format_date, gettext
from flask_babel import lazy_gettext as _

from parc.naming import device_name
from parc.reconcile.linked_rows import Link
from parc.web.custom_words import custom_label, custom_text
from parc.web.movement_words import kind_text

_GROUPS: Final[Mapping[str, Any]] = {
    "movement": _("Movements"),
    "allocation": _("Licences"),
    "contract_line": _("Lines of contracts"),
    "coverage": _("Covered by contracts"),
    "incident_asset": _("Incidents"),
    "wall_outlet": _("Wall outlets"),
    "custom_value": _("Fields of our own"),
    "managed_device": _("Told by controllers and hosts"),
    "host_entry": _("Attached to computers"),
}


def _told_by(row: Any) -> str:
    teller = device_name(row.sys_name, row.host_name, row.model_name, row.address)
    return str(gettext("%(name)s, told by %(teller)s", name=row.name, teller=teller))


_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "movement": lambda row: f"{kind_text(row)}, {format_date(row.effective_on)}",
    "allocation": lambda row: f"{row.name}, {format_date(row.since_on)}",
    "contract_line": lambda row: f"{row.name} ({row.number})",
    "coverage": lambda row: f"{row.name} ({row.number}), {format_date(row.from_on)}",
    "incident_asset": lambda row: gettext(
        "Incident %(number)s: %(title)s", number=row.number, title=row.title
    ),
    "custom_value": lambda row: f"{custom_label(row.key)}, {custom_text(row.key, row.value)}",
    "wall_outlet": lambda row: " ".join(filter(None, (row.label, row.if_name))),
    "managed_device": _told_by,
    "host_entry": _told_by,
}


_Rows = list[tuple[str, str, str]]


def link_groups(links: Sequence[Link]) -> list[tuple[str, _Rows]]:
    """Give them by kind: token, words, and the tag of the record that brought it."""
    groups: dict[str, _Rows] = {}
    for one in links:
        text = _WORDS[one.kind](one.row)
        groups.setdefault(one.kind, []).append((one.token, text, one.came_with))
    return [(str(_GROUPS[kind]), rows) for kind, rows in groups.items()]


def chosen_links(texts: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Give the tokens that go with what leaves, and those that stay though a merge brought them."""
    found: dict[str, set[str]] = {"goes": set(), "stays": set()}
    for text in texts:
        where, _colon, token = text.partition(":")
        if where in found:
            found[where].add(token)
    return frozenset(found["goes"]), frozenset(found["stays"])
