"""Leads: what the maker's objects hold that looks like what is missing."""

from __future__ import annotations

from collectors import oids
from collectors.leads import MOST_LEADS, find_leads, missing_fields
from collectors.observation import Category, Identity
from collectors.snmp.transport import Tag, VarBind

_ROOT = "1.3.6.1.4.1.99999"


def _text(oid: str, value: str) -> VarBind:
    return VarBind(oids.encode(oid), Tag.OCTET_STRING, value.encode())


def _found(*varbinds: VarBind, sys_descr: str = "") -> list[tuple[str, str]]:
    leads = find_leads(varbinds, f"{_ROOT}.1", sys_descr)
    return [(one.field, one.value) for one in leads]


def test_texts_of_the_maker_are_told_by_their_shape() -> None:
    found = _found(
        _text(f"{_ROOT}.1.1.0", "AB1234567"),
        _text(f"{_ROOT}.1.2.0", "W-2000"),
        _text(f"{_ROOT}.1.3.0", "v1.2.3"),
    )
    assert found == [
        ("software_revision", "v1.2.3"),
        ("serial_number", "AB1234567"),
        ("model_name", "W-2000"),
    ]


def test_addresses_placeholders_and_texts_of_others_are_no_leads() -> None:
    found = _found(
        _text(f"{_ROOT}.1.1.0", "192.0.2.1"),
        _text(f"{_ROOT}.1.2.0", "00:1a:2b:3c:4d:5e"),
        _text(f"{_ROOT}.1.3.0", "0000000000"),
        _text("1.3.6.1.4.1.88888.1.0", "AB1234567"),
        _text("1.3.6.1.2.1.1.6.0", "AB1234567"),
    )
    assert found == []
    assert find_leads([_text("1.3.6.1.4.1.1.0", "AB1234567")], None, None) == ()


def test_scalars_come_before_rows_and_only_some_are_told() -> None:
    rows = [_text(f"{_ROOT}.2.1.{number}", f"ROW00000{number}") for number in range(1, 20)]
    found = _found(*rows, _text(f"{_ROOT}.3.0", "ALONE0001"))
    assert len(found) == MOST_LEADS
    assert found[0] == ("serial_number", "ALONE0001")


def test_model_that_sys_descr_names_comes_first() -> None:
    varbinds = (_text(f"{_ROOT}.1.0", "port 1"), _text(f"{_ROOT}.2.1", "W-2000"))
    assert _found(*varbinds, sys_descr="Widget W-2000")[0] == ("model_name", "W-2000")


def test_missing_fields_are_those_that_say_most() -> None:
    known = Identity(manufacturer="A", model_name="B", category=Category.SWITCH)
    assert missing_fields(known) == ("serial_number", "operating_system", "software_revision")
