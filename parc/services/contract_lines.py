"""What a contract names, and the rules by which it covers what it does not name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.errors import FieldProblem, InvalidInputError, NotFoundError
from parc.models import Asset, Contract, ContractLine, ContractRule, Location, MergedAsset
from parc.naming import folded
from parc.queries.locations import read_places
from parc.row_keys import row_key
from parc.services.actor import Actor
from parc.services.contracts import locked_contract, record_contract
from parc.services.coverage import (
    assets_of_rule,
    assets_of_serials,
    evaluate_contracts,
    fold_serial,
)
from parc.services.fields import FieldReader
from parc.services.permissions import Action, require
from parc.services.row_images import Row

MOST_LINES: Final = 5_000
MOST_RULES: Final = 50
_SHOWN_NAMES: Final = 5


@dataclass(frozen=True, slots=True)
class LineDraft:
    """One line as typed or as an import has it.

    Attributes:
        serial_number, asset_tag: one of both finds the asset; a serial number may wait for it.
        source: file and line of an import.
    """

    serial_number: str = ""
    asset_tag: str = ""
    description: str = ""
    amount: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """A rule as typed; an empty part asks nothing, but not all may be empty."""

    location_id: str = ""
    category: str = ""
    manufacturer: str = ""
    model_name: str = ""
    purchased_from: str = ""
    purchased_to: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that can be evaluated, whether it is stored or not."""

    location_id: int | None
    category: Category | None
    manufacturer: str | None
    model_name: str | None
    purchased_from: date | None
    purchased_to: date | None


@dataclass(frozen=True, slots=True)
class Added:
    """What became of lines: those whose asset is known, those that wait, those there already."""

    matched: int
    waiting: int
    known: int


def add_lines(
    session: Session,
    actor: Actor,
    contract_id: int,
    drafts: Sequence[LineDraft],
    *,
    today: date,
    now: datetime,
    is_evaluated: bool = True,
) -> Added:
    """Add lines to a contract; one for an asset or a serial number that it names is left out.

    Args:
        is_evaluated: False for one of many imported lines: the next look at cover takes them in.

    Raises:
        NotAllowedError: the role may not edit contracts.
        NotFoundError: no such contract.
        InvalidInputError: ``line`` names what cannot be taken.
    """
    require(actor, Action.EDIT_CONTRACT)
    row = locked_contract(session, contract_id)
    new, known = _new_lines(session, contract_id, drafts, now)
    session.add_all(new)
    session.flush()
    if new:
        record_contract(session, actor, row, now, {"line": (None, _named(new))})
    if is_evaluated:
        evaluate_contracts(session, [contract_id], today=today, now=now)
        for line in new:
            session.refresh(line)
    matched = sum(line.asset_id is not None for line in new)
    return Added(matched, len(new) - matched, known)


def add_assets(
    session: Session,
    actor: Actor,
    contract_id: int,
    asset_ids: Sequence[int],
    *,
    today: date,
    now: datetime,
) -> Added:
    """Add a line for each of some assets; one that the contract names is left out.

    Raises:
        NotAllowedError, NotFoundError, InvalidInputError: see ``add_lines``.
    """
    tags: list[str] = []
    for start in range(0, len(asset_ids), 500):
        part = asset_ids[start : start + 500]
        query = sa.select(Asset.asset_tag).where(Asset.id.in_(part)).order_by(Asset.id)
        tags += session.scalars(query)
    drafts = [LineDraft(asset_tag=tag) for tag in tags]
    return add_lines(session, actor, contract_id, drafts, today=today, now=now)


def add_typed(
    session: Session, actor: Actor, contract_id: int, text: str, *, today: date, now: datetime
) -> Added:
    """Add a line for each line of text: an asset tag, or else a serial number.

    Raises:
        NotAllowedError, NotFoundError, InvalidInputError: see ``add_lines``.
    """
    words = list(dict.fromkeys(" ".join(line.split()) for line in text.splitlines()))
    words = [word for word in words if word]
    if not words:
        raise InvalidInputError([FieldProblem("lines", "required")])
    if len(words) > MOST_LINES:
        raise InvalidInputError([FieldProblem("lines", "too_many_lines", str(MOST_LINES))])
    tags: dict[str, str] = {}  # a merged record's tag leads to the one that it is part of
    for start in range(0, len(words), 500):
        part = words[start : start + 500]
        merged = sa.select(MergedAsset.asset_tag, Asset.asset_tag).join(
            Asset, Asset.id == MergedAsset.asset_id
        )
        for row in session.execute(merged.where(MergedAsset.asset_tag.in_(part))):
            tags[row[0]] = row[1]
        own = session.scalars(sa.select(Asset.asset_tag).where(Asset.asset_tag.in_(part)))
        tags |= {tag: tag for tag in own}
    drafts = [
        LineDraft(asset_tag=tags[word]) if word in tags else LineDraft(serial_number=word)
        for word in words
    ]
    return add_lines(session, actor, contract_id, drafts, today=today, now=now)


def remove_lines(
    session: Session,
    actor: Actor,
    contract_id: int,
    line_ids: Sequence[int],
    *,
    today: date,
    now: datetime,
) -> int:
    """Take lines off a contract; gives how many.

    Raises:
        NotAllowedError: the role may not edit contracts.
        NotFoundError: no such contract.
    """
    require(actor, Action.EDIT_CONTRACT)
    row = locked_contract(session, contract_id)
    query = sa.select(ContractLine).where(
        ContractLine.contract_id == contract_id, ContractLine.id.in_(line_ids)
    )
    lines = session.scalars(query.order_by(ContractLine.id)).all()
    if lines:
        record_contract(session, actor, row, now, {"line": (_named(lines), None)})
    for line in lines:
        session.delete(line)
    session.flush()
    evaluate_contracts(session, [contract_id], today=today, now=now)
    return len(lines)


def record_lines(
    session: Session,
    actor: Actor,
    lines: Iterable[Row],
    now: datetime,
    *,
    are_back: bool = False,
) -> None:
    """Tell in the histories of contracts that a merge let lines go, or a split gave them back.

    Args:
        lines: with ``contract_id``, ``serial_number`` and ``asset_id``.
    """
    for line in lines:
        row = session.get(Contract, line["contract_id"])
        if row is not None:
            name = line["serial_number"] or f"#{line['asset_id']}"
            record_contract(
                session, actor, row, now, {"line": (None, name) if are_back else (name, None)}
            )


def read_rule(session: Session, draft: RuleDraft) -> Rule:
    """Read a rule as typed.

    Raises:
        InvalidInputError: names the fields; ``location_id`` when nothing is asked at all.
    """
    fields = FieldReader()
    place = draft.location_id.strip()
    place_id = row_key(place)
    if place and (place_id is None or session.get(Location, place_id) is None):
        fields.add("location_id", "unknown_choice", place[:40])
    category = None
    if draft.category.strip():
        category = fields.word("category", draft.category, Category, Category.OTHER)
    rule = Rule(
        location_id=place_id,
        category=category,
        manufacturer=_spelt(session, "manufacturer", fields, draft.manufacturer),
        model_name=_spelt(session, "model_name", fields, draft.model_name),
        purchased_from=fields.date("purchased_from", draft.purchased_from),
        purchased_to=fields.date("purchased_to", draft.purchased_to),
    )
    if not fields.problems and rule == Rule(None, None, None, None, None, None):
        fields.add("location_id", "rule_is_empty")
    if rule.purchased_from and rule.purchased_to and rule.purchased_from > rule.purchased_to:
        fields.add("purchased_to", "not_within", f"{rule.purchased_from} -")
    fields.raise_problems()
    return rule


def preview_rule(
    session: Session, rule: Rule | ContractRule, limit: int
) -> tuple[int, Sequence[Any]]:
    """Give how many assets a rule takes in today, and the first of them by name."""
    ids = assets_of_rule(rule, read_places(session))
    count = session.scalar(sa.select(sa.func.count()).select_from(ids.subquery())) or 0
    query = sa.select(
        Asset.id, Asset.name, Asset.asset_tag, Asset.category, Asset.manufacturer, Asset.model_name
    )
    rows = session.execute(
        query.where(Asset.id.in_(ids)).order_by(Asset.name, Asset.id).limit(limit)
    ).all()
    return count, rows


def add_rule(
    session: Session,
    actor: Actor,
    contract_id: int,
    draft: RuleDraft,
    *,
    today: date,
    now: datetime,
) -> ContractRule:
    """Add a rule to a contract and evaluate it at once.

    Raises:
        NotAllowedError: the role may not edit contracts.
        NotFoundError: no such contract.
        InvalidInputError: names the fields.
    """
    require(actor, Action.EDIT_CONTRACT)
    row = locked_contract(session, contract_id)
    rule = read_rule(session, draft)
    count = sa.select(sa.func.count()).where(ContractRule.contract_id == contract_id)
    if (session.scalar(count) or 0) >= MOST_RULES:
        raise InvalidInputError([FieldProblem("location_id", "too_many_lines", str(MOST_RULES))])
    added = ContractRule(
        contract_id=contract_id,
        location_id=rule.location_id,
        category=rule.category,
        manufacturer=rule.manufacturer,
        model_name=rule.model_name,
        purchased_from=rule.purchased_from,
        purchased_to=rule.purchased_to,
        created_at=now,
        author=actor.name,
    )
    session.add(added)
    session.flush()
    record_contract(session, actor, row, now, {"rule": (None, _rule_text(session, added))})
    evaluate_contracts(session, [contract_id], today=today, now=now)
    return added


def remove_rule(
    session: Session, actor: Actor, contract_id: int, rule_id: int, *, today: date, now: datetime
) -> None:
    """Take a rule off a contract; what only it covered is covered no longer.

    Raises:
        NotAllowedError: the role may not edit contracts.
        NotFoundError: no such contract or rule.
    """
    require(actor, Action.EDIT_CONTRACT)
    row = locked_contract(session, contract_id)
    rule = session.get(ContractRule, rule_id)
    if rule is None or rule.contract_id != contract_id:
        raise NotFoundError(f"there is no rule {rule_id}")
    record_contract(session, actor, row, now, {"rule": (_rule_text(session, rule), None)})
    session.delete(rule)
    session.flush()
    evaluate_contracts(session, [contract_id], today=today, now=now)


def _new_lines(
    session: Session, contract_id: int, drafts: Sequence[LineDraft], now: datetime
) -> tuple[list[ContractLine], int]:
    """Read lines; gives the new ones, and how many the contract has already."""
    if len(drafts) > MOST_LINES:
        raise InvalidInputError([FieldProblem("lines", "too_many_lines", str(MOST_LINES))])
    serials = assets_of_serials(session, [draft.serial_number for draft in drafts])
    present = session.execute(
        sa.select(ContractLine.asset_id, ContractLine.serial_folded).where(
            ContractLine.contract_id == contract_id
        )
    ).all()
    taken: set[Any] = {value for row in present for value in row if value is not None}
    new: list[ContractLine] = []
    problems: list[FieldProblem] = []
    known = 0
    for draft in drafts:
        line = _line(session, contract_id, draft, serials, problems)
        keys = {key for key in (line.asset_id, line.serial_folded) if key is not None}
        if keys & taken:
            known += 1
            continue
        taken |= keys
        line.created_at, line.matched_at = now, now if line.asset_id else None
        new.append(line)
    if problems:
        raise InvalidInputError(problems[:50])
    return new, known


def _line(
    session: Session,
    contract_id: int,
    draft: LineDraft,
    serials: dict[str, int],
    problems: list[FieldProblem],
) -> ContractLine:
    fields = FieldReader()
    serial = fields.text("serial_number", draft.serial_number, most=255)
    tag = fields.text("asset_tag", draft.asset_tag, most=60)
    asset_id = serials.get(fold_serial(serial)) if serial else None
    if tag:
        found = session.execute(
            sa.select(Asset.id, Asset.serial_number).where(Asset.asset_tag == tag)
        ).first()
        if found is None and not serial:
            fields.add("asset_tag", "not_found", tag)
        elif found is not None:
            asset_id, serial = found.id, serial or found.serial_number or ""
    elif not serial:
        fields.add("serial_number", "required")
    line = ContractLine(
        contract_id=contract_id,
        asset_id=asset_id,
        serial_number=serial or None,
        serial_folded=fold_serial(serial) or None,
        description=fields.text("description", draft.description, most=500) or None,
        amount=fields.amount("amount", draft.amount),
        source=fields.text("source", draft.source, most=255),
    )
    problems += fields.problems
    return line


def _spelt(session: Session, name: str, fields: FieldReader, value: str) -> str | None:
    """Give a text as the inventory spells it, whatever its case and accents."""
    text = fields.text(name, value, most=255)
    if not text:
        return None
    column = getattr(Asset, name)
    if session.scalar(sa.select(sa.exists().where(column == text))):
        return text
    wanted = folded(text)
    for spelling in session.scalars(sa.select(column).where(column.is_not(None)).distinct()):
        if folded(spelling) == wanted:
            return str(spelling)
    return text


def _named(lines: Sequence[ContractLine]) -> str:
    names = [line.serial_number or f"#{line.asset_id}" for line in lines[:_SHOWN_NAMES]]
    more = f" +{len(lines) - _SHOWN_NAMES}" if len(lines) > _SHOWN_NAMES else ""
    return ", ".join(names) + more


def _rule_text(session: Session, rule: ContractRule) -> str:
    place = session.get(Location, rule.location_id) if rule.location_id else None
    parts = (
        place.name if place else None,
        rule.category.value if rule.category else None,
        rule.manufacturer,
        rule.model_name,
        f">= {rule.purchased_from}" if rule.purchased_from else None,
        f"<= {rule.purchased_to}" if rule.purchased_to else None,
    )
    return ", ".join(part for part in parts if part)
