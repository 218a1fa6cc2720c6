"""One measured job of ``snmp_speed`` in a process of its own, so that its costs are its own.

    python -m benchmarks.asking collect PORT DEVICES AT_ONCE TIMEOUT RETRIES
    python -m benchmarks.asking sweep PORT
    python -m benchmarks.asking hlapi PORT DEVICES
    python -m benchmarks.asking version3 PORT udp|pysnmp TIMES

Each prints one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from collectors import oids
from collectors.collect import SnmpResult
from collectors.contract import to_line
from collectors.credentials import AuthProtocol, PrivProtocol, SnmpCredential, SnmpVersion
from collectors.definitions.loader import load_definitions
from collectors.errors import Failure
from collectors.runner import run
from collectors.snmp.chosen_transport import ChosenTransport
from collectors.snmp.probe import probe
from collectors.snmp.transport import Endpoint, Pdu, SnmpTransport
from collectors.snmp.udp_transport import UdpTransport
from collectors.target import Limits, Target
from parc import clock

# What the plan of Parc reads of, as whole subtrees: what other programs walk.
SUBTREES = (
    "1.3.6.1.2.1.1",
    "1.3.6.1.2.1.2.2",
    "1.3.6.1.2.1.31.1.1",
    "1.3.6.1.2.1.4.20",
    "1.3.6.1.2.1.4.34",
    "1.3.6.1.2.1.47.1.1.1",
    "1.3.6.1.2.1.25.2",
    "1.3.6.1.2.1.25.3.2",
    "1.3.6.1.2.1.25.3.3",
    "1.3.6.1.2.1.43.5",
    "1.3.6.1.2.1.43.11",
    "1.3.6.1.2.1.17.1",
    "1.3.6.1.2.1.17.4.3",
    "1.3.6.1.2.1.17.7.1.2.2",
    "1.3.6.1.2.1.17.7.1.4",
    "1.3.6.1.2.1.4.22",
    "1.3.6.1.2.1.4.35",
    "1.0.8802.1.1.2.1.3.7",
    "1.0.8802.1.1.2.1.4",
    "1.3.6.1.2.1.105.1.1",
    "1.3.6.1.4.1.9.9.23.1.2",
    "1.3.6.1.4.1.9.9.46.1.3.1",
    "1.3.6.1.4.1.9.9.46.1.6.1",
    "1.3.6.1.4.1.9.9.68.1.2.2",
)
V3_USER = "parc"
V3_PASSPHRASES = ("authentication passphrase", "privacy passphrase")
KINDS = 8
_NAMES = [oids.encode("1.3.6.1.2.1.1.1.0"), oids.encode("1.3.6.1.2.1.1.5.0")]


def address_of(number: int) -> str:
    """Give the address of a device; its last octet is never 0 or 255."""
    return f"127.{30 + number // 50_000}.{number // 200 % 250}.{number % 200 + 1}"


def used_seconds() -> float:
    """Give the processor time of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def resident_mb() -> float:
    """Give the memory in use now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


async def collect(port: int, devices: int, at_once: int, seconds: float, retries: int) -> Any:
    """Collect as ``parc collect snmp`` does, each result written to its line."""
    definitions = load_definitions()
    transport = ChosenTransport(packets_per_second=20_000)
    credential = SnmpCredential(SnmpVersion.V2C, "public", port=port)
    limits = Limits(timeout_seconds=seconds, retries=retries)
    targets = (Target(address_of(number), (credential,), limits) for number in range(devices))
    tally: Counter[str] = Counter()
    sizes: dict[int, Counter[int]] = {}
    waits: list[float] = []
    memory: list[float] = []
    begin, begin_used = time.monotonic(), used_seconds()
    async for result in run(targets, transport, definitions, clock.now, devices_at_once=at_once):
        to_line(result)
        _count(result, tally, sizes)
        waits.append(result.seconds)
        if len(waits) % max(1, devices // 10) == 0:
            memory.append(resident_mb())
    wall, used = time.monotonic() - begin, used_seconds() - begin_used
    await transport.close()
    return {
        "wall": wall,
        "cpu": used,
        "waits": waits[:100],
        "requests": tally["requests"],
        "answered": tally["answered"],
        "complete": tally["complete"],
        "odd_sizes": sum(sum(one.values()) - max(one.values()) for one in sizes.values()),
        "no_answer": tally["no_answer"],
        "memory": memory,
    }


def _count(result: SnmpResult, tally: Counter[str], sizes: dict[int, Counter[int]]) -> None:
    tally["requests"] += result.requests
    tally["no_answer"] += result.failure is Failure.NO_ANSWER
    found = result.observation
    if found is None:
        return
    tally["answered"] += 1
    tally["complete"] += found.interfaces.complete and not found.problems
    kind = int(result.address.rpartition(".")[2]) % KINDS
    sizes.setdefault(kind, Counter())[len(found.interfaces.rows)] += 1


async def sweep(port: int) -> Any:
    """Find who speaks SNMP in a /20."""
    transport = ChosenTransport()
    addresses = [f"127.24.{number // 256}.{number % 256}" for number in range(4_096)]
    credential = SnmpCredential(SnmpVersion.V2C, "public", port=port)
    begin, begin_used = time.monotonic(), used_seconds()
    found = [
        one
        async for one in probe(
            addresses, [credential], transport, packets_per_second=5_000, timeout_seconds=1.0
        )
    ]
    wall, used = time.monotonic() - begin, used_seconds() - begin_used
    await transport.close()
    return {"wall": wall, "cpu": used, "found": len(found)}


async def hlapi(port: int, devices: int) -> Any:
    """Walk the subtrees by pysnmp's own way of asking, without names from MIBs."""
    from pysnmp.hlapi.v1arch.asyncio import (
        CommunityData,
        ObjectIdentity,
        ObjectType,
        SnmpDispatcher,
        UdpTransportTarget,
        bulk_walk_cmd,
    )

    dispatcher = SnmpDispatcher()
    count = 0
    begin_used = used_seconds()
    for number in range(devices):
        target = await UdpTransportTarget.create((address_of(number), port))
        for subtree in SUBTREES:
            asked = ObjectType(ObjectIdentity(subtree))
            async for error, _, _, found in bulk_walk_cmd(
                dispatcher,
                CommunityData("public", mpModel=1),  # noqa: S508 -- what is compared
                target,
                0,
                25,
                asked,
                lexicographicMode=False,
                lookupMib=False,
            ):
                if error:
                    raise RuntimeError(str(error))
                count += len(found)
    return {"cpu": used_seconds() - begin_used, "varbinds": count}


async def version3(port: int, kind: str, times: int) -> Any:
    """Ask a real agent for two objects, signed and encrypted."""
    from collectors.snmp.pysnmp_transport import PysnmpTransport

    transport: SnmpTransport = UdpTransport() if kind == "udp" else PysnmpTransport()
    credential = SnmpCredential(
        SnmpVersion.V3,
        user_name=V3_USER,
        auth_protocol=AuthProtocol.SHA1,
        auth_passphrase=V3_PASSPHRASES[0],
        priv_protocol=PrivProtocol.AES128,
        priv_passphrase=V3_PASSPHRASES[1],
        port=port,
    )
    endpoint = Endpoint("127.0.0.1", credential)
    ask = {"timeout_seconds": 2.0, "retries": 1}
    await transport.request(endpoint, Pdu.GET, _NAMES, **ask)  # type: ignore[arg-type]  # as named
    begin_used = used_seconds()
    for _ in range(times):
        await transport.request(endpoint, Pdu.GET, _NAMES, **ask)  # type: ignore[arg-type]  # same
    used = used_seconds() - begin_used
    await transport.close()
    return {"cpu": used / times}


def main(words: list[str]) -> None:
    """Run one job and print what it cost."""
    job, port = words[0], int(words[1])
    if job == "collect":
        devices, at_once = int(words[2]), int(words[3])
        asked = collect(port, devices, at_once, float(words[4]), int(words[5]))
    elif job == "sweep":
        asked = sweep(port)
    elif job == "hlapi":
        asked = hlapi(port, int(words[2]))
    else:
        asked = version3(port, words[2], int(words[3]))
    print(json.dumps(asyncio.run(asked)))


if __name__ == "__main__":
    main(sys.argv[1:])
