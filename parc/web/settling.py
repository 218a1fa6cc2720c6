"""Bring the inbox up to date after what a person has done on any page, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from parc.models import AddressRange, Asset, Device
from parc.queries.inbox_cause import Scope
from parc.queries.scope import scope_of, unlimited
from parc.reconcile.inbox import settle
from parc.services.scope import without_beyond
from parc.web.access import actor
from parc.web.context import now, settings
from parc.web.inbox_count import forget_count

_AT_ONCE: Final = 1_000


def settle_about(
    session: Any,
    *,
    devices: Iterable[int] = (),
    assets: Iterable[int] = (),
    ranges: Iterable[int] = (),
    people: Iterable[int] = (),
) -> None:
    """Open and close entries about these, as the one who makes the request.

    Ids of what a limited login does not see were sent along, but nothing was done to them.
    """
    owned = sorted(without_beyond(session, Asset, assets))
    scope = Scope(
        frozenset(without_beyond(session, Device, devices)),
        frozenset(owned[:_AT_ONCE]),
        frozenset(without_beyond(session, AddressRange, ranges)),
        is_end=True,
        people=frozenset(people),
    )
    if scope_of(session) is not None and scope == Scope(is_end=True):
        return
    with unlimited(session):  # what waits for a person does so whoever has caused it
        settle(session, actor(), settings().inbox, now(), scope)
        for start in range(_AT_ONCE, len(owned), _AT_ONCE):  # so many as one statement takes
            part = Scope(assets=frozenset(owned[start : start + _AT_ONCE]), is_end=True)
            settle(session, actor(), settings().inbox, now(), part)
    forget_count()
