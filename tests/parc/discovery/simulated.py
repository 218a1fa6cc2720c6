"""A network of plain values: what is up, what speaks SNMP, what it says; and the tools of a run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from flask import Flask

from collectors.addresses import Address
from collectors.collect import SnmpResult
from collectors.credentials import SnmpCredential
from collectors.errors import Failure
from collectors.observation import Identity, Observation, Presence, System
from collectors.sweep import SweepResult, SweepWarning
from collectors.target import Manner, Target
from parc.clock import Clock, now
from parc.discovery.network import Network, ShouldStop
from parc.discovery.run import Tools
from parc.extensions import transaction
from tests.conftest import SteppingClock
from tests.factories import make_observation


@dataclass(slots=True)
class SimulatedNetwork:
    """What stands at which address.

    Attributes:
        speaking: what devices say by SNMP, or why they refuse.
        present: what nmap sees of others.
        is_complete: whether sweeps come to their end.
        manners: how addresses have to be asked, where not as usual.
        asked_as: in which manner each address was asked.
        shown: the credentials that each address was offered, in order.
        before: called before each step, with its name.
        clock: what time observations bear.
        chunks_at_once: how many are swept at the same time.
        warnings: what sweeps say that they could not see.
        surveyed: the addresses whose ports were looked at.
    """

    speaking: dict[str, Observation | Failure] = field(default_factory=dict)
    present: dict[str, Presence] = field(default_factory=dict)
    is_complete: bool = True
    manners: dict[str, Manner] = field(default_factory=dict)
    asked_as: dict[str, Manner] = field(default_factory=dict)
    shown: dict[str, list[int | None]] = field(default_factory=dict)
    before: Callable[[str], None] = field(default=lambda _step: None)
    clock: Clock = now
    chunks_at_once: int = 1
    warnings: tuple[SweepWarning, ...] = ()
    surveyed: list[str] = field(default_factory=list)

    async def find(self, addresses: Sequence[Address]) -> SweepResult:
        """See what is present."""
        self.before("find")
        present = self._present(addresses)
        return SweepResult(tuple(addresses), present, self.is_complete, self.warnings)

    async def survey(self, addresses: Sequence[Address]) -> SweepResult:
        """See what is present, again."""
        self.before("survey")
        self.surveyed += map(str, addresses)
        return SweepResult(tuple(addresses), self._present(addresses), is_complete=True)

    async def probe(self, targets: Sequence[Target]) -> Mapping[str, SnmpCredential | None]:
        """See who speaks."""
        self.before("probe")
        for target in targets:
            self.shown[target.address] = [one.id for one in target.credentials]
        return {
            target.address: target.credentials[-1]
            for target in targets
            if target.address in self.speaking
        }

    async def collect(self, targets: Sequence[Target]) -> AsyncIterator[SnmpResult]:
        """Say what there is to say."""
        self.before("collect")
        for target in targets:
            said = self.speaking.get(target.address, Failure.NO_ANSWER)
            self.asked_as[target.address] = target.manner
            if isinstance(said, Failure):
                yield SnmpResult(target.address, failure=said, detail=f"it says {said}")
            else:
                said = replace(said, observed_at=self.clock())
                yield SnmpResult(
                    target.address,
                    observation=said,
                    credential=target.credentials[0],
                    seconds=0.1,
                    manner=self.manners.get(target.address, Manner()),
                )

    def _present(self, addresses: Sequence[Address]) -> dict[str, Presence]:
        return {str(one): self.present[str(one)] for one in addresses if str(one) in self.present}


def device(
    address: str, serial: str | None = None, engine_id: str | None = None, **values: object
) -> Observation:
    """What a switch of this serial number says of itself."""
    return make_observation(
        address,
        identity=Identity(manufacturer="Cisco", model_name="C9300", serial_number=serial, **values),  # type: ignore[arg-type]  # fields of Identity
        system=System(engine_id=engine_id) if engine_id else None,
    )


def tools_for(
    app: Flask,
    network: SimulatedNetwork,
    clock: SteppingClock,
    should_stop: ShouldStop = lambda: False,
) -> Tools:
    """Give the tools of a run on this network."""

    @asynccontextmanager
    async def open_network(
        *, packets_per_second: int, devices_at_once: int, chunk_count: int, should_stop: ShouldStop
    ) -> AsyncIterator[Network]:
        del packets_per_second, devices_at_once, chunk_count, should_stop
        yield network

    network.clock = clock
    return Tools(
        transaction=transaction,
        clock=clock,
        settings=app.extensions["parc_settings"],
        box=app.extensions["parc_box"],
        open_network=open_network,
        should_stop=should_stop,
    )
