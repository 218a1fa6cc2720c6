"""A recorded walk behind the transport's interface: what a device once said, said again.

Reads ``.snmprec`` text: lines of ``OID|TAG|VALUE``, the tag in decimal, with ``x`` behind it for
values in hex (the format of snmpsim). For tests of definitions, where no network is wanted.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping

from collectors import oids
from collectors.credentials import SnmpVersion
from collectors.errors import NoAnswerError
from collectors.snmp.codec import encode_integer
from collectors.snmp.session import NO_SUCH_NAME
from collectors.snmp.transport import Endpoint, Pdu, Response, Tag, VarBind

_INTEGERS = frozenset(
    {Tag.INTEGER, Tag.COUNTER32, Tag.GAUGE32, Tag.TIME_TICKS, Tag.COUNTER64},
)


class ReplayTransport:
    """``SnmpTransport`` over a recording.

    Args:
        recording: the varbinds, in any order.
        contexts: recordings by what names them: the part of a community behind ``@``, or a
            context of SNMPv3; any other context is not answered.
        reply_varbinds: at most so many bindings stand in one reply, as with a small agent.
    """

    most_in_flight = 1_000

    def __init__(
        self,
        recording: list[VarBind],
        reply_varbinds: int = 100,
        contexts: Mapping[str, list[VarBind]] | None = None,
    ) -> None:
        self._contexts = {
            name: ReplayTransport(lines, reply_varbinds) for name, lines in (contexts or {}).items()
        }
        ordered = sorted(recording, key=lambda one: oids.decode_index(one.oid))
        self._arcs = [oids.decode_index(one.oid) for one in ordered]
        self._varbinds = ordered
        self._by_oid = {one.oid: one for one in ordered}
        self._reply_varbinds = reply_varbinds
        self.requests = 0

    async def request(
        self,
        endpoint: Endpoint,
        pdu: Pdu,
        oids: list[bytes],
        *,
        non_repeaters: int = 0,
        max_repetitions: int = 0,
        timeout_seconds: float,  # noqa: ARG002 -- a recording answers at once
        retries: int,  # noqa: ARG002 -- a recording loses nothing
    ) -> Response:
        """Answer as an agent does (RFC 3416 §4.2; v1 by RFC 1157 §4.1).

        Raises:
            NoAnswerError: a context is asked that was not recorded.
        """
        self.requests += 1
        if name := _context_of(endpoint):
            if name not in self._contexts:
                raise NoAnswerError(endpoint.address, "the recording has no such context")
            return self._contexts[name]._answer(endpoint, pdu, oids, non_repeaters, max_repetitions)  # noqa: SLF001 -- one of its own
        return self._answer(endpoint, pdu, oids, non_repeaters, max_repetitions)

    def _answer(
        self,
        endpoint: Endpoint,
        pdu: Pdu,
        oids: list[bytes],
        non_repeaters: int,
        max_repetitions: int,
    ) -> Response:
        if pdu is Pdu.GET_BULK:
            return self._bulk(oids, non_repeaters, max_repetitions)
        look = self._get if pdu is Pdu.GET else self._next
        found = [look(oid) for oid in oids]
        if endpoint.credential.version is SnmpVersion.V1:
            for place, varbind in enumerate(found, 1):
                if varbind.tag >= Tag.NO_SUCH_OBJECT or varbind.tag == Tag.COUNTER64:
                    nulls = [VarBind(oid, Tag.NULL, b"") for oid in oids]
                    return Response(NO_SUCH_NAME, place, nulls)
        return Response(0, 0, found)

    async def close(self) -> None:
        """Nothing to give back."""

    def _get(self, oid: bytes) -> VarBind:
        return self._by_oid.get(oid) or VarBind(oid, Tag.NO_SUCH_INSTANCE, b"")

    def _next(self, oid: bytes) -> VarBind:
        place = bisect_right(self._arcs, oids.decode_index(oid))
        if place == len(self._arcs):
            return VarBind(oid, Tag.END_OF_MIB_VIEW, b"")
        return self._varbinds[place]

    def _bulk(self, names: list[bytes], non_repeaters: int, max_repetitions: int) -> Response:
        found = [self._next(name) for name in names[:non_repeaters]]
        row = names[non_repeaters:]
        for _ in range(max_repetitions if row else 0):
            answers = [self._next(name) for name in row]
            found += answers
            row = [answer.oid for answer in answers]
            is_over = all(answer.tag == Tag.END_OF_MIB_VIEW for answer in answers)
            if is_over or len(found) >= self._reply_varbinds:
                break
        return Response(0, 0, found[: self._reply_varbinds])


def _context_of(endpoint: Endpoint) -> str:
    credential = endpoint.credential
    return credential.context_name or credential.community.partition("@")[2]


def read_snmprec(text: str) -> list[VarBind]:
    """Read a recording.

    Raises:
        ValueError: a line is not of the format; the line's number is told.
    """
    varbinds = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        try:
            dotted, kind, value = line.split("|", 2)
            varbinds.append(_read_line(dotted, kind, value))
        except ValueError as error:
            message = f"line {number}: {error}"
            raise ValueError(message) from None
    return varbinds


def _read_line(dotted: str, kind: str, value: str) -> VarBind:
    tag = int(kind.rstrip("xe"))
    if kind.endswith("x"):
        octets = bytes.fromhex(value)
    elif tag in _INTEGERS:
        octets = encode_integer(int(value))
    elif tag == Tag.IP_ADDRESS:
        octets = bytes(map(int, value.split(".")))
    elif tag == Tag.OBJECT_IDENTIFIER:
        octets = oids.encode(value)
    elif tag == Tag.NULL:
        octets = b""
    elif kind.endswith("e"):
        octets = (
            value.encode("latin-1", "backslashreplace")
            .decode("unicode_escape")
            .encode(
                "latin-1",
                "replace",
            )
        )
    else:
        octets = value.encode()
    return VarBind(oids.encode(dotted), tag, octets)
