"""Host names from a resolver that may be slow, silent or hostile."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

from collectors.nmap.host_names import NameResolver


@contextmanager
def a_silent_one() -> Iterator[tuple[NameResolver, list[str]]]:
    """A resolver whose lookups wait until the test is over."""
    over = threading.Event()
    asked: list[str] = []

    def wait(address: str) -> str:
        asked.append(address)
        over.wait(10)
        return "late.example.org"

    with closing(NameResolver(wait, seconds=0.05)) as resolver:
        try:
            yield resolver, asked
        finally:
            over.set()


def answer(address: str) -> str:
    match address:
        case "10.0.0.1":
            return "printer.example.org."
        case "10.0.0.2":
            return "\x1b[2J<script>\u202e" + "x" * 300
        case "10.0.0.3":
            return address
        case "10.0.0.4":
            return "\x00\x01"
        case "10.0.0.5":
            raise UnicodeError
        case _:
            raise OSError


def test_names_are_cleaned_and_missing_ones_left_out() -> None:
    with closing(NameResolver(answer)) as resolver:
        names = resolver.resolve(f"10.0.0.{number}" for number in range(1, 40))
    assert names.keys() == {"10.0.0.1", "10.0.0.2"}
    assert names["10.0.0.1"] == "printer.example.org"
    assert names["10.0.0.2"].startswith("[2J<script>x")
    assert len(names["10.0.0.2"]) == 200
    assert not resolver.is_silent


def test_a_silent_resolver_is_not_asked_for_ever() -> None:
    with a_silent_one() as (resolver, asked):
        assert resolver.resolve(f"10.0.0.{number}" for number in range(200)) == {}
        assert resolver.is_silent
        count = len(asked)
        assert count <= 16
        assert resolver.resolve(["10.0.1.1"]) == {}
        assert len(asked) == count


def test_one_broken_zone_is_no_silent_resolver() -> None:
    with a_silent_one() as (resolver, _):
        assert resolver.resolve(["10.0.0.1"]) == {}
        assert not resolver.is_silent
