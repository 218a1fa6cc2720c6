"""Stores what the demo's agents upload, and says which of what they found may be used."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.agent.messages import read_message
from collectors.agent.sections import first
from collectors.agent.values import text
from parc.demo.inventories import read_words
from parc.models import Person, SoftwareProduct
from parc.services.actor import Actor
from parc.services.agents import Received, store_inventory
from parc.services.software_status import StatusDraft, set_status


def store_uploads(
    session: Session, bodies: Iterable[bytes], at: datetime, token_id: int | None = None
) -> int:
    """Store uploads as the endpoint does; the job of agents takes them over. Gives how many."""
    count = 0
    for body in bodies:
        message = read_message(body)
        address = text(first(message.sections, "networks"), "ipaddress")
        store_inventory(session, Received(message, at, address=address, token_id=token_id))
        count += 1
    return count


def set_statuses(session: Session, actor: Actor, language: str, now: datetime) -> None:
    """Say which products may be used, of those that were found."""
    owner = session.scalars(
        sa.select(Person.name).where(Person.left_on.is_(None)).order_by(Person.id).limit(1)
    ).one()
    for one in read_words()["status"]:
        query = sa.select(SoftwareProduct.id).where(SoftwareProduct.name == one["product"])
        until = (now + timedelta(days=one["days"])).date().isoformat() if "days" in one else ""
        draft = StatusDraft(one["status"], one[language], until, owner if until else "")
        set_status(session, actor, draft, list(session.scalars(query)), at=now)
