"""The list of misbehaviours; each is one line of what devices and attackers send."""

from __future__ import annotations

import random
from collections.abc import Callable

from collectors import oids
from collectors.snmp import codec
from collectors.snmp.transport import Pdu, Tag, VarBind
from tests.hostile_agent import (
    HUGE,
    IF_ENTRY,
    SYS_DESCR,
    SYS_NAME,
    Behaviour,
    HostileAgent,
    Reply,
    Tree,
    arcs,
    bind,
    healthy_tree,
    integer,
)

OnOctets = Callable[[bytes, random.Random], list[bytes]]
OnRequest = Callable[[codec.Message, codec.Message, int], Reply]

_MANY = 100_000
_DIES_AFTER = 6
_COLUMN_ARCS = 10  # of 1.3.6.1.2.1.2.2.1.x
_BULK_LIMIT = 10
_LONG = 400


def _flip(octets: bytes, seed: random.Random) -> list[bytes]:
    damaged = bytearray(octets)
    for _ in range(3):
        damaged[seed.randrange(len(damaged))] ^= 1 << seed.randrange(8)
    return [bytes(damaged)]


_DAMAGED: dict[str, OnOctets] = {
    "replies are cut in half": lambda o, _: [o[: len(o) // 2]],
    "replies lack their last octet": lambda o, _: [o[:-1]],
    "replies have octets behind them": lambda o, _: [o + b"extra"],
    "long replies are cut in half": lambda o, _: [o[: len(o) // 2] if len(o) > _LONG else o],
    "replies are empty datagrams": lambda _, __: [b""],
    "replies are noise": lambda o, s: [s.randbytes(len(o))],
    "replies are 64 kB of zeros": lambda _, __: [bytes(HUGE)],
    "replies are 64 kB of open sequences": lambda _, __: [b"\x30\x80" * (HUGE // 2)],
    "outer tag is wrong": lambda o, _: [b"\x31" + o[1:]],
    "length is indefinite": lambda o, _: [o[:1] + b"\x80" + o[2:] + b"\x00\x00"],
    "length claims four gigabytes": lambda o, _: [b"\x30\x84\xff\xff\xff\xff" + o[2:]],
    "length takes five octets": lambda o, _: [b"\x30\x85" + bytes(5) + o[2:]],
    "three bits of each reply are flipped": _flip,
    "another protocol answers": lambda _, __: [b"HTTP/1.1 400 Bad Request\r\n\r\n"],
}

_HARMLESS: dict[str, OnOctets] = {
    "each reply comes twice": lambda o, _: [o, o],
    "each reply comes twenty times": lambda o, _: [o] * 20,
    "noise comes before each reply": lambda o, s: [s.randbytes(60), o],
    "half a reply comes before each reply": lambda o, _: [o[: len(o) // 2], o],
    "an empty datagram comes before each reply": lambda o, _: [b"", o],
}


def _status(status: int, index: int = 1) -> OnRequest:
    def spoil(request: codec.Message, reply: codec.Message, _: int) -> Reply:
        return reply._replace(error_status=status, error_index=index, varbinds=request.varbinds)

    return spoil


def _tagged(pdu_tag: int) -> OnRequest:
    def spoil(_: codec.Message, reply: codec.Message, __: int) -> Reply:
        return reply._replace(pdu_tag=pdu_tag)

    return spoil


def _number_zero(_: codec.Message, reply: codec.Message, __: int) -> Reply:
    return reply._replace(request_id=0)


def _other_version(_: codec.Message, reply: codec.Message, __: int) -> Reply:
    return reply._replace(version=codec.VERSION_1)


def _next_id(_: codec.Message, reply: codec.Message, __: int) -> Reply:
    return reply._replace(request_id=(reply.request_id + 1) % 2**31)


def _other_community(_: codec.Message, reply: codec.Message, __: int) -> Reply:
    return reply._replace(community=b"private")


def _echo(request: codec.Message, _: codec.Message, __: int) -> Reply:
    return request


def _silent_to_bulk(request: codec.Message, reply: codec.Message, _: int) -> Reply:
    return None if request.pdu_tag == Pdu.GET_BULK else reply


def _silent_to_large_bulk(request: codec.Message, reply: codec.Message, _: int) -> Reply:
    is_large = request.pdu_tag == Pdu.GET_BULK and request.max_repetitions > _BULK_LIMIT
    return None if is_large else reply


def _too_big_for_large_bulk(request: codec.Message, reply: codec.Message, _: int) -> Reply:
    is_large = request.pdu_tag == Pdu.GET_BULK and request.max_repetitions > _BULK_LIMIT
    return _status(1, 0)(request, reply, 0) if is_large else reply


def _too_big_above(bindings: int) -> OnRequest:
    def spoil(request: codec.Message, reply: codec.Message, _: int) -> Reply:
        return _status(1, 0)(request, reply, 0) if len(reply.varbinds) > bindings else reply

    return spoil


def _dies(_: codec.Message, reply: codec.Message, before: int) -> Reply:
    return reply if before < _DIES_AFTER else None


def _says_nothing(_: codec.Message, __: codec.Message, ___: int) -> Reply:
    return None


def _deaf_to_version_1(request: codec.Message, reply: codec.Message, _: int) -> Reply:
    return None if request.version == codec.VERSION_1 else reply


def _first_rows(request: codec.Message, reply: codec.Message, _: int) -> Reply:
    if request.pdu_tag != Pdu.GET_BULK:
        return reply
    columns = [".".join(oids.decode(one.oid).split(".")[:_COLUMN_ARCS]) for one in request.varbinds]
    again = [VarBind(oids.encode(column), Tag.NULL, b"") for column in columns]
    return HostileAgent(Behaviour("it behaves")).answer(request._replace(varbinds=again))


def _forgets_each_third(_: codec.Message, reply: codec.Message, before: int) -> Reply:
    return None if before % 3 == 0 else reply


def _refuses_tables(request: codec.Message, reply: codec.Message, _: int) -> Reply:
    return reply if request.pdu_tag == Pdu.GET else _status(5)(request, reply, 0)


def _on_bindings(spoil: Callable[[list[VarBind], codec.Message], list[VarBind]]) -> OnRequest:
    def spoiled(request: codec.Message, reply: codec.Message, _: int) -> Reply:
        return reply._replace(varbinds=spoil(list(reply.varbinds), request))

    return spoiled


def _on_walks(spoil: Callable[[list[VarBind], codec.Message], list[VarBind]]) -> OnRequest:
    def spoiled(request: codec.Message, reply: codec.Message, _: int) -> Reply:
        if request.pdu_tag == Pdu.GET:
            return reply
        return reply._replace(varbinds=spoil(list(reply.varbinds), request))

    return spoiled


def _endless(bindings: list[VarBind], request: codec.Message) -> list[VarBind]:
    """Hold one more row in whatever column is asked, for ever."""
    del bindings
    made: list[VarBind] = []
    places = [one.oid for one in request.varbinds]
    for _ in range(max(request.max_repetitions, 1)):
        following = []
        for place in places:
            parts = oids.decode(place).split(".")
            head, last = (parts[:-1], int(parts[-1])) if len(parts) > 10 else (parts, 0)
            following.append(oids.encode(".".join([*head, str(last + 1)])))
        made += [VarBind(oid, Tag.INTEGER, b"\x01") for oid in following]
        places = following
    return made


def _strays(bindings: list[VarBind], request: codec.Message) -> list[VarBind]:
    stray = bind("1.3.6.1.4.1.99999.1", Tag.OCTET_STRING, b"elsewhere")
    return [*bindings[: len(request.varbinds)], stray, *bindings[len(request.varbinds) :]]


_BINDINGS: dict[str, OnRequest] = {
    "replies hold no bindings": _on_bindings(lambda _, __: []),
    "replies hold fewer bindings than asked": _on_bindings(lambda b, _: b[: len(b) // 2]),
    "replies to GET hold more bindings than asked": _on_bindings(
        lambda b, r: b + b[:1] if r.pdu_tag == Pdu.GET else b
    ),
    "replies answer another object": _on_bindings(
        lambda b, _: [VarBind(oids.encode("1.3.6.1.4.1.1.1"), one.tag, one.value) for one in b]
    ),
    "walks go round in a circle": _on_walks(lambda b, _: [b[0]] * len(b) if b else b),
    "walks go backwards": _on_walks(lambda b, _: b[::-1]),
    "tables give their first rows for ever": _first_rows,
    "walks stand still": _on_walks(
        lambda _, r: [VarBind(one.oid, Tag.INTEGER, b"\x01") for one in r.varbinds]
    ),
    "tables never end": _on_walks(_endless),
    "walks stray out of the subtree and come back": _on_walks(_strays),
    "everything is NULL": _on_bindings(lambda b, _: [VarBind(one.oid, Tag.NULL, b"") for one in b]),
    "nothing exists": _on_bindings(
        lambda b, _: [VarBind(one.oid, Tag.NO_SUCH_OBJECT, b"") for one in b]
    ),
    "each walk is at its end at once": _on_walks(
        lambda _, r: [VarBind(one.oid, Tag.END_OF_MIB_VIEW, b"") for one in r.varbinds]
    ),
    "all values are texts": _on_bindings(
        lambda b, _: [VarBind(one.oid, Tag.OCTET_STRING, b"text") for one in b]
    ),
    "all values are numbers": _on_bindings(
        lambda b, _: [VarBind(one.oid, Tag.INTEGER, b"\x2a") for one in b]
    ),
    "all values are 64 bit counters": _on_bindings(
        lambda b, _: [VarBind(one.oid, Tag.COUNTER64, b"\x00" + b"\xff" * 8) for one in b]
    ),
    "all values are opaque": _on_bindings(
        lambda b, _: [VarBind(one.oid, Tag.OPAQUE, b"\x9f\x78\x04\x42\xf6\x00\x00") for one in b]
    ),
    "all values are addresses": _on_bindings(
        lambda b, _: [VarBind(one.oid, Tag.IP_ADDRESS, b"\x7f\x00\x00\x01") for one in b]
    ),
}


def _raw_value(tag: int, content: bytes) -> OnOctets:
    """Replace the sysDescr of replies by a value that the codec would not write."""
    marker = codec.tlv(Tag.OCTET_STRING, b"Hostile test agent")

    def spoil(octets: bytes, _: random.Random) -> list[bytes]:
        made = bytes((tag, len(content))) + content
        filled = made + codec.tlv(Tag.NULL, b"") * 12
        return [octets.replace(marker, filled[: len(marker)].ljust(len(marker), b"\x00"))]

    return spoil


_VALUES: dict[str, OnOctets] = {
    "a value has an unknown type": _raw_value(0x50, b"what is this thing"),
    "a value is a sequence": _raw_value(0x30, b"\x02\x01\x01" * 6),
    "an integer has no octets": _raw_value(0x02, b""),
    "an integer has eighteen octets": _raw_value(0x02, b"\x7f" * 18),
    "an address has three octets": _raw_value(0x40, b"\x0a\x00\x01"),
}


def _with(*bindings: VarBind) -> Callable[[], Tree]:
    def tree() -> Tree:
        held = healthy_tree()
        held.update({arcs(oids.decode(one.oid)): one for one in bindings})
        return held

    return tree


def _text(value: bytes) -> Callable[[], Tree]:
    return _with(
        bind(SYS_DESCR, Tag.OCTET_STRING, value),
        bind(SYS_NAME, Tag.OCTET_STRING, value[:HUGE]),
        bind(f"{IF_ENTRY}.2.1", Tag.OCTET_STRING, value[:1_200]),
    )


def _crowded_tree() -> Tree:
    """Two columns of very many interfaces."""
    held = healthy_tree(0)
    for column in (1, 2):
        for index in range(1, _MANY + 1):
            place = (*arcs(IF_ENTRY), column, index)
            held[place] = VarBind(oids.encode_arcs(place), Tag.INTEGER, codec.encode_integer(index))
    return held


_TREES: dict[str, Callable[[], Tree]] = {
    "texts are invalid UTF-8": _text(b"caf\xe9 \xff\xfe\xc0\x80"),
    "texts hold control characters": _text(b"a\x00b\x1b[31mc\r\nd\x9be"),
    "texts hold bidirectional marks": _text("pdf\u202etxt.exe\u2066".encode()),
    "texts hold markup": _text(b"<script>alert(1)</script><img src=x onerror=alert(1)>"),
    "texts hold formulas": _text(b"=cmd|' /C calc'!A0"),
    "texts hold template language": _text(b"{{ 7*7 }}{% raw %}${7*7}"),
    "texts are a thousand combining marks": _text(("e" + "\u0301" * 1_000).encode()),
    "texts are empty": _text(b""),
    "an object identifier is empty": _with(bind("1.3.6.1.2.1.1.2.0", Tag.OBJECT_IDENTIFIER, b"")),
    "sysObjectID is a text": _with(bind("1.3.6.1.2.1.1.2.0", Tag.OCTET_STRING, b"1.3.6.1.4.1.9")),
    "a MAC has three hundred octets": _with(
        bind(f"{IF_ENTRY}.6.1", Tag.OCTET_STRING, b"\x02" * 300)
    ),
    "ifIndex is negative": _with(integer(f"{IF_ENTRY}.1.1", -5)),
    "a speed is the largest number there is": _with(
        bind(f"{IF_ENTRY}.5.1", Tag.COUNTER64, b"\x00" + b"\xff" * 8)
    ),
    "an index has a hundred arcs": _with(integer(f"{IF_ENTRY}.1" + ".7" * 100, 1)),
    "an index is the largest number there is": _with(integer(f"{IF_ENTRY}.1.4294967295", 1)),
    "it holds only what nobody asks for": lambda: {
        arcs("1.3.6.1.4.1.99999.1.0"): integer("1.3.6.1.4.1.99999.1.0", 1)
    },
    "it holds nothing at all": dict,
}

_LOST: dict[str, OnRequest] = {
    "replies carry the next request's number": _next_id,
    "replies carry the number zero": _number_zero,
    "requests come back as they were": _echo,
    "replies are requests": _tagged(Pdu.GET),
    "replies are traps": _tagged(0xA7),
    "replies are reports": _tagged(0xA8),
    "replies are of another version": _other_version,
    "everything is too big": _status(1, 0),
    "everything is a general error": _status(5),
    "everything is not authorised": _status(16),
    "the error status is unknown": _status(200),
    "the error status is negative": _status(-1),
    "the error index points beyond the bindings": _status(2, 99),
    "the error index is negative": _status(2, -7),
    "it dies after some requests": _dies,
    "it says nothing": _says_nothing,
    "tables are a general error": _refuses_tables,
}

_KEPT: dict[str, OnRequest] = {
    "each third request is lost": _forgets_each_third,
    "GETBULK is never answered": _silent_to_bulk,
    "GETBULK above ten rows is never answered": _silent_to_large_bulk,
    "GETBULK above ten rows is too big": _too_big_for_large_bulk,
    "more than two bindings are too big": _too_big_above(2),
    "more than twelve bindings are too big": _too_big_above(12),
    "more than sixty bindings are too big": _too_big_above(60),
    "version 1 is never answered": _deaf_to_version_1,
    "replies carry another community": _other_community,
}

BEHAVIOURS: tuple[Behaviour, ...] = (
    *(Behaviour(name, on_octets=spoil) for name, spoil in {**_DAMAGED, **_VALUES}.items()),
    *(Behaviour(name, on_octets=spoil, is_complete=True) for name, spoil in _HARMLESS.items()),
    *(Behaviour(name, on_request=spoil) for name, spoil in {**_BINDINGS, **_LOST}.items()),
    *(Behaviour(name, on_request=spoil, is_complete=True) for name, spoil in _KEPT.items()),
    *(Behaviour(name, tree=tree) for name, tree in _TREES.items()),
    Behaviour("a text has 64 kB", tree=_text(b"x" * HUGE)),
    Behaviour("it has a hundred thousand interfaces", tree=_crowded_tree),
    Behaviour("it speaks only version 1", is_v1_only=True, is_complete=True),
    Behaviour("replies come from another port", is_elsewhere=True),
    Behaviour("replies come after the time is out", delay_seconds=0.9),
    Behaviour("replies come just in time", delay_seconds=0.1, is_complete=True),
    Behaviour("it behaves", is_complete=True),
)


def named(name: str) -> Behaviour:
    """Give one of them."""
    return next(one for one in BEHAVIOURS if one.name == name)
