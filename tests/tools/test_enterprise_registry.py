"""The registry of enterprise numbers in both of the forms that it is published in."""

from __future__ import annotations

from tools.enterprise_registry import rows

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


def test_the_form_of_nmap_gives_the_same() -> None:
    lines = ["# a remark", "9\tciscoSystems", "99999\tExample Devices Co., Ltd."]
    assert dict(rows(lines)) == {9: "ciscoSystems", 99999: "Example Devices"}
