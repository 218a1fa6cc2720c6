"""Making asset tags, and changing the pattern that those of a category follow."""

from __future__ import annotations

import re
from collections import Counter as Tally
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.errors import FieldProblem, InvalidInputError
from parc.models import Counter, TagPattern
from parc.queries.asset_tags import (
    counter_name,
    fallback_pattern,
    first_number,
    read_patterns,
    taken_tags,
)
from parc.services.actor import Actor
from parc.services.audit import record
from parc.services.permissions import Action, require

_MOST_CHARACTERS: Final = 40
# One number of at most nine digits, filled up with zeros or not; the rest is what can be read
# aloud, typed, scanned and written into the address of a label.
_SHAPE: Final = re.compile(r"[\w .\-]*\{number(?::0?[1-9]d)?\}[\w .\-]*")


def next_asset_tags(session: Session, categories: Sequence[Category]) -> list[str]:
    """Take a new asset tag for each of some categories; tags that people gave are skipped.

    A number is taken at once for whoever else makes tags, and never comes back: not when its
    asset is deleted, nor when the pattern changes there and back.
    """
    own, fallback = read_patterns(session), fallback_pattern(session)
    wanted = [own.get(category, fallback) for category in categories]
    made = {
        pattern: deque(_take(session, pattern, count))
        for pattern, count in sorted(Tally(wanted).items())
    }
    return [made[pattern].popleft() for pattern in wanted]


def set_pattern(
    session: Session, actor: Actor, category: str, pattern: str, *, at: datetime
) -> None:
    """Let the tags of a category be made by a pattern from now on.

    Raises:
        NotAllowedError: the role may not.
        InvalidInputError: ``category`` is none, or ``pattern`` is none with one number.
    """
    require(actor, Action.EDIT_TAG_PATTERN)
    _write(session, actor, _category(category), read_pattern(pattern), at)


def reset_pattern(session: Session, actor: Actor, category: str, *, at: datetime) -> None:
    """Let the tags of a category be made as those of all others.

    Raises:
        NotAllowedError: the role may not.
        InvalidInputError: ``category`` is none.
    """
    require(actor, Action.EDIT_TAG_PATTERN)
    _write(session, actor, _category(category), None, at)


def read_pattern(text: str) -> str:
    """Read a pattern as typed.

    Raises:
        InvalidInputError: it does not hold one number, or signs that no tag may have.
    """
    pattern = " ".join(text.split())
    if not pattern:
        raise InvalidInputError([FieldProblem("pattern", "required")])
    if len(pattern) > _MOST_CHARACTERS:
        raise InvalidInputError([FieldProblem("pattern", "too_long", str(_MOST_CHARACTERS))])
    if not _SHAPE.fullmatch(pattern):
        raise InvalidInputError([FieldProblem("pattern", "not_a_tag_pattern", pattern)])
    return pattern


def _take(session: Session, pattern: str, count: int) -> list[str]:
    tags: list[str] = []
    step = count
    while len(tags) < count:
        last = _raise_counter(session, pattern, step)
        made = [pattern.format(number=n) for n in range(last - step + 1, last + 1)]
        taken = taken_tags(session, made)
        tags += [tag for tag in made if tag not in taken]
        step = count - len(tags)
    return tags


def _raise_counter(session: Session, pattern: str, by: int) -> int:
    """Take numbers; the row stays held, so that two who take at once get different ones."""
    name = counter_name(pattern)
    raised = session.scalar(
        sa.update(Counter)
        .where(Counter.name == name)
        .values(value=Counter.value + by)
        .returning(Counter.value)
    )
    if raised is not None:
        return int(raised)
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    begun = insert(Counter).values(name=name, value=first_number(session, pattern) + by)
    begun = begun.on_conflict_do_update(index_elements=["name"], set_={"value": Counter.value + by})
    return int(session.scalars(begun.returning(Counter.value)).one())


def _category(text: str) -> Category:
    if text not in set(Category):
        raise InvalidInputError([FieldProblem("category", "unknown_choice", text[:40])])
    return Category(text)


def _write(
    session: Session, actor: Actor, category: Category, pattern: str | None, at: datetime
) -> None:
    row = session.get(TagPattern, category, with_for_update=True)
    before = row.pattern if row is not None else None
    if before == pattern:
        return
    if row is not None and pattern is None:
        session.delete(row)
    elif row is not None and pattern is not None:
        row.pattern = pattern
    else:
        session.add(TagPattern(category=category, pattern=pattern))
    session.flush()
    record(
        session,
        actor,
        at=at,
        subject_kind="tag_pattern",
        subject_id=list(Category).index(category) + 1,
        subject_name=category.value,
        action="changed",
        changes={"pattern": (before, pattern)},
    )
