"""Credentials and ranges of ``config.toml``: brought into the database at each start.

Only what differs is written. What the file names no more is handed over: a credential stays for
whoever uses it, a range stays but is swept no more until a person enables it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from parc.config import CredentialSettings, RangeSettings, Settings
from parc.config.lines import find_line
from parc.errors import ConfigError, ConfigProblem, FieldProblem, InvalidInputError
from parc.models import AddressRange, Credential, ScheduleKind
from parc.secret_box import SecretBox
from parc.services.actor import Actor
from parc.services.credentials import (
    SECRET_FIELDS,
    CredentialDraft,
    release_credential,
    save_credential,
)
from parc.services.range_drafts import RangeDraft
from parc.services.ranges import release_range, save_range

_log = logging.getLogger(__name__)

_REASONS: Mapping[str, str] = {
    "required": "is required",
    "too_long": "is longer than {value} characters",
    "unprintable": "holds characters that cannot be printed",
    "passphrase_too_short": "the passphrase is shorter than {value} characters",
    "privacy_needs_authentication": "priv_protocol needs an auth_protocol",
    "network_not_a_network": "{value!r} is no network or address",
    "network_host_bits": "{value!r} lies inside a network: write the network or the address alone",
    "network_has_scope": "{value!r} names an interface: such an address cannot be swept",
    "network_too_large": "{value!r} is too large: at most a /112 of IPv6 can be swept",
    "network_not_unicast": "{value!r} is the address of no single device",
    "network_is_mapped": "{value!r}: write the IPv4 address itself, without ::ffff:",
    "public_network": "{value!r} is public: set discovery.allow_public_addresses to sweep it",
    "too_many_addresses": "holds more than {value} addresses",
    "too_many_lines": "holds more than {value} entries",
    "nothing_left": "excludes everything that include names",
    "bad_interval": "{value}",
    "bad_cron": "{value}",
    "window_is_empty": "starts and ends at the same time",
}
_SECRET_FILE_LIMIT = 4096


@dataclass(frozen=True, slots=True)
class Synchronised:
    """Names of what was written; all empty when the database was as the file says."""

    created: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    released: tuple[str, ...] = ()


@dataclass(slots=True)
class _Work:
    """What one synchronisation needs and what it finds."""

    session: Session
    actor: Actor
    settings: Settings
    text: str
    environment: Mapping[str, str]
    now: datetime
    problems: list[ConfigProblem] = field(default_factory=list)
    created: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def add(self, table: str, key: str, reason: str, position: int) -> None:
        line = find_line(self.text, table, key, position)
        self.problems.append(ConfigProblem(f"{table}.{key}", reason, line))


def sync(
    session: Session,
    settings: Settings,
    box: SecretBox,
    environment: Mapping[str, str],
    now: datetime,
) -> Synchronised:
    """Bring ``[[credential]]`` and ``[[range]]`` into the database.

    Args:
        environment: where ``*_env`` keys find their secrets; usually ``os.environ``.

    Raises:
        ConfigError: all that cannot be taken, with key and line; nothing may be committed then.
        SecretError: the key ring cannot be read.
    """
    source = settings.path
    work = _Work(
        session,
        Actor(name=source.name if source else "settings", is_system=True),
        settings,
        source.read_text(encoding="utf-8") if source and source.exists() else "",
        environment,
        now,
    )
    for position, credential in enumerate(settings.credentials):
        _sync_credential(work, box, credential, position)
    for position, entry in enumerate(settings.ranges):
        _sync_range(work, entry, position)
    if work.problems:
        raise ConfigError(str(source or "settings"), work.problems)
    done = Synchronised(tuple(work.created), tuple(work.changed), tuple(_release(work)))
    _log_what_was_done(done)
    return done


def _sync_credential(work: _Work, box: SecretBox, entry: CredentialSettings, position: int) -> None:
    secrets = {
        name: _read_secret(work, entry, name, position)
        for name in SECRET_FIELDS
        if _is_needed(entry, name)
    }
    if None in secrets.values():
        return  # said already
    draft = CredentialDraft(
        name=entry.name,
        version=entry.version,
        port=str(entry.port),
        user_name=entry.user_name,
        auth_protocol=entry.auth_protocol,
        priv_protocol=entry.priv_protocol,
        context_name=entry.context_name,
        networks="\n".join(entry.networks),
        is_compatible=entry.is_compatible,
        takes_other_sources=entry.takes_other_sources,
        **{name: secret for name, secret in secrets.items() if secret is not None},
    )
    row = work.session.scalar(sa.select(Credential).where(Credential.name == entry.name))

    def save() -> Credential:
        return save_credential(
            work.session,
            work.actor,
            box,
            draft,
            now=work.now,
            credential_id=row.id if row else None,
            is_managed_by_file=True,
        )

    _save(work, "credential", position, row, save)


def _sync_range(work: _Work, entry: RangeSettings, position: int) -> None:
    draft = draft_of(entry)
    row = work.session.scalar(sa.select(AddressRange).where(AddressRange.name == entry.name))

    def save() -> AddressRange:
        return save_range(
            work.session,
            work.actor,
            draft,
            now=work.now,
            allow_public=work.settings.discovery.allow_public_addresses,
            range_id=row.id if row else None,
            is_managed_by_file=True,
        )

    _save(work, "range", position, row, save)


def draft_of(entry: RangeSettings) -> RangeDraft:
    """Give what would be typed for a ``[[range]]``."""
    kind = ScheduleKind.NONE
    if entry.cron:
        kind = ScheduleKind.CRON
    elif entry.every_minutes:
        kind = ScheduleKind.INTERVAL
    return RangeDraft(
        name=entry.name,
        include="\n".join(entry.include),
        exclude="\n".join(entry.exclude),
        site=entry.site,
        schedule_kind=kind,
        every_minutes=str(entry.every_minutes),
        cron=entry.cron,
        time_zone=entry.time_zone,
        window_start=entry.window_start,
        window_end=entry.window_end,
        credentials=entry.credentials,
        packets_per_second=str(entry.packets_per_second),
        devices_at_once=str(entry.devices_at_once),
        asset_categories=entry.asset_categories,
        is_enabled=entry.is_enabled,
    )


def _save(
    work: _Work,
    table: str,
    position: int,
    row: Credential | AddressRange | None,
    save: Callable[[], Credential | AddressRange],
) -> None:
    before = row.updated_at if row else None
    label = f"{table} {row.name}" if row else ""
    try:
        saved = save()
    except InvalidInputError as error:
        for problem in error.problems:
            # A missing credential of a range is told at the credential.
            if problem.code != "no_such_credential":
                work.add(table, _key_of(problem), _reason_of(problem), position)
        return
    if row is None:
        work.created.append(f"{table} {saved.name}")
    elif saved.updated_at != before:
        work.changed.append(label)


def _key_of(problem: FieldProblem) -> str:
    return f"{problem.field}_env" if problem.field in SECRET_FIELDS else problem.field


def _reason_of(problem: FieldProblem) -> str:
    words = _REASONS.get(problem.code, problem.code.replace("_", " ") + " {value}")
    return words.format(value=problem.value).strip()


def _is_needed(entry: CredentialSettings, name: str) -> bool:
    if name == "community":
        return entry.version != "v3"
    protocol = entry.auth_protocol if name == "auth_passphrase" else entry.priv_protocol
    return entry.version == "v3" and protocol != "none"


def _read_secret(work: _Work, entry: CredentialSettings, name: str, position: int) -> str | None:
    """Give a secret from the environment or from the named file; None when it was refused."""
    variable = getattr(entry, f"{name}_env")
    file = getattr(entry, f"{name}_file")
    if bool(variable) == bool(file):
        key = f"{name}_env"
        work.add("credential", key, f"give {name}_env or {name}_file, one of the two", position)
        return None
    if variable:
        secret = work.environment.get(variable, "")
        if not secret:
            reason = f"the environment variable {variable} is not set"
            work.add("credential", f"{name}_env", reason, position)
        return secret or None
    folder = work.settings.path.parent if work.settings.path else Path()
    secret, reason = _read_file(folder / file)
    if reason:
        work.add("credential", f"{name}_file", reason, position)
        return None
    return secret


def _read_file(path: Path) -> tuple[str, str]:
    """Give the first line of a file that only its owner can read, or why not."""
    try:
        if path.stat().st_mode & 0o077:
            return "", f"{path} can be read by others: run 'chmod 600 {path}'"
        with path.open(encoding="utf-8") as file:
            secret = file.readline(_SECRET_FILE_LIMIT).rstrip("\r\n")
    except UnicodeDecodeError:
        return "", f"{path} is not UTF-8 text"
    except OSError as error:
        return "", f"{path} cannot be read: {error.strerror}"
    return (secret, "") if secret else ("", f"{path} is empty")


def _release(work: _Work) -> list[str]:
    """Hand over what the file names no more; gives what it was."""
    released = []
    names = [entry.name for entry in work.settings.ranges]
    managed = sa.select(AddressRange).where(AddressRange.is_managed_by_file.is_(True))
    for row in work.session.scalars(managed.where(AddressRange.name.not_in(names))).all():
        release_range(work.session, work.actor, row, now=work.now)
        released.append(f"range {row.name}")
    names = [entry.name for entry in work.settings.credentials]
    kept = sa.select(Credential).where(Credential.is_managed_by_file.is_(True))
    for credential in work.session.scalars(kept.where(Credential.name.not_in(names))).all():
        release_credential(work.session, work.actor, credential, now=work.now)
        released.append(f"credential {credential.name}")
    return released


def _log_what_was_done(done: Synchronised) -> None:
    for name in done.created:
        _log.info("settings file: %s created", name)
    for name in done.changed:
        _log.info("settings file: %s changed", name)
    for name in done.released:
        _log.warning(
            "settings file: %s is no longer in it; it is kept and can be changed in the "
            "interface%s",
            name,
            ", where its schedule is now switched off" if name.startswith("range ") else "",
        )
