"""One line of JSON for one target: what ``parc collect snmp`` writes; pure."""

from __future__ import annotations

from typing import Any

import msgspec

from collectors.collect import SnmpResult
from collectors.observation import Component, Identity, Interface, Observation, Supply, System

_MEGABIT = 1_000_000
_UP = 1


def to_line(result: SnmpResult) -> bytes:
    """Give the JSON object of a result, with its line feed; keys without a value are left out."""
    line: dict[str, Any] = {"address": result.address}
    if result.failure is not None:
        line["error"] = f"{result.failure}: {result.detail}"
    if result.observation is not None:
        line |= _observation(result.observation)
    return msgspec.json.encode(_without_nones(line)) + b"\n"


def _without_nones(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _observation(observation: Observation) -> dict[str, Any]:
    identity = observation.identity or Identity()
    system = observation.system or System()
    return {
        "vendor": identity.manufacturer,
        "model": identity.model_name,
        "os": identity.operating_system,
        "os_version": identity.software_revision or identity.firmware_revision,
        "serial": identity.serial_number,
        "type": identity.category,
        "hostname": system.sys_name,
        "interfaces": [_interface(one) for one in observation.interfaces.rows],
        "supplies": [_supply(one) for one in observation.supplies.rows],
        "entities": [_entity(one) for one in observation.components.rows],
    }


def _interface(row: Interface) -> dict[str, Any]:
    speed = None if row.if_high_speed is None else row.if_high_speed * _MEGABIT
    return _without_nones(
        {
            "index": row.if_index,
            "name": row.if_name,
            "description": row.if_descr,
            "alias": row.if_alias,
            "type": row.if_type,
            "mac": row.if_phys_address,
            "speed_bps": speed,
            "mtu": row.if_mtu,
            "admin_up": None if row.if_admin_status is None else row.if_admin_status == _UP,
            "oper_up": None if row.if_oper_status is None else row.if_oper_status == _UP,
            "addresses": row.addresses,
        },
    )


def _supply(row: Supply) -> dict[str, Any]:
    percent = None
    if row.level is not None and row.capacity:
        percent = round(100 * row.level / row.capacity)
    return _without_nones(
        {
            "description": row.description,
            "type": row.supply_type,
            "unit": row.unit,
            "capacity": row.capacity,
            "level": row.level,
            "percent": percent,
        },
    )


def _entity(row: Component) -> dict[str, Any]:
    return _without_nones(
        {
            "index": row.index,
            "parent": row.contained_in,
            "class": row.component_class,
            "name": row.name,
            "description": row.description,
            "vendor": row.manufacturer,
            "model": row.model_name,
            "serial": row.serial_number,
            "hardware_rev": row.hardware_revision,
            "firmware_rev": row.firmware_revision,
            "software_rev": row.software_revision,
            "fru": row.is_field_replaceable,
        },
    )
