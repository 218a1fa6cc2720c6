"""What free text names, and what it does not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.banner import Banner, operating_system_named, product_named, read_banner


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
    ("text", "banner"),
    [
        ("Example Box 750 5.4.0.11", Banner("Box 750", "5.4.0.11")),
        ("RX-4000, 4.8.1.1209.P60", Banner("RX-4000", "4.8.1.1209.P60")),
        ("Example Meter 240, fw:1.0.4", Banner("Meter 240", "1.0.4")),
        (
            "Example Analyser 6705 SN 27120560, HW 1.1, SW 14.4.19",
            Banner("Analyser 6705", "14.4.19", "1.1", "27120560"),
        ),
        (
            "J9625A 2620 Switch, revision RA.16.02.0012",
            Banner("J9625A 2620 Switch", "RA.16.02.0012"),
        ),
        # the number of a management card is not that of what it manages
        (
            "Example Card (PN:aos_708.bin AF1:v7.0.8 MN:AP9631 SN: ZA1815031283)",
            Banner(None, "7.0.8"),
        ),
        ("48 port 10/100/1000 Ethernet Switch", Banner()),
        ("U-LTE-Pro-EU 6.6.57.15206", Banner("U-LTE-Pro-EU", "6.6.57.15206")),
        ("Open-Linux 5.4.1", Banner(None, "5.4.1")),
        ("MSA 2040 SAN", Banner("MSA 2040 SAN")),
        # a kernel's text names the kernel, and sometimes the system beside it
        ("Linux host 2.6.34 #3 ExampleVUE-OS 5.16.00 SMP", Banner(None, "5.16.00")),
    ],
)
def test_names_of_products_and_bare_numbers_at_their_end_are_read(
    text: str, banner: Banner
) -> None:
    assert read_banner(text, "Example", "name") == banner


@pytest.mark.parametrize(
    ("text", "banner"),
    [
        ("ExampleOS XB433GL", Banner("XB433GL")),
        ("ExampleOS (X480-24x(10G4X)) version 15.3.5.2", Banner("X480-24x(10G4X)", "15.3.5.2")),
        ("ExampleOS (MODEL: 225), Version 8.4.0.0", Banner("225", "8.4.0.0")),
        ("Ethernet Routing Switch 5530-24TFD", Banner("5530-24TFD")),
        (
            "Box version 4.33.6M running on an Example Networks DX-7280",
            Banner("DX-7280", "4.33.6M"),
        ),
        ("Example Platform, C600HC, Release 6.3.900", Banner("C600HC", "6.3.900")),
        ("Campus Switch PoE (S3410-24TS-P) by Example", Banner("S3410-24TS-P")),
        ("Example OAP-321 10.12.0147 / 15.11.2017", Banner("OAP-321", "10.12.0147")),
        ("Example SiteBox 530 2.10.540", Banner("SiteBox 530", "2.10.540")),
        ("AP230, ExampleOS 8.1r2a build-178408", Banner("AP230", "8.1r2a build-178408")),
        ("Optix Equipment V100R011C00SPC200", Banner(None, "V100R011C00SPC200")),
        # a series, an image and a unit are neither a model nor a version
        ("VS575 Series of Amplifiers for Fibre, Example", Banner()),
        ("Assembly 3.6kVA 100-240V", Banner()),
    ],
)
def test_codes_and_versions_in_other_places_are_read(text: str, banner: Banner) -> None:
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


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("AP230, HiveOS 8.1r2a", "HiveOS"),
        ("Box, GigaVUE-OS 5.16", "GigaVUE-OS"),
        ("BIOS 1.2", None),
        ("some QoS and DOS", None),
        (None, None),
    ],
)
def test_what_firmware_calls_itself_is_read(text: str | None, name: str | None) -> None:
    assert operating_system_named(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("SGE2010", "SGE2010"),
        ("MP-118 chassis", "MP-118"),
        ("48-port switch chassis", None),
        ("Chassis", None),
        (None, None),
    ],
)
def test_a_product_in_the_description_of_a_chassis_is_read(
    text: str | None, name: str | None
) -> None:
    assert product_named(text) == name
