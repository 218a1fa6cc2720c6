"""What the rows of one licence come to: the values of its columns, its period, keys and seats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from parc.importers.entries import Entry
from parc.importers.formats.amounts import Amount, Tax
from parc.importers.formats.cells import Said, key_of
from parc.importers.formats.quantities import Quantity
from parc.importers.kinds.licences import METRIC_OF_TYPE, METRICS
from parc.importers.targets.target import Found
from parc.importers.targets.values import text_of
from parc.importers.values import Value
from parc.models import EntitlementType, Metric

PLAIN: Final = ("version", "edition", "reference", "contract_number", "notes")
DETAILS: Final = (
    *("department", "company", "category", "group", "location", "region", "budget"),
    *("accounting_number", "status", "parent", "allows_overuse", "version_in_use", "licensed_to"),
    *("licensed_to_email", "is_reassignable", "is_maintained", "consumed", "suspended", "warning"),
    "unit_price",
)
PERIOD_TEXTS: Final = ("order_number", "invoice_number")
_CENT: Final = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Seat:
    """Who holds a seat, as the file has it."""

    person: str = ""
    email: str = ""
    login: str = ""
    asset: str = ""


def names_of(values: Mapping[str, Value]) -> tuple[str, str]:
    """Give the names of licence and product; one that is blank is the other."""
    name, product = text_of(values, "name"), text_of(values, "product")
    return name or product, product or name


def seats_of(entry: Entry) -> list[Seat]:
    """Give who holds a seat, from all rows of a licence."""
    found = []
    for row in entry.rows:
        names = ("person", "person_email", "person_login", "asset")
        texts = [text_of(row.values, name) for name in names]
        if any(texts):
            found.append(Seat(*texts))
    return list(dict.fromkeys(found))


def keys_in(entry: Entry) -> tuple[str, ...]:
    """Give the keys of all rows of a licence, each once."""
    found: list[str] = []
    for row in entry.rows:
        keys = row.values.get("keys")
        if isinstance(keys, tuple):
            found += keys
    return tuple(dict.fromkeys(found))


def fixed_values(entry: Entry, *, clears: bool, is_per_seat: bool) -> dict[str, Any]:
    """Give what the columns of the licence itself shall hold, as far as the file says."""
    values = entry.values
    wanted: dict[str, Any] = {}
    for name in PLAIN:
        value = values.get(name)
        if isinstance(value, str):
            wanted[name] = value
        elif value is Said.BLANK and clears:
            wanted[name] = "" if name == "version" else None
    kind = text_of(values, "type")
    if kind and not kind.startswith(METRIC_OF_TYPE):
        wanted["type"] = EntitlementType(kind)
    elif values.get("is_perpetual") is True:
        wanted["type"] = EntitlementType.PERPETUAL
    elif values.get("type") is Said.BLANK and clears:
        wanted["type"] = None
    if isinstance(flag := values.get("has_downgrade"), bool):
        wanted["has_downgrade"] = flag
    if isinstance(days := values.get("alert_days"), Quantity):
        wanted["alert_days"] = days.count
    wanted |= _quantity(entry, clears=clears, is_per_seat=is_per_seat)
    return wanted


def details_of(values: Mapping[str, Value]) -> dict[str, str]:
    """Give what other systems know of it and Parc has no column for, as texts."""
    found = {}
    for name in DETAILS:
        value = values.get(name, Said.BLANK)
        if isinstance(value, Said):
            continue
        found[name] = _written(value)
    return found


def period_values(
    values: Mapping[str, Value], quantity: int | None, *, clears: bool, headings: Mapping[str, str]
) -> tuple[dict[str, Any], list[Found]]:
    """Give what the period shall hold, as far as the file says, and what stands against it.

    Args:
        headings: of the columns by field: one may say whether amounts hold the tax.
    """
    wanted: dict[str, Any] = {}
    for name in ("starts_on", "ends_on", "purchased_on", "invoice_date"):
        value = values.get(name)
        column = "invoice_on" if name == "invoice_date" else name
        if isinstance(value, date):
            wanted[column] = value
        elif value is Said.NEVER or (value is Said.BLANK and clears):
            wanted[column] = None
    if values.get("is_perpetual") is True and "ends_on" not in wanted:
        wanted["ends_on"] = None
    for name in PERIOD_TEXTS:
        if text := text_of(values, name):
            if len(text) > 120:  # noqa: PLR2004 -- of the column
                return {}, [Found(name, "too_long", "120")]
            wanted[name] = text
        elif values.get(name) is Said.BLANK and clears:
            wanted[name] = None
    return _with_cost(values, wanted, quantity, headings)


def _with_cost(
    values: Mapping[str, Value],
    wanted: dict[str, Any],
    quantity: int | None,
    headings: Mapping[str, str],
) -> tuple[dict[str, Any], list[Found]]:
    name = "cost" if isinstance(values.get("cost"), Amount) else "unit_price"
    amount = values.get(name)
    if not isinstance(amount, Amount):
        return wanted, []
    if amount.value < 0:
        return wanted, [Found(name, "negative_amount", str(amount.value))]
    cost = amount.value
    if name == "unit_price":
        if quantity is None:
            return wanted, []  # it is kept as a detail: how many it is for is not known
        cost = (cost * quantity).quantize(_CENT)
    elif cost != cost.quantize(_CENT):
        return wanted, [Found(name, "too_many_decimals", str(cost))]
    wanted["cost"] = cost.quantize(_CENT)
    wanted["currency"] = amount.currency or text_of(values, "currency") or "EUR"
    tax = amount.tax or _tax_of(headings.get(name, ""))
    if tax is not None:
        wanted["is_tax_included"] = tax is Tax.INCLUDED
    return wanted, []


def _tax_of(heading: str) -> Tax | None:
    words = key_of(heading).replace(".", "").replace("(", " ").replace(")", " ").split()
    if "ttc" in words:
        return Tax.INCLUDED
    return Tax.EXCLUDED if "ht" in words else None


def _quantity(entry: Entry, *, clears: bool, is_per_seat: bool) -> dict[str, Any]:
    """Give how many; of seats, as many as there are rows unless a column says more."""
    quantity, metric = entry.values.get("quantity"), entry.values.get("metric")
    wanted: dict[str, Any] = {}
    kind = text_of(entry.values, "type")
    if isinstance(metric, str):
        wanted["metric"] = Metric(metric)
    elif kind.startswith(METRIC_OF_TYPE):
        wanted["metric"] = Metric(kind.removeprefix(METRIC_OF_TYPE))
    elif metric is Said.BLANK and clears:
        wanted["metric"] = None
    if isinstance(quantity, Quantity):
        unit = METRICS.get(key_of(quantity.unit))
        if unit is not None and not isinstance(metric, str):
            wanted["metric"] = Metric(unit)
        count = quantity.count
        if is_per_seat and count is not None and count <= 1:
            count = len(entry.rows)
        wanted |= {"quantity": count, "is_unlimited": quantity.count is None}
    elif is_per_seat:
        wanted |= {"quantity": len(entry.rows), "is_unlimited": False}
    elif quantity is Said.BLANK and clears:
        wanted |= {"quantity": None, "is_unlimited": False}
    return wanted


def _written(value: Value) -> str:
    if isinstance(value, Amount):
        return f"{value.value} {value.currency or ''}".strip()
    if isinstance(value, Quantity):
        return "unlimited" if value.count is None else str(value.count)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)[:500]


def seat_texts(entries: Sequence[Entry]) -> set[str]:
    """Give what machines are called in these entries."""
    return {text for one in entries for row in one.rows if (text := text_of(row.values, "asset"))}
