"""What happens by time: due ranges become runs, once a night old things are purged."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from parc.clock import Clock
from parc.errors import ConflictError
from parc.extensions import reading, transaction
from parc.queries.agents import has_waiting_inventory
from parc.queries.incident_reports import KEPT, has_many
from parc.queries.jobs import (
    has_due_range,
    has_job_since,
    last_arguments,
    last_entry_id,
)
from parc.queries.positions import has_stale
from parc.services.jobs import enqueue
from parc.services.outbox import has_due_message
from parc.services.slots import take_due_slots
from parc.services.software_refolding import SOFTWARE

AGENTS = "agents"
PURGE = "purge"
INBOX = "inbox"
COVER = "cover"
ALERTS = "alerts"
POSITIONS = "positions"
ALL_POSITIONS = "all_positions"
MAIL = "mail"
WATCH = "watch_folder"
ONLINE_SUPPORT = "online_support"
INCIDENT_REPORTS = "incident_reports"
_ASKED_EVERY = timedelta(days=7)
_PURGE_HOUR = 3
_PURGE_MINUTE = 40  # after the hour that clock changes repeat


def tick(clock: Clock) -> int:
    """Queue the runs that are due; gives how many. Needs an application context."""
    now = clock()
    with reading() as session:
        if not has_due_range(session, now):
            return 0
    with transaction() as session:
        return len(take_due_slots(session, now))


def queue_agents(clock: Clock) -> bool:
    """Queue the taking over of agents' inventories while any waits."""
    with reading() as session:
        if not has_waiting_inventory(session):
            return False
    try:
        with transaction() as session:
            enqueue(session, kind=AGENTS, arguments={}, key=AGENTS, now=clock(), lock=AGENTS)
    except ConflictError:  # it is waiting or running
        return False
    return True


def queue_purge(clock: Clock, zone: ZoneInfo) -> bool:
    """Queue the nightly purge once a night, or as soon as possible after a missed night."""
    return _queue_nightly(PURGE, clock, zone)


def queue_inbox(clock: Clock, zone: ZoneInfo) -> bool:
    """Queue the nightly look at all that may need a person, as the purge is queued."""
    return _queue_nightly(INBOX, clock, zone)


def queue_alerts(clock: Clock, zone: ZoneInfo) -> bool:
    """Queue the nightly look at dates that come near, as the purge is queued."""
    return _queue_nightly(ALERTS, clock, zone)


def queue_positions(clock: Clock, zone: ZoneInfo) -> bool:
    """Queue the making of all positions once a night, and of those that are stale meanwhile."""
    if _queue_nightly(ALL_POSITIONS, clock, zone):
        return True
    with reading() as session:
        if not has_stale(session):
            return False
    return _queue(POSITIONS, {}, clock())


def queue_incident_reports(clock: Clock) -> bool:
    """Queue the making of indicators, well before those of many incidents are too old."""
    now = clock()
    with reading() as session:
        made_lately = has_job_since(session, INCIDENT_REPORTS, now - KEPT / 3)
        if made_lately or not has_many(session):
            return False
    return _queue(INCIDENT_REPORTS, {}, now)


def queue_software(clock: Clock, zone: ZoneInfo) -> bool:
    """Queue the nightly look at found software, as the purge is queued."""
    return _queue_nightly(SOFTWARE, clock, zone)


def queue_online_support(clock: Clock) -> bool:
    """Queue the asking for ends of support when the last is a week old."""
    now = clock()
    with reading() as session:
        if has_job_since(session, ONLINE_SUPPORT, now - _ASKED_EVERY):
            return False
    return _queue(ONLINE_SUPPORT, {}, now)


def queue_cover(clock: Clock, zone: ZoneInfo) -> bool:
    """Queue the evaluation of cover when the day or anything in the history is new since the last.

    Whatever changes an asset or a contract leaves an entry in the history: its latest number tells
    whether there is anything to do.
    """
    now = clock()
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    with reading() as session:
        entry = last_entry_id(session)
        known = last_arguments(session, COVER, midnight)
    if known is not None and known.get("entry_id") == entry:
        return False
    return _queue(COVER, {"entry_id": entry}, now)


def queue_mail(clock: Clock) -> bool:
    """Queue the sending of letters when one is due."""
    now = clock()
    with reading() as session:
        if not has_due_message(session, now):
            return False
    return _queue(MAIL, {}, now)


def queue_watch(clock: Clock, minutes: int) -> bool:
    """Queue a look at the watched folder when the last is ``minutes`` old."""
    now = clock()
    with reading() as session:
        if has_job_since(session, WATCH, now - timedelta(minutes=minutes)):
            return False
    return _queue(WATCH, {}, now)


def _queue(kind: str, arguments: dict[str, int], now: datetime) -> bool:
    try:
        with transaction() as session:
            enqueue(session, kind=kind, arguments=arguments, key=kind, now=now, max_attempts=2)
    except ConflictError:  # it waits or runs already
        return False
    return True


def _queue_nightly(kind: str, clock: Clock, zone: ZoneInfo) -> bool:
    now = clock()
    night = _last_night(now, zone)
    with reading() as session:
        if has_job_since(session, kind, night):
            return False
    try:
        with transaction() as session:
            if has_job_since(session, kind, night):
                return False
            enqueue(session, kind=kind, arguments={}, key=kind, now=now, max_attempts=2)
    except ConflictError:  # another server process was faster, or last night's is still running
        return False
    return True


def _last_night(now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    night = local.replace(hour=_PURGE_HOUR, minute=_PURGE_MINUTE, second=0, microsecond=0, fold=0)
    return night if night <= local else night - timedelta(days=1)
