"""The parts of a host as its agent tells them: one table from section to ``HostEntry`` each.

A key outlives an inventory: the serial number, else name and slot; what is told twice in the same
words is numbered.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from collectors.agent import attached, machine, system
from collectors.agent.kinds import Kind
from collectors.agent.sections import Sections
from collectors.agent.values import Row
from collectors.details import HostEntry

_KEY_CHARACTERS: Final = 280


@dataclass(frozen=True, slots=True)
class _Section:
    """How the rows of one section become entries; ``None`` for a row that says nothing."""

    name: str
    make: Callable[[Row], HostEntry | None]


def read_entries(sections: Sections) -> tuple[HostEntry, ...]:
    """Give all entries of an inventory with keys that no two have."""
    return tuple(_numbered(_entries(sections)))


def _entries(sections: Sections) -> Iterator[HostEntry]:
    for section in _SECTIONS:
        for row in sections.get(section.name, ()):
            entry = section.make(row)
            if entry is not None:
                yield entry
    yield from system.databases(sections)


def _numbered(entries: Iterator[HostEntry]) -> Iterator[HostEntry]:
    seen: set[str] = set()
    counts: Counter[str] = Counter()
    for entry in entries:
        base = key = entry.key[:_KEY_CHARACTERS]
        while key in seen:
            counts[base] += 1
            key = f"{base}#{counts[base] + 1}"
        seen.add(key)
        yield entry if key == entry.key else msgspec.structs.replace(entry, key=key)


_SECTIONS: Final = (
    _Section("hardware", machine.chassis),
    _Section("bios", machine.board),
    _Section("bios", machine.bios),
    _Section("cpus", machine.processor),
    _Section("memories", machine.memory),
    _Section("storages", machine.disk),
    _Section("drives", machine.volume),
    _Section("videos", machine.card(Kind.VIDEO)),
    _Section("modems", machine.card(Kind.MODEM)),
    _Section("simcards", machine.sim_card),
    _Section("batteries", machine.battery),
    _Section("powersupplies", machine.power_supply),
    _Section("monitors", attached.monitor),
    _Section("printers", attached.printer),
    _Section("usbdevices", attached.peripheral),
    _Section("inputs", attached.peripheral),
    _Section("antivirus", system.antivirus),
    _Section("firewalls", system.firewall),
    _Section("remote_mgmt", system.remote_control),
    _Section("licenseinfos", system.license_info),
    _Section("users", system.user),
    _Section("local_users", system.account),
)
PLACED: Final = frozenset(section.name for section in _SECTIONS) | {"databases_services"}
