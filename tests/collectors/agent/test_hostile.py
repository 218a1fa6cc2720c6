"""Damaged and hostile uploads give the declared error, and nothing else."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from collectors.agent.errors import Fault, UploadError
from collectors.agent.limits import MEBIBYTE, UploadLimits
from collectors.agent.messages import Dialect, MessageKind, read_message
from collectors.agent.observe import Upload, observe
from collectors.agent.packing import Packing, pack, unpack
from collectors.observation import from_json, to_json
from tests.agent_samples import body, computer, sample

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SAMPLES = ("glpi_laptop.json", "fusion_laptop.xml", "ocs_linux.xml", "glpi_partial.json")
PROLOG = b"<REQUEST><DEVICEID>pc-1</DEVICEID><QUERY>PROLOG</QUERY></REQUEST>"


def _take(octets: bytes) -> None:
    """Do with an upload all that the endpoint does; only the declared error may come."""
    try:
        message = read_message(octets)
    except UploadError:
        return
    seen = observe(Upload(message.device_id or "", message.sections, NOW))
    assert from_json(to_json(seen)) == seen


def _fault(octets: bytes, limits: UploadLimits | None = None) -> Fault:
    with pytest.raises(UploadError) as caught:
        read_message(octets, limits or UploadLimits())
    return caught.value.fault


@pytest.mark.parametrize("packing", Packing)
def test_every_packing_is_told_by_its_first_octets_and_answered_alike(packing: Packing) -> None:
    packed, _ = pack(PROLOG, packing)
    assert unpack(packed) == (PROLOG, packing)
    assert read_message(packed).packing is packing
    assert read_message(packed).kind is MessageKind.PROLOG


def test_the_mark_of_byte_order_is_no_part_of_the_text() -> None:
    assert read_message(b"\xef\xbb\xbf" + PROLOG).device_id == "pc-1"
    assert read_message(PROLOG.decode().encode("utf-16")).dialect is Dialect.XML


@pytest.mark.parametrize("empty", [b"", b"  \n", zlib.compress(b""), gzip.compress(b" ", mtime=0)])
def test_an_empty_body_is_refused(empty: bytes) -> None:
    assert _fault(empty) is Fault.EMPTY


def test_a_body_larger_than_the_limit_is_refused_before_it_is_read() -> None:
    assert _fault(PROLOG, UploadLimits(wire_octets=10)) is Fault.TOO_LARGE


@pytest.mark.parametrize("compress", [zlib.compress, gzip.compress])
def test_a_stream_that_grows_a_thousand_times_stops_at_the_limit(compress: object) -> None:
    assert callable(compress)
    bomb = compress(b" " * (80 * MEBIBYTE))
    tracemalloc.start()
    try:
        assert _fault(bomb, UploadLimits(unpacked_octets=MEBIBYTE)) is Fault.TOO_LARGE
        assert tracemalloc.get_traced_memory()[1] < 8 * MEBIBYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("compress", [zlib.compress, gzip.compress])
def test_a_stream_that_breaks_off_is_refused(compress: object) -> None:
    assert callable(compress)
    packed = compress(sample("glpi_laptop.json"))
    assert _fault(packed[:-40]) is Fault.DAMAGED
    assert _fault(packed[:400] + b"\xff" * 40 + packed[440:]) is Fault.DAMAGED


@pytest.mark.parametrize(
    "document",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><REQUEST><QUERY>&x;</QUERY></REQUEST>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><REQUEST>&x;</REQUEST>',
        b'<!DOCTYPE a SYSTEM "http://192.0.2.1/a.dtd"><REQUEST/>',
        b'<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><REQUEST>&b;</REQUEST>',
    ],
)
def test_a_document_type_or_an_entity_is_refused(document: bytes) -> None:
    assert _fault(document) is Fault.DAMAGED


def test_xml_too_deep_or_too_wide_is_refused() -> None:
    deep = b"<REQUEST>" + b"<A>" * 500 + b"</A>" * 500 + b"</REQUEST>"
    wide = b"<REQUEST>" + b"<A/>" * 3000 + b"</REQUEST>"
    assert _fault(deep) is Fault.TOO_LARGE
    assert _fault(wide, UploadLimits(elements=2000)) is Fault.TOO_LARGE


def test_json_too_deep_or_too_wide_is_refused() -> None:
    assert _fault(b'{"action":' + b"[" * 100_000 + b"]" * 100_000 + b"}") is Fault.TOO_LARGE
    assert _fault(b'{"action":' + b"[" * 100 + b"]" * 100 + b"}") is Fault.TOO_LARGE
    assert _fault(b'{"content":[' + b"{}," * 500_000 + b"{}]}") is Fault.TOO_LARGE


def test_a_section_with_too_many_rows_is_refused() -> None:
    told = computer(softwares=[{"name": "x"}] * 50)
    assert _fault(body(told), UploadLimits(rows=49)) is Fault.TOO_LARGE


@pytest.mark.parametrize(
    "document",
    [
        b"hello",
        b"<html><body>Sign in</body></html>",
        b"<REQUEST><QUERY>INVENTORY</QUERY></REQUEST>",
        b"<REQUEST><DEVICEID>a</DEVICEID><QUERY>SHELL</QUERY></REQUEST>",
        b"<REQUEST>text</REQUEST>",
        b"<REQUEST><DEVICEID>a</DEVICEID><QUERY>INVENTORY</QUERY><CONTENT/></REQUEST>",
        b"{}",
        b'{"action":"inventory"}',
        b'{"action":"run","deviceid":"a"}',
        b'{"action":"inventory","deviceid":"a","content":[]}',
        b'{"action":"inventory","deviceid":"a","content":null}',
        b'{"action":"inventory","deviceid":{"a":1},"content":{"bios":{}}}',
    ],
)
def test_what_is_no_message_of_an_agent_is_refused(document: bytes) -> None:
    assert _fault(document) is Fault.NOT_AN_INVENTORY


@pytest.mark.parametrize("document", [b"<REQUEST><QUERY>", b'{"action":', b"<a><b></a></b>"])
def test_what_is_not_well_formed_is_refused(document: bytes) -> None:
    assert _fault(document) is Fault.DAMAGED


@pytest.mark.parametrize(
    ("octets", "name"),
    [
        (b"<NAME>Caf\xe9</NAME>", "Café"),
        (b"<NAME>\xc5\x92uvre \x01fin</NAME>", "Œuvre fin"),
        (b"<NAME>a&#2;b</NAME>", "ab"),
    ],
)
def test_octets_of_old_agents_are_cleaned_once(octets: bytes, name: str) -> None:
    document = (
        b'<?xml version="1.0" encoding="UTF-8"?><REQUEST><DEVICEID>d</DEVICEID><QUERY>INVENTORY'
        b"</QUERY><CONTENT><HARDWARE>" + octets + b"</HARDWARE></CONTENT></REQUEST>"
    )
    assert read_message(document).sections["hardware"] == [{"name": name}]


def test_declared_code_pages_are_understood_and_unknown_ones_cleaned() -> None:
    for encoding in ("windows-1252", "ISO-8859-15", "no-such-thing"):
        document = (
            f'<?xml version="1.0" encoding="{encoding}"?><REQUEST><DEVICEID>\u00e9t\u00e9'
            "</DEVICEID><QUERY>PROLOG</QUERY></REQUEST>"
        )
        assert read_message(document.encode("cp1252")).device_id == "\u00e9t\u00e9"


def test_json_of_a_code_page_is_understood() -> None:
    told = json.dumps(computer(name="Caf\u00e9"), ensure_ascii=False).encode("cp1252")
    assert read_message(told).sections["hardware"][0]["name"] == "Caf\u00e9"


_CELLS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["1e400", "-1", "99999999999999999999", "2026-13-45", "00:00", "\x00", "::"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
_NAMES = tuple(json.loads(sample("glpi_laptop.json"))["content"])


@given(st.dictionaries(st.sampled_from(_NAMES), _CELLS, min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
@example({"bios": "text", "networks": [[[]]], "softwares": {"name": ["a", "b"]}})
def test_sections_of_wrong_types_are_read_or_refused(content: dict[str, object]) -> None:
    _take(json.dumps({"action": "inventory", "deviceid": "d", "content": content}).encode())


@given(st.sampled_from(SAMPLES), st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.large_base_example])
def test_a_cell_of_a_wrong_type_is_read_or_refused(name: str, data: st.DataObject) -> None:
    if not name.endswith(".json"):
        return
    told = json.loads(sample(name))
    section = data.draw(st.sampled_from(sorted(told["content"])))
    rows = told["content"][section]
    row = rows[0] if isinstance(rows, list) else rows
    if isinstance(row, dict):
        row[data.draw(st.sampled_from(sorted(row)))] = data.draw(_CELLS)
    _take(json.dumps(told).encode())


@given(
    st.sampled_from(SAMPLES),
    st.lists(st.tuples(st.integers(0, 20_000), st.binary(max_size=4)), min_size=1, max_size=5),
    st.sampled_from(Packing),
)
@settings(max_examples=80, deadline=None)
def test_damaged_uploads_give_the_declared_error_and_nothing_else(
    name: str, damages: list[tuple[int, bytes]], packing: Packing
) -> None:
    octets = bytearray(sample(name))
    for place, damage in damages:
        start = place % len(octets)
        octets[start : start + max(len(damage), 1)] = damage
    _take(bytes(octets))
    packed = bytearray(pack(bytes(octets), packing)[0])
    place, damage = damages[0]
    packed[place % len(packed) : place % len(packed) + 1] = damage
    _take(bytes(packed))


@given(st.binary(max_size=300))
@settings(max_examples=60, deadline=None)
def test_chance_gives_the_declared_error(octets: bytes) -> None:
    _take(octets)
    _take(b"{" + octets)
    _take(b"<REQUEST>" + octets)
