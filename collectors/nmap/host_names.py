"""Names of addresses from the system's resolver, for devices that are there.

nmap's own resolving waits five minutes for a /24 when a DNS server refuses. Here a few threads
ask, nobody waits longer than told, and a resolver that answers nothing is asked no more. Whoever
runs the DNS chooses the names: they are hostile text like any other.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Final

from collectors.text import clean_name

LOOKUP_SECONDS: Final = 2.0
_THREADS: Final = 16
_NAME_CHARACTERS: Final = 200
# One address whose zone is broken is no broken resolver; this many in a row are.
_SILENT_LOOKUPS: Final = 8

Lookup = Callable[[str], str]


def _ask_system(address: str) -> str:
    return socket.gethostbyaddr(address)[0]


class NameResolver:
    """Looks names up for one sweep; ``close`` it when the sweep is over.

    Attributes:
        is_silent: the resolver let everything time out and is not asked again.
    """

    def __init__(self, lookup: Lookup = _ask_system, seconds: float = LOOKUP_SECONDS) -> None:
        self._lookup = lookup
        self._seconds = seconds
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="names")
        self._lock = threading.Lock()
        self._late_in_a_row = 0
        self.is_silent = False

    def resolve(self, addresses: Iterable[str]) -> dict[str, str]:
        """Give the names found in time; an address without one is left out.

        Waits ``seconds`` at most for each round of threads, and asks no more once the resolver
        is known to be silent.
        """
        waiting = list(addresses)
        names: dict[str, str] = {}
        while waiting and not self.is_silent:
            batch, waiting = waiting[:_THREADS], waiting[_THREADS:]
            futures = {self._pool.submit(self._name, address): address for address in batch}
            done, late = wait(futures, timeout=self._seconds)
            for future in late:
                future.cancel()
            self._note(len(done), len(late))
            names |= {futures[f]: name for f in done if (name := f.result()) is not None}
        return names

    def _note(self, done: int, late: int) -> None:
        with self._lock:
            self._late_in_a_row = 0 if done else self._late_in_a_row + late
            self.is_silent = self.is_silent or self._late_in_a_row >= _SILENT_LOOKUPS

    def _name(self, address: str) -> str | None:
        try:
            raw = self._lookup(address)
        except (OSError, UnicodeError):
            return None
        name = clean_name(raw)
        name = name[:_NAME_CHARACTERS].rstrip(".").strip() if name else None
        return name if name and name != address else None

    def close(self) -> None:
        """Let go of the threads; one that still waits for a resolver ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)
