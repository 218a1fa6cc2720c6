"""The least valid objects, each in one line; a test names only what it is about.

``make_observation`` and its parts are plain values. The others add a row to the session, flush it
and give it back. Names and addresses are counted up, so that two calls never collide.
"""

from __future__ import annotations

import itertools
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from collectors.observation import (
    Category,
    Identity,
    Interface,
    InterfaceTable,
    Observation,
    Presence,
    Source,
    System,
)
from parc.models import (
    AddressRange,
    Asset,
    AssetField,
    Base,
    Device,
    DeviceStatus,
    LifecycleState,
    Role,
    Run,
    RunPhase,
    RunState,
    RunTrigger,
    ScheduleKind,
    User,
    ValueSource,
)
from parc.naming import address_sort
from parc.services.actor import Actor
from parc.services.movement_writing import write_entry
from tests.conftest import SOME_MOMENT

_numbers = itertools.count(1)
Row = TypeVar("Row", bound=Base)

SOME_PERSON = Actor(name="Ada", role=Role.ADMINISTRATOR)


def make_observation(address: str = "192.0.2.1", **values: Any) -> Observation:
    """What a switch says of itself by SNMP, with one interface; ``values`` replace whole parts."""
    return Observation(
        **{
            "address": address,
            "source": Source.SNMP,
            "observed_at": SOME_MOMENT,
            "system": System(sys_name="sw1", sys_descr="Switch", sys_object_id="1.3.6.1.4.1.9.1.1"),
            "identity": Identity(
                manufacturer="Cisco",
                model_name="C9300",
                serial_number="FOC1234A0B1",
                category=Category.SWITCH,
            ),
            "interfaces": InterfaceTable(
                rows=(Interface(if_index=1, if_name="Gi1/0/1", if_oper_status=1),), complete=True
            ),
            **values,
        }
    )


def make_presence(address: str = "192.0.2.1", **values: Any) -> Observation:
    """What nmap sees of an address: that it is up; ``values`` are those of ``Presence``."""
    return Observation(
        address=address,
        source=Source.NMAP,
        observed_at=SOME_MOMENT,
        presence=Presence(**{"proof": "echo-reply", **values}),
    )


def make_range(session: Session, **values: Any) -> AddressRange:
    """A range of one small network, without schedule."""
    number = next(_numbers)
    row = AddressRange(
        **{
            "name": f"range {number}",
            "include": ["192.0.2.0/24"],
            "exclude": [],
            "schedule_kind": ScheduleKind.NONE,
            "asset_categories": ["switch"],
            "created_at": SOME_MOMENT,
            "updated_at": SOME_MOMENT,
            **values,
        }
    )
    return _added(session, row)


def make_run(session: Session, address_range: AddressRange | None = None, **values: Any) -> Run:
    """A run of a range that has ended well."""
    address_range = address_range or make_range(session)
    row = Run(
        **{
            "range_id": address_range.id,
            "range_name": address_range.name,
            "trigger": RunTrigger.PERSON,
            "state": RunState.DONE,
            "phase": RunPhase.ENDED,
            "created_at": SOME_MOMENT,
            **values,
        }
    )
    return _added(session, row)


def make_user(session: Session, **values: Any) -> User:
    """A login without password, a technician."""
    number = next(_numbers)
    row = User(
        **{
            "login": f"user{number}",
            "display_name": f"User {number}",
            "role": Role.TECHNICIAN,
            "created_at": SOME_MOMENT,
            **values,
        }
    )
    return _added(session, row)


def make_device(session: Session, **values: Any) -> Device:
    """A device in the queue of the unknown."""
    number = next(_numbers)
    row = Device(
        **{
            "status": DeviceStatus.UNKNOWN,
            "address": f"198.18.{number // 250 % 250}.{number % 250 + 1}",
            "first_seen_at": SOME_MOMENT,
            "last_seen_at": SOME_MOMENT,
            "reasons": [],
            **values,
        }
    )
    return _added(session, row)


def make_asset(
    session: Session, *, person_fields: tuple[str, ...] = ("name", "category"), **values: Any
) -> Asset:
    """A switch in use; ``person_fields`` are those that a person set."""
    number = next(_numbers)
    row = Asset(
        **{
            "asset_tag": f"T{number:06d}",
            "name": f"asset {number}",
            "category": Category.SWITCH,
            "lifecycle_state": LifecycleState.IN_USE,
            "primary_address_sort": address_sort(values.get("primary_address")),
            "created_at": SOME_MOMENT,
            "updated_at": SOME_MOMENT,
            **values,
        }
    )
    _added(session, row)
    for field in person_fields:
        source = ValueSource.PERSON
        session.add(AssetField(asset_id=row.id, field=field, source=source, set_at=SOME_MOMENT))
    write_entry(session, SOME_PERSON, row, at=SOME_MOMENT)
    return row


def make_linked_device(session: Session, asset: Asset, **values: Any) -> Device:
    """A device that is the asset."""
    return make_device(session, status=DeviceStatus.LINKED, asset_id=asset.id, **values)


def _added(session: Session, row: Row) -> Row:
    session.add(row)
    session.flush()
    return row
