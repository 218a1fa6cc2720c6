"""Versions put into an order that every database can compare; pure."""

from __future__ import annotations

import re
from typing import Final

_PARTS: Final = re.compile(r"\d+|[a-z]+")
_MOST: Final = 200
_DIGITS: Final = 26


def version_sort(version: str | None) -> str:
    """Give a text that sorts as versions do: 9 before 10, 1.1.1 before 1.1.1k before 1.1.2.

    A number is led by a letter that says how long it is, letters are led by a zero. Only digits and
    small letters are in it: these every collation orders alike.
    """
    found = []
    for part in _PARTS.findall((version or "").lower()):
        if part.isdecimal() and part.isascii():
            digits = part.lstrip("0")[:_DIGITS] or "0"
            found.append(chr(ord("a") + len(digits) - 1) + digits)
        elif part.isascii():
            found.append("0" + part)
    return "".join(found)[:_MOST]


def begins_with(version: str | None, prefix: str) -> bool:
    """Tell whether ``prefix`` is the first whole parts of a version; an empty one always is."""
    if not prefix:
        return True
    text, start = (version or "").casefold(), prefix.casefold()
    return text == start or (text.startswith(start) and not text[len(start)].isalnum())
