"""A process whose children apply, merge, split and undo, and are killed -9 in the middle of it.

python -m tests.parc.jobs.killed_acts SEED KILLS, with the settings in the environment. Prints a
line of JSON for each death: what was done, where it died, and what is wrong with the database then.
Each act is done to its end after its deaths, so that the next one builds on it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Session

from collectors.observation import Category, Identity, Interface, InterfaceTable, System
from parc.app import create_app
from parc.config import DiscoverySettings, InboxSettings
from parc.extensions import reading, transaction
from parc.models import (
    AddressRange,
    Asset,
    Base,
    ChangeSet,
    ChangeSetKind,
    ChangeSetPart,
    Device,
    StoredObservation,
)
from parc.reconcile.apply import apply
from parc.reconcile.dividing import read_voices
from parc.reconcile.inbox import settle
from parc.reconcile.invariants import examine
from parc.reconcile.licence_invariants import examine_licences
from parc.reconcile.load import load
from parc.reconcile.merging import merge_assets
from parc.reconcile.movement_invariants import examine_movements
from parc.reconcile.plan import plan
from parc.reconcile.policy import Policy
from parc.reconcile.software_invariants import examine_software
from parc.reconcile.splitting import Leaving, split_asset
from parc.reconcile.word_invariants import examine_words
from parc.services.change_sets import recording
from parc.services.row_images import unpack
from parc.services.undo import find_obstacles, undo
from tests.conftest import SOME_MOMENT
from tests.dying import start_dying, was_killed
from tests.factories import SOME_PERSON, make_observation, make_range, make_run
from tests.parc.reconcile.test_merging import kept_observation, switch

_MACHINES = 4
_SETTINGS = DiscoverySettings()
_LONGEST_SECONDS = 0.06
_POLICY = Policy(range_id=1, asset_categories=frozenset({Category.SWITCH}))
_COVERED = frozenset(f"192.0.2.{number}" for number in range(1, 255))


def main() -> None:
    """Do each act once, after some tries that do not end."""
    chance, kills = random.Random(int(sys.argv[1])), int(sys.argv[2])  # noqa: S311 -- a seed
    app = create_app(has_pages=False)
    with app.app_context():
        with transaction() as session:
            make_range(session, id=1)
        _complete(_sweep, 0)
        with transaction() as session:
            _let_two_speak(session)
        acts_of = (_sweep, _merge, _split, _undo, _undo, _divide, _undo)
        for hour, act in enumerate(acts_of, 1):
            statements = _count_statements(act, hour)
            for number in range(kills):
                before, acts = _dump(), _count_acts()
                # The last point is the moment of the commit; every third death comes from outside.
                point = None if number % 3 == 2 else chance.randint(1, statements + 1)
                _die(act, hour, point, chance.uniform(0, _LONGEST_SECONDS))
                wrong = _wrongs(app.extensions["parc_box"], before, acts)
                line = {"act": act.__name__[1:], "point": point, "wrong": wrong}
                sys.stdout.write(json.dumps(line) + "\n")
                if _count_acts() > acts:
                    break  # killed a moment too late: it is done, and whole
            else:
                _complete(act, hour)


def _complete(act: Callable[[Session, int], None], hour: int) -> None:
    with transaction() as session:
        _do(session, act, hour)


def _do(session: Session, act: Callable[[Session, int], None], hour: int) -> None:
    act(session, hour)
    session.flush()
    at = SOME_MOMENT + timedelta(hours=hour)
    settle(session, SOME_PERSON, InboxSettings(), at)


def _count_statements(act: Callable[[Session, int], None], hour: int) -> int:
    """Do it, count, and take it back."""
    counted = 0

    def count(*_: Any) -> None:
        nonlocal counted
        counted += 1

    event.listen(sa.Engine, "after_cursor_execute", count)
    try:
        with transaction() as session:
            _do(session, act, hour)
            session.flush()
            session.rollback()
    finally:
        event.remove(sa.Engine, "after_cursor_execute", count)
    return counted


def _die(act: Callable[[Session, int], None], hour: int, point: int | None, seconds: float) -> None:
    """Let a child do it, and kill it at a statement, or after some seconds."""
    child = start_dying(point, lambda: _complete(act, hour))
    if point is None:
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
    was_killed(child)


def _sweep(session: Session, hour: int) -> None:
    """Read all machines under new names; one is new each time."""
    at = SOME_MOMENT + timedelta(hours=hour)
    seen = [
        replace(
            make_observation(
                f"192.0.2.{number}",
                system=System(sys_name=f"sw{number}-{hour}"),
                identity=Identity(
                    manufacturer="Cisco", serial_number=f"S100{number}", category=Category.SWITCH
                ),
                interfaces=InterfaceTable((Interface(1, f"Gi{hour}"),), complete=True),
            ),
            observed_at=at,
        )
        for number in range(1, _MACHINES + hour)
    ]
    known = load(session, seen, _POLICY, covered=_COVERED)
    made = plan(seen, known, _POLICY, covered=_COVERED)
    with recording(session, SOME_PERSON, ChangeSetKind.DECISION, {"code": "sweep"}, at):
        apply(made, session, SOME_PERSON, at)


def _merge(session: Session, hour: int) -> None:
    first, second = session.scalars(sa.select(Asset.id).order_by(Asset.id).limit(2))
    at = SOME_MOMENT + timedelta(hours=hour)
    merge_assets(session, SOME_PERSON, first, second, taken=frozenset({"name"}), at=at)


def _split(session: Session, hour: int) -> None:
    first = session.scalars(sa.select(Asset.id).order_by(Asset.id)).first() or 0
    query = sa.select(Device.id).where(Device.asset_id == first).order_by(Device.id.desc())
    leaving = Leaving(frozenset({session.scalars(query).first() or 0}))
    at = SOME_MOMENT + timedelta(hours=hour)
    split_asset(session, SOME_PERSON, first, leaving, at=at, settings=_SETTINGS)


def _let_two_speak(session: Session) -> None:
    """Keep evidence of two machines for the last device."""
    device = session.scalars(sa.select(Device).order_by(Device.id.desc())).first()
    assert device is not None
    run_id = make_run(session, session.get_one(AddressRange, 1)).id
    for number in (1, 2):
        row = kept_observation(session, device, switch(number, SOME_MOMENT), run_id)
        session.add(row)


def _divide(session: Session, hour: int) -> None:
    """Let one of two machines leave the device through which both spoke."""
    number = session.scalars(sa.select(StoredObservation.device_id)).first() or 0
    device, voice = session.get_one(Device, number), read_voices(session, number)[0]
    leaving = Leaving(voices={number: frozenset({voice.token})})
    at = SOME_MOMENT + timedelta(hours=hour)
    split_asset(session, SOME_PERSON, device.asset_id or 0, leaving, at=at, settings=_SETTINGS)


def _undo(session: Session, hour: int) -> None:
    """Undo the latest act, also one that is an undo."""
    latest = session.scalars(sa.select(ChangeSet.id).order_by(ChangeSet.id.desc())).first() or 0
    undo(session, SOME_PERSON, latest, at=SOME_MOMENT + timedelta(hours=hour))


def _count_acts() -> int:
    with reading() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(ChangeSet)) or 0


def _dump() -> dict[str, list[str]]:
    """Give every row of every table."""
    with reading() as session:
        return {
            table.name: sorted(map(repr, session.execute(sa.select(table))))
            for table in Base.metadata.sorted_tables
        }


def _wrongs(box: Any, before: dict[str, list[str]], acts: int) -> list[str]:
    """Give what is half done: what the doctor finds, and an act that is neither whole nor none."""
    with reading() as session:
        found = [*examine(session, box, SOME_MOMENT)]
        for look in (examine_movements, examine_words, examine_software, examine_licences):
            found += look(session)
        wrong = [str(finding) for finding in found]
        if _count_acts() == acts:
            after = _dump()
            return wrong + [name for name, rows in before.items() if after[name] != rows]
        act = session.scalars(sa.select(ChangeSet).order_by(ChangeSet.id.desc())).first()
        assert act is not None
        wrong += [str(obstacle) for obstacle in find_obstacles(session, act.id)]
        parts = sa.select(ChangeSetPart.body).where(ChangeSetPart.change_set_id == act.id)
        kept = sum(len(list(unpack(body))) for body in session.scalars(parts))
        return wrong if kept == act.row_count else [*wrong, f"{kept} of {act.row_count} rows"]


if __name__ == "__main__":
    main()
