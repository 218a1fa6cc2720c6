"""What only some kinds of device hold, from hand-made rows and from recordings."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from collectors.collect import SnmpResult, collect_snmp
from collectors.credentials import SnmpCredential, SnmpVersion
from collectors.definitions.loader import load_definitions
from collectors.details import Battery, Details, Installation, LifeCount, Tray
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
