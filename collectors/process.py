"""The collector in a process of its own: devices are read on one core while another writes.

Reading devices and putting what they said into the database would else share one interpreter.
The two processes talk over a socket pair in frames: four octets of length, then JSON. Credentials
travel there and nowhere else, neither in arguments nor in the environment. The collector keeps
nothing: it ends when the other end of the socket closes, whatever closed it, and whoever started
it may kill it at any time.

Run as ``python -m collectors.process FD [DEFINITIONS_FOLDER]`` by ``CollectorProcess``.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import (
    AsyncGenerator,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from collectors.collect import Clock, SnmpResult
from collectors.definitions.loader import load_definitions
from collectors.errors import Failure
from collectors.runner import run
from collectors.snmp.chosen_transport import ChosenTransport
from collectors.target import Target

_LENGTH_OCTETS = 4
# How much the collector may be ahead of whoever takes its results.
_AHEAD_OCTETS = 4 * 1024 * 1024
_LOOK_SECONDS = 0.2
_ENDED = "the collector's process ended while it read this device, see the log"


class Collect(msgspec.Struct, frozen=True, tag=True):
    """Order: read these devices.

    Attributes:
        targets: each of another address.
        devices_at_once: how many are in progress at most.
        at: what time it is.
    """

    targets: tuple[Target, ...]
    devices_at_once: int
    at: datetime


class Stop(msgspec.Struct, frozen=True, tag=True):
    """Order: end all devices in progress with what they have, and begin no other."""


class Begun(msgspec.Struct, frozen=True, tag=True):
    """Answer: this address is in progress."""

    address: str


class Done(msgspec.Struct, frozen=True, tag=True):
    """Answer: what came of one target."""

    result: SnmpResult


_ORDERS = msgspec.json.Decoder(Collect | Stop)
_ANSWERS = msgspec.json.Decoder(Begun | Done)


class _Child(NamedTuple):
    process: asyncio.subprocess.Process
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def end(self) -> None:
        """Kill it: it holds nothing that could be lost."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


class CollectorProcess:
    """Reads devices in another process; belongs to the event loop in which it is used.

    Args:
        clock: for the moments of the observations.
        devices_at_once: how many are in progress at most.
        definitions_folder: of definitions beside those that are built in.
        should_stop: once true, devices in progress end with what they have and the remaining
            targets are given back as cancelled.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        devices_at_once: int,
        definitions_folder: Path | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self._clock = clock
        self._devices_at_once = devices_at_once
        self._definitions_folder = definitions_folder
        self._should_stop = should_stop
        self._child: _Child | None = None

    @property
    def process_id(self) -> int | None:
        """Give the number of the process, or None while there is none."""
        return self._child.process.pid if self._child else None

    async def start(self) -> None:
        """Start the process if it does not run, so that it is ready when it is needed."""
        await self._running()

    async def _running(self) -> _Child:
        if self._child is None:
            self._child = await _start(self._definitions_folder)
        return self._child

    async def collect(self, targets: Sequence[Target]) -> AsyncGenerator[SnmpResult]:
        """Read devices; one call at a time.

        Should the process die, the devices that were in progress have failed, and another one
        goes on with the others.

        Args:
            targets: each of another address.

        Yields:
            Exactly one result for each target, as soon as it is known.
        """
        left = {target.address: target for target in targets}
        try:
            while left:
                begun: set[str] = set()
                async with aclosing(self._ask(tuple(left.values()))) as answers:
                    async for answer in answers:
                        if isinstance(answer, Begun):
                            begun.add(answer.address)
                            continue
                        begun.discard(answer.result.address)
                        del left[answer.result.address]
                        yield answer.result
                        if not left:
                            return
                await self.close()
                # One that dies before it begins would only do so again.
                for address in begun or tuple(left):
                    del left[address]
                    yield SnmpResult(address, failure=Failure.MALFORMED, detail=_ENDED)
        finally:
            if left:
                await self.close()

    async def close(self) -> None:
        """End the process, whatever it does."""
        child, self._child = self._child, None
        if child is not None:
            await child.end()

    async def _ask(self, targets: tuple[Target, ...]) -> AsyncGenerator[Begun | Done]:
        """Give an order and its answers until the process ends."""
        child = await self._running()
        watching = asyncio.create_task(self._watch(child.writer))
        try:
            await _send(child.writer, Collect(targets, self._devices_at_once, self._clock()))
            while (body := await _receive(child.reader)) is not None:
                yield _ANSWERS.decode(body)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    async def _watch(self, writer: asyncio.StreamWriter) -> None:
        while not self._should_stop():  # noqa: ASYNC110 -- a question, not an event
            await asyncio.sleep(_LOOK_SECONDS)
        await _send(writer, Stop())


async def _start(definitions_folder: Path | None) -> _Child:
    folder = [str(definitions_folder)] if definitions_folder else []
    ours, theirs = socket.socketpair()
    with theirs:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "collectors.process",
            str(theirs.fileno()),
            *folder,
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            env=_environment(os.environ),
        )
    reader, writer = await asyncio.open_unix_connection(sock=ours, limit=_AHEAD_OCTETS)
    return _Child(process, reader, writer)


def _environment(own: Mapping[str, str]) -> dict[str, str]:
    """Give the environment without the application's settings and secrets."""
    root = str(Path(__file__).parents[1])
    paths = [root, *filter(None, [own.get("PYTHONPATH")])]
    kept = {name: value for name, value in own.items() if not name.startswith("PARC_")}
    return {**kept, "PYTHONPATH": os.pathsep.join(paths)}


async def _send(writer: asyncio.StreamWriter, message: msgspec.Struct) -> None:
    """Send a frame; that nobody is there to read it shows when the next one is awaited."""
    with suppress(ConnectionError):
        writer.write(_frame(message))
        await writer.drain()


def _frame(message: msgspec.Struct) -> bytes:
    body = msgspec.json.encode(message)
    return len(body).to_bytes(_LENGTH_OCTETS, "big") + body


async def _receive(reader: asyncio.StreamReader) -> bytes | None:
    """Give the body of the next frame; None when the other end is closed."""
    try:
        length = await reader.readexactly(_LENGTH_OCTETS)
        return await reader.readexactly(int.from_bytes(length, "big"))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def _serve(sock: socket.socket, folder: Path | None) -> None:
    """Carry out orders until the other end closes."""
    definitions = load_definitions(folder)
    reader, writer = await asyncio.open_unix_connection(sock=sock, limit=_AHEAD_OCTETS)
    orders: asyncio.Queue[Collect] = asyncio.Queue()
    stopped = asyncio.Event()
    listening = asyncio.create_task(_listen(reader, orders, stopped))
    transport = ChosenTransport()
    try:
        while True:
            order = await orders.get()
            results = run(
                _announced(order.targets, writer),
                transport,
                definitions,
                _clock_from(order.at),
                devices_at_once=order.devices_at_once,
                should_stop=stopped.is_set,
            )
            async for result in results:
                await _send(writer, Done(result))
    finally:
        listening.cancel()
        await transport.close()


async def _listen(
    reader: asyncio.StreamReader, orders: asyncio.Queue[Collect], stopped: asyncio.Event
) -> None:
    while (body := await _receive(reader)) is not None:
        order = _ORDERS.decode(body)
        if isinstance(order, Collect):
            orders.put_nowait(order)
        else:
            stopped.set()
    # Nobody wants the devices in progress any more, and nothing here needs an orderly end.
    os._exit(0)


def _clock_from(at: datetime) -> Clock:
    """Give a clock that goes on from a moment."""
    time = asyncio.get_running_loop().time
    begin = time()
    return lambda: at + timedelta(seconds=time() - begin)


def _announced(targets: Iterable[Target], writer: asyncio.StreamWriter) -> Iterator[Target]:
    for target in targets:
        writer.write(_frame(Begun(target.address)))
        yield target


def main() -> None:
    """Serve the socket whose file descriptor is the first argument."""
    # Signals to the whole group are for whoever started us: it stops us when it has what it wants.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    descriptor, *folders = sys.argv[1:]
    folder = Path(folders[0]) if folders else None
    asyncio.run(_serve(socket.socket(fileno=int(descriptor)), folder))


if __name__ == "__main__":
    main()
