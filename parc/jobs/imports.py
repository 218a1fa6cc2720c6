"""Jobs that plan and apply imports of files."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
from flask_babel import force_locale

from parc.config import Settings
from parc.errors import ConflictError, ParcError
from parc.extensions import reading
from parc.importers.choices import Mode
from parc.importers.run import RunTools, apply_run, plan_run
from parc.importers.targets.made import TargetSettings
from parc.importers.watched import WatchedFolder, look
from parc.jobs.clock import INBOX
from parc.jobs.execution import JobContext
from parc.jobs.import_letters import tell_of_waiting
from parc.services.document_store import DocumentStore
from parc.services.imports import FOLDER
from parc.services.jobs import enqueue


@dataclass(frozen=True, slots=True)
class ImportArguments:
    """A job about one import."""

    import_id: int
    mode: Mode = Mode.ALL


def plan_import(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Make the plan of an import."""
    plan_run(_tools(context), _checked(arguments).import_id)


def apply_import(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Carry an import out."""
    given = _checked(arguments)
    apply_run(_tools(context), given.import_id, given.mode)
    with suppress(ConflictError), context.transaction() as session:
        enqueue(session, kind=INBOX, arguments={}, key=INBOX, now=context.clock(), max_attempts=2)


def watch_folder(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Look at the folder into which other systems drop exports."""
    del arguments
    settings: Settings = context.app.extensions["parc_settings"]
    chosen = settings.imports
    if not chosen.watched_folder:
        return
    folder = WatchedFolder(
        path=Path(chosen.watched_folder),
        is_applied=chosen.watched_apply,
        keep=timedelta(days=chosen.keep_days),
        notes=settings.data_folder / "watched.json",
        words=context.app.extensions["parc_import_words"],
        tell=lambda session, row: tell_of_waiting(session, settings, row, context.clock()),
    )
    try:
        with force_locale(settings.interface.language):
            look(_tools(context), folder)
    except OSError as error:
        raise ParcError(f"the watched folder cannot be read: {error}") from error


def _checked(arguments: Mapping[str, Any]) -> ImportArguments:
    try:
        return msgspec.convert(arguments, ImportArguments, strict=True)
    except msgspec.ValidationError as error:
        raise ParcError(f"the job's arguments do not fit: {error}") from error


def _tools(context: JobContext) -> RunTools:
    settings: Settings = context.app.extensions["parc_settings"]
    return RunTools(
        transaction=context.transaction,
        reading=reading,
        clock=context.clock,
        should_stop=context.should_stop,
        store=DocumentStore(settings.data_folder, FOLDER),
        settings=TargetSettings(context.app.extensions["parc_box"]),
    )
