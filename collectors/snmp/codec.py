"""BER of just the SNMP v1 and v2c messages, both ways, in plain Python.

Written by hand because decoding one binding by a general ASN.1 library costs a hundred times as
much as this. Values stay content octets with their tag: whoever keeps a value decodes it, the
rest is never looked at. Only ``ValueError`` leaves this module, whatever the octets.
Source: X.690 §8, with definite lengths only; RFC 1157 §4; RFC 1901 §3; RFC 3416 §3.
"""

from __future__ import annotations

from typing import NamedTuple

from collectors import oids
from collectors.snmp.transport import Tag, VarBind

VERSION_1 = 0
VERSION_2C = 1
VERSION_3 = 3
RESPONSE = 0xA2

MAX_MESSAGE_OCTETS = 65_507

SEQUENCE = 0x30
_PDU_TAGS = frozenset({0xA0, 0xA1, 0xA2, 0xA3, 0xA5, 0xA6, 0xA7, 0xA8})
_MAX_INTEGER_OCTETS = 9  # Counter64 with the zero octet that keeps it positive
_MAX_LENGTH_OCTETS = 4
# How many content octets a value of each type has, at least and at most.
_VALUE_OCTETS: dict[int, tuple[int, int]] = {
    **dict.fromkeys(
        (Tag.INTEGER, Tag.COUNTER32, Tag.GAUGE32, Tag.TIME_TICKS, Tag.COUNTER64),
        (1, _MAX_INTEGER_OCTETS),
    ),
    **dict.fromkeys(
        (Tag.NULL, Tag.NO_SUCH_OBJECT, Tag.NO_SUCH_INSTANCE, Tag.END_OF_MIB_VIEW), (0, 0)
    ),
    **dict.fromkeys((Tag.OCTET_STRING, Tag.OPAQUE), (0, MAX_MESSAGE_OCTETS)),
    Tag.IP_ADDRESS: (4, 4),
}
# The same by tag, for lengths in short form; what is not between them is looked at more closely, as
# are always unknown types and object identifiers.
_LEAST_OCTETS = bytes([_VALUE_OCTETS.get(tag, (255, 0))[0] for tag in range(256)])
_MOST_OCTETS = bytes([min(_VALUE_OCTETS.get(tag, (255, 0))[1], 0x7F) for tag in range(256)])
_INTEGER, _OCTET_STRING = int(Tag.INTEGER), int(Tag.OCTET_STRING)
_OBJECT_IDENTIFIER = int(Tag.OBJECT_IDENTIFIER)
_INT32_MIN, _INT32_MAX = -(2**31), 2**31 - 1
_LONG_FORM = 0x80


class Message(NamedTuple):
    """One SNMP message.

    Attributes:
        version: ``VERSION_1`` or ``VERSION_2C``, as on the wire.
        community: as octets; never put in a log.
        pdu_tag: a ``Pdu``, or ``RESPONSE``.
        request_id: 32 bits, signed.
        error_status: of a reply; in a GETBULK request this place holds ``non_repeaters``.
        error_index: of a reply; in a GETBULK request this place holds ``max_repetitions``.
        varbinds: the bindings in order.
    """

    version: int
    community: bytes
    pdu_tag: int
    request_id: int
    error_status: int
    error_index: int
    varbinds: list[VarBind]

    @property
    def non_repeaters(self) -> int:
        """How many leading bindings of a GETBULK are asked once."""
        return self.error_status

    @property
    def max_repetitions(self) -> int:
        """How often the other bindings of a GETBULK are repeated."""
        return self.error_index


def encode_integer(value: int) -> bytes:
    """Give the content octets of an INTEGER, Counter, Gauge or TimeTicks: shortest form."""
    octets = value if value >= 0 else ~value
    return value.to_bytes(octets.bit_length() // 8 + 1, "big", signed=True)


def decode_integer(octets: bytes) -> int:
    """Read content octets of an INTEGER, Counter, Gauge or TimeTicks.

    Raises:
        ValueError: empty, or longer than a Counter64 can be.
    """
    if not 1 <= len(octets) <= _MAX_INTEGER_OCTETS:
        message = f"an integer of {len(octets)} octets"
        raise ValueError(message)
    return int.from_bytes(octets, "big", signed=True)


def encode_message(message: Message) -> bytes:
    """Encode a request or a reply with lengths in shortest form.

    Raises:
        ValueError: a field is out of range, or the message does not fit in one datagram.
    """
    community = tlv(_OCTET_STRING, message.community)
    octets = tlv(SEQUENCE, _encode_number(message.version) + community + encode_pdu(message))
    if len(octets) > MAX_MESSAGE_OCTETS:
        error = f"a message of {len(octets)} octets does not fit in a datagram"
        raise ValueError(error)
    return octets


def encode_pdu(message: Message) -> bytes:
    """Encode the PDU alone, as SNMPv3 puts it into a message of its own kind.

    Raises:
        ValueError: a field is out of range.
    """
    bindings = b"".join([_encode_varbind(varbind) for varbind in message.varbinds])
    numbers = (message.request_id, message.error_status, message.error_index)
    if min(numbers) < _INT32_MIN or max(numbers) > _INT32_MAX:
        error = "request id, error status or error index does not fit in 32 bits"
        raise ValueError(error)
    if message.pdu_tag not in _PDU_TAGS:
        error = f"no PDU has the tag {message.pdu_tag}"
        raise ValueError(error)
    fields = b"".join([_encode_number(number) for number in numbers])
    return tlv(message.pdu_tag, fields + tlv(SEQUENCE, bindings))


def decode_message(octets: bytes) -> Message:
    """Decode a request or a reply; lengths may be in long form, as many agents send them.

    Raises:
        ValueError: not a v1 or v2c message, cut short, with octets left over, or with a value
            whose length its type does not allow.
    """
    try:
        return _decode_message(octets)
    except IndexError:
        error = "the message is cut short"
        raise ValueError(error) from None


def _decode_message(octets: bytes) -> Message:
    start, end = header(octets, 0, len(octets), SEQUENCE)
    if end != len(octets):
        error = "octets follow the message"
        raise ValueError(error)
    version, at = read_int32(octets, start, end)
    if version not in {VERSION_1, VERSION_2C}:
        error = f"message version {version} is neither v1 nor v2c"
        raise ValueError(error)
    start, at = header(octets, at, end, Tag.OCTET_STRING)
    return decode_pdu(octets, at, end, version, octets[start:at])


def decode_pdu(octets: bytes, at: int, end: int, version: int, community: bytes) -> Message:
    """Decode the PDU that stands from ``at`` to ``end``.

    Raises:
        ValueError: not a PDU, or not well-formed.
        IndexError: cut short.
    """
    pdu_tag = octets[at]
    if pdu_tag not in _PDU_TAGS:
        error = f"no PDU has the tag {pdu_tag}"
        raise ValueError(error)
    at, pdu_end = header(octets, at, end, pdu_tag)
    request_id, at = read_int32(octets, at, pdu_end)
    error_status, at = read_int32(octets, at, pdu_end)
    error_index, at = read_int32(octets, at, pdu_end)
    at, bindings_end = header(octets, at, pdu_end, SEQUENCE)
    if not bindings_end == pdu_end == end:
        error = "octets follow the bindings"
        raise ValueError(error)
    varbinds = _decode_varbinds(octets, at, end)
    return Message(version, community, pdu_tag, request_id, error_status, error_index, varbinds)


def peek_number(octets: bytes) -> int:
    """Give the number that ties a reply to its request, though the rest may be damaged.

    The request id of v1 and v2c; the message id of v3, whose request id may be encrypted.

    Raises:
        ValueError: the octets do not begin as an SNMP message.
    """
    size = len(octets)
    huge = size + MAX_MESSAGE_OCTETS
    try:
        at, _ = header(octets, 0, huge, SEQUENCE)
        version, at = read_int32(octets, at, size)
        if version == VERSION_3:
            at, _ = header(octets, at, huge, SEQUENCE)
        else:
            _, at = header(octets, at, size, Tag.OCTET_STRING)
            at, _ = header(octets, at, huge, octets[at])
        return read_int32(octets, at, size)[0]
    except IndexError:
        error = "the message is cut short"
        raise ValueError(error) from None


def _decode_varbinds(octets: bytes, at: int, end: int) -> list[VarBind]:
    """Read the bindings; half of all time goes here, so the usual short lengths are read in place.

    Whatever is not of the usual form goes to ``header``, which says what is wrong with it. The
    names are checked all at once: where each ends with the end of an arc, they are well-formed
    if what they make together is.
    """
    varbinds: list[VarBind] = []
    append = varbinds.append
    least, most = _LEAST_OCTETS, _MOST_OCTETS
    while at < end:
        size = octets[at + 1]
        name_size = octets[at + 3]
        if (
            size < _LONG_FORM
            and 0 < name_size < _LONG_FORM
            and octets[at] == SEQUENCE
            and octets[at + 2] == _OBJECT_IDENTIFIER
        ):
            start = at + 4
            binding_end = at + 2 + size
            at = start + name_size
            oid = octets[start:at]
        else:
            at, binding_end = header(octets, at, end, SEQUENCE)
            start, at = header(octets, at, binding_end, Tag.OBJECT_IDENTIFIER)
            oid = octets[start:at]
            _check_oid(oid)
        if octets[at - 1] >= _LONG_FORM:
            _check_oid(oid)
        tag = octets[at]
        size = octets[at + 1]
        if size < _LONG_FORM:
            start = at + 2
            at = start + size
        else:
            start, at = header(octets, at, binding_end, tag)
        if at != binding_end or at > end:
            error = "a value does not end where its binding ends"
            raise ValueError(error)
        value = octets[start:at]
        if not least[tag] <= size <= most[tag]:
            _check_value(tag, value)
        append(VarBind(oid, tag, value))
    names = b"".join([one.oid for one in varbinds])
    if not names.isascii() and not oids.WELL_FORMED.fullmatch(names):
        for varbind in varbinds:
            _check_oid(varbind.oid)
    return varbinds


def _check_oid(oid: bytes) -> None:
    # The first octet stands for two arcs, so one less than the limit may follow it.
    if not oid or len(oids.decode_index(oid)) >= oids.MAX_ARCS:
        error = "an object identifier is empty or too long"
        raise ValueError(error)


def _check_value(tag: int, value: bytes) -> None:
    if tag == Tag.OBJECT_IDENTIFIER:
        oids.decode_index(value)
        return
    limits = _VALUE_OCTETS.get(tag)
    if limits is None:
        error = f"no SNMP value has the tag {tag}"
        raise ValueError(error)
    if not limits[0] <= len(value) <= limits[1]:
        error = f"a value of type {tag} has {len(value)} octets"
        raise ValueError(error)


def header(octets: bytes, at: int, limit: int, tag: int) -> tuple[int, int]:
    """Read tag and length at ``at``; give where the content starts and ends.

    Raises:
        ValueError: another tag, a length of a forbidden form, or one that reaches over ``limit``.
        IndexError: cut short.
    """
    if octets[at] != tag:
        error = f"tag {octets[at]} where {tag} is due"
        raise ValueError(error)
    length = octets[at + 1]
    start = at + 2
    if length >= _LONG_FORM:
        count = length & 0x7F
        if not 1 <= count <= _MAX_LENGTH_OCTETS:
            error = "a length is indefinite or too long"
            raise ValueError(error)
        length = int.from_bytes(octets[start : start + count], "big")
        start += count
    end = start + length
    if end > limit:
        error = "a length reaches beyond what holds it"
        raise ValueError(error)
    return start, end


def read_int32(octets: bytes, at: int, limit: int) -> tuple[int, int]:
    """Read an INTEGER of 32 bits; give it and where the next thing starts.

    Raises:
        ValueError: no INTEGER, or a larger one.
        IndexError: cut short.
    """
    start, end = header(octets, at, limit, Tag.INTEGER)
    value = decode_integer(octets[start:end])
    if not _INT32_MIN <= value <= _INT32_MAX:
        error = "a number does not fit in 32 bits"
        raise ValueError(error)
    return value, end


def _encode_number(number: int) -> bytes:
    """Encode a whole INTEGER; most are counts of one octet."""
    if 0 <= number < _LONG_FORM:
        return bytes((_INTEGER, 1, number))
    return tlv(_INTEGER, encode_integer(number))


def _encode_varbind(varbind: VarBind) -> bytes:
    oid, tag, value = varbind.oid, varbind.tag, varbind.value
    size = len(oid) + len(value) + 4
    if size < _LONG_FORM:
        lengths = bytes((SEQUENCE, size, _OBJECT_IDENTIFIER, len(oid)))
        return lengths + oid + bytes((tag, len(value))) + value
    return tlv(SEQUENCE, tlv(Tag.OBJECT_IDENTIFIER, oid) + tlv(tag, value))


def tlv(tag: int, content: bytes) -> bytes:
    """Put tag and length, in shortest form, before content octets."""
    size = len(content)
    if size < _LONG_FORM:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG_FORM | len(length))) + length + content
