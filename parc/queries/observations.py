"""Raw observations of devices: what they said, as it was kept."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import StoredObservation

_MOST_OCTETS = 16 * 2**20


def list_observations(
    session: Session, device_ids: Sequence[int], before_id: int | None, limit: int
) -> Sequence[Any]:
    """Read what was kept about devices, the latest first, without the bodies."""
    row = StoredObservation
    query = (
        sa.select(
            row.id,
            row.run_id,
            row.address,
            row.source,
            row.observed_at,
            sa.func.length(row.body).label("size"),
        )
        .where(row.device_id.in_(device_ids))
        .order_by(row.id.desc())
        .limit(limit)
    )
    if before_id is not None:
        query = query.where(row.id < before_id)
    return session.execute(query).all()


def read_observation(
    session: Session, observation_id: int, device_ids: Sequence[int]
) -> tuple[Any, str]:
    """Give one observation of these devices, and its body as indented JSON.

    Raises:
        NotFoundError: there is none, it is another device's, or it cannot be read.
    """
    found = session.get(StoredObservation, observation_id)
    if found is None or found.device_id not in device_ids:
        raise NotFoundError(f"There is no observation {observation_id} here.")
    try:
        body = zlib.decompressobj().decompress(found.body, _MOST_OCTETS)
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (zlib.error, ValueError) as error:
        raise NotFoundError(f"Observation {observation_id} cannot be read.") from error
    return found, text
