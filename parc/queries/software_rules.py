"""The rules of folding with how many raw names each knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import SoftwareRule, SoftwareTitle
from parc.naming import folded
from parc.software.rules import FoldingRule, usual_rules


@dataclass(frozen=True, slots=True)
class OwnRule:
    """A rule of ours, and how many names it has folded."""

    rule: SoftwareRule
    title_count: int


def read_own_rules(session: Session) -> list[OwnRule]:
    """Give our rules, the latest first."""
    counts = _counts(session)
    rows = session.scalars(sa.select(SoftwareRule).order_by(SoftwareRule.id.desc()))
    return [OwnRule(row, counts.get(f"own {row.id}", 0)) for row in rows]


def read_usual_rules(session: Session, text: str) -> Sequence[tuple[FoldingRule, int]]:
    """Give the rules that come with Parc, with how many names each has folded.

    Args:
        text: only those whose product, publisher or pattern holds every word of it.
    """
    counts = _counts(session)
    words = folded(text).split()
    return [
        (rule, counts.get(rule.id, 0))
        for rule in usual_rules()
        if all(
            word in folded(f"{rule.product} {rule.publisher or ''} {rule.pattern.pattern}")
            for word in words
        )
    ]


def _counts(session: Session) -> dict[str, int]:
    row = SoftwareTitle
    query = sa.select(row.rule, sa.func.count()).where(row.rule.is_not(None)).group_by(row.rule)
    return {str(rule): count for rule, count in session.execute(query)}
