"""Texts of forms, read into values."""

from __future__ import annotations

import pytest

from parc.services.fields import FieldReader, read_amount


@pytest.mark.parametrize(
    ("text", "amount"),
    [("12", "12.00"), ("1 234,5 €", "1234.50"), ("0.07", "0.07"), ("1,234", "None"), ("", "None")],
)
def test_amount_is_read_with_its_cents(text: str, amount: str) -> None:
    """As the database gives it back: the undo of what wrote it compares the two."""
    assert str(read_amount(text)) == amount


def test_lines_are_kept_and_what_cannot_be_printed_is_left_out() -> None:
    reader = FieldReader()
    assert reader.lines("notes", " a\r\nb\rc\u00ad\u200b\x07\td\n", most=9) == "a\nb\nc\td"
    assert reader.problems == []
    reader.lines("notes", "\u200b", most=9, is_required=True)
    reader.lines("notes", "x" * 10, most=9)
    assert [problem.code for problem in reader.problems] == ["required", "too_long"]
