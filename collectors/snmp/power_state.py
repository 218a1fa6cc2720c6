"""Battery and output of power supplies, outlets of power distribution units.

Source: UPS-MIB, RFC 1628, upsBattery and upsOutput; PowerNet-MIB (APC) upsBasicBattery,
upsAdvBattery, rPDUOutletStatusTable, rPDU2OutletSwitchedStatusTable; XUPS-MIB (Eaton) xupsBattery;
PDU2-MIB (Raritan) outletConfigurationTable, outletSwitchControlTable; Sentry3-MIB (Server
Technology) outletTable; EATON-EPDU-MIB outletTable, outletControlTable; CPS-MIB (CyberPower)
ePDU2OutletSwitchedStatusTable, ePDUOutletStatusTable.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from collectors import oids
from collectors.details import Battery, BatteryTable, Outlet, OutletTable
from collectors.errors import CollectorError
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind
from collectors.snmp.walk import read_table

_UPS: Final = "1.3.6.1.2.1.33.1"
_APC: Final = "1.3.6.1.4.1.318.1.1.1"
_XUPS: Final = "1.3.6.1.4.1.534.1"
_STANDARD: Final = {
    "status": f"{_UPS}.2.1.0",
    "on_battery": f"{_UPS}.2.2.0",
    "minutes": f"{_UPS}.2.3.0",
    "charge": f"{_UPS}.2.4.0",
    "temperature": f"{_UPS}.2.7.0",
    "source": f"{_UPS}.4.1.0",
}
_POWERNET: Final = {
    "apc_status": f"{_APC}.2.1.1.0",
    "apc_on_battery": f"{_APC}.2.1.2.0",
    "apc_charge": f"{_APC}.2.2.1.0",
    "apc_temperature": f"{_APC}.2.2.2.0",
    "apc_run_time": f"{_APC}.2.2.3.0",
    "apc_replace": f"{_APC}.2.2.4.0",
    "apc_output": f"{_APC}.4.1.1.0",
    "apc_load": f"{_APC}.4.2.3.0",
}
_EATON: Final = {
    "xups_seconds": f"{_XUPS}.2.1.0",
    "xups_charge": f"{_XUPS}.2.4.0",
    "xups_load": f"{_XUPS}.4.1.0",
    "xups_source": f"{_XUPS}.4.5.0",
}
_MAKER_OBJECTS: Final[Mapping[int, Mapping[str, str]]] = {318: _POWERNET, 534: _EATON, 705: _EATON}
# upsBatteryStatus and upsOutputSource; PowerNet's numbers 1 to 3 mean the same, 4 is inFault.
_STATUS: Final = {1: "unknown", 2: "batteryNormal", 3: "batteryLow", 4: "batteryDepleted"}
_SOURCES: Final = {
    1: "other",
    2: "none",
    3: "normal",
    4: "bypass",
    5: "battery",
    6: "booster",
    7: "reducer",
}
# PowerNet upsBasicOutputStatus.
_APC_OUTPUTS: Final = {
    2: "normal",
    3: "battery",
    4: "booster",
    6: "bypass",
    7: "none",
    9: "bypass",
    10: "bypass",
    12: "reducer",
}
_TICKS: Final = 6000
_TICKS_A_SECOND: Final = 100
_SECONDS: Final = 60
_MOST_PERCENT: Final = 100
_MOST_LOAD: Final = 200
_COLDEST: Final = -40
_HOTTEST: Final = 120
_NEEDS_REPLACING: Final = 2

_RPDU: Final = "1.3.6.1.4.1.318.1.1.12.3.5.1.1"
_RPDU2: Final = "1.3.6.1.4.1.318.1.1.26.9.2.3.1"
_SENTRY3: Final = "1.3.6.1.4.1.1718.3.2.3.1"
_EATON_OUTLETS: Final = "1.3.6.1.4.1.534.6.6.7.6"
_CPS_PDU: Final = "1.3.6.1.4.1.3808.1.1.3.3.5.1.1"
_CPS_PDU2: Final = "1.3.6.1.4.1.3808.1.1.6.6.1.4.1"
_RARITAN_NAMES: Final = "1.3.6.1.4.1.13742.6.3.5.3.1"
_RARITAN_STATES: Final = "1.3.6.1.4.1.13742.6.4.1.2.1"
# By enterprise number: name, columns of names and states, numbers that stand for on and off.
_OUTLETS: Final[Mapping[int, tuple[tuple[str, str, str, int, int], ...]]] = {
    318: (
        ("rPDU2OutletSwitchedStatus", f"{_RPDU2}.3", f"{_RPDU2}.5", 2, 1),
        ("rPDUOutletStatus", f"{_RPDU}.2", f"{_RPDU}.4", 1, 2),
    ),
    534: (("outlet", f"{_EATON_OUTLETS}.1.1.3", f"{_EATON_OUTLETS}.6.1.2", 1, 0),),
    1718: (("outlet", f"{_SENTRY3}.3", f"{_SENTRY3}.5", 1, 0),),
    3808: (
        ("ePDU2OutletSwitchedStatus", f"{_CPS_PDU2}.4", f"{_CPS_PDU2}.5", 1, 2),
        ("ePDUOutletStatus", f"{_CPS_PDU}.2", f"{_CPS_PDU}.4", 1, 2),
    ),
    13742: (("outlet", f"{_RARITAN_NAMES}.3", f"{_RARITAN_STATES}.3", 7, 8),),
}


async def read_battery(session: DeviceSession, enterprise: int | None) -> BatteryTable:
    """Read what the supply says of its battery, its maker's objects before the standard's.

    Args:
        session: the power supply.
        enterprise: number of its maker, from sysObjectID.
    """
    names = {**_STANDARD, **_MAKER_OBJECTS.get(enterprise or 0, {})}
    try:
        found = await session.get([oids.encode(dotted) for dotted in names.values()])
    except CollectorError as error:
        session.note(error, "battery")
        return BatteryTable()
    numbers = {
        name: number
        for name, dotted in names.items()
        if (number := values.integer(found.get(oids.encode(dotted)))) is not None
    }
    if not numbers:
        return BatteryTable()
    load = numbers.get("apc_load", numbers.get("xups_load"))
    if load is None:
        load = await _standard_load(session)
    return BatteryTable((_battery(numbers, load),), complete=True)


def _battery(numbers: Mapping[str, int], load: int | None) -> Battery:
    minutes = numbers.get("minutes")
    if "apc_run_time" in numbers:
        minutes = numbers["apc_run_time"] // _TICKS
    elif "xups_seconds" in numbers:
        minutes = numbers["xups_seconds"] // _SECONDS
    on_battery = numbers.get("on_battery")
    if "apc_on_battery" in numbers:
        on_battery = numbers["apc_on_battery"] // _TICKS_A_SECOND
    source = _SOURCES.get(numbers.get("xups_source", numbers.get("source", 0)))
    if "apc_output" in numbers:
        source = _APC_OUTPUTS.get(numbers["apc_output"], "other")
    if minutes == 0 and source == "normal":
        minutes = None  # not reckoned: who is about to go out does not stand on mains
    charge = numbers.get("apc_charge", numbers.get("xups_charge", numbers.get("charge")))
    replace = numbers.get("apc_replace")
    return Battery(
        battery_status=_STATUS.get(numbers.get("apc_status", numbers.get("status", 0))),
        output_source=source,
        charge_percent=_within(charge, _MOST_PERCENT),
        minutes_remaining=_within(minutes, 2**31),
        seconds_on_battery=_within(on_battery, 2**31),
        temperature_celsius=_temperature(
            numbers.get("apc_temperature", numbers.get("temperature"))
        ),
        load_percent=_within(load, _MOST_LOAD),
        is_replacement_needed=None if replace is None else replace == _NEEDS_REPLACING,
    )


def _within(number: int | None, most: int) -> int | None:
    """Give a number that can be true; agents send -1 and the like for what they do not measure."""
    return number if number is not None and 0 <= number <= most else None


def _temperature(number: int | None) -> int | None:
    """Give degrees; 0 stands for a sensor that is not there."""
    return number if number and _COLDEST <= number <= _HOTTEST else None


async def _standard_load(session: DeviceSession) -> int | None:
    """Read upsOutputPercentLoad of all phases and give the highest."""
    table = await read_table(session, {"upsOutputPercentLoad": f"{_UPS}.4.4.1.5"})
    loads = [values.integer(row.get("upsOutputPercentLoad")) for row in table.rows.values()]
    return max((load for load in loads if load is not None), default=None)


async def read_outlets(session: DeviceSession, enterprise: int | None) -> OutletTable:
    """Read name and state of each outlet; of the maker's tables the first that has rows."""
    for name, names, states, on, off in _OUTLETS.get(enterprise or 0, ()):
        table = await read_table(session, {f"{name}Name": names, f"{name}State": states})
        rows = tuple(
            Outlet(
                number,
                values.name(row.get(f"{name}Name")),
                _is_on(row.get(f"{name}State"), on, off),
            )
            for number, (_, row) in enumerate(sorted(table.rows.items()), 1)
        )
        if rows:
            return OutletTable(rows, complete=table.complete)
    return OutletTable()


def _is_on(varbind: VarBind | None, on: int, off: int) -> bool | None:
    number = values.integer(varbind)
    return None if number is None else {on: True, off: False}.get(number)
