"""Tests of working ahead: order, bounds, errors, giving up."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing

import pytest

from parc.discovery.ahead import work_ahead


class _Bench:
    """Work that waits to be allowed, and notes what was begun."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.taken: list[int] = []
        self.given_up: list[int] = []
        self.may_end: dict[int, asyncio.Event] = {}

    def items(self, count: int) -> Iterator[int]:
        for number in range(count):
            self.taken.append(number)
            yield number

    async def work(self, number: int) -> int:
        self.begun.append(number)
        try:
            await self.may_end.setdefault(number, asyncio.Event()).wait()
        except asyncio.CancelledError:
            self.given_up.append(number)
            raise
        return number


async def _settle_down() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def _run(check: Callable[[], Awaitable[None]]) -> None:
    async def limited() -> None:
        async with asyncio.timeout(10):
            await check()

    asyncio.run(limited())


def test_results_come_in_the_order_in_which_they_are_done() -> None:
    async def check() -> None:
        bench = _Bench()
        async with aclosing(work_ahead(bench.items(3), bench.work, at_once=3)) as results:
            first = asyncio.ensure_future(anext(results))
            await _settle_down()
            bench.may_end[2].set()
            assert await first == 2
            bench.may_end[0].set()
            assert await anext(results) == 0
            bench.may_end[1].set()
            assert [one async for one in results] == [1]

    _run(check)


def test_next_items_are_worked_on_while_a_result_is_dealt_with_but_not_without_end() -> None:
    async def check() -> None:
        bench = _Bench()
        async with aclosing(work_ahead(bench.items(100), bench.work, at_once=2)) as results:
            first = asyncio.ensure_future(anext(results))
            await _settle_down()
            assert bench.begun == [0, 1]
            bench.may_end[0].set()
            assert await first == 0
            await _settle_down()
            assert bench.begun == [0, 1, 2]
            bench.may_end[1].set()
            bench.may_end[2].set()
            await _settle_down()
            assert bench.begun == [0, 1, 2, 3]
            assert bench.taken == [0, 1, 2, 3]
        assert bench.given_up == [3]

    _run(check)


def test_error_of_one_item_is_raised_and_the_others_are_given_up() -> None:
    async def check() -> None:
        bench = _Bench()

        async def work(number: int) -> int:
            if number == 1:
                raise ValueError("number one")
            return await bench.work(number)

        with pytest.raises(ValueError, match="number one"):
            async with aclosing(work_ahead(range(9), work, at_once=2)) as results:
                await anext(results)
        assert set(bench.given_up) == set(bench.begun)

    _run(check)


def test_nothing_to_do_gives_nothing() -> None:
    async def check() -> None:
        results = work_ahead([], _Bench().work, at_once=2)
        assert [one async for one in results] == []

    _run(check)
