"""Puts a document with each contract of the demo, so that their sheets have one to give out."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.models import Contract, DocumentSubject
from parc.services.actor import Actor
from parc.services.document_store import DocumentStore
from parc.services.documents import SentFile, add_document, take_in

_NAMES: Final[Mapping[str, str]] = {
    "fr": "Conditions particulières {number}.txt",
    "en": "Special conditions {number}.txt",
}
_WORDS: Final[Mapping[str, str]] = {
    "fr": "{name}\nContrat {number}\n\nDocument inventé pour la démonstration.\n",
    "en": "{name}\nContract {number}\n\nA document invented for the demo.\n",
}


def write_papers(
    session: Session, actor: Actor, store: DocumentStore, *, language: str, now: datetime
) -> None:
    """Write them, each a few lines of text."""
    for row in session.scalars(sa.select(Contract).order_by(Contract.id)):
        words = {"number": row.number, "name": row.name}
        paper = SentFile(
            _NAMES[language].format(**words), io.BytesIO(_WORDS[language].format(**words).encode())
        )
        taken = take_in(store, [paper], most_megabytes=1)
        subject = (DocumentSubject.CONTRACT, row.id)
        add_document(session, actor, subject, taken[0], subject_name=row.name, now=now)
