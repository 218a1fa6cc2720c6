"""Device text and MAC addresses, by property."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.text import clean_description, clean_name, normalise_mac


@given(st.one_of(st.binary(max_size=600), st.text(max_size=600)))
def test_a_name_is_one_clean_line(raw: bytes | str) -> None:
    name = clean_name(raw)
    if name is None:
        return
    assert 0 < len(name) <= 255
    assert name == name.strip()
    assert name.encode("utf-8")
    assert not any(unicodedata.category(character) in {"Cc", "Cs"} for character in name)
    assert clean_name(name) == name


@given(st.binary(max_size=9000))
def test_a_description_keeps_lines_but_no_other_control(raw: bytes) -> None:
    text = clean_description(raw)
    if text is None:
        return
    assert len(text) <= 4096
    assert all(character in "\n\t" or unicodedata.category(character) != "Cc" for character in text)


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        (b"switch-1\0\0garbage", "switch-1"),
        (b"\0\0late", "late"),
        ("caf\u0065\u0301".encode(), "caf\u00e9"),
        (b"two\r\nlines", "two lines"),
        ("\u202egnp.exe", "gnp.exe"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"\x1b[31mred", "[31mred"),
        (b"  \t ", None),
        (b"", None),
    ],
)
def test_known_names(raw: bytes | str, cleaned: str | None) -> None:
    assert clean_name(raw) == cleaned


def test_a_description_keeps_its_line_breaks() -> None:
    assert clean_description(b"Cisco IOS Software\r\nCopyright") == "Cisco IOS Software\nCopyright"


@given(st.binary(min_size=6, max_size=6).filter(lambda octets: len(set(octets)) > 1))
def test_any_spelling_of_one_mac_gives_one_value(octets: bytes) -> None:
    plain = octets.hex()
    right = octets.hex(":")
    spellings = [
        plain,
        plain.upper(),
        "0x" + plain,
        right,
        octets.hex("-").upper(),
        octets.hex(" "),
        octets.hex("."),
        f"{plain[:4]}.{plain[4:8]}.{plain[8:]}",
        f"{plain[:6]}-{plain[6:]}",
        ":".join(f"{octet:x}" for octet in octets),
    ]
    assert {normalise_mac(spelling) for spelling in spellings} == {right}
    assert normalise_mac(octets) == right


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\0" * 6,
        b"\xff" * 6,
        b"12345",
        "00:00:00:00:00:00",
        "ff-ff-ff-ff-ff-ff",
        "no mac",
        b"\x01" * 8,
    ],
)
def test_what_names_no_one_is_no_mac(raw: bytes | str) -> None:
    assert normalise_mac(raw) is None


@given(st.one_of(st.text(max_size=40), st.binary(max_size=40)))
def test_no_text_makes_the_mac_reader_fail(raw: bytes | str) -> None:
    mac = normalise_mac(raw)
    assert mac is None or len(mac) == 17


def test_a_printed_dump_of_octets_becomes_the_text_again() -> None:
    """Sixteen octets as text, the others as lines of hex."""
    assert clean_name(b"Black Cartridge \n48 50 20 43 46 \n33 30 30 41 00") == (
        "Black Cartridge HP CF300A"
    )
    assert clean_name(b"short text\n48 50 20") == "short text 48 50 20"
