"""Manufacturers by MAC prefix."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.registries.oui import manufacturer_of, usual_name


@pytest.mark.parametrize(
    ("mac", "manufacturer"),
    [
        ("00:1b:54:aa:00:15", "Cisco"),
        ("3C-D9-2B-AA-00-12", "Hewlett Packard"),
        ("0018.66da.aa00", "Leutron Vision"),
        ("18:66:da:aa:00:13", "Dell"),
        ("b8:27:eb:11:22:33", "Raspberry Pi"),
        ("00:0c:29:aa:00:11", "VMware"),
        ("08:00:27:00:00:01", "VirtualBox"),
        ("00:04:f2:aa:00:16", "Polycom"),
    ],
)
def test_a_registered_prefix_names_its_owner(mac: str, manufacturer: str | None) -> None:
    assert manufacturer_of(mac) == manufacturer


def test_the_longest_prefix_wins() -> None:
    # The IEEE owns 00:50:c2 and has let 00:50:c2:00:1 to a small maker.
    assert manufacturer_of("00:50:c2:00:10:00") == "JMBS Developpements"


@pytest.mark.parametrize(
    "mac",
    [
        "70:b3:d5:00:10:00",  # kept by the IEEE for smaller blocks
        "52:54:00:aa:00:10",  # made up by QEMU
        "01:00:5e:00:00:01",  # a group
        "00:00:00:00:00:00",
        "nonsense",
        "",
    ],
)
def test_nobody_is_named_for_an_address_without_an_owner(mac: str) -> None:
    assert manufacturer_of(mac) is None


@pytest.mark.parametrize(
    ("registered", "name"),
    [
        ("HEWLETT PACKARD", "Hewlett Packard"),
        ("Cisco Systems, Inc", "Cisco"),
        ("Hewlett Packard Enterprise", "Hewlett Packard Enterprise"),
        ("HUAWEI TECHNOLOGIES CO.,LTD", "Huawei"),
        ("Nintendo Co.,Ltd", "Nintendo"),
        ("Murata Manufacturing Co., Ltd.", "Murata Manufacturing"),
        ("LITEON TECHNOLOGY CORPORATION", "Liteon Technology"),
        ("IBM Corp", "IBM"),
        ("Private", None),
        ("CO., LTD.", "CO"),
        ("", None),
    ],
)
def test_a_registered_name_becomes_the_usual_one(registered: str, name: str | None) -> None:
    assert usual_name(registered) == name


@given(st.text(max_size=300))
def test_any_registered_text_gives_clean_words(registered: str) -> None:
    name = usual_name(registered)
    assert name is None or (name == name.strip() and "\n" not in name)


def test_importing_does_not_read_the_registry() -> None:
    code = "import sys, collectors.registries.oui; sys.exit('netaddr' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
