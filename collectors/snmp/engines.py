"""What is remembered of SNMPv3 engines, and what their reports mean.

Kept per address and port, never per engine id: two devices that were cloned share an id but not
a clock. A reply is an answer, or a report after which one asks again in other terms.
Source: RFC 3414 §2.3 (clocks), §3.2 (processing), §5 (usmStats); RFC 3413 (contexts).
"""

from __future__ import annotations

from collections import OrderedDict

from collectors import oids
from collectors.errors import MalformedError, RefusedError, WrongCredentialsError
from collectors.snmp.usm import REPORT, Engine, V3Message

_Place = tuple[str, int]
_MAX_ENGINES = 20_000
_WINDOW_SECONDS = 150
_MIN_ENGINE_ID_OCTETS = 5

UNKNOWN_USER = "the device does not know this SNMPv3 user"
WRONG_DIGEST = "wrong authentication passphrase or protocol for this SNMPv3 user"
DECRYPTION_FAILED = "wrong privacy passphrase or protocol for this SNMPv3 user"
UNSUPPORTED_LEVEL = "the device does not offer this security level to this user"
UNKNOWN_CONTEXT = "the device does not know this SNMPv3 context"
SILENT_ENGINE = (
    "the device answers SNMPv3 discovery but not this user:"
    " wrong privacy passphrase or protocol, or unknown context"
)

_USM_STATS = oids.encode("1.3.6.1.6.3.15.1.1")
_NOT_IN_TIME_WINDOW = _USM_STATS + b"\x02\x00"
_UNKNOWN_ENGINE = _USM_STATS + b"\x04\x00"
_REFUSALS = {
    _USM_STATS + b"\x01\x00": UNSUPPORTED_LEVEL,
    _USM_STATS + b"\x03\x00": UNKNOWN_USER,
    _USM_STATS + b"\x05\x00": WRONG_DIGEST,
    _USM_STATS + b"\x06\x00": DECRYPTION_FAILED,
    oids.encode("1.3.6.1.6.3.12.1.5.0"): UNKNOWN_CONTEXT,  # snmpUnknownContexts (RFC 3413)
}


class EngineBook:
    """Engines by place, the longest unused forgotten first."""

    def __init__(self, size: int = _MAX_ENGINES) -> None:
        self._engines: OrderedDict[_Place, Engine] = OrderedDict()
        self._size = size

    def __len__(self) -> int:
        """Count the engines."""
        return len(self._engines)

    def get(self, place: _Place) -> Engine | None:
        """Give the engine at a place, if it was asked before."""
        engine = self._engines.get(place)
        if engine is not None:
            self._engines.move_to_end(place)
        return engine

    def take(self, place: _Place, reply: V3Message, now: float) -> bool:
        """Learn from a reply; True when it is the answer, False when one must ask again.

        Args:
            place: address and port that were asked.
            reply: what came back, checked and decrypted.
            now: seconds of a clock that never goes back.

        Raises:
            WrongCredentialsError: the engine refuses user, level, digest or encryption.
            MalformedError: the reply is a replay, or its engine id cannot be one.
            RefusedError: a report that this module does not know.
        """
        address = place[0]
        engine = self._engines.get(place)
        if reply.message.pdu_tag == REPORT:
            self._take_report(place, reply, now, is_first=engine is None)
            return False
        if engine is None or engine.engine_id != reply.engine_id:
            raise MalformedError(address, "the reply names another SNMPv3 engine")
        if reply.is_authenticated:
            if (reply.boots, reply.time + _WINDOW_SECONDS) < (engine.boots, engine.time_at(now)):
                raise MalformedError(address, "an old SNMPv3 reply was sent again")
            self._keep(place, reply, now)
        return True

    def _take_report(self, place: _Place, reply: V3Message, now: float, *, is_first: bool) -> None:
        cause = reply.message.varbinds[0].oid if reply.message.varbinds else b""
        refusal = _REFUSALS.get(cause)
        if refusal:
            raise WrongCredentialsError(place[0], refusal)
        if cause == _NOT_IN_TIME_WINDOW and not is_first and not reply.is_authenticated:
            raise WrongCredentialsError(
                place[0], "the device's SNMPv3 clock differs and it does not sign its own"
            )
        if cause not in (_NOT_IN_TIME_WINDOW, _UNKNOWN_ENGINE):
            raise RefusedError(place[0], "the device sent an SNMPv3 report of an unknown kind")
        self._keep(place, reply, now)

    def _keep(self, place: _Place, reply: V3Message, now: float) -> None:
        if len(reply.engine_id) < _MIN_ENGINE_ID_OCTETS:
            raise MalformedError(place[0], "the SNMPv3 engine id is too short to be one")
        self._engines[place] = Engine(reply.engine_id, reply.boots, reply.time, now)
        self._engines.move_to_end(place)
        while len(self._engines) > self._size:
            self._engines.popitem(last=False)
