"""Bring the inbox up to date after what a command has done, in the same transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parc.cli.context import operator, settings

if TYPE_CHECKING:
    from collections.abc import Iterable


def settle_all(session: Any) -> None:
    """Open and close entries about anything, as whoever administers the server."""
    from parc.clock import now
    from parc.reconcile.inbox import settle

    settle(session, operator(), settings().inbox, now())


def settle_about(session: Any, *, devices: Iterable[int] = (), assets: Iterable[int] = ()) -> None:
    """Open and close entries about these, as whoever administers the server."""
    from parc.clock import now
    from parc.queries.inbox_cause import Scope
    from parc.reconcile.inbox import settle

    scope = Scope(frozenset(devices), frozenset(assets), is_end=True)
    settle(session, operator(), settings().inbox, now(), scope)
