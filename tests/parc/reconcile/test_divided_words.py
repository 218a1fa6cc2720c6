"""A record through which two machines spoke, each by its agent and by SNMP, with silences between.

Divided, each half is what it would be if it had always been known alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import example, given
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
)
from parc.config import DiscoverySettings
from parc.models import Device
from parc.models import Interface as InterfaceRow
from parc.reconcile.dividing import read_voices
from parc.reconcile.splitting import Leaving, split_asset
from parc.told_values import SHARED_FIELDS, read_heard, read_words
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset, make_linked_device, make_observation
from tests.parc.reconcile.conftest import open_inventory
from tests.parc.reconcile.test_merging import kept_observation
from tests.parc.reconcile.test_properties import many

_SILENT_DAYS = 7
_SETTINGS = DiscoverySettings(source_silent_days=_SILENT_DAYS, gone_after_runs=2)


@dataclass(frozen=True)
class Visit:
    """One reading of one machine, so many days after the reading before."""

    days: int
    machine: int
    source: Source
    system: str

    def tell(self, at: datetime) -> Observation:
        """Give what the machine says; its agent has other names for its cards than SNMP."""
        is_agent = self.source is Source.AGENT
        name = "Ethernet" if is_agent else "eth0"
        card = Interface(
            if_index=1, if_name=name, if_phys_address=f"00:1b:21:00:00:0{self.machine}"
        )
        return make_observation(
            f"192.0.2.{self.machine}",
            source=self.source,
            observed_at=at,
            system=System(
                sys_name=f"pc-{self.machine}",
                sys_object_id=None if is_agent else "1.3.6.1.4.1.8072.3.2.10",
            ),
            identity=Identity(
                manufacturer="Cisco",
                serial_number=f"S{self.machine}",
                category=Category.SWITCH,
                operating_system=self.system,
            ),
            interfaces=InterfaceTable((card,), complete=True),
            agent_id=f"agent-{self.machine}" if is_agent else None,
        )


visits = st.lists(
    st.builds(
        Visit,
        st.sampled_from([1, _SILENT_DAYS, _SILENT_DAYS + 1, 40]),
        st.sampled_from([1, 2]),
        st.sampled_from([Source.AGENT, Source.SNMP]),
        st.sampled_from(["A", "B"]),
    ),
    max_size=6,
)
# Each machine speaks at least once.
BEGIN = (Visit(0, 1, Source.AGENT, "A"), Visit(0, 2, Source.SNMP, "A"))


def _timed(history: Sequence[Visit]) -> list[tuple[int, Observation]]:
    """Give what was said with its speaker, each on its day."""
    found, at = [], SOME_MOMENT
    for visit in history:
        at += timedelta(days=visit.days)
        found.append((visit.machine, visit.tell(at)))
    return found


def _state(session: Session, device: Device) -> dict[str, Any]:
    """Give all that sources have left on a device; runs are others in another inventory."""
    session.refresh(device, ["words", "heard"])
    said = {
        (source, name): (word.value, word.since)
        for source, one in read_words(device.words).items()
        for name, word in one.items()
    }
    cards = sa.select(InterfaceRow.key).where(
        InterfaceRow.device_id == device.id, InterfaceRow.gone_at.is_(None)
    )
    return {
        "words": said,
        "heard": read_heard(device.heard),
        "fields": {name: getattr(device, name) for name in (*SHARED_FIELDS, "category_source")},
        "cards": set(session.scalars(cards)),
    }


def _alone(memory: sa.Engine, told: Sequence[Observation]) -> dict[str, Any]:
    """Give what a machine is when only it is known."""
    inventory, connection = open_inventory(memory)
    with connection:
        inventory.policy = replace(inventory.policy, silent_days=_SILENT_DAYS, gone_after=2)
        for one in told:
            inventory.sweep(one, covered=frozenset(), at=one.observed_at)
        return _state(inventory.session, inventory.session.scalars(sa.select(Device)).one())


@many
@given(then=visits)
@example(then=[Visit(_SILENT_DAYS + 1, 1, Source.SNMP, "B")])
@example(then=[Visit(1, 2, Source.AGENT, "B")])
def test_each_half_is_what_it_would_be_alone(memory: sa.Engine, then: list[Visit]) -> None:
    told = _timed((*BEGIN, *then))
    alone = [_alone(memory, [one for who, one in told if who == number]) for number in (1, 2)]
    inventory, connection = open_inventory(memory)
    with connection:
        session = inventory.session
        asset = make_asset(session, person_fields=())
        device = make_linked_device(session, asset, sys_name="both", category=Category.SWITCH)
        for _who, one in told:
            session.add(kept_observation(session, device, one))
        for name in ("eth0", "Ethernet"):
            session.add(InterfaceRow(device_id=device.id, key=name, if_index=1, addresses=[]))
        session.flush()
        voices = read_voices(session, device.id)
        tokens = frozenset(v.token for v in voices if ("serial_number", "s2") in v.marks)
        leaving = Leaving(voices={device.id: tokens})
        new = split_asset(
            session, SOME_PERSON, asset.id, leaving, at=told[-1][1].observed_at, settings=_SETTINGS
        )
        session.expire_all()
        half = session.scalars(sa.select(Device).where(Device.asset_id == new.id)).one()
        assert [_state(session, one) for one in (device, half)] == alone
