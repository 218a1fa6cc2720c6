"""What is typed for a range: as text, and as it is read, with one problem a field."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.config import DEFAULT_ASSET_CATEGORIES
from parc.errors import FieldProblem
from parc.models import AddressRange, Credential, RangeCredential, ScheduleKind
from parc.schedule import ScheduleError, check_schedule
from parc.services.actor import Actor
from parc.services.fields import FieldReader
from parc.services.networks import MOST_ADDRESSES, addresses_of, covers, read_networks
from parc.services.permissions import Action, may

_MOST_SCHEDULE = 100


@dataclass(frozen=True, slots=True)
class RangeDraft:
    """What was typed for a range, as text.

    Attributes:
        include: networks and addresses, one a line.
        exclude: networks and addresses never asked, one a line.
        site: name of a site, made when there is none; empty for none.
        schedule_kind: none, interval or cron; ``every_minutes`` or ``cron`` goes with it.
        window_start: local time such as 22:30, or empty with ``window_end``.
        credentials: names, in the order in which they are tried.
        asset_categories: categories that become assets without asking.
    """

    name: str = ""
    include: str = ""
    exclude: str = ""
    site: str = ""
    schedule_kind: str = ScheduleKind.NONE
    every_minutes: str = ""
    cron: str = ""
    time_zone: str = "Europe/Paris"
    window_start: str = ""
    window_end: str = ""
    credentials: tuple[str, ...] = ()
    packets_per_second: str = "500"
    devices_at_once: str = "50"
    asset_categories: tuple[str, ...] = DEFAULT_ASSET_CATEGORIES
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as typed, checked; what ``parc.schedule`` takes."""

    schedule_kind: ScheduleKind
    schedule: str
    time_zone: str
    window_start: time | None
    window_end: time | None
    next_due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RangeContent:
    """A draft that was read: columns, name of the site, credentials in order."""

    values: dict[str, Any]
    site: str
    credentials: list[Credential]


def read_range(
    session: Session,
    actor: Actor,
    draft: RangeDraft,
    row: AddressRange | None,
    *,
    allow_public: bool,
    problems: Sequence[FieldProblem] = (),
) -> RangeContent:
    """Read all fields of a draft; ``row`` is the range as it is stored, if it is.

    Raises:
        InvalidInputError: names the fields.
    """
    reader = FieldReader(problems)
    name = reader.text("name", draft.name, most=100, is_required=True)
    taken = sa.select(AddressRange.id).where(AddressRange.name == name)
    if row is not None:
        taken = taken.where(AddressRange.id != row.id)
    if session.scalar(taken) is not None:
        reader.add("name", "taken", name)
    include, exclude = _read_addresses(reader, draft, allow_public=allow_public)
    credentials = _read_credentials(session, reader, draft.credentials)
    if not may(actor, Action.EDIT_CREDENTIAL):
        _refuse_redirected_credentials(session, reader, row, include, exclude, credentials)
    schedule = read_schedule(reader, draft)
    values = {
        "name": name,
        "include": include,
        "exclude": exclude,
        "schedule_kind": schedule.schedule_kind,
        "schedule": schedule.schedule,
        "time_zone": schedule.time_zone,
        "window_start": schedule.window_start,
        "window_end": schedule.window_end,
        "packets_per_second": reader.number(
            "packets_per_second", draft.packets_per_second, 1, 20_000
        ),
        "devices_at_once": reader.number("devices_at_once", draft.devices_at_once, 1, 500),
        "asset_categories": _read_categories(reader, draft.asset_categories),
        "is_enabled": draft.is_enabled,
    }
    site = reader.text("site", draft.site, most=200)
    reader.raise_problems()
    return RangeContent(values, site, credentials)


def read_schedule(reader: FieldReader, draft: RangeDraft) -> Schedule:
    """Read kind, expression, zone and window of a draft; problems go to ``reader``."""
    kind = reader.word("schedule_kind", draft.schedule_kind, ScheduleKind, ScheduleKind.NONE)
    field = "every_minutes" if kind is ScheduleKind.INTERVAL else "cron"
    text = {
        ScheduleKind.NONE: "",
        ScheduleKind.INTERVAL: draft.every_minutes.strip(),
        ScheduleKind.CRON: " ".join(draft.cron.split()),
    }[kind]
    if draft.time_zone not in zoneinfo.available_timezones():
        reader.add("time_zone", "not_a_time_zone", draft.time_zone[:60])
    elif len(text) > _MOST_SCHEDULE:
        reader.add(field, "too_long", str(_MOST_SCHEDULE))
    else:
        try:
            check_schedule(kind, text, draft.time_zone)
        except ScheduleError as error:
            reader.add(field, f"bad_{kind.value}", str(error))
    start = _read_time(reader, "window_start", draft.window_start)
    end = _read_time(reader, "window_end", draft.window_end)
    if bool(draft.window_start.strip()) != bool(draft.window_end.strip()):
        reader.add("window_end", "window_needs_both")
    elif start is not None and start == end:
        reader.add("window_end", "window_is_empty")
    return Schedule(kind, text, draft.time_zone, start, end)


def credential_ids(session: Session, range_id: int) -> list[int]:
    """Give the credentials of a stored range in the order in which they are tried."""
    return list(
        session.scalars(
            sa.select(RangeCredential.credential_id)
            .where(RangeCredential.range_id == range_id)
            .order_by(RangeCredential.position)
        )
    )


def _read_addresses(
    reader: FieldReader, draft: RangeDraft, *, allow_public: bool
) -> tuple[list[str], list[str]]:
    known = len(reader.problems)
    include = read_networks(
        reader, "include", draft.include, allow_public=allow_public, is_swept=True
    )
    if not include and len(reader.problems) == known:
        reader.add("include", "required")
    if addresses_of(include).count > MOST_ADDRESSES:
        reader.add("include", "too_many_addresses", str(MOST_ADDRESSES))
    exclude = read_networks(reader, "exclude", draft.exclude, allow_public=True)
    if include and covers(exclude, include):
        reader.add("exclude", "nothing_left")
    return include, exclude


def _read_credentials(
    session: Session, reader: FieldReader, names: Sequence[str]
) -> list[Credential]:
    found = {
        row.name: row
        for row in session.scalars(sa.select(Credential).where(Credential.name.in_(names)))
    }
    for name in names:
        if name not in found:
            reader.add("credentials", "no_such_credential", name[:100])
    return [found[name] for name in dict.fromkeys(names) if name in found]


def _read_categories(reader: FieldReader, words: Sequence[str]) -> list[str]:
    chosen = {reader.word("asset_categories", word, Category, Category.OTHER) for word in words}
    return [category.value for category in Category if category in chosen]


def _refuse_redirected_credentials(
    session: Session,
    reader: FieldReader,
    row: AddressRange | None,
    include: list[str],
    exclude: list[str],
    credentials: list[Credential],
) -> None:
    """Refuse that a secret is sent to addresses which no administrator has chosen for it.

    A credential with networks of its own is never tried elsewhere; one without follows the range.
    """
    before = credential_ids(session, row.id) if row is not None else []
    is_wider = row is None or not (covers(row.include, include) and covers(exclude, row.exclude))
    for credential in credentials:
        if not credential.networks and (is_wider or credential.id not in before):
            reader.add("credentials", "credential_needs_networks", credential.name)


def _read_time(reader: FieldReader, field: str, text: str) -> time | None:
    text = text.strip()
    if not text:
        return None
    hour, _, minute = text.partition(":")
    is_number = all(part.isascii() and part.isdecimal() for part in (hour, minute))
    if is_number and int(hour) < 24 and int(minute) < 60:  # noqa: PLR2004 -- of a day, of an hour
        return time(int(hour), int(minute))
    reader.add(field, "not_a_time", text[:20])
    return None
