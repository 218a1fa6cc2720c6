"""Stored evidence, read again from nothing, gives what stands: for a device, and for a fleet.

Machines are met by sweeps, by SNMP and by their agents, fall silent for weeks, move, are renamed,
cloned and given away by a dock; keys are ignored, and records that two spoke through are split.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from collectors.observation import (
    Category,
    Identity,
    Interface,
    InterfaceTable,
    Observation,
    Source,
    System,
    from_json,
    to_json,
)
from parc.config import DiscoverySettings
from parc.models import Asset, AssetField, CategorySign, Device, StoredObservation
from parc.reconcile.dividing import read_voices
from parc.reconcile.known import DEVICE_COLUMNS, Table
from parc.reconcile.load import MODELS, load_ignored, load_policy
from parc.reconcile.missing import read_missed
from parc.reconcile.replay import Replayed, replay
from parc.reconcile.splitting import Leaving, split_asset
from parc.services.ignored_keys import ignore_key
from parc.told_values import read_heard, read_words
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_observation, make_presence, make_run
from tests.parc.reconcile.conftest import Inventory, open_inventory

_SETTINGS = DiscoverySettings(source_silent_days=7, gone_after_runs=2)
_TABLES = (Table.INTERFACE, Table.COMPONENT)
_DOCK = "00:1b:21:00:00:99"
_IGNORED = (("serial", "S2"), ("mac", _DOCK))


@dataclass
class Machine:
    """What is true of one machine."""

    number: int
    address: str
    name: str
    serial: str
    cards: list[str] = field(default_factory=list)

    def tell(self, source: Source, system: str, at: datetime) -> Observation:
        """Give what it says; its agent has other names for its cards, a sweep sees only one."""
        if source is Source.NMAP:
            seen = make_presence(self.address, mac_address=self.cards[0], host_name=self.name)
            return replace(seen, observed_at=at)
        is_agent = source is Source.AGENT
        rows = tuple(
            Interface(
                if_index=number,
                if_name=f"Ethernet {mac[-2:]}" if is_agent else f"eth{mac[-2:]}",
                if_phys_address=mac,
            )
            for number, mac in enumerate(self.cards)
        )
        return make_observation(
            self.address,
            source=source,
            observed_at=at,
            system=System(
                sys_name=self.name, sys_object_id=None if is_agent else "1.3.6.1.4.1.8072.3.2.10"
            ),
            identity=Identity(
                manufacturer="Cisco",
                serial_number=self.serial,
                category=Category.SWITCH,
                operating_system=system,
                base_mac_address=min(self.cards),
            ),
            interfaces=InterfaceTable(rows, complete=True),
            agent_id=f"agent-{self.number}" if is_agent else None,
        )


few = st.integers(0, 2)
systems = st.sampled_from(["A", "B"])
acts = st.one_of(
    st.tuples(st.just("run"), st.sets(few, min_size=1), st.booleans(), systems),
    st.tuples(st.just("sweep"), st.sets(few, min_size=1)),
    st.tuples(st.just("agent"), few, systems),
    st.tuples(st.just("wait"), st.sampled_from([1, 7, 8, 40])),
    st.tuples(st.just("rename"), few, st.sampled_from(["alpha", "beta"])),
    st.tuples(st.just("swap"), few, few),
    st.tuples(st.just("dock"), few),
    st.tuples(st.just("clone"), few, few),
    st.tuples(st.just("board"), few),
    st.tuples(st.just("ignore"), st.integers(0, len(_IGNORED) - 1)),
)
lives = st.lists(acts, min_size=2, max_size=8)
some = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Life:
    """An inventory, the machines that it should know, and the evidence as runs store it."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self.session: Session = inventory.session
        self.at = SOME_MOMENT
        self.machines = [
            Machine(n, f"192.0.2.{n + 1}", f"pc-{n}", f"S{n}", [f"00:1b:21:00:00:0{n}"])
            for n in range(3)
        ]
        policy = load_policy(self.session, _SETTINGS)
        categories = inventory.policy.asset_categories
        self.policy = replace(policy, asset_categories=categories)

    def live(self, life: list[tuple[Any, ...]]) -> None:
        """Let it all happen; each machine is met at least once."""
        self.run({0, 1, 2}, is_whole=True, system="A")
        for name, *given_ in life:
            self.at += timedelta(hours=1)
            getattr(self, name)(*given_)

    def run(self, who: set[int], is_whole: bool, system: str) -> None:  # noqa: FBT001
        told = [self.machines[n].tell(Source.SNMP, system, self.at) for n in sorted(who)]
        swept = [self.machines[n].tell(Source.NMAP, system, self.at) for n in sorted(who)]
        self._apply([*told, *swept] if is_whole else told, make_run(self.session).id)

    def sweep(self, who: set[int]) -> None:
        swept = [self.machines[n].tell(Source.NMAP, "", self.at) for n in sorted(who)]
        self._apply(swept, make_run(self.session).id)

    def agent(self, who: int, system: str) -> None:
        self._apply([self.machines[who].tell(Source.AGENT, system, self.at)], None)

    def _apply(self, seen: list[Observation], run_id: int | None) -> None:
        rows = [
            StoredObservation(
                run_id=run_id,
                address=one.address,
                source=one.source.value,
                observed_at=one.observed_at,
                body=zlib.compress(to_json(one)),
            )
            for one in seen
        ]
        self.session.add_all(rows)
        devices = self.read(seen, run_id, self.at)
        for row in rows:
            row.device_id = devices[row.address]
        self.session.flush()

    def read(self, seen: list[Observation], run_id: int | None, at: datetime) -> dict[str, int]:
        """Take over what was seen; gives the devices of the addresses."""
        self.inventory.policy = replace(self.policy, run_id=run_id, started_at=at, now=at)
        made = self.inventory.plan(seen, frozenset())
        return dict(self.inventory.apply(made, at).devices)

    def wait(self, days: int) -> None:
        self.at += timedelta(days=days)

    def rename(self, who: int, name: str) -> None:
        self.machines[who].name = name

    def swap(self, who: int, other: int) -> None:
        one, two = self.machines[who], self.machines[other]
        one.address, two.address = two.address, one.address

    def dock(self, who: int) -> None:
        for machine in self.machines:
            machine.cards = [mac for mac in machine.cards if mac != _DOCK]
            if machine.number == who:
                machine.cards.append(_DOCK)

    def clone(self, who: int, of: int) -> None:
        self.machines[who].serial = self.machines[of].serial

    def board(self, who: int) -> None:
        self.machines[who].serial = f"N{who}"

    def ignore(self, which: int) -> None:
        kind, value = _IGNORED[which]
        if self.session.scalar(sa.text("SELECT count(*) FROM ignored_key")) == 0:
            ignore_key(self.session, SOME_PERSON, kind=kind, value=value, reason="dock", at=self.at)

    def split_all(self) -> int:
        """Send one voice of each record of several away; gives how many were split."""
        count = 0
        for device in self.session.scalars(sa.select(Device).order_by(Device.id)).all():
            voices = read_voices(self.session, device.id)
            if len(voices) > 1 and device.asset_id is not None:
                left = Leaving(voices={device.id: frozenset({voices[0].token})})
                split_asset(
                    self.session,
                    SOME_PERSON,
                    device.asset_id,
                    left,
                    at=self.at,
                    settings=_SETTINGS,
                )
                count += 1
        self.session.expire_all()
        return count

    def evidence(self, device_id: int | None = None) -> Iterator[tuple[int | None, list[Any]]]:
        """Give what is stored, run by run and inventory by inventory, as it came."""
        kept = StoredObservation
        query = sa.select(kept.id, kept.run_id, kept.body).order_by(kept.id)
        if device_id is not None:
            query = query.where(kept.device_id == device_id)
        rows = self.session.execute(query).all()
        for (run_id, _), members in groupby(rows, lambda r: (r.run_id, r.run_id or r.id)):
            yield run_id, [from_json(zlib.decompress(row.body)) for row in members]

    def devices(self) -> list[dict[str, Any]]:
        """Give all that stands on each device."""
        self.session.expire_all()
        found = self.session.scalars(sa.select(Device).order_by(Device.id)).all()
        return [self.standing(device) for device in found]

    def standing(self, device: Device) -> dict[str, Any]:
        rows = {}
        for table in _TABLES:
            model: type[Any] = MODELS[table]
            query = sa.select(model.key, model.gone_at.is_not(None)).where(
                model.device_id == device.id
            )
            rows[table] = set(map(tuple, self.session.execute(query)))
        signs = sa.select(CategorySign.category, CategorySign.weight, CategorySign.reason).where(
            CategorySign.device_id == device.id
        )
        missed = read_missed(self.session, [device.id]).get(device.id, {})
        return {
            "address": device.address,
            "moments": (device.first_seen_at, device.last_seen_at),
            "fields": {name: _plain(getattr(device, name)) for name in DEVICE_COLUMNS},
            "words": read_words(device.words),
            "heard": read_heard(device.heard),
            "rows": rows,
            "missed": {table: counts for table, counts in missed.items() if counts},
            "signs": frozenset(map(tuple, self.session.execute(signs))),
        }

    def assets(self) -> list[Any]:
        """Give what machines have written into assets, and whose it is."""
        names = ("name", "category", "manufacturer", "serial_number", "operating_system")
        columns = [getattr(Asset, name) for name in names]
        told = self.session.execute(sa.select(Asset.primary_address, *columns)).all()
        sources = self.session.execute(
            sa.select(Asset.primary_address, AssetField.field, AssetField.source).join(
                AssetField, AssetField.asset_id == Asset.id
            )
        ).all()
        return [sorted(map(repr, told)), sorted(map(repr, sources))]


def _plain(value: Any) -> Any:
    return tuple(value) or None if isinstance(value, list) else value


def _as_stored(told: Replayed) -> dict[str, Any]:
    """Give what evidence tells of a device as ``Life.standing`` does."""
    return {
        "address": told.address,
        "moments": (told.first_seen_at, told.last_seen_at),
        "fields": dict(told.fields),
        "words": told.words,
        "heard": told.heard,
        "rows": {
            table: {(key, row.gone_at is not None) for key, row in told.rows[table].items()}
            for table in _TABLES
        },
        "missed": {table: counts for table, counts in told.missed.items() if counts},
        "signs": told.signs,
    }


def _check_devices(life: Life) -> None:
    ignored = load_ignored(life.session)
    for device in life.session.scalars(sa.select(Device)).all():
        told = replay(list(life.evidence(device.id)), life.policy, ignored)
        assert told is not None
        assert life.standing(device) == _as_stored(told)


@some
@given(acts_of=lives)
def test_each_device_stands_as_its_evidence_tells_also_after_splits(
    memory: sa.Engine, acts_of: list[tuple[Any, ...]]
) -> None:
    inventory, connection = open_inventory(memory)
    with connection:
        life = Life(inventory)
        life.live(acts_of)
        _check_devices(life)
        event(f"split {life.split_all()}")
        _check_devices(life)
        life.live([("wait", 8)])
        _check_devices(life)


@some
@given(acts_of=lives)
@example(acts_of=[("ignore", 0), ("agent", 2, "B"), ("wait", 8), ("run", {2}, True, "A")])
def test_evidence_of_the_fleet_gives_the_fleet_again(
    memory: sa.Engine, acts_of: list[tuple[Any, ...]]
) -> None:
    inventory, connection = open_inventory(memory)
    with connection:
        life = Life(inventory)
        # Keys are known to say nothing from the beginning: what was decided before they were is
        # no matter of evidence.
        for act in acts_of:
            if act[0] == "ignore":
                life.ignore(act[1])
        life.live([act for act in acts_of if act[0] != "ignore"])
        evidence = list(life.evidence())
        before = life.devices(), life.assets()
        for model in (AssetField, Device, Asset):
            life.session.execute(sa.delete(model))
        life.session.expunge_all()
        for run_id, seen in evidence:
            life.read(seen, run_id, seen[0].observed_at)
        assert (life.devices(), life.assets()) == before
