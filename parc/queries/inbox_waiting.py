"""What waits already elsewhere in Parc: differences of values, and runs that were held."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from parc.models import Asset, Difference, InboxEntry, InboxKind, Run, RunState
from parc.queries.differences import OWN_VALUE
from parc.queries.inbox_cause import Cause, Found, Ground, among, of_kind


def differences(session: Session, ground: Ground) -> Found:
    """Find assets of which a machine says something else than a person, one entry an asset."""
    query = (
        sa.select(
            Asset.id,
            Asset.name,
            Asset.asset_tag,
            Asset.location_id,
            Difference.field,
            Difference.seen_value,
            sa.type_coerce(Difference.source, sa.String).label("source"),
            Difference.since,
            OWN_VALUE.label("own_value"),
        )
        .join(Asset, Asset.id == Difference.asset_id)
        .where(Difference.is_kept.is_(False))
        .order_by(Asset.id, Difference.field)
    )
    looked_at = of_kind(InboxKind.DIFFERENCE)
    if ground.scope is not None:
        query = query.where(among(Difference.asset_id, ground.scope.assets))
        looked_at = sa.and_(looked_at, among(InboxEntry.asset_id, ground.scope.assets))
    grouped: dict[int, list[Any]] = defaultdict(list)
    rows: Iterable[Any] = session.execute(query)
    for row in rows:
        grouped[row.id].append(row)
    causes = [
        Cause(
            InboxKind.DIFFERENCE,
            f"asset:{asset_id}",
            fields[0].name,
            {
                "tag": fields[0].asset_tag,
                "fields": [
                    {
                        "field": row.field,
                        "seen": row.seen_value,
                        "source": row.source,
                        "own": row.own_value,
                        "since": row.since.isoformat(),
                    }
                    for row in fields
                ],
            },
            [(row.field, row.seen_value) for row in fields],
            asset_id=asset_id,
            site_id=ground.site_of(fields[0].location_id),
        )
        for asset_id, fields in grouped.items()
    ]
    return Found(causes, looked_at)


def held_runs(session: Session, ground: Ground) -> Found:
    """Find runs that wait because they would change too much; a later one takes their place."""
    later = aliased(Run)
    is_late = sa.exists().where(
        later.range_id == Run.range_id,
        later.id > Run.id,
        later.retry_of_id.is_(None),
        later.state.in_([RunState.DONE, RunState.HELD]),
    )
    query = sa.select(Run.id, Run.range_id, Run.range_name, Run.error).where(
        Run.state == RunState.HELD, ~is_late
    )
    causes = [
        Cause(
            InboxKind.HELD_RUN,
            f"run:{row.id}",
            row.range_name,
            {"run": row.id, "error": row.error},
            (row.id,),
            run_id=row.id,
            range_id=row.range_id,
            site_id=ground.site_of(None, row.range_id),
        )
        for row in session.execute(query.order_by(Run.id))
    ]
    return Found(causes, of_kind(InboxKind.HELD_RUN))
