"""The registry of jobs: a stable name, and the function that carries it out.

Arguments come from a row; each handler checks them against its own type before it trusts them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import msgspec

from parc.config import Settings
from parc.discovery.agents import settle_uploads, take_waiting
from parc.discovery.collectors_network import collectors_network
from parc.discovery.run import Tools, apply_held, discover
from parc.errors import ParcError
from parc.jobs import contracts, end_of_life, imports, incident_reports, positions
from parc.jobs import software as found_software
from parc.jobs.clock import (
    AGENTS,
    ALERTS,
    ALL_POSITIONS,
    COVER,
    INBOX,
    INCIDENT_REPORTS,
    MAIL,
    ONLINE_SUPPORT,
    POSITIONS,
    PURGE,
    WATCH,
)
from parc.jobs.execution import Handler, JobContext
from parc.reconcile.inbox import settle
from parc.reconcile.incidents import settle_incidents
from parc.reconcile.suspects import keep_search
from parc.services.actor import SYSTEM
from parc.services.document_store import DocumentStore
from parc.services.documents import collect_files
from parc.services.imports import APPLY as APPLY_IMPORT
from parc.services.imports import FOLDER, expire
from parc.services.imports import PLAN as PLAN_IMPORT
from parc.services.incident_steps import close_resolved
from parc.services.jobs import JobStoppedError
from parc.services.retention import Ages, purge_batch
from parc.services.runs import APPLY, SWEEP
from parc.services.software_refolding import SOFTWARE

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class NoArguments:
    """A job that needs none."""


@dataclass(frozen=True, slots=True)
class RunArguments:
    """A job that carries out a run of discovery."""

    run_id: int


def purge(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Throw away what is too old, in short transactions."""
    checked(arguments, NoArguments)
    settings: Settings = context.app.extensions["parc_settings"]
    ages = Ages(
        observations=timedelta(days=settings.discovery.observation_days),
        runs=timedelta(days=settings.discovery.run_days),
        sessions=timedelta(days=settings.interface.session_days),
        links=timedelta(days=settings.discovery.link_days),
        inbox=timedelta(days=settings.inbox.closed_days),
        undo=timedelta(days=settings.interface.undo_days),
    )
    while True:
        if context.should_stop():
            raise JobStoppedError("stopped between two batches")
        with context.transaction() as session:
            if not purge_batch(session, ages, context.clock()):
                collect_files(session, DocumentStore(settings.data_folder), context.clock())
                expire(session, DocumentStore(settings.data_folder, FOLDER), context.clock())
                return


def inbox(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Look at all that may need a person, also at what only time has changed."""
    checked(arguments, NoArguments)
    settings: Settings = context.app.extensions["parc_settings"]
    with context.transaction() as session:
        settle(session, SYSTEM, settings.inbox, context.clock())
        settle_incidents(session, SYSTEM, context.clock())
    with context.transaction() as session:
        keep_search(session, context.clock())
    while True:
        if context.should_stop():
            raise JobStoppedError("stopped between two batches")
        with context.transaction() as session:
            if not close_resolved(session, context.clock(), settings.incidents.close_days):
                return


def agents(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Take over the inventories of agents that wait, a few in each transaction."""
    checked(arguments, NoArguments)
    settings: Settings = context.app.extensions["parc_settings"]
    while True:
        if context.should_stop():
            raise JobStoppedError("stopped between two groups of inventories")
        with context.transaction() as session:
            upload_ids = take_waiting(session)
        if not upload_ids:
            return
        with context.transaction() as session:
            settle_uploads(session, settings, upload_ids, context.clock())


def checked(arguments: Mapping[str, Any], shape: type[T]) -> T:
    """Give the arguments in their type.

    Raises:
        ParcError: they do not fit; the row was written by another version, or by hand.
    """
    try:
        return msgspec.convert(arguments, shape, strict=True)
    except msgspec.ValidationError as error:
        raise ParcError(f"the job's arguments do not fit: {error}") from error


def sweep(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Carry out a run of discovery."""
    discover(_tools(context), checked(arguments, RunArguments).run_id)
    with context.transaction() as session:
        keep_search(session, context.clock())


def apply(context: JobContext, arguments: Mapping[str, Any]) -> None:
    """Apply the plan of a held run, as a person decided."""
    apply_held(_tools(context), checked(arguments, RunArguments).run_id)


def _tools(context: JobContext) -> Tools:
    settings: Settings = context.app.extensions["parc_settings"]
    return Tools(
        transaction=context.transaction,
        clock=context.clock,
        settings=settings,
        box=context.app.extensions["parc_box"],
        open_network=collectors_network(settings.discovery, context.clock),
        should_stop=context.should_stop,
    )


HANDLERS: dict[str, Handler] = {
    SWEEP: sweep,
    APPLY: apply,
    AGENTS: agents,
    INBOX: inbox,
    INCIDENT_REPORTS: incident_reports.incident_reports,
    PURGE: purge,
    COVER: contracts.cover,
    ALERTS: contracts.alerts,
    POSITIONS: positions.positions,
    ALL_POSITIONS: positions.all_positions,
    MAIL: contracts.mail,
    SOFTWARE: found_software.software,
    ONLINE_SUPPORT: end_of_life.online_support,
    PLAN_IMPORT: imports.plan_import,
    APPLY_IMPORT: imports.apply_import,
    WATCH: imports.watch_folder,
}
