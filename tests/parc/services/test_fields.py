"""Texts of forms, read into values."""

from __future__ import annotations

import pytest

from parc.services.fields import read_amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [("12", "12.00"), ("1 234,5 €", "1234.50"), ("0.07", "0.07"), ("1,234", "None"), ("", "None")],
)
def test_amount_is_read_with_its_cents(text: str, amount: str) -> None:
    """As the database gives it back: the undo of what wrote it compares the two."""
    assert str(read_amount(text)) == amount
