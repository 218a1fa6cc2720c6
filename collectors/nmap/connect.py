"""Who is there, by TCP connect from Python: what is left where nmap is not installed.

Finds what answers on one of a few ports, by accepting or by refusing; a device behind a filter
and one that speaks only UDP stay unseen.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Sequence
from typing import Final

from collectors.nmap.xml import NmapHost, NmapPort

CONNECT_PORTS: Final = (22, 80, 443, 445, 9100)
_TIMEOUT_SECONDS: Final = 1.0
# Several chunks run at once, and a process may have a thousand files open.
_AT_ONCE: Final = 100
_SERVICE_NAMES: Final = {22: "ssh", 80: "http", 443: "https", 445: "microsoft-ds"}


def find_by_connecting(
    addresses: Sequence[str],
    *,
    packets_per_second: int,
    should_stop: Callable[[], bool],
    ports: Sequence[int] = CONNECT_PORTS,
) -> tuple[NmapHost, ...]:
    """Try a few ports of each address; may be called from any thread without a running loop.

    Args:
        addresses: as text, of either version.
        packets_per_second: connections opened a second at most.
        should_stop: asked before each connection.
        ports: TCP ports to try.
    """
    return asyncio.run(_find(addresses, ports, max(1, packets_per_second), should_stop))


async def _find(
    addresses: Sequence[str], ports: Sequence[int], rate: int, should_stop: Callable[[], bool]
) -> tuple[NmapHost, ...]:
    slots = asyncio.Semaphore(_AT_ONCE)
    open_ports: dict[str, set[int]] = {}

    async def try_port(address: str, port: int) -> None:
        try:
            state = await _state(address, port)
        finally:
            slots.release()
        if state is not None:
            open_ports.setdefault(address, set()).update({port} if state else ())

    async with asyncio.TaskGroup() as tasks:
        for port in ports:
            for address in addresses:
                if should_stop():
                    break
                await slots.acquire()
                tasks.create_task(try_port(address, port))
                await asyncio.sleep(1 / rate)
    return tuple(_host(address, found) for address, found in sorted(open_ports.items()))


async def _state(address: str, port: int) -> bool | None:
    """Give True for open, False for refused by the device itself, None for silence."""
    try:
        async with asyncio.timeout(_TIMEOUT_SECONDS):
            _, writer = await asyncio.open_connection(address, port)
    except OSError as error:
        return False if error.errno == errno.ECONNREFUSED else None
    writer.transport.abort()
    return True


def _host(address: str, ports: set[int]) -> NmapHost:
    return NmapHost(
        address=address,
        proof="syn-ack" if ports else "conn-refused",
        is_proven=True,
        ports=tuple(NmapPort("tcp", port, _SERVICE_NAMES.get(port)) for port in sorted(ports)),
    )
