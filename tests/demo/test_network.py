"""The simulated network as a whole: its list, its uniqueness, and what Parc makes of it."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from collections import Counter
from dataclasses import replace

import pytest
from flask import Flask

from collectors import oids
from collectors.collect import SnmpResult
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.definitions.loader import load_definitions
from collectors.runner import run
from collectors.snmp.lldp_mib import LLDP_LOC_CHASSIS_ID
from collectors.snmp.pysnmp_transport import PysnmpTransport
from collectors.target import Target
from parc.clock import now
from parc.config import DiscoverySettings, Settings
from parc.demo.agent import Device
from parc.demo.network import COMMUNITY, DemoDevice, load_network, make_devices, make_unique
from parc.demo.prepare import LOGIN, prepare
from parc.demo.recordings import Line, find_recording, parse_line, read_recording
from parc.extensions import reading, transaction
from parc.jobs.foreground import sweep_now
from parc.models import Run, RunState
from parc.queries.ranges import list_ranges
from parc.queries.users import find_user
from parc.services.actor import SYSTEM
from parc.services.sign_in import is_link_good

pytestmark = pytest.mark.xdist_group("demo")  # the network is made once
NETWORK = load_network()
_SERIAL = "1.3.6.1.2.1.47.1.1.1.1.11.1"
_MAC = "1.3.6.1.2.1.2.2.1.6.1"
_TEXT = f"""\
1.3.6.1.2.1.1.1.0|4|Unit SN: AB1234 ready
1.3.6.1.2.1.1.5.0|4|recorded-name
{_MAC}|4x|0010db0a0b0c
1.3.6.1.2.1.2.2.1.6.2|4x|000000000000
1.3.6.1.2.1.17.4.3.1.1.1|4x|0010db0a0b0c
{_SERIAL}|4|FOC1408Z61U
"""


def _device(address: str, name: str = "sw-01") -> DemoDevice:
    return DemoDevice(address, name, "none", "RDC")


def _unique(address: str) -> dict[str, bytes]:
    parsed = [parse_line(line) for line in _TEXT.encode().splitlines()]
    lines = make_unique([Line(*entry) for entry in parsed if entry], _device(address), ["AB1234"])
    return {oids.decode(line.varbind.oid): line.varbind.value for line in lines}


def test_every_device_stands_in_one_range() -> None:
    networks = [ipaddress.ip_network(entry.include) for entry in NETWORK.ranges]
    for device in NETWORK.devices:
        address = ipaddress.ip_address(device.address)
        assert address.is_loopback
        assert sum(address in network for network in networks) == 1


def test_addresses_and_names_are_given_once() -> None:
    for values in (
        [device.address for device in NETWORK.devices],
        [device.name for device in NETWORK.devices],
    ):
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_network_is_large_enough_and_has_awkward_devices() -> None:
    assert sum(device.is_reachable for device in NETWORK.devices) >= 44
    assert any(device.is_v1_only for device in NETWORK.devices)
    assert any(device.is_silent for device in NETWORK.devices)
    assert any(device.community != COMMUNITY for device in NETWORK.devices)


def test_recorded_serial_numbers_still_stand_in_the_recordings() -> None:
    for name, serials in NETWORK.serial_numbers.items():
        values = b"\n".join(line.varbind.value for line in read_recording(find_recording(name)))
        assert [serial for serial in serials if serial.encode() not in values] == []


def test_two_devices_of_one_recording_differ_in_all_that_identifies() -> None:
    first, second = _unique("127.0.10.1"), _unique("127.0.10.2")
    for oid in (_SERIAL, _MAC, "1.3.6.1.2.1.1.1.0"):
        assert first[oid] != second[oid]
    assert re.fullmatch(rb"FOC\d{4}Z\d\dU", first[_SERIAL])
    assert re.fullmatch(rb"Unit SN: AB\d{4} ready", first["1.3.6.1.2.1.1.1.0"])
    assert first[_MAC][:3] == b"\x00\x10\xdb"
    assert first["1.3.6.1.2.1.17.4.3.1.1.1"] == first[_MAC]
    assert first["1.3.6.1.2.1.2.2.1.6.2"] == bytes(6)
    assert first["1.3.6.1.2.1.1.5.0"] == b"sw-01"


def test_device_is_the_same_at_each_start() -> None:
    assert _unique("127.0.10.1") == _unique("127.0.10.1")


def test_demo_is_prepared_once(sqlite_app: Flask) -> None:
    box = sqlite_app.extensions["parc_box"]
    tokens = []
    for _ in range(2):
        with transaction() as session:
            tokens.append(prepare(session, box, NETWORK, port=1161, now=now()))
    with reading() as session:
        assert find_user(session, LOGIN) is not None
        assert {row.name for row in list_ranges(session)} == {row.name for row in NETWORK.ranges}
        assert not is_link_good(session, tokens[0], now())
        assert is_link_good(session, tokens[1], now())


@pytest.mark.long
def test_most_devices_show_manufacturer_and_model(whole_network: int) -> None:
    results = asyncio.run(_collect(whole_network))
    answered = [result.observation for result in results if result.observation is not None]
    assert len(answered) == sum(device.is_reachable for device in NETWORK.devices)
    known = [one.identity for one in answered if one.identity and one.identity.model_name]
    assert sum(identity.manufacturer is not None for identity in known) >= 35
    serials = [identity.serial_number for identity in known if identity.serial_number]
    assert len(serials) == len(set(serials))


async def _collect(port: int) -> list[SnmpResult]:
    credential = SnmpCredential(SnmpVersion.V2C, community=COMMUNITY, port=port)
    targets = [Target(device.address, (credential,)) for device in NETWORK.devices]
    transport = PysnmpTransport()
    try:
        return [
            result
            async for result in run(targets, transport, load_definitions(), now, devices_at_once=40)
        ]
    finally:
        await transport.close()


@pytest.fixture
def sqlite_settings(sqlite_settings: Settings) -> Settings:
    """Wait less for addresses that nobody has."""
    return replace(sqlite_settings, discovery=DiscoverySettings(timeout_seconds=1.0))


@pytest.mark.long
def test_second_sweep_of_the_whole_network_changes_nothing(
    sqlite_app: Flask, whole_network: int
) -> None:
    with transaction() as session:
        prepare(session, sqlite_app.extensions["parc_box"], NETWORK, port=whole_network, now=now())
    with reading() as session:
        ranges = [row.id for row in list_ranges(session)]
    first = [_ended(sweep_now(sqlite_app, SYSTEM, one, now)) for one in ranges]
    second = [_ended(sweep_now(sqlite_app, SYSTEM, one, now)) for one in ranges]
    assert sum(run.collected_count for run in first) >= 44
    assert sum(run.created_count for run in first) >= 40
    for count in ("created_count", "changed_count", "gone_count", "difference_count"):
        assert sum(getattr(run, count) for run in second) == 0
    assert sum(run.collected_count for run in second) == sum(run.collected_count for run in first)


def _ended(run_id: int) -> Run:
    with reading() as session:
        run = session.get(Run, run_id)
        assert run is not None
        assert run.state is RunState.DONE, run.error
        return run


@pytest.fixture(scope="module")
def devices() -> list[Device]:
    return list(make_devices(NETWORK).values())


def test_no_text_or_public_address_of_a_recordings_owner_is_shown(devices: list[Device]) -> None:
    alias = oids.encode("1.3.6.1.2.1.31.1.1.1.18")
    own_addresses = oids.encode("1.3.6.1.2.1.4.20.1.1")
    for device in devices:
        names = [line.varbind.oid for line in device.lines]
        assert not [name for name in names if name.startswith(alias)]
        for name in names:
            if name.startswith(own_addresses):
                index = oids.decode_index(name)[-4:]
                assert not ipaddress.ip_address(bytes(index)).is_global


def test_no_two_devices_have_the_same_chassis_id(devices: list[Device]) -> None:
    chassis = [
        line.varbind.value
        for device in devices
        for line in device.lines
        if line.varbind.oid == LLDP_LOC_CHASSIS_ID and line.varbind.value
    ]
    assert len(chassis) == len(set(chassis)) > 0


def test_what_devices_tell_of_others_names_nobody() -> None:
    by_recording = {device.recording: device for device in NETWORK.devices}
    outlets = "1.3.6.1.4.1.318.1.1.12.3.5.1.1.2."
    names = _values(by_recording["UPS/apc-7902b"], outlets)
    assert names[:2] == [b"Prise 1", b"Prise 2"]
    points = "1.3.6.1.4.1.14823.2.2.1.5.2.1.4.1."
    controller = by_recording["network/wifi/aruba-7010"]
    assert _values(controller, f"{points}3.")[0] == b"borne-01"
    assert _values(controller, f"{points}2.")[0] == bytes((192, 0, 2, 1))


def _values(device: DemoDevice, prefix: str) -> list[bytes]:
    lines = make_unique(read_recording(find_recording(device.recording)), device, ())
    found = {oids.decode(line.varbind.oid): line.varbind.value for line in lines}
    return [value for name, value in found.items() if name.startswith(prefix)]
