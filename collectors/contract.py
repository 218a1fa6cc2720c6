"""One line of JSON for one target: what ``parc collect snmp`` writes; pure."""

from __future__ import annotations

import msgspec

from collectors.collect import SnmpResult
from collectors.observation import Component, Identity, Interface, Observation, Supply, System

_MEGABIT = 1_000_000
_UP = 1


class _InterfaceLine(msgspec.Struct, omit_defaults=True, gc=False):
    index: int
    addresses: tuple[str, ...]
    name: str | None = None
    description: str | None = None
    alias: str | None = None
    type: int | None = None
    mac: str | None = None
    speed_bps: int | None = None
    mtu: int | None = None
    admin_up: bool | None = None
    oper_up: bool | None = None


class _SupplyLine(msgspec.Struct, omit_defaults=True, gc=False):
    description: str | None = None
    type: str | None = None
    unit: str | None = None
    capacity: int | None = None
    level: int | None = None
    percent: int | None = None


class _EntityLine(msgspec.Struct, omit_defaults=True, gc=False, rename={"class_": "class"}):
    index: int
    parent: int | None = None
    class_: str | None = None
    name: str | None = None
    description: str | None = None
    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    hardware_rev: str | None = None
    firmware_rev: str | None = None
    software_rev: str | None = None
    fru: bool | None = None


class _Line(msgspec.Struct, omit_defaults=True):
    address: str
    error: str | None = None
    vendor: str | None = None
    model: str | None = None
    os: str | None = None
    os_version: str | None = None
    serial: str | None = None
    type: str | None = None
    hostname: str | None = None
    interfaces: list[_InterfaceLine] | None = None
    supplies: list[_SupplyLine] | None = None
    entities: list[_EntityLine] | None = None


_ENCODER = msgspec.json.Encoder()


def to_line(result: SnmpResult) -> bytes:
    """Give the JSON object of a result, with its line feed; keys without a value are left out."""
    line = _Line(result.address)
    if result.failure is not None:
        line.error = f"{result.failure}: {result.detail}"
    if result.observation is not None:
        _observe(line, result.observation)
    return _ENCODER.encode(line) + b"\n"


def _observe(line: _Line, observation: Observation) -> None:
    identity = observation.identity or Identity()
    line.vendor = identity.manufacturer
    line.model = identity.model_name
    line.os = identity.operating_system
    line.os_version = identity.software_revision or identity.firmware_revision
    line.serial = identity.serial_number
    line.type = identity.category
    line.hostname = (observation.system or System()).sys_name
    line.interfaces = [_interface(one) for one in observation.interfaces.rows]
    line.supplies = [_supply(one) for one in observation.supplies.rows]
    line.entities = [_entity(one) for one in observation.components.rows]


def _interface(row: Interface) -> _InterfaceLine:
    return _InterfaceLine(
        index=row.if_index,
        addresses=row.addresses,
        name=row.if_name,
        description=row.if_descr,
        alias=row.if_alias,
        type=row.if_type,
        mac=row.if_phys_address,
        speed_bps=None if row.if_high_speed is None else row.if_high_speed * _MEGABIT,
        mtu=row.if_mtu,
        admin_up=None if row.if_admin_status is None else row.if_admin_status == _UP,
        oper_up=None if row.if_oper_status is None else row.if_oper_status == _UP,
    )


def _supply(row: Supply) -> _SupplyLine:
    percent = None
    if row.level is not None and row.capacity:
        percent = round(100 * row.level / row.capacity)
    return _SupplyLine(
        description=row.description,
        type=row.supply_type,
        unit=row.unit,
        capacity=row.capacity,
        level=row.level,
        percent=percent,
    )


def _entity(row: Component) -> _EntityLine:
    return _EntityLine(
        index=row.index,
        parent=row.contained_in,
        class_=row.component_class,
        name=row.name,
        description=row.description,
        vendor=row.manufacturer,
        model=row.model_name,
        serial=row.serial_number,
        hardware_rev=row.hardware_revision,
        firmware_rev=row.firmware_revision,
        software_rev=row.software_revision,
        fru=row.is_field_replaceable,
    )
