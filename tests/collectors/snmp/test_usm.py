"""Keys against the RFC's own examples and pysnmp, framing against damage."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import oids
from collectors.credentials import AuthProtocol, PrivProtocol, SnmpCredential, SnmpVersion
from collectors.snmp import codec, usm
from collectors.snmp.pysnmp_transport import decode_reply
from collectors.snmp.transport import Pdu, Tag, VarBind

ENGINE_ID = bytes.fromhex("000000000000000000000002")
AUTHENTICATIONS = [auth for auth in AuthProtocol if auth is not AuthProtocol.NONE]
PRIVACIES = [priv for priv in PrivProtocol if priv is not PrivProtocol.NONE]


def credential(
    auth: AuthProtocol = AuthProtocol.SHA256,
    priv: PrivProtocol = PrivProtocol.NONE,
    passphrase: str = "maplesyrup",
) -> SnmpCredential:
    return SnmpCredential(
        SnmpVersion.V3,
        user_name="bert",
        auth_protocol=auth,
        auth_passphrase=passphrase,
        priv_protocol=priv,
        priv_passphrase=passphrase,
    )


def engine() -> usm.Engine:
    return usm.Engine(ENGINE_ID, boots=3, time=1_000, seen_at=50.0)


def reply_octets(to: SnmpCredential, oid: str = "1.3.6.1.2.1.1.3.0") -> bytes:
    """A reply has the same framing as a request."""
    varbinds = [VarBind(oids.encode(oid), Tag.TIME_TICKS, b"\x05")]
    message = codec.Message(codec.VERSION_3, b"", codec.RESPONSE, 77, 0, 0, varbinds)
    return usm.encode_request(4711, message, to, engine(), now=60.0)


@pytest.mark.parametrize(
    ("auth", "key"),
    [
        (AuthProtocol.MD5, "526f5eed9fcce26f8964c2930787d82b"),
        (AuthProtocol.SHA1, "6695febc9288e36282235fc7151f128497b38f3f"),
    ],
)
def test_localised_keys_are_those_of_rfc_3414_a_3(auth: AuthProtocol, key: str) -> None:
    assert usm.localise(credential(auth), ENGINE_ID).auth.hex() == key


@pytest.mark.parametrize("auth", AUTHENTICATIONS)
@pytest.mark.parametrize("priv", PRIVACIES)
def test_privacy_keys_are_those_of_pysnmp(auth: AuthProtocol, priv: PrivProtocol) -> None:
    entity: Any = importlib.import_module("pysnmp.hlapi.v3arch.asyncio")
    config: Any = importlib.import_module("pysnmp.entity.config")
    words = {"1": "USM_AUTH_HMAC96_SHA", "5": "USM_AUTH_HMAC96_MD5"}
    sizes = {"224": "128", "256": "192", "384": "256", "512": "384"}
    bits = auth.value[3:]
    name = (
        words[auth.value[-1]]
        if auth in (AuthProtocol.MD5, AuthProtocol.SHA1)
        else f"USM_AUTH_HMAC{sizes[bits]}_SHA{bits}"
    )
    service = config.PRIV_SERVICES[getattr(entity, _PYSNMP_PRIVACY[priv])]
    auth_id = getattr(entity, name)
    octets: Any = importlib.import_module("pyasn1.type.univ").OctetString
    hashed = service.hash_passphrase(auth_id, octets(b"maplesyrup"))
    theirs = service.localize_key(auth_id, hashed, octets(ENGINE_ID))
    ours = usm.localise(credential(auth, priv), ENGINE_ID).priv
    assert ours == bytes(theirs)[: len(ours)]


_PYSNMP_PRIVACY = {
    PrivProtocol.DES: "USM_PRIV_CBC56_DES",
    PrivProtocol.AES128: "USM_PRIV_CFB128_AES",
    PrivProtocol.AES192: "USM_PRIV_CFB192_AES",
    PrivProtocol.AES256: "USM_PRIV_CFB256_AES",
    PrivProtocol.AES192_BLUMENTHAL: "USM_PRIV_CFB192_AES_BLUMENTHAL",
    PrivProtocol.AES256_BLUMENTHAL: "USM_PRIV_CFB256_AES_BLUMENTHAL",
}


@pytest.mark.parametrize("auth", AUTHENTICATIONS)
@pytest.mark.parametrize("priv", [PrivProtocol.NONE, *PRIVACIES])
def test_what_is_sealed_is_opened_with_the_same_keys(
    auth: AuthProtocol, priv: PrivProtocol
) -> None:
    reply = usm.decode(reply_octets(credential(auth, priv)), credential(auth, priv))
    assert (reply.message_id, reply.engine_id, reply.boots, reply.time) == (
        4711,
        ENGINE_ID,
        3,
        1_010,
    )
    assert reply.is_authenticated
    assert reply.message.request_id == 77
    assert codec.peek_number(reply_octets(credential(auth, priv))) == 4711


@pytest.mark.parametrize("priv", [PrivProtocol.NONE, *PRIVACIES])
def test_another_passphrase_is_a_wrong_signature(priv: PrivProtocol) -> None:
    octets = reply_octets(credential(priv=priv))
    with pytest.raises(usm.SecurityError, match="signature"):
        usm.decode(octets, credential(priv=priv, passphrase="pancakes"))


def test_unsigned_reply_is_refused_where_a_signature_was_asked_for() -> None:
    octets = reply_octets(SnmpCredential(SnmpVersion.V3, user_name="bert"))
    with pytest.raises(usm.SecurityError, match="without"):
        usm.decode(octets, credential())


def test_plain_reply_is_refused_where_encryption_was_asked_for() -> None:
    octets = reply_octets(credential())
    with pytest.raises(usm.SecurityError, match="without"):
        usm.decode(octets, credential(priv=PrivProtocol.AES128))


def test_discovery_shows_no_user() -> None:
    octets = usm.encode_discovery(5, 6)
    assert b"bert" not in octets
    assert codec.peek_number(octets) == 5


def test_passphrases_are_not_shown() -> None:
    keys = usm.localise(credential(priv=PrivProtocol.AES128), ENGINE_ID)
    assert repr(keys) == "Keys()"


@settings(max_examples=400)
@given(
    place=st.integers(0, 400),
    octet=st.integers(0, 255),
    cut=st.integers(0, 60),
    priv=st.sampled_from([PrivProtocol.NONE, PrivProtocol.DES, PrivProtocol.AES256]),
)
def test_only_the_message_itself_is_taken_and_only_value_errors_are_raised(
    place: int, octet: int, cut: int, priv: PrivProtocol
) -> None:
    whole = reply_octets(credential(priv=priv))
    damaged = bytearray(whole)
    damaged[place % len(whole)] = octet
    damaged = damaged[: len(whole) - cut]
    try:
        usm.decode(bytes(damaged), credential(priv=priv))
    except ValueError:
        assert bytes(damaged) != whole
    else:
        assert bytes(damaged) == whole


def test_request_is_what_the_pdu_says() -> None:
    message = codec.Message(codec.VERSION_3, b"", Pdu.GET_BULK, 9, 0, 25, [])
    octets = usm.encode_request(1, message, credential(), engine(), now=50.0)
    assert usm.decode(octets, credential()).message.max_repetitions == 25


@pytest.mark.parametrize("priv", [PrivProtocol.NONE, PrivProtocol.AES128, PrivProtocol.DES])
def test_pdu_that_the_codec_refuses_is_put_to_the_second_opinion(priv: PrivProtocol) -> None:
    """Many octets where one is enough: sloppy, but plain to read."""
    to = credential(priv=priv)
    varbind = VarBind(oids.encode("1.3.6.1.2.1.1.7.0"), Tag.INTEGER, bytes(20) + b"\x05")
    message = codec.Message(codec.VERSION_3, b"", codec.RESPONSE, 77, 0, 0, [varbind])
    octets = usm.encode_request(4711, message, to, engine(), now=60.0)
    with pytest.raises(ValueError, match="cannot be read"):
        usm.decode(octets, to)
    decoded = usm.decode(octets, to, decode_reply).message
    assert (decoded.version, decoded.request_id) == (codec.VERSION_3, 77)
    assert [codec.decode_integer(one.value) for one in decoded.varbinds] == [5]


def test_what_the_signature_refuses_is_put_to_no_second_opinion() -> None:
    def never(octets: bytes) -> codec.Message:
        raise AssertionError(octets)

    octets = reply_octets(credential())
    with pytest.raises(usm.SecurityError):
        usm.decode(octets[:-1] + b"\x06", credential(), never)
