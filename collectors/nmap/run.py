"""Run nmap through python-nmap: the only import of that library.

python-nmap 0.7.1 starts the program, waits, and parses what came. Three things are done
differently here, without touching its ``scan``:

- It reaches ``subprocess`` by its module's name; ``_Child`` stands there, so that nmap runs in a
  process group of its own, with a fixed environment, can be stopped, and is read up to a cap.
- It puts ``hosts`` before the options and splits both like a shell. Options of ours come first
  here, then ``--``, then addresses that were ``ipaddress`` objects a moment ago.
- It parses with the standard library and drops much; ``_Scanner`` keeps the raw XML instead, for
  ``collectors.nmap.xml``.
"""

from __future__ import annotations

import copy
import ipaddress
import os
import selectors
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import nmap

from collectors.nmap.profiles import Profile, arguments
from collectors.text import clean_name

OUTPUT_OCTETS: Final = 64 * 1024 * 1024
_MESSAGE_OCTETS: Final = 16 * 1024
_POLL_SECONDS: Final = 0.1
_GRACE_SECONDS: Final = 2.0
_CHECK_SECONDS: Final = 20.0
_USUAL_PLACES: Final = "/usr/bin:/usr/local/bin:/opt/homebrew/bin:/opt/local/bin"
_ENVIRONMENT: Final = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "HOME": "/"}

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class End(StrEnum):
    """How a run of nmap came to its end."""

    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"
    TIMED_OUT = "timed_out"
    TOO_LARGE = "too_large"


@dataclass(frozen=True, slots=True)
class NmapCapabilities:
    """What the nmap of this machine can do.

    Attributes:
        path: absolute path; None when there is none that works.
        version: as ``7.93``.
        is_privileged: raw sockets work: ARP, ICMP, SYN and UDP.
        detail: one sentence for the administrator.
    """

    path: str | None
    version: str | None
    is_privileged: bool
    detail: str


@dataclass(frozen=True, slots=True)
class NmapRun:
    """What one run left behind.

    Attributes:
        body: XML, cut where nmap was ended.
        end: how it ended.
        detail: nmap's own complaint, cleaned, at most 255 characters; empty when it had none.
    """

    body: bytes
    end: End
    detail: str = ""


@dataclass(slots=True)
class _Watch:
    """When the running nmap has to end, and why it did."""

    should_stop: Callable[[], bool] = field(default=lambda: False)
    deadline: float = float("inf")
    end: End = End.FINISHED
    exit_code: int = 0
    messages: bytes = b""

    def verdict(self, octets: int) -> End | None:
        """Give the reason to end nmap now, if there is one."""
        if octets >= OUTPUT_OCTETS:
            return End.TOO_LARGE
        if self.should_stop():
            return End.STOPPED
        return End.TIMED_OUT if time.monotonic() >= self.deadline else None


_WATCH: ContextVar[_Watch | None] = ContextVar("nmap_watch", default=None)


class _Child(subprocess.Popen[bytes]):
    """``Popen`` as python-nmap calls it, under our conditions."""

    def __init__(self, args: Sequence[str], **_ignored: object) -> None:
        super().__init__(
            args,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_ENVIRONMENT,
            cwd="/",
            start_new_session=True,
        )

    def communicate(
        self,
        input: bytes | None = None,  # noqa: A002, ARG002 - the library's word
        timeout: float | None = None,  # noqa: ARG002
    ) -> tuple[bytes, bytes]:
        """Read both streams to their end, and end nmap when the watch says so."""
        watch = _WATCH.get() or _Watch(deadline=time.monotonic() + _CHECK_SECONDS)
        assert self.stdout is not None  # noqa: S101 - for the type checker; PIPE was given
        assert self.stderr is not None  # noqa: S101
        caps = {self.stdout.fileno(): OUTPUT_OCTETS, self.stderr.fileno(): _MESSAGE_OCTETS}
        kept = {number: bytearray() for number in caps}
        with self:
            try:
                self._read(watch, caps, kept)
            except BaseException:
                # Leaving would wait for an nmap that nobody watches any more.
                self._signal(signal.SIGKILL)
                raise
            body, messages = (bytes(part) for part in kept.values())
            watch.exit_code = self.wait()
        watch.messages = messages
        return body, messages

    def _read(self, watch: _Watch, caps: dict[int, int], kept: dict[int, bytearray]) -> None:
        body = next(iter(kept.values()))
        kill_at: float | None = None
        with selectors.DefaultSelector() as selector:
            for number in caps:
                selector.register(number, selectors.EVENT_READ)
            while selector.get_map():
                for key, _ in selector.select(_POLL_SECONDS):
                    block = os.read(key.fd, 65536)
                    if not block:
                        selector.unregister(key.fd)
                    kept[key.fd] += block[: caps[key.fd] - len(kept[key.fd])]
                kill_at = self._end_if_due(watch, len(body), kill_at)

    def _end_if_due(self, watch: _Watch, octets: int, kill_at: float | None) -> float | None:
        """Ask nmap to end when it is time; kill it when it does not listen."""
        if kill_at is not None:
            if time.monotonic() >= kill_at:
                self._signal(signal.SIGKILL)
            return kill_at
        verdict = watch.verdict(octets)
        if verdict is None:
            return None
        watch.end = verdict
        self._signal(signal.SIGTERM)
        return time.monotonic() + _GRACE_SECONDS

    def _signal(self, number: signal.Signals) -> None:
        # Not yet waited for, so its number cannot have gone to another process.
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, number)


# python-nmap's own name for the module; what it calls there is all that it may do.
nmap.nmap.subprocess = SimpleNamespace(
    Popen=_Child, PIPE=subprocess.PIPE, TimeoutExpired=subprocess.TimeoutExpired
)


class _Scanner(nmap.PortScanner):  # type: ignore[misc]  # the library has no types
    """A scanner that keeps the raw output and parses nothing."""

    def analyse_nmap_xml_scan(self, **_output: Any) -> dict[str, object]:
        """Leave the XML to our own reader."""
        return {}


@lru_cache(maxsize=4)
def _scanner(path: str) -> _Scanner:
    # It asks nmap for its version; once is enough.
    return _Scanner(nmap_search_path=(path,))


def scan(
    addresses: Sequence[Address],
    profile: Profile,
    *,
    capabilities: NmapCapabilities,
    packets_per_second: int,
    timeout_seconds: float,
    should_stop: Callable[[], bool] = lambda: False,
) -> NmapRun:
    """Run nmap once and wait for it; may be called from many threads.

    Args:
        addresses: what to ask, all of one IP version, at least one.
        profile: how deep to look.
        capabilities: of ``capabilities()``, with a path.
        packets_per_second: nmap's ``--max-rate``.
        timeout_seconds: then nmap is ended; what it wrote until then is kept.
        should_stop: asked ten times a second; nmap ends when it says so.

    Raises:
        TypeError: something that is no ``ipaddress`` object.
        ValueError: both versions, no address, a scoped address, or no nmap.
    """
    version, targets = _targets(addresses)
    if capabilities.path is None:
        raise ValueError("there is no nmap to run")
    options = arguments(
        profile,
        version=version,
        is_privileged=capabilities.is_privileged,
        max_rate=packets_per_second,
    )
    watch = _Watch(should_stop=should_stop, deadline=time.monotonic() + timeout_seconds)
    return _run(capabilities.path, [*options, "--", *targets], watch)


def _targets(addresses: Sequence[Address]) -> tuple[int, list[str]]:
    if not addresses:
        raise ValueError("no address to scan")
    for address in addresses:
        # A subclass could say anything when it is written out.
        if type(address) not in {ipaddress.IPv4Address, ipaddress.IPv6Address}:
            raise TypeError(f"not an address: {type(address).__name__}")
        # The scope of a link-local address is free text, blanks and options included.
        if isinstance(address, ipaddress.IPv6Address) and address.scope_id is not None:
            raise ValueError("an address with a scope cannot be scanned")
    versions = {address.version for address in addresses}
    if len(versions) != 1:
        raise ValueError("IPv4 and IPv6 need a run each")
    return versions.pop(), [str(address) for address in addresses]


def _run(path: str, words: list[str], watch: _Watch) -> NmapRun:
    """Let python-nmap run ``words``; targets are among them, behind ``--``."""
    try:
        scanner = copy.copy(_scanner(path))
    except (nmap.PortScannerError, OSError) as error:
        return NmapRun(b"", End.FAILED, clean_name(str(error)) or "")
    token = _WATCH.set(watch)
    try:
        scanner.scan(hosts="", arguments=" ".join(words))
    except (nmap.PortScannerError, OSError, UnicodeDecodeError) as error:
        return NmapRun(b"", End.FAILED, clean_name(str(error)) or "")
    finally:
        _WATCH.reset(token)
    end = watch.end
    if end is End.FINISHED and watch.exit_code != 0:
        end = End.FAILED
    return NmapRun(scanner.get_nmap_last_output(), end, clean_name(watch.messages) or "")


def find_nmap(path: str = "") -> str | None:
    """Give the absolute path of nmap: the one named, or the first in the usual places."""
    if path:
        return path if Path(path).is_absolute() and os.access(path, os.X_OK) else None
    found = shutil.which("nmap", path=_USUAL_PLACES) or shutil.which("nmap")
    return str(Path(found).absolute()) if found else None


def capabilities(path: str = "") -> NmapCapabilities:
    """Find nmap and try on the loopback whether it may use raw sockets; takes under a second.

    Args:
        path: absolute path from the settings; empty looks in the usual places.
    """
    place = find_nmap(path)
    if place is None:
        missing = f"{path} is not an executable file" if path else "nmap is not installed"
        return NmapCapabilities(None, None, is_privileged=False, detail=missing)
    try:
        version = ".".join(str(part) for part in _scanner(place).nmap_version())
    except (nmap.PortScannerError, OSError, UnicodeDecodeError):
        return NmapCapabilities(None, None, is_privileged=False, detail=f"{place} is not nmap")
    is_privileged = _has_raw_sockets(place)
    how = "with raw sockets" if is_privileged else "without raw sockets: TCP connect only"
    return NmapCapabilities(place, version, is_privileged, f"nmap {version}, {how}")


def _has_raw_sockets(path: str) -> bool:
    # A SYN to a loopback port: neither root nor a capability of the file tells for sure, since
    # containers take rights from root and package updates take capabilities from files.
    watch = _Watch(deadline=time.monotonic() + _CHECK_SECONDS)
    options = ["-n", "-sS", "--privileged", "-p", "9", "--max-retries", "0"]
    run = _run(path, [*options, "--", socket.inet_ntoa(b"\x7f\0\0\1")], watch)
    return run.end is End.FINISHED and b'exit="success"' in run.body
