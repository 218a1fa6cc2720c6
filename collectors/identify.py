"""From what a device says of itself to the definition that speaks for it; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from collectors.definitions.model import MAX_SEARCHED, Arcs, Definition, Definitions, Match
from collectors.observation import System
from collectors.registries.enterprise import is_borrowed_agent


class _Rank(NamedTuple):
    """How exactly a condition fits: what is greater fits better."""

    has_subtree: bool
    prefix_length: int
    has_pattern: bool


class Candidate(NamedTuple):
    """A condition that sysObjectID and sysDescr fulfil; its subtree is still to be asked."""

    rank: _Rank
    definition: Definition
    subtree: tuple[bytes, ...]


def choose(found: Iterable[Candidate], subtrees: AbstractSet[bytes]) -> Definition | None:
    """Choose the definition whose condition holds most exactly.

    A block that names a subtree of objects comes first, then the longest prefix of sysObjectID,
    then a block that also asks for sysDescr. Two definitions that hold equally well tell nothing,
    whatever their order: None.

    Args:
        found: what ``candidates`` gave.
        subtrees: those of ``subtrees_to_ask`` that the device has.
    """
    best: _Rank | None = None
    chosen: Definition | None = None
    for rank, definition, subtree in found:
        if subtree and subtrees.isdisjoint(subtree):
            continue
        if best is None or rank > best:
            best, chosen = rank, definition
        elif rank == best and chosen is not None and chosen.id != definition.id:
            chosen = None
    return chosen


def subtrees_to_ask(found: Iterable[Candidate]) -> Iterator[bytes]:
    """List the subtrees whose presence would tell candidates apart."""
    for candidate in found:
        yield from candidate.subtree


def candidates(system: System, definitions: Iterable[Definition]) -> list[Candidate]:
    """Give the conditions that hold as far as sysObjectID and sysDescr tell."""
    known = definitions if isinstance(definitions, Definitions) else Definitions(definitions)
    text = (system.sys_descr or "")[:MAX_SEARCHED]
    arcs: Arcs = ()
    if system.sys_object_id is not None:
        arcs = tuple(map(int, system.sys_object_id.split(".")))
    is_borrowed = is_borrowed_agent(system.sys_object_id)
    return [
        Candidate(
            _Rank(bool(match.subtree), length, match.sys_descr is not None),
            definition,
            match.subtree,
        )
        for length, definition, match in known.holding(arcs)
        if _holds(match, text, is_borrowed=is_borrowed)
    ]


def _holds(match: Match, text: str, *, is_borrowed: bool) -> bool:
    """Tell whether the rest of a condition holds whose sysObjectID does.

    A block with nothing but a subtree is for agents that bear no maker's number.
    """
    if match.sys_descr is not None:
        return match.sys_descr.search(text) is not None
    return bool(match.sys_object_id) or not match.subtree or is_borrowed
