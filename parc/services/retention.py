"""What is thrown away by age: evidence, links, logs of runs, jobs, sessions, closed entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from parc.models import (
    Alert,
    Attachment,
    ChangeSet,
    ChangeSetPart,
    InboxEntry,
    InboxState,
    JobRun,
    JobState,
    MappedAddress,
    MessageState,
    Neighbor,
    OutgoingMessage,
    Run,
    RunState,
    SignInFailure,
    SignInLink,
    StoredObservation,
    UserSession,
    WirelessStation,
)

_BATCH = 500  # rows of one short transaction
_OPEN_RUNS = (RunState.QUEUED, RunState.RUNNING, RunState.HELD)
_OPEN_JOBS = (JobState.QUEUED, JobState.RUNNING)
_FAILURE_AGE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Ages:
    """How long each kind of thing is kept."""

    observations: timedelta
    runs: timedelta
    sessions: timedelta
    links: timedelta
    inbox: timedelta = timedelta(days=365)
    undo: timedelta = timedelta(days=90)


def purge_batch(session: Session, ages: Ages, now: datetime) -> int:
    """Delete a first batch of what is too old; gives how many rows, 0 when all is done.

    The last observation of each device by each means is kept whatever its age, and so is the
    evidence of a run whose plan is held. Runs take their log with them.
    """
    deleted = 0
    for model, condition in _conditions(ages, now):
        column = model.id
        ids = session.scalars(sa.select(column).where(condition).limit(_BATCH)).all()
        if ids:
            session.execute(
                sa.delete(model).where(column.in_(ids)).execution_options(synchronize_session=False)
            )
            deleted += len(ids)
    return deleted


_Purged = type[
    ChangeSetPart
    | StoredObservation
    | Run
    | JobRun
    | UserSession
    | SignInLink
    | SignInFailure
    | Attachment
    | Neighbor
    | MappedAddress
    | WirelessStation
    | InboxEntry
    | Alert
    | OutgoingMessage
]


def _conditions(ages: Ages, now: datetime) -> list[tuple[_Purged, sa.ColumnElement[bool]]]:
    links = now - ages.links
    return [
        (Attachment, Attachment.last_seen_at < links),
        (Neighbor, Neighbor.last_seen_at < links),
        (MappedAddress, MappedAddress.last_seen_at < links),
        (WirelessStation, WirelessStation.last_seen_at < links),
        (ChangeSetPart, _is_of_old_act(now - ages.undo)),
        (StoredObservation, _is_old_evidence(now - ages.observations)),
        (Run, sa.and_(Run.created_at < now - ages.runs, Run.state.not_in(_OPEN_RUNS))),
        (
            JobRun,
            sa.and_(JobRun.created_at < now - ages.runs, JobRun.state.not_in(_OPEN_JOBS)),
        ),
        (
            InboxEntry,  # what a person has left as it is must be remembered
            sa.and_(
                InboxEntry.state != InboxState.OPEN,
                InboxEntry.is_binding.is_(False),
                InboxEntry.closed_at < now - ages.inbox,
            ),
        ),
        (Alert, Alert.due_on < (now - ages.runs).date()),
        (
            OutgoingMessage,
            sa.and_(
                OutgoingMessage.created_at < now - ages.runs,
                OutgoingMessage.state.in_((MessageState.SENT, MessageState.FAILED)),
            ),
        ),
        (UserSession, UserSession.created_at < now - ages.sessions),
        (SignInLink, SignInLink.expires_at < now - timedelta(days=1)),
        (SignInFailure, SignInFailure.failed_at < now - _FAILURE_AGE),
    ]


def _is_of_old_act(limit: datetime) -> sa.ColumnElement[bool]:
    """Give the rows of acts that can be undone no more; the acts themselves stay."""
    return ChangeSetPart.change_set_id.in_(sa.select(ChangeSet.id).where(ChangeSet.at < limit))


def _is_old_evidence(limit: datetime) -> sa.ColumnElement[bool]:
    newer = aliased(StoredObservation)
    has_newer = sa.exists().where(
        newer.device_id == StoredObservation.device_id,
        newer.source == StoredObservation.source,
        sa.tuple_(newer.observed_at, newer.id)
        > sa.tuple_(StoredObservation.observed_at, StoredObservation.id),
    )
    held = sa.select(Run.id).where(Run.state.in_(_OPEN_RUNS))
    return sa.and_(
        StoredObservation.observed_at < limit,
        sa.or_(StoredObservation.device_id.is_(None), has_newer),
        sa.or_(StoredObservation.run_id.is_(None), StoredObservation.run_id.not_in(held)),
    )
