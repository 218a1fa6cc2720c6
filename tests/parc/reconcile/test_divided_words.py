"""A record through which two machines spoke, each by its agent and by SNMP, with silences between.

Divided, each half is what it would be if it had always been known alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
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
from parc.models import Agent, ChangeSetKind, Device, ValueSource
from parc.models import Interface as InterfaceRow
from parc.reconcile.dividing import read_voices
from parc.reconcile.missing import read_missed
from parc.reconcile.splitting import Leaving, split_asset
from parc.services.undo import undo
from parc.told_values import (
    SHARED_FIELDS,
    Word,
    read_heard,
    read_words,
    stored_heard,
    stored_words,
)
from tests.conftest import SOME_MOMENT
from tests.factories import SOME_PERSON, make_asset, make_linked_device, make_observation
from tests.parc.reconcile.conftest import Inventory, open_inventory
from tests.parc.reconcile.test_merging import act_of, kept_observation
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
        "missed": read_missed(session, [device.id]).get(device.id, {}),
    }


def _alone(memory: sa.Engine, told: Sequence[Observation]) -> dict[str, Any]:
    """Give what a machine is when only it is known."""
    inventory, connection = open_inventory(memory)
    with connection:
        inventory.policy = replace(inventory.policy, silent_days=_SILENT_DAYS, gone_after=2)
        for one in told:
            inventory.sweep(one, covered=frozenset(), at=one.observed_at)
        return _state(inventory.session, inventory.session.scalars(sa.select(Device)).one())


@settings(many, max_examples=15)
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


def _divided(session: Session, told: Sequence[Observation], leaves: str) -> tuple[Device, Device]:
    """Divide the device of some evidence: the voice with this serial number leaves."""
    asset = make_asset(session, person_fields=())
    device = make_linked_device(session, asset, category=Category.SWITCH)
    return _divide(session, device, told, leaves)


def _divide(
    session: Session, device: Device, told: Sequence[Observation], leaves: str
) -> tuple[Device, Device]:
    for one in told:
        session.add(kept_observation(session, device, one))
    session.flush()
    voices = read_voices(session, device.id)
    tokens = frozenset(v.token for v in voices if ("serial_number", leaves) in v.marks)
    asset_id, at = device.asset_id or 0, told[-1].observed_at
    leaving = Leaving(voices={device.id: tokens})
    new = split_asset(session, SOME_PERSON, asset_id, leaving, at=at, settings=_SETTINGS)
    session.expire_all()
    half = session.scalars(sa.select(Device).where(Device.asset_id == new.id)).one()
    return device, half


AGENT_1, AGENT_2 = (Visit(0, number, Source.AGENT, "A") for number in (1, 2))
SNMP_1, SNMP_2 = (Visit(1, number, Source.SNMP, "A") for number in (1, 2))


@pytest.mark.parametrize(
    ("history", "absent"),
    [
        ([AGENT_1, AGENT_2], (False, False)),
        ([SNMP_1, SNMP_2], (True, False)),
        ([SNMP_2, SNMP_1], (False, True)),
        ([AGENT_1, SNMP_2], (True, False)),
        ([SNMP_2, replace(AGENT_1, days=1)], (False, False)),
    ],
)
def test_half_is_absent_that_nothing_was_heard_of_since_a_run_met_the_other(
    inventory: Inventory, history: list[Visit], absent: tuple[bool, bool]
) -> None:
    told = [one for _who, one in _timed(history)]
    halves = _divided(inventory.session, told, leaves="s2")
    assert tuple(one.absent_since is not None for one in halves) == absent


def test_what_another_told_of_a_device_stays_with_the_half_that_stays(
    inventory: Inventory,
) -> None:
    session = inventory.session
    asset = make_asset(session, person_fields=())
    device = make_linked_device(session, asset, software_revision="17.9")
    word = Word("17.9", SOME_MOMENT)
    device.words = stored_words({ValueSource.CONTROLLER: {"software_revision": word}})
    device.heard = stored_heard({ValueSource.CONTROLLER: SOME_MOMENT})
    session.flush()
    told = [one for _who, one in _timed([AGENT_1, AGENT_2])]
    stays, leaves = _divide(session, device, told, leaves="s2")
    assert read_words(stays.words)[ValueSource.CONTROLLER] == {"software_revision": word}
    assert read_heard(stays.heard).keys() == {ValueSource.AGENT, ValueSource.CONTROLLER}
    assert (stays.software_revision, leaves.software_revision) == ("17.9", None)
    assert read_words(leaves.words).keys() == {ValueSource.AGENT}


def test_agent_follows_its_last_inventory_and_comes_back_when_the_split_is_undone(
    inventory: Inventory,
) -> None:
    session = inventory.session
    told = [one for _who, one in _timed([AGENT_1, AGENT_2])]
    asset = make_asset(session, person_fields=())
    device = make_linked_device(session, asset, category=Category.SWITCH)
    stored = kept_observation(session, device, told[1])
    session.add(stored)
    session.flush()
    at = SOME_MOMENT
    agent = Agent(
        key="2",
        name="pc-2",
        device_id=device.id,
        observation_id=stored.id,
        first_seen_at=at,
        last_seen_at=at,
    )
    session.add(agent)
    _stays, half = _divide(session, device, told[:1], leaves="s2")
    assert agent.device_id == half.id
    undo(session, SOME_PERSON, act_of(session, ChangeSetKind.SPLIT).id, at=at)
    session.expire_all()
    assert agent.device_id == device.id


def test_agents_of_machines_without_a_serial_number_are_told_apart(inventory: Inventory) -> None:
    session = inventory.session
    device = make_linked_device(session, make_asset(session))
    for number in (1, 2):
        told = replace(
            Visit(0, number, Source.AGENT, "A").tell(SOME_MOMENT),
            identity=None,
            interfaces=InterfaceTable(),
        )
        session.add(kept_observation(session, device, told))
    session.flush()
    marks = {voice.marks for voice in read_voices(session, device.id)}
    assert marks == {(("agent_id", "agent-1"),), (("agent_id", "agent-2"),)}
