"""Movements as pages and files show them: labels of fields, and one line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from flask_babel import lazy_gettext as _

from parc.models import MovementKind
from parc.services.incident_values import number_text
from parc.web.author_words import author_text
from parc.web.formats import file_moment, format_money, format_plain_date
from parc.web.labels import label
from parc.web.names import know_people, name_of

LABELS: Final[Mapping[str, str]] = {
    "kind": _("Kind"),
    "variant": _("How"),
    "person": _("Person"),
    "department": _("Department"),
    "place": _("Place"),
    "to_state": _("New state"),
    "due_on": _("To be returned by"),
    "effective_on": _("Takes effect on"),
    "accessories": _("Accessories"),
    "condition": _("Condition"),
    "counterparty": _("Supplier, repairer or recipient"),
    "incident": _("Incident"),
    "contract": _("Contract"),
    "order_number": _("Order number"),
    "destination": _("Destination"),
    "legal_basis": _("Legal basis"),
    "unit_value": _("Unit value"),
    "wiping_method": _("How data was wiped"),
    "wiped_on": _("Wiped on"),
    "wiped_by": _("Wiped by"),
    "certificate_number": _("Certificate number"),
    "slip_number": _("Waste slip number"),
    "reason": _("Reason"),
}
_REPAIRER = _("Repairer")
# Who stands on the other side, by the kind.
_OTHER_SIDE: Final[Mapping[MovementKind, str]] = {
    MovementKind.ENTRY: _("Supplier"),
    MovementKind.SHIPMENT: _("Recipient"),
    MovementKind.SEND_TO_REPAIR: _REPAIRER,
    MovementKind.BACK_FROM_REPAIR: _REPAIRER,
    MovementKind.STANDARD_EXCHANGE: _REPAIRER,
    MovementKind.EXIT: _("Recipient"),
}
_DETAILS: Final = (
    "accessories",
    "condition",
    "counterparty",
    "order_number",
    "destination",
    "legal_basis",
    "wiping_method",
    "wiped_by",
    "certificate_number",
    "slip_number",
)


def read_names(rows: Sequence[Any]) -> None:
    """Read the names of all people of some movements together."""
    ids = {getattr(row, name) for row in rows for name in ("from_person_id", "to_person_id")}
    know_people({number for number in ids if number is not None})


def kind_text(row: Any) -> str:
    """Name what happened, and how."""
    variant = f" ({label(row.variant)})" if row.variant else ""
    return f"{label(row.kind)}{variant}"


def holder_text(row: Any, side: str) -> str:
    """Name who holds the asset before (``from``) or after (``to``) a movement."""
    for name in ("person_id", "department_id"):
        number = getattr(row, f"{side}_{name}")
        if number is not None:
            return name_of(name, number) or ""
    return ""


def place_text(row: Any, side: str) -> str:
    """Name where the asset is before or after a movement."""
    number = getattr(row, f"{side}_location_id")
    return "" if number is None else name_of("location_id", number) or ""


def changes_of(row: Any) -> list[tuple[str, str, str]]:
    """Give what a movement changed: label, before, after."""
    pairs = [
        (str(_("State")), label(row.from_state), label(row.to_state)),
        (str(_("Holder")), holder_text(row, "from"), holder_text(row, "to")),
        (str(_("Place")), place_text(row, "from"), place_text(row, "to")),
        (
            str(_("To be returned by")),
            format_plain_date(row.from_due_on),
            format_plain_date(row.to_due_on),
        ),
    ]
    return [(name, before, after) for name, before, after in pairs if before != after]


def labels_of(kind: MovementKind) -> Mapping[str, str]:
    """Give the labels of the fields of a kind."""
    return {**LABELS, "counterparty": _OTHER_SIDE.get(kind, LABELS["counterparty"])}


def details_of(row: Any, currency: str = "EUR") -> list[tuple[str, str]]:
    """Give what else was said of a movement: label and value."""
    labels = labels_of(row.kind)
    said = {name: str(getattr(row, name) or "") for name in _DETAILS}
    if row.unit_value is not None:
        said["unit_value"] = format_money(row.unit_value, currency)
    said["wiped_on"] = format_plain_date(row.wiped_on)
    return [(str(labels[name]), said[name]) for name in LABELS if said.get(name)]


def incident_text(number: int | None) -> str:
    """Give the number of an incident as it is written; empty for none."""
    return number_text(number) if number is not None else ""


def columns() -> list[tuple[str, Callable[[Any], str]]]:
    """Give the columns of a file: heading, and what writes a cell."""
    return [
        ("ID", lambda row: str(row.id)),
        (str(_("Takes effect on")), lambda row: row.effective_on.isoformat()),
        (str(_("Entered")), lambda row: file_moment(row.entered_at)),
        (str(_("Asset tag")), lambda row: row.asset_tag),
        (str(_("Asset")), lambda row: row.asset_name),
        (str(_("Kind")), _member("kind")),
        (str(_("How")), _member("variant")),
        (str(_("State before")), _member("from_state")),
        (str(_("State after")), _member("to_state")),
        (str(_("Holder before")), lambda row: holder_text(row, "from")),
        (str(_("Holder after")), lambda row: holder_text(row, "to")),
        (str(_("Place before")), lambda row: place_text(row, "from")),
        (str(_("Place after")), lambda row: place_text(row, "to")),
        (str(_("To be returned by")), lambda row: _day(row.to_due_on)),
        *((str(LABELS[name]), _plain(name)) for name in ("reason", *_DETAILS)),
        (str(LABELS["incident"]), lambda row: incident_text(row.incident_id)),
        (str(LABELS["contract"]), lambda row: row.contract_number or ""),
        (str(LABELS["unit_value"]), lambda row: str(row.unit_value or "")),
        (str(LABELS["wiped_on"]), lambda row: _day(row.wiped_on)),
        (str(_("Author")), lambda row: author_text(row.author)),
        (str(_("Source")), _member("source")),
        (str(_("Status")), _member("status")),
        (str(_("Cancelled because")), lambda row: row.cancelled_reason or ""),
    ]


def _member(name: str) -> Callable[[Any], str]:
    """Give what writes a member of one closed set; each is named once a file."""
    said = cache(label)
    return lambda row: said(getattr(row, name))


def _plain(name: str) -> Callable[[Any], str]:
    return lambda row: getattr(row, name) or ""


def _day(value: Any) -> str:
    return value.isoformat() if value else ""
