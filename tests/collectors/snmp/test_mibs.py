"""What each MIB's module makes of hand-made rows."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from collectors import oids
from collectors.collect import collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.observation import Category, Component, Identity, Observation
from collectors.snmp.entity_mib import chassis_of
from collectors.snmp.replay import ReplayTransport, read_snmprec
from collectors.snmp.transport import Response
from collectors.target import Target

IF = "1.3.6.1.2.1.2.2.1"
IFX = "1.3.6.1.2.1.31.1.1.1"
ENT = "1.3.6.1.2.1.47.1.1.1.1"
TARGET = Target("192.0.2.1", (SnmpCredential(SnmpVersion.V2C, community="public"),))
MOMENT = datetime(2026, 11, 23, tzinfo=UTC)


def observe(text: str) -> Observation:
    """Collect from lines of a recording, without any definition."""
    transport = ReplayTransport(read_snmprec(text))
    result = asyncio.run(collect_snmp(TARGET, transport, (), lambda: MOMENT))
    assert result.observation is not None
    assert result.observation.problems == ()
    return result.observation


def identity_of(text: str) -> Identity:
    identity = observe(text).identity
    assert identity is not None
    return identity


def test_interfaces_are_found_by_any_column() -> None:
    rows = observe(
        f"{IFX}.1.7|4|Gi0/7\n{IFX}.15.7|66|10000\n{IF}.6.9|4x|00005e005301\n{IF}.5.9|66|100000000",
    ).interfaces.rows
    assert [(one.if_index, one.if_name, one.if_high_speed) for one in rows] == [
        (7, "Gi0/7", 10_000),
        (9, None, 100),
    ]
    assert rows[1].if_phys_address == "00:00:5e:00:53:01"


def test_what_stands_for_no_interface_is_left_out() -> None:
    rows = observe(
        f"{IF}.2.1|4|eth1\n{IF}.3.1|2|6\n{IF}.8.1|2|1\n"
        # an empty cage stays, an unused aggregate and a row without a name go
        f"{IF}.2.2|4|eth2\n{IF}.3.2|2|6\n{IF}.5.2|66|1000000000\n{IF}.8.2|2|6\n"
        f"{IF}.2.3|4|Po1\n{IF}.3.3|2|161\n{IF}.8.3|2|6\n"
        f"{IF}.3.4|2|6\n{IF}.8.4|2|2\n"
        f"{IF}.2.5|4|unrouted VLAN 12\n{IF}.3.5|2|53\n{IF}.8.5|2|1\n"
        # no ifEntry
        f"{IFX}.1.6|4|Gi0/6",
    ).interfaces.rows
    assert [one.if_index for one in rows] == [1, 2]


def test_loopback_slots_without_an_address_are_left_out_when_an_agent_lists_many() -> None:
    slots = "\n".join(f"{IF}.2.{n}|4|loopback{n}\n{IF}.3.{n}|2|24" for n in range(1, 21))
    addressed = "1.3.6.1.2.1.4.20.1.2.192.0.2.1|2|3"
    assert [one.if_index for one in observe(f"{slots}\n{addressed}").interfaces.rows] == [3]


def test_a_speed_beyond_the_gauge_is_only_told_by_if_high_speed() -> None:
    rows = observe(
        f"{IF}.5.1|66|4294967295\n{IF}.5.2|66|1000000000\n{IFX}.15.2|66|0"
    ).interfaces.rows
    assert [one.if_high_speed for one in rows] == [None, 1000]


def test_addresses_come_from_both_tables_once() -> None:
    old, new = "1.3.6.1.2.1.4.20.1", "1.3.6.1.2.1.4.34.1"
    v6 = "2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1"
    text = f"""\
{IF}.2.1|4|eth0
{IF}.2.2|4|eth1
{old}.2.192.0.2.5|2|1
{old}.3.192.0.2.5|64|255.255.255.128
{old}.2.198.51.100.9|2|2
{old}.3.198.51.100.9|64|255.0.255.0
{new}.3.1.4.192.0.2.5|2|1
{new}.5.1.4.192.0.2.5|6|0.0
{new}.3.{v6}|2|2
{new}.5.{v6}|6|1.3.6.1.2.1.4.32.1.5.2.{v6}.64
"""
    rows = observe(text).interfaces.rows
    assert rows[0].addresses == ("192.0.2.5/25",)
    assert rows[1].addresses == ("198.51.100.9/32", "2001:db8::1/64")


class _BreaksIn(ReplayTransport):
    """Answers GETBULK on one table with nothing."""

    def __init__(self, text: str, table: str) -> None:
        super().__init__(read_snmprec(text))
        self._prefix = oids.encode(table)

    def _bulk(self, names: list[bytes], non_repeaters: int, max_repetitions: int) -> Response:
        if any(name.startswith(self._prefix) for name in names):
            return Response(0, 0, [])
        return super()._bulk(names, non_repeaters, max_repetitions)


@pytest.mark.parametrize("table", ["1.3.6.1.2.1.4.20", "1.3.6.1.2.1.4.34"])
def test_interfaces_are_not_complete_when_their_addresses_could_not_be_read(table: str) -> None:
    text = f"""\
{IF}.2.1|4|eth0
1.3.6.1.2.1.4.20.1.2.192.0.2.5|2|1
1.3.6.1.2.1.4.34.1.3.1.4.192.0.2.5|2|1
"""
    found = asyncio.run(collect_snmp(TARGET, _BreaksIn(text, table), (), lambda: MOMENT))
    assert found.observation is not None
    assert [one.addresses for one in found.observation.interfaces.rows] == [("192.0.2.5/32",)]
    assert not found.observation.interfaces.complete
    assert found.observation.problems
    assert observe(text).interfaces.complete


def test_the_lowest_burnt_in_mac_is_the_base_without_a_bridge_address() -> None:
    macs = f"{IF}.6.1|4x|020000000001\n{IF}.6.2|4x|00005e005309\n{IF}.6.3|4x|00005e005303\n"
    assert identity_of(macs).base_mac_address == "00:00:5e:00:53:03"
    bridge = "1.3.6.1.2.1.17.1.1.0|4x|00005e005300\n"
    assert identity_of(macs + bridge).base_mac_address == "00:00:5e:00:53:00"


@pytest.mark.parametrize(
    ("subtype", "value", "text"),
    [
        (4, "4x|00005e005301", "00:00:5e:00:53:01"),
        (5, "4x|01c0000205", "192.0.2.5"),
        (5, "4x|0101", None),
        (7, "4|core-1", "core-1"),
    ],
)
def test_the_lldp_chassis_id_is_read_by_its_subtype(
    subtype: int, value: str, text: str | None
) -> None:
    lldp = "1.0.8802.1.1.2.1.3"
    assert identity_of(f"{lldp}.1.0|2|{subtype}\n{lldp}.2.0|{value}").chassis_id == text


def component(index: int, parent: int, kind: str, serial: str | None = None) -> Component:
    return Component(index, parent, kind, model_name="M", serial_number=serial)


def test_the_chassis_of_a_stack_is_its_first_unit() -> None:
    stack = component(1, 0, "stack")
    units = (component(1001, 1, "chassis", "A"), component(2001, 1, "chassis", "B"))
    assert chassis_of((stack, *units)) == units[0]


def test_a_chassis_inside_another_is_not_the_device() -> None:
    inner = component(1, 9, "chassis", "INNER")
    outer = component(9, 0, "chassis", "OUTER")
    assert chassis_of((inner, outer)) == outer


def test_of_several_outermost_parts_none_is_the_device() -> None:
    assert chassis_of((component(1, 0, "module", "A"), component(2, 0, "module", "B"))) is None
    assert chassis_of((component(1, 0, "module", "A"), component(2, 1, "module", "B"))) is not None
    assert chassis_of(()) is None


def test_a_placeholder_is_no_serial_number() -> None:
    text = f"{ENT}.5.1|2|3\n{ENT}.4.1|2|0\n{ENT}.11.1|4|0000000000\n{ENT}.13.1|4|X-1\n"
    identity = identity_of(text)
    assert identity.serial_number is None
    assert identity.model_name == "X-1"


PRINTER = """\
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.1347.41
1.3.6.1.2.1.25.3.2.1.2.1|6|1.3.6.1.2.1.25.3.1.5
1.3.6.1.2.1.25.3.2.1.3.1|4|KYOCERA ECOSYS M2540dn
1.3.6.1.2.1.43.5.1.1.17.1|4|VR90000001
1.3.6.1.2.1.43.11.1.1.5.1.1|2|3
1.3.6.1.2.1.43.11.1.1.6.1.1|4|TK-1170
1.3.6.1.2.1.43.11.1.1.7.1.1|2|7
1.3.6.1.2.1.43.11.1.1.8.1.1|2|7200
1.3.6.1.2.1.43.11.1.1.9.1.1|2|0
1.3.6.1.2.1.43.11.1.1.8.1.2|2|-2
1.3.6.1.2.1.43.11.1.1.9.1.2|2|-3
1.3.6.1.2.1.43.11.1.1.9.1.3|2|-2
"""


def test_a_printer_is_known_by_its_mib() -> None:
    observation = observe(PRINTER)
    identity = observation.identity
    assert identity is not None
    assert identity.category is Category.PRINTER
    assert identity.manufacturer == "Kyocera"
    assert identity.model_name == "ECOSYS M2540dn"
    assert identity.serial_number == "VR90000001"
    assert [one.is_some_left for one in observation.supplies.rows] == [False, True, None]
    assert [one.level for one in observation.supplies.rows] == [0, None, None]
    assert [one.capacity for one in observation.supplies.rows] == [7200, None, None]
    assert observation.supplies.rows[0].supply_type == "toner"
    assert observation.supplies.rows[0].unit == "impressions"


def test_a_power_supply_is_known_by_its_mib() -> None:
    ups = "1.3.6.1.2.1.33.1.1"
    identity = identity_of(f"{ups}.1.0|4|Socomec\n{ups}.2.0|4|NETYS RT\n{ups}.3.0|4|1.2\n")
    assert identity.category is Category.UPS
    assert (identity.manufacturer, identity.model_name) == ("Socomec", "NETYS RT")
    assert identity.firmware_revision == "1.2"


def test_a_host_tells_its_memory_file_systems_and_processors() -> None:
    hr = "1.3.6.1.2.1.25"
    text = f"""\
{hr}.2.2.0|2|2048
{hr}.2.3.1.2.1|6|{hr}.2.1.4
{hr}.2.3.1.3.1|4|/
{hr}.2.3.1.4.1|2|4096
{hr}.2.3.1.5.1|2|-2147483648
{hr}.2.3.1.6.1|2|10
{hr}.3.3.1.2.5|2|10
{hr}.3.3.1.2.6|2|20
"""
    observation = observe(text)
    assert observation.memory_bytes == 2048 * 1024
    assert observation.processor_count == 2
    storage = observation.storages.rows[0]
    assert storage.storage_type == "fixedDisk"
    assert storage.size_bytes == 4096 * 2**31
    assert storage.used_bytes == 40960


def test_a_device_that_says_nothing_gives_an_empty_observation() -> None:
    observation = observe("1.3.6.1.4.1.99999.1.0|2|1")
    assert observation.interfaces.rows == ()
    assert observation.identity == Identity()
