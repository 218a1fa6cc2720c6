"""Small networks made of namespaces, for tests that send packets; nothing of them leaves.

``segment`` is one Ethernet segment; inside its ``with`` the calling thread, and every thread and
program that it starts, stands in the namespace of the sweeping machine.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

CLONE_NEWNET: Final = 0x40000000
OWN_ADDRESS: Final = "10.77.0.1"


@dataclass(frozen=True, slots=True)
class LabHost:
    """A machine of the segment: ``10.77.0.x/24`` and ``fd77::x/64``, with TCP ports that answer."""

    number: int
    mac: str
    tcp_ports: tuple[int, ...] = ()

    @property
    def address(self) -> str:
        """Its IPv4 address."""
        return f"10.77.0.{self.number}"


def why_not() -> str | None:
    """Say why no namespace can be made here; None when it can."""
    if shutil.which("nmap") is None:
        return "nmap is not installed (Debian package nmap)"
    if shutil.which("ip") is None:
        return "the program ip is not installed (Debian package iproute2)"
    name = f"parc-test-{secrets.token_hex(3)}-try"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
    if made.returncode != 0:
        return "network namespaces are not allowed here (they need root)"
    _ip("netns", "del", name)
    return None


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@contextmanager
def _namespace(name: str) -> Iterator[str]:
    _ip("netns", "add", name)
    try:
        _ip("-n", name, "link", "set", "lo", "up")
        yield name
    finally:
        _ip("netns", "del", name)


@contextmanager
def inside(name: str) -> Iterator[None]:
    """Move this thread to a namespace and back."""
    libc = ctypes.CDLL(None, use_errno=True)
    here = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(Path("/run/netns") / name, os.O_RDONLY)
    try:
        if libc.setns(there, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            libc.setns(here, CLONE_NEWNET)
    finally:
        os.close(there)
        os.close(here)


@contextmanager
def segment(hosts: Sequence[LabHost]) -> Iterator[None]:
    """Make a segment with these hosts, and stand at ``10.77.0.1`` on it."""
    prefix = f"parc-test-{secrets.token_hex(3)}"
    with ExitStack() as stack:
        own = stack.enter_context(_namespace(f"{prefix}-own"))
        _ip("-n", own, "link", "add", "br0", "type", "bridge")
        _ip("-n", own, "addr", "add", f"{OWN_ADDRESS}/24", "dev", "br0")
        _ip("-n", own, "addr", "add", "fd77::1/64", "dev", "br0", "nodad")
        _ip("-n", own, "link", "set", "br0", "up")
        for host in hosts:
            name = stack.enter_context(_namespace(f"{prefix}-{host.number}"))
            _attach(own, name, host)
            _listen(stack, name, host)
        stack.enter_context(inside(own))
        yield


def _attach(own: str, name: str, host: LabHost) -> None:
    port = f"port{host.number}"
    ends = ("link", "add", port, "type", "veth", "peer", "name", "eth0")
    _ip("-n", own, *ends, "address", host.mac, "netns", name)
    _ip("-n", own, "link", "set", port, "master", "br0", "up")
    _ip("-n", name, "addr", "add", f"{host.address}/24", "dev", "eth0")
    _ip("-n", name, "addr", "add", f"fd77::{host.number}/64", "dev", "eth0", "nodad")
    _ip("-n", name, "link", "set", "eth0", "up")


def _listen(stack: ExitStack, name: str, host: LabHost) -> None:
    import socket

    with inside(name):
        for port in host.tcp_ports:
            for family, any_address in ((socket.AF_INET, ""), (socket.AF_INET6, "::")):
                listener = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
                if family == socket.AF_INET6:
                    listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                listener.bind((any_address, port))
                listener.listen(16)
