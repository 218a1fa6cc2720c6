"""One device for as long as it is read: its budget, its quirks, what was already asked.

A session sends at most two requests at once to its device, counts what it costs, and remembers
what the device could not do (large replies, GETBULK, many names in a request), so that each
lesson is paid for once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

from collectors import oids
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.errors import (
    CollectorError,
    NoAnswerError,
    StoppedError,
    TooLargeError,
    WrongCredentialsError,
)
from collectors.observation import Problem
from collectors.snmp.transport import Endpoint, Pdu, Response, SnmpTransport, VarBind
from collectors.target import Limits, Manner

TOO_BIG: Final = 1
_FEW_NAMES: Final = 2
_CONTINUED: Final = 0x80  # an octet of an arc that goes on (X.690, 8.19.2)
NO_SUCH_NAME: Final = 2  # of version 1 (RFC 1157 §4.1.3)
VARBINDS_AFTER_SILENCE: Final = 10
IN_FLIGHT: Final = 2

_ACCESS_DENIED: Final = frozenset({6, 16})  # noAccess, authorizationError (RFC 3416 §3)
_ALIVE: Final = oids.encode("1.3.6.1.2.1.1.2.0")


class DeviceSession:
    """What has been spent on and learnt of one device.

    Attributes:
        problems: what could not be read, in words.
        varbinds_a_reply: how many bindings a GETBULK asks for; falls when the device balks.
        columns_a_request: how many columns it is asked for at once; falls likewise.
        can_bulk: whether GETBULK is used at all.
        is_silent: the device stopped to answer; nothing more is sent to it.
        has_answered: any reply came.
        retries: further tries of the next request; once it has answered, those of its limits.
    """

    def __init__(
        self,
        transport: SnmpTransport,
        endpoint: Endpoint,
        limits: Limits,
        should_stop: Callable[[], bool] = lambda: False,
        manner: Manner | None = None,
    ) -> None:
        manner = manner or Manner()
        self._transport = transport
        self._limits = limits
        self._should_stop = should_stop
        self._is_gentle = manner.is_gentle
        self._in_flight = asyncio.Semaphore(1 if manner.is_gentle else IN_FLIGHT)
        self._deadline = asyncio.get_running_loop().time() + limits.device_seconds
        self._known: dict[bytes, VarBind] = {}
        self._refused: set[bytes] = set()
        self._names_a_get = manner.names_a_get
        self.endpoint = endpoint
        self.problems: list[Problem] = []
        self.requests = 0
        self.rows = 0
        self.octets = 0
        self.varbinds_a_reply = manner.varbinds_a_reply
        self.columns_a_request = manner.columns_a_request
        self._is_version_1 = endpoint.credential.version is SnmpVersion.V1
        self.can_bulk = manner.can_bulk and not self._is_version_1
        self.is_silent = False
        self.has_answered = False
        self.retries = limits.retries

    @property
    def manner(self) -> Manner:
        """Give how the device had to be asked, for the next reading."""
        return Manner(
            is_version_1=self._is_version_1,
            can_bulk=self.can_bulk or self._is_version_1,
            is_gentle=self._is_gentle,
            varbinds_a_reply=self.varbinds_a_reply,
            columns_a_request=self.columns_a_request,
            names_a_get=self._names_a_get,
        )

    async def send(
        self,
        pdu: Pdu,
        names: list[bytes],
        *,
        max_repetitions: int = 0,
    ) -> Response:
        """Send one request within the budget.

        Raises:
            TooLargeError: the device's budget is used up.
            StoppedError: the run was cancelled.
            NoAnswerError: no reply, also when the device has fallen silent before.
            CollectorError: whatever else the transport raises.
        """
        async with self._in_flight:
            remaining = self._check_budget()
            self.requests += 1
            response = await self._transport.request(
                self.endpoint,
                pdu,
                names,
                max_repetitions=max_repetitions,
                timeout_seconds=min(self._limits.timeout_seconds, remaining),
                retries=self.retries,
            )
        self.has_answered = True
        self.retries = self._limits.retries
        self.rows += len(response.varbinds)
        self.octets += response.octets or _octets_of(response.varbinds)
        return response

    def _check_budget(self) -> float:
        address = self.endpoint.address
        if self._should_stop():
            raise StoppedError(address, "the run was stopped")
        if self.is_silent:
            raise NoAnswerError(address, "it stopped to answer")
        limits = self._limits
        if self.requests >= limits.requests:
            raise TooLargeError(address, f"the limit of {limits.requests} requests is reached")
        if self.rows >= limits.rows:
            raise TooLargeError(address, f"the limit of {limits.rows} rows is reached")
        if self.octets >= limits.octets:
            raise TooLargeError(address, f"the limit of {limits.octets} octets is reached")
        remaining = self._deadline - asyncio.get_running_loop().time()
        if remaining <= 0:
            detail = f"the limit of {limits.device_seconds:g} seconds is reached"
            raise TooLargeError(address, detail)
        return remaining

    def give_time(self, seconds: float) -> None:
        """Add to the device's budget what it had to wait for others."""
        self._deadline += seconds

    def note(self, error: CollectorError, subject: str = "") -> None:
        """Keep an error as a problem of this device, once."""
        detail = f"{subject}: {error.detail}" if subject else error.detail
        problem = Problem(error.failure, detail)
        if problem not in self.problems:
            self.problems.append(problem)

    async def get(self, names: Iterable[bytes]) -> dict[bytes, VarBind]:
        """Read scalars; what was read before is not asked again.

        Returns:
            A binding for each name that the device gave one for, also "no such object"; names
            that a v1 agent refused are missing.

        Raises:
            CollectorError: as ``send``; what was read until then is remembered.
        """
        wanted = list(dict.fromkeys(names))
        unknown = [one for one in wanted if one not in self._known and one not in self._refused]
        while unknown:
            chunk = unknown[: self._names_a_get]
            unknown = unknown[len(chunk) :]
            unknown = await self._get_chunk(chunk) + unknown
        return {one: self._known[one] for one in wanted if one in self._known}

    async def _get_chunk(self, chunk: list[bytes]) -> list[bytes]:
        """Ask for a few names; give those that must be asked again in smaller numbers."""
        try:
            response = await self.send(Pdu.GET, chunk)
        except NoAnswerError:
            if len(chunk) == 1 or not await self.is_alive():
                raise
            self._names_a_get = max(1, len(chunk) // 4)
            return chunk
        if response.error_status == 0:
            for asked, varbind in zip(chunk, response.varbinds, strict=False):
                if varbind.oid == asked:
                    self._known[asked] = varbind
            return []
        if response.error_status in _ACCESS_DENIED:
            detail = "the device lets this user in, but not read"
            raise WrongCredentialsError(self.endpoint.address, detail)
        return await self._ask_otherwise(chunk, response)

    async def _ask_otherwise(self, chunk: list[bytes], response: Response) -> list[bytes]:
        """Give what must be asked again after an error: less, or without what it is about."""
        if response.error_status == NO_SUCH_NAME and len(chunk) > _FEW_NAMES:
            rest = await self._get_by_next(chunk)
            if rest is not None:
                return rest
        culprit = response.error_index - 1
        if response.error_status != TOO_BIG and 0 <= culprit < len(chunk):
            self._refused.add(chunk[culprit])
            return chunk[:culprit] + chunk[culprit + 1 :]
        if len(chunk) == 1:
            return []
        self._names_a_get = max(1, len(chunk) // 2)
        return chunk

    async def _get_by_next(self, chunk: list[bytes]) -> list[bytes] | None:
        """Ask a v1 agent for what follows the names without their last arc: it refuses no GETNEXT.

        A GET of many names costs it a request for each that it does not have (RFC 1157, 4.1.2).

        Returns:
            The names that are neither scalars nor first rows, still to be asked; None when this
            was refused as well.
        """
        firsts = [name for name in chunk if _is_first_instance(name)]
        left = firsts
        if len(firsts) <= _FEW_NAMES:
            return None
        while left:
            response = await self.send(Pdu.GET_NEXT, [name[:-1] for name in left])
            if response.error_status == 0:
                for asked, varbind in zip(left, response.varbinds, strict=False):
                    if varbind.oid == asked:
                        self._known[asked] = varbind
                break
            culprit = response.error_index - 1
            if response.error_status != NO_SUCH_NAME or not 0 <= culprit < len(left):
                return None
            # Nothing follows this name, hence nothing those that come after it.
            end = oids.decode_index(left[culprit])
            left = [name for name in left if oids.decode_index(name) < end]
        self._refused |= {name for name in firsts if name not in self._known}
        return [name for name in chunk if not _is_first_instance(name)]

    async def is_alive(self) -> bool:
        """Ask for sysObjectID; no answer marks the device as silent from now on."""
        if self.is_silent:
            return False
        if not self.has_answered:
            self.retries = 0  # it has had all its tries just before; this is another question
        try:
            await self.send(Pdu.GET, [_ALIVE])
        except NoAnswerError:
            self.is_silent = True
            return False
        return True

    @contextmanager
    def in_context(self, credential: SnmpCredential) -> Iterator[None]:
        """Ask with another credential for a while: a context of the same device.

        Nothing else may be asked meanwhile. Silence in there says nothing about the device.
        """
        endpoint, is_silent = self.endpoint, self.is_silent
        self.endpoint = replace(endpoint, credential=credential)
        try:
            yield
        finally:
            self.endpoint, self.is_silent = endpoint, is_silent

    async def slow_down(self) -> None:
        """Send one request at a time from now on: two may be what the device cannot cope with."""
        if not self._is_gentle:
            self._is_gentle = True
            await self._in_flight.acquire()

    async def which_exist(self, prefixes: Iterable[bytes]) -> set[bytes]:
        """Tell which subtrees hold anything, by one GETNEXT for all of them.

        Raises:
            CollectorError: as ``send``.
        """
        asked = list(prefixes)
        found: set[bytes] = set()
        while asked:
            chunk = asked[: min(self.columns_a_request, self._names_a_get)]
            response = await self.send(Pdu.GET_NEXT, chunk)
            culprit = response.error_index - 1
            if response.error_status == 0:
                for prefix, varbind in zip(chunk, response.varbinds, strict=False):
                    if varbind.oid.startswith(prefix) and varbind.oid != prefix:
                        found.add(prefix)
                asked = asked[len(chunk) :]
            elif response.error_status == NO_SUCH_NAME and 0 <= culprit < len(chunk):
                # A v1 agent's MIB ends here: what lies behind is not there either.
                end = oids.decode_index(chunk[culprit])
                asked = [one for one in asked if oids.decode_index(one) < end]
            elif response.error_status != TOO_BIG and 0 <= culprit < len(chunk):
                del asked[culprit]
            elif len(chunk) == 1:
                del asked[0]
            else:
                self.columns_a_request = max(1, len(chunk) // 2)
        return found


def _octets_of(varbinds: list[VarBind]) -> int:
    """Give about how many octets bindings take in a message."""
    return sum(len(one.oid) + len(one.value) + 8 for one in varbinds)


def _is_first_instance(name: bytes) -> bool:
    """Tell whether a name ends in the arc 0 or 1: of a scalar, or of the first row of a column."""
    return len(name) > 1 and name[-1] <= 1 and name[-2] < _CONTINUED
