"""Makers by the IANA enterprise number of their sysObjectID.

``enterprise.toml`` has the makers with the names that people write; ``enterprise_iana.txt.xz`` has
the public registry, each name without its legal form, for all others. It is written by
``python -m tools.enterprise_registry``.
"""

from __future__ import annotations

import lzma
import re
import tomllib
from array import array
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any, Final

from collectors.observation import Category

# What devices call their makers beside the usual names.
MANUFACTURER_ALIASES: Final = {
    "Hewlett-Packard": ("HP", "HPE"),
    "Hewlett Packard Enterprise": ("HPE", "HP", "Hewlett-Packard"),
    "Palo Alto Networks": ("Palo Alto",),
    "Konica Minolta": ("KONICA MINOLTA",),
    "Eaton": ("Powerware", "MGE"),
}
_ENTERPRISES: Final = "1.3.6.1.4.1."
_AGENTS: Final = frozenset({2021, 8072, 12325})  # UCD, net-snmp, bsnmpd
# Numbers that the makers of devices leave in firmware which they bought: Epilogue, SNMP Research,
# Microsoft, Extended Systems, Victron, Phoenixtec, PWG, Broadcom, Quanta, Frogfoot (airOS),
# SNIA, Microchip, Datalogic, GTR, PROFIBUS, lwIP, Clever Electronic, Kjaerulff, Voltronic.
_LENT: Final = frozenset(
    {12, 99, 311, 683, 818, 935, 2699, 4413, 7244, 10002, 14851, 17095, 17409}
    | {21111, 24686, 26381, 27304, 30966, 40614},
)

# Whose objects agents on servers bring along: IBM, Hewlett-Packard, Sun, Oracle, Fujitsu, HPE,
# Microsoft, APC, Dell, Adaptec, LSI, VMware, Supermicro. They make no appliance of a server.
_HOST_AGENTS: Final = frozenset({2, 11, 42, 111, 231, 232, 311, 318, 674, 795, 3582, 6876, 10876})


def enterprise_number(sys_object_id: str | None) -> int | None:
    """Give the arc behind ``enterprises`` (SNMPv2-SMI), if it is one."""
    if sys_object_id is None or not sys_object_id.startswith(_ENTERPRISES):
        return None
    first = sys_object_id.removeprefix(_ENTERPRISES).partition(".")[0]
    return int(first) if first.isdigit() else None


def is_generic_agent(sys_object_id: str | None) -> bool:
    """Whether the number is that of an agent which many makers use, or of nobody."""
    return enterprise_number(sys_object_id) in {None, *_AGENTS}


def is_borrowed_agent(sys_object_id: str | None) -> bool:
    """Whether the number may say nothing of the maker: nobody's, or one lent to many makers."""
    return is_generic_agent(sys_object_id) or enterprise_number(sys_object_id) in _LENT


def manufacturer_of(sys_object_id: str | None) -> str | None:
    """Give the maker's usual name; None for unknown numbers and for those of agents."""
    return manufacturer_of_number(enterprise_number(sys_object_id))


def manufacturer_of_number(number: int | None) -> str | None:
    """Give the maker's usual name for its enterprise number."""
    if number is None or number in _AGENTS:
        return None
    known = _manufacturers().get(number)
    return known or (None if number in _LENT else _registered(number))


def manufacturer_named_in(text: str | None) -> str | None:
    """Give the known maker whose name a text begins with."""
    match = _names().match(text or "")
    return None if match is None else _by_name()[match["name"].casefold()]


def maker_among(numbers: Iterable[int]) -> int | None:
    """Give the one number that names a maker of devices; None when none or several do."""
    makers = {number for number in numbers if number not in _AGENTS | _LENT}
    return makers.pop() if len(makers) == 1 else None


def is_maker_of_appliances(number: int | None) -> bool:
    """Whether objects of this enterprise beside net-snmp's make an appliance of a host."""
    return number is not None and number not in _HOST_AGENTS


def category_of(sys_object_id: str | None) -> Category | None:
    """Give what a maker makes, when that is one kind of device; else None."""
    return category_of_number(enterprise_number(sys_object_id))


def category_of_number(number: int | None) -> Category | None:
    """Give what the maker with this enterprise number makes, when that is one kind."""
    return None if number is None else _categories().get(number)


def category_of_maker(name: str | None) -> Category | None:
    """Give what the maker of this name makes, when all its numbers say one kind."""
    kinds = {_categories().get(number) for number, one in _manufacturers().items() if one == name}
    return kinds.pop() if len(kinds) == 1 else None


@cache
def _curated() -> dict[str, Any]:
    source = resources.files(__package__).joinpath("enterprise.toml").read_text("utf-8")
    return tomllib.loads(source)


@cache
def _manufacturers() -> dict[int, str]:
    return {int(number): name for number, name in _curated()["manufacturers"].items()}


@cache
def _by_name() -> dict[str, str]:
    listed: dict[str, str] = _curated()["names"]
    own = {name.casefold(): name for name in _manufacturers().values()}
    return own | {key.casefold(): name for key, name in listed.items()}


@cache
def _names() -> re.Pattern[str]:
    longest_first = sorted(_by_name(), key=len, reverse=True)
    return re.compile(
        rf"\W*(?P<name>{'|'.join(map(re.escape, longest_first))})(?![\w-])",
        re.IGNORECASE,
    )


@cache
def _categories() -> dict[int, Category]:
    return {
        number: Category(word)
        for word, numbers in _curated()["categories"].items()
        for number in numbers
    }


@cache
def _registry() -> tuple[bytes, array[int]]:
    """Read the registry at the first maker that is not among the known ones.

    Gives its lines as they are and where each begins: as texts they take ten times the memory.
    """
    packed = resources.files(__package__).joinpath("enterprise_iana.txt.xz").read_bytes()
    lines = lzma.decompress(packed)
    starts = array("I", [0, *(one.end() for one in re.finditer(rb"\n", lines)), len(lines) + 1])
    return lines, starts


def _registered(number: int) -> str | None:
    lines, starts = _registry()
    if not 0 <= number < len(starts) - 1:
        return None
    return lines[starts[number] : starts[number + 1] - 1].decode() or None
