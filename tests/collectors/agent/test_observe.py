"""What becomes of an inventory: the same machine in three dialects is the same observation."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from collectors.agent.messages import Message, MessageKind, read_message
from collectors.agent.observe import Upload, observe
from collectors.agent.sections import merge_sections, without_people
from collectors.details import HostEntry
from collectors.observation import Category, Observation, Source, from_json, to_json
from tests.agent_samples import LICENSE_KEY, body, computer, edid, sample

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
GIBIBYTE = 1024**3


def _read(octets: bytes, **values: Any) -> Observation:
    return _observe(read_message(octets), **values)


def _observe(message: Message, **values: Any) -> Observation:
    assert message.kind is MessageKind.INVENTORY
    assert message.device_id is not None
    told = {"observed_at": NOW, "is_whole": not message.is_partial, **values}
    return observe(Upload(message.device_id, message.sections, **told))


def _entry(observation: Observation, kind: str, name: str | None = None) -> HostEntry:
    rows = observation.details.host_entries.rows
    (found,) = [row for row in rows if row.kind == kind and name in {None, row.name}]
    return found


def test_a_laptop_is_read_with_all_that_identifies_it() -> None:
    seen = _read(sample("glpi_laptop.json"), agent_id="6f1c0e5a-0000-4c36-9a53-0f2f7a1b0042")
    assert (seen.source, seen.address) == (Source.AGENT, "192.0.2.33")
    assert seen.agent_id == "6f1c0e5a-0000-4c36-9a53-0f2f7a1b0042"
    assert seen.system is not None
    assert seen.system.sys_name == "PC-COMPTA-03"
    identity = seen.identity
    assert identity is not None
    assert identity.category is Category.WORKSTATION
    assert identity.manufacturer == "Dell Inc."
    assert identity.model_name == "Latitude 5440"
    assert identity.serial_number == "PRC7L01"
    assert identity.asset_tag == "P004711"
    assert identity.operating_system == "Microsoft Windows 11 Professionnel"
    assert identity.software_revision == "10.0.22631"
    assert identity.system_uuid == "4c4c4544-0052-4310-8030-b2c04f4d4e31"
    assert {one.field for one in identity.origins} >= {"serial_number", "manufacturer"}
    assert seen.memory_bytes == 16 * GIBIBYTE
    assert seen.processor_count == 12
    assert from_json(to_json(seen)) == seen


def test_both_dialects_of_one_machine_say_the_same() -> None:
    told, old = _read(sample("glpi_laptop.json")), _read(sample("fusion_laptop.xml"))
    assert old.identity == told.identity
    assert old.interfaces == told.interfaces
    assert old.details.packages == told.details.packages
    assert old.details.managed_devices == told.details.managed_devices
    assert old.details.host_entries == told.details.host_entries


def test_what_stands_inside_is_told_in_bytes_and_cores() -> None:
    seen = _read(sample("glpi_laptop.json"))
    processor = _entry(seen, "processor")
    assert (processor.core_count, processor.thread_count, processor.speed_mhz) == (10, 12, 1600)
    memory = _entry(seen, "memory")  # the empty slot is none
    assert memory.size_bytes == 16 * GIBIBYTE
    assert (memory.version, memory.serial_number) == ("DDR5", "9F00AB12")
    disk = _entry(seen, "disk")
    assert (disk.size_bytes, disk.manufacturer) == (512_110_000_000, None)
    assert _entry(seen, "bios").dated == "2025-06-11"
    assert _entry(seen, "battery").facts == ("designed_mwh=54000", "real_mwh=51200")


def test_encryption_and_protection_are_told_by_words() -> None:
    seen = _read(sample("glpi_laptop.json"))
    assert _entry(seen, "volume", "C:").state == "encrypted"
    assert _entry(seen, "volume", "D:").state == "clear"
    assert _entry(seen, "antivirus").state == "outdated"
    assert _entry(seen, "firewall").state == "on"
    assert _entry(seen, "database", "SQL Server Express · COMPTA").state == "on"


def test_a_monitor_is_told_by_its_own_description() -> None:
    seen = _read(sample("glpi_laptop.json"))
    outer, inner = (_entry(seen, "monitor", name) for name in ("PARC U24", "B140HAN"))
    assert (outer.manufacturer, outer.serial_number, outer.state) == ("Dell", "PRCMON001", None)
    assert "made=2022-W12" in outer.facts
    assert (inner.manufacturer, inner.state) == ("AU Optronics", "internal")


@pytest.mark.parametrize("text", ["", "AAAA", "nonsense !", edid()[:60], "A" * 5000])
def test_a_damaged_description_leaves_what_the_agent_said(text: str) -> None:
    monitors = [{"caption": "Ecran", "serial": "S1", "base64": text}]
    entry = _entry(_read(body(computer(monitors=monitors))), "monitor")
    assert (entry.name, entry.serial_number) == ("Ecran", "S1")


def test_monitors_that_cannot_be_told_apart_are_numbered() -> None:
    seen = _read(body(computer(monitors=[{"caption": "Ecran"}] * 3)))
    keys = [row.key for row in seen.details.host_entries.rows if row.kind == "monitor"]
    assert keys == ["monitor Ecran", "monitor Ecran#2", "monitor Ecran#3"]


def test_queues_that_print_into_files_are_no_printers() -> None:
    seen = _read(sample("glpi_laptop.json"))
    printer = _entry(seen, "printer")
    assert (printer.name, printer.serial_number) == ("Copieur accueil", "A7PRC0001")


def test_cards_are_told_once_with_all_their_addresses() -> None:
    (card,) = _read(sample("glpi_laptop.json")).interfaces.rows
    assert card.if_phys_address == "00:1b:21:aa:bb:01"
    assert card.addresses == ("192.0.2.33/24", "2001:db8::33/64")
    assert card.if_high_speed == 1000


@pytest.mark.parametrize(
    ("received_from", "address"),
    [("2001:db8::33", "2001:db8::33"), ("203.0.113.9", "192.0.2.33"), (None, "192.0.2.33")],
)
def test_a_host_is_listed_at_an_address_of_its_own(received_from: str | None, address: str) -> None:
    assert _read(sample("glpi_laptop.json"), received_from=received_from).address == address


def test_a_host_without_any_address_is_listed_under_its_name() -> None:
    without = computer(networks=None)
    assert _read(body(without)).address == "agent PC-0001-2026-01-05-09-00-00"
    assert _read(body(without), received_from="203.0.113.9").address == "203.0.113.9"


def test_software_is_told_once_and_versions_side_by_side_apart() -> None:
    packages = _read(sample("glpi_laptop.json")).details.packages
    assert packages.complete
    assert [row.key for row in packages.rows] == [
        "7-Zip 23.01 (x64) x86_64",
        "Java 8 Update 391 i586 8.0.3910.13 Oracle Corporation",
        "Java 8 Update 391 i586 8.0.3910.14 Oracle Corporation",
        "Microsoft Office Professionnel Plus 2021 - fr-fr x86_64",
        "Microsoft Teams i586 mdupont",
        "Microsoft Windows 11 Professionnel operatingSystem",
    ]
    office = packages.rows[3]
    assert (office.publisher, office.installed_on) == ("Microsoft Corporation", "2025-02-04")


def test_an_ocs_server_is_read_from_its_own_names() -> None:
    seen = _read(sample("ocs_linux.xml"))
    assert seen.identity is not None
    assert seen.identity.category is Category.SERVER
    assert seen.identity.serial_number == "PRCSRV0001"
    assert seen.identity.operating_system == "Debian GNU/Linux 12"
    processor = _entry(seen, "processor")
    assert (processor.core_count, processor.thread_count) == (16, 32)
    assert processor.speed_mhz == 2100
    assert [(row.name, row.architecture) for row in seen.details.packages.rows] == [
        ("adduser", "all"),
        ("libc6", "amd64"),
    ]
    assert seen.details.packages.rows[1].installed_on == "2026-04-20"
    assert seen.interfaces.rows[0].if_high_speed == 1000


def test_machines_of_a_host_are_told_as_snmp_tells_them_without_containers() -> None:
    (machine,) = _read(sample("glpi_laptop.json")).details.managed_devices.rows
    assert machine.key == "564d3f1a-7c0b-4b6e-9f9e-0123456789ab"
    assert (machine.name, machine.state) == ("essai-debian", "off")
    assert machine.mac_address == "08:00:27:12:34:56"


@pytest.mark.parametrize(
    ("hardware", "system", "item_type", "category"),
    [
        ({"chassis_type": "Rack Mount Chassis"}, "Debian 12", None, Category.SERVER),
        ({"chassis_type": "Desktop"}, "Microsoft Windows Server 2022", None, Category.SERVER),
        ({"chassis_type": "Other", "vmsystem": "VMware"}, "Debian", None, Category.VIRTUAL_MACHINE),
        ({"chassis_type": "Desktop"}, "VMware ESXi 8.0", None, Category.HYPERVISOR),
        ({"name": "telephone"}, "Android 14", None, Category.MOBILE),
        ({"name": "telephone"}, "iOS", "Phone", Category.MOBILE),
        ({"name": "poste"}, "Fedora 40", "Computer", Category.WORKSTATION),
    ],
)
def test_what_kind_of_machine_it_is(
    hardware: dict[str, str], system: str, item_type: str | None, category: Category
) -> None:
    told = computer(hardware=hardware, operatingsystem={"full_name": system})
    seen = _read(body(told), item_type=item_type)
    assert seen.identity is not None
    assert seen.identity.category is category


def test_a_server_with_machines_is_a_hypervisor() -> None:
    machines = [{"name": "m", "uuid": "564d3f1a-7c0b-4b6e-9f9e-0123456789ab", "status": "running"}]
    told = computer(hardware={"chassis_type": "Tower server"}, virtualmachines=machines)
    seen = _read(body(told))
    assert seen.identity is not None
    assert seen.identity.category is Category.HYPERVISOR


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("Microsoft Windows 10 Entreprise LTSC 2021", "LTSC"),
        ("Ubuntu 22.04.4 LTS", "LTS"),
        ("CentOS Stream 9", "Stream"),
        ("Debian GNU/Linux trixie/sid", "testing"),
        ("Microsoft Windows 11 Professionnel", None),
    ],
)
def test_the_channel_of_support_is_read_from_the_name(name: str, channel: str | None) -> None:
    seen = _read(body(computer(operatingsystem={"full_name": name})))
    assert _entry(seen, "operating_system").state == channel


@pytest.mark.parametrize("name", ["glpi_laptop.json", "fusion_laptop.xml"])
def test_secrets_are_dropped_before_anything_is_kept(name: str) -> None:
    kept = to_json(_read(sample(name))).decode()
    assert "motdepasse" not in kept
    assert LICENSE_KEY not in kept
    assert "key_end=N9PQR" in kept


def test_accounts_can_be_left_out() -> None:
    message = read_message(sample("glpi_laptop.json"))
    seen = observe(Upload(message.device_id or "", without_people(message.sections), NOW))
    text = to_json(seen).decode()
    assert "Administrateur" not in text
    assert '"kind":"user"' not in text
    assert "last_user" not in text


def test_what_has_no_place_is_kept_beside() -> None:
    others = _read(sample("glpi_laptop.json")).details.other_sections
    assert others["ports"] == [{"name": "COM1", "type": "Serial"}]
    assert set(others) == {"controllers", "local_groups", "ports"}


def test_a_partial_inventory_replaces_the_sections_that_it_brings() -> None:
    whole, part = (read_message(sample(f"glpi_{name}.json")) for name in ("laptop", "partial"))
    assert part.is_partial
    merged = merge_sections(whole.sections, part.sections)
    seen = observe(Upload("d", merged, NOW))
    names = [row.name for row in seen.details.packages.rows]
    assert names == ["LibreOffice 24.2", "Microsoft Windows 11 Professionnel"]
    assert _entry(seen, "disk").serial_number == "PRCDISK01"


def test_a_part_alone_never_tells_that_something_is_gone() -> None:
    seen = _read(sample("glpi_partial.json"))
    details = seen.details
    tables = (details.packages, details.host_entries, details.managed_devices, seen.interfaces)
    assert not any(table.complete for table in tables)


def test_the_same_inventory_gives_the_same_octets() -> None:
    told = json.loads(sample("glpi_laptop.json"))
    turned = {**told, "content": dict(reversed(told["content"].items()))}
    assert to_json(_read(body(told))) == to_json(_read(body(turned)))
