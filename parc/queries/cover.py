"""What covers an asset on a day, whom to call about it, and what covered it when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from parc.models import Asset, Contract, ContractType, Coverage, CoverSource, Supplier
from parc.support_hours import Hours, SupportHours

_MOST: Final = 50
# Whom to call first: who mends the machine, before who lets or insures it.
_ORDER: Final = (
    ContractType.HARDWARE_MAINTENANCE,
    ContractType.SERVICE,
    ContractType.RENTAL,
    ContractType.LEASE,
    ContractType.SOFTWARE_MAINTENANCE,
    ContractType.TELECOM,
    ContractType.INSURANCE,
)
_SUPPLIER = aliased(Supplier)
_MAINTAINER = aliased(Supplier)


@dataclass(frozen=True, slots=True)
class Cover:
    """One thing that covers an asset: a contract, or without ``contract_id`` its warranty.

    Attributes:
        until: the last day.
        firm: who is called, with the numbers of the contract or else its own.
        hours: when somebody answers; not known for a warranty.
    """

    until: date
    contract_id: int | None
    name: str
    number: str
    type: ContractType | None
    source: CoverSource | None
    firm: str
    phone: str
    email: str
    portal: str
    customer_number: str
    how_to_call: str
    hours: SupportHours
    response_minutes: int | None
    restoration_minutes: int | None


@dataclass(frozen=True, slots=True)
class Call:
    """Whom to call at a moment: now, or from ``opens_at``; None: no hours were agreed."""

    cover: Cover
    is_open: bool
    opens_at: datetime | None


def cover_of(session: Session, asset_id: int, day: date) -> list[Cover]:
    """Give what covers an asset on a day: two statements; who mends it stands first."""
    found = [_of_contract(row) for row in session.execute(_contracts(asset_id, day))]
    found.sort(key=lambda one: (_ORDER.index(one.type) if one.type else 0, -one.until.toordinal()))
    warranty = session.execute(
        sa.select(Asset.warranty_ends_on, _SUPPLIER)
        .outerjoin(_SUPPLIER, _SUPPLIER.id == Asset.supplier_id)
        .where(
            Asset.id == asset_id,
            Asset.warranty_ends_on >= day,
            sa.or_(Asset.warranty_starts_on.is_(None), Asset.warranty_starts_on <= day),
        )
    ).first()
    if warranty is not None:
        found.insert(0, _of_warranty(warranty[0] or day, warranty[1]))
    return found


def whom_to_call(covers: Sequence[Cover], moment: datetime) -> Call | None:
    """Choose whom to call about an asset at a moment.

    The first of ``cover_of`` where somebody answers now; else the one that answers soonest; else
    the first with a number but no agreed hours.
    """
    reachable = [one for one in covers if one.phone or one.email or one.portal]
    calls = [Call(one, one.hours.is_open(moment), one.hours.opens_at(moment)) for one in reachable]
    for call in calls:
        if call.is_open or not call.cover.hours.is_known:
            return call
    later = [call for call in calls if call.opens_at is not None]
    return min(later, key=lambda call: (call.opens_at, call.cover.until), default=None)


def history_of(session: Session, asset_id: int) -> Sequence[Any]:
    """Give which contracts covered an asset from when until when, the latest first."""
    query = (
        sa.select(Coverage.from_on, Coverage.until_on, Coverage.source, Contract.id, Contract.name)
        .join(Contract, Contract.id == Coverage.contract_id)
        .where(Coverage.asset_id == asset_id)
        .order_by(Coverage.from_on.desc(), Coverage.id.desc())
    )
    return session.execute(query.limit(_MOST)).all()


def _contracts(asset_id: int, day: date) -> sa.Select[*tuple[Any, ...]]:
    return (
        sa.select(Contract, Coverage.source, _SUPPLIER, _MAINTAINER)
        .join(Coverage, Coverage.contract_id == Contract.id)
        .join(_SUPPLIER, _SUPPLIER.id == Contract.supplier_id)
        .outerjoin(_MAINTAINER, _MAINTAINER.id == Contract.maintainer_id)
        .where(
            Coverage.asset_id == asset_id,
            *_on(day),
            Contract.starts_on <= day,
            Contract.ends_on >= day,
        )
        .order_by(Contract.id)
        .limit(_MOST)
    )


def _on(day: date) -> tuple[sa.ColumnElement[bool], ...]:
    return Coverage.from_on <= day, sa.or_(Coverage.until_on.is_(None), Coverage.until_on > day)


def _of_contract(row: Any) -> Cover:
    contract, source, supplier, maintainer = row
    firm = maintainer or supplier
    return Cover(
        until=contract.ends_on,
        contract_id=contract.id,
        name=contract.name,
        number=contract.number,
        type=contract.type,
        source=source,
        firm=firm.name,
        phone=contract.support_phone or firm.support_phone or supplier.support_phone or "",
        email=contract.support_email or firm.support_email or supplier.support_email or "",
        portal=firm.portal_url or "",
        customer_number=firm.customer_number or "",
        how_to_call=contract.how_to_call or "",
        hours=hours_of(contract),
        response_minutes=contract.response_minutes,
        restoration_minutes=contract.restoration_minutes,
    )


def _of_warranty(until: date, firm: Supplier | None) -> Cover:
    return Cover(
        until=until,
        contract_id=None,
        name="",
        number="",
        type=None,
        source=None,
        firm=firm.name if firm else "",
        phone=(firm.support_phone if firm else None) or "",
        email=(firm.support_email if firm else None) or "",
        portal=(firm.portal_url if firm else None) or "",
        customer_number=(firm.customer_number if firm else None) or "",
        how_to_call="",
        hours=SupportHours(None, None, None, "Europe/Paris"),
        response_minutes=None,
        restoration_minutes=None,
    )


def hours_of(row: Contract) -> SupportHours:
    """Give the support hours of a contract."""

    def span(begin: Any, end: Any) -> Hours:
        return None if begin is None or end is None else (begin, end)

    return SupportHours(
        span(row.week_from, row.week_to),
        span(row.saturday_from, row.saturday_to),
        span(row.sunday_from, row.sunday_to),
        row.time_zone,
    )
