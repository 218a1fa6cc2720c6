"""Whatever happens to a few machines, in any order, no record is wrong in silence.

Machines are scanned, renamed, moved, cloned and repaired and lend each other a dock, while people
merge, split, edit and undo. ``PARC_TEST_EXAMPLES`` raises the number of lives that are tried.
"""

from __future__ import annotations

import os
import zlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from collectors.observation import (
    Category,
    Identity,
    Interface,
    InterfaceTable,
    Observation,
    Source,
    System,
    to_json,
)
from parc.config import InboxSettings
from parc.models import (
    Asset,
    AssetField,
    Base,
    ChangeSet,
    ChangeSetKind,
    ChangeSetState,
    Device,
    InboxEntry,
    InboxKind,
    InboxState,
    StoredObservation,
)
from parc.reconcile.dividing import read_voices
from parc.reconcile.doubled import doubled_assets, doubled_keys
from parc.reconcile.identity import make_traits, strong_keys
from parc.reconcile.inbox import settle
from parc.reconcile.known import DEVICE_COLUMNS
from parc.reconcile.merging import merge_assets
from parc.reconcile.movement_invariants import examine_movements
from parc.reconcile.rules import KeyKind
from parc.reconcile.splitting import Leaving, split_asset
from parc.services.actor import SYSTEM, for_run
from parc.services.assets import edit_asset
from parc.services.change_sets import recording
from parc.services.undo import find_obstacles, undo
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_observation, make_run
from tests.parc.reconcile.conftest import open_inventory
from tests.parc.reconcile.test_merging import SETTINGS, dump

EXAMPLES = int(os.environ.get("PARC_TEST_EXAMPLES", "12"))
RULES = InboxSettings()
DOCK = "00:50:b6:00:00:99"
NAMES = ("alpha", "beta", "gamma")
few = st.integers(0, 3)
spoken = st.sampled_from([Source.SNMP, Source.AGENT])
_ENGINE = sa.create_engine("sqlite://", poolclass=StaticPool)


@dataclass
class Machine:
    """What is true of one machine, which the inventory is never told."""

    number: int
    name: str
    address: str
    serial: str
    has_dock: bool = False

    def tell(self, at: datetime, source: Source) -> Observation:
        """Give what it says by SNMP, or what its agent says: each calls its system otherwise."""
        own = f"00:1b:21:00:00:{self.number:02x}"
        macs = [own, DOCK] if self.has_dock else [own]
        rows = tuple(
            Interface(if_index=n, if_name=f"eth{n}", if_phys_address=mac)
            for n, mac in enumerate(macs)
        )
        seen = make_observation(
            self.address,
            system=System(sys_name=self.name, sys_object_id="1.3.6.1.4.1.9.1.1"),
            identity=Identity(
                manufacturer="Cisco",
                serial_number=self.serial,
                category=Category.SWITCH,
                operating_system=source.value,
            ),
            interfaces=InterfaceTable(rows, complete=True),
        )
        if source is Source.AGENT:
            system, agent_id = System(sys_name=self.name), f"agent-{self.number}"
            return replace(seen, observed_at=at, source=source, system=system, agent_id=agent_id)
        return replace(seen, observed_at=at)


class Lifetimes(RuleBasedStateMachine):
    """An inventory and the machines that it should know."""

    def __init__(self) -> None:
        super().__init__()
        Base.metadata.create_all(_ENGINE)
        self.inventory, self.connection = open_inventory(_ENGINE)
        self.session: Session = self.inventory.session
        self.hours = 0
        self.machines = [
            Machine(n, NAMES[n % len(NAMES)], f"192.0.2.{n + 1}", f"S100{n}") for n in range(4)
        ]

    def teardown(self) -> None:
        self.session.close()
        self.connection.rollback()
        self.connection.close()

    def now(self) -> datetime:
        self.hours += 1
        return SOME_MOMENT + timedelta(hours=self.hours)

    @initialize()
    def scan_all(self) -> None:
        self.scan({0, 1, 2, 3}, is_whole=True, source=Source.SNMP)

    @rule(days=st.sampled_from([1, 31]))
    def wait(self, days: int) -> None:
        """Let so much time pass that who does not speak gives way, or not quite."""
        self.hours += days * 24

    @rule(who=st.sets(few, min_size=1), is_whole=st.booleans(), source=spoken)
    def scan(self, who: set[int], is_whole: bool, source: Source) -> None:  # noqa: FBT001
        at = self.now()
        by_address = {self.machines[n].address: self.machines[n] for n in sorted(who)}
        seen = [machine.tell(at, source) for machine in by_address.values()]
        run = make_run(self.session)
        self.inventory.actor = for_run("lab", run.id)
        covered = frozenset(m.address for m in self.machines) if is_whole else frozenset(by_address)
        made = self.inventory.plan(seen, covered)
        title = {"code": "run", "range": "lab"}
        with recording(self.session, self.inventory.actor, ChangeSetKind.RUN, title, at):
            applied = self.inventory.apply(made, at)
        for one in seen:
            self.session.add(
                StoredObservation(
                    run_id=None if one.source is Source.AGENT else run.id,
                    device_id=applied.devices[one.address],
                    address=one.address,
                    source=one.source.value,
                    observed_at=at,
                    body=zlib.compress(to_json(one)),
                )
            )
        self.session.flush()

    @rule(who=few, name=st.sampled_from(NAMES))
    def rename(self, who: int, name: str) -> None:
        self.machines[who].name = name

    @rule(who=few, other=few)
    def swap_addresses(self, who: int, other: int) -> None:
        one, two = self.machines[who], self.machines[other]
        one.address, two.address = two.address, one.address

    @rule(who=few)
    def dock(self, who: int) -> None:
        for machine in self.machines:
            machine.has_dock = machine.number == who

    @rule(who=few, of=few)
    def clone(self, who: int, of: int) -> None:
        self.machines[who].serial = self.machines[of].serial

    @rule(who=few)
    def exchange_mainboard(self, who: int) -> None:
        self.machines[who].serial = f"S2{self.hours:02}{who}"

    @precondition(lambda self: self.count(Asset) > 1)
    @rule(
        into=few,
        other=few,
        takes_name=st.booleans(),
        then=st.sampled_from(["", "undo", "split"]),
    )
    def merge(self, into: int, other: int, takes_name: bool, then: str) -> None:  # noqa: FBT001
        ids = self.asset_ids()
        one, two = ids[into % len(ids)], ids[other % len(ids)]
        if one != two:
            taken = frozenset({"name"}) if takes_name else frozenset()
            if then == "split":
                self.merge_and_split(one, two, taken)
                return
            self.act(then, lambda at: self._merge(one, two, taken, at))

    def merge_and_split(self, one: int, two: int, taken: frozenset[str]) -> None:
        """Merge and split again: both records are as they were."""
        devices = self.device_ids(two)
        if not devices or not self.device_ids(one):
            return
        before = self.records()
        self._merge(one, two, taken, self.now())
        self.session.expire_all()
        self._split(one, Leaving(frozenset(devices)), self.now())
        self.session.expire_all()
        after = self.records()
        assert after == before, [
            (a, b)
            for x, y in zip(after, before, strict=True)
            for a, b in zip(x, y, strict=False)
            if a != b
        ][:4]

    def records(self) -> list[Any]:
        """Give all that stands in assets and devices, whose it is, and what each source said."""
        self.session.flush()
        of_moment = {"version", "updated_at", "search_text"}
        columns = [c for c in Asset.__table__.columns if c.name not in of_moment]
        found: list[Any] = []
        for table in (columns, [AssetField.__table__], [Device.__table__]):
            rows = self.session.execute(sa.select(*table)).all()
            found.append(sorted((tuple(row) for row in rows), key=repr))
        return found

    def _merge(self, one: int, two: int, taken: frozenset[str], at: datetime) -> None:
        merge_assets(self.session, SOME_PERSON, one, two, taken=taken, at=at)

    @rule(which=few, leaving=few, then=st.sampled_from(["", "undo"]))
    def split(self, which: int, leaving: int, then: str) -> None:
        """Let a device leave a record of several, or a voice leave a device of several."""
        for asset_id in self.asset_ids()[which:]:
            devices = self.device_ids(asset_id)
            if len(devices) > 1:
                left = Leaving(frozenset({devices[leaving % len(devices)]}))
            else:
                voices = read_voices(self.session, devices[0]) if devices else []
                if len(voices) < 2:
                    continue
                token = voices[leaving % len(voices)].token
                left = Leaving(voices={devices[0]: frozenset({token})})
            self.act(then, partial(self._split, asset_id, left))
            return

    def _split(self, asset_id: int, leaving: Leaving, at: datetime) -> None:
        split_asset(self.session, SOME_PERSON, asset_id, leaving, at=at, settings=SETTINGS)

    @precondition(lambda self: self.count(Asset) > 0)
    @rule(which=few, name=st.sampled_from(NAMES))
    def edit(self, which: int, name: str) -> None:
        ids = self.asset_ids()
        asset = self.session.get_one(Asset, ids[which % len(ids)])
        values = {"name": name, "notes": f"{self.hours}"}
        edit_asset(
            self.session, SOME_PERSON, asset.id, version=asset.version, values=values, at=self.now()
        )

    @rule(which=few)
    def undo_some(self, which: int) -> None:
        """Undo one of the latest acts on which nothing stands."""
        query = sa.select(ChangeSet.id).where(
            ChangeSet.state == ChangeSetState.APPLIED,
            sa.or_(ChangeSet.undo_of_id.is_(None), ChangeSet.run_id.is_(None)),
        )
        latest = self.session.scalars(query.order_by(ChangeSet.id.desc()).limit(4)).all()
        for number in latest[which:]:
            if not find_obstacles(self.session, number):
                undo(self.session, SOME_PERSON, number, at=self.now())
                return

    def act(self, then: str, do: Callable[[datetime], None]) -> None:
        """Do it; undone at once, it has left every row as it was."""
        before = dump(self.session)
        do(self.now())
        self.session.expire_all()
        if then == "undo":
            latest = self.session.scalars(sa.select(sa.func.max(ChangeSet.id))).one()
            assert find_obstacles(self.session, latest) == []
            undo(self.session, SOME_PERSON, latest, at=self.now())
            assert dump(self.session) == before

    @invariant()
    def nothing_is_wrong_in_silence(self) -> None:
        settle(self.session, SYSTEM, RULES, SOME_MOMENT + timedelta(hours=self.hours))
        told = {
            (kind, key)
            for kind, key in self.session.execute(
                sa.select(InboxEntry.kind, InboxEntry.key).where(
                    InboxEntry.state == InboxState.OPEN
                )
            )
        }
        holders: dict[str, set[tuple[bool, int]]] = defaultdict(set)
        serials: dict[int, set[str]] = defaultdict(set)
        for device in self.session.scalars(sa.select(Device).where(Device.absent_since.is_(None))):
            fields = {name: getattr(device, name) for name in DEVICE_COLUMNS}
            traits = make_traits(fields, (), ())
            is_linked = device.asset_id is not None
            record = (is_linked, device.asset_id if device.asset_id is not None else device.id)
            for key in strong_keys(traits):
                if key.kind is not KeyKind.MAC or traits.is_read:
                    holders[f"{key.kind.name.lower()}:{key.value}"].add(record)
            if device.asset_id is not None and traits.serial_number:
                serials[device.asset_id].add(traits.serial_number)
        assert examine_movements(self.session) == []
        assert list(doubled_keys(self.session)) == []
        assert list(doubled_assets(self.session)) == []
        for text, number in self.shared_serials():
            places = {(InboxKind.IDENTITY_CONFLICT, one) for one in (text, f"assets:{text}")}
            assert places & told, (text, number)
        for text, records in holders.items():
            assert len(records) == 1 or (InboxKind.IDENTITY_CONFLICT, text) in told, text
        for number, shown in serials.items():
            place = (InboxKind.MIXED_RECORD, f"asset:{number}")
            assert len(shown) == 1 or place in told, shown

    def shared_serials(self) -> list[tuple[str, int]]:
        """Give the serial keys that several assets have, each with how many."""
        key = sa.func.lower(Asset.manufacturer + " " + Asset.serial_number)
        query = sa.select(key, sa.func.count()).group_by(key).where(key.is_not(None))
        rows = self.session.execute(query.having(sa.func.count() > 1))
        return [(f"serial:{text}", count) for text, count in rows]

    def count(self, model: type[Any]) -> int:
        return self.session.scalar(sa.select(sa.func.count()).select_from(model)) or 0

    def asset_ids(self) -> list[int]:
        return list(self.session.scalars(sa.select(Asset.id).order_by(Asset.id)))

    def device_ids(self, asset_id: int) -> list[int]:
        query = sa.select(Device.id).where(Device.asset_id == asset_id).order_by(Device.id)
        return list(self.session.scalars(query))


TestLifetimes = Lifetimes.TestCase
TestLifetimes.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=12 if EXAMPLES < 100 else 40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
