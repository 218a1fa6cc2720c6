"""Deleting a contract, as one act: what names it says so in its history, and all can come back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    Asset,
    ChangeSet,
    ChangeSetKind,
    Contract,
    ContractLine,
    ContractPeriod,
    ContractRule,
    Coverage,
    DocumentSubject,
    Entitlement,
    Movement,
)
from parc.queries.scope import unlimited
from parc.services import audit
from parc.services.actor import Actor
from parc.services.change_sets import recording
from parc.services.contracts import locked_contract
from parc.services.documents import delete_documents_of
from parc.services.entitlements import touch
from parc.services.permissions import Action, require
from parc.services.touched_assets import follow_later

# What goes with a contract.
_PARTS: Final[Sequence[Any]] = (ContractLine, ContractRule, Coverage, ContractPeriod)
_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class Naming:
    """How many movements and licences name a contract."""

    movements: int
    licences: int


def count_naming(session: Session, contract_id: int) -> Naming:
    """Count what would no longer name a contract once it is deleted, seen or not."""
    with unlimited(session):
        counts = [
            session.scalar(sa.select(sa.func.count()).where(model.contract_id == contract_id)) or 0
            for model in (Movement, Entitlement)
        ]
    return Naming(*counts)


def delete_contract(
    session: Session, actor: Actor, contract_id: int, *, now: datetime
) -> ChangeSet | None:
    """Delete a contract with its terms, lines, rules, history of cover and documents.

    Movements and licences no longer name it, and each asset and licence says so in its history. It
    is an act that can be undone.

    Returns:
        The act; None within another.

    Raises:
        NotAllowedError: the role may not edit contracts.
        NotFoundError: no such contract.
    """
    require(actor, Action.EDIT_CONTRACT)
    with unlimited(session):
        row = locked_contract(session, contract_id)
        title = {"code": "contract_deleted", "name": row.name, "number": row.number}
        with recording(session, actor, ChangeSetKind.DECISION, title, now) as act:
            _let_go(session, actor, row, now)
            delete_documents_of(session, DocumentSubject.CONTRACT, contract_id)
            gone = {"number": (row.number, None), "name": (row.name, None)}
            entry = audit.Entry("contract", contract_id, row.name, "deleted", gone)
            audit.record_all(session, actor, at=now, entries=[entry])
            _delete_parts(session, contract_id)
            session.delete(row)
            session.flush()
    return act


def _let_go(session: Session, actor: Actor, row: Contract, now: datetime) -> None:
    """Let movements and licences name the contract no longer."""
    change = {"contract_id": (f"{row.number} ({row.name})", None)}
    assets: dict[int, str] = {}
    query = sa.select(Movement, Asset.name).join(Asset, Asset.id == Movement.asset_id)
    for movement, name in session.execute(query.where(Movement.contract_id == row.id)).all():
        movement.contract_id = None
        assets[movement.asset_id] = name
    entries = [
        audit.Entry("asset", number, name, "changed", change) for number, name in assets.items()
    ]
    for licence in session.scalars(sa.select(Entitlement).where(Entitlement.contract_id == row.id)):
        licence.contract_id = None
        touch(licence, now)
        entries.append(audit.Entry("entitlement", licence.id, licence.name, "changed", change))
    audit.record_all(session, actor, at=now, entries=entries)
    session.flush()


def _delete_parts(session: Session, contract_id: int) -> None:
    """Delete what hangs on a contract, a part at a time; what it covered is looked at again."""
    for model in _PARTS:
        rows = session.scalars(sa.select(model).where(model.contract_id == contract_id)).all()
        if model is Coverage:
            follow_later(session, {one.asset_id for one in rows if one.until_on is None})
        for part in _some(rows):
            for one in part:
                session.delete(one)
            session.flush()


def _some(rows: Sequence[Any]) -> Iterator[Iterable[Any]]:
    for start in range(0, len(rows), _AT_ONCE):
        yield rows[start : start + _AT_ONCE]
