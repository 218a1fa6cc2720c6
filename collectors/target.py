"""One address to be asked, with what may be shown to it and how much of its time may be taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from collectors.credentials import SnmpCredential

# What one Ethernet frame usually holds, so that a reply is one datagram without fragments.
VARBINDS_A_REPLY: Final = 75
NAMES_A_GET: Final = 24


@dataclass(frozen=True, slots=True)
class Limits:
    """What one device may cost; a walk that reaches a limit stops and keeps what it has.

    Attributes:
        timeout_seconds: wait for one reply.
        retries: further tries after the first.
        device_seconds: all the time one device gets.
        rows: most varbinds kept of one device.
        requests: most requests sent to one device.
        octets: most octets taken from one device.
    """

    timeout_seconds: float = 2.0
    retries: int = 1
    device_seconds: float = 300.0
    rows: int = 200_000
    requests: int = 4_000
    octets: int = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Manner:
    """How a device must be asked; the usual manner, or what earlier readings have learnt of it.

    Attributes:
        is_version_1: it answers SNMPv1 only.
        can_bulk: whether GETBULK is used at all.
        is_gentle: it gets one request at a time.
        varbinds_a_reply: how many bindings a GETBULK asks for.
        columns_a_request: how many columns of a table are asked for at once.
        names_a_get: how many names one GET holds.
    """

    is_version_1: bool = False
    can_bulk: bool = True
    is_gentle: bool = False
    varbinds_a_reply: int = VARBINDS_A_REPLY
    columns_a_request: int = VARBINDS_A_REPLY
    names_a_get: int = NAMES_A_GET

    @property
    def is_usual(self) -> bool:
        """Tell whether the device needs nothing special."""
        return self == Manner()


@dataclass(frozen=True, slots=True)
class Target:
    """One address and the credentials to try on it, in order.

    Attributes:
        address: IPv4 or IPv6 address as text.
        credentials: tried one after the other; a wrong one costs a full timeout.
        manner: how it had to be asked the last time.
    """

    address: str
    credentials: tuple[SnmpCredential, ...]
    limits: Limits = field(default_factory=Limits)
    manner: Manner = field(default_factory=Manner)
