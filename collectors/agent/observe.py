"""An inventory as the observation of one machine: the only thing that is handed on.

What has no place of its own is kept beside it, by section.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from collectors.agent.cards import base_mac, home_address, read_cards
from collectors.agent.entries import PLACED, read_entries
from collectors.agent.kinds import MEBI, Kind, make_entry
from collectors.agent.machines import read_machines
from collectors.agent.packages import read_packages, with_system
from collectors.agent.sections import Sections, first
from collectors.agent.values import Row, amount, day, facts, real, text
from collectors.details import Details, HostEntry, HostEntryTable, PackageTable
from collectors.evidence import How, Means, Origin
from collectors.observation import (
    Category,
    Identity,
    InterfaceTable,
    Observation,
    Source,
    System,
)
from collectors.text import NAME_CHARACTERS

_ELSEWHERE: Final = PLACED | {
    "networks", "softwares", "virtualmachines", "operatingsystem", "accountinfo", "versionclient",
    "accesslog",
}  # fmt: skip
_SERVER_CASES: Final = ("server", "rack mount", "blade", "multi-system", "main server")
_HYPERVISORS: Final = ("esxi", "proxmox", "xenserver", "xcp-ng", "hyper-v server")
_PHYSICAL: Final = frozenset({"physical", "none"})
_CHANNELS: Final = (
    ("LTSC", re.compile(r"\bLTSC\b")),
    ("LTSB", re.compile(r"\bLTSB\b")),
    ("Semi-Annual", re.compile(r"\bSemi-Annual\b|\bSAC\b")),
    ("LTS", re.compile(r"\bLTS\b")),
    ("ESM", re.compile(r"\bESM\b")),
    ("Insider", re.compile(r"\bInsider\b")),
    ("Stream", re.compile(r"\bStream\b")),
    ("testing", re.compile(r"\btesting\b|/sid\b", re.IGNORECASE)),
)
_TAG_CHARACTERS: Final = 60
_ADDRESS_CHARACTERS: Final = 45


@dataclass(frozen=True, slots=True)
class Upload:
    """The state of one machine after an upload.

    Attributes:
        device_id: how the agent names its machine.
        agent_id: of the installation (header ``GLPI-Agent-ID``); None for agents without one.
        is_whole: all sections are known, so that what is not there is not there.
    """

    device_id: str
    sections: Sections
    observed_at: datetime
    agent_id: str | None = None
    received_from: str | None = None
    is_whole: bool = True
    item_type: str | None = None


def observe(upload: Upload) -> Observation:
    """Give what the agent says of its machine."""
    sections = upload.sections
    cards = read_cards(sections)
    hardware, system = first(sections, "hardware"), _system(sections)
    address = home_address(sections, cards, upload.received_from)
    entries = (*_operating_system(system, sections), *read_entries(sections))
    packages = read_packages(sections)
    threads = sum(one.thread_count or 0 for one in entries)
    return Observation(
        address=address or f"agent {upload.device_id}"[:_ADDRESS_CHARACTERS],
        source=Source.AGENT,
        observed_at=upload.observed_at,
        system=System(sys_name=text(hardware, "name") or text(system, "fqdn")),
        identity=_identity(sections, upload.item_type),
        interfaces=InterfaceTable(cards, complete=upload.is_whole and bool(cards)),
        processor_count=threads or None,
        memory_bytes=amount(hardware, MEBI, "memory"),
        agent_id=upload.agent_id or upload.device_id,
        details=Details(
            managed_devices=read_machines(sections, is_whole=upload.is_whole),
            host_entries=HostEntryTable(entries, complete=upload.is_whole and bool(entries)),
            packages=PackageTable(
                with_system(packages, text(system, "full_name", "name"), text(system, "version")),
                complete=upload.is_whole and bool(packages),
            ),
            other_sections=_others(sections),
        ),
    )


def _system(sections: Sections) -> Row:
    """Give the operating system; OCS tells it in HARDWARE."""
    told = first(sections, "operatingsystem")
    hardware = first(sections, "hardware")
    if told or "osname" not in hardware:
        return told
    return {
        "full_name": hardware.get("osname"),
        "version": hardware.get("osversion"),
        "install_date": hardware.get("installdate"),
    }


def _identity(sections: Sections, item_type: str | None) -> Identity:
    bios, system = first(sections, "bios"), _system(sections)
    values: dict[str, Any] = {
        "manufacturer": real(bios, "smanufacturer", "mmanufacturer"),
        "model_name": real(bios, "smodel", "mmodel"),
        "serial_number": real(bios, "ssn", "biosserial", "enclosureserial"),
        "operating_system": text(system, "full_name", "name"),
        "software_revision": text(system, "kernel_version", "version"),
        "firmware_revision": real(bios, "bversion"),
        "asset_tag": (real(bios, "assettag") or "")[:_TAG_CHARACTERS] or None,
        "system_uuid": text(first(sections, "hardware"), "uuid"),
        "base_mac_address": base_mac(read_cards(sections)),
    }
    how = How(Means.AGENT)
    origins = tuple(Origin(name, value, how) for name, value in values.items() if value)
    category = _category(sections, values["operating_system"], item_type)
    return Identity(**values, category=category, origins=origins)


def _category(sections: Sections, system: str | None, item_type: str | None) -> Category:
    hardware = first(sections, "hardware")
    case = (text(hardware, "chassis_type") or text(first(sections, "bios"), "type") or "").lower()
    name = (system or "").casefold()
    machine = (text(hardware, "vmsystem") or "physical").casefold()
    if (item_type or "").casefold() == "phone" or "android" in name:
        return Category.MOBILE
    if any(word in name for word in _HYPERVISORS):
        return Category.HYPERVISOR
    if machine not in _PHYSICAL:
        return Category.VIRTUAL_MACHINE
    if any(word in case for word in _SERVER_CASES) or "server" in name:
        is_host = bool(read_machines(sections, is_whole=True).rows)
        return Category.HYPERVISOR if is_host else Category.SERVER
    return Category.WORKSTATION


def _operating_system(system: Row, sections: Sections) -> tuple[HostEntry, ...]:
    """Give the operating system with its channel of support, as an entry."""
    name = text(system, "full_name", "name")
    if name is None:
        return ()
    entry = make_entry(
        Kind.OPERATING_SYSTEM,
        (),
        name=name,
        version=text(system, "version", "kernel_version"),
        state=next((word for word, pattern in _CHANNELS if pattern.search(name)), None),
        dated=day(system, "install_date"),
        serial_number=text(first(sections, "hardware"), "winprodid"),
        facts=facts(
            kernel=text(system, "kernel_version"),
            architecture=text(system, "arch"),
            service_pack=text(system, "service_pack"),
            fqdn=text(system, "fqdn"),
            domain=text(system, "dns_domain"),
            key_end=text(first(sections, "hardware"), "winprodkey"),
            owner=text(first(sections, "hardware"), "winowner"),
            company=text(first(sections, "hardware"), "wincompany"),
            last_user=text(first(sections, "hardware"), "lastloggeduser"),
        ),
    )
    return () if entry is None else (entry,)


def _others(sections: Sections) -> dict[str, list[dict[str, str]]]:
    """Give the sections that nothing above has read, as texts."""
    return {
        name: [{cell: _plain(value) for cell, value in row.items()} for row in rows]
        for name, rows in sorted(sections.items())
        if name not in _ELSEWHERE and rows
    }


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else str(value)[:NAME_CHARACTERS]
