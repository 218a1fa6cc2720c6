"""``parc import agent FILE…``: inventories of machines off the network, taken over at once."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from parc.cli.context import operator, settings, with_database
from parc.cli.output import print_json
from parc.errors import ParcError

if TYPE_CHECKING:
    from collectors.agent.messages import Message
    from parc.clock import Clock
    from parc.services.agents import Stored


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--apply", "is_applied", is_flag=True, help="Take them over; else only read.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def agent(files: tuple[str, ...], *, is_applied: bool, is_json: bool) -> None:
    """Read inventories that agents wrote as FILEs (--local): GLPI Agent, FusionInventory, OCS.

    A dash is the standard input. Without --apply nothing is written. What is older than what is
    known of its machine overwrites nothing: it fills in what is not known yet.
    """
    lines = []
    for name in files:
        message, problem = _read(name)
        stored = _store(message) if message is not None and is_applied else None
        machine = message.device_id if message else None
        lines.append(_Line(name, machine, problem, stored))
    if is_applied:
        from parc.clock import now

        settle_waiting(now)
        lines = _with_later(lines)
    if is_json:
        print_json([line.to_json() for line in lines])
    else:
        for line in lines:
            click.echo(f"{line.file}: {line.text()}")
        good = sum(line.problem is None for line in lines)
        what = "taken over" if is_applied else "can be taken over; --apply does it"
        click.echo(f"{good} of {len(lines)} {what}.")
    if any(line.problem for line in lines):
        raise SystemExit(1)


@dataclass(frozen=True, slots=True)
class _Line:
    """What became of one file.

    Attributes:
        later_at: when an agent of the machine has said later things, if it has.
    """

    file: str
    machine: str | None
    problem: str | None
    stored: Stored | None = None
    later_at: datetime | None = None

    def text(self) -> str:
        """Say it for people, with moments where they are."""
        if self.problem or self.stored is None:
            return self.problem or str(self.machine)
        said = f"{self.machine}, of {_moment(self.stored.said_at)}"
        if self.later_at is None:
            return said
        later = _moment(self.later_at)
        return f"{said}, older than what is known of {later}: it overwrites nothing"

    def to_json(self) -> dict[str, str | None]:
        """Say it for programs."""
        said_at = self.stored.said_at if self.stored else None
        return {
            "file": self.file,
            "machine": self.machine,
            "problem": self.problem,
            "said_at": said_at.isoformat() if said_at else None,
            "older_than": self.later_at.isoformat() if self.later_at else None,
        }


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _with_later(lines: Sequence[_Line]) -> list[_Line]:
    from parc.extensions import reading
    from parc.queries.agents import later_reports

    ids = [line.stored.observation_id for line in lines if line.stored]
    with reading() as session:
        later = later_reports(session, ids)
    return [
        replace(line, later_at=later.get(line.stored.observation_id)) if line.stored else line
        for line in lines
    ]


def _read(name: str) -> tuple[Message | None, str | None]:
    """Give the inventory of a file, or why it is none."""
    from collectors.agent.errors import UploadError
    from collectors.agent.limits import MEBIBYTE, UploadLimits
    from collectors.agent.messages import MessageKind, read_message

    limits = UploadLimits(wire_octets=settings().agents.body_megabytes * MEBIBYTE)
    try:
        if name == "-":
            octets = sys.stdin.buffer.read(limits.wire_octets + 1)
        else:
            with Path(name).open("rb") as file:
                octets = file.read(limits.wire_octets + 1)
        message = read_message(octets, limits)
    except UploadError as error:
        return None, error.detail
    except OSError as error:
        return None, error.strerror or "cannot be read"
    if message.kind is not MessageKind.INVENTORY:
        return None, "it is no inventory"
    return message, None


def _store(message: Message) -> Stored:
    from parc.clock import now
    from parc.extensions import transaction
    from parc.services.agents import Received, store_inventory

    with transaction() as session:
        received = Received(
            message,
            now(),
            keeps_people=settings().agents.keep_people,
            sent_by=operator().name,
            zone=ZoneInfo(settings().interface.time_zone),
        )
        return store_inventory(session, received)


def settle_waiting(clock: Clock) -> None:
    """Take over what waits, as the job does.

    Raises:
        ParcError: it cannot be taken over.
    """
    from parc.discovery.agents import settle_uploads, take_waiting
    from parc.extensions import DatabaseError, transaction

    try:
        while True:
            with transaction() as session:
                upload_ids = take_waiting(session)
            if not upload_ids:
                return
            with transaction() as session:
                settle_uploads(session, settings(), upload_ids, clock())
    except DatabaseError as error:
        raise ParcError(f"the inventories could not be taken over: {error.orig}") from error
