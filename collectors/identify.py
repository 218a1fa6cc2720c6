"""From what a device says of itself to the definition that speaks for it; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from collectors.definitions.model import MAX_SEARCHED, Definition, Match
from collectors.observation import System
from collectors.registries.enterprise import is_borrowed_agent


class _Rank(NamedTuple):
    """How exactly a condition fits: what is greater fits better."""

    has_subtree: bool
    prefix_length: int
    has_pattern: bool


def identify(
    system: System,
    definitions: Iterable[Definition],
    subtrees: AbstractSet[bytes] = frozenset(),
) -> Definition | None:
    """Choose the definition whose condition holds most exactly.

    A block that names a subtree of objects comes first, then the longest prefix of sysObjectID,
    then a block that also asks for sysDescr. Two definitions that hold equally well tell nothing,
    whatever their order: None.

    Args:
        system: what the device says of itself.
        definitions: the platforms that are known.
        subtrees: those of ``subtrees_to_ask`` that the device has.
    """
    best: _Rank | None = None
    chosen: Definition | None = None
    for definition in definitions:
        for match in definition.matches:
            rank = _rank(system, match)
            if rank is None or (match.subtree and subtrees.isdisjoint(match.subtree)):
                continue
            if best is None or rank > best:
                best, chosen = rank, definition
            elif rank == best and chosen is not None and chosen.id != definition.id:
                chosen = None
    return chosen


def subtrees_to_ask(system: System, definitions: Iterable[Definition]) -> Iterator[bytes]:
    """List the subtrees whose presence would tell definitions apart."""
    for definition in definitions:
        for match in definition.matches:
            if match.subtree and _rank(system, match) is not None:
                yield from match.subtree


def _rank(system: System, match: Match) -> _Rank | None:
    """Give the rank of a condition; None when sysObjectID or sysDescr do not hold."""
    length = _prefix_length(system, match)
    if length is None:
        return None
    if match.sys_descr is not None:
        text = (system.sys_descr or "")[:MAX_SEARCHED]
        if not match.sys_descr.search(text):
            return None
    return _Rank(bool(match.subtree), length, match.sys_descr is not None)


def _prefix_length(system: System, match: Match) -> int | None:
    """Give the arcs of the longest prefix that holds; 0 when none is asked for.

    A block with nothing but a subtree is for agents that bear no maker's number.
    """
    if not match.sys_object_id:
        is_for_borrowed = bool(match.subtree) and match.sys_descr is None
        return None if is_for_borrowed and not is_borrowed_agent(system.sys_object_id) else 0
    if system.sys_object_id is None:
        return None
    arcs = tuple(map(int, system.sys_object_id.split(".")))
    lengths = [len(one) for one in match.sys_object_id if arcs[: len(one)] == one]
    return max(lengths, default=None)
