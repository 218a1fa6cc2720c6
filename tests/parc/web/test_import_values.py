"""Values of a plan as its page writes them."""

from __future__ import annotations

from flask import Flask
from flask_babel import force_locale

from parc.web.import_values import shown_changes

_CASES = (
    ("licences", "metric", "device", "Device"),
    ("licences", "quantity", "unlimited", "unlimited"),
    ("licences", "cost", "12345.60", "12,345.60"),
    ("licences", "unit_price", "12.5 EUR", "12.50 EUR"),
    ("licences", "version", "12.5", "12.5"),
    ("licences", "ends_on", "2026-02-13", "13 Feb 2026"),
    ("assets", "lifecycle_state", "in_stock", "In stock"),
    ("assets", "lifecycle_state", "nonsense", "nonsense"),
    ("suppliers", "roles", "supplier, lessor", "Supplier, Lessor"),
    ("gone", "name", None, None),
)


def test_values_are_written_for_their_reader(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context(), force_locale("en_GB"):
        found = [
            shown_changes(kind, {name: (None, value)})[0].after
            for kind, name, value, _shown in _CASES
        ]

    assert found == [shown for *_rest, shown in _CASES]


def test_changes_stand_in_the_order_of_the_fields(sqlite_app: Flask) -> None:
    with sqlite_app.test_request_context(), force_locale("en"):
        found = shown_changes("licences", {"cost": (1, 2), "renewal": (1, 2), "name": ("a", "b")})

    assert [one.field for one in found] == ["Name", "Cost", "Renewal, a new period"]
