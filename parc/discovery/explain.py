"""Why a machine is the record that it is: its latest evidence, matched again as things stand."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Observation, from_json
from parc.discovery.evidence import load_observations
from parc.errors import NotFoundError
from parc.models import Asset, Device, StoredObservation
from parc.queries.field_rules import read_rules
from parc.reconcile.found_by import FoundBy, from_stored
from parc.reconcile.load import load
from parc.reconcile.matching import Considered, Index, Match, match_all
from parc.reconcile.policy import Policy
from parc.reconcile.rules import RANKS, RULES, Strength
from parc.reconcile.seen import fold
from parc.row_keys import row_key


@dataclass(frozen=True, slots=True)
class Explanation:
    """How one device of an asset is found.

    Attributes:
        seen_at: moment of the evidence; None when none is kept any more.
        match: the device that the rules give, with the key, and what else was considered.
        created, last: the matches that made the device, and that found it when it changed last.
    """

    device_id: int
    address: str
    seen_at: datetime | None = None
    match: Match = field(default_factory=Match)
    created: FoundBy | None = None
    last: FoundBy | None = None

    @property
    def strength(self) -> Strength | None:
        """Give the strength of the rule that found the device."""
        key = self.match.key
        return RULES[RANKS[key.kind]].strength if key else None

    @property
    def others(self) -> tuple[Considered, ...]:
        """Give what else was considered."""
        return self.match.considered


def asset_of(session: Session, text: str) -> Asset:
    """Give the asset with this tag, id or name.

    Raises:
        NotFoundError: there is none, or several have this name.
    """
    found = session.scalar(sa.select(Asset).where(Asset.asset_tag == text))
    if found is None and (key := row_key(text)) is not None:
        found = session.get(Asset, key)
    if found is not None:
        return found
    named = session.scalars(sa.select(Asset).where(Asset.name == text).limit(2)).all()
    if len(named) != 1:
        reason = "Several assets have this name" if named else "There is no asset"
        raise NotFoundError(f"{reason}: {text}.")
    return named[0]


def explain_asset(session: Session, asset_id: int) -> Iterator[Explanation]:
    """Match the latest evidence of each device of the asset again."""
    query = sa.select(Device).where(Device.asset_id == asset_id).order_by(Device.id)
    for device in session.scalars(query).all():
        made = from_stored(device.created_match, device.id)
        last = from_stored(device.last_match, device.id)
        yield replace(_explain(session, device), created=made, last=last)


def _explain(session: Session, device: Device) -> Explanation:
    kept = StoredObservation
    query = (
        sa.select(kept)
        .where(kept.device_id == device.id)
        .order_by(kept.observed_at.desc(), kept.id.desc())
    )
    latest = session.scalars(query.limit(1)).first()
    if latest is None:
        return Explanation(device.id, device.address)
    observations = _told_with(session, latest)
    known = load(session, observations, Policy())
    seen, dead = fold(observations, known.ignored, read_rules(session))
    index = Index(known.devices, known.ignored)
    matches = match_all([entry.traits for entry in seen], index, dead)
    best = next((m for m in matches if m.device_id == device.id), matches[0])
    return Explanation(device.id, device.address, latest.observed_at, best)


def _told_with(session: Session, latest: StoredObservation) -> list[Observation]:
    """Give what was read together: all of the device in a run, or one inventory of an agent."""
    if latest.run_id is None:
        return [from_json(zlib.decompress(latest.body))]
    of_run = sa.select(StoredObservation.address).where(
        StoredObservation.run_id == latest.run_id,
        StoredObservation.device_id == latest.device_id,
    )
    return list(load_observations(session, latest.run_id, set(session.scalars(of_run))))
