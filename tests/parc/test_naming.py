"""What a device's network card tells of its maker."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.observation import Category
from parc.naming import address_sort, asset_values, maker_of_card
from parc.reconcile.known import DEVICE_COLUMNS

CARD = "Axis Communications AB"


def device(**values: object) -> dict[str, object]:
    return {**dict.fromkeys(DEVICE_COLUMNS), "address": "192.0.2.9", **values}


@pytest.mark.parametrize(
    ("category", "card", "expected"),
    [
        (Category.CAMERA, CARD, "Axis"),
        (Category.CAMERA, "Hangzhou Hikvision Digital Technology Co.,Ltd.", "Hikvision"),
        (Category.PRINTER, "Hewlett Packard", "Hewlett-Packard"),
        (Category.WORKSTATION, CARD, None),
        (None, CARD, None),
        (Category.CAMERA, "Nobody knows this maker", None),
        (Category.CAMERA, None, None),
    ],
)
def test_the_card_tells_the_maker_of_what_is_made_as_a_whole(
    category: Category | None, card: str | None, expected: str | None
) -> None:
    assert maker_of_card(device(category=category, oui_manufacturer=card)) == expected


def test_what_a_device_says_outweighs_its_card() -> None:
    seen = device(category=Category.CAMERA, oui_manufacturer=CARD, category_source="nmap")
    assert asset_values(seen)["manufacturer"] == ("Axis", "nmap")
    told = device(
        category=Category.CAMERA, oui_manufacturer=CARD, manufacturer="Bosch", sys_object_id="1.3"
    )
    assert asset_values(told)["manufacturer"] == ("Bosch", "snmp")


@given(
    st.one_of(
        st.ip_addresses().map(str),
        st.from_regex(r"[0-9a-f:.%]{0,24}", fullmatch=True),
        st.from_regex(r"(0?[0-9]{1,3}\.){3}[0-9]{1,3}", fullmatch=True),
        st.ip_addresses(v=6).map(lambda address: f"{address}%eth0"),
        st.text(max_size=20),
    )
)
def test_an_address_is_what_the_standard_library_takes_for_one(text: str) -> None:
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        assert address_sort(text) is None
    else:
        assert address_sort(text) == f"{parsed.version}{parsed.packed.hex()}"
