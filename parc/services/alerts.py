"""Dates that come near: raised once for each date and each distance, never again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.contract_dates import Renewal
from parc.models import Alert, AlertKind, Asset, Contract, Entitlement, LifecycleState
from parc.services.contract_drafts import DEFAULT_ALERT_DAYS, chosen_days

LICENCE_KINDS: Final = (AlertKind.LICENCE_END, AlertKind.MAINTENANCE_END)
_GONE: Final = (LifecycleState.TO_DISPOSE, LifecycleState.DISPOSED, LifecycleState.STOLEN)
_Wanted = tuple[AlertKind, int, date, int]


def raise_alerts(session: Session, today: date, now: datetime) -> int:
    """Raise what has come near enough and was not raised at that distance; gives how many.

    A date that is first seen when it is near already is raised once, at the nearest distance.
    """
    wanted = [*_contracts(session, today), *_licences(session, today)]
    known = session.execute(
        sa.select(Alert.kind, Alert.subject_id, Alert.due_on, Alert.days).where(
            Alert.kind != AlertKind.WARRANTY_END, Alert.due_on >= today
        )
    )
    present = {tuple(row) for row in known}
    new = [alert for alert in wanted if alert not in present]
    session.add_all(
        Alert(kind=kind, subject_id=number, due_on=due, days=days, raised_at=now, is_told=False)
        for kind, number, due, days in new
    )
    session.flush()
    return len(new) + _raise_warranties(session, today, now)


def _contracts(session: Session, today: date) -> Iterator[_Wanted]:
    """Give what contracts want told, at the nearest distance that is reached."""
    contracts = session.execute(
        sa.select(
            Contract.id,
            Contract.ends_on,
            Contract.notice_by,
            Contract.notice_given_on,
            Contract.renewal,
            Contract.alert_days,
        ).where(Contract.ends_on >= today)
    )
    for row in contracts:
        for kind, due_on in _dates(row, today):
            near = [days for days in chosen_days(row.alert_days) if (due_on - today).days <= days]
            if near:
                yield kind, row.id, due_on, min(near)


def _licences(session: Session, today: date) -> Iterator[_Wanted]:
    """Give what licences want told: the ends of their last term and of their maintenance."""
    rows = session.execute(
        sa.select(
            Entitlement.id,
            Entitlement.ends_on,
            Entitlement.maintenance_ends_on,
            Entitlement.alert_days,
        ).where(sa.or_(Entitlement.ends_on >= today, Entitlement.maintenance_ends_on >= today))
    )
    for row in rows:
        usual = DEFAULT_ALERT_DAYS if row.alert_days is None else (row.alert_days,)
        for kind, due_on in zip(LICENCE_KINDS, (row.ends_on, row.maintenance_ends_on), strict=True):
            if due_on is None or due_on < today:
                continue
            near = [days for days in usual if (due_on - today).days <= days]
            if near:
                yield kind, row.id, due_on, min(near)


def set_told(session: Session, alert_ids: list[int], today: date) -> None:
    """Note that alerts stand in letters; those whose date is past are told nobody any more."""
    for start in range(0, len(alert_ids), 500):
        part = alert_ids[start : start + 500]
        session.execute(sa.update(Alert).where(Alert.id.in_(part)).values(is_told=True))
    late = sa.update(Alert).where(Alert.is_told.is_(False), Alert.due_on < today)
    session.execute(late.values(is_told=True))


def _dates(row: Any, today: date) -> Iterator[tuple[AlertKind, date]]:
    """Give the dates of a contract of which somebody must know."""
    has_renewal = row.renewal is not Renewal.NONE and row.notice_given_on is None
    if has_renewal and row.notice_by is not None and row.notice_by >= today:
        yield AlertKind.NOTICE, row.notice_by
    if not has_renewal or row.renewal is Renewal.EXPRESS:
        yield AlertKind.CONTRACT_END, row.ends_on


def _raise_warranties(session: Session, today: date, now: datetime) -> int:
    """Raise the ends of warranties by one statement a distance."""
    count, beyond = 0, -1
    for days in sorted(DEFAULT_ALERT_DAYS):
        first, last = today + timedelta(days=beyond + 1), today + timedelta(days=days)
        is_known = sa.exists().where(
            Alert.kind == AlertKind.WARRANTY_END,
            Alert.subject_id == Asset.id,
            Alert.due_on == Asset.warranty_ends_on,
            Alert.days == days,
        )
        new = sa.select(
            sa.literal(AlertKind.WARRANTY_END.value),
            Asset.id,
            Asset.warranty_ends_on,
            sa.literal(days),
            sa.literal(now, Alert.raised_at.type),
            sa.false(),
        ).where(
            Asset.warranty_ends_on.between(first, last),
            Asset.lifecycle_state.not_in(_GONE),
            ~is_known,
        )
        names = ["kind", "subject_id", "due_on", "days", "raised_at", "is_told"]
        statement = sa.insert(Alert).from_select(names, new)
        result: Any = session.execute(statement.execution_options(preserve_rowcount=True))
        count += int(result.rowcount)
        beyond = days
    return count
