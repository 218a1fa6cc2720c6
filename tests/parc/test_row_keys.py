"""Keys of rows as texts."""

from __future__ import annotations

import pytest

from parc.row_keys import MOST_KEY, row_key


@pytest.mark.parametrize(
    ("text", "key"), [("0", 0), ("7", 7), ("007", 7), ("2147483647", MOST_KEY)]
)
def test_plain_digits_are_a_key(text: str, key: int) -> None:
    assert row_key(text) == key


@pytest.mark.parametrize(
    "text",
    ["", " 7", "-1", "+1", "1.0", "1_0", "\u0663", "\u00b2", "0x1", "2147483648", "9" * 5_000],
)
def test_what_no_row_can_have_is_no_key(text: str) -> None:
    assert row_key(text) is None
