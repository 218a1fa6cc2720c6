"""Bring the inbox up to date after what a person has done on any page, in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from parc.queries.inbox_cause import Scope
from parc.reconcile.inbox import settle
from parc.web.access import actor
from parc.web.context import now, settings
from parc.web.inbox_count import forget_count


def settle_about(
    session: Any,
    *,
    devices: Iterable[int] = (),
    assets: Iterable[int] = (),
    ranges: Iterable[int] = (),
) -> None:
    """Open and close entries about these, as the one who makes the request."""
    scope = Scope(frozenset(devices), frozenset(assets), frozenset(ranges), is_end=True)
    settle(session, actor(), settings().inbox, now(), scope)
    forget_count()
