"""Values of a plan in the reader's language: words, days and amounts as pages write them."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from flask_babel import format_decimal, gettext

from collectors.observation import Category
from parc.contract_dates import Renewal
from parc.importers.kinds import KINDS
from parc.models import (
    BillingRhythm,
    ContractType,
    EntitlementType,
    LifecycleState,
    LocationKind,
    Metric,
    SupplierRole,
)
from parc.services.custom_values import PREFIX
from parc.web.custom_words import custom_names, custom_text
from parc.web.formats import format_plain_date
from parc.web.import_words import field_text
from parc.web.labels import label

_WORDS: Final[Mapping[tuple[str, str], type[enum.StrEnum]]] = {
    ("licences", "type"): EntitlementType,
    ("licences", "metric"): Metric,
    ("contracts", "type"): ContractType,
    ("contracts", "renewal"): Renewal,
    ("contracts", "billing"): BillingRhythm,
    ("assets", "category"): Category,
    ("assets", "lifecycle_state"): LifecycleState,
    ("places", "kind"): LocationKind,
    ("suppliers", "roles"): SupplierRole,
}
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNTS: Final = frozenset({"cost", "unit_price", "purchase_price", "amount", "line_amount"})
_AMOUNT: Final = re.compile(r"(-?[0-9]{1,15}\.[0-9]{1,4})( [A-Z]{3})?")


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One field of a line, before and after; None for nothing."""

    field: str
    before: str | None
    after: str | None


def shown_changes(kind: str, changes: Mapping[str, Sequence[Any]]) -> list[ShownChange]:
    """Give the changes of a line in the order of the fields of its kind."""
    names = [one.name for one in KINDS[kind].fields] if kind in KINDS else []
    names += custom_names()
    order = {name: place for place, name in enumerate(names)}
    return [
        ShownChange(field_text(name), _shown(kind, name, pair[0]), _shown(kind, name, pair[1]))
        for name, pair in sorted(changes.items(), key=lambda one: order.get(one[0], len(order)))
    ]


def _shown(kind: str, name: str, value: Any) -> str | None:
    if value is None:
        return None
    text = str(value)
    if name.startswith(PREFIX):
        return custom_text(name.removeprefix(PREFIX), text)
    if (words := _WORDS.get((kind, name))) is not None:
        parts = text.split(", ")
        return ", ".join(label(words(one)) if one in set(words) else one for one in parts)
    return _plain(name, text)


def _plain(name: str, text: str) -> str:
    """Write a quantity, a day or an amount as readers of the page do."""
    if name == "quantity" and text == "unlimited":
        return str(gettext("unlimited"))
    if _DAY.fullmatch(text):
        return str(format_plain_date(date.fromisoformat(text)))
    if (found := _AMOUNT.fullmatch(text)) is not None and name in _AMOUNTS:
        return str(format_decimal(Decimal(found[1]), "#,##0.00##")) + (found[2] or "")
    return text
