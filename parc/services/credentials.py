"""Credentials: saved, deleted and opened; the only module that sees their secrets in clear.

Secrets are sealed for the place ``credential:<id>`` and only ever leave as an
``SnmpCredential`` for a target. The history says that a secret changed, never what it was.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.credentials import AuthProtocol, PrivProtocol, SnmpCredential, SnmpVersion
from parc.errors import ConflictError, NotFoundError, SecretError
from parc.models import Credential, RangeCredential
from parc.secret_box import SecretBox
from parc.services.actor import Actor
from parc.services.audit import record
from parc.services.fields import FieldReader
from parc.services.networks import read_networks
from parc.services.permissions import Action, require

_log = logging.getLogger(__name__)

SECRET_FIELDS = ("community", "auth_passphrase", "priv_passphrase")
SWITCHES = ("is_compatible", "takes_other_sources")
_LEAST_PASSPHRASE = 8  # RFC 3414 §11.2
_MOST_USER_NAME = 32  # RFC 3414, usmUserName
_MOST_SECRET = 255


@dataclass(frozen=True, slots=True)
class CredentialDraft:
    """What was typed for a credential, as text; an empty secret leaves the stored one.

    Attributes:
        networks: CIDRs and addresses, one a line; empty: those of the ranges that name it.
        is_compatible: ask through pysnmp.
        takes_other_sources: take replies from other addresses than were asked.
    """

    name: str = ""
    version: str = SnmpVersion.V2C
    port: str = "161"
    community: str = field(default="", repr=False)
    user_name: str = ""
    auth_protocol: str = AuthProtocol.NONE
    auth_passphrase: str = field(default="", repr=False)
    priv_protocol: str = PrivProtocol.NONE
    priv_passphrase: str = field(default="", repr=False)
    context_name: str = ""
    networks: str = ""
    is_compatible: bool = False
    takes_other_sources: bool = False


@dataclass(frozen=True, slots=True)
class _Content:
    """A draft that was read: columns, and the secrets that its version needs."""

    name: str
    version: SnmpVersion
    parameters: dict[str, Any]
    networks: list[str]
    secrets: dict[str, str] = field(repr=False)


def save_credential(
    session: Session,
    actor: Actor,
    box: SecretBox,
    draft: CredentialDraft,
    *,
    now: datetime,
    credential_id: int | None = None,
    is_managed_by_file: bool = False,
) -> Credential:
    """Create a credential, or change the one of ``credential_id``; writes only what differs.

    Raises:
        NotAllowedError: not an administrator.
        NotFoundError: no such credential.
        ConflictError: it is managed by the settings file, and this does not come from there.
        InvalidInputError: names the fields.
        SecretError: the key ring cannot be read.
    """
    require(actor, Action.EDIT_CREDENTIAL)
    credential = None
    if credential_id is not None:
        credential = _find(session, credential_id, is_for_file=is_managed_by_file)
    stored = _stored_secrets(box, credential) if credential else {}
    content = _read(session, draft, stored, credential_id)
    if credential is None:
        return _create(session, actor, box, content, now, is_managed=is_managed_by_file)
    _change(session, actor, box, credential, content, stored, now, is_managed=is_managed_by_file)
    return credential


def delete_credential(session: Session, actor: Actor, credential_id: int, *, now: datetime) -> str:
    """Delete a credential and its place in ranges; give its name.

    Raises:
        NotAllowedError: not an administrator.
        NotFoundError: no such credential.
        ConflictError: it is managed by the settings file.
    """
    require(actor, Action.EDIT_CREDENTIAL)
    credential = _find(session, credential_id, is_for_file=False)
    name = credential.name
    session.execute(
        sa.delete(RangeCredential).where(RangeCredential.credential_id == credential_id)
    )
    session.delete(credential)
    _record(session, actor, credential, "deleted", now, {"name": (name, None)})
    session.flush()
    return name


def release_credential(
    session: Session, actor: Actor, credential: Credential, *, now: datetime
) -> None:
    """Hand a credential over that the settings file names no more; ranges go on using it.

    Raises:
        NotAllowedError: not an administrator.
    """
    require(actor, Action.EDIT_CREDENTIAL)
    credential.is_managed_by_file = False
    credential.updated_at = now
    _record(session, actor, credential, "changed", now, {"is_managed_by_file": (True, False)})
    session.flush()


def open_credential(box: SecretBox, credential: Credential) -> SnmpCredential:
    """Open the secrets of one credential, for one target, at the moment of use.

    Raises:
        SecretError: the key ring does not hold its key, or the value was moved.
    """
    secrets = open_secrets(box, credential)
    parameters = credential.parameters
    return SnmpCredential(
        version=credential.version,
        community=secrets.get("community", ""),
        user_name=parameters.get("user_name", ""),
        auth_protocol=AuthProtocol(parameters.get("auth_protocol", AuthProtocol.NONE)),
        auth_passphrase=secrets.get("auth_passphrase", ""),
        priv_protocol=PrivProtocol(parameters.get("priv_protocol", PrivProtocol.NONE)),
        priv_passphrase=secrets.get("priv_passphrase", ""),
        context_name=parameters.get("context_name", ""),
        port=int(parameters.get("port", 161)),
        is_compatible=bool(parameters.get("is_compatible")),
        takes_other_sources=bool(parameters.get("takes_other_sources")),
        id=credential.id,
    )


def place_of(credential_id: int) -> str:
    """Give what a sealed value is bound to, so that it cannot be moved to another row."""
    return f"credential:{credential_id}"


def open_secrets(box: SecretBox, credential: Credential) -> dict[str, str]:
    """Open the sealed JSON of a credential.

    Raises:
        SecretError: the key ring does not hold its key, or the value was moved.
    """
    opened = box.open(credential.sealed, credential.key_id, place_of(credential.id))
    secrets: dict[str, str] = json.loads(opened)
    return secrets


def seal_secrets(box: SecretBox, credential: Credential, secrets: Mapping[str, str]) -> None:
    """Seal ``secrets`` into the row with the key that the ring puts first."""
    key_id, sealed = box.seal_with_key(
        json.dumps(secrets, sort_keys=True).encode(), place_of(credential.id)
    )
    credential.sealed = sealed
    credential.key_id = key_id


def _stored_secrets(box: SecretBox, credential: Credential) -> dict[str, str]:
    """Give what is stored; nothing when its key is lost, so that all has to be typed again."""
    try:
        return open_secrets(box, credential)
    except SecretError:
        _log.warning("the secrets of the credential %s cannot be opened", credential.name)
        return {}


def _find(session: Session, credential_id: int, *, is_for_file: bool) -> Credential:
    """Give the row, locked, so that a rotation of keys does not pass between read and write."""
    credential = session.get(Credential, credential_id, with_for_update=True)
    if credential is None:
        raise NotFoundError(f"no credential {credential_id}")
    if credential.is_managed_by_file and not is_for_file:
        raise ConflictError(f"{credential.name} is managed by the settings file")
    return credential


def _read(
    session: Session,
    draft: CredentialDraft,
    stored: Mapping[str, str],
    credential_id: int | None,
) -> _Content:
    reader = FieldReader()
    name = reader.text("name", draft.name, most=100, is_required=True)
    taken = sa.select(Credential.id).where(Credential.name == name)
    if credential_id is not None:
        taken = taken.where(Credential.id != credential_id)
    if session.scalar(taken) is not None:
        reader.add("name", "taken", name)
    version = reader.word("version", draft.version, SnmpVersion, SnmpVersion.V2C)
    parameters: dict[str, Any] = {"port": reader.number("port", draft.port, 1, 65535)}
    # A switch that is off is not written, so that rows and their history stay short.
    parameters |= {name: True for name in SWITCHES if getattr(draft, name)}
    if version is SnmpVersion.V3:
        secrets = _read_user(reader, draft, stored, parameters)
    else:
        secrets = {"community": _read_secret(reader, "community", draft.community, stored, 1)}
    # Where a credential may go is decided by an administrator, who may name public networks.
    networks = read_networks(reader, "networks", draft.networks, allow_public=True)
    reader.raise_problems()
    return _Content(name, version, parameters, networks, secrets)


def _read_user(
    reader: FieldReader,
    draft: CredentialDraft,
    stored: Mapping[str, str],
    parameters: dict[str, Any],
) -> dict[str, str]:
    """Read what SNMPv3 needs at its level: noAuthNoPriv, authNoPriv or authPriv."""
    auth = reader.word("auth_protocol", draft.auth_protocol, AuthProtocol, AuthProtocol.NONE)
    priv = reader.word("priv_protocol", draft.priv_protocol, PrivProtocol, PrivProtocol.NONE)
    parameters["user_name"] = reader.text(
        "user_name", draft.user_name, most=_MOST_USER_NAME, is_required=True
    )
    parameters["auth_protocol"] = auth.value
    parameters["priv_protocol"] = priv.value
    parameters["context_name"] = reader.text("context_name", draft.context_name, most=255)
    secrets = {}
    least = _LEAST_PASSPHRASE
    if auth is not AuthProtocol.NONE:
        secrets["auth_passphrase"] = _read_secret(
            reader, "auth_passphrase", draft.auth_passphrase, stored, least
        )
    if priv is not PrivProtocol.NONE:
        if auth is AuthProtocol.NONE:
            reader.add("auth_protocol", "privacy_needs_authentication")
        secrets["priv_passphrase"] = _read_secret(
            reader, "priv_passphrase", draft.priv_passphrase, stored, least
        )
    return secrets


def _read_secret(
    reader: FieldReader, name: str, typed: str, stored: Mapping[str, str], least: int
) -> str:
    """Take what was typed, else what is stored; a problem never repeats the secret."""
    secret = typed or stored.get(name, "")
    if not secret:
        reader.add(name, "required")
    elif len(secret) < least:
        reader.add(name, "passphrase_too_short", str(least))
    elif len(secret.encode()) > _MOST_SECRET:
        reader.add(name, "too_long", str(_MOST_SECRET))
    elif not secret.isprintable():
        reader.add(name, "unprintable")
    return secret


def _create(
    session: Session,
    actor: Actor,
    box: SecretBox,
    content: _Content,
    now: datetime,
    *,
    is_managed: bool,
) -> Credential:
    credential = Credential(
        name=content.name,
        version=content.version,
        parameters=content.parameters,
        networks=content.networks,
        sealed=b"",
        key_id="",
        is_managed_by_file=is_managed,
        created_at=now,
        updated_at=now,
    )
    session.add(credential)
    session.flush()  # the id is part of what the secrets are sealed for
    seal_secrets(box, credential, content.secrets)
    changes = {name: (None, value) for name, value in _shown(credential).items() if value}
    changes |= dict.fromkeys(content.secrets, (None, "changed"))
    _record(session, actor, credential, "created", now, changes)
    session.flush()
    return credential


def _change(  # noqa: PLR0913 -- private; the arguments of save_credential
    session: Session,
    actor: Actor,
    box: SecretBox,
    credential: Credential,
    content: _Content,
    stored: Mapping[str, str],
    now: datetime,
    *,
    is_managed: bool,
) -> None:
    before = _shown(credential)
    credential.name = content.name
    credential.version = content.version
    if credential.parameters != content.parameters:
        credential.parameters = content.parameters
    if credential.networks != content.networks:
        credential.networks = content.networks
    credential.is_managed_by_file = is_managed
    after = _shown(credential)
    changes: dict[str, tuple[Any, Any]] = {
        name: (before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    }
    changed = _changed_secrets(stored, content.secrets)
    if changed:
        seal_secrets(box, credential, content.secrets)
        changes |= dict.fromkeys(changed, (None, "changed"))
    if changes:
        credential.updated_at = now
        _record(session, actor, credential, "changed", now, changes)
    session.flush()


def _changed_secrets(stored: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    return [
        name
        for name in SECRET_FIELDS
        if (name in stored) != (name in wanted)
        or not hmac.compare_digest(stored.get(name, "").encode(), wanted.get(name, "").encode())
    ]


def _shown(credential: Credential) -> dict[str, Any]:
    """Give what the history may hold."""
    return {
        "name": credential.name,
        "version": credential.version.value,
        **credential.parameters,
        "networks": list(credential.networks),
        "is_managed_by_file": credential.is_managed_by_file,
    }


def _record(
    session: Session,
    actor: Actor,
    credential: Credential,
    action: str,
    now: datetime,
    changes: dict[str, tuple[Any, Any]],
) -> None:
    record(
        session,
        actor,
        at=now,
        subject_kind="credential",
        subject_id=credential.id,
        subject_name=credential.name,
        action=action,
        changes=changes,
    )
