"""Let drafts of incidents say what rules see now: open, renew and close them.

Done after each apply for what it touched, and once a night for everything, in statements over sets.
A draft closes by itself when its cause is gone; an incident that a person has confirmed goes on,
and says that. One that has ended keeps its rule from another until the cause was gone (see
``services/incident_drafts.py``). A key that is unique in the database keeps a rule from two drafts
about one thing, however many runs end at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from parc.models import (
    Incident,
    IncidentAsset,
    IncidentKind,
    IncidentRuleCode,
    IncidentSource,
    IncidentState,
    table_of,
)
from parc.naming import folded
from parc.queries.inbox_cause import among, parts
from parc.queries.incident_causes import (
    RuleCause,
    absent_in,
    asset_key,
    assets_of_devices,
    device_key,
    devices_of_assets,
    live_incidents,
    mended,
    of_event,
    silent,
    supplies_low,
    unknown_devices,
)
from parc.reconcile.change import DeviceRef
from parc.reconcile.incident_events import MEMORY, SERIAL, Event
from parc.services.actor import Actor
from parc.services.audit import Entry, record_all
from parc.services.incident_priority import priority_of, rank_of
from parc.services.incident_rules import CATEGORIES, EVENT_RULES, RuleSetting, read_rules
from parc.services.incident_values import number_text

_PERCENT: Final = 100
_MOST_DISKS: Final = 20
_C = IncidentRuleCode
_Rules = Mapping[IncidentRuleCode, RuleSetting]


@dataclass(frozen=True, slots=True)
class SettledIncidents:
    """How many drafts were opened and closed by themselves, and how many incidents noted it."""

    opened: int = 0
    closed: int = 0
    noted: int = 0


def settle_incidents(
    session: Session,
    actor: Actor,
    now: datetime,
    *,
    devices: Collection[int] | None = None,
    ended_ranges: Collection[int] = (),
    events: Sequence[Event] = (),
    ids: Mapping[DeviceRef, int] | None = None,
) -> SettledIncidents:
    """Bring the drafts up to date; doing it twice changes nothing.

    Args:
        devices: what may have changed; None looks at everything.
        ended_ranges: whose run is over, so that another run counts for who is silent there.
        events: what a plan has changed; ids: of the devices it names.
    """
    session.flush()
    rules = read_rules(session)
    if devices is not None and ended_ranges:
        devices = {*devices, *absent_in(session, ended_ranges)}
    assets = {} if devices is None else assets_of_devices(session, devices)
    if devices is not None:  # what one device of an asset shows no more, another may
        devices = {*devices, *devices_of_assets(session, {row.id for row in assets.values()})}
    wanted = {_live(one): one for one in _standing(session, rules, devices, now)}
    told = _told(session, rules, events, ids or {})
    live = _read_live(session, devices, assets, [*wanted, *told])
    back = mended(session, [row for row in live if row.rule in EVENT_RULES])
    gone = [row for row in live if _is_gone(row, wanted, told, back)]
    closed, noted = _let_go(session, actor, gone, now)
    _renew(session, actor, live, wanted | told, now)
    known = {row.live_key for row in live} - {row.live_key for row in gone if not row.is_open}
    fresh = [cause for key, cause in (wanted | told).items() if key not in known]
    opened = _open(session, actor, rules, fresh, now)
    for one in session.identity_map.values():
        if isinstance(one, Incident):
            session.expire(one)
    return SettledIncidents(opened, closed, noted)


def _standing(
    session: Session, rules: _Rules, devices: Collection[int] | None, now: datetime
) -> list[RuleCause]:
    """Find what stands, of the rules that are on."""
    found: list[RuleCause] = []
    if rules[_C.SUPPLY_LOW].is_enabled:
        found += supplies_low(session, devices, rules[_C.SUPPLY_LOW].threshold)
    if rules[_C.DEVICE_SILENT].is_enabled:
        found += silent(session, devices, rules[_C.DEVICE_SILENT].threshold, now)
    if rules[_C.UNKNOWN_DEVICE].is_enabled:
        found += unknown_devices(session, devices, rules[_C.UNKNOWN_DEVICE].range_ids)
    return found


def _told(
    session: Session, rules: _Rules, events: Sequence[Event], ids: Mapping[DeviceRef, int]
) -> dict[str, RuleCause]:
    """Make causes of events that are large enough, one a rule and asset."""
    rows: list[tuple[IncidentRuleCode, int, Event]] = []
    for event in events:
        rule, number = _rule_of(event), ids.get(event.device, event.device.id)
        if number is not None and rules[rule].is_enabled and _counts(event, rules[rule]):
            rows.append((rule, number, event))
    assets = assets_of_devices(session, {number for _rule, number, _event in rows})
    found: dict[str, RuleCause] = {}
    disks: dict[int, list[Event]] = defaultdict(list)
    for rule, number, event in rows:
        if number not in assets:
            continue
        if rule is _C.DISK_SMALLER:
            disks[number].append(event)
            continue
        evidence = {"device_id": number, "before": event.before, "after": event.after}
        cause = of_event(rule, assets[number], evidence)
        found[_live(cause)] = cause
    for number, some in disks.items():
        cause = of_event(_C.DISK_SMALLER, assets[number], _of_disks(number, some))
        found[_live(cause)] = cause
    return found


def _rule_of(event: Event) -> IncidentRuleCode:
    if event.field == MEMORY:
        return _C.MEMORY_SMALLER
    return _C.SERIAL_CHANGED if event.field == SERIAL else _C.DISK_SMALLER


def _counts(event: Event, rule: RuleSetting) -> bool:
    """Tell whether a value has shrunk by as much as the rule asks; a serial need only differ."""
    if event.field == SERIAL:
        return event.before != event.after
    before, after = event.before, event.after or 0
    if not isinstance(before, int) or not isinstance(after, int):
        return False
    return after * _PERCENT <= before * (_PERCENT - rule.threshold)


def _of_disks(device_id: int, events: Sequence[Event]) -> dict[str, Any]:
    disks = [
        {
            "table": event.table.value if event.table else "",
            "key": event.key,
            "name": event.name,
            "before": event.before,
            "after": event.after,
        }
        for event in events[:_MOST_DISKS]
    ]
    return {"device_id": device_id, "disks": disks}


def _read_live(
    session: Session,
    devices: Collection[int] | None,
    assets: Mapping[int, Any],
    keys: Collection[str],
) -> list[Any]:
    """Read what lives of the things looked at, and of those that causes belong to."""
    if devices is None:
        return list(live_incidents(session, sa.true()))
    about = {asset_key(row.id) for row in assets.values()} | {device_key(one) for one in devices}
    found = {
        row.id: row
        for part in parts(about)
        for row in live_incidents(session, Incident.rule_key.in_(part))
    }
    if keys:
        found |= {
            row.id: row
            for row in live_incidents(session, among(Incident.live_key, keys))  # type: ignore[arg-type]  # texts as well as numbers
        }
    return [found[number] for number in sorted(found)]


def _is_gone(
    row: Any,
    wanted: Mapping[str, RuleCause],
    told: Mapping[str, RuleCause],
    back: Collection[int],
) -> bool:
    if row.rule in EVENT_RULES:
        return row.id in back and row.live_key not in told
    return row.live_key not in wanted


def _let_go(session: Session, actor: Actor, gone: Sequence[Any], now: datetime) -> tuple[int, int]:
    """Close drafts whose cause is gone, and note it on incidents; each leaves a trace."""
    drafts = [row for row in gone if row.state is IncidentState.DRAFT]
    noted = [row for row in gone if row.is_open and row.cause_gone_at is None]
    ended = [row for row in gone if not row.is_open and row.state is not IncidentState.DRAFT]
    table = table_of(Incident)
    by_id = sa.update(table).where(table.c.id == sa.bindparam("at_id"))
    for rows, values in (
        (
            drafts,
            {"state": IncidentState.DISMISSED, "closed_at": now, "cause_gone_at": now}
            | {"live_key": None, "updated_at": now},
        ),
        (noted, {"cause_gone_at": now, "updated_at": now}),
        (ended, {"cause_gone_at": now, "live_key": None}),
    ):
        if rows:
            statement = by_id.values(values)
            session.connection().execute(statement, [{"at_id": row.id} for row in rows])
    entries = [
        Entry(
            "incident",
            row.id,
            f"{number_text(row.id)} {row.title}",
            "cause_gone",
            {"state": ("draft", "dismissed")} if row.state is IncidentState.DRAFT else {},
        )
        for row in (*drafts, *noted)
    ]
    record_all(session, actor, at=now, entries=entries)
    return len(drafts), len(noted)


def _renew(
    session: Session,
    actor: Actor,
    live: Sequence[Any],
    causes: Mapping[str, RuleCause],
    now: datetime,
) -> None:
    """Write the present evidence into drafts, and note on incidents that a cause has come back."""
    table = table_of(Incident)
    renewed, returned = [], []
    for row in live:
        cause = causes.get(row.live_key)
        if cause is None:
            continue
        if row.cause_gone_at is not None and row.is_open:
            returned.append(row)
        if row.state is IncidentState.DRAFT and row.evidence != dict(cause.evidence):
            renewed.append({"at_id": row.id, "told": dict(cause.evidence)})
    if renewed:
        statement = sa.update(table).where(table.c.id == sa.bindparam("at_id"))
        session.connection().execute(
            statement.values(evidence=sa.bindparam("told", type_=table.c.evidence.type)), renewed
        )
    if returned:
        statement = sa.update(table).where(table.c.id == sa.bindparam("at_id"))
        session.connection().execute(
            statement.values(cause_gone_at=None), [{"at_id": row.id} for row in returned]
        )
        entries = [
            Entry("incident", row.id, f"{number_text(row.id)} {row.title}", "cause_back")
            for row in returned
        ]
        record_all(session, actor, at=now, entries=entries)


def _open(
    session: Session, actor: Actor, rules: _Rules, causes: Sequence[RuleCause], now: datetime
) -> int:
    """Open drafts; one that another run has opened meanwhile is left to it."""
    if not causes:
        return 0
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    table = table_of(Incident)
    insert: Any = (sqlite.insert if is_sqlite else postgresql.insert)(table)
    statement = insert.on_conflict_do_nothing().returning(table.c.id, table.c.live_key)
    rows = [_row(rules[cause.rule], cause, now) for cause in causes]
    made = {row.live_key: row.id for row in session.connection().execute(statement, rows).all()}
    opened = [(made[_live(cause)], cause) for cause in causes if _live(cause) in made]
    about = [
        {"incident_id": number, "asset_id": cause.asset_id, "asset_name": cause.subject[:320]}
        for number, cause in opened
        if cause.asset_id is not None
    ]
    if about:
        session.execute(sa.insert(table_of(IncidentAsset)), about)
    if opened:
        texts = [
            {"at_id": number, "found": folded(f"{number_text(number)} {cause.subject}")}
            for number, cause in opened
        ]
        session.connection().execute(
            sa.update(table)
            .where(table.c.id == sa.bindparam("at_id"))
            .values(search_text=sa.bindparam("found")),
            texts,
        )
    entries = [
        Entry(
            "incident",
            number,
            f"{number_text(number)} {cause.subject}",
            "draft_opened",
            {"rule": (None, cause.rule.value)},
        )
        for number, cause in opened
    ]
    record_all(session, actor, at=now, entries=entries)
    return len(opened)


def _row(rule: RuleSetting, cause: RuleCause, now: datetime) -> dict[str, Any]:
    priority = priority_of(rule.impact, rule.urgency)
    return {
        "kind": IncidentKind.INCIDENT,
        "state": IncidentState.DRAFT,
        "is_open": False,
        "title": cause.subject[:200],
        "text": "",
        "category": CATEGORIES[cause.rule],
        "impact": rule.impact,
        "urgency": rule.urgency,
        "priority": priority,
        "priority_rank": rank_of(priority),
        "source": IncidentSource.RULE,
        "requester_name": "",
        "location_id": cause.location_id,
        "opened_at": now,
        "reopened_count": 0,
        "minutes_spent": 0,
        "rule": cause.rule,
        "rule_key": cause.key,
        "live_key": _live(cause),
        "evidence": dict(cause.evidence),
        "updated_at": now,
        "version": 1,
        "search_text": "",
    }


def _live(cause: RuleCause) -> str:
    return f"{cause.rule.value} {cause.key}"
