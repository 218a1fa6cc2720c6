"""What free text names, and what it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.banner import Banner, read_banner


@pytest.mark.parametrize(
    ("text", "banner"),
    [
        ("XYZ4510-52T", Banner("XYZ4510-52T")),
        ("Example XYZ4510-52T Switch, version 2.3.4", Banner("XYZ4510-52T", "2.3.4")),
        (
            "<<HW_REV: 3; VENDOR: Example; BOOTR: 2.1; SW_REV: 8.1.102; MODEL: DG1>>",
            Banner("DG1", "8.1.102", "3"),
        ),
        ("GT724v4 24-port Smart Switch, 6.3.1.11, B1.0.0.4", Banner("GT724v4", "6.3.1.11")),
        ("Thing HW Ver: 2.0, SW Ver: 2.563", Banner(None, "2.563", "2.0")),
        ("Router FW:6.0.0.18 SW:v6.3.2.011", Banner(None, "6.3.2.011")),
        ("Router, Serial No.: AB12345678, v1.2", Banner(None, "1.2", None, "AB12345678")),
    ],
)
def test_usual_forms_are_read(text: str, banner: Banner) -> None:
    assert read_banner(text, "Example", "name") == banner


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Linux host 4.9.0-3-amd64 #1 SMP Debian 4.9.30 x86_64",
        "FreeBSD host 12.1-RELEASE amd64",
        "Managed Switch",
        "Bootloader version 2.3.4",
    ],
)
def test_a_kernel_or_bare_words_tell_nothing(text: str) -> None:
    assert read_banner(text, "Example", None) == Banner()


def test_a_text_that_repeats_the_name_is_no_model() -> None:
    assert read_banner("GW1234-5", None, "GW1234-5").model_name is None


@given(st.text(max_size=2000), st.text(min_size=1, max_size=20))
def test_any_text_is_survived(text: str, name: str) -> None:
    read_banner(text, f"x{name}", name)
