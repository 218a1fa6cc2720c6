"""Patterns of our own rules: plain text with a star, ``{version}`` and ``{edition}``; pure.

They are no regular expressions, since whoever writes one could write one that never ends: each is
made into an expression that goes through a name once. A star takes as little as it can and never
gives it back (an atomic group), but for the last one, which may be moved along the name; so the
time is bounded by the length of the name times that of the pattern, whatever both are.
"""

from __future__ import annotations

import re
from typing import Final

from parc.errors import ParcError

MOST_CHARACTERS: Final = 200
MOST_STARS: Final = 8
LEAST_CHARACTERS: Final = 3
_TOKENS: Final = re.compile(r"(\*+|\{version\}|\{edition\})")
_VERSION: Final = r"(?P<version>(?>\d+(?:[._]\d+)*[a-z]?))"


class PatternError(ParcError):
    """A pattern that cannot be used.

    Attributes:
        code: ``too_long``, ``too_open``, ``twice`` or ``stars``.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def compile_pattern(pattern: str) -> re.Pattern[str]:
    """Make the expression of a pattern; it must match a whole name, without case.

    Raises:
        PatternError: it is too long, has too little text or too many stars.
    """
    text = " ".join(pattern.split())
    if len(text) > MOST_CHARACTERS:
        raise PatternError("too_long")
    parts = [part for part in _TOKENS.split(text) if part]
    plain = [part for part in parts if not _TOKENS.fullmatch(part)]
    if sum(len(part.strip()) for part in plain) < LEAST_CHARACTERS:
        raise PatternError("too_open")
    if parts.count("{version}") > 1 or parts.count("{edition}") > 1:
        raise PatternError("twice")
    places = [n for n, part in enumerate(parts) if part.startswith("*") or part == "{edition}"]
    if len(places) > MOST_STARS:
        raise PatternError("stars")
    if any(n + 1 in places for n in places):
        raise PatternError("stars")
    return re.compile(_expression(parts, places[-1] if places else -1), re.IGNORECASE)


def _expression(parts: list[str], last: int) -> str:
    found = []
    place = 0
    while place < len(parts):
        part = parts[place]
        if part == "{version}":
            found.append(_VERSION)
        elif not (part.startswith("*") or part == "{edition}"):
            found.append(re.escape(part))
        else:
            taken = "(?P<edition>.+?)" if part == "{edition}" else ".*?"
            if place == last:
                found.append(taken)
            else:
                after = parts[place + 1]
                next_one = _VERSION if after == "{version}" else re.escape(after)
                found.append(f"(?>{taken}{next_one})")
                place += 1
        place += 1
    return "".join(found)
