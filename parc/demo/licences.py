"""Writes the licences of the invented organisation, their terms, and who was given a seat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from parc.contract_dates import end_after
from parc.models import EntitlementPeriodKind
from parc.services.actor import Actor
from parc.services.allocations import Holder, allocate
from parc.services.entitlement_drafts import (
    EntitlementDraft,
    PeriodDraft,
    add_period_draft,
    save_draft,
)

_DAYS_A_MONTH: Final = 30.44


def write_licences(
    session: Session,
    actor: Actor,
    licences: Sequence[Mapping[str, Any]],
    people: Sequence[tuple[int, bool]],
    now: datetime,
) -> None:
    """Write them.

    Args:
        people: the number of each, and whether they have left.
    """
    for one in licences:
        bought = now.date() - timedelta(days=round(one["months_ago"] * _DAYS_A_MONTH))
        draft = EntitlementDraft(
            name=one["name"],
            publisher=one["publisher"],
            type=one["type"],
            metric=one["metric"],
            quantity=str(one["quantity"]),
            version=one.get("version", ""),
        )
        number = save_draft(session, actor, draft, at=now).id
        ends = end_after(bought, one["months"]).isoformat() if one["months"] else ""
        period = PeriodDraft(
            kind=EntitlementPeriodKind.TERM.value,
            starts_on=bought.isoformat(),
            ends_on=ends,
            purchased_on=bought.isoformat(),
            cost=one["cost"],
            order_number=one["order"],
            supplier=one["supplier"],
        )
        add_period_draft(session, actor, number, period, at=now)
        able = [person for person, has_left in people if one["with_leavers"] or not has_left]
        holders = [Holder(person_id=person) for person in able[: one["given"]]]
        if holders:
            allocate(session, actor, number, holders, at=now, since_on=bought)
