"""One address to be asked, with what may be shown to it and how much of its time may be taken."""

from __future__ import annotations

from dataclasses import dataclass, field

from collectors.credentials import SnmpCredential


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
class Target:
    """One address and the credentials to try on it, in order.

    Attributes:
        address: IPv4 or IPv6 address as text.
        credentials: tried one after the other; a wrong one costs a full timeout.
    """

    address: str
    credentials: tuple[SnmpCredential, ...]
    limits: Limits = field(default_factory=Limits)
