"""Booleans, words of closed sets, serial numbers and keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, TypeVar

from parc.importers.formats.cells import (
    Said,
    Unreadable,
    empty_cell,
    is_blank,
    key_of,
    lost_value,
    mangled,
    squeezed,
)

Member = TypeVar("Member")

_TRUE: Final = frozenset(
    {
        *("true", "yes", "y", "oui", "o", "vrai", "v", "x", "1", "ok", "on"),
        *("actif", "active", "enabled", "coche", "checked", "\u2713", "\u2714"),
    }
)
_FALSE: Final = frozenset(
    {"false", "no", "n", "non", "faux", "f", "0", "off", "inactif", "inactive", "disabled"}
)
_PARTS: Final = re.compile(r"[\n;,|]+|\s/\s")
_KEY: Final = re.compile(r"[A-Z0-9]{4,6}(?:-[A-Z0-9]{4,6}){2,7}", re.IGNORECASE)
_MOST_KEY: Final = 4_000
_BRACKETS: Final = re.compile(r"([^()]+)\(([^()]*)\)")
_PLURAL: Final = re.compile(r"(?<=[a-z]{3})[sx]\b")


def read_boolean(text: str) -> bool | Said | Unreadable:
    """Read yes or no."""
    if (empty := empty_cell(text)) is not None:
        return empty
    plain = key_of(text)
    if plain in _TRUE or plain in _FALSE:
        return plain in _TRUE
    return Unreadable("not_a_boolean", text[:60])


def read_word(text: str, words: Mapping[str, Member]) -> Member | Said | Unreadable:
    """Read a member of a closed set.

    Args:
        words: folded, as ``key_of`` gives them.
    """
    if (empty := empty_cell(text)) is not None:
        return empty
    key = key_of(text)
    tried = [key, _PLURAL.sub("", key)]
    if (found := _BRACKETS.fullmatch(key)) is not None:
        tried += [found[1].strip(), found[2].strip()]  # Volume (MAK)
    for one in tried:
        if (member := words.get(one)) is not None:
            return member
    return Unreadable("unknown_word", text[:60])


def read_text(text: str, most: int, *, is_long: bool = False) -> str | Said | Unreadable:
    """Read a text: on one line, unless it is a long one."""
    if (lost := lost_value(text)) is not None:
        return lost
    plain = text.strip() if is_long else squeezed(text)
    if not plain or (not is_long and is_blank(plain)):
        return Said.BLANK
    if len(plain) > most:
        return Unreadable("too_long", str(most))
    if not all(sign.isprintable() or sign in "\n\t" for sign in plain):
        return Unreadable("unprintable", "")
    return plain


def read_serial(text: str, most: int) -> str | Said | Unreadable:
    """Read a serial number; one that a spreadsheet took for a number is lost."""
    if cut := mangled(text):
        return Unreadable("mangled", cut)
    return read_text(text, most)


def read_keys(text: str) -> tuple[str, ...] | Said | Unreadable:
    """Read the keys of a cell, each once.

    They are parted by line breaks, ``;`` ``,`` or ``|``; by blanks when all parts look like keys.
    """
    if (empty := empty_cell(text)) is not None:
        return empty
    if cut := mangled(text):
        return Unreadable("mangled", cut)
    parts = [squeezed(part) for part in _PARTS.split(text)]
    keys: list[str] = []
    for part in filter(None, parts):
        words = part.split()
        keys += words if len(words) > 1 and all(map(_KEY.fullmatch, words)) else [part]
    for key in keys:
        if not key.isprintable() or len(key) > _MOST_KEY:
            return Unreadable("unprintable", "")
    return tuple(dict.fromkeys(keys)) or Said.BLANK
