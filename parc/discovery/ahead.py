"""Work on the next items goes on while whoever asked still deals with the last result."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


async def work_ahead(
    items: Iterable[Item], work: Callable[[Item], Awaitable[Result]], *, at_once: int
) -> AsyncGenerator[Result]:
    """Give the result of ``work`` for each item, in the order in which they are done.

    Memory does not depend on how many items there are: ``at_once`` of them are in work and as
    many are done and wait to be taken, or stand ready to begin.

    Args:
        items: taken lazily.
        work: what it raises is raised here; the others are then given up.
        at_once: how many are in work at most.
    """
    slots = asyncio.Semaphore(at_once)

    async def work_in_turn(item: Item) -> Result:
        async with slots:
            return await work(item)

    waiting = iter(items)
    pending: set[asyncio.Task[Result]] = set()
    try:
        while True:
            few = islice(waiting, 2 * at_once - len(pending))
            pending |= {asyncio.create_task(work_in_turn(item)) for item in few}
            if not pending:
                return
            done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            one = done.pop()
            pending.remove(one)
            yield one.result()
    finally:
        for one in pending:
            one.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
