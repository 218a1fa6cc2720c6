"""Outlets on the walls of rooms, and the ports of switches that they are patched to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import Asset, Location, WallOutlet
from parc.services import audit
from parc.services.actor import Actor
from parc.services.fields import FieldReader
from parc.services.permissions import Action, require

_SHOWN = ("label", "location_id", "switch_asset_id", "if_name", "notes")


@dataclass(frozen=True, slots=True)
class OutletDraft:
    """What is wanted of an outlet, as typed; ``switch_tag`` is the asset tag of a switch."""

    label: str = ""
    switch_tag: str = ""
    if_name: str = ""
    notes: str = ""


def save_outlet(
    session: Session,
    actor: Actor,
    place_id: int,
    draft: OutletDraft,
    *,
    at: datetime,
    outlet_id: int | None = None,
) -> WallOutlet:
    """Create an outlet in a place, or change the one of ``outlet_id``.

    Raises:
        NotAllowedError: the role may not edit places.
        NotFoundError: no such place or outlet.
        InvalidInputError: by field: ``required``, ``taken``, ``not_found`` …
    """
    require(actor, Action.EDIT_PLACE)
    if session.get(Location, place_id) is None:
        raise NotFoundError(f"no place {place_id}")
    row = None if outlet_id is None else _find(session, outlet_id)
    values = _read(session, place_id, draft, row)
    before = {} if row is None else _shown(row)
    if row is None:
        row = WallOutlet(**values)
        session.add(row)
    else:
        for name, value in values.items():
            if getattr(row, name) != value:
                setattr(row, name, value)
    session.flush()
    _record(session, actor, row, before=before, after=_shown(row), at=at)
    return row


def delete_outlet(session: Session, actor: Actor, outlet_id: int, *, at: datetime) -> str:
    """Delete an outlet and give its label.

    Raises:
        NotAllowedError: the role may not edit places.
        NotFoundError: no such outlet.
    """
    require(actor, Action.EDIT_PLACE)
    row = _find(session, outlet_id)
    _record(session, actor, row, before=_shown(row), after={}, at=at)
    session.delete(row)
    session.flush()
    return row.label


def _read(
    session: Session, place_id: int, draft: OutletDraft, row: WallOutlet | None
) -> dict[str, Any]:
    reader = FieldReader()
    values: dict[str, Any] = {
        "location_id": place_id,
        "label": reader.text("label", draft.label, most=60, is_required=True),
        "if_name": reader.text("if_name", draft.if_name, most=255) or None,
        "notes": reader.text("notes", draft.notes, most=500) or None,
        "switch_asset_id": None,
    }
    tag = reader.text("switch_tag", draft.switch_tag, most=60)
    if tag:
        values["switch_asset_id"] = session.scalar(
            sa.select(Asset.id).where(Asset.asset_tag == tag)
        )
        if values["switch_asset_id"] is None:
            reader.add("switch_tag", "not_found", tag)
        elif values["if_name"] is None:
            reader.add("if_name", "required")
    elif values["if_name"]:
        reader.add("switch_tag", "required")
    others = sa.true() if row is None else WallOutlet.id != row.id
    same = sa.select(WallOutlet.id).where(others)
    is_label = (WallOutlet.location_id == place_id, WallOutlet.label == values["label"])
    if session.scalar(same.where(*is_label)) is not None:
        reader.add("label", "taken", values["label"])
    if values["switch_asset_id"] is not None:
        port = session.execute(
            sa.select(WallOutlet.label, Location.name)
            .join(Location, Location.id == WallOutlet.location_id)
            .where(
                others,
                WallOutlet.switch_asset_id == values["switch_asset_id"],
                WallOutlet.if_name == values["if_name"],
            )
        ).first()
        if port is not None:
            reader.add("if_name", "taken", f"{port.label} ({port.name})")
    reader.raise_problems()
    return values


def _find(session: Session, outlet_id: int) -> WallOutlet:
    row = session.get(WallOutlet, outlet_id, with_for_update=True)
    if row is None:
        raise NotFoundError(f"no outlet {outlet_id}")
    return row


def _shown(row: WallOutlet) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _SHOWN}


def _record(
    session: Session,
    actor: Actor,
    row: WallOutlet,
    *,
    before: dict[str, Any],
    after: dict[str, Any],
    at: datetime,
) -> None:
    audit.record_difference(
        session,
        actor,
        at=at,
        subject_kind="wall_outlet",
        subject_id=row.id,
        subject_name=row.label,
        before=before,
        after=after,
    )
