"""Whether the inventory knows the fleet as it truly is; the truth never enters the inventory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.observation import Category
from parc.models import AuditEntry, Device, DeviceStatus
from parc.naming import is_read
from parc.reconcile.apply import apply
from parc.reconcile.known import DEVICE_COLUMNS
from parc.reconcile.load import load
from parc.reconcile.plan import plan
from parc.reconcile.policy import Policy
from parc.services.actor import Actor
from tests.simulator.machines import CATEGORIES
from tests.simulator.world import World

POLICY_CATEGORIES = frozenset({*CATEGORIES.values(), Category.ROUTER})


@dataclass(slots=True)
class Verdict:
    """What was found over all days.

    Attributes:
        assets: at the end.
        duplicates: assets beyond one a machine, and records beyond one that are there, at the end.
        duplicate_days, asset_days: the same, and assets, summed over all days.
        silent: those that were neither a conflict nor an unknown device on some day.
        wrong_merges: records that stood for two machines of which one had been read.
        mistaken_sightings: answers to a ping without any key, counted for the machine that had
            stood there under the same name; nothing of them is written but the moment.
        entries: unknown devices and conflicts that a person was shown.
        machine_days: machines times days.
    """

    assets: int = 0
    duplicates: int = 0
    duplicate_days: int = 0
    asset_days: int = 0
    mistaken_sightings: int = 0
    silent: list[str] = field(default_factory=list)
    wrong_merges: list[str] = field(default_factory=list)
    entries: int = 0
    machine_days: int = 0


@dataclass(slots=True)
class Simulation:
    """A fleet and its inventory, day by day."""

    world: World
    session: Session
    actor: Actor
    range_id: int
    began_at: datetime
    verdict: Verdict = field(default_factory=Verdict)
    machines_of: dict[int, dict[int, bool]] = field(default_factory=lambda: defaultdict(dict))

    silent: set[int] = field(default_factory=set)

    def run(self, days: int) -> Verdict:
        """Let ``days`` pass, scan and judge each."""
        for _ in range(days):
            self.world.live()
            self._scan()
            self._judge()
        told = sa.select(sa.func.count()).select_from(AuditEntry)
        conflicts = self.session.scalar(told.where(AuditEntry.action == "conflict")) or 0
        unknown = sa.select(sa.func.count()).select_from(Device)
        queued = self.session.scalar(unknown.where(Device.status == DeviceStatus.UNKNOWN)) or 0
        self.verdict.entries = conflicts + queued
        return self.verdict

    def _scan(self) -> None:
        at = self.began_at + timedelta(days=self.world.day)
        pairs = list(self.world.scan(at))
        observations = [observation for _, observation in pairs]
        policy = Policy(self.range_id, asset_categories=POLICY_CATEGORIES)
        covered = self.world.asked
        known = load(self.session, observations, policy, covered=covered, is_for_apply=True)
        made = plan(observations, known, policy, covered=covered)
        applied = apply(made, self.session, self.actor, at)
        spoke = {o.address for o in observations if o.system is not None}
        truth = {o.address: m for m, o in pairs if m is not None}
        wire = {o.address: o.presence.mac_address for o in observations if o.presence}
        for address, machine in truth.items():
            has_key = address in spoke or wire.get(address) in machine.macs
            of_device = self.machines_of[applied.devices[address]]
            if not has_key:
                mistaken = bool(of_device) and machine.number not in of_device
                self.verdict.mistaken_sightings += mistaken
                continue
            if machine.number not in of_device:
                self._check_merge(applied.devices[address], machine.number, address in spoke)
            was_spoken = of_device.pop(machine.number, False)  # the last one stands last
            of_device[machine.number] = was_spoken or address in spoke
        self.verdict.machine_days += len(self.world.machines)

    def _check_merge(self, device_id: int, number: int, is_spoken: bool) -> None:  # noqa: FBT001
        others = self.machines_of[device_id]
        if others and (is_spoken or any(others.values())):
            self.verdict.wrong_merges.append(
                f"day {self.world.day}: device {device_id} was {sorted(others)}, now {number}"
            )

    def _judge(self) -> None:
        told = self._told()
        records: dict[int, list[Device]] = defaultdict(list)
        assets: dict[int, dict[int, Device]] = defaultdict(dict)
        seen_assets = set()
        for device in self.session.scalars(sa.select(Device).order_by(Device.id)):
            machines = self.machines_of.get(device.id)
            if not machines:
                continue
            machine = next(reversed(machines))
            if device.absent_since is None and is_read(_fields(device)):
                records[machine].append(device)
            if device.asset_id is not None:
                assets[machine].setdefault(device.asset_id, device)
                seen_assets.add(device.asset_id)
        self.verdict.assets = len(seen_assets)
        doubled = {d.id: m for m, row in records.items() for d in row[1:]}
        doubled |= {d.id: m for m, row in assets.items() for d in list(row.values())[1:]}
        self.verdict.duplicates = len(doubled)
        self.verdict.duplicate_days += len(doubled)
        self.verdict.asset_days += len(seen_assets)
        for device_id, machine in doubled.items():
            if device_id not in self.silent and not self._is_visible(device_id, told):
                text = f"day {self.world.day}: device {device_id} is machine {machine} again"
                self.silent.add(device_id)
                self.verdict.silent.append(text)

    def _is_visible(self, device_id: int, told: Mapping[int, bool]) -> bool:
        device = self.session.get_one(Device, device_id)
        return device.status is DeviceStatus.UNKNOWN or device_id in told

    def _told(self) -> Mapping[int, bool]:
        """Give the devices that a conflict names, as its subject or as one of the others."""
        query = sa.select(AuditEntry.subject_id, AuditEntry.changes)
        found: dict[int, bool] = {}
        for number, changes in self.session.execute(query.where(AuditEntry.action == "conflict")):
            found[number] = True
            for others, _ in changes.values():
                numbers = [text for text in (others or "").split(", ") if text.isdecimal()]
                found |= {int(text): True for text in numbers}
        return found


def _fields(device: Device) -> dict[str, object]:
    return {name: getattr(device, name) for name in DEVICE_COLUMNS}
