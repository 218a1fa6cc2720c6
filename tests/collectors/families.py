"""Families whose published MIBs are known and of which no walk is at hand: ``families.toml``.

Each stands for itself: what its agent is called, the objects that its definition reads, with values
that are made up, and what is told.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

_FILE = Path(__file__).parent.parent / "walks" / "families.toml"
_TAGS = {str: 4, int: 2}


class Family(NamedTuple):
    """The lines of a walk, and the fields of the identity that is read from them."""

    lines: tuple[str, ...]
    tells: dict[str, str]


@cache
def families() -> dict[str, Family]:
    """Give them by the id of their definition."""
    return {
        name: Family(_lines(one), one["tells"])
        for name, one in tomllib.loads(_FILE.read_text("utf-8")).items()
    }


def _lines(one: dict[str, dict[str, str | int]]) -> tuple[str, ...]:
    head = (
        f"1.3.6.1.2.1.1.1.0|4|{one['sys_descr']}",
        f"1.3.6.1.2.1.1.2.0|6|{one['sys_object_id']}",
        "1.3.6.1.2.1.1.5.0|4|device.example.net",
    )
    objects = one["objects"].items()
    return (*head, *(f"{oid}|{_TAGS[type(said)]}|{said}" for oid, said in objects))
