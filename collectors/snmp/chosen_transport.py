"""The transport that the product uses: the fast one, and pysnmp where it is asked for.

pysnmp is imported when the first request or reply needs it: a third of a second that most runs
never spend.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from collectors.snmp.codec import Message
from collectors.snmp.transport import Endpoint, Pdu, Response, SnmpTransport
from collectors.snmp.udp_transport import UdpTransport


class ChosenTransport:
    """``SnmpTransport`` that goes by the credential; belongs to the event loop that makes it.

    Args:
        packets_per_second: all datagrams of the fast transport together.
    """

    def __init__(self, *, packets_per_second: float = 5_000) -> None:
        self._fast = UdpTransport(
            packets_per_second=packets_per_second, second_opinion=_second_opinion
        )
        self._compatible: SnmpTransport | None = None
        self._turns = asyncio.Semaphore(1)

    @property
    def most_in_flight(self) -> int:
        """As of the fast transport; few credentials ask for the other."""
        return self._fast.most_in_flight

    def request(
        self,
        endpoint: Endpoint,
        pdu: Pdu,
        oids: list[bytes],
        *,
        non_repeaters: int = 0,
        max_repetitions: int = 0,
        timeout_seconds: float,
        retries: int,
    ) -> Coroutine[Any, Any, Response]:
        """Send a request by the transport of its credential; see ``SnmpTransport.request``."""
        is_slow = endpoint.credential.is_compatible
        asking = (self._slow() if is_slow else self._fast).request(
            endpoint,
            pdu,
            oids,
            non_repeaters=non_repeaters,
            max_repetitions=max_repetitions,
            timeout_seconds=timeout_seconds,
            retries=retries,
        )
        return self._in_turn(asking) if is_slow else asking

    async def _in_turn(self, asking: Coroutine[Any, Any, Response]) -> Response:
        try:
            async with self._turns:
                return await asking
        finally:
            asking.close()  # for when it was cancelled before its turn

    async def close(self) -> None:
        """Close what was opened."""
        await self._fast.close()
        if self._compatible is not None:
            await self._compatible.close()

    def _slow(self) -> SnmpTransport:
        if self._compatible is None:
            from collectors.snmp.pysnmp_transport import PysnmpTransport

            self._compatible = PysnmpTransport()
            self._turns = asyncio.Semaphore(self._compatible.most_in_flight)
        return self._compatible


def _second_opinion(octets: bytes) -> Message:
    from collectors.snmp.pysnmp_transport import decode_reply

    return decode_reply(octets)
