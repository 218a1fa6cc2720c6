"""Whether products need a licence, as a person says: for one or many, and undone as one act."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import FieldProblem, InvalidInputError
from parc.models import ChangeSetKind, SoftwareProduct
from parc.services import audit
from parc.services.actor import Actor
from parc.services.change_sets import recording
from parc.services.permissions import Action, require
from parc.services.positions import mark_stale
from parc.services.software_status import MOST_PRODUCTS
from parc.software.licensing import LicenceNeed

AS_USUAL: Final = "usual"
_AT_ONCE: Final = 500


def set_need(
    session: Session, actor: Actor, need: str, product_ids: Sequence[int], *, at: datetime
) -> int:
    """Say whether products need a licence; gives how many changed.

    Args:
        need: ``yes``, ``no``, or ``usual`` for what the table that comes with Parc says.

    Raises:
        NotAllowedError: the role does not allow it.
        InvalidInputError: of ``licence_need``: it is none of these.
    """
    require(actor, Action.EDIT_LICENCE)
    if need != AS_USUAL and need not in set(LicenceNeed):
        raise InvalidInputError([FieldProblem("licence_need", "required")])
    value = None if need == AS_USUAL else LicenceNeed(need)
    row = SoftwareProduct
    wanted = sorted(set(product_ids))[:MOST_PRODUCTS]
    entries = []
    with recording(session, actor, ChangeSetKind.BULK_EDIT, {"code": "software_need"}, at):
        for start in range(0, len(wanted), _AT_ONCE):
            part = row.id.in_(wanted[start : start + _AT_ONCE])
            for one in session.scalars(sa.select(row).where(part).order_by(row.id)):
                if one.licence_need is value:
                    continue
                changes = {"licence_need": (one.licence_need, value)}
                one.licence_need = value
                entries.append(
                    audit.Entry("software_product", one.id, one.name, "changed", changes)
                )
        session.flush()
        audit.record_all(session, actor, at=at, entries=entries)
    mark_stale(session, [one.subject_id for one in entries])
    return len(entries)
