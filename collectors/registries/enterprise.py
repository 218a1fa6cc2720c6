"""Makers by the IANA enterprise number of their sysObjectID."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Final

_ENTERPRISES: Final = "1.3.6.1.4.1."
_AGENTS: Final = frozenset({2021, 8072, 12325})  # UCD, net-snmp, bsnmpd


def enterprise_number(sys_object_id: str | None) -> int | None:
    """Give the arc behind ``enterprises`` (SNMPv2-SMI), if it is one."""
    if sys_object_id is None or not sys_object_id.startswith(_ENTERPRISES):
        return None
    first = sys_object_id.removeprefix(_ENTERPRISES).partition(".")[0]
    return int(first) if first.isdigit() else None


def is_generic_agent(sys_object_id: str | None) -> bool:
    """Whether the number is that of an agent which many makers use, or of nobody."""
    return enterprise_number(sys_object_id) in {None, *_AGENTS}


def manufacturer_of(sys_object_id: str | None) -> str | None:
    """Give the maker's usual name; None for unknown numbers and for those of agents."""
    number = enterprise_number(sys_object_id)
    return None if number is None else _manufacturers().get(number)


@cache
def _manufacturers() -> dict[int, str]:
    source = resources.files(__package__).joinpath("enterprise.toml").read_text("utf-8")
    table: dict[str, str] = tomllib.loads(source)["manufacturers"]
    return {int(number): name for number, name in table.items()}
