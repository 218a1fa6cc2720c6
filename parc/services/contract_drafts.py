"""A contract as typed, and what can be read of it."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.contract_dates import MOST_MONTHS, NoticeUnit, Renewal
from parc.models import BillingRhythm, Contract, ContractType, Supplier
from parc.row_keys import row_key
from parc.services.fields import FieldReader

DEFAULT_ALERT_DAYS: Final = (90, 60, 30, 7)
CURRENCIES: Final = ("EUR", "CHF", "GBP", "USD", "XPF")
HOURS: Final = ("week", "saturday", "sunday")
_MOST_NOTICE: Final = 3_650
_MOST_HOURS: Final = 8_760
_MOST_ALERTS: Final = 10
_MOST_ALERT_DAYS: Final = 730


@dataclass(frozen=True, slots=True)
class ContractDraft:
    """A contract as typed: days as 2026-11-30 or 30/11/2026, hours of the day as 08:30.

    Attributes:
        supplier_id, maintainer_id: numbers of suppliers; the second may be empty.
        response_hours, restoration_hours: hours with decimals; empty: not promised.
        alert_days: numbers parted by commas; empty: the usual ones; ``-``: none.
    """

    number: str = ""
    name: str = ""
    type: str = ContractType.HARDWARE_MAINTENANCE.value
    supplier_id: str = ""
    maintainer_id: str = ""
    starts_on: str = ""
    initial_months: str = "12"
    renewal: str = Renewal.NONE.value
    renewal_months: str = ""
    notice_count: str = "0"
    notice_unit: str = NoticeUnit.MONTHS.value
    amount: str = ""
    currency: str = "EUR"
    billing: str = BillingRhythm.YEARLY.value
    support_phone: str = ""
    support_email: str = ""
    how_to_call: str = ""
    week_from: str = ""
    week_to: str = ""
    saturday_from: str = ""
    saturday_to: str = ""
    sunday_from: str = ""
    sunday_to: str = ""
    time_zone: str = "Europe/Paris"
    response_hours: str = ""
    restoration_hours: str = ""
    alert_days: str = ""
    notes: str = ""


def read_contract(
    session: Session, draft: ContractDraft, contract_id: int | None
) -> dict[str, Any]:
    """Give the columns of a contract.

    Raises:
        InvalidInputError: names the fields.
    """
    fields = FieldReader()
    values = {
        "number": fields.text("number", draft.number, most=100, is_required=True),
        "name": fields.text("name", draft.name, most=255, is_required=True),
        "type": fields.word("type", draft.type, ContractType, ContractType.SERVICE),
        "supplier_id": _supplier(session, fields, "supplier_id", draft.supplier_id),
        "maintainer_id": None,
        "support_phone": fields.text("support_phone", draft.support_phone, most=60) or None,
        "support_email": fields.email("support_email", draft.support_email) or None,
        "how_to_call": fields.lines("how_to_call", draft.how_to_call, most=2_000) or None,
        "notes": fields.lines("notes", draft.notes, most=20_000) or None,
        **_term(fields, draft),
        **_cost(fields, draft),
        **_hours(fields, draft),
        "alert_days": read_alert_days(fields, draft.alert_days),
    }
    if draft.maintainer_id.strip():
        values["maintainer_id"] = _supplier(session, fields, "maintainer_id", draft.maintainer_id)
    if values["supplier_id"] and values["number"]:
        others = Contract.id != contract_id if contract_id is not None else sa.true()
        same = sa.select(Contract.name).where(
            Contract.supplier_id == values["supplier_id"],
            Contract.number == values["number"],
            others,
        )
        if (name := session.scalar(same)) is not None:
            fields.add("number", "taken", name)
    fields.raise_problems()
    return values


def read_alert_days(fields: FieldReader, text: str) -> list[int] | None:
    """Read days before a date, the farthest first; None for the usual ones."""
    if not text.strip():
        return None
    if text.strip() == "-":
        return []
    parts = [part for part in text.replace(";", ",").replace(" ", ",").split(",") if part]
    if len(parts) > _MOST_ALERTS:
        fields.add("alert_days", "too_many_lines", str(_MOST_ALERTS))
    days = {fields.number("alert_days", part, 0, _MOST_ALERT_DAYS) for part in parts[:_MOST_ALERTS]}
    return sorted(days, reverse=True)


def _term(fields: FieldReader, draft: ContractDraft) -> dict[str, Any]:
    renewal = fields.word("renewal", draft.renewal, Renewal, Renewal.NONE)
    months = None
    if renewal is not Renewal.NONE:
        typed = draft.renewal_months.strip() or draft.initial_months
        months = fields.number("renewal_months", typed, 1, MOST_MONTHS)
    return {
        "starts_on": fields.required_date("starts_on", draft.starts_on),
        "initial_months": fields.number("initial_months", draft.initial_months, 1, MOST_MONTHS),
        "renewal": renewal,
        "renewal_months": months,
        "notice_count": fields.number(
            "notice_count", draft.notice_count.strip() or "0", 0, _MOST_NOTICE
        ),
        "notice_unit": fields.word("notice_unit", draft.notice_unit, NoticeUnit, NoticeUnit.MONTHS),
    }


def _cost(fields: FieldReader, draft: ContractDraft) -> dict[str, Any]:
    currency = draft.currency.strip().upper() or "EUR"
    if currency not in CURRENCIES:
        fields.add("currency", "unknown_choice", draft.currency[:40])
    return {
        "amount": fields.amount("amount", draft.amount),
        "currency": currency,
        "billing": fields.word("billing", draft.billing, BillingRhythm, BillingRhythm.YEARLY),
    }


def _hours(fields: FieldReader, draft: ContractDraft) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in HOURS:
        begin = fields.clock_time(f"{name}_from", getattr(draft, f"{name}_from"))
        end = fields.clock_time(f"{name}_to", getattr(draft, f"{name}_to"))
        if (begin is None) != (end is None) and not _is_told(fields, name):
            fields.add(f"{name}_to", "window_needs_both")
        values[f"{name}_from"], values[f"{name}_to"] = begin, end
    zone = draft.time_zone.strip() or "Europe/Paris"
    if zone not in zoneinfo.available_timezones():
        fields.add("time_zone", "not_a_time_zone", zone[:60])
    values["time_zone"] = zone
    for name in ("response", "restoration"):
        values[f"{name}_minutes"] = _minutes(fields, f"{name}_hours", draft)
    return values


def _is_told(fields: FieldReader, name: str) -> bool:
    return any(problem.field in {f"{name}_from", f"{name}_to"} for problem in fields.problems)


def _minutes(fields: FieldReader, name: str, draft: ContractDraft) -> int | None:
    text = getattr(draft, name).strip().removesuffix("h").strip()
    hours = fields.amount(name, text)
    if hours is None:
        return None
    if not 0 < hours <= _MOST_HOURS:
        fields.add(name, "out_of_bounds", f"0-{_MOST_HOURS}")
    return int(hours * 60)


def _supplier(session: Session, fields: FieldReader, name: str, value: str) -> int | None:
    text = value.strip()
    if not text:
        fields.add(name, "required")
        return None
    key = row_key(text)
    if key is None or session.get(Supplier, key) is None:
        fields.add(name, "unknown_choice", text[:40])
        return None
    return key


def chosen_days(days: Sequence[int] | None) -> tuple[int, ...]:
    """Give the days before a date on which a contract is told of."""
    return DEFAULT_ALERT_DAYS if days is None else tuple(days)
