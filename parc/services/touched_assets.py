"""What follows from assets is brought up to date at the end of the act that touches them.

Their cover is worked out anew, and the positions of the software on them are marked. Who changes
thousands at once is followed by the next look at all contracts, and at night.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Final

from sqlalchemy.orm import Session

from parc.services.positions import mark_machines
from parc.services.touched_cover import cover_assets

MOST: Final = 5_000
_CHUNK: Final = 500
_NOTED: Final = "parc_assets_to_follow"


def follow_later(session: Session, asset_ids: Collection[int]) -> None:
    """Note that assets, or what was found on them, have changed; the end of the act looks."""
    session.info.setdefault(_NOTED, set()).update(asset_ids)


def follow_noted(session: Session, *, today: date, now: datetime) -> None:
    """Bring up to date what follows from the assets that were noted."""
    noted = sorted(session.info.pop(_NOTED, ()))
    if len(noted) > MOST:
        return
    for start in range(0, len(noted), _CHUNK):
        part = noted[start : start + _CHUNK]
        cover_assets(session, part, today=today, now=now)
        mark_machines(session, part)
