"""Texts that stand where a value should and say nothing: no identity is made of them.

Two machines with "To be filled by O.E.M." for a serial number are still two machines.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources


def is_placeholder(text: str | None) -> bool:
    """Tell whether ``text`` says nothing: empty, listed, or one character repeated."""
    bare = _bare(text or "")
    return len(set(bare)) <= 1 or bare in _listed()


def _bare(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


@cache
def _listed() -> frozenset[str]:
    source = resources.files(__package__).joinpath("placeholders.toml").read_text("utf-8")
    texts: list[str] = tomllib.loads(source)["texts"]
    return frozenset(_bare(text) for text in texts)
