"""Address ranges: created, changed, switched on and off, deleted.

A range decides which addresses are asked and what is shown to them, so every problem is told
beside its field, and who may not see credentials cannot point them at other addresses.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import ConflictError, FieldProblem, NotFoundError
from parc.models import (
    AddressRange,
    Credential,
    Location,
    LocationKind,
    RangeCredential,
    Run,
    RunState,
)
from parc.schedule import first_due, next_due
from parc.services.actor import Actor
from parc.services.audit import record
from parc.services.permissions import Action, require
from parc.services.range_drafts import RangeContent, RangeDraft, credential_ids, read_range


def save_range(  # noqa: PLR0913 -- the draft is one argument; the rest is who, when, which
    session: Session,
    actor: Actor,
    draft: RangeDraft,
    *,
    now: datetime,
    allow_public: bool = False,
    range_id: int | None = None,
    is_managed_by_file: bool = False,
    problems: Sequence[FieldProblem] = (),
) -> AddressRange:
    """Create a range, or change the one of ``range_id``; writes only what differs.

    Args:
        allow_public: the setting ``discovery.allow_public_addresses``.
        problems: what the caller found already; told with the rest.

    Raises:
        NotAllowedError: the role may not edit ranges.
        NotFoundError: no such range.
        ConflictError: it is managed by the settings file, and this does not come from there.
        InvalidInputError: names the fields.
    """
    require(actor, Action.EDIT_RANGE)
    row = None
    if range_id is not None:
        row = find_range(session, range_id, is_for_file=is_managed_by_file)
    content = read_range(session, actor, draft, row, allow_public=allow_public, problems=problems)
    if row is None:
        row = AddressRange(created_at=now, updated_at=now, is_managed_by_file=is_managed_by_file)
        _fill(session, row, content)
        row.next_due_at = first_due(row, now) if row.is_enabled else None
        session.add(row)
        session.flush()
        _set_credentials(session, row, content.credentials)
        shown = _shown(session, row)
        changes = {name: (None, value) for name, value in shown.items() if value not in (None, [])}
        _record(session, actor, row, "created", now, changes)
        return row
    before = _shown(session, row)
    slot = _slot(row)
    _fill(session, row, content)
    row.is_managed_by_file = is_managed_by_file
    _set_credentials(session, row, content.credentials)
    _finish_change(session, actor, row, before, now, is_slot_kept=slot == _slot(row))
    return row


def enable_range(
    session: Session, actor: Actor, range_id: int, *, is_enabled: bool, now: datetime
) -> AddressRange:
    """Switch the schedule of a range on or off; off means that no sweep starts by itself.

    Raises:
        NotAllowedError: the role may not edit ranges.
        NotFoundError: no such range.
        ConflictError: it is managed by the settings file.
    """
    require(actor, Action.EDIT_RANGE)
    row = find_range(session, range_id, is_for_file=False)
    before = _shown(session, row)
    row.is_enabled = is_enabled
    is_slot_kept = before["is_enabled"] == is_enabled
    _finish_change(session, actor, row, before, now, is_slot_kept=is_slot_kept)
    return row


def release_range(session: Session, actor: Actor, row: AddressRange, *, now: datetime) -> None:
    """Hand a range over that the settings file names no more: not swept until a person says so.

    Raises:
        NotAllowedError: the role may not edit ranges.
    """
    require(actor, Action.EDIT_RANGE)
    before = _shown(session, row)
    row.is_managed_by_file = False
    row.is_enabled = False
    _finish_change(session, actor, row, before, now, is_slot_kept=False)


def delete_range(session: Session, actor: Actor, range_id: int, *, now: datetime) -> str:
    """Delete a range and give its name; its runs, devices and assets stay.

    Raises:
        NotAllowedError: the role may not edit ranges.
        NotFoundError: no such range.
        ConflictError: it is managed by the settings file, or a sweep of it waits or runs.
    """
    require(actor, Action.EDIT_RANGE)
    row = find_range(session, range_id, is_for_file=False)
    is_busy = session.scalar(
        sa.select(
            sa.exists().where(
                Run.range_id == range_id, Run.state.in_([RunState.QUEUED, RunState.RUNNING])
            )
        )
    )
    if is_busy:
        raise ConflictError(f"a sweep of {row.name} is waiting or running: stop it first")
    _record(session, actor, row, "deleted", now, {"name": (row.name, None)})
    session.execute(sa.delete(RangeCredential).where(RangeCredential.range_id == range_id))
    session.delete(row)
    session.flush()
    return row.name


def find_range(session: Session, range_id: int, *, is_for_file: bool) -> AddressRange:
    """Give a range that may be changed, locked.

    Raises:
        NotFoundError: no such range.
        ConflictError: it is managed by the settings file, and the change does not come from it.
    """
    row = session.get(AddressRange, range_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"no range {range_id}")
    if row.is_managed_by_file and not is_for_file:
        raise ConflictError(f"{row.name} is managed by the settings file")
    return row


def _fill(session: Session, row: AddressRange, content: RangeContent) -> None:
    for name, value in content.values.items():
        setattr(row, name, value)
    row.location_id = _site_id(session, content.site) if content.site else None


def _site_id(session: Session, name: str) -> int:
    site = session.scalar(
        sa.select(Location).where(Location.name == name, Location.parent_id.is_(None))
    )
    if site is None:
        site = Location(kind=LocationKind.SITE, name=name)
        session.add(site)
        session.flush()
    return site.id


def _set_credentials(
    session: Session, row: AddressRange, credentials: Sequence[Credential]
) -> None:
    wanted = [credential.id for credential in credentials]
    if credential_ids(session, row.id) == wanted:
        return
    session.execute(sa.delete(RangeCredential).where(RangeCredential.range_id == row.id))
    session.add_all(
        RangeCredential(range_id=row.id, credential_id=credential_id, position=position)
        for position, credential_id in enumerate(wanted)
    )
    session.flush()
    session.expire(row, ["credentials"])


def _slot(row: AddressRange) -> tuple[Any, ...]:
    """Give all that decides when a range is due."""
    window = (row.window_start, row.window_end)
    return row.is_enabled, row.schedule_kind, row.schedule, row.time_zone, window


def _finish_change(
    session: Session,
    actor: Actor,
    row: AddressRange,
    before: dict[str, Any],
    now: datetime,
    *,
    is_slot_kept: bool,
) -> None:
    after = _shown(session, row)
    changes = {
        name: (before[name], value) for name, value in after.items() if before[name] != value
    }
    if not is_slot_kept:
        row.next_due_at = None
        row.next_due_at = next_due(row, now) if row.is_enabled else None
    if changes:
        row.updated_at = now
        _record(session, actor, row, "changed", now, changes)
    session.flush()


def _shown(session: Session, row: AddressRange) -> dict[str, Any]:
    """Give what the history shows of a range."""
    site = session.get(Location, row.location_id) if row.location_id else None
    names = session.scalars(
        sa.select(Credential.name)
        .join(RangeCredential)
        .where(RangeCredential.range_id == row.id)
        .order_by(RangeCredential.position)
    )
    return {
        "name": row.name,
        "include": list(row.include),
        "exclude": list(row.exclude),
        "site": site.name if site else None,
        "schedule_kind": row.schedule_kind.value,
        "schedule": row.schedule,
        "time_zone": row.time_zone,
        "window_start": row.window_start.strftime("%H:%M") if row.window_start else None,
        "window_end": row.window_end.strftime("%H:%M") if row.window_end else None,
        "credentials": list(names),
        "packets_per_second": row.packets_per_second,
        "devices_at_once": row.devices_at_once,
        "asset_categories": list(row.asset_categories),
        "is_enabled": row.is_enabled,
        "is_managed_by_file": row.is_managed_by_file,
    }


def _record(
    session: Session,
    actor: Actor,
    row: AddressRange,
    action: str,
    now: datetime,
    changes: dict[str, tuple[Any, Any]],
) -> None:
    record(
        session,
        actor,
        at=now,
        subject_kind="range",
        subject_id=row.id,
        subject_name=row.name,
        action=action,
        changes=changes,
    )
