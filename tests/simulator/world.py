"""What happens to a fleet from day to day: seeded, so that the same seed is the same history."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from collectors.observation import Observation
from tests.simulator.machines import (
    PLACEHOLDER_UUID,
    PLACEHOLDERS,
    SHARES,
    Kind,
    Machine,
    read,
    sweep,
    tell,
    virtual_router,
)

# Chance of an event for one machine on one day.
RENAMED: Final = 0.004
MOVED: Final = 0.03
EXCHANGED_ADDRESSES: Final = 0.01
REIMAGED: Final = 0.003
NEW_MAINBOARD: Final = 0.0007
SWAPPED: Final = 0.001
SENT_TO_REPAIR: Final = 0.001
CLONED: Final = 0.002
CLONED_UUID: Final = 0.3  # of clones
NEW_CARD: Final = 0.001
FAILED_OVER: Final = 0.05
RESTACKED: Final = 0.02
DOCKED: Final = 0.6
NEW_RANDOM_MAC: Final = 0.2
# Chance for one scan of one machine.
OFF: Final = {Kind.DESKTOP: 0.1, Kind.LAPTOP: 0.25, Kind.GUEST: 0.4}
SNMP_FAILED: Final = 0.05
PARTIAL: Final = 0.05
PLACEHOLDER_SERIAL: Final = 0.12
STOPPED: Final = 0.05  # chance that a run asks half of the addresses only
WITH_AGENT: Final = {Kind.DESKTOP: 0.4, Kind.LAPTOP: 0.7, Kind.VIRTUAL: 0.6, Kind.SERVER: 0.5}
PAIR_MACS: Final = ("00:09:0f:09:00:01", "00:1b:21:fe:fe:01")  # a listed one, one of no list
PAIR_ADDRESSES: Final = ("198.18.0.2", "198.18.0.3")
ROUTER_ADDRESS: Final = "198.18.0.1"


class World:
    """A fleet of ``size`` machines; ``live`` makes one day pass, ``scan`` sees the fleet."""

    def __init__(self, size: int, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311 -- a history, no secret
        self.day = 0
        self.machines: list[Machine] = []
        free = [f"198.18.{third}.{last}" for third in range(1, 9) for last in range(1, 255)]
        self.chance.shuffle(free)
        self.free = free
        for kind in self.chance.choices(list(SHARES), list(SHARES.values()), k=size):
            self._buy(kind)
        self.active: dict[str, Machine] = {}
        for shared in zip(PAIR_MACS, PAIR_ADDRESSES, strict=True):
            units = [self._buy(Kind.FIREWALL), self._buy(Kind.FIREWALL)]
            for unit in units:
                unit.shared = shared
                unit.name = f"pair-{shared[1]}"
                unit.engine_id = units[0].engine_id  # the configuration is the same
            self.active[shared[1]] = units[0]
        self.asked = self.addresses
        self.docks = [self._mac("8c:ae:4c") for _ in range(size // 8)]
        self.adapters = [self._mac("00:1b:63") for _ in range(size // 40)]  # of an unlisted maker

    @property
    def addresses(self) -> frozenset[str]:
        """Give every address that a scan covers."""
        used = {m.address for m in self.machines}
        return frozenset({*self.free, *used, *PAIR_ADDRESSES, ROUTER_ADDRESS})

    def live(self) -> None:
        """Let a day pass."""
        self.day += 1
        docks = [*self.docks, *self.adapters]
        self.chance.shuffle(docks)
        for machine in [m for m in self.machines if not m.is_gone]:
            for odds, happen in self._events(machine.kind):
                if self.chance.random() < odds and not machine.is_gone:
                    happen(machine)
            if machine.kind is Kind.LAPTOP:
                machine.dock = docks.pop() if docks and self.chance.random() < DOCKED else None

    def scan(self, at: datetime) -> Iterator[tuple[Machine | None, Observation]]:
        """See the fleet: by nmap whatever is on, by SNMP what speaks; None is no machine.

        Agents report of themselves, whatever the run asks; ``asked`` is what it has covered.
        """
        addresses = sorted(self.addresses)
        if self.chance.random() < STOPPED:
            addresses = self.chance.sample(addresses, len(addresses) // 2)
        self.asked = frozenset(addresses)
        if ROUTER_ADDRESS in self.asked:
            yield None, virtual_router(ROUTER_ADDRESS, at)
        for machine in self.machines:
            is_off = self.chance.random() < OFF.get(machine.kind, 0.02)
            if machine.is_gone or machine.away_until > self.day or is_off:
                continue
            if machine.agent_id is not None:
                yield machine, tell(machine, at)
            if machine.address in self.asked:
                yield from self._see(machine, at)

    def _see(self, machine: Machine, at: datetime) -> Iterator[tuple[Machine, Observation]]:
        yield machine, sweep(machine, at)
        if machine.is_read and self.chance.random() >= SNMP_FAILED:
            is_partial = self.chance.random() < PARTIAL
            yield machine, read(machine, at, is_partial=is_partial)
        shared = machine.shared[1] if machine.shared else None
        if shared in self.asked and self.active[shared or ""] is machine:
            yield machine, read(machine, at, address=shared)

    def _events(self, kind: Kind) -> Iterator[tuple[float, Callable[[Machine], None]]]:
        if kind is Kind.GUEST:
            yield NEW_RANDOM_MAC, self._randomise
            yield MOVED, self._move
            return
        if kind is Kind.FIREWALL:
            yield FAILED_OVER, self._fail_over
            return
        yield SWAPPED, self._swap
        yield SENT_TO_REPAIR, self._repair
        if kind in {Kind.DESKTOP, Kind.LAPTOP, Kind.VIRTUAL}:
            yield MOVED, self._move
            yield EXCHANGED_ADDRESSES, self._exchange
            yield REIMAGED, self._reimage
        if kind is not Kind.PRINTER:
            yield RENAMED, self._rename
        if kind in {Kind.DESKTOP, Kind.SERVER}:
            yield NEW_MAINBOARD, self._rebuild
        if kind is Kind.SERVER:
            yield NEW_CARD, self._change_card
        if kind is Kind.VIRTUAL:
            yield CLONED, self._clone
        if kind is Kind.SWITCH:
            yield RESTACKED, self._restack

    def _buy(self, kind: Kind) -> Machine:
        number = len(self.machines) + 1
        has_placeholder = kind is Kind.DESKTOP and self.chance.random() < PLACEHOLDER_SERIAL * 3
        serial = self.chance.choice(PLACEHOLDERS) if has_placeholder else self._serial()
        prefix = {Kind.VIRTUAL: "00:50:56", Kind.GUEST: "02:00:00"}.get(kind, "00:1b:21")
        has_nothing = has_placeholder and self.chance.random() < 0.5
        system_uuid = PLACEHOLDER_UUID if has_nothing else self._uuid()
        has_agent = self.chance.random() < WITH_AGENT.get(kind, 0)
        cards = {Kind.SWITCH: 8, Kind.SERVER: 4, Kind.LAPTOP: 2}.get(kind, 1)
        macs = sorted(self._mac(prefix) for _ in range(cards))
        engine_id = self._chance_engine_id()
        if kind is Kind.SWITCH:
            engine_id = f"8000000903{macs[0].replace(':', '')}"
        members = [serial, self._serial()] if kind is Kind.SWITCH and number % 2 else []
        is_pc = kind in {Kind.DESKTOP, Kind.LAPTOP}
        machine = Machine(
            number=number,
            kind=kind,
            serial=serial,
            macs=macs,
            name=f"{kind.value}-{number}",
            address=self.free.pop(),
            engine_id=engine_id,
            is_read=kind is not Kind.GUEST and not (is_pc and self.chance.random() < 0.3),
            is_near=kind is Kind.GUEST or self.chance.random() < 0.9,
            uuid=system_uuid,
            agent_id=self._agent_id() if has_agent else None,
            stack=members,
        )
        self.machines.append(machine)
        return machine

    def _mac(self, prefix: str) -> str:
        octets = self.chance.randbytes(3)
        return f"{prefix}:{octets.hex(':')}"

    def _serial(self) -> str:
        return "SN" + "".join(self.chance.choices("ABCDEFGHJKLMNPQRSTUVWXYZ23456789", k=8))

    def _uuid(self) -> str:
        return str(uuid.UUID(bytes=self.chance.randbytes(16)))

    def _agent_id(self) -> str:
        return "agent-" + self.chance.randbytes(6).hex()

    def _chance_engine_id(self) -> str:
        return "80001f8880" + self.chance.randbytes(8).hex()

    def _rename(self, machine: Machine) -> None:
        machine.name = f"{machine.kind.value}-{machine.number}-{self.day}"

    def _move(self, machine: Machine) -> None:
        """Take a free address, often one that another has left today."""
        place = -1 if self.chance.random() < 0.3 else self.chance.randrange(len(self.free))
        old, machine.address = machine.address, self.free.pop(place)
        self.free.append(old)

    def _exchange(self, machine: Machine) -> None:
        others = [m for m in self.machines if not m.is_gone and m.is_near == machine.is_near]
        other = self.chance.choice(others)
        machine.address, other.address = other.address, machine.address

    def _reimage(self, machine: Machine) -> None:
        machine.engine_id = self._chance_engine_id()
        machine.name = f"desktop-{self.chance.randbytes(3).hex()}"
        if machine.agent_id is not None:
            machine.agent_id = self._agent_id()

    def _rebuild(self, machine: Machine) -> None:
        machine.serial, machine.uuid = self._serial(), self._uuid()

    def _change_card(self, machine: Machine) -> None:
        machine.macs = sorted([*machine.macs[1:], self._mac("00:1b:21")])

    def _fail_over(self, machine: Machine) -> None:
        """Let the other unit of the pair answer at the shared address."""
        if machine.shared is not None:
            self.active[machine.shared[1]] = machine

    def _swap(self, machine: Machine) -> None:
        """Put a new machine of the same kind with the same name in the same place."""
        new = self._buy(machine.kind)
        self.free.append(new.address)
        new.name, new.address = machine.name, machine.address
        new.is_read, new.is_near = machine.is_read, machine.is_near
        new.agent_id = self._agent_id() if machine.agent_id is not None else None
        machine.is_gone = True

    def _repair(self, machine: Machine) -> None:
        machine.away_until = self.day + self.chance.randint(5, 20)

    def _clone(self, machine: Machine) -> None:
        """Copy a virtual machine with serial number, engine and agent; card and name are new."""
        number = len(self.machines) + 1
        macs = [self._mac("00:50:56")]
        has_same = self.chance.random() < CLONED_UUID
        system_uuid = machine.uuid if has_same else self._uuid()
        address = self.free.pop()
        clone = replace(machine, number=number, macs=macs, address=address, uuid=system_uuid)
        self.machines.append(clone)
        self._rename(clone)

    def _randomise(self, machine: Machine) -> None:
        machine.macs = [self._mac("02:00:00")]

    def _restack(self, machine: Machine) -> None:
        if machine.stack:
            self.chance.shuffle(machine.stack)
            machine.serial = machine.stack[0]
