"""What Parc shows to devices to be let in, encrypted, and what worked where."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from collectors.credentials import SnmpVersion
from parc.models.base import Base, EnumValue


class Credential(Base):
    """One way of asking by SNMP; the secrets are in ``sealed`` and never leave the services."""

    __tablename__ = "credential"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(100), unique=True)
    version: Mapped[SnmpVersion] = mapped_column(EnumValue(SnmpVersion))
    parameters: Mapped[dict[str, Any]] = mapped_column(
        comment="what is no secret: port, user_name, protocols, context_name"
    )
    networks: Mapped[list[str]] = mapped_column(
        comment="CIDRs it may be tried on; empty: those of the ranges that name it"
    )
    sealed: Mapped[bytes] = mapped_column(comment="AES-256-GCM of the JSON of secrets")
    key_id: Mapped[str] = mapped_column(sa.String(16), index=True, comment="which key sealed it")
    is_managed_by_file: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class CredentialSuccess(Base):
    """The credential that an address answered last; it is tried first next time."""

    __tablename__ = "credential_success"

    address: Mapped[str] = mapped_column(sa.String(45), primary_key=True)
    credential_id: Mapped[int] = mapped_column(
        sa.ForeignKey("credential.id", ondelete="CASCADE"), index=True
    )
    succeeded_at: Mapped[datetime]
    manner: Mapped[str | None] = mapped_column(
        sa.String(200), comment="JSON: how the device must be asked, where it is not as usual"
    )
    manner_learnt_at: Mapped[datetime | None]
