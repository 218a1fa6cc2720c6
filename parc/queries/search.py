"""Finding assets by any part of a word, through the trigram index of each database.

The one place of raw SQL on the search table: ``asset_search`` is FTS5, which SQLAlchemy cannot
describe. What a person typed is bound in every case, never part of a statement.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Asset
from parc.naming import folded

TRIGRAM: Final = 3
_MAX_WORDS = 8
_MAX_LENGTH = 200
_ESCAPE = "\\"


def words_of(text: str) -> tuple[str, ...]:
    """Split what was typed into at most eight folded words; every one must be found."""
    words = folded(text[:_MAX_LENGTH].replace("\x00", " ")).split()
    return tuple(dict.fromkeys(words))[:_MAX_WORDS]


def matching_ids(session: Session, text: str, limit: int) -> list[int]:
    """Give ids of assets that hold every word, at most ``limit``, in no particular order."""
    words = words_of(text)
    if not words:
        return []
    query = sa.select(Asset.id).where(*conditions(words, is_sqlite=_is_sqlite(session)))
    return list(session.scalars(query.limit(limit)))


def conditions(words: tuple[str, ...], *, is_sqlite: bool) -> list[sa.ColumnElement[bool]]:
    """Give what an asset must meet to be found by all ``words``, read by the index."""
    if is_sqlite:
        return _sqlite_conditions(words)
    if all(len(word) < TRIGRAM for word in words):
        return [_starts_with(words[0]), *verification(words[1:], is_sqlite=False)]
    return verification(words, is_sqlite=False)


def verification(words: tuple[str, ...], *, is_sqlite: bool) -> list[sa.ColumnElement[bool]]:
    """Give the same without the index: for walking another index while checking each row."""
    if is_sqlite:
        return [sa.func.instr(Asset.search_text, word) > 0 for word in words]
    return [Asset.search_text.like(f"%{escape_like(word)}%", escape=_ESCAPE) for word in words]


def escape_like(text: str) -> str:
    r"""Give ``text`` with the signs of LIKE patterns escaped by ``\``."""
    return (
        text.replace(_ESCAPE, _ESCAPE * 2).replace("%", f"{_ESCAPE}%").replace("_", f"{_ESCAPE}_")
    )


def _sqlite_conditions(words: tuple[str, ...]) -> list[sa.ColumnElement[bool]]:
    long = [word for word in words if len(word) >= TRIGRAM]
    if not long:
        return [_any_prefix(words[0]), *verification(words[1:], is_sqlite=True)]
    found = sa.text("SELECT rowid FROM asset_search WHERE asset_search MATCH :trigrams").bindparams(
        trigrams=match_expression(long)
    )
    in_index: Any = Asset.id.in_(found)
    return [in_index, *verification(words, is_sqlite=True)]


def match_expression(words: list[str]) -> str:
    """Ask for all trigrams of all words; the index keeps no positions, so each is a term."""
    trigrams = {
        word[start : start + TRIGRAM] for word in words for start in range(len(word) - TRIGRAM + 1)
    }
    return " AND ".join('"' + term.replace('"', '""') + '"' for term in sorted(trigrams))


def _any_prefix(word: str) -> sa.ColumnElement[bool]:
    """One or two letters: what begins with them, read from the indexes of the plain columns."""
    columns = (Asset.name, Asset.asset_tag, Asset.serial_number)
    return sa.or_(
        *(
            sa.and_(column >= start, column < start + "\U0010ffff")
            for column in columns
            for start in _spellings(word)
        )
    )


def _spellings(word: str) -> list[str]:
    starts = {""}
    for sign in word:
        starts = {start + case for start in starts for case in (sign, sign.upper())}
    return sorted(starts)


def _starts_with(word: str) -> sa.ColumnElement[bool]:
    """On PostgreSQL, pg_trgm answers for the start of a word from two letters on."""
    pattern = escape_like(word)
    return sa.or_(
        Asset.search_text.like(f"{pattern}%", escape=_ESCAPE),
        Asset.search_text.like(f"% {pattern}%", escape=_ESCAPE),
    )


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def words_in(column: Any, text: str) -> list[sa.ColumnElement[bool]]:
    """Give what a row meets whose folded ``column`` holds every word; for tables of some thousand.

    No index is read: it is for suppliers, contracts and the like, not for assets.
    """
    return [
        sa.type_coerce(column, sa.String).like(f"%{escape_like(word)}%", escape=_ESCAPE)
        for word in words_of(text)
    ]
