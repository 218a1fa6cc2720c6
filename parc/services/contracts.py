"""Contracts: created, changed, renewed, given notice of, and renewed by time alone.

A term that has begun is never overwritten: a renewal adds one. The dates of the last term stand on
the contract, so that lists need no arithmetic. Whatever changes a contract locks its row first.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.contract_dates import (
    MOST_MONTHS,
    Notice,
    Renewal,
    end_after,
    notice_deadline,
    terms_missing,
)
from parc.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from parc.models import Contract, ContractPeriod, PeriodKind, Supplier
from parc.naming import folded
from parc.services.actor import SYSTEM, Actor
from parc.services.audit import record
from parc.services.contract_drafts import ContractDraft, read_contract
from parc.services.fields import FieldReader
from parc.services.permissions import Action, require

_TERM: Final = ("starts_on", "initial_months")
_LAST_YEAR: Final = 2_400


def save_contract(
    session: Session,
    actor: Actor,
    draft: ContractDraft,
    *,
    now: datetime,
    today: date,
    contract_id: int | None = None,
    version: int | None = None,
) -> Contract:
    """Create a contract, or change the one of ``contract_id``.

    One that began long ago and renews tacitly gets the terms that have passed since. Its start and
    first term can be corrected until it has been renewed by a person.

    Args:
        today: where the reader is.
        version: of the contract as the person saw it; None: not checked.

    Raises:
        NotAllowedError: the role may not edit contracts.
        NotFoundError: no such contract.
        ConflictError: somebody changed it meanwhile.
        InvalidInputError: names the fields.
    """
    require(actor, Action.EDIT_CONTRACT)
    row = None
    if contract_id is not None:
        row = locked_contract(session, contract_id)
        if version is not None and row.version != version:
            raise ConflictError(f"{row.number} was changed meanwhile")
    values = read_contract(session, draft, contract_id)
    _check_reach(values)
    before = {name: getattr(row, name) if row else None for name in values}
    changes = {
        name: (stored(before[name]), stored(value))
        for name, value in values.items()
        if before[name] != value
    }
    if row is None:
        row = Contract(
            created_at=now, updated_at=now, ends_on=values["starts_on"], notice_by=None, **values
        )
        session.add(row)
        session.flush()
    elif changes:
        _check_term(session, row, values)
        for name, value in values.items():
            setattr(row, name, value)
        row.version += 1
        row.updated_at = now
    if contract_id is None or any(name in changes for name in _TERM):
        _begin(session, actor, row, now)
    roll_over(session, actor, row, today=today, now=now)
    show_dates(session, row)
    refresh_search(session, row)
    if changes:
        _record(session, actor, row, "changed" if contract_id else "created", now, changes)
    return row


def renew_contract(
    session: Session,
    actor: Actor,
    contract_id: int,
    *,
    months: str,
    amount: str = "",
    note: str = "",
    now: datetime,
) -> ContractPeriod:
    """Add a term that begins when the last one ends; takes a notice back.

    Args:
        months: its length, as typed.
        amount: of one bill from then on, as typed; empty: as before.

    Raises:
        NotAllowedError: the role may not edit contracts.
        NotFoundError: no such contract.
        InvalidInputError: names the fields.
    """
    require(actor, Action.EDIT_CONTRACT)
    row = locked_contract(session, contract_id)
    fields = FieldReader()
    length = fields.number("months", months, 1, MOST_MONTHS)
    paid = fields.amount("amount", amount)
    text = fields.text("note", note, most=500)
    total = months_of(session, contract_id) + length
    if row.starts_on.year + total // 12 >= _LAST_YEAR:
        fields.add("months", "too_far")
    fields.raise_problems()
    if paid is not None:
        row.amount = paid
    before = (row.ends_on, row.notice_given_on)
    row.notice_given_on, row.notice_note = None, None
    added = _add_period(session, actor, row, PeriodKind.EXPRESS, length, now=now, note=text)
    _touch(row, now)
    show_dates(session, row)
    changes = {"ends_on": (stored(before[0]), stored(row.ends_on))}
    if before[1] is not None:
        changes["notice_given_on"] = (stored(before[1]), None)
    _record(session, actor, row, "renewed", now, changes)
    return added


def give_notice(
    session: Session,
    actor: Actor,
    contract_id: int,
    *,
    given_on: str,
    note: str = "",
    now: datetime,
) -> Contract:
    """Note that notice was given: the contract ends with its term.

    Raises:
        NotAllowedError: the role may not edit contracts.
        NotFoundError: no such contract.
        InvalidInputError: the day is none, or after the end.
    """
    require(actor, Action.EDIT_CONTRACT)
    row = locked_contract(session, contract_id)
    fields = FieldReader()
    day = fields.required_date("given_on", given_on)
    text = fields.text("note", note, most=500)
    if day is not None and not row.starts_on <= day <= row.ends_on:
        fields.add("given_on", "not_within", f"{row.starts_on} - {row.ends_on}")
    fields.raise_problems()
    before = row.notice_given_on
    row.notice_given_on, row.notice_note = day, text or None
    _touch(row, now)
    session.flush()
    _record(
        session, actor, row, "notice_given", now, {"notice_given_on": (stored(before), stored(day))}
    )
    return row


def withdraw_notice(session: Session, actor: Actor, contract_id: int, *, now: datetime) -> Contract:
    """Take a notice back.

    Raises:
        NotAllowedError: the role may not edit contracts.
        NotFoundError: no such contract.
        ConflictError: no notice was given.
    """
    require(actor, Action.EDIT_CONTRACT)
    row = locked_contract(session, contract_id)
    if row.notice_given_on is None:
        raise ConflictError("no notice was given")
    changes = {"notice_given_on": (stored(row.notice_given_on), None)}
    row.notice_given_on, row.notice_note = None, None
    _touch(row, now)
    session.flush()
    _record(session, actor, row, "notice_withdrawn", now, changes)
    return row


def roll_over(session: Session, actor: Actor, row: Contract, *, today: date, now: datetime) -> int:
    """Add the terms by which a contract has renewed itself up to ``today``; gives how many."""
    if row.renewal is not Renewal.TACIT or row.notice_given_on is not None:
        return 0
    months = months_of(session, row.id)
    lengths = terms_missing(row.starts_on, months, row.renewal_months or 0, today)
    for length in lengths:
        _add_period(session, actor, row, PeriodKind.TACIT, length, now=now)
    if lengths:
        show_dates(session, row)
    return len(lengths)


def roll_over_due(session: Session, today: date, now: datetime, limit: int) -> int:
    """Renew some contracts whose term has ended and that renew tacitly; gives how many."""
    due = sa.select(Contract.id).where(
        Contract.ends_on < today,
        Contract.renewal == Renewal.TACIT,
        Contract.notice_given_on.is_(None),
        Contract.renewal_months > 0,
    )
    count = 0
    for number in session.scalars(due.order_by(Contract.id).limit(limit)).all():
        row = locked_contract(session, number)
        before = row.ends_on
        if roll_over(session, SYSTEM, row, today=today, now=now):
            changes = {"ends_on": (stored(before), stored(row.ends_on))}
            _record(session, SYSTEM, row, "renewed", now, changes)
            count += 1
    return count


def show_dates(session: Session, row: Contract) -> None:
    """Copy onto a contract when its last term ends, and until when notice can be given."""
    row.ends_on = end_after(row.starts_on, months_of(session, row.id))
    row.notice_by = None
    if row.renewal is not Renewal.NONE:
        row.notice_by = notice_deadline(row.ends_on, Notice(row.notice_count, row.notice_unit))
    session.flush()


def refresh_search(session: Session, row: Contract) -> None:
    """Make anew what a search finds a contract by."""
    ids = [number for number in (row.supplier_id, row.maintainer_id) if number]
    firms = session.scalars(sa.select(Supplier.name).where(Supplier.id.in_(ids)))
    texts = dict.fromkeys(folded(text) for text in (row.name, row.number, *firms))
    row.search_text = " ".join(texts)
    session.flush()


def months_of(session: Session, contract_id: int) -> int:
    """Count the months of all terms of a contract."""
    total = sa.select(sa.func.sum(ContractPeriod.months))
    return int(session.scalar(total.where(ContractPeriod.contract_id == contract_id)) or 0)


def locked_contract(session: Session, contract_id: int) -> Contract:
    """Give a contract that is about to be changed, locked.

    Raises:
        NotFoundError: no such contract.
    """
    row = session.get(Contract, contract_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFoundError(f"there is no contract {contract_id}")
    return row


def stored(value: Any) -> Any:
    """Give a value as the history takes it."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat("minutes") if hasattr(value, "tzinfo") else value


def record_contract(
    session: Session,
    actor: Actor,
    row: Contract,
    now: datetime,
    changes: dict[str, tuple[Any, Any]],
) -> None:
    """Add an entry "changed" to the history of a contract."""
    _record(session, actor, row, "changed", now, changes)


def _check_reach(values: dict[str, Any]) -> None:
    if values["starts_on"].year + values["initial_months"] // 12 >= _LAST_YEAR:
        raise InvalidInputError([FieldProblem("initial_months", "too_far")])


def _check_term(session: Session, row: Contract, values: dict[str, Any]) -> None:
    """Refuse another start or first term once a person has renewed the contract."""
    changed = [name for name in _TERM if getattr(row, name) != values[name]]
    if not changed:
        return
    query = sa.select(sa.func.count()).where(
        ContractPeriod.contract_id == row.id, ContractPeriod.kind == PeriodKind.EXPRESS
    )
    if session.scalar(query):
        raise InvalidInputError([FieldProblem(name, "is_renewed") for name in changed])


def _begin(session: Session, actor: Actor, row: Contract, now: datetime) -> None:
    """Write the first term; those that tacit renewal has added are made anew."""
    session.execute(sa.delete(ContractPeriod).where(ContractPeriod.contract_id == row.id))
    _add_period(session, actor, row, PeriodKind.INITIAL, row.initial_months, now=now)


def _add_period(
    session: Session,
    actor: Actor,
    row: Contract,
    kind: PeriodKind,
    months: int,
    *,
    now: datetime,
    note: str = "",
) -> ContractPeriod:
    last = session.execute(
        sa.select(ContractPeriod.position, ContractPeriod.ends_on)
        .where(ContractPeriod.contract_id == row.id)
        .order_by(ContractPeriod.position.desc())
        .limit(1)
    ).first()
    total = months_of(session, row.id) + months
    period = ContractPeriod(
        contract_id=row.id,
        position=last.position + 1 if last else 1,
        kind=kind,
        months=months,
        starts_on=date.fromordinal(last.ends_on.toordinal() + 1) if last else row.starts_on,
        ends_on=end_after(row.starts_on, total),
        amount=row.amount,
        note=note or None,
        author=actor.name,
        created_at=now,
    )
    session.add(period)
    session.flush()
    return period


def _touch(row: Contract, now: datetime) -> None:
    row.version += 1
    row.updated_at = now


def _record(
    session: Session,
    actor: Actor,
    row: Contract,
    action: str,
    now: datetime,
    changes: dict[str, tuple[Any, Any]],
) -> None:
    record(
        session,
        actor,
        at=now,
        subject_kind="contract",
        subject_id=row.id,
        subject_name=row.name,
        action=action,
        changes=changes,
    )
