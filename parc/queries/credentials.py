"""Credentials without their secrets, and where each is used."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.credentials import AuthProtocol, PrivProtocol, SnmpVersion
from parc.errors import NotFoundError
from parc.models import AddressRange, Credential, RangeCredential


@dataclass(frozen=True, slots=True)
class RangeName:
    """A range, as far as a link to it needs."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A credential as pages and commands show it; there is no secret in it.

    Attributes:
        networks: where it may be tried; empty: in the ranges that name it.
        ranges: those that name it, by name.
    """

    id: int
    name: str
    version: SnmpVersion
    port: int
    user_name: str
    auth_protocol: AuthProtocol
    priv_protocol: PrivProtocol
    context_name: str
    is_compatible: bool
    takes_other_sources: bool
    networks: tuple[str, ...]
    is_managed_by_file: bool
    updated_at: datetime
    ranges: tuple[RangeName, ...] = ()


def list_credentials(session: Session) -> list[CredentialRow]:
    """Give all credentials by name, in two queries."""
    used = _ranges_by_credential(session)
    rows = session.execute(_columns().order_by(Credential.name)).all()
    return [_row(row, used[row.id]) for row in rows]


def get_credential(session: Session, credential_id: int) -> CredentialRow:
    """Give one credential.

    Raises:
        NotFoundError: no such credential.
    """
    return _one(session, Credential.id == credential_id, str(credential_id))


def find_credential(session: Session, name: str) -> CredentialRow:
    """Give the credential of a name.

    Raises:
        NotFoundError: no such credential.
    """
    return _one(session, Credential.name == name, repr(name))


def _one(session: Session, condition: sa.ColumnElement[bool], which: str) -> CredentialRow:
    row = session.execute(_columns().where(condition)).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no credential {which}.")
    return _row(row, _ranges_by_credential(session, row.id)[row.id])


def _columns() -> sa.Select[Any]:
    """Select all but what is sealed, so that it does not even reach memory."""
    return sa.select(
        Credential.id,
        Credential.name,
        Credential.version,
        Credential.parameters,
        Credential.networks,
        Credential.is_managed_by_file,
        Credential.updated_at,
    )


def _ranges_by_credential(
    session: Session, credential_id: int | None = None
) -> defaultdict[int, list[RangeName]]:
    query = (
        sa.select(RangeCredential.credential_id, AddressRange.id, AddressRange.name)
        .join(AddressRange, AddressRange.id == RangeCredential.range_id)
        .order_by(AddressRange.name)
    )
    if credential_id is not None:
        query = query.where(RangeCredential.credential_id == credential_id)
    used: defaultdict[int, list[RangeName]] = defaultdict(list)
    for found in session.execute(query).all():
        used[found.credential_id].append(RangeName(found.id, found.name))
    return used


def _row(row: sa.Row[Any], ranges: list[RangeName]) -> CredentialRow:
    parameters: dict[str, Any] = row.parameters
    return CredentialRow(
        id=row.id,
        name=row.name,
        version=row.version,
        port=int(parameters.get("port", 161)),
        user_name=parameters.get("user_name", ""),
        auth_protocol=AuthProtocol(parameters.get("auth_protocol", AuthProtocol.NONE)),
        priv_protocol=PrivProtocol(parameters.get("priv_protocol", PrivProtocol.NONE)),
        context_name=parameters.get("context_name", ""),
        is_compatible=bool(parameters.get("is_compatible")),
        takes_other_sources=bool(parameters.get("takes_other_sources")),
        networks=tuple(row.networks),
        is_managed_by_file=row.is_managed_by_file,
        updated_at=row.updated_at,
        ranges=tuple(ranges),
    )
