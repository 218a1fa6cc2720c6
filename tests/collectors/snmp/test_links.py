"""Where things are plugged in, from hand-made rows."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from collectors.collect import SnmpResult, collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.observation import (
    AddressMapping,
    AggregatePort,
    FdbEntry,
    Links,
    Neighbor,
    PowerPort,
    Vlan,
    VlanPort,
    from_json,
    to_json,
)
from collectors.snmp.replay import ReplayTransport, read_snmprec
from collectors.target import Target

TARGET = Target("192.0.2.1", (SnmpCredential(SnmpVersion.V2C, community="public"),))
MOMENT = datetime(2026, 11, 23, tzinfo=UTC)
IF = "1.3.6.1.2.1.2.2.1"
IFX = "1.3.6.1.2.1.31.1.1.1"
BRIDGE = "1.3.6.1.2.1.17"
FDB = f"{BRIDGE}.4.3.1"
Q_FDB = f"{BRIDGE}.7.1.2.2.1"
CURRENT = f"{BRIDGE}.7.1.4.2.1"
STATIC = f"{BRIDGE}.7.1.4.3.1"
PVID = f"{BRIDGE}.7.1.4.5.1.1"
LLDP = "1.0.8802.1.1.2.1"
REM = f"{LLDP}.4.1.1"
LLDP_V2 = "1.3.111.2.802.1.1.13.1.4"
CDP = "1.3.6.1.4.1.9.9.23.1.2.1.1"
PHYSICAL = "1.3.6.1.2.1.4.35.1"
MEDIA = "1.3.6.1.2.1.4.22.1"
MAC = "0.0.94.0.83"
SWITCH = f"""\
{IF}.2.101|4|port 1
{IF}.2.102|4|port 2
{IF}.6.101|4x|00005e0053f1
{IF}.6.102|4x|00005e0053f2
{IFX}.1.101|4|Gi0/1
{IFX}.1.102|4|Gi0/2
{BRIDGE}.1.2.0|2|2
{BRIDGE}.1.4.1.2.1|2|101
{BRIDGE}.1.4.1.2.2|2|102
"""
ROUTER = f"{IF}.2.1|4|eth0\n1.3.6.1.2.1.4.1.0|2|1\n"


def collect(text: str) -> SnmpResult:
    transport = ReplayTransport(read_snmprec(text))
    return asyncio.run(collect_snmp(TARGET, transport, (), lambda: MOMENT))


def links_of(text: str) -> Links:
    """Collect from lines of a recording, without any definition."""
    observation = collect(text).observation
    assert observation is not None
    assert observation.problems == ()
    assert from_json(to_json(observation)) == observation
    return observation.links


def test_only_learned_macs_on_ports_with_an_interface_are_kept() -> None:
    rows = "".join(
        f"{FDB}.2.{mac}|2|{port}\n"
        for mac, port in (
            (f"{MAC}.7", 1),
            (f"{MAC}.8", 0),  # a port that is not known
            (f"{MAC}.9", 9),  # a port without interface
        )
    )
    fdb = links_of(SWITCH + rows).fdb
    assert fdb.rows == (FdbEntry("00:00:5e:00:53:07", 101),)
    assert fdb.complete


@pytest.mark.parametrize(
    "index",
    [
        "0.0.0.0.0.0",
        "255.255.255.255.255.255",
        "1.0.94.0.0.1",
        "0.0.94.0.83",
        "0.0.94.0.83.1.1",
        "0.0.94.0.83.256",
        "0.0.94.0.83.4294967295",
    ],
)
def test_what_is_no_mac_of_one_station_is_left_out(index: str) -> None:
    fdb = links_of(f"{SWITCH}{FDB}.2.{index}|2|1\n{FDB}.3.{index}|2|3\n").fdb
    assert fdb.rows == ()


def test_the_mac_of_a_virtual_router_is_kept() -> None:
    index = "0.0.94.0.1.7"
    fdb = links_of(f"{SWITCH}{FDB}.2.{index}|2|1\n{FDB}.3.{index}|2|3\n").fdb
    assert fdb.rows == (FdbEntry("00:00:5e:00:01:07", 101),)


def test_the_filtering_database_tells_the_vlan() -> None:
    text = f"""\
{SWITCH}{CURRENT}.3.0.10|66|4
{CURRENT}.3.0.20|66|5
{CURRENT}.3.0.30|66|6
{CURRENT}.3.0.31|66|6
{Q_FDB}.2.4.{MAC}.1|2|1
{Q_FDB}.3.4.{MAC}.1|2|3
{Q_FDB}.2.5.{MAC}.1|2|2
{Q_FDB}.3.5.{MAC}.1|2|3
{Q_FDB}.2.6.{MAC}.2|2|2
{Q_FDB}.3.6.{MAC}.2|2|3
{FDB}.2.{MAC}.9|2|1
{FDB}.3.{MAC}.9|2|3
"""
    assert links_of(text).fdb.rows == (
        FdbEntry("00:00:5e:00:53:01", 101, 10),
        FdbEntry("00:00:5e:00:53:01", 102, 20),
        FdbEntry("00:00:5e:00:53:02", 102, None),  # two VLANs share the database
    )


def test_databases_with_numbers_of_vlans_are_vlans_only_if_all_of_them_are() -> None:
    rows = f"{STATIC}.1.10|4|office\n{Q_FDB}.2.10.{MAC}.1|2|1\n{Q_FDB}.3.10.{MAC}.1|2|3\n"
    assert links_of(SWITCH + rows).fdb.rows == (FdbEntry("00:00:5e:00:53:01", 101, 10),)
    rows += f"{Q_FDB}.2.11.{MAC}.2|2|1\n{Q_FDB}.3.11.{MAC}.2|2|3\n"
    assert [one.vlan_id for one in links_of(SWITCH + rows).fdb.rows] == [None, None]


def test_a_plain_table_speaks_where_the_one_with_vlans_says_nothing() -> None:
    text = f"{SWITCH}{Q_FDB}.2.1.{MAC}.1|2|0\n{FDB}.2.{MAC}.9|2|1\n{FDB}.3.{MAC}.9|2|3\n"
    assert links_of(text).fdb.rows == (FdbEntry("00:00:5e:00:53:09", 101),)


def test_vlans_have_their_names_and_ports() -> None:
    text = f"""\
{SWITCH}{STATIC}.1.1|4|default
{STATIC}.1.20|4|phones
{CURRENT}.4.0.1|4x|c0
{CURRENT}.5.0.1|4x|40
{CURRENT}.4.0.20|4x|80
{CURRENT}.5.0.20|4x|00
{CURRENT}.4.0.30|4x|80
{CURRENT}.5.0.30|4x|80
{PVID}.1|66|30
{PVID}.2|66|1
"""
    links = links_of(text)
    assert links.vlans.rows == (Vlan(1, "default"), Vlan(20, "phones"), Vlan(30))
    assert links.vlan_ports.rows == (
        VlanPort(101, native_vlan=30, untagged_vlans=(30,), tagged_vlans=(1, 20)),
        VlanPort(102, native_vlan=1, untagged_vlans=(1,)),
    )
    assert links.vlans.complete
    assert links.vlan_ports.complete


def test_configured_vlans_stand_for_those_in_force_where_these_are_not_told() -> None:
    text = f"""\
{SWITCH}{STATIC}.1.1|4|default
{STATIC}.2.1|4x|c0
{STATIC}.4.1|4x|80
{STATIC}.1.4095|4|no VLAN
{PVID}.1|66|0
"""
    links = links_of(text)
    assert links.vlans.rows == (Vlan(1, "default"),)
    assert links.vlan_ports.rows == (
        VlanPort(101, untagged_vlans=(1,)),
        VlanPort(102, tagged_vlans=(1,)),
    )


LOCAL = f"{LLDP}.3.2.0|4x|00005e005300\n{LLDP}.3.1.0|2|4\n"


def lldp_row(port: int, number: int = 1) -> str:
    return f"""\
{REM}.4.0.{port}.{number}|2|4
{REM}.5.0.{port}.{number}|4x|00005e00530a
{REM}.6.0.{port}.{number}|2|5
{REM}.7.0.{port}.{number}|4|Gi1/0/48
{REM}.8.0.{port}.{number}|4|to the cellar
{REM}.9.0.{port}.{number}|4|core-1
{REM}.10.0.{port}.{number}|4|A switch
{REM}.11.0.{port}.{number}|4x|2800
{REM}.12.0.{port}.{number}|4x|2800
"""


def test_an_lldp_neighbour_is_told_with_its_port_and_address() -> None:
    text = f"""\
{SWITCH}{LOCAL}{lldp_row(7)}
{LLDP}.3.7.1.2.7|2|5
{LLDP}.3.7.1.3.7|4|Gi0/2
{LLDP}.3.7.1.4.7|4|port 2
{LLDP}.4.2.1.3.0.7.1.1.4.192.0.2.9|2|2
{LLDP}.4.2.1.3.0.7.1.2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1|2|2
"""
    neighbors = links_of(text).neighbors
    assert neighbors.rows == (
        Neighbor(
            protocol="lldp",
            if_index=102,
            local_port="Gi0/2",
            chassis_id="00:00:5e:00:53:0a",
            port_id="Gi1/0/48",
            port_description="to the cellar",
            sys_name="core-1",
            sys_descr="A switch",
            capabilities=("bridge", "router"),
            management_address="192.0.2.9",
        ),
    )
    assert neighbors.complete


@pytest.mark.parametrize(
    ("port", "local", "if_index"),
    [
        (7, "2.7|2|3\n{L}.3.7|4x|00005e0053f2", 102),
        (7, "2.7|2|7\n{L}.3.7|4|7\n{L}.4.7|4|port 1", 101),
        (2, "2.2|2|7\n{L}.3.2|4|2\n{L}.4.2|4|no such name", 102),
        (101, "2.101|2|7\n{L}.3.101|4|101", 101),
        (9, "2.9|2|7\n{L}.3.9|4|9", None),
    ],
    ids=["mac", "description", "bridge port", "ifIndex", "nothing"],
)
def test_the_interface_behind_an_lldp_port_number(
    port: int, local: str, if_index: int | None
) -> None:
    table = f"{LLDP}.3.7.1"
    text = f"{SWITCH}{LOCAL}{lldp_row(port)}{table}.{local.format(L=table)}\n"
    assert [one.if_index for one in links_of(text).neighbors.rows] == [if_index]


def test_a_number_that_means_two_interfaces_tells_none() -> None:
    both = f"{IF}.2.2|4|other\n"
    text = f"{SWITCH}{both}{LOCAL}{lldp_row(2)}"
    assert [one.if_index for one in links_of(text).neighbors.rows] == [None]


def test_many_neighbours_cost_one_table_of_ports_and_not_an_object_each() -> None:
    names = "".join(
        f"{LLDP}.3.7.1.2.{port}|2|5\n{LLDP}.3.7.1.3.{port}|4|Gi0/{port}\n" for port in range(3, 43)
    )
    ports = "".join(
        f"{IF}.2.{200 + port}|4|Gi0/{port}\n{IFX}.1.{200 + port}|4|Gi0/{port}\n"
        for port in range(3, 43)
    )
    rows = "".join(lldp_row(port) for port in range(3, 43))
    found = links_of(SWITCH + LOCAL + names + ports + rows).neighbors.rows
    assert [one.if_index for one in found] == [200 + port for port in range(3, 43)]


def test_a_device_that_speaks_lldp_and_has_no_neighbours_says_so() -> None:
    assert links_of(SWITCH + LOCAL).neighbors.complete
    assert not links_of(SWITCH).neighbors.complete


def test_the_newer_lldp_mib_names_the_interface_itself() -> None:
    row = f"{LLDP_V2}.1.1"
    text = f"""\
{SWITCH}{row}.5.0.101.1.3|2|4
{row}.6.0.101.1.3|4x|00005e00530a
{row}.7.0.101.1.3|2|3
{row}.8.0.101.1.3|4x|00005e00530b
{row}.10.0.101.1.3|4|phone-1
{row}.13.0.101.1.3|4x|2400
{LLDP_V2}.2.1.3.0.101.1.3.1.4.192.0.2.8|2|2
"""
    (found,) = links_of(text).neighbors.rows
    assert (found.if_index, found.port_id, found.sys_name) == (101, "00:00:5e:00:53:0b", "phone-1")
    assert found.capabilities == ("bridge", "telephone")
    assert found.management_address == "192.0.2.8"


def test_damaged_rows_of_lldp_are_left_out() -> None:
    text = f"{SWITCH}{LOCAL}{REM}.5.0.7|4|short index\n{REM}.5.0.7.1.1|4|long index\n"
    text += f"{REM}.8.0.7.2|4|nobody\n{LLDP}.4.2.1.3.0.7.2.1.4.192.0|2|2\n"
    assert links_of(text).neighbors.rows == ()


def test_a_cdp_neighbour_has_the_words_of_lldp() -> None:
    text = f"""\
{SWITCH}{CDP}.4.102.5|4x|c0000209
{CDP}.5.102.5|4|Some IOS
{CDP}.6.102.5|4|core-1(FOX12345678)
{CDP}.7.102.5|4|GigabitEthernet1/0/1
{CDP}.8.102.5|4|cisco WS-C3560
{CDP}.9.102.5|4x|00000029
{CDP}.6.101.1|4|SEP00005E005301
{CDP}.9.101.1|4x|00000090
{CDP}.6.101.2|4|host
{CDP}.9.101.2|4x|00000010
{CDP}.4.101.2|4x|c00002
"""
    phone, host, switch = links_of(text).neighbors.rows
    assert switch == Neighbor(
        protocol="cdp",
        if_index=102,
        chassis_id="core-1(FOX12345678)",
        port_id="GigabitEthernet1/0/1",
        sys_name="core-1",
        sys_descr="Some IOS",
        platform="cisco WS-C3560",
        capabilities=("bridge", "router"),
        management_address="192.0.2.9",
    )
    assert (phone.chassis_id, phone.capabilities) == ("SEP00005E005301", ("telephone",))
    assert (host.capabilities, host.management_address) == (("stationOnly",), None)


def test_addresses_and_their_macs_come_from_the_newer_table() -> None:
    v6 = "2.16.32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.1"
    text = f"""\
{ROUTER}{PHYSICAL}.4.1.1.4.192.0.2.7|4x|00005e005301
{PHYSICAL}.6.1.1.4.192.0.2.7|2|3
{PHYSICAL}.4.1.{v6}|4x|00005e005301
{PHYSICAL}.6.1.{v6}|2|3
{PHYSICAL}.4.1.1.4.192.0.2.1|4x|00005e005300
{PHYSICAL}.6.1.1.4.192.0.2.1|2|5
{PHYSICAL}.4.1.1.4.192.0.2.8|4x|00005e005308
{PHYSICAL}.6.1.1.4.192.0.2.8|2|2
{PHYSICAL}.4.1.1.4.192.0.2|4x|00005e005309
{PHYSICAL}.4.1.1.4.192.0.2.10|4x|ffffffffffff
{PHYSICAL}.4.1.1.4.224.0.0.5|4x|00005e005309
{MEDIA}.2.1.192.0.2.99|4x|00005e005399
"""
    mappings = links_of(text).address_mappings
    assert mappings.rows == (
        AddressMapping("192.0.2.7", "00:00:5e:00:53:01", 1),
        AddressMapping("2001:db8::1", "00:00:5e:00:53:01", 1),
    )
    assert mappings.complete


def test_the_older_table_of_addresses_stands_in() -> None:
    text = f"""\
{ROUTER}{MEDIA}.2.1.192.0.2.7|4x|00005e005301
{MEDIA}.4.1.192.0.2.7|2|3
{MEDIA}.2.1.192.0.2.8|4x|00005e005302
{MEDIA}.4.1.192.0.2.8|2|2
{MEDIA}.2.1.192.0.2|4x|00005e005303
{MEDIA}.2.1.192.0.2.9|4x|0000
"""
    rows = links_of(text).address_mappings.rows
    assert rows == (AddressMapping("192.0.2.7", "00:00:5e:00:53:01", 1),)


def test_a_host_that_forwards_nothing_is_not_asked_for_its_addresses() -> None:
    text = f"{IF}.2.1|4|eth0\n1.3.6.1.2.1.4.1.0|2|2\n{MEDIA}.2.1.192.0.2.7|4x|00005e005301\n"
    assert links_of(text) == Links()


def test_a_printer_that_bridges_costs_nothing_more() -> None:
    printer = f"{IF}.2.1|4|eth0\n1.3.6.1.2.1.43.5.1.1.16.1|4|A printer\n"
    bridging = f"{BRIDGE}.1.2.0|2|2\n{FDB}.2.{MAC}.1|2|1\n"
    assert links_of(printer + bridging) == Links()
    assert collect(printer + bridging).requests == collect(printer).requests


VTP = "1.3.6.1.4.1.9.9.46.1.3.1.1"
TRUNK = "1.3.6.1.4.1.9.9.46.1.6.1.1"
MEMBER = "1.3.6.1.4.1.9.9.68"
CISCO = f"""\
1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.9.1.633
{SWITCH}{FDB}.2.{MAC}.241|2|1
{VTP}.2.1.1|2|1
{VTP}.4.1.1|4|default
{VTP}.2.1.10|2|1
{VTP}.4.1.10|4|office
{VTP}.2.1.20|2|1
{VTP}.4.1.20|4|phones
{VTP}.2.1.30|2|2
{VTP}.4.1.30|4|suspended
{VTP}.2.1.1003|2|1
{VTP}.4.1.1003|4|token-ring-default
{MEMBER}.1.2.2.1.2.101|2|10
{MEMBER}.1.5.1.1.1.101|2|20
{TRUNK}.5.101|2|1
{TRUNK}.14.101|2|2
{TRUNK}.5.102|2|1
{TRUNK}.14.102|2|1
{TRUNK}.4.102|4x|60200800
"""


def collect_cisco(contexts: dict[str, str], credential: SnmpCredential) -> SnmpResult:
    recorded = {name: read_snmprec(text) for name, text in contexts.items()}
    transport = ReplayTransport(read_snmprec(CISCO), contexts=recorded)
    target = Target("192.0.2.1", (credential,))
    return asyncio.run(collect_snmp(target, transport, (), lambda: MOMENT))


def in_vlan(vlan_id: int, port: int) -> str:
    """Give a context, in which the bridge ports are numbered anew."""
    return f"{BRIDGE}.1.4.1.2.{port}|2|101\n{FDB}.2.{MAC}.{vlan_id}|2|{port}\n"


@pytest.mark.parametrize(
    ("credential", "prefix"),
    [
        (SnmpCredential(SnmpVersion.V2C, community="public"), ""),
        (SnmpCredential(SnmpVersion.V1, community="public"), ""),
        (SnmpCredential(SnmpVersion.V3, user_name="reader"), "vlan-"),
    ],
    ids=["v2c", "v1", "v3"],
)
def test_a_cisco_switch_is_asked_for_each_vlan_in_its_context(
    credential: SnmpCredential, prefix: str
) -> None:
    contexts = {f"{prefix}10": in_vlan(10, 7), f"{prefix}20": in_vlan(20, 9)}
    observation = collect_cisco(contexts, credential).observation
    assert observation is not None
    assert observation.problems == ()
    assert observation.links.fdb.rows == (
        FdbEntry("00:00:5e:00:53:0a", 101, 10),
        FdbEntry("00:00:5e:00:53:14", 101, 20),
    )
    assert observation.links.fdb.complete


def test_a_cisco_switch_that_answers_no_context_keeps_its_plain_table() -> None:
    text = CISCO.replace(f"{FDB}.2.{MAC}.241|", f"{FDB}.2.{MAC}.99|")
    transport = ReplayTransport(read_snmprec(text))
    observation = asyncio.run(collect_snmp(TARGET, transport, (), lambda: MOMENT)).observation
    assert observation is not None
    assert observation.problems == ()
    assert observation.links.fdb.rows == (FdbEntry("00:00:5e:00:53:63", 101),)
    assert not observation.links.fdb.complete


def test_a_context_that_falls_silent_later_leaves_the_table_incomplete() -> None:
    community = SnmpCredential(SnmpVersion.V2C, community="public")
    observation = collect_cisco({"10": in_vlan(10, 7)}, community).observation
    assert observation is not None
    assert [one.vlan_id for one in observation.links.fdb.rows] == [10]
    assert not observation.links.fdb.complete
    assert len(observation.problems) == 1


def test_ports_and_vlans_of_a_cisco_switch_come_from_its_own_tables() -> None:
    community = SnmpCredential(SnmpVersion.V2C, community="public")
    contexts = {"10": in_vlan(10, 7), "20": in_vlan(20, 9)}
    observation = collect_cisco(contexts, community).observation
    assert observation is not None
    links = observation.links
    assert links.vlans.rows == (Vlan(1, "default"), Vlan(10, "office"), Vlan(20, "phones"))
    assert links.vlan_ports.rows == (
        VlanPort(101, native_vlan=10, untagged_vlans=(10,), tagged_vlans=(20,)),
        VlanPort(102, native_vlan=1, untagged_vlans=(1,), tagged_vlans=(10, 20)),
    )


def test_rows_that_a_person_entered_are_told_by_their_status() -> None:
    text = f"""\
{SWITCH}{BRIDGE}.5.1.1.3.{MAC}.5.0|4x|80
{FDB}.2.{MAC}.5|2|1
{FDB}.3.{MAC}.5|2|5
{FDB}.2.{MAC}.6|2|1
{FDB}.3.{MAC}.6|2|3
"""
    assert links_of(text).fdb.rows == (FdbEntry("00:00:5e:00:53:06", 101),)


def test_the_macs_of_the_device_itself_are_no_machines() -> None:
    text = f"{SWITCH}{FDB}.2.{MAC}.241|2|1\n{FDB}.2.{MAC}.9|2|1\n{BRIDGE}.1.1.0|4x|00005e005309\n"
    assert links_of(text).fdb.rows == ()


POE = "1.3.6.1.2.1.105.1.1.1"
ENT = "1.3.6.1.2.1.47.1.1.1.1"


def poe_row(group: int, port: int, status: int = 3) -> str:
    index = f"{group}.{port}"
    return f"{POE}.3.{index}|2|1\n{POE}.6.{index}|2|{status}\n{POE}.10.{index}|2|4\n"


def test_the_only_group_of_poe_ports_is_that_of_the_bridge_ports() -> None:
    power = links_of(SWITCH + poe_row(1, 1) + poe_row(1, 2, status=2)).power_ports
    assert power.rows == (
        PowerPort(101, is_enabled=True, detection_status="deliveringPower", power_class=3),
        PowerPort(102, is_enabled=True, detection_status="searching"),
    )
    assert power.complete


def test_poe_ports_that_are_no_bridge_ports_are_left_out_altogether() -> None:
    power = links_of(SWITCH + poe_row(1, 1) + poe_row(1, 7)).power_ports
    assert power.rows == ()
    assert not power.complete


def test_poe_ports_of_a_stack_are_found_by_the_numbers_in_names() -> None:
    stack = "".join(
        f"{IFX}.1.{index}|4|{name}\n{IF}.3.{index}|2|6\n"
        for index, name in ((1001, "ge1/0/1"), (1002, "ge1/0/2"), (2001, "ge2/0/1"))
    )
    power = links_of(f"{SWITCH}{stack}{poe_row(1, 2)}{poe_row(2, 1)}").power_ports
    assert [one.if_index for one in power.rows] == [1002, 2001]


def test_a_cisco_switch_names_the_component_of_a_poe_port() -> None:
    text = f"""\
{CISCO}{poe_row(1, 1)}{poe_row(1, 2)}
1.3.6.1.4.1.9.9.402.1.2.1.11.1.1|2|1009
1.3.6.1.4.1.9.9.402.1.2.1.11.1.2|2|1010
{ENT}.7.1009|4|Gi0/2
{ENT}.7.1010|4|unknown
"""
    assert [one.if_index for one in links_of(text).power_ports.rows] == [102]


def test_vlans_without_access_ports_are_read_only_where_they_are_few() -> None:
    many = "".join(f"{VTP}.4.1.{vlan_id}|4|lab\n" for vlan_id in range(40, 49))
    many += "".join(f"{VTP}.2.1.{vlan_id}|2|1\n" for vlan_id in range(40, 49))
    contexts = {"10": read_snmprec(in_vlan(10, 7)), "20": read_snmprec(in_vlan(20, 9))}
    transport = ReplayTransport(read_snmprec(CISCO + many), contexts=contexts)
    found = asyncio.run(collect_snmp(TARGET, transport, (), lambda: MOMENT)).observation
    assert found is not None
    assert [one.vlan_id for one in found.links.fdb.rows] == [10]
    assert not found.links.fdb.complete
    assert found.problems == ()


AGGREGATE = f"{IF}.3.101|2|6\n{IF}.3.102|2|6\n{IF}.2.901|4|Port-channel1\n{IF}.3.901|2|161\n"
ATTACHED = "1.2.840.10006.300.43.1.2.1.1.13"
STACK = "1.3.6.1.2.1.31.1.2.1.3"


def test_members_name_their_aggregate() -> None:
    rows = f"{ATTACHED}.101|2|901\n{ATTACHED}.102|2|102\n"
    table = links_of(SWITCH + AGGREGATE + rows).aggregate_ports
    assert table.rows == (AggregatePort(101, 901),)
    assert table.complete


def test_layers_of_interfaces_tell_members_where_the_aggregation_mib_is_missing() -> None:
    rows = f"{STACK}.0.901|2|1\n{STACK}.901.101|2|1\n{STACK}.901.102|2|1\n{STACK}.101.0|2|1\n"
    table = links_of(SWITCH + AGGREGATE + rows).aggregate_ports
    assert table.rows == (AggregatePort(101, 901), AggregatePort(102, 901))


def test_a_switch_without_aggregates_is_not_asked_for_members() -> None:
    rows = f"{ATTACHED}.101|2|901\n"
    assert links_of(SWITCH + rows).aggregate_ports.rows == ()
