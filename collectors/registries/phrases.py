"""Common words of sysDescr and what they tell of a device that no definition knows."""

from __future__ import annotations

import re
import tomllib
from functools import cache, lru_cache
from importlib import resources
from typing import Final, NamedTuple

from collectors.observation import Category

_MAX_SEARCHED: Final = 1000


class Phrase(NamedTuple):
    """What the words say; None where they are silent."""

    manufacturer: str | None = None
    operating_system: str | None = None
    software_revision: str | None = None
    category: Category | None = None


class _Entry(NamedTuple):
    pattern: re.Pattern[str]
    says: Phrase
    is_kernel: bool


@lru_cache(maxsize=256)  # a network has few kinds of devices, and asks all patterns of each
def phrases_of(sys_descr: str | None, *, is_kernel_told: bool = True) -> Phrase:
    """Read a sysDescr.

    Args:
        sys_descr: the text.
        is_kernel_told: false for a maker's own agent: the kernel that it names is what its
            firmware is built on, not the operating system that the device is sold with.
    """
    text = (sys_descr or "")[:_MAX_SEARCHED]
    said = Phrase()
    for pattern, says, is_kernel in _entries():
        match = None if is_kernel and not is_kernel_told else pattern.search(text)
        if match is None:
            continue
        version = match.groupdict().get("version") if said.operating_system is None else None
        said = Phrase(
            said.manufacturer or says.manufacturer,
            said.operating_system or says.operating_system,
            said.software_revision or version,
            said.category or says.category,
        )
    return said


@cache
def _entries() -> tuple[_Entry, ...]:
    source = resources.files(__package__).joinpath("phrases.toml").read_text("utf-8")
    entries = []
    for raw in tomllib.loads(source)["phrase"]:
        category = Category(raw["category"]) if "category" in raw else None
        system = raw.get("operating_system")
        says = Phrase(raw.get("manufacturer") or None, system, None, category)
        entries.append(_Entry(re.compile(raw["pattern"]), says, raw.get("is_kernel", False)))
    return tuple(entries)
