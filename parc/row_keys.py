"""Keys of rows, as addresses, forms and files name them; pure.

Read here alone, because a key that no row can have is an error of the database, not an answer.
"""

from __future__ import annotations

from typing import Final

MOST_KEY: Final = 2**31 - 1  # what PostgreSQL keeps in an INTEGER
_DIGITS: Final = len(str(MOST_KEY))


def row_key(text: str) -> int | None:
    """Give the key that a text is, in plain digits; None for what no row can have."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _DIGITS):
        return None
    number = int(text)
    return number if number <= MOST_KEY else None
