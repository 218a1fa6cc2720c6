"""From what a device says of itself to the definition that speaks for it; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from collectors.definitions.model import MAX_SEARCHED, Definition, Match
from collectors.observation import System


def identify(system: System, definitions: Iterable[Definition]) -> Definition | None:
    """Choose the definition with the longest sysObjectID prefix that holds.

    With prefixes of one length a block that also asks for sysDescr is the more exact one. Two
    definitions that hold equally well tell nothing, whatever their order: None.
    """
    best: tuple[int, bool] | None = None
    chosen: Definition | None = None
    for definition in definitions:
        for rank in _ranks(system, definition):
            if best is None or rank > best:
                best, chosen = rank, definition
            elif rank == best and chosen is not None and chosen.id != definition.id:
                chosen = None
    return chosen


def _ranks(system: System, definition: Definition) -> Iterator[tuple[int, bool]]:
    for match in definition.matches:
        length = _prefix_length(system, match)
        if length is None:
            continue
        if match.sys_descr is not None:
            text = (system.sys_descr or "")[:MAX_SEARCHED]
            if not match.sys_descr.search(text):
                continue
        yield length, match.sys_descr is not None


def _prefix_length(system: System, match: Match) -> int | None:
    """Give the arcs of the longest prefix that holds; 0 when none is asked for."""
    if not match.sys_object_id:
        return 0
    if system.sys_object_id is None:
        return None
    arcs = tuple(map(int, system.sys_object_id.split(".")))
    lengths = [len(one) for one in match.sys_object_id if arcs[: len(one)] == one]
    return max(lengths, default=None)
