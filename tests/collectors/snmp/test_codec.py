"""The codec against pysnmp, and against octets that no agent should send."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import oids
from collectors.snmp.codec import (
    RESPONSE,
    VERSION_1,
    VERSION_2C,
    Message,
    decode_integer,
    decode_message,
    encode_integer,
    encode_message,
)
from collectors.snmp.transport import Pdu, Tag, VarBind

# The library is the oracle here; product code meets it in one module only.
proto: Any = importlib.import_module("pysnmp.proto.api")
ber_encoder: Any = importlib.import_module("pyasn1.codec.ber.encoder")
ber_decoder: Any = importlib.import_module("pyasn1.codec.ber.decoder")
v2c: Any = proto.PROTOCOL_MODULES[proto.SNMP_VERSION_2C]

int32 = st.integers(-(2**31), 2**31 - 1)
arc = st.integers(0, 2**32 - 1)
oid = st.tuples(st.just(1), st.integers(0, 39)).flatmap(
    lambda head: st.lists(arc, max_size=30).map(lambda tail: oids.encode_arcs((*head, *tail))),
)


def _unsigned(tag: Tag, bits: int) -> st.SearchStrategy[tuple[int, bytes]]:
    return st.integers(0, 2**bits - 1).map(lambda value: (int(tag), encode_integer(value)))


value = st.one_of(
    int32.map(lambda number: (int(Tag.INTEGER), encode_integer(number))),
    st.binary(max_size=300).map(lambda octets: (int(Tag.OCTET_STRING), octets)),
    oid.map(lambda octets: (int(Tag.OBJECT_IDENTIFIER), octets)),
    st.binary(min_size=4, max_size=4).map(lambda octets: (int(Tag.IP_ADDRESS), octets)),
    _unsigned(Tag.COUNTER32, 32),
    _unsigned(Tag.GAUGE32, 32),
    _unsigned(Tag.TIME_TICKS, 32),
    _unsigned(Tag.COUNTER64, 64),
    st.sampled_from([(int(Tag.NULL), b""), (int(Tag.NO_SUCH_INSTANCE), b"")]),
    st.just((int(Tag.END_OF_MIB_VIEW), b"")),
)
varbind = st.builds(lambda name, typed: VarBind(name, *typed), oid, value)
message = st.builds(
    Message,
    version=st.sampled_from([VERSION_1, VERSION_2C]),
    community=st.binary(max_size=40),
    pdu_tag=st.sampled_from([Pdu.GET, Pdu.GET_NEXT, RESPONSE]),
    request_id=int32,
    error_status=st.integers(0, 18),
    error_index=st.integers(0, 100),
    varbinds=st.lists(varbind, max_size=12),
)


@given(message)
def test_what_was_encoded_decodes_to_the_same(sent: Message) -> None:
    assert decode_message(encode_message(sent)) == sent


@given(message)
@settings(max_examples=60)
def test_pysnmp_reads_and_writes_the_same_octets(sent: Message) -> None:
    sent = sent._replace(version=VERSION_2C)
    octets = encode_message(sent)
    theirs, rest = ber_decoder.decode(octets, asn1Spec=v2c.Message())
    assert not rest
    assert bytes(v2c.apiMessage.get_community(theirs)) == sent.community
    pdu = v2c.apiMessage.get_pdu(theirs)
    assert int(v2c.apiPDU.get_request_id(pdu)) == sent.request_id
    names = [str(name) for name, _ in v2c.apiPDU.get_varbinds(pdu)]
    assert names == [oids.decode(one.oid) for one in sent.varbinds]
    # pyasn1 writes some negative integers an octet too long, so compare what is read back.
    assert _with_numbers(decode_message(ber_encoder.encode(theirs))) == _with_numbers(sent)


def _with_numbers(message: Message) -> tuple[object, ...]:
    bindings = [
        (one.oid, one.tag, decode_integer(one.value) if one.tag == Tag.INTEGER else one.value)
        for one in message.varbinds
    ]
    return (*message[:6], bindings)


@given(message, st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4))
def test_damaged_octets_raise_only_value_error(
    sent: Message,
    damages: list[tuple[int, int]],
) -> None:
    octets = bytearray(encode_message(sent))
    for place, octet in damages:
        octets[place % len(octets)] = octet
    for damaged in (bytes(octets), bytes(octets[: len(octets) // 2])):
        try:
            decoded = decode_message(damaged)
        except ValueError:
            continue
        assert isinstance(decoded, Message)


@given(st.binary(max_size=200))
def test_random_octets_raise_only_value_error(octets: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_message(octets)


@given(st.integers(-(2**63), 2**64 - 1))
def test_an_integer_survives(number: int) -> None:
    assert decode_integer(encode_integer(number)) == number


def test_lengths_in_long_form_are_read() -> None:
    short = encode_message(Message(VERSION_2C, b"public", Pdu.GET, 5, 0, 0, []))
    padded = b"\x30\x82" + (len(short) - 2).to_bytes(2, "big") + short[2:]
    assert decode_message(padded) == decode_message(short)
    too_long = b"\x30\x82" + len(short).to_bytes(2, "big") + short[2:]
    with pytest.raises(ValueError, match="beyond"):
        decode_message(too_long)


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "cut short"),
        (bytes.fromhex("3003020103"), "neither v1 nor v2c"),
        (bytes.fromhex("30800201010400"), "indefinite"),
        (bytes.fromhex("300302010100"), "follow the message"),
        (bytes.fromhex("30050201010400"), "cut short"),
        (bytes.fromhex("3007020101040030 00".replace(" ", "")), "no PDU"),
    ],
)
def test_the_reason_of_a_refusal_is_told(octets: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        decode_message(octets)


def _reply_with(binding: VarBind) -> bytes:
    return encode_message(Message(VERSION_2C, b"c", RESPONSE, 1, 0, 0, [binding]))


@pytest.mark.parametrize(
    "binding",
    [
        VarBind(b"", Tag.NULL, b""),
        VarBind(b"\x2b\x80\x01", Tag.NULL, b""),
        VarBind(b"\x2b\x81", Tag.NULL, b""),
        VarBind(b"\x2b" + b"\x01" * 127, Tag.NULL, b""),
        VarBind(b"\x2b\x06", 0x99, b""),
        VarBind(b"\x2b\x06", Tag.INTEGER, b""),
        VarBind(b"\x2b\x06", Tag.INTEGER, b"\x01" * 10),
        VarBind(b"\x2b\x06", Tag.NULL, b"x"),
        VarBind(b"\x2b\x06", Tag.IP_ADDRESS, b"123"),
    ],
)
def test_a_binding_that_its_type_does_not_allow_is_refused(binding: VarBind) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode_message(_reply_with(binding))


@pytest.mark.parametrize(
    "wrong",
    [
        Message(VERSION_2C, b"c", RESPONSE, 2**31, 0, 0, []),
        Message(VERSION_2C, b"c", 0x30, 1, 0, 0, []),
        Message(VERSION_2C, b"c" * 66_000, RESPONSE, 1, 0, 0, []),
    ],
)
def test_what_does_not_fit_is_not_encoded(wrong: Message) -> None:
    with pytest.raises(ValueError, match=r"."):
        encode_message(wrong)


def test_getbulk_numbers_have_their_own_names() -> None:
    asked = Message(VERSION_2C, b"c", Pdu.GET_BULK, 7, 2, 25, [])
    assert (asked.non_repeaters, asked.max_repetitions) == (2, 25)
