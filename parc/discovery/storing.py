"""What devices say is stored a few at a time, while the next ones are read."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Generic, Self, TypeVar

Item = TypeVar("Item")
_BATCH = 20  # devices stored in one transaction …
_BATCH_SECONDS = 2.0  # … or what came in this time, so that whoever watches sees progress
_MOST_WAITING = 256  # a long transaction stands before them; more would only fill memory


class Storing(Generic[Item]):
    """Stores what it is given in the background; only a long queue keeps the giver waiting.

    At the end of the block everything is stored. An error of ``store`` is raised at the next
    ``add`` or at the end; after an error in the block, what waits is given up.
    """

    def __init__(self, store: Callable[[Sequence[Item]], Awaitable[None]]) -> None:
        self._store = store
        self._waiting: list[Item] = []
        self._under_way: asyncio.Future[None] | None = None
        self._begun_at = 0.0

    async def __aenter__(self) -> Self:
        """Begin to count the time."""
        self._begun_at = asyncio.get_running_loop().time()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Store the rest, or end what is under way."""
        if error is not None:
            await asyncio.gather(*filter(None, [self._under_way]), return_exceptions=True)
            return
        await self._end()
        await self._store(self._waiting)

    async def add(self, item: Item) -> None:
        """Take one more.

        Raises:
            Exception: that of ``store``, for what was given before.
        """
        self._waiting.append(item)
        if len(self._waiting) >= _MOST_WAITING:
            await self._end()
        now = asyncio.get_running_loop().time()
        is_due = len(self._waiting) >= _BATCH or now - self._begun_at >= _BATCH_SECONDS
        if is_due and (self._under_way is None or self._under_way.done()):
            await self._end()
            batch, self._waiting, self._begun_at = self._waiting, [], now
            self._under_way = asyncio.ensure_future(self._store(batch))

    async def _end(self) -> None:
        if self._under_way is not None:
            under_way, self._under_way = self._under_way, None
            await under_way
