"""What is no serial number."""

from __future__ import annotations

import pytest

from collectors.registries.placeholders import is_placeholder


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   ",
        "None",
        "0000000000",
        "XXXX",
        "----",
        "To be filled by O.E.M.",
        "to be filled by oem",
        "Default string",
        "System Serial Number",
        "123456789",
        "N/A",
        "0",
        "98765432",
        "ABCDEF",
        "03000200-0400-0500-0006-000700080009",
        "....",
        "0.0",
        "0.0.0",
        "<not set>",
        "<private>",
    ],
)
def test_a_placeholder_is_no_value(text: str | None) -> None:
    assert is_placeholder(text)


@pytest.mark.parametrize(
    "text", ["FOC1932X0K1", "CN8AFYH0B3", "1234567891", "10", "S/N 77", "1.1", "v2.2.2"]
)
def test_a_serial_number_is_a_value(text: str) -> None:
    assert not is_placeholder(text)
