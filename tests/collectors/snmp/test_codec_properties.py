"""The codec beside pyasn1 on recorded and damaged replies: equal results or two refusals.

What the two are allowed to differ in, and why:

- The codec takes numbers that their type does not hold (a Gauge32 of 2**40, a negative Counter,
  an error status of 99, a TimeTicks of nine octets): agents send them, and a value that is wrong
  spoils only itself. pysnmp refuses the whole message.
- The codec takes a value of type Opaque, IpAddress or OCTET STRING as it stands; pyasn1 refuses
  some lengths.
- pyasn1 takes indefinite lengths, constructed strings, padded integers of any length, padded
  arcs, tags in long form, trailing octets in nested sequences and PDUs of other kinds in the
  place of a reply: BER allows some of it, no agent is known to send it, and pysnmp is asked for
  its opinion before such a reply is refused (``ChosenTransport``).

So: what both read, they read alike.
"""

from __future__ import annotations

import gc
import random
import tracemalloc
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from collectors import oids
from collectors.snmp import codec
from collectors.snmp.pysnmp_transport import decode_reply
from collectors.snmp.transport import Pdu, Tag, VarBind
from parc.demo.agent import Device, answer
from parc.demo.recordings import find_recording, read_recording

# Each of another maker, with what is odd in it: long indexes, large counters, text of any kind.
RECORDINGS = (
    "network/switch/cisco-c3750",
    "network/switch/dlink-des3200",
    "network/wifi/ubiquiti-m5",
    "os/linux/ibm-x3550-m3",
    "os/windows/server-2003-5-2",
    "UPS/apc-7902b",
    "printer-colour",
)
TABLES = ("1.3.6.1.2.1.1", "1.3.6.1.2.1.2.2", "1.3.6.1.2.1.4", "1.3.6.1.2.1.25", "1.3.6.1.2.1.43")
MOST_REPLIES = 60  # of one recording
MUTATIONS = 6  # of each reply
_UNSIGNED = {Tag.COUNTER32, Tag.GAUGE32, Tag.TIME_TICKS, Tag.COUNTER64}


def replies(recording: str) -> Iterator[bytes]:
    """Walk a recording as a bulk walk would and give the datagrams."""
    device = Device(read_recording(find_recording(recording)))
    count = 0
    for table in TABLES:
        start = oids.encode(table)
        cursor = start
        while cursor.startswith(start) and count < MOST_REPLIES:
            count += 1
            names = [VarBind(cursor, Tag.NULL, b"")]
            request = codec.Message(
                codec.VERSION_2C, b"public", Pdu.GET_BULK, count * 7_777_777, 0, 40, names
            )
            octets = answer(device, codec.encode_message(request))
            assert octets is not None
            yield octets
            last = codec.decode_message(octets).varbinds[-1]
            if last.tag == Tag.END_OF_MIB_VIEW:
                return
            cursor = last.oid


def damage(octets: bytes, chance: random.Random) -> bytes:
    """Change, cut, insert or repeat a few octets."""
    changed = bytearray(octets)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(changed))
        match chance.randrange(5):
            case 0:
                changed[at] = chance.randrange(256)
            case 1:
                changed[at] ^= 1 << chance.randrange(8)
            case 2:
                del changed[at:]
            case 3:
                changed[at:at] = chance.randbytes(chance.randint(1, 4))
            case _:
                end = min(len(changed), at + chance.randint(1, 8))
                del changed[at:end]
        if not changed:
            break
    return bytes(changed)


def meaning(message: codec.Message) -> codec.Message:
    """Give the message with its numbers in shortest form, as pyasn1 leaves them."""
    return message._replace(varbinds=[_shortest(one) for one in message.varbinds])


def _shortest(varbind: VarBind) -> VarBind:
    if varbind.tag == Tag.INTEGER or varbind.tag in _UNSIGNED:
        number = codec.encode_integer(codec.decode_integer(varbind.value))
        return replace(varbind, value=number)
    return varbind


def own(octets: bytes) -> codec.Message | None:
    try:
        message = codec.decode_message(octets)
    except ValueError:
        return None
    return meaning(message) if message.pdu_tag == codec.RESPONSE else None


def other(octets: bytes) -> codec.Message | None:
    try:
        return meaning(decode_reply(octets))
    except ValueError:
        return None


@pytest.mark.parametrize("recording", RECORDINGS)
def test_recorded_replies_are_read_alike(recording: str) -> None:
    count = 0
    for octets in replies(recording):
        read = own(octets)
        assert read is not None
        assert read == other(octets)
        count += 1
    assert count > 3


@pytest.mark.parametrize("recording", RECORDINGS)
def test_what_both_read_of_damaged_replies_is_equal(recording: str) -> None:
    chance = random.Random(recording)  # noqa: S311 -- the same damage each time
    both = neither = 0
    for octets in replies(recording):
        for _ in range(MUTATIONS):
            damaged = damage(octets, chance)
            read, opinion = own(damaged), other(damaged)
            if read is not None and opinion is not None:
                assert read == opinion
                both += 1
            elif opinion is None and read is not None:
                assert is_out_of_range(read)
            elif opinion is not None:
                assert is_other_ber(damaged)
            else:
                neither += 1
    assert neither > both > 0


def is_out_of_range(message: codec.Message) -> bool:
    """Whether a value is one that its type does not hold, or a type that v2c lacks."""
    if not 0 <= message.error_status <= 18 or message.error_index < 0:
        return True
    limits = dict.fromkeys(_UNSIGNED, (0, 2**32 - 1)) | {
        Tag.COUNTER64: (0, 2**64 - 1),
        Tag.INTEGER: (-(2**31), 2**31 - 1),
    }
    for varbind in message.varbinds:
        low, high = limits.get(Tag(varbind.tag), (0, 0))
        if varbind.tag in limits and not low <= codec.decode_integer(varbind.value) <= high:
            return True
    return False


def is_other_ber(octets: bytes) -> bool:
    """Whether the codec names as its reason a form that it leaves out on purpose."""
    try:
        message = codec.decode_message(octets)
    except ValueError as error:
        reasons = ("indefinite", "an integer of", "a value of type", "where", "octets follow")
        return any(reason in str(error) for reason in reasons) or "padding" in str(error)
    return message.pdu_tag != codec.RESPONSE


@pytest.mark.long
def test_damaged_replies_raise_the_declared_error_and_keep_no_memory() -> None:
    chance = random.Random("fuzz")  # noqa: S311 -- the same damage each time
    whole = [octets for recording in RECORDINGS for octets in replies(recording)]

    def fuzz(number: int) -> int:
        refused = 0
        for _ in range(number):
            damaged = damage(chance.choice(whole), chance)
            try:
                codec.peek_number(damaged)
                codec.decode_message(damaged)
            except ValueError:
                refused += 1
        return refused

    fuzz(2_000)
    tracemalloc.start()
    fuzz(2_000)
    gc.collect()
    before, _ = tracemalloc.get_traced_memory()
    fuzz(2_000)
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after - before < 50_000
    assert fuzz(100_000) > 50_000
