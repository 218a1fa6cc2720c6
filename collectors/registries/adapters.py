"""MAC addresses of docking stations and USB network adapters, which go from machine to machine."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Final

_PREFIX_CHARACTERS: Final = 8


def adapter_maker(mac: str) -> str | None:
    """Give who made the dock or adapter that carries ``mac``; None for any other card.

    Args:
        mac: twelve lower-case hex digits with colons.

    Source: IEEE MA-L; ``adapters.toml``.
    """
    return _prefixes().get(mac[:_PREFIX_CHARACTERS])


@cache
def _prefixes() -> dict[str, str]:
    source = resources.files(__package__).joinpath("adapters.toml").read_text("utf-8")
    prefixes: dict[str, str] = tomllib.loads(source)["prefixes"]
    return prefixes
