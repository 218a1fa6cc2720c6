"""Our own rules of folding: tried before they are saved, saved, and taken back.

Saving and taking back mark the titles that the rule touches; a job folds those again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ConflictError, NotFoundError
from parc.models import Installation, Publisher, SoftwareProduct, SoftwareRule, SoftwareTitle
from parc.services import audit
from parc.services.actor import Actor
from parc.services.fields import FieldReader
from parc.services.permissions import Action, require
from parc.services.software_refolding import raw_of
from parc.services.software_titles import OWN, all_rules, fold_raw, own_rule
from parc.software.folding import Folded
from parc.software.patterns import MOST_CHARACTERS, PatternError, compile_pattern
from parc.software.rules import FoldingRule, SoftwareKind

MOST_RULES: Final = 1_000
_AT_ONCE: Final = 2_000
_IDS_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule as it was typed."""

    pattern: str
    product: str
    publisher: str = ""
    edition: str = ""
    kind: str = SoftwareKind.PRODUCT.value


@dataclass(frozen=True, slots=True)
class TouchedTitle:
    """A raw name that a rule would fold otherwise: what it is now, and what it would be."""

    title: SoftwareTitle
    product: str
    publisher: str
    after: Folded


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would change.

    Attributes:
        shown: the first of the touched titles, those on most machines before.
        same_count: names that it matches and that stay as they are.
    """

    shown: Sequence[TouchedTitle]
    title_count: int
    machine_count: int
    same_count: int


def preview_rule(session: Session, draft: RuleDraft, most: int) -> Preview:
    """Say what a rule would change; nothing is written.

    Raises:
        InvalidInputError: of ``pattern``, ``product``, ``publisher``, ``edition`` or ``kind``.
    """
    rule = own_rule(_row(draft, id=0, author=""))
    rules = (rule, *all_rules(session))
    touched: list[TouchedTitle] = []
    same = 0
    for title, product, publisher in _titles(session):
        after = fold_raw(raw_of(title), rules)
        if after.rule != rule.id:
            continue
        if _is_same(title, product, publisher, after):
            same += 1
        else:
            touched.append(TouchedTitle(title, product, publisher or "", after))
    touched.sort(key=lambda one: (-one.title.installation_count, one.title.raw_name))
    ids = [one.title.id for one in touched]
    return Preview(touched[:most], len(touched), count_machines(session, ids), same)


def save_rule(session: Session, actor: Actor, draft: RuleDraft, *, at: datetime) -> SoftwareRule:
    """Save a rule; the titles that it touches are marked to be folded again.

    Raises:
        NotAllowedError: the role does not allow it.
        InvalidInputError: as for ``preview_rule``.
        ConflictError: there are too many rules.
    """
    require(actor, Action.EDIT_SOFTWARE_RULE)
    row = _row(draft, author=actor.name, created_at=at, is_active=True)
    if (session.scalar(sa.select(sa.func.count(SoftwareRule.id))) or 0) >= MOST_RULES:
        raise ConflictError("there are too many rules")
    session.add(row)
    session.flush()
    _mark_matching(session, own_rule(row))
    _record(session, actor, row, "created", at)
    return row


def take_back_rule(session: Session, actor: Actor, rule_id: int, *, at: datetime) -> SoftwareRule:
    """Take a rule back: what it has folded is folded as before; the rule itself stays known.

    Raises:
        NotAllowedError: the role does not allow it.
        NotFoundError: there is no such rule.
        ConflictError: it is taken back already.
    """
    row = _held(session, actor, rule_id)
    if not row.is_active:
        raise ConflictError("it is taken back already")
    row.is_active, row.taken_back_at = False, at
    session.execute(
        sa.update(SoftwareTitle)
        .where(SoftwareTitle.rule == f"{OWN} {row.id}")
        .values(folded_by="")
        .execution_options(synchronize_session=False)
    )
    _record(session, actor, row, "taken_back", at)
    return row


def bring_back_rule(session: Session, actor: Actor, rule_id: int, *, at: datetime) -> SoftwareRule:
    """Let a rule that was taken back hold again.

    Raises:
        NotAllowedError: the role does not allow it.
        NotFoundError: there is no such rule.
        ConflictError: it holds already.
    """
    row = _held(session, actor, rule_id)
    if row.is_active:
        raise ConflictError("it holds already")
    row.is_active, row.taken_back_at = True, None
    session.flush()
    _mark_matching(session, own_rule(row))
    _record(session, actor, row, "brought_back", at)
    return row


def count_machines(session: Session, title_ids: Sequence[int]) -> int:
    """Count the machines that have any of these titles."""
    row = Installation
    found: set[int] = set()
    for start in range(0, len(title_ids), _IDS_AT_ONCE):
        part = title_ids[start : start + _IDS_AT_ONCE]
        query = sa.select(row.device_id).where(row.title_id.in_(part), row.gone_at.is_(None))
        found.update(session.scalars(query.distinct()))
    return len(found)


def _held(session: Session, actor: Actor, rule_id: int) -> SoftwareRule:
    require(actor, Action.EDIT_SOFTWARE_RULE)
    row = session.get(SoftwareRule, rule_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"there is no rule {rule_id}")
    return row


def _row(draft: RuleDraft, **values: object) -> SoftwareRule:
    fields = FieldReader()
    pattern = fields.text("pattern", draft.pattern, most=MOST_CHARACTERS, is_required=True)
    product = fields.text("product", draft.product, most=255, is_required=True)
    publisher = fields.text("publisher", draft.publisher, most=255)
    edition = fields.text("edition", draft.edition, most=100)
    if any(sign in product for sign in "{}"):
        fields.add("product", "not_valid", "{}")
    if draft.kind not in set(SoftwareKind):
        fields.add("kind", "required")
    if pattern:
        try:
            compile_pattern(pattern)
        except PatternError as error:
            fields.add("pattern", f"pattern_{error.code}")
    fields.raise_problems()
    return SoftwareRule(
        pattern=pattern,
        product=product,
        publisher=publisher or None,
        edition=edition or None,
        kind=SoftwareKind(draft.kind),
        **values,
    )


def _titles(session: Session) -> Iterator[tuple[SoftwareTitle, str, str | None]]:
    title, product = SoftwareTitle, SoftwareProduct
    query = (
        sa.select(title, product.name, Publisher.name)
        .join(product, product.id == title.product_id)
        .outerjoin(Publisher, Publisher.id == product.publisher_id)
        .execution_options(yield_per=_AT_ONCE)
    )
    for row in session.execute(query):
        yield row[0], row[1], row[2]


def _is_same(title: SoftwareTitle, product: str, publisher: str | None, after: Folded) -> bool:
    before = (product, publisher or "", title.edition, title.version, title.kind)
    return before == (
        after.product, after.publisher or "", after.edition, after.version, after.kind
    )  # fmt: skip


def _mark_matching(session: Session, rule: FoldingRule) -> None:
    ids = [
        title.id
        for title, _product, _publisher in _titles(session)
        if fold_raw(raw_of(title), (rule,)).rule == rule.id
    ]
    for start in range(0, len(ids), _IDS_AT_ONCE):
        session.execute(
            sa.update(SoftwareTitle)
            .where(SoftwareTitle.id.in_(ids[start : start + _IDS_AT_ONCE]))
            .values(folded_by="")
            .execution_options(synchronize_session=False)
        )


def _record(session: Session, actor: Actor, row: SoftwareRule, action: str, at: datetime) -> None:
    audit.record(
        session,
        actor,
        at=at,
        subject_kind="software_rule",
        subject_id=row.id,
        subject_name=row.pattern,
        action=action,
        changes={"product": (None, row.product)} if action == "created" else None,
    )
