"""Whether products may be used: set by people, one or many at a time, and undone as one act."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError
from parc.models import ChangeSetKind, ProductStatus, SoftwareProduct
from parc.services import audit
from parc.services.actor import Actor
from parc.services.change_sets import recording
from parc.services.fields import FieldReader
from parc.services.people import find_person
from parc.services.permissions import Action, require

MOST_PRODUCTS: Final = 10_000
_REASON: Final = 1_000
_AUDITED: Final = {"status": "product_status"}  # devices have a status too


@dataclass(frozen=True, slots=True)
class StatusDraft:
    """A status as it was typed; a tolerated product needs the day, the reason and the owner."""

    status: str
    reason: str = ""
    until: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class StatusPlan:
    """What would change: products with their status before, and the machines they are on."""

    changed: Sequence[SoftwareProduct]
    same_count: int
    machine_count: int


@dataclass(frozen=True, slots=True)
class _Values:
    status: ProductStatus
    reason: str | None
    until: date | None
    owner_id: int | None

    def of_row(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "status_reason": self.reason,
            "status_until": self.until,
            "status_owner_id": self.owner_id,
        }


def plan_status(session: Session, draft: StatusDraft, product_ids: Sequence[int]) -> StatusPlan:
    """Say what a status would change, without changing it.

    Raises:
        InvalidInputError: of ``status``, ``status_reason``, ``until`` or ``owner``.
    """
    return _plan(session, _values(session, draft), product_ids)


def set_status(
    session: Session, actor: Actor, draft: StatusDraft, product_ids: Sequence[int], *, at: datetime
) -> StatusPlan:
    """Give products a status.

    Raises:
        NotAllowedError: the role does not allow it.
        InvalidInputError: of ``status``, ``status_reason``, ``until`` or ``owner``.
    """
    require(actor, Action.EDIT_LICENCE)
    values = _values(session, draft)
    plan = _plan(session, values, product_ids)
    with recording(session, actor, ChangeSetKind.BULK_EDIT, {"code": "software_status"}, at):
        entries = []
        for row in plan.changed:
            changes = {}
            for name, value in values.of_row().items():
                before = getattr(row, name)
                if before != value:
                    changes[_AUDITED.get(name, name)] = (_plain(before), _plain(value))
                    setattr(row, name, value)
            entries.append(audit.Entry("software_product", row.id, row.name, "changed", changes))
        session.flush()
        audit.record_all(session, actor, at=at, entries=entries)
    return plan


def _plan(session: Session, values: _Values, product_ids: Sequence[int]) -> StatusPlan:
    row = SoftwareProduct
    wanted = sorted(set(product_ids))[:MOST_PRODUCTS]
    rows = [
        one
        for start in range(0, len(wanted), 500)
        for one in session.scalars(
            sa.select(row).where(row.id.in_(wanted[start : start + 500])).order_by(row.name_folded)
        )
    ]
    new = values.of_row()
    changed = [one for one in rows if any(getattr(one, name) != v for name, v in new.items())]
    return StatusPlan(changed, len(rows) - len(changed), sum(one.machine_count for one in changed))


def _values(session: Session, draft: StatusDraft) -> _Values:
    fields = FieldReader()
    if draft.status not in set(ProductStatus):
        raise InvalidInputError([FieldProblem("status", "required")])
    status = ProductStatus(draft.status)
    is_tolerated = status is ProductStatus.TOLERATED
    reason = fields.text("status_reason", draft.reason, most=_REASON, is_required=is_tolerated)
    until = fields.date("until", draft.until) if is_tolerated else None
    if is_tolerated and not draft.until.strip():
        fields.add("until", "required")
    owner_id = None
    if draft.owner.strip() or is_tolerated:
        try:
            owner_id = find_person(session, draft.owner)
        except InvalidInputError as error:
            for problem in error.problems:
                fields.add("owner", problem.code, problem.value)
    fields.raise_problems()
    return _Values(status, reason or None, until, owner_id)


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, ProductStatus) else value
