"""An agent that is thousands of recorded devices, fast enough to measure collectors against.

    python -m benchmarks.replay_agent --port 40161 [--processes 2] [--latency 0.02] [--loss 0.01]
        [--dead-every 20 | --alive-every 20]

Every loopback address answers: the address chooses one of the eight recordings and whether it is
dead. Answers are made by the demo's agent once and kept by the octets of the request without its
id, so that serving costs a dictionary look-up and one Python process answers well above 20,000
requests a second. Answers fit in one Ethernet frame, as those of real agents do.
"""

from __future__ import annotations

import heapq
import multiprocessing
import random
import signal
import socket
import struct
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess

import click

from collectors import oids
from collectors.snmp import codec
from collectors.snmp.transport import Tag
from parc.demo.agent import Device, answer
from parc.demo.recordings import find_recording, oid_key, read_recording

# Six switches of five makers, a server and a printer: what an office network is made of. All from
# the package snmpsim-data but the printer, which it lacks.
MIX = (
    "network/switch/cisco-c3750",
    "network/switch/cisco-c3560",
    "network/switch/brocade-icx6430-24",
    "network/switch/dlink-des3200",
    "network/switch/hpe-procurve-516733-b21",
    "network/switch/ruijie-s5750-24gt12sfp",
    "os/linux/ibm-x3550-m3",
    "printer-colour",
)
COMMUNITY = b"public"
_BRIDGE_MIB = oid_key(oids.encode("1.3.6.1.2.1.17"))

_PACKET_INFO = struct.Struct("=I4s4s")  # in_pktinfo: interface, own address, destination
_ANCILLARY = socket.CMSG_SPACE(_PACKET_INFO.size)
_IP_PKTINFO = 8  # of Linux; Python 3.11 has no name for it
_BUFFER = 8 * 1024 * 1024
_REQUEST = 4_096


@dataclass(frozen=True, slots=True)
class Conditions:
    """How the network and its devices are.

    Attributes:
        latency: seconds from a request to its answer.
        loss: share of requests that get none.
        dead_every: each such address never answers; 0: all are alive.
        alive_every: only each such address answers; 0: all do.
    """

    latency: float = 0.0
    loss: float = 0.0
    dead_every: int = 0
    alive_every: int = 0

    def is_dead(self, address: int) -> bool:
        """Tell whether the address, as a number, never answers."""
        if self.dead_every and address % self.dead_every == 0:
            return True
        return bool(self.alive_every) and address % self.alive_every != 0


@dataclass(slots=True)
class _Server:
    """One process of the agent."""

    port: int
    conditions: Conditions
    devices: list[Device]
    answers: dict[tuple[int, bytes, bytes], bytes | None] = field(default_factory=dict)

    def serve(self) -> None:
        """Answer until the process is ended."""
        chance = random.Random(1)  # noqa: S311 -- which packets are lost
        late: list[tuple[float, int, bytes, tuple[str, int], bytes]] = []
        count = 0
        with _bind(self.port) as sock:
            while True:
                wait = max(0.0, late[0][0] - time.monotonic()) if late else None
                sock.settimeout(wait if wait is None or wait > 0 else 0.0)
                try:
                    octets, ancillary, _, peer = sock.recvmsg(_REQUEST, _ANCILLARY)
                except (TimeoutError, BlockingIOError):
                    octets = b""
                if octets and (not self.conditions.loss or chance.random() > self.conditions.loss):
                    own = _PACKET_INFO.unpack_from(ancillary[0][2])[2]
                    reply = self.reply(octets, int.from_bytes(own, "big"))
                    if reply is not None and not self.conditions.latency:
                        _send(sock, reply, peer, own)
                    elif reply is not None:
                        count += 1
                        due = time.monotonic() + self.conditions.latency
                        heapq.heappush(late, (due, count, reply, peer, own))
                while late and late[0][0] <= time.monotonic():
                    _, _, reply, peer, own = heapq.heappop(late)
                    _send(sock, reply, peer, own)

    def reply(self, octets: bytes, address: int) -> bytes | None:
        """Give the answer, from what was kept if it was given before."""
        if self.conditions.is_dead(address):
            return None
        try:
            start, pdu, at = _places(octets)
        except (ValueError, IndexError):
            return None
        end = at + 2 + octets[at + 1]
        kind = address % len(self.devices)
        key = (kind, octets[start : pdu + 1], octets[end:])
        if key not in self.answers:
            self.answers[key] = self._tail(kind, octets)
        tail = self.answers[key]
        if tail is None:
            return None
        body = octets[start:pdu] + codec.tlv(codec.RESPONSE, octets[at:end] + tail)
        return codec.tlv(codec.SEQUENCE, body)

    def _tail(self, kind: int, octets: bytes) -> bytes | None:
        """Give what follows the id in the answer."""
        whole = answer(self.devices[kind], octets)
        if whole is None:
            return None
        at = _places(whole)[2]
        return whole[at + 2 + whole[at + 1] :]


def _places(octets: bytes) -> tuple[int, int, int]:
    """Give where the version, the PDU and the request id of a message start."""
    size = len(octets)
    start, _ = codec.header(octets, 0, size, codec.SEQUENCE)
    _, at = codec.read_int32(octets, start, size)
    _, pdu = codec.header(octets, at, size, Tag.OCTET_STRING)
    return start, pdu, codec.header(octets, pdu, size, octets[pdu])[0]


def _bind(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
    sock.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
    sock.bind(("", port))
    return sock


def _send(sock: socket.socket, octets: bytes, peer: tuple[str, int], own: bytes) -> None:
    # From the address that was asked, though one socket serves all of them.
    source = _PACKET_INFO.pack(0, own, bytes(4))
    try:
        sock.sendmsg([octets], [(socket.IPPROTO_IP, _IP_PKTINFO, source)], 0, peer)
    except BlockingIOError:
        pass
    except OSError:
        pass  # the asker has gone


def load_mix() -> list[Device]:
    """Read the eight recordings."""
    return [_device(name) for name in MIX]


def _device(name: str) -> Device:
    """Read one; what is Cisco's shows its forwarding table in the context of each VLAN."""
    lines = read_recording(find_recording(name))
    contexts: dict[bytes, Device] = {}
    if "/cisco-" in name:
        in_vlan = Device([line for line in lines if line.key.startswith(_BRIDGE_MIB)])
        contexts = {str(vlan_id).encode(): in_vlan for vlan_id in range(1, 4095)}
    return Device(lines, COMMUNITY, contexts=contexts)


@contextmanager
def running(
    port: int, conditions: Conditions, processes: int = 1, devices: list[Device] | None = None
) -> Iterator[list[BaseProcess]]:
    """Serve in processes of their own until the block ends; all loopback addresses answer."""
    fork = multiprocessing.get_context("fork")
    loaded = devices if devices is not None else load_mix()
    servers = [
        fork.Process(target=_Server(port, conditions, loaded).serve, daemon=True)
        for _ in range(processes)
    ]
    for server in servers:
        server.start()
    try:
        _wait_until_it_answers(port, conditions)
        yield list(servers)
    finally:
        for server in servers:
            server.terminate()
            server.join()


def _wait_until_it_answers(port: int, conditions: Conditions) -> None:
    address = next(
        one for one in range(0x7F010001, 0x7F020000) if not conditions.is_dead(one)
    ).to_bytes(4, "big")
    get = codec.Message(codec.VERSION_2C, COMMUNITY, 0xA0, 1, 0, 0, [])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.2)
        for _ in range(50):
            sock.sendto(codec.encode_message(get), (socket.inet_ntoa(address), port))
            try:
                sock.recv(1_500)
            except OSError:
                continue
            return
    raise click.ClickException("the replay agent does not answer")


@click.command()
@click.option("--port", type=int, default=40161, show_default=True)
@click.option("--processes", type=int, default=1, show_default=True)
@click.option("--latency", type=float, default=0.0, help="Seconds before each answer.")
@click.option("--loss", type=float, default=0.0, help="Share of requests lost, 0 to 1.")
@click.option("--dead-every", type=int, default=0, help="Each such address is dead.")
@click.option("--alive-every", type=int, default=0, help="Only each such address is alive.")
def main(
    port: int, processes: int, latency: float, loss: float, dead_every: int, alive_every: int
) -> None:
    """Serve until interrupted."""
    conditions = Conditions(latency, loss, dead_every, alive_every)
    with running(port, conditions, processes):
        click.echo(f"all of 127.0.0.0/8 answers at port {port}")
        # Raises where it waits, so that the block ends its processes.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        with suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
