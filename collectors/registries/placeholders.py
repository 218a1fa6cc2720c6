"""Texts that stand where a value should and say nothing: no identity is made of them.

Two machines with "To be filled by O.E.M." for a serial number are still two machines.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Final

_IN_BRACKETS: Final = re.compile(r"\s*<[^<>]*>\s*")  # <none>, <not set>, <private>
_VERSION: Final = re.compile(r"[vV]?[1-9](?:\.[1-9]){1,2}")
_SHORTEST_SEQUENCE: Final = 5
_COUNTING: Final = "01234567890123456789abcdefghijklmnopqrstuvwxyz"


def is_placeholder(text: str | None) -> bool:
    """Tell whether ``text`` says nothing: empty, listed, one character repeated, a sequence.

    What stands in angle brackets is no value either. A version like 1.1 or 2.2.2 repeats its
    numbers and is one all the same; 0.0 is none.
    """
    if _VERSION.fullmatch(text or ""):
        return False
    if _IN_BRACKETS.fullmatch(text or ""):
        return True
    bare = _bare(text or "")
    return len(set(bare)) <= 1 or bare in _listed() or _is_sequence(bare)


def _is_sequence(bare: str) -> bool:
    """Tell whether ``bare`` only counts, up or down: 12345678, abcdef, 987654321."""
    return len(bare) >= _SHORTEST_SEQUENCE and (bare in _COUNTING or bare[::-1] in _COUNTING)


def _bare(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


@cache
def _listed() -> frozenset[str]:
    source = resources.files(__package__).joinpath("placeholders.toml").read_text("utf-8")
    texts: list[str] = tomllib.loads(source)["texts"]
    return frozenset(_bare(text) for text in texts)
