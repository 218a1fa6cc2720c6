"""What the simulated switches say of their cables, read as any switch is read."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from collectors import oids
from collectors.collect import collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.definitions.loader import load_definitions
from collectors.observation import AddressMapping, FdbEntry, Links, PowerPort, VlanPort
from collectors.snmp.replay import ReplayTransport
from collectors.target import Target
from parc.demo.cabling import Cable, Station, lay_cables
from parc.demo.recordings import Line, parse_line

DEFINITIONS = load_definitions()
MOMENT = datetime(2026, 11, 23, tzinfo=UTC)
ADDRESSES = {"core": "127.0.10.1", "edge": "127.0.10.2", "printer": "127.0.10.3"}
CABLES = (
    Cable("core p1", "edge p3"),
    Cable("edge p1", "printer", vlan=40),
    Cable("edge p2", "pc", mac="00:00:5e:00:53:c1", address="192.0.2.9", phone="00:00:5e:00:53:c2"),
    Cable("core p2", "unknown device"),
    Cable("absent p1", "printer"),
)
STATIONS = (
    Station("core", "ap-1", "00:00:5e:00:53:d1", "192.0.2.31"),
    Station("absent", "ap-2", "00:00:5e:00:53:d2", "192.0.2.32"),
)
PRINTER, PC, PHONE = "00:00:5e:00:53:31", "00:00:5e:00:53:c1", "00:00:5e:00:53:c2"


def _recorded(number: int) -> list[Line]:
    """Give three ports, and a neighbour of whoever gave the recording."""
    text = "".join(
        f"1.3.6.1.2.1.2.2.1.3.{port}|2|6\n1.3.6.1.2.1.2.2.1.6.{port}|4x|00005e0053{number}{port}\n"
        f"1.3.6.1.2.1.31.1.1.1.1.{port}|4|p{port}\n"
        for port in (1, 2, 3)
    )
    text += "1.0.8802.1.1.2.1.4.1.1.9.0.1.1|4|somebody-elses-switch\n"
    return [Line(*entry) for line in text.encode().splitlines() if (entry := parse_line(line))]


def _links(number: str = "1.3.6.1.4.1.99999.1", descr: str = "Box") -> dict[str, Links]:
    head = f"1.3.6.1.2.1.1.1.0|4|{descr}\n1.3.6.1.2.1.1.2.0|6|{number}".encode().splitlines()
    said = {
        name: [*(Line(*one) for one in map(parse_line, head) if one), *_recorded(place)]
        for place, name in enumerate(ADDRESSES, 1)
    }
    cabled = lay_cables(said, ADDRESSES, CABLES, ["core"], STATIONS)
    found = {}
    for name, lines in cabled.items():
        keys = [oids.decode_index(line.varbind.oid) for line in lines]
        assert keys == sorted(keys)
        transport = ReplayTransport([line.varbind for line in lines])
        target = Target(ADDRESSES[name], (SnmpCredential(SnmpVersion.V2C, "public"),))
        result = asyncio.run(collect_snmp(target, transport, DEFINITIONS, lambda: MOMENT))
        assert result.observation is not None
        assert result.observation.problems == ()
        found[name] = result.observation.links
    return found


def test_both_ends_of_a_cable_name_each_other() -> None:
    links = _links()
    (down,) = links["core"].neighbors.rows
    assert (down.if_index, down.sys_name, down.port_id) == (1, "edge", "p3")
    assert down.management_address == ADDRESSES["edge"]
    up = next(one for one in links["edge"].neighbors.rows if one.sys_name == "core")
    assert (up.if_index, up.port_id, up.capabilities) == (3, "p1", ("bridge",))


def test_a_machine_is_learned_on_its_port_and_on_the_ports_that_lead_to_it() -> None:
    links = _links()
    assert FdbEntry(PRINTER, 1, 40) in links["edge"].fdb.rows
    assert FdbEntry(PRINTER, 1, 40) in links["core"].fdb.rows
    assert {(one.mac_address, one.if_index) for one in links["edge"].fdb.rows} == {
        (PRINTER, 1),
        (PC, 2),
        (PHONE, 2),
        ("00:00:5e:00:53:11", 3),
    }


def test_a_phone_stands_between_a_computer_and_its_fed_port() -> None:
    edge = _links()["edge"]
    phone = next(one for one in edge.neighbors.rows if one.if_index == 2)
    assert (phone.chassis_id, phone.capabilities) == (PHONE, ("bridge", "telephone"))
    assert VlanPort(2, 10, (10,), (20,)) in edge.vlan_ports.rows
    fed = PowerPort(2, is_enabled=True, detection_status="deliveringPower", power_class=2)
    assert fed in edge.power_ports.rows


def test_cisco_switches_tell_each_other_and_their_phones_by_cdp() -> None:
    edge = _links("1.3.6.1.4.1.9.1.633")["edge"].neighbors.rows
    assert {one.protocol for one in edge} == {"cdp"}
    phone, core = edge
    assert (phone.if_index, phone.sys_name) == (2, "SEP00005E0053C2")
    assert phone.capabilities == ("telephone",)
    assert (core.if_index, core.sys_name, core.port_id) == (3, "core", "p1")
    assert core.management_address == ADDRESSES["core"]


def test_a_controller_tells_of_its_stations() -> None:
    (station,) = _links("1.3.6.1.4.1.14823.1.1.32", "ArubaOS (MODEL: Aruba7010), Version 6.4")[
        "core"
    ].wireless_clients.rows
    assert (station.mac_address, station.address) == ("00:00:5e:00:53:d1", "192.0.2.31")
    assert station.access_point == "ap-1"


def test_only_a_router_knows_addresses() -> None:
    links = _links()
    assert AddressMapping(ADDRESSES["printer"], PRINTER, 1) in links["core"].address_mappings.rows
    assert AddressMapping("192.0.2.9", PC, 1) in links["core"].address_mappings.rows
    assert links["edge"].address_mappings.rows == ()


def test_neighbours_of_whoever_gave_a_recording_are_not_shown() -> None:
    assert _links()["printer"] == Links()
