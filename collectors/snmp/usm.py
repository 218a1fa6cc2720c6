"""The User-based Security Model: keys, digests, ciphers and the framing of SNMPv3 messages.

The costly step, hashing a megabyte of a passphrase, is done once a passphrase and kept in memory
only; each device then costs one short hash. Nothing here sends or waits.
Source: RFC 3412 §6 (message), RFC 3414 (USM, MD5, SHA-1, DES), RFC 3826 (AES-128), RFC 7860
(SHA-2), draft-blumenthal-aes-usm and draft-reeder-snmpv3-usm-3desede (longer AES keys).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from collectors.credentials import AuthProtocol, PrivProtocol, SnmpCredential
from collectors.snmp import codec
from collectors.snmp.transport import Tag

REPORT = 0xA8
_SECURITY_MODEL_USM = 3
_MAX_SIZE = 65_507
_FLAG_AUTH, _FLAG_PRIV, _FLAG_REPORTABLE = 0x01, 0x02, 0x04
_PASSPHRASE_OCTETS = 1_048_576
_SALT_OCTETS = 8
_DES_BLOCK = 8

_DIGESTS: dict[AuthProtocol, tuple[str, int]] = {
    AuthProtocol.MD5: ("md5", 12),
    AuthProtocol.SHA1: ("sha1", 12),
    AuthProtocol.SHA224: ("sha224", 16),
    AuthProtocol.SHA256: ("sha256", 24),
    AuthProtocol.SHA384: ("sha384", 32),
    AuthProtocol.SHA512: ("sha512", 48),
}
_KEY_OCTETS: dict[PrivProtocol, int] = {
    PrivProtocol.DES: 16,
    PrivProtocol.AES128: 16,
    PrivProtocol.AES192: 24,
    PrivProtocol.AES256: 32,
    PrivProtocol.AES192_BLUMENTHAL: 24,
    PrivProtocol.AES256_BLUMENTHAL: 32,
}
_BLUMENTHAL = frozenset({PrivProtocol.AES192_BLUMENTHAL, PrivProtocol.AES256_BLUMENTHAL})


class SecurityError(ValueError):
    """A message that fails the checks of the User-based Security Model; says which."""


@dataclass(frozen=True, slots=True)
class Keys:
    """A user's keys localised to one engine; empty where the level needs none."""

    auth: bytes = field(default=b"", repr=False)
    priv: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class Engine:
    """What is known of an authoritative engine (RFC 3414 §2.3)."""

    engine_id: bytes
    boots: int
    time: int
    seen_at: float

    def time_at(self, now: float) -> int:
        """Give the engine's own time in seconds at ``now``."""
        return min(self.time + int(now - self.seen_at), 2**31 - 1)


class V3Message(NamedTuple):
    """A decoded SNMPv3 message; ``message`` holds the PDU, with an empty community."""

    message_id: int
    engine_id: bytes
    boots: int
    time: int
    is_authenticated: bool
    message: codec.Message


@lru_cache(maxsize=256)
def _passphrase_key(passphrase: bytes, digest: str) -> bytes:
    """Hash the passphrase repeated to a megabyte (RFC 3414 A.2)."""
    repeats = _PASSPHRASE_OCTETS // len(passphrase) + 1
    return hashlib.new(digest, (passphrase * repeats)[:_PASSPHRASE_OCTETS]).digest()


def _localised(passphrase: bytes, digest: str, engine_id: bytes) -> bytes:
    key = _passphrase_key(passphrase, digest)
    return hashlib.new(digest, key + engine_id + key).digest()


@lru_cache(maxsize=4096)
def localise(credential: SnmpCredential, engine_id: bytes) -> Keys:
    """Give the credential's keys for one engine."""
    if credential.auth_protocol is AuthProtocol.NONE:
        return Keys()
    digest, _ = _DIGESTS[credential.auth_protocol]
    auth = _localised(credential.auth_passphrase.encode(), digest, engine_id)
    if credential.priv_protocol is PrivProtocol.NONE:
        return Keys(auth)
    priv = _localised(credential.priv_passphrase.encode(), digest, engine_id)
    size = _KEY_OCTETS[credential.priv_protocol]
    while len(priv) < size:
        if credential.priv_protocol in _BLUMENTHAL:
            priv += hashlib.new(digest, priv).digest()
        else:
            priv += _localised(priv, digest, engine_id)
    return Keys(auth, priv[:size])


def encode_discovery(message_id: int, request_id: int) -> bytes:
    """Encode the question that an engine answers with its id, boots and time (RFC 3414 §4)."""
    empty = codec.Message(codec.VERSION_3, b"", 0xA0, request_id, 0, 0, [])
    scoped = _scoped_pdu(b"", "", empty)
    return _frame(message_id, _FLAG_REPORTABLE, _parameters(b"", 0, 0, b"", b"", b""), scoped)


def encode_request(
    message_id: int, message: codec.Message, credential: SnmpCredential, engine: Engine, now: float
) -> bytes:
    """Encode, encrypt and sign a request at the level of ``credential``."""
    keys = localise(credential, engine.engine_id)
    boots, time = engine.boots, engine.time_at(now)
    content = _scoped_pdu(engine.engine_id, credential.context_name, message)
    flags, salt = _FLAG_REPORTABLE, b""
    if keys.priv:
        content, salt = _encrypt(credential.priv_protocol, keys.priv, boots, time, content)
        content = codec.tlv(Tag.OCTET_STRING, content)
        flags |= _FLAG_PRIV
    user = credential.user_name.encode()
    if not keys.auth:
        return _frame(
            message_id, flags, _parameters(engine.engine_id, boots, time, user, b"", b""), content
        )
    digest, size = _DIGESTS[credential.auth_protocol]
    parameters = _parameters(engine.engine_id, boots, time, user, bytes(size), salt)
    octets = _frame(message_id, flags | _FLAG_AUTH, parameters, content)
    signature = _signature(keys.auth, digest, octets)[:size]
    at = len(octets) - len(content) - len(codec.tlv(Tag.OCTET_STRING, salt)) - size
    return octets[:at] + signature + octets[at + size :]


def _refuse(octets: bytes) -> codec.Message:
    del octets
    raise ValueError("the PDU cannot be read")


def decode(
    octets: bytes,
    credential: SnmpCredential,
    second_opinion: Callable[[bytes], codec.Message] = _refuse,
) -> V3Message:
    """Check, decrypt and decode a message at the level of ``credential``.

    A reply below the level is taken only when it is a report, which an engine sends unsigned
    when it does not know the user or the level.

    Args:
        second_opinion: decodes a v2c message that holds a PDU which the codec refuses, or raises
            ``ValueError``; what the signature or the encryption refuses is never put to it.

    Raises:
        SecurityError: the signature or the encryption is wrong or missing.
        ValueError: not a well-formed SNMPv3 message.
    """
    try:
        return _decode(octets, credential, second_opinion)
    except IndexError:
        raise ValueError("the message is cut short") from None


def _decode(
    octets: bytes, credential: SnmpCredential, second_opinion: Callable[[bytes], codec.Message]
) -> V3Message:
    message_id, flags, at, end = _read_header(octets)
    start, at = codec.header(octets, at, end, Tag.OCTET_STRING)
    engine_id, boots, time, signature_at, signature, salt = _read_parameters(octets, start, at)
    keys = localise(credential, engine_id) if engine_id else Keys()
    is_authenticated = bool(flags & _FLAG_AUTH and keys.auth)
    if is_authenticated:
        _check_signature(octets, signature_at, signature, keys.auth, credential.auth_protocol)
    content = octets[at:end]
    if flags & _FLAG_PRIV:
        if not (is_authenticated and keys.priv):
            raise SecurityError("an encrypted reply that was not asked for")
        start, stop = codec.header(octets, at, end, Tag.OCTET_STRING)
        content = _decrypt(
            credential.priv_protocol, keys.priv, (boots, time), salt, octets[start:stop]
        )
    pdu = _scoped_pdu_of(content, is_padded=credential.priv_protocol is PrivProtocol.DES)
    message = _decode_pdu(pdu, second_opinion)
    is_level_kept = (is_authenticated or not keys.auth) and (flags & _FLAG_PRIV or not keys.priv)
    if message.pdu_tag != REPORT and not is_level_kept:
        raise SecurityError("a reply without the signature or encryption that was asked for")
    return V3Message(message_id, engine_id, boots, time, is_authenticated, message)


def _check_signature(
    octets: bytes, at: int, signature: bytes, key: bytes, protocol: AuthProtocol
) -> None:
    digest, size = _DIGESTS[protocol]
    if len(signature) != size:
        raise SecurityError("a signature of the wrong length")
    blank = octets[:at] + bytes(size) + octets[at + size :]
    if not hmac.compare_digest(_signature(key, digest, blank)[:size], signature):
        raise SecurityError(
            "a signature that does not fit: the passphrase differs, or it is forged"
        )


@lru_cache(maxsize=1024)
def _keyed(key: bytes, digest: str) -> hmac.HMAC:
    """Give a digest that has read its key: copying it costs a tenth of beginning anew."""
    return hmac.new(key, digestmod=digest)


def _signature(key: bytes, digest: str, octets: bytes) -> bytes:
    signing = _keyed(key, digest).copy()
    signing.update(octets)
    return signing.digest()


def _frame(message_id: int, flags: int, parameters: bytes, content: bytes) -> bytes:
    head = _integer(message_id) + _MAX_SIZE_FIELD + bytes((Tag.OCTET_STRING, 1, flags)) + _USM_FIELD
    body = (
        _VERSION_FIELD
        + codec.tlv(codec.SEQUENCE, head)
        + codec.tlv(Tag.OCTET_STRING, parameters)
        + content
    )
    return codec.tlv(codec.SEQUENCE, body)


def _integer(value: int) -> bytes:
    return codec.tlv(Tag.INTEGER, codec.encode_integer(value))


_MAX_SIZE_FIELD = _integer(_MAX_SIZE)
_USM_FIELD = _integer(_SECURITY_MODEL_USM)
_VERSION_FIELD = _integer(codec.VERSION_3)


@lru_cache(maxsize=1024)
def _who_and_when(engine_id: bytes, boots: int, time: int, user: bytes) -> bytes:
    """Encode what is the same in all messages of a second."""
    return (
        codec.tlv(Tag.OCTET_STRING, engine_id)
        + _integer(boots)
        + _integer(time)
        + codec.tlv(Tag.OCTET_STRING, user)
    )


def _parameters(
    engine_id: bytes, boots: int, time: int, user: bytes, signature: bytes, salt: bytes
) -> bytes:
    fields = (
        _who_and_when(engine_id, boots, time, user)
        + codec.tlv(Tag.OCTET_STRING, signature)
        + codec.tlv(Tag.OCTET_STRING, salt)
    )
    return codec.tlv(codec.SEQUENCE, fields)


def _scoped_pdu(engine_id: bytes, context_name: str, message: codec.Message) -> bytes:
    return codec.tlv(
        codec.SEQUENCE,
        codec.tlv(Tag.OCTET_STRING, engine_id)
        + codec.tlv(Tag.OCTET_STRING, context_name.encode())
        + codec.encode_pdu(message),
    )


def _read_header(octets: bytes) -> tuple[int, int, int, int]:
    """Give message id, flags, where the security parameters start and where the message ends."""
    try:
        at, end = codec.header(octets, 0, len(octets), codec.SEQUENCE)
        version, at = codec.read_int32(octets, at, end)
        if version != codec.VERSION_3 or end != len(octets):
            raise ValueError("not an SNMPv3 message")
        head, at = codec.header(octets, at, end, codec.SEQUENCE)
        message_id, head = codec.read_int32(octets, head, at)
        _, head = codec.read_int32(octets, head, at)
        start, head = codec.header(octets, head, at, Tag.OCTET_STRING)
        model, head = codec.read_int32(octets, head, at)
        if head != at or model != _SECURITY_MODEL_USM or octets[start : start + 1] == b"":
            raise ValueError("not a message of the User-based Security Model")
        return message_id, octets[start], at, end
    except IndexError:
        raise ValueError("the message is cut short") from None


def _read_parameters(
    octets: bytes, start: int, end: int
) -> tuple[bytes, int, int, int, bytes, bytes]:
    at, stop = codec.header(octets, start, end, codec.SEQUENCE)
    if stop != end:
        raise ValueError("octets follow the security parameters")
    begin, at = codec.header(octets, at, end, Tag.OCTET_STRING)
    engine_id = octets[begin:at]
    boots, at = codec.read_int32(octets, at, end)
    time, at = codec.read_int32(octets, at, end)
    _, at = codec.header(octets, at, end, Tag.OCTET_STRING)
    signature_at, at = codec.header(octets, at, end, Tag.OCTET_STRING)
    signature = octets[signature_at:at]
    begin, at = codec.header(octets, at, end, Tag.OCTET_STRING)
    if at != end or boots < 0 or time < 0:
        raise ValueError("the security parameters are malformed")
    return engine_id, boots, time, signature_at, signature, octets[begin:at]


def _scoped_pdu_of(content: bytes, *, is_padded: bool) -> bytes:
    at, end = codec.header(content, 0, len(content), codec.SEQUENCE)
    if end != len(content) and not (is_padded and len(content) - end < _DES_BLOCK):
        raise ValueError("octets follow the scoped PDU")
    _, at = codec.header(content, at, end, Tag.OCTET_STRING)
    _, at = codec.header(content, at, end, Tag.OCTET_STRING)
    return content[at:end]


def _decode_pdu(pdu: bytes, second_opinion: Callable[[bytes], codec.Message]) -> codec.Message:
    try:
        return codec.decode_pdu(pdu, 0, len(pdu), codec.VERSION_3, b"")
    except (ValueError, IndexError):
        content = _integer(codec.VERSION_2C) + codec.tlv(Tag.OCTET_STRING, b"") + pdu
        message = second_opinion(codec.tlv(codec.SEQUENCE, content))
    return message._replace(version=codec.VERSION_3)


def _encrypt(
    protocol: PrivProtocol, key: bytes, boots: int, time: int, content: bytes
) -> tuple[bytes, bytes]:
    from collectors.snmp import ciphers

    if protocol is PrivProtocol.DES:
        salt = boots.to_bytes(4, "big") + secrets.token_bytes(4)
        content += bytes(-len(content) % _DES_BLOCK)
        return ciphers.encrypt_des(key[:8], _des_vector(key, salt), content), salt
    salt = secrets.token_bytes(_SALT_OCTETS)
    return ciphers.encrypt_aes(key, _aes_vector(boots, time, salt), content), salt


def _decrypt(
    protocol: PrivProtocol, key: bytes, moment: tuple[int, int], salt: bytes, content: bytes
) -> bytes:
    from collectors.snmp import ciphers

    if len(salt) != _SALT_OCTETS or (protocol is PrivProtocol.DES and len(content) % _DES_BLOCK):
        raise SecurityError("encrypted content of a wrong length")
    if protocol is PrivProtocol.DES:
        return ciphers.decrypt_des(key[:8], _des_vector(key, salt), content)
    return ciphers.decrypt_aes(key, _aes_vector(*moment, salt), content)


def _des_vector(key: bytes, salt: bytes) -> bytes:
    """Give the initialisation vector (RFC 3414 §8.1.1.1): the key's second half with the salt."""
    return bytes(a ^ b for a, b in zip(key[8:16], salt, strict=True))


def _aes_vector(boots: int, time: int, salt: bytes) -> bytes:
    """Give the initialisation vector (RFC 3826 §3.1.2.1)."""
    return boots.to_bytes(4, "big") + time.to_bytes(4, "big") + salt
