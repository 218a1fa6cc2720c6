"""What must hold in the database whatever happened, and how to mend it where it does not.

Read only: a person decides. Each check gives findings; a sound database gives none.
"""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import (
    Asset,
    AssetField,
    AuditEntry,
    Base,
    ChangeSetPart,
    Device,
    DeviceStatus,
    FollowUp,
    Incident,
    JobRun,
    JobState,
    Priority,
    Run,
    RunState,
)
from parc.precedence import STATED
from parc.reconcile.doubled import doubled_assets, doubled_keys, mixed_assets
from parc.secret_box import SecretBox
from parc.services.incident_priority import rank_of
from parc.services.incident_states import OPEN
from parc.services.keys import find_damaged
from parc.services.row_images import unpack

_PAIR: Final = 2
_PARTS_AT_ONCE: Final = 10
# What the last entry of an asset that is gone says.
_ENDINGS: Final = ("deleted", "merged_away", "undone")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        check: code of the invariant that is broken.
        subject: what it is about, such as ``device 7``.
        remedy: what to do.
    """

    check: str
    subject: str
    detail: str
    remedy: str


def examine(session: Session, box: SecretBox, now: datetime) -> list[Finding]:
    """Try every invariant; gives what is broken, in the order of the checks."""
    findings = [finding for check in _CHECKS for finding in check(session, now)]
    _, damaged = find_damaged(session, box)
    remedy = "Restore the key file from its backup, or type the secrets again."
    return findings + [
        Finding("secret", f"credential {one.credential}", one.reason, remedy) for one in damaged
    ]


def _orphans(session: Session, now: datetime) -> Iterator[Finding]:
    """Find rows that point at a row that is not there; only a write past the code makes them."""
    del now
    remedy = "Restore the database from a backup, or delete these rows."
    for table in Base.metadata.sorted_tables:
        for key in table.foreign_keys:
            column, target = key.parent, key.column
            other = target.table.alias("target")
            missing = ~sa.exists().where(other.c[target.name] == column)
            query = sa.select(sa.func.count()).select_from(table)
            count = session.scalar(query.where(column.is_not(None), missing))
            if count:
                detail = f"{count} row(s) whose {column.name} is no {target.table.name}"
                yield Finding("orphan", table.name, detail, remedy)


def _doubled_keys(session: Session, now: datetime) -> Iterator[Finding]:
    """Find strong keys of several present devices of which the history tells no conflict."""
    del now
    remedy = (
        "Look at both on the network; merge their records, attach one to the other's asset, or "
        "ignore the key (parc ignored-keys add)."
    )
    for key, ids in doubled_keys(session):
        detail = f"{key.kind} {key.value} is also that of {', '.join(map(str, ids[1:]))}"
        yield Finding("doubled_key", f"device {ids[0]}", detail, remedy)


def _doubled_assets(session: Session, now: datetime) -> Iterator[Finding]:
    """Find serial numbers that several live assets have."""
    del now
    remedy = "Merge the records if they are one machine, else correct the serial number of one."
    for key, ids in doubled_assets(session):
        detail = f"{key.kind} {key.value} is also that of {', '.join(map(str, ids[1:]))}"
        yield Finding("doubled_asset", f"asset {ids[0]}", detail, remedy)


def _mixed_assets(session: Session, now: datetime) -> Iterator[Finding]:
    """Find assets that stand for several machines of which the inbox does not tell."""
    remedy = "parc inbox settle opens an entry: the record is split there, or said to be one."
    for number, serials in mixed_assets(session, now):
        detail = f"its devices show {', '.join(serials)}"
        yield Finding("mixed_asset", f"asset {number}", detail, remedy)


def _standing(session: Session, now: datetime) -> Iterator[Finding]:
    """Find devices whose status and asset contradict each other."""
    del now
    is_linked = Device.status == DeviceStatus.LINKED
    query = sa.select(Device.id, Device.status).where(is_linked != Device.asset_id.is_not(None))
    for number, status in session.execute(query.order_by(Device.id)):
        has = "without an asset" if status is DeviceStatus.LINKED else "with an asset"
        remedy = "Attach the device to its asset again, or ignore it."
        yield Finding("standing", f"device {number}", f"{status.value} {has}", remedy)


def _locks(session: Session, now: datetime) -> Iterator[Finding]:
    """Find locks of values that are no person's: machines could not write them, and nobody sees."""
    del now
    query = sa.select(AssetField.asset_id, AssetField.field, AssetField.source).where(
        AssetField.lock.is_not(None), AssetField.source.not_in(STATED)
    )
    for number, name, source in session.execute(
        query.order_by(AssetField.asset_id, AssetField.field)
    ):
        detail = f"{name} is of {source.value}, and locked"
        remedy = f"Lock it by hand or lift the lock: parc values release {number} {name}."
        yield Finding("lock", f"asset {number}", detail, remedy)


def _stuck_work(session: Session, now: datetime) -> Iterator[Finding]:
    """Find jobs that run with nobody at work, and runs that go on without a job."""
    late = sa.or_(JobRun.lease_until.is_(None), JobRun.lease_until < now, JobRun.worker.is_(None))
    query = sa.select(JobRun.id, JobRun.kind).where(JobRun.state == JobState.RUNNING, late)
    for number, kind in session.execute(query.order_by(JobRun.id)):
        remedy = "Start parc serve or parc worker: it takes the job up again or ends it."
        yield Finding("job", f"job {number}", f"{kind} runs without a worker", remedy)
    is_open = JobRun.state.in_([JobState.QUEUED, JobState.RUNNING])
    has_job = sa.exists().where(JobRun.id == Run.job_id, is_open)
    stuck = sa.select(Run.id, Run.range_name).where(Run.state == RunState.RUNNING, ~has_job)
    for number, name in session.execute(stuck.order_by(Run.id)):
        remedy = "Start the discovery of the range again; a new run takes its place."
        yield Finding("run", f"run {number}", f"{name} is running without a job", remedy)


def _history(session: Session, now: datetime) -> Iterator[Finding]:
    """Find entries that do not say before and after, and assets gone without an entry."""
    del now
    query = sa.select(AuditEntry.id, AuditEntry.changes).order_by(AuditEntry.id)
    for number, changes in session.execute(query.execution_options(yield_per=1000)):
        whole = isinstance(changes, dict) and all(
            value is None or not isinstance(value, list) or len(value) == _PAIR
            for value in changes.values()
        )
        if not whole:
            remedy = "Somebody has changed the history: restore the entry from a backup."
            yield Finding("history", f"entry {number}", "not of before and after", remedy)
    last = (
        sa.select(sa.func.max(AuditEntry.id))
        .where(
            AuditEntry.subject_kind == "asset",
            ~sa.exists().where(Asset.id == AuditEntry.subject_id),
        )
        .group_by(AuditEntry.subject_id)
    )
    gone = sa.select(AuditEntry.subject_id).where(
        AuditEntry.id.in_(last), AuditEntry.action.not_in(_ENDINGS)
    )
    for number in session.scalars(gone.order_by(AuditEntry.subject_id)):
        remedy = "It was deleted past Parc: restore it from a backup if it is missed."
        yield Finding("history", f"asset {number}", "is gone without an entry", remedy)


def _acts(session: Session, now: datetime) -> Iterator[Finding]:
    """Find acts whose rows can no longer be read: they cannot be undone."""
    del now
    query = sa.select(ChangeSetPart.change_set_id, ChangeSetPart.body).order_by(ChangeSetPart.id)
    damaged = set()
    for number, body in session.execute(query.execution_options(yield_per=_PARTS_AT_ONCE)):
        try:
            deque(unpack(body), maxlen=0)
        except (ValueError, zlib.error):
            damaged.add(number)
    for number in sorted(damaged):
        remedy = "It cannot be undone: restore the database from a backup if it must be."
        yield Finding("act", f"change {number}", "its rows cannot be read", remedy)


def _counts(session: Session, now: datetime) -> Iterator[Finding]:
    """Find runs that have swept more than there was to sweep."""
    del now
    query = sa.select(Run.id, Run.swept_count, Run.address_count)
    for number, swept, most in session.execute(query.where(Run.swept_count > Run.address_count)):
        remedy = "Only the figures of this run are wrong; discover the range again."
        yield Finding("count", f"run {number}", f"{swept} of {most} addresses swept", remedy)


def _incidents(session: Session, now: datetime) -> Iterator[Finding]:
    """Find incidents whose copies of their state, of their priority or of the time differ."""
    del now
    spent = (
        sa.select(sa.func.coalesce(sa.func.sum(FollowUp.minutes), 0))
        .where(FollowUp.incident_id == Incident.id)
        .correlate(Incident)
        .scalar_subquery()
    )
    is_open = Incident.state.in_(OPEN)
    ranks = {priority: rank_of(priority) for priority in Priority}
    wrong = {
        "is_open is not that of its state": Incident.is_open != is_open,
        "priority_rank is not that of its priority": Incident.priority_rank
        != sa.case(*((Incident.priority == one, number) for one, number in ranks.items()), else_=0),
        "minutes_spent is not the sum of its follow-ups": Incident.minutes_spent != spent,
        "its live_key is that of another rule": sa.and_(
            Incident.live_key.is_not(None),
            Incident.live_key != sa.type_coerce(Incident.rule, sa.String) + " " + Incident.rule_key,
        ),
    }
    for detail, condition in wrong.items():
        for number in session.scalars(sa.select(Incident.id).where(condition)):
            remedy = "It was written past Parc: restore it from a backup, or correct the column."
            yield Finding("incident", f"incident {number}", detail, remedy)


_CHECKS: Final[tuple[Callable[[Session, datetime], Iterator[Finding]], ...]] = (
    _orphans,
    _doubled_keys,
    _doubled_assets,
    _mixed_assets,
    _standing,
    _locks,
    _stuck_work,
    _history,
    _acts,
    _counts,
    _incidents,
)
