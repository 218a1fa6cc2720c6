"""Where nodes of a network map are drawn: rows from the core down; pure.

A network of switches is a tree with a few shortcuts, so it is drawn as one: in each part that hangs
together the node with the most links is on top, and each other one stands in the row of its
distance from there, near the nodes of the row above that it is linked with.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 168, 48
_GAP_X, _GAP_Y, _MARGIN = 28, 74, 16
_ROW = 8
_LOOSE_ROW = 5  # of nodes without links: so many fit a page


@dataclass(frozen=True, slots=True)
class Layout:
    """The upper left corner of each node's box, and the size of the whole, in pixels."""

    corners: Mapping[str, tuple[int, int]]
    width: int
    height: int

    def centre(self, key: str) -> tuple[int, int]:
        """Give the middle of a node's box."""
        x, y = self.corners[key]
        return x + WIDTH // 2, y + HEIGHT // 2


def lay_out(keys: Sequence[str], links: Iterable[tuple[str, str]]) -> Layout:
    """Place nodes; the same input, the same picture.

    Args:
        keys: nodes in the order in which equals stand.
        links: pairs of keys; a link of a node with itself counts for nothing.
    """
    beside: dict[str, set[str]] = {key: set() for key in keys}
    for a, b in links:
        if a != b:
            beside[a].add(b)
            beside[b].add(a)
    rows: list[list[str]] = []
    for part in _parts(keys, beside):
        rows += _rows(part, beside)
    single = [key for key in keys if not beside[key]]
    across = max(_LOOSE_ROW, max(map(len, rows), default=0))
    rows += [single[start : start + across] for start in range(0, len(single), across)]
    widest = max(map(len, rows), default=1)
    corners = {}
    for number, row in enumerate(rows):
        indent = (widest - len(row)) * (WIDTH + _GAP_X) // 2
        for place, key in enumerate(row):
            x = _MARGIN + indent + place * (WIDTH + _GAP_X)
            corners[key] = (x, _MARGIN + number * (HEIGHT + _GAP_Y))
    width = 2 * _MARGIN + widest * (WIDTH + _GAP_X) - _GAP_X
    height = 2 * _MARGIN + max(len(rows), 1) * (HEIGHT + _GAP_Y) - _GAP_Y
    return Layout(corners, width, height)


def _parts(keys: Sequence[str], beside: Mapping[str, set[str]]) -> list[dict[str, int]]:
    """Give each part that hangs together, largest first, as nodes with their distance."""
    order = {key: number for number, key in enumerate(keys)}
    parts, seen = [], set[str]()
    for root in sorted(keys, key=lambda key: (-len(beside[key]), order[key])):
        if root in seen or not beside[root]:
            continue
        distance = {root: 0}
        waiting = deque([root])
        while waiting:
            key = waiting.popleft()
            for other in sorted(beside[key], key=order.__getitem__):
                if other not in distance:
                    distance[other] = distance[key] + 1
                    waiting.append(other)
        seen |= distance.keys()
        parts.append(distance)
    return sorted(parts, key=len, reverse=True)


def _rows(part: Mapping[str, int], beside: Mapping[str, set[str]]) -> list[list[str]]:
    layers: dict[int, list[str]] = defaultdict(list)
    for key, distance in part.items():
        layers[distance].append(key)
    place: dict[str, float] = {}
    rows = []
    for distance in sorted(layers):
        above = {
            key: [place[other] for other in beside[key] if part[other] == distance - 1]
            for key in layers[distance]
        }
        layer = sorted(layers[distance], key=lambda key: _mean(above[key]))
        for number, key in enumerate(layer):
            place[key] = (number + 1) / (len(layer) + 1)
        rows += [layer[start : start + _ROW] for start in range(0, len(layer), _ROW)]
    return rows


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0
