"""``parc import agent FILE…``: inventories of machines off the network, taken over at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parc.cli.context import operator, settings, with_database
from parc.cli.output import print_json
from parc.errors import ParcError

if TYPE_CHECKING:
    from collectors.agent.messages import Message
    from parc.clock import Clock


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--apply", "is_applied", is_flag=True, help="Take them over; else only read.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON, for programs.")
@with_database
def agent(files: tuple[str, ...], *, is_applied: bool, is_json: bool) -> None:
    """Read inventories that agents wrote as FILEs (--local): GLPI Agent, FusionInventory, OCS.

    A dash is the standard input. Without --apply nothing is written.
    """
    lines = []
    for name in files:
        message, problem = _read(name)
        if message is not None and is_applied:
            _store(message)
        machine = message.device_id if message else None
        lines.append({"file": name, "machine": machine, "problem": problem})
    if is_applied:
        from parc.clock import now

        settle_waiting(now)
    if is_json:
        print_json(lines)
    else:
        for line in lines:
            click.echo(f"{line['file']}: {line['problem'] or line['machine']}")
        good = sum(line["problem"] is None for line in lines)
        what = "taken over" if is_applied else "can be taken over; --apply does it"
        click.echo(f"{good} of {len(lines)} {what}.")
    if any(line["problem"] for line in lines):
        raise SystemExit(1)


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


def _store(message: Message) -> None:
    from parc.clock import now
    from parc.extensions import transaction
    from parc.services.agents import Received, store_inventory

    with transaction() as session:
        received = Received(
            message,
            now(),
            keeps_people=settings().agents.keep_people,
            sent_by=operator().name,
        )
        store_inventory(session, received)


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
