"""What only some kinds of device hold, from hand-made rows and from recordings."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from collectors.collect import SnmpResult, collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.definitions.loader import load_definitions
from collectors.details import (
    Battery,
    Details,
    Installation,
    LifeCount,
    ManagedDevice,
    Outlet,
    Tray,
)
from collectors.snmp.replay import ReplayTransport, read_snmprec
from collectors.target import Target
from parc.demo.recordings import find_recording, read_recording

PRT = "1.3.6.1.2.1.43"
UPS = "1.3.6.1.2.1.33.1"
APC = "1.3.6.1.4.1.318"
HR = "1.3.6.1.2.1.25"
NAME = "1.3.6.1.2.1.1.2.0|6|"
PRINTER = f"{PRT}.5.1.1.17.1|4|CNB1234567"
MOMENT = datetime(2026, 11, 23, tzinfo=UTC)
DEFINITIONS = load_definitions()


def collect(transport: ReplayTransport) -> SnmpResult:
    target = Target("192.0.2.1", (SnmpCredential(SnmpVersion.V2C, community="public"),))
    return asyncio.run(collect_snmp(target, transport, DEFINITIONS, lambda: MOMENT))


def details_of(*lines: str) -> Details:
    result = collect(ReplayTransport(read_snmprec("\n".join(lines))))
    assert result.observation is not None
    assert result.observation.problems == ()
    return result.observation.details


def test_a_printer_tells_its_total_its_colours_and_its_display() -> None:
    details = details_of(
        f"{NAME}1.3.6.1.4.1.11.2.3.9.1",
        PRINTER,
        f"{PRT}.10.2.1.3.1.1|2|7",
        f"{PRT}.10.2.1.4.1.1|65|1500",
        f"{PRT}.16.5.1.2.1.1|4|Ready",
        f"{PRT}.16.5.1.2.1.2|4|Tray 2 low",
        "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.6.0|2|1000",
        "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.7.0|2|500",
    )
    assert details.life_counts.rows == (
        LifeCount("total", 1500, "impressions"),
        LifeCount("mono", 1000, "impressions"),
        LifeCount("color", 500, "impressions"),
    )
    assert details.life_counts.complete
    assert details.console_message == "Ready / Tray 2 low"


def test_a_colour_count_above_the_total_is_not_believed() -> None:
    table = details_of(
        f"{NAME}1.3.6.1.4.1.11.2.3.9.1",
        PRINTER,
        f"{PRT}.10.2.1.4.1.1|65|10",
        "1.3.6.1.4.1.11.2.3.9.4.2.1.4.1.2.7.0|2|500",
    ).life_counts
    assert [one.kind for one in table.rows] == ["total"]
    assert not table.complete


def test_functions_of_a_copier_are_added_by_colour() -> None:
    konica = "1.3.6.1.4.1.18334.1.1.1.5.7.2.2.1.5"
    details = details_of(
        f"{NAME}1.3.6.1.4.1.18334.1.1.1.2.1",
        PRINTER,
        f"{PRT}.10.2.1.4.1.1|65|100",
        f"{konica}.1.1|2|10",
        f"{konica}.1.2|2|20",
        f"{konica}.2.1|2|5",
        f"{konica}.2.2|2|7",
    )
    counts = {one.kind: one.count for one in details.life_counts.rows}
    assert counts == {"total": 100, "mono": 30, "color": 12}


@pytest.mark.parametrize(
    ("maker", "lines"),
    [
        (641, ["641.2.1.5.2.0|65|60", "641.2.1.5.3.0|65|40"]),
        (
            1602,
            [
                "1602.1.11.1.3.1.4.112|65|20",
                "1602.1.11.1.3.1.4.113|65|40",
                "1602.1.11.1.3.1.4.123|65|40",
            ],
        ),
        (
            2001,
            [
                "2001.1.1.1.1.11.1.10.170.1.6.1|2|40",
                "2001.1.1.1.1.11.1.10.170.1.7.1|2|60",
            ],
        ),
        (1248, ["1248.1.2.2.27.1.1.3.1.1|2|60", "1248.1.2.2.27.1.1.4.1.1|2|40"]),
        (2385, ["2385.1.1.19.2.1.3.5.4.61|2|60", "2385.1.1.19.2.1.3.5.4.63|2|40"]),
        (236, ["236.11.5.11.53.11.1.1.0|2|40", "236.11.5.11.53.11.1.2.0|2|60"]),
        (
            1129,
            [
                "1129.2.3.50.1.3.21.6.1.2.1.1|2|30",
                "1129.2.3.50.1.3.21.6.1.2.1.2|2|10",
                "1129.2.3.50.1.3.21.6.1.2.1.3|2|60",
            ],
        ),
        (
            367,
            [
                "367.3.2.1.2.19.5.1.5.1|4|Counter: Machine Total",
                "367.3.2.1.2.19.5.1.5.9|4|Total Prints: Full Color",
                "367.3.2.1.2.19.5.1.5.10|4|Total Prints: Monocolor",
                "367.3.2.1.2.19.5.1.9.1|2|100",
                "367.3.2.1.2.19.5.1.9.9|2|40",
                "367.3.2.1.2.19.5.1.9.10|2|60",
            ],
        ),
        (
            2435,
            [
                "2435.2.3.9.4.2.1.5.5.10.0|4x|"
                "00010400000064010104000000" + "3c020104000000" + "28ffff"
            ],
        ),
    ],
)
def test_each_maker_counts_its_colours(maker: int, lines: list[str]) -> None:
    counts = details_of(
        f"{NAME}1.3.6.1.4.1.{maker}.1",
        PRINTER,
        f"{PRT}.10.2.1.4.1.1|65|100",
        *(f"1.3.6.1.4.1.{line}" for line in lines),
    ).life_counts
    assert {one.kind: one.count for one in counts.rows} == {"total": 100, "mono": 60, "color": 40}
    assert counts.complete


def test_counts_that_no_mib_describes_must_add_up_to_the_total() -> None:
    counts = details_of(
        f"{NAME}1.3.6.1.4.1.2385.3.1",
        PRINTER,
        f"{PRT}.10.2.1.4.1.1|65|100",
        "1.3.6.1.4.1.2385.1.1.19.2.1.3.5.4.61|2|20",
        "1.3.6.1.4.1.2385.1.1.19.2.1.3.5.4.63|2|10",
    ).life_counts
    assert [one.kind for one in counts.rows] == ["total"]


def test_trays_know_what_lies_in_them() -> None:
    row = f"{PRT}.8.2.1"
    details = details_of(
        NAME + "1.3.6.1.4.1.1347.41",
        PRINTER,
        f"{row}.8.1.1|2|8",
        f"{row}.9.1.1|2|500",
        f"{row}.10.1.1|2|250",
        f"{row}.11.1.1|2|0",
        f"{row}.12.1.1|4|A4 plain",
        f"{row}.13.1.1|4|Cassette 1",
        f"{row}.9.1.2|2|-2",
        f"{row}.10.1.2|2|-3",
        f"{row}.11.1.2|2|3",
        f"{row}.18.1.2|4|MP tray",
    )
    assert details.trays.rows == (
        Tray(1, "Cassette 1", "A4 plain", "sheets", 500, 250, is_some_left=True, is_available=True),
        Tray(2, "MP tray", is_some_left=True, is_available=False),
    )
    assert details.console_message == ""


def test_without_a_display_the_critical_alert_speaks() -> None:
    details = details_of(
        NAME + "1.3.6.1.4.1.1347.41",
        PRINTER,
        f"{PRT}.18.1.1.2.1.1|2|4",
        f"{PRT}.18.1.1.2.1.2|2|3",
        f"{PRT}.18.1.1.8.1.1|4|Sleeping",
        f"{PRT}.18.1.1.8.1.2|4|Paper jam",
    )
    assert details.console_message == "Paper jam"


def test_a_battery_speaks_the_standard() -> None:
    table = details_of(
        NAME + "1.3.6.1.4.1.99999.1",
        f"{UPS}.1.1.0|4|Acme",
        f"{UPS}.1.2.0|4|UPS 3000",
        f"{UPS}.2.1.0|2|3",
        f"{UPS}.2.2.0|2|40",
        f"{UPS}.2.3.0|2|12",
        f"{UPS}.2.4.0|2|80",
        f"{UPS}.2.7.0|2|0",
        f"{UPS}.4.1.0|2|5",
        f"{UPS}.4.4.1.5.1|2|30",
        f"{UPS}.4.4.1.5.2|2|45",
    ).batteries
    assert table.complete
    assert table.rows == (
        Battery(
            battery_status="batteryLow",
            output_source="battery",
            charge_percent=80,
            minutes_remaining=12,
            seconds_on_battery=40,
            load_percent=45,
        ),
    )


def test_a_battery_of_apc_says_when_to_replace_it() -> None:
    ups = f"{APC}.1.1.1"
    (battery,) = details_of(
        f"{NAME}{APC}.1.3.27",
        f"{ups}.1.1.1.0|4|Smart-UPS 1500",
        f"{ups}.2.1.1.0|2|2",
        f"{ups}.2.1.2.0|67|0",
        f"{ups}.2.2.1.0|66|100",
        f"{ups}.2.2.2.0|66|31",
        f"{ups}.2.2.3.0|67|360000",
        f"{ups}.2.2.4.0|2|2",
        f"{ups}.4.1.1.0|2|2",
        f"{ups}.4.2.3.0|66|17",
    ).batteries.rows
    assert battery == Battery(
        battery_status="batteryNormal",
        output_source="normal",
        charge_percent=100,
        minutes_remaining=60,
        seconds_on_battery=0,
        temperature_celsius=31,
        load_percent=17,
        is_replacement_needed=True,
    )


@pytest.mark.parametrize(
    ("recording", "count"),
    [("UPS/apc-7902b", 16), ("UPS/apc-8932", 24)],
)
def test_outlets_of_a_recorded_power_strip(recording: str, count: int) -> None:
    details = recorded(recording)
    assert len(details.outlets.rows) == count
    assert all(one.name and one.is_on is not None for one in details.outlets.rows)
    assert [one.index for one in details.outlets.rows] == list(range(1, count + 1))


@pytest.mark.parametrize(
    ("number", "names", "states", "words"),
    [
        # EATON-EPDU-MIB outletName and outletControlStatus: off, on, pendingOff.
        ("534.6.6.7", "534.6.6.7.6.1.1.3.0", "534.6.6.7.6.6.1.2.0", (0, 1, 2)),
        # CPS-MIB ePDU2OutletSwitchedStatusTable and ePDUOutletStatusTable: off, on.
        ("3808.1.1.6", "3808.1.1.6.6.1.4.1.4", "3808.1.1.6.6.1.4.1.5", (2, 1, 9)),
        ("3808.1.1.3", "3808.1.1.3.3.5.1.1.2", "3808.1.1.3.3.5.1.1.4", (2, 1, 9)),
        # PDU2-MIB outletName and outletSwitchingState: off, on, cycling.
        ("13742.6", "13742.6.3.5.3.1.3.1", "13742.6.4.1.2.1.3.1", (8, 7, 9)),
        # Sentry3-MIB outletName and outletStatus: off, on, offWait.
        ("1718.3", "1718.3.2.3.1.3.1.1", "1718.3.2.3.1.5.1.1", (0, 1, 2)),
    ],
    ids=["eaton", "cyberpower_2", "cyberpower", "raritan", "servertech"],
)
def test_outlets_of_a_power_strip(
    number: str, names: str, states: str, words: tuple[int, int, int]
) -> None:
    table = details_of(
        f"{NAME}1.3.6.1.4.1.{number}",
        *(f"1.3.6.1.4.1.{names}.{one}|4|Outlet A{one}" for one in (1, 2, 10)),
        *(
            f"1.3.6.1.4.1.{states}.{one}|2|{word}"
            for one, word in zip((1, 2, 10), words, strict=True)
        ),
    ).outlets
    assert table.rows == (
        Outlet(1, "Outlet A1", is_on=False),
        Outlet(2, "Outlet A2", is_on=True),
        Outlet(3, "Outlet A10", is_on=None),
    )
    assert table.complete


def test_a_power_strip_of_cyberpower_is_known_by_the_name_of_its_model() -> None:
    table = details_of(
        f"{NAME}1.3.6.1.4.1.3808.1.1.1",
        "1.3.6.1.2.1.1.1.0|4|PDU41001",
        "1.3.6.1.4.1.3808.1.1.3.3.5.1.1.4.1|2|1",
    ).outlets
    assert table.rows == (Outlet(1, None, is_on=True),)


def test_software_of_a_recorded_host_is_named_once() -> None:
    table = recorded("os/linux/unknown-001").installations
    assert table.complete
    names = [one.name for one in table.rows]
    assert len(names) == len(set(names)) > 100
    assert names[0].startswith("oddjob-0.30")


def test_a_day_that_is_none_is_left_out() -> None:
    row = f"{HR}.6.3.1"
    table = details_of(
        NAME + "1.3.6.1.4.1.311.1.1.3.1.2",
        "1.3.6.1.2.1.1.1.0|4|Hardware: Intel64 - Software: Windows Version 6.3",
        f"{HR}.3.3.1.1.1|6|0.0",
        f"{row}.2.1|4|Editor",
        f"{row}.4.1|2|4",
        f"{row}.5.1|4x|07ea0b17091e0000",
        f"{row}.2.2|4|Driver",
        f"{row}.4.2|2|3",
        f"{row}.5.2|4x|07ea0d2a091e0000",
        f"{row}.2.3|4|Editor",
    ).installations
    assert table.rows == (
        Installation(1, "Editor", "application", "2026-11-23"),
        Installation(2, "Driver", "deviceDriver"),
    )


def recorded(name: str) -> Details:
    """Collect from a recording of the package snmpsim-data, as the demo serves it."""
    result = collect(
        ReplayTransport([line.varbind for line in read_recording(find_recording(name))])
    )
    assert result.observation is not None
    return result.observation.details


def test_a_controller_of_cisco_tells_its_access_points() -> None:
    row, index = "1.3.6.1.4.1.14179.2.2.1.1", "0.16.219.1.2.3"
    table = details_of(
        f"{NAME}1.3.6.1.4.1.9.1.1069",
        "1.3.6.1.2.1.1.1.0|4|Cisco Controller",
        f"{row}.3.{index}|4|ap-hall",
        f"{row}.6.{index}|2|1",
        f"{row}.16.{index}|4|AIR-CAP3702I-E-K9",
        f"{row}.17.{index}|4|FGL1234A001",
        f"{row}.19.{index}|64|192.0.2.77",
        f"{row}.31.{index}|4|8.5.140.0",
        f"{row}.33.{index}|4x|0010db112233",
        f"{row}.3.0.16.219.1.2.4|4|ap-store",
        f"{row}.6.0.16.219.1.2.4|2|2",
        f"{row}.19.0.16.219.1.2.4|64|0.0.0.0",
    ).managed_devices
    assert table.complete
    assert table.rows == (
        ManagedDevice(
            key="FGL1234A001",
            kind="ap",
            name="ap-hall",
            manufacturer="Cisco",
            model_name="AIR-CAP3702I-E-K9",
            serial_number="FGL1234A001",
            mac_address="00:10:db:11:22:33",
            address="192.0.2.77",
            software_revision="8.5.140.0",
            state="up",
        ),
        ManagedDevice(
            key="00:10:db:01:02:04",
            kind="ap",
            name="ap-store",
            manufacturer="Cisco",
            state="down",
        ),
    )


def test_access_points_of_aruba_are_named_by_their_mac() -> None:
    row, index = "1.3.6.1.4.1.14823.2.2.1.5.2.1.4.1", "0.11.134.1.2.3"
    (one,) = details_of(
        f"{NAME}1.3.6.1.4.1.14823.1.1.32",
        "1.3.6.1.2.1.1.1.0|4|ArubaOS (MODEL: Aruba7010), Version 6.4.2.5",
        f"{row}.2.{index}|64|192.0.2.80",
        f"{row}.3.{index}|4|ap-1",
        f"{row}.6.{index}|4|CNB1234567",
        f"{row}.13.{index}|4|AP-225",
        f"{row}.19.{index}|2|1",
    ).managed_devices.rows
    assert (one.mac_address, one.address, one.model_name, one.state) == (
        "00:0b:86:01:02:03",
        "192.0.2.80",
        "AP-225",
        "up",
    )


def test_a_host_tells_its_virtual_machines() -> None:
    row = "1.3.6.1.4.1.6876.2.1.1"
    table = details_of(
        f"{NAME}1.3.6.1.4.1.6876.4.1",
        "1.3.6.1.2.1.1.1.0|4|VMware ESXi 6.7.0 build-8169922 VMware, Inc. x86_64",
        f"{row}.2.1|4|mail",
        f"{row}.4.1|4|Debian GNU/Linux 12 (64-bit)",
        f"{row}.6.1|4|powered on",
        f"{row}.10.1|4|564d1234-0000-0000-0000-000000000001",
        "1.3.6.1.4.1.6876.2.4.1.7.1.4000|4|00:50:56:01:02:03",
        f"{row}.2.2|4|old",
        f"{row}.4.2|4|E: tools not running",
        f"{row}.6.2|4|poweredOff",
    ).managed_devices
    mail, old = table.rows
    assert (mail.name, mail.state, mail.mac_address) == ("mail", "on", "00:50:56:01:02:03")
    assert mail.operating_system == "Debian GNU/Linux 12 (64-bit)"
    assert (old.key, old.state, old.operating_system) == ("old", "off", None)


def test_no_minutes_on_mains_are_minutes_that_were_not_reckoned() -> None:
    ups = (f"{NAME}1.3.6.1.2.1.33", f"{UPS}.1.1.0|4|Maker", f"{UPS}.1.2.0|4|M 1000",
           f"{UPS}.2.1.0|2|2", f"{UPS}.2.3.0|2|0", f"{UPS}.2.4.0|2|100")  # fmt: skip
    (on_mains,) = details_of(*ups, f"{UPS}.4.1.0|2|3").batteries.rows
    (on_battery,) = details_of(*ups, f"{UPS}.4.1.0|2|5").batteries.rows
    assert (on_mains.minutes_remaining, on_battery.minutes_remaining) == (None, 0)
