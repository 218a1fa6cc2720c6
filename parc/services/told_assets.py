"""Assets of what no address leads to, and somebody tells of: access points, machines, monitors.

Functions take the session and the actor and never commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.models import Asset, AssetField, LifecycleState, MovementSource, ValueSource
from parc.services import assets, audit
from parc.services.actor import Actor
from parc.services.asset_search import refresh_search_texts
from parc.services.asset_tags import next_asset_tags
from parc.services.movement_writing import write_entry

_NAME_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of one thing.

    Attributes:
        values: fields of an asset that machines know, by name; None is not told.
        source: who told it.
    """

    name: str
    category: Category
    values: Mapping[str, Any]
    source: ValueSource
    location_id: int | None = None


def add_told_asset(session: Session, actor: Actor, told: Told, *, at: datetime) -> Asset:
    """Make an asset in use of what was told, with its sources and its entry in the history."""
    asset = Asset(
        asset_tag=next_asset_tags(session, [told.category])[0],
        name=told.name[:_NAME_CHARACTERS],
        category=told.category,
        lifecycle_state=LifecycleState.IN_USE,
        location_id=told.location_id,
        created_at=at,
        updated_at=at,
        **told.values,
    )
    session.add(asset)
    session.flush()
    for field in ("name", "category", *told.values):
        if getattr(asset, field) is not None:
            session.add(AssetField(asset_id=asset.id, field=field, source=told.source, set_at=at))
    session.flush()
    write_entry(session, actor, asset, at=at, source=MovementSource.DISCOVERY)
    refresh_search_texts(session, [asset.id])
    audit.record(
        session,
        actor,
        at=at,
        subject_kind="asset",
        subject_id=asset.id,
        subject_name=asset.name,
        action="created",
        changes=assets.created_changes(asset),
    )
    return asset
