"""The registry of enterprise numbers in both of the forms that it is published in."""

from __future__ import annotations

import lzma

from tools.enterprise_registry import packed, rows

PUBLISHED = """
0
  Reserved
    Internet Assigned Numbers Authority
9
  ciscoSystems
    Dave Jones
      davej&cisco.com
99999
  Example Devices Co., Ltd. (formerly 'Other')
    Somebody
""".splitlines()


def test_the_published_form_gives_numbers_and_usual_names() -> None:
    assert dict(rows(PUBLISHED)) == {9: "ciscoSystems", 99999: "Example Devices"}


def test_a_number_and_a_name_in_a_line_give_the_same() -> None:
    lines = ["# a remark", "9\tciscoSystems", "99999\tExample Devices Co., Ltd."]
    assert dict(rows(lines)) == {9: "ciscoSystems", 99999: "Example Devices"}


def test_who_makes_no_devices_has_no_name() -> None:
    lines = ["11\tExample University", "12\tFirst Example Bank", "13\tExample Power Co., Ltd."]
    assert dict(rows(lines)) == {13: "Example Power"}


def test_a_long_name_ends_with_a_word() -> None:
    lines = ["7\tExample Industrial Communication Equipment Manufacturing Works"]
    assert dict(rows(lines)) == {7: "Example Industrial Communication"}


def test_the_line_of_the_file_is_the_number() -> None:
    text = lzma.decompress(packed({1: "One", 3: "Three"})).decode()
    assert text.split("\n") == ["", "One", "", "Three"]
