"""Asset tags: which asset bears one, the pattern of each category, and which number comes next.

A pattern without its number is a series, such as ``PC-{}``: categories with the same series share
one counter, so that no number is given twice, however many digits each of them writes.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from string import Formatter
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.models import Asset, Counter, MergedAsset, TagPattern
from parc.queries.scope import unlimited

DEFAULT_TAG_PATTERN: Final = "P{number:06d}"
# Where a session keeps the pattern of the settings, for categories that have none of their own.
TAG_FALLBACK: Final = "parc_tag_pattern"
_FALLBACK_COUNTER: Final = "asset_tag"
_PREFIX: Final = "tag "
_LIKE: Final = str.maketrans({"\\": r"\\", "%": r"\%", "_": r"\_"})
_CHUNK: Final = 1_000


@dataclass(frozen=True, slots=True)
class TagSeries:
    """How the tags of a category are made.

    Attributes:
        is_own: it has a pattern of its own.
        examples: the tags that come next.
    """

    category: Category
    pattern: str
    is_own: bool
    examples: tuple[str, ...]


def fallback_pattern(session: Session) -> str:
    """Give the pattern of categories that have none of their own."""
    return str(session.info.get(TAG_FALLBACK, DEFAULT_TAG_PATTERN))


def read_patterns(session: Session) -> dict[Category, str]:
    """Give the patterns of the categories that have one of their own."""
    query = sa.select(TagPattern.category, TagPattern.pattern)
    return {row.category: row.pattern for row in session.execute(query)}


def list_series(session: Session) -> list[TagSeries]:
    """Give each category's pattern and the tag that comes next."""
    own, fallback = read_patterns(session), fallback_pattern(session)
    patterns = {category: own.get(category, fallback) for category in Category}
    coming = {pattern: coming_tags(session, pattern, 1) for pattern in set(patterns.values())}
    return [
        TagSeries(category, pattern, category in own, coming[pattern])
        for category, pattern in patterns.items()
    ]


def coming_tags(session: Session, pattern: str, count: int) -> tuple[str, ...]:
    """Give the tags that a pattern would make next, without taking them."""
    found: list[str] = []
    number = last_number(session, pattern)
    while len(found) < count:
        made = [pattern.format(number=number + step) for step in range(1, count + 1)]
        taken = taken_tags(session, made)
        found += [tag for tag in made if tag not in taken]
        number += count
    return tuple(found[:count])


def counter_name(pattern: str) -> str:
    """Give the name of the counter of a pattern's series."""
    return _PREFIX + "{}".join(_literals(pattern))


def last_number(session: Session, pattern: str) -> int:
    """Give the last number of a series that was taken; of a new one, the highest that stands."""
    value = session.scalar(sa.select(Counter.value).where(Counter.name == counter_name(pattern)))
    return first_number(session, pattern) if value is None else value


def first_number(session: Session, pattern: str) -> int:
    """Give the number after which a series begins: none of those that are there or were given."""
    before, after = _literals(pattern)
    query = sa.select(Asset.asset_tag).where(
        Asset.asset_tag.like(f"{before.translate(_LIKE)}%", escape="\\")
    )
    shape = re.compile(re.escape(before) + "([0-9]{1,9})" + re.escape(after))
    with unlimited(session):
        met = [shape.fullmatch(tag) for tag in session.scalars(query)]
    last = max((int(one[1]) for one in met if one), default=0)
    if (before, after) == _literals(fallback_pattern(session)):
        given = sa.select(Counter.value).where(Counter.name == _FALLBACK_COUNTER)
        last = max(last, session.scalar(given) or 0)
    return last


def taken_tags(session: Session, tags: Collection[str]) -> set[str]:
    """Give those of some tags that assets, seen or not, have already."""
    with unlimited(session):
        return {
            tag
            for part in _parts(list(tags))
            for tag in session.scalars(sa.select(Asset.asset_tag).where(Asset.asset_tag.in_(part)))
        }


def _parts(tags: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(tags), _CHUNK):
        yield tags[start : start + _CHUNK]


def _literals(pattern: str) -> tuple[str, str]:
    """Give what stands before the number and what after it."""
    texts, is_after = ["", ""], False
    for literal, name, _format, _conversion in Formatter().parse(pattern):
        texts[is_after] += literal
        is_after = is_after or name is not None
    return texts[0], texts[1]


def tagged_assets(session: Session, tags: Collection[str]) -> dict[str, int]:
    """Give the assets of tags, also of merged records, by the tag as given; case does not count."""
    wanted = list(dict.fromkeys(tags))
    found: dict[str, int] = {}
    for start in range(0, len(wanted), 500):
        part = wanted[start : start + 500]
        for table, key in ((MergedAsset, MergedAsset.asset_id), (Asset, Asset.id)):
            # SQLite lowers the letters of ASCII alone: others are found as they are typed.
            lower = sa.func.lower(table.asset_tag)
            query = sa.select(table.asset_tag, key).where(
                lower.in_([tag.casefold() for tag in part]) | table.asset_tag.in_(part)
            )
            found |= {row[0].casefold(): row[1] for row in session.execute(query)}
    return {tag: found[tag.casefold()] for tag in wanted if tag.casefold() in found}
