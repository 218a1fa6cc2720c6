"""What an unknown device's own texts tell by their form and by what stands beside them."""

from __future__ import annotations

import pytest

from collectors.evidence import Means
from collectors.likeness import Device, is_serial, tell_by_likeness
from collectors.snmp.private_texts import PrivateTexts, Text
from tests.collectors.test_bought_firmware import UNKNOWN_MAKER, identity_of, read

OWN = "1.3.6.1.4.1.999999"


def told(*texts: tuple[str, str], descr: str = "", complete: bool = True) -> dict[str, str]:
    """Give what is told by texts below a maker's number."""
    found = tuple(Text((*map(int, f"{OWN}.{oid}".split(".")),), value) for oid, value in texts)
    device = Device(descr, ("switch-7.example.net",))
    return {one.field: one.value for one in tell_by_likeness(PrivateTexts(found, complete), device)}


@pytest.mark.parametrize(
    "text",
    ["ZA0604022112", "7K1N90171E", "CN-0K804N-75162-2CH-0081", "071710980001", "FX201ETQ22003767"],
)
def test_a_serial_number_has_letters_and_digits_or_many_digits(text: str) -> None:
    assert is_serial(text)


@pytest.mark.parametrize(
    "text",
    [
        "20231124",
        "2023-11-24",
        "20231124153000",
        "88303905",  # an article number
        "60-000367-02",  # a part number
        "1700000000",  # seconds
        "5001438021f8af93",  # a World Wide Name
        "00:11:22:33:44:55",
        "000BAB112233",  # a MAC address
        "490154203237518",  # an IMEI
        "8944501234567890123",  # a SIM
        "V100R001B01D001P003",
        "EKI-7708G",
        "To be filled",
        "00000000000",
    ],
)
def test_what_has_another_meaning_is_no_serial_number(text: str) -> None:
    assert not is_serial(text)


def test_a_group_of_model_version_and_serial_number_tells_all_three() -> None:
    texts = (("1.1.0", "DL-4410"), ("1.2.0", "v2.6.7"), ("1.4.0", "ZA0604022112"))
    assert told(*texts, complete=False) == {
        "model_name": "DL-4410",
        "software_revision": "v2.6.7",
        "serial_number": "ZA0604022112",
    }


def test_two_serial_numbers_in_a_group_are_none() -> None:
    texts = (("1.2.0", "v2.6.7"), ("1.4.0", "ZA0604022112"), ("1.5.0", "ZB0604022113"))
    assert "serial_number" not in told(*texts)


def test_two_in_another_group_make_the_one_that_has_a_version_doubtful() -> None:
    early = (("1.4.0", "ZA0604022112"), ("1.5.0", "ZB0604022113"))
    assert "serial_number" not in told(*early, ("2.1.0", "v1.2.3"), ("2.2.0", "ZC0604022114"))


def test_rows_of_a_table_tell_nothing_not_even_those_with_index_zero() -> None:
    rows = (("1.1.2.0", "v2.6.7"), ("1.1.4.0", "ZA0604022112"), ("1.1.4.1", "ZB0604022113"))
    assert told(*rows) == {}


def test_the_only_one_of_all_counts_when_all_were_read() -> None:
    assert told(("1.4.0", "ZA0604022112")) == {"serial_number": "ZA0604022112"}
    assert told(("1.4.0", "ZA0604022112"), complete=False) == {}
    assert told(("1.4.0", "071710980001")) == {}


def test_digits_alone_need_a_product_beside_them() -> None:
    texts = (("1.3.0", "DL-4410"), ("1.4.0", "071710980001"))
    assert told(*texts)["serial_number"] == "071710980001"


def test_what_people_called_it_and_what_sys_descr_says_is_no_serial_number() -> None:
    assert told(("1.2.0", "v2.6.7"), ("1.4.0", "switch-7.example.net"))["software_revision"]
    beside = (("1.2.0", "v2.6.7"), ("1.4.0", "ZA0604022112"))
    assert "serial_number" not in told(*beside, descr="Box ZA0604022112")


def test_a_code_that_sys_descr_repeats_is_the_model() -> None:
    assert told(("3.1.0", "DL-4410"), descr="Acme DL-4410 logger")["model_name"] == "DL-4410"


@pytest.mark.parametrize("text", ["192.168.0.1", "12.02.2008", "203.0.113.9", "3.3"])
def test_addresses_days_and_measures_are_no_versions(text: str) -> None:
    assert told(("3.1.0", text)) == {}


def test_an_unknown_device_is_asked_for_its_own_texts() -> None:
    rows = [f"{OWN}.2.1.{column}.{row}|4|row {row}" for column in (2, 3) for row in range(1, 60)]
    identity = identity_of(
        f"{OWN}.1.1.0|4|DL-4410",
        f"{OWN}.1.2.0|4|2.6.7",
        *rows,
        f"{OWN}.3.1.0|4|ZA0604022112",
        f"{OWN}.3.2.0|4|1.0.1",
    )
    assert identity.serial_number == "ZA0604022112"
    (origin,) = [one for one in identity.origins if one.field == "serial_number"]
    assert origin.how.means == Means.LIKENESS
    assert origin.how.oid == f"{OWN}.3.1.0"


def test_what_an_object_of_known_meaning_says_comes_first() -> None:
    identity = identity_of(
        "1.3.6.1.2.1.47.1.1.1.1.5.1|2|3",
        "1.3.6.1.2.1.47.1.1.1.1.11.1|4|CHASSIS12345",
        f"{OWN}.1.2.0|4|2.6.7",
        f"{OWN}.1.4.0|4|ZA0604022112",
    )
    assert identity.serial_number == "CHASSIS12345"


def test_an_appliance_on_a_borrowed_agent_is_asked_too() -> None:
    """Its maker's number is found behind those of the agent whatever its octets are."""
    identity = read(
        "1.3.6.1.2.1.1.1.0|4|Linux box 4.14.221 #0 SMP Mon Feb 15 15:22:37 2021 armv7l",
        "1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.8072.3.2.10",
        "1.3.6.1.4.1.2021.4.3.0|2|0",
        f"{UNKNOWN_MAKER}.1.0|4|v2.6.7",
        f"{UNKNOWN_MAKER}.2.0|4|ZA0604022112",
    )
    assert identity.serial_number == "ZA0604022112"


def test_the_only_row_of_a_table_counts_when_sys_descr_names_its_model() -> None:
    row = (("5.1.2.1", "DL-4410"), ("5.1.3.1", "ZA0604022112"))
    assert told(*row, descr="DL-4410 logger")["serial_number"] == "ZA0604022112"
    assert "serial_number" not in told(*row)
    assert "serial_number" not in told(*row, ("5.1.3.2", "ZB0604022113"), descr="DL-4410 logger")
