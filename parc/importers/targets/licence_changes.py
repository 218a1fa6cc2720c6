"""What a file says of a licence, compared with the one that is held; pure.

A term that ends later than the one that is held, and begins after it or says no beginning, is a
renewal: a new period. Anything else corrects the period that is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from parc.importers.entries import Entry
from parc.importers.formats.cells import Said
from parc.importers.targets.licence_values import Seat
from parc.importers.targets.target import Found
from parc.importers.targets.values import day_of, text_of
from parc.importers.values import Value
from parc.models import Entitlement, EntitlementPeriod
from parc.naming import folded
from parc.services.allocations import Holder
from parc.software.folding import product_meant
from parc.software.rules import FoldingRule


@dataclass(slots=True)
class HeldLicence:
    """A licence that is held, with all that is compared."""

    row: Entitlement
    product: str
    publisher: str
    terms: list[EntitlementPeriod] = field(default_factory=list)
    maintenance: list[EntitlementPeriod] = field(default_factory=list)
    keys: tuple[str, ...] = ()
    holders: set[Holder] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be written."""

    values: Mapping[str, Any]
    product: str
    publisher: str
    term: Mapping[str, Any]
    term_id: int | None
    maintenance: Mapping[str, Any]
    maintenance_id: int | None
    supplier: str
    keys: tuple[str, ...]
    holders: tuple[Holder, ...]
    people: tuple[Seat, ...]
    owner: str


def is_product(
    known: HeldLicence | None, product: str, entry: Entry, rules: Sequence[FoldingRule]
) -> bool:
    """Tell whether a licence is of this product already, as it stands or by a rule of names."""
    if known is None or folded(known.product) != folded(product):
        # A file that names only the licence says nothing of the product.
        return known is not None and (
            not text_of(entry.values, "product")
            or _means(product, text_of(entry.values, "publisher"), known.product, rules)
        )
    publisher = text_of(entry.values, "publisher")
    return not publisher or folded(publisher) == folded(known.publisher)


def _means(name: str, publisher: str, product: str, rules: Sequence[FoldingRule]) -> bool:
    """Tell whether a name is that of a product with its edition or version, as rules know it."""
    meant = product_meant(name, publisher, rules)
    return meant is not None and folded(meant.product) == folded(product)


def differing(row: Entitlement | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """Give the values that are not there yet; of a new licence all that say something."""
    if row is None:
        return {n: value for n, value in values.items() if value is not None}
    return {n: value for n, value in values.items() if getattr(row, n) != value}


def maintenance_values(values: Mapping[str, Value], *, clears: bool) -> dict[str, Any]:
    """Give what a row says of the maintenance: nothing, an end, or that it has none."""
    if (day := day_of(values, "maintenance_ends_on")) is not None:
        return {"ends_on": day}
    value = values.get("maintenance_ends_on")
    is_said = value is Said.NEVER or (value is Said.BLANK and clears)
    return {"ends_on": None} if is_said else {}


def against(content: Content, known: HeldLicence | None) -> Content:
    """Leave of the periods what differs, and say which period it corrects; None for a new one."""
    term, term_id = _period(content.term, known.terms if known else [])
    has_supplier = bool(content.supplier) and "supplier_id" in term
    maintenance, number = _period(content.maintenance, known.maintenance if known else [])
    return replace(
        content,
        term=term,
        term_id=term_id,
        maintenance=maintenance,
        maintenance_id=number,
        supplier=content.supplier if has_supplier else "",
    )


def _period(
    wanted: Mapping[str, Any], periods: Sequence[EntitlementPeriod]
) -> tuple[dict[str, Any], int | None]:
    if not periods:
        return {n: v for n, v in wanted.items() if v is not None}, None
    last = periods[-1]
    other = {n: v for n, v in wanted.items() if getattr(last, n) != v}
    ends_on, starts_on = other.get("ends_on"), wanted.get("starts_on")
    is_later = ends_on is not None and last.ends_on is not None and ends_on > last.ends_on
    if is_later and (starts_on is None or (last.ends_on and starts_on > last.ends_on)):
        return {n: v for n, v in wanted.items() if v is not None}, None
    return other, last.id


def days_wrong(content: Content) -> list[Found]:
    """Find a term that ends before it begins."""
    starts_on, ends_on = content.term.get("starts_on"), content.term.get("ends_on")
    if starts_on and ends_on and ends_on < starts_on:
        return [Found("ends_on", "before_start", starts_on.isoformat())]
    return []


def shown(content: Content, known: HeldLicence | None) -> dict[str, tuple[Any, Any]]:
    """Give what changes, by field, before and after; of keys only how many."""
    shown = _shown_values(content, known.row if known else None)
    if content.product:
        shown["product"] = (known.product if known else None, content.product)
        if content.publisher:
            shown["publisher"] = (known.publisher if known else None, content.publisher)
    terms, maintenance = (known.terms, known.maintenance) if known else ([], [])
    shown |= _shown_period(content.term, terms, content.term_id, "", content.supplier)
    shown |= _shown_period(
        content.maintenance, maintenance, content.maintenance_id, "maintenance_", ""
    )
    if content.keys:
        shown["keys"] = (len(known.keys) if known else 0, len(content.keys))
    if count := len(content.holders) + len(content.people):
        shown["allocation"] = (len(known.holders) if known else 0, count)
    return shown


def _shown_values(content: Content, row: Entitlement | None) -> dict[str, tuple[Any, Any]]:
    shown: dict[str, tuple[Any, Any]] = {}
    for name, value in content.values.items():
        before = getattr(row, name) if row else None
        if name == "details":
            old = before or {}
            shown |= {n: (old.get(n), v) for n, v in value.items() if old.get(n) != v}
        elif name not in {"is_unlimited", "owner_id"}:
            shown[name] = (before, value)
    if content.values.get("is_unlimited"):
        shown["quantity"] = (row.quantity if row else None, "unlimited")
    if "owner_id" in content.values or content.owner:
        shown["owner"] = (None, content.owner or "\u2026")
    return shown


def _shown_period(
    values: Mapping[str, Any],
    periods: Sequence[EntitlementPeriod],
    period_id: int | None,
    prefix: str,
    supplier: str,
) -> dict[str, tuple[Any, Any]]:
    last = next((one for one in periods if one.id == period_id), None)
    shown: dict[str, tuple[Any, Any]] = {}
    for name, value in values.items():
        if name == "supplier_id":
            shown["supplier"] = (None, supplier or None)
        elif name not in {"currency", "is_tax_included"} or last is not None:
            shown[f"{prefix}{name}"] = (getattr(last, name) if last else None, value)
    if values and periods and period_id is None:
        shown[f"{prefix}renewal"] = (periods[-1].ends_on, values.get("ends_on"))
    return shown
