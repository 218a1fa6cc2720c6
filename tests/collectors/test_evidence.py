"""Where values were read: what is kept, and how it is stored."""

from __future__ import annotations

import pytest

from collectors.evidence import How, Means, Origin, differs, from_text, to_text


@pytest.mark.parametrize(
    "origin",
    [
        Origin("serial_number", "A1", How(Means.GET, "mine", "1.3.6.1.4.1.9.1.0", None, "A1 ")),
        Origin("manufacturer", "Cisco", How(Means.ENTERPRISE_NUMBER), is_chosen=False),
        Origin("model_name", "X", How("of_a_later_version", None, "1.3.6", "someObject")),
    ],
)
def test_an_origin_is_stored_and_read_back(origin: Origin) -> None:
    assert from_text(to_text(origin)) == origin


@pytest.mark.parametrize("text", ["model_name: definition mine", "", "[]", "{}", "[1, 2, 3, 4]"])
def test_what_was_stored_before_is_no_origin(text: str) -> None:
    assert from_text(text) is None


def test_a_longer_spelling_of_the_same_is_no_other_value() -> None:
    assert not differs("ProCurve 2530", "HP PROCURVE 2530")
    assert differs("ProCurve 2530", "ProCurve 2540")
