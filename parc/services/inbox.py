"""What people do with entries of the inbox: decide, leave as it is, assign, put off.

Decisions are those that Parc has already for devices, assets and runs; here they are only given to
the right one, and the entry keeps who decided what. Functions take the session and the actor and
never commit. Whoever calls them lets the inbox be settled afterwards in the same transaction.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.config import InboxSettings
from parc.errors import ConflictError, FieldProblem, InvalidInputError, NotFoundError
from parc.models import (
    ChangeSetKind,
    Device,
    Difference,
    InboxDevice,
    InboxEntry,
    InboxKind,
    InboxState,
    LifecycleState,
    Role,
    User,
)
from parc.queries.inbox_cause import OF_ASSETS, Scope, make_ground
from parc.queries.inbox_unknown import grouped_device_ids
from parc.services import allocations, assets, audit, devices, ignored_keys, runs
from parc.services.actor import Actor
from parc.services.change_sets import recording
from parc.services.permissions import RIGHTS, Action, require
from parc.services.provenance import Settling, settle_difference


class Decision(enum.StrEnum):
    """What can be decided; what it means depends on the kind of the entry."""

    ACCEPT = "accept"
    ATTACH = "attach"
    IGNORE = "ignore"
    KEEP = "keep"
    LEAVE = "leave"


_D = Decision
OFFERED: Final[Mapping[InboxKind, tuple[Decision, ...]]] = {
    InboxKind.HELD_RUN: (_D.ACCEPT, _D.IGNORE),
    InboxKind.GONE_SEEN: (_D.ACCEPT, _D.LEAVE),
    InboxKind.IDENTITY_CONFLICT: (_D.ACCEPT, _D.LEAVE, _D.IGNORE),
    InboxKind.MIXED_RECORD: (_D.ACCEPT, _D.LEAVE),
    InboxKind.DUPLICATE_ADDRESS: (_D.LEAVE,),
    InboxKind.STOCK_SEEN: (_D.ACCEPT, _D.LEAVE),
    InboxKind.HOLDER_LEFT: (_D.ACCEPT, _D.LEAVE),
    InboxKind.SEAT_RELEASE: (_D.ACCEPT, _D.LEAVE),
    InboxKind.DIFFERENCE: (_D.ACCEPT, _D.KEEP, _D.LEAVE),
    InboxKind.UNKNOWN_DEVICE: (_D.ACCEPT, _D.ATTACH, _D.IGNORE),
    InboxKind.UNKNOWN_GROUP: (_D.ACCEPT, _D.IGNORE),
    InboxKind.SILENT: (_D.ACCEPT, _D.LEAVE),
}


# What a decision about an entry of differences is about each of them.
_SETTLED: Final[Mapping[Decision, Settling]] = {
    Decision.ACCEPT: Settling.TAKE,
    Decision.KEEP: Settling.KEEP,
    Decision.LEAVE: Settling.KEEP_UNTIL_CHANGED,
}


@dataclass(frozen=True, slots=True)
class Order:
    """What is decided, with the words that some decisions need.

    Attributes:
        reason, until: of ignoring devices.
        asset_id: what devices are attached to.
    """

    decision: Decision
    at: datetime
    rules: InboxSettings
    reason: str = ""
    until: datetime | None = None
    asset_id: int | None = None


@dataclass(slots=True)
class Touched:
    """What a decision may have changed, so that the inbox can be settled about it.

    Attributes:
        act_id: of the act that it is, where it changed what can be undone.
    """

    devices: set[int] = field(default_factory=set)
    assets: set[int] = field(default_factory=set)
    ranges: set[int] = field(default_factory=set)
    people: set[int] = field(default_factory=set)
    act_id: int | None = None

    def scope(self) -> Scope:
        """Give it as a scope."""
        devices, ranges = frozenset(self.devices), frozenset(self.ranges)
        people = frozenset(self.people)
        return Scope(devices, frozenset(self.assets), ranges, is_end=True, people=people)


def offered(entry: InboxEntry) -> tuple[Decision, ...]:
    """Give what can be decided about an entry."""
    is_disposed = entry.evidence.get("state") == LifecycleState.DISPOSED.value
    if entry.kind is InboxKind.GONE_SEEN and is_disposed:
        return (Decision.LEAVE,)  # only a correction brings it back, on the asset's own page
    if entry.kind is InboxKind.IDENTITY_CONFLICT and not entry.evidence.get("ignorable"):
        return (Decision.ACCEPT, Decision.LEAVE)
    return OFFERED[entry.kind]


def decide(session: Session, actor: Actor, entry_ids: Sequence[int], order: Order) -> Touched:
    """Decide about entries, all or none.

    Raises:
        NotFoundError: one of them, or what it is about, is not there.
        ConflictError: one is not open any more, or its kind knows no such decision.
        InvalidInputError: a reason or a moment is missing or wrong.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.DECIDE_INBOX)
    grouped: dict[InboxKind, list[InboxEntry]] = defaultdict(list)
    entries = _open_entries(session, entry_ids)
    for entry in entries:
        if order.decision not in offered(entry):
            raise ConflictError(f"{order.decision.value} is no decision about {entry.subject}")
        grouped[entry.kind].append(entry)
    touched = Touched()
    title = {"code": "decided", "decision": order.decision.value, "count": len(entries)}
    with recording(session, actor, ChangeSetKind.DECISION, title, order.at) as act:
        for kind, some in grouped.items():
            if order.decision is Decision.LEAVE and kind is not InboxKind.DIFFERENCE:
                _leave(session, actor, some, order.at)
            else:
                _ACTS[kind](session, actor, some, order, touched)
    touched.act_id = act.id if act is not None and act.row_count else None
    for entry in entries:
        _note(touched, entry)
        _end(entry, actor, order)
    return touched


def assign(
    session: Session,
    actor: Actor,
    entry_ids: Sequence[int],
    user_id: int | None,
    *,
    at: datetime,
) -> None:
    """Give entries to a colleague, or to nobody.

    Raises:
        NotFoundError: one of the entries is not there.
        ConflictError: one is not open any more.
        InvalidInputError: there is no such colleague who may decide.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.DECIDE_INBOX)
    user = session.get(User, user_id) if user_id is not None else None
    if user_id is not None and (user is None or not user.is_active or not _may_decide(user.role)):
        raise InvalidInputError([FieldProblem("assignee", "not_found", str(user_id))])
    for entry in _open_entries(session, entry_ids):
        if entry.assignee_id == user_id:
            continue
        entry.assignee_id = user_id
        change = {"assignee": (None, user.display_name if user else None)}
        _record(session, actor, entry, "assigned", at, change)


def snooze(
    session: Session, actor: Actor, entry_ids: Sequence[int], until: datetime, *, at: datetime
) -> None:
    """Put entries out of sight until a moment, which is when they are due then.

    Raises:
        NotFoundError: one of the entries is not there.
        ConflictError: one is not open any more.
        InvalidInputError: the moment is past.
        NotAllowedError: the role does not allow it.
    """
    require(actor, Action.DECIDE_INBOX)
    if until <= at:
        raise InvalidInputError([FieldProblem("until", "in_the_past")])
    for entry in _open_entries(session, entry_ids):
        change = {"until": (entry.due_at.isoformat(), until.isoformat())}
        entry.snoozed_until = entry.due_at = until
        _record(session, actor, entry, "snoozed", at, change)


def _may_decide(role: Role) -> bool:
    return Action.DECIDE_INBOX in RIGHTS[role]


def _open_entries(session: Session, entry_ids: Sequence[int]) -> list[InboxEntry]:
    found: dict[int, InboxEntry] = {}
    wanted = sorted(set(entry_ids))
    for start in range(0, len(wanted), 500):
        query = sa.select(InboxEntry).where(InboxEntry.id.in_(wanted[start : start + 500]))
        rows = session.scalars(query.order_by(InboxEntry.id).with_for_update())
        found |= {entry.id: entry for entry in rows}
    missing = [str(number) for number in wanted if number not in found]
    if missing:
        raise NotFoundError(f"there is no entry {', '.join(missing)}")
    for entry in found.values():
        if entry.state is not InboxState.OPEN:
            raise ConflictError(f"{entry.subject} is not open any more")
    return [found[number] for number in dict.fromkeys(entry_ids)]


def _leave(session: Session, actor: Actor, entries: Sequence[InboxEntry], at: datetime) -> None:
    """Say that entries are right as they are: they come back with other evidence only."""
    for entry in entries:
        entry.is_binding = True
        _record(session, actor, entry, "left", at, {"kind": (None, entry.kind.value)})


def _end(entry: InboxEntry, actor: Actor, order: Order) -> None:
    entry.state = InboxState.DECIDED
    entry.reason = order.decision.value
    entry.closed_at = order.at
    entry.closed_by = actor.name[:200]


def _note(touched: Touched, entry: InboxEntry) -> None:
    for numbers, number in (
        (touched.devices, entry.device_id),
        (touched.assets, entry.asset_id),
        (touched.ranges, entry.range_id),
    ):
        if number is not None:
            numbers.add(number)


def _device_ids(entries: Sequence[InboxEntry]) -> list[int]:
    missing = [entry.subject for entry in entries if entry.device_id is None]
    if missing:
        raise NotFoundError(f"{missing[0]} is not there any more")
    return [entry.device_id for entry in entries if entry.device_id is not None]


def _decide_devices(
    session: Session, actor: Actor, device_ids: Sequence[int], order: Order, touched: Touched
) -> None:
    touched.devices |= set(device_ids)
    if order.decision is Decision.IGNORE:
        devices.ignore(
            session, actor, device_ids, reason=order.reason, until=order.until, at=order.at
        )
    elif order.decision is Decision.ATTACH:
        if order.asset_id is None:
            raise InvalidInputError([FieldProblem("asset_id", "required")])
        devices.attach(session, actor, device_ids, order.asset_id, at=order.at)
        touched.assets.add(order.asset_id)
    else:
        devices.accept(session, actor, device_ids, at=order.at)


def _unknown_devices(
    session: Session, actor: Actor, entries: Sequence[InboxEntry], order: Order, touched: Touched
) -> None:
    _decide_devices(session, actor, _device_ids(entries), order, touched)


def _unknown_groups(
    session: Session, actor: Actor, entries: Sequence[InboxEntry], order: Order, touched: Touched
) -> None:
    ground = make_ground(session, order.rules, order.at, Scope())
    for entry in entries:
        ids = grouped_device_ids(session, ground, entry.range_id)
        _decide_devices(session, actor, ids, order, touched)


def _differences(
    session: Session, actor: Actor, entries: Sequence[InboxEntry], order: Order, touched: Touched
) -> None:
    del touched
    decision = _SETTLED[order.decision]
    for entry in entries:
        query = sa.select(Difference.field).where(
            Difference.asset_id == entry.asset_id, Difference.is_kept.is_(False)
        )
        for name in session.scalars(query.order_by(Difference.field)).all():
            asset_id = entry.asset_id or 0
            settle_difference(session, actor, asset_id, name, decision, at=order.at)


def _change_states(to: LifecycleState) -> Callable[..., None]:
    def change(
        session: Session,
        actor: Actor,
        entries: Sequence[InboxEntry],
        order: Order,
        touched: Touched,
    ) -> None:
        del touched
        for entry in entries:
            if entry.asset_id is None:
                raise NotFoundError(f"{entry.subject} is not there any more")
            assets.change_state(session, actor, entry.asset_id, to, at=order.at)

    return change


def _conflicts(
    session: Session, actor: Actor, entries: Sequence[InboxEntry], order: Order, touched: Touched
) -> None:
    """Make one record of devices of which at most one is an asset; the first becomes one else.

    Ignoring puts the key on the list of keys that identify nothing.
    """
    for entry in entries:
        if order.decision is Decision.IGNORE:
            kind, value = entry.evidence["ignorable"]
            ignored_keys.ignore_key(
                session, actor, kind=kind, value=value, reason=order.reason, at=order.at
            )
            continue
        beside = sa.select(InboxDevice.device_id).where(InboxDevice.entry_id == entry.id)
        query = sa.select(Device.id, Device.asset_id).where(Device.id.in_(beside))
        rows = session.execute(query.order_by(Device.id)).all()
        known = {row.asset_id for row in rows if row.asset_id is not None}
        if entry.key.startswith(OF_ASSETS):
            known |= set(entry.evidence["assets"])
        loose = [row.id for row in rows if row.asset_id is None]
        if len(known) > 1:
            text = "several assets are merged on their own page, or by parc assets merge"
            raise ConflictError(f"{entry.subject}: {text}")
        if not known and loose:
            first = devices.accept(session, actor, loose[:1], at=order.at)
            known, loose = {first[0].id}, loose[1:]
        for asset_id in known:
            devices.attach(session, actor, loose, asset_id, at=order.at)
        touched.devices |= {row.id for row in rows}


def _mixed_records(
    session: Session, actor: Actor, entries: Sequence[InboxEntry], order: Order, touched: Touched
) -> None:
    """Refuse: what leaves a record is chosen where its devices and voices are shown."""
    del session, actor, order, touched
    raise ConflictError(
        f"{entries[0].subject}: a record is split on its own page, or by parc assets split"
    )


def _release_seats(
    session: Session, actor: Actor, entries: Sequence[InboxEntry], order: Order, touched: Touched
) -> None:
    """Take the seats back that entries name, as many of them as are still given."""
    for entry in entries:
        allocations.take_back(session, actor, entry.evidence["allocation_ids"], at=order.at)
        if entry.evidence.get("person_id"):
            touched.people.add(entry.evidence["person_id"])


def _held_runs(
    session: Session, actor: Actor, entries: Sequence[InboxEntry], order: Order, touched: Touched
) -> None:
    del touched
    act = runs.decide_held if order.decision is Decision.ACCEPT else runs.drop_held
    for entry in entries:
        if entry.run_id is None:
            raise NotFoundError(f"{entry.subject} is not there any more")
        act(session, actor, entry.run_id, order.at)


def _record(
    session: Session,
    actor: Actor,
    entry: InboxEntry,
    action: str,
    at: datetime,
    changes: audit.Changes,
) -> None:
    """Write to the history of the asset or device that the entry is about, else of the entry."""
    kind, number = "inbox_entry", entry.id
    if entry.asset_id is not None:
        kind, number = "asset", entry.asset_id
    elif entry.device_id is not None:
        kind, number = "device", entry.device_id
    audit.record(
        session,
        actor,
        at=at,
        subject_kind=kind,
        subject_id=number,
        subject_name=entry.subject,
        action=action,
        changes=changes,
    )


_ACTS: Final[Mapping[InboxKind, Callable[..., None]]] = {
    InboxKind.HELD_RUN: _held_runs,
    InboxKind.IDENTITY_CONFLICT: _conflicts,
    InboxKind.MIXED_RECORD: _mixed_records,
    InboxKind.GONE_SEEN: _change_states(LifecycleState.IN_USE),
    InboxKind.STOCK_SEEN: _change_states(LifecycleState.IN_USE),
    InboxKind.HOLDER_LEFT: _change_states(LifecycleState.IN_STOCK),
    InboxKind.SEAT_RELEASE: _release_seats,
    InboxKind.SILENT: _change_states(LifecycleState.MISSING),
    InboxKind.DIFFERENCE: _differences,
    InboxKind.UNKNOWN_DEVICE: _unknown_devices,
    InboxKind.UNKNOWN_GROUP: _unknown_groups,
}
