"""How a person wants their lists; no audit entry, as nothing of the organisation changes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from parc.errors import NotFoundError
from parc.models import User
from parc.services.actor import Actor
from parc.services.permissions import Action, require


def choose_asset_columns(session: Session, actor: Actor, columns: Sequence[str] | None) -> None:
    """Keep the columns of the list of assets that the actor chose; None forgets the choice.

    Raises:
        NotAllowedError: the actor may not change their own account.
        NotFoundError: the actor is no login.
    """
    require(actor, Action.OWN_ACCOUNT)
    user = session.get(User, actor.user_id) if actor.user_id is not None else None
    if user is None:
        raise NotFoundError(f"{actor.name} is no login")
    user.asset_columns = None if columns is None else list(columns)
