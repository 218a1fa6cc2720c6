"""What an agent tells of the inside of a machine, on its sheet: words for it, and all of it."""

from __future__ import annotations

from collections.abc import Mapping

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as _in
from flask_babel import ngettext

from collectors.agent.kinds import Kind
from parc.extensions import db
from parc.models import HostEntry
from parc.queries.asset_sheet import read_sheet
from parc.queries.host_entries import read_inside
from parc.services.permissions import Action
from parc.web.access import requires
from parc.web.assets import assets
from parc.web.formats import format_number, format_octets, format_told_day
from parc.web.listing import page_key

# In the order in which the tab shows them.
TITLES: Mapping[str, str] = {
    Kind.OPERATING_SYSTEM: _("Operating system"),
    Kind.CHASSIS: _in("component", "Chassis"),
    Kind.BOARD: _("Mainboard"),
    Kind.BIOS: _("Firmware"),
    Kind.PROCESSOR: _("Processors"),
    Kind.MEMORY: _("Memory modules"),
    Kind.DISK: _("Disks"),
    Kind.VOLUME: _("Volumes"),
    Kind.VIDEO: _("Graphics cards"),
    Kind.BATTERY: _("Batteries"),
    Kind.POWER_SUPPLY: _("Power supplies"),
    Kind.MONITOR: _("Monitors"),
    Kind.PRINTER: _("Printers"),
    Kind.ANTIVIRUS: _("Antivirus"),
    Kind.FIREWALL: _("Firewall"),
    Kind.USER: _("Signed in"),
    Kind.ACCOUNT: _("Local accounts"),
    Kind.REMOTE_CONTROL: _("Remote control"),
    Kind.LICENSE: _("Licences found"),
    Kind.DATABASE: _("Databases"),
    Kind.PERIPHERAL: _("Peripherals"),
    Kind.MODEM: _("Modems"),
    Kind.SIM_CARD: _("SIM cards"),
}
# What the first tab of the sheet shows of it.
SHOWN_FIRST = (Kind.VOLUME, Kind.ANTIVIRUS, Kind.FIREWALL, Kind.MONITOR, Kind.PRINTER, Kind.USER)
_STATES: Mapping[str, tuple[str, str]] = {
    "encrypted": ("good", _("encrypted")),
    "partly": ("warning", _("partly encrypted")),
    "clear": ("neutral", _("not encrypted")),
    "enabled": ("good", _in("protection", "active")),
    "disabled": ("bad", _in("protection", "switched off")),
    "outdated": ("warning", _in("protection", "out of date")),
    "on": ("good", _in("machine", "On")),
    "off": ("neutral", _in("machine", "Off")),
    "trial": ("warning", _("trial")),
    "internal": ("neutral", _("built in")),
}
_FACTS: Mapping[str, str] = {
    "algorithm": _("Algorithm"),
    "architecture": _("Architecture"),
    "backup": _("Last backup"),
    "base": _("Signatures"),
    "base_date": _("Signatures of"),
    "company": _("Company"),
    "components": _("Contains"),
    "country": _("Country"),
    "description": _("Description"),
    "designed_mwh": _("Designed capacity (mWh)"),
    "device": _in("volume", "Device"),
    "domain": _("Domain"),
    "driver": _("Driver"),
    "edid": _("Model in its EDID"),
    "encryption": _("Encryption"),
    "expires": _("Expires"),
    "form": _in("memory", "Form"),
    "fqdn": _("Full name"),
    "full_name": _in("account", "Name"),
    "health": _("Health"),
    "home": _("Home folder"),
    "id": _in("account", "Number"),
    "interface": _in("disk", "Interface"),
    "kernel": _("Kernel"),
    "key_end": _("End of the key"),
    "label": _in("volume", "Label"),
    "last_user": _("Signed in last"),
    "login_program": _("Login program"),
    "made": _("Made"),
    "network": _in("printer", "Network"),
    "oem": "OEM",
    "other_serial": _("Other serial number"),
    "owner": _("Owner"),
    "phone": _("Phone number"),
    "port": _("Port"),
    "power": _("Power"),
    "product": _("Product code"),
    "profile": _("Profile"),
    "real_mwh": _("Present capacity (mWh)"),
    "secure_boot": "Secure Boot",
    "server": _("Server"),
    "service_pack": "Service Pack",
    "shared": _in("printer", "Shared"),
    "sku": "SKU",
    "slot": _in("memory", "Slot"),
    "sockets": _("Sockets"),
    "status": _("State"),
    "swap_mib": _("Swap (MiB)"),
    "system": _("System volume"),
    "type": _in("field", "Type"),
    "vendor": _("Vendor code"),
    "workgroup": _("Workgroup or domain"),
    "wwn": "WWN",
}
# What stands in the column of serial numbers, and in that of versions, where it is something else.
_NUMBERS: Mapping[str, str] = {
    Kind.OPERATING_SYSTEM: _("Product number"),
    Kind.LICENSE: _("Product number"),
    Kind.REMOTE_CONTROL: _("Identifier"),
}
_VERSIONS: Mapping[str, str] = {
    Kind.BATTERY: _("Chemistry"),
    Kind.MEMORY: _in("field", "Type"),
    Kind.VOLUME: _("File system"),
}
_DAYS = frozenset({"backup", "base_date", "expires"})
_YES = {"yes": _("yes"), "no": _("no")}


def entry_state(entry: HostEntry) -> tuple[str, str]:
    """Give the kind of badge and the word for a state; one without a word as it stands."""
    kind, text = _STATES.get(entry.state or "", ("neutral", entry.state or ""))
    return kind, str(text)


def entry_lines(entry: HostEntry) -> list[tuple[str, str]]:
    """Give all that is known of an entry but its name, with its labels."""
    model = entry.model_name if entry.model_name != entry.name else None
    lines = [
        (_("Manufacturer"), entry.manufacturer),
        (_("Model"), model),
        (_NUMBERS.get(entry.kind, _("Serial number")), entry.serial_number),
        (_VERSIONS.get(entry.kind, _("Version")), entry.version),
        (_("Size"), entry.size_bytes and format_octets(entry.size_bytes)),
        (_("Used"), entry.used_bytes and format_octets(entry.used_bytes)),
        (_("Speed"), entry_speed(entry)),
        (_("Date"), format_told_day(entry.dated)),
    ]
    return [(str(label), str(value)) for label, value in lines if value] + entry_facts(entry)


def entry_facts(entry: HostEntry) -> list[tuple[str, str]]:
    """Give the facts that have a name for readers, in the order in which they were told."""
    found = []
    for fact in entry.facts:
        word, _equals, value = fact.partition("=")
        if word in _FACTS and value:
            shown = format_told_day(value) if word in _DAYS else str(_YES.get(value, value))
            found.append((str(_FACTS[word]), shown))
    return found


def entry_speed(entry: HostEntry) -> str:
    """Give the cores, threads and clock of a processor, or the clock of a memory module."""
    parts = []
    if entry.core_count:
        parts.append(_counted(entry.core_count, ngettext("core", "cores", entry.core_count)))
    if entry.thread_count:
        parts.append(
            _counted(entry.thread_count, ngettext("thread", "threads", entry.thread_count))
        )
    if entry.speed_mhz:
        parts.append(f"{format_number(entry.speed_mhz)} MHz")
    return " · ".join(parts)


def _counted(count: int, word: str) -> str:
    return f"{format_number(count)} {word}"


@assets.get("/assets/<int:asset_id>/hardware")
@requires(Action.VIEW_INVENTORY)
def hardware(asset_id: int) -> ResponseReturnValue:
    """Show all that agents tell of the inside of a machine, a page at a time."""
    sheet = read_sheet(db.session(), asset_id)
    found = read_inside(db.session(), sheet.devices, page_key("after"))
    next_url = ""
    if found.next_id is not None:
        next_url = url_for("assets.hardware", asset_id=asset_id, after=found.next_id)
    return render_template(
        "assets/hardware.html",
        sheet=sheet,
        asset=sheet.asset,
        tab="hardware",
        groups=[
            (title, found.groups[kind], found.counts[kind])
            for kind, title in TITLES.items()
            if kind in found.groups
        ],
        next_url=next_url,
        entry_state=entry_state,
        entry_lines=entry_lines,
    )
