"""Names, orders and copies that planning and the services must make alike; pure."""

from __future__ import annotations

import ipaddress
import socket
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from collectors.observation import Category
from collectors.registries.enterprise import manufacturer_named_in
from parc.row_keys import row_key

# Fields that have the same name and meaning on a device and on its asset.
DEVICE_FIELDS: Final = (
    "manufacturer",
    "model_name",
    "serial_number",
    "operating_system",
    "software_revision",
    "firmware_revision",
    "hardware_revision",
    "base_mac_address",
)
# What is made as a whole, its network card with it; that of a computer says little of its maker.
MADE_WITH_ITS_CARD: Final = frozenset(
    {
        Category.ACCESS_POINT,
        Category.CAMERA,
        Category.FIREWALL,
        Category.NAS,
        Category.NVR,
        Category.PDU,
        Category.PHONE,
        Category.PRINTER,
        Category.ROUTER,
        Category.SWITCH,
        Category.UPS,
    }
)
# What only a device itself can tell; its maker may be known by what its services say.
READ_FIELDS: Final = (
    "sys_name",
    "sys_descr",
    "sys_object_id",
    "engine_id",
    "chassis_id",
    "model_name",
    "serial_number",
    "system_uuid",
    "agent_id",
)
# Of a host that both its agent and SNMP tell of: who looks from inside knows these best, so that
# what SNMP says of them does not come and go with each sweep.
TOLD_BY_AGENT: Final = frozenset(
    {
        "manufacturer",
        "model_name",
        "serial_number",
        "category",
        "operating_system",
        "software_revision",
        "firmware_revision",
        "base_mac_address",
        "processor_count",
        "memory_bytes",
    }
)
# Fields of an asset that machines know as well as people.
MACHINE_FIELDS: Final = ("name", "category", *DEVICE_FIELDS)
# Fields of a device that its asset has not, so that nobody types them.
DEVICE_ONLY_FIELDS: Final = ("system_uuid", "asset_tag", "processor_count", "memory_bytes")
# Fields that several sources may tell, so that a rule says which of them wins.
RULED_FIELDS: Final = (*MACHINE_FIELDS, *DEVICE_ONLY_FIELDS)

# Names, in an entry of the history, the sources that told what it holds.
TOLD_BY: Final = "told_by"

# What makes a spreadsheet run a cell as a formula; the last four are = + - @ in full width, which
# some programs read as the plain ones.
DANGEROUS: Final = frozenset("=+-@\t\r\n\x00\uff1d\uff0b\uff0d\uff20")


def device_name(
    sys_name: str | None, host_name: str | None, model_name: str | None, address: str
) -> str:
    """Name a device: what it calls itself, else what DNS calls it, else model and address."""
    if sys_name:
        return sys_name
    if host_name:
        return host_name
    return f"{model_name} {address}"[-255:] if model_name else address


def is_read(device: Mapping[str, Any]) -> bool:
    """Tell whether a device has spoken for itself, or was only seen from outside."""
    return any(device.get(name) is not None for name in READ_FIELDS)


def address_sort(address: str | None) -> str | None:
    """Give a text that sorts as the numbers of addresses do, IPv4 first.

    Returns:
        ``4`` or ``6`` and the address in hex; None for what is no address.
    """
    for version, family in ((4, socket.AF_INET), (6, socket.AF_INET6)):
        with suppress(OSError, ValueError):
            return f"{version}{socket.inet_pton(family, address or '').hex()}"
    try:
        parsed = ipaddress.ip_address(address or "")  # slow, but knows zones
    except ValueError:
        return None
    return f"{parsed.version}{parsed.packed.hex()}"


def neutralise(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula.

    One that begins so behind apostrophes gets another, so that who reads the file back knows
    which of them is ours (``parc.importers.rows.plain_cell``).
    """
    return f"'{text}" if text.lstrip("'")[:1] in DANGEROUS else text


def folded(text: str) -> str:
    """Give ``text`` in lower case and without accents, as searches compare it."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def presumed_source(device: Mapping[str, Any], name: str) -> str:
    """Give by which means a value was seen of which nobody remembers it.

    Args:
        device: the columns of a device by name.
    """
    has_agent = device.get("agent_id") is not None
    if has_agent and (name in TOLD_BY_AGENT or device.get("sys_object_id") is None):
        return "agent"
    return "snmp" if is_read(device) else "nmap"


def asset_values(
    device: Mapping[str, Any], told_by: Mapping[str, str] | None = None
) -> dict[str, tuple[Any, str]]:
    """Give what a device says for the fields of an asset, and by which means it was seen.

    Args:
        device: the columns of a device by name.
        told_by: the sources of its fields, as far as they are known.

    Returns:
        field to value and source; a field that the device does not know is not there.
    """
    told = told_by or {}
    values = {
        name: (device[name], str(told.get(name) or presumed_source(device, name)))
        for name in DEVICE_FIELDS
        if device[name] is not None
    }
    name = device_name(
        device["sys_name"], device["host_name"], device["model_name"], device["address"]
    )
    namer = str(told.get("sys_name") or presumed_source(device, "sys_name"))
    values["name"] = (name, namer if device["sys_name"] else "nmap")
    if "manufacturer" not in values and (maker := maker_of_card(device)):
        values["manufacturer"] = (maker, "nmap")
    if device["category"] is not None:
        source = device["category_source"] or presumed_source(device, "category")
        values["category"] = (device["category"], source)
    return values


def maker_of_card(device: Mapping[str, Any]) -> str | None:
    """Give the maker that the MAC's prefix tells, where it is the maker of the device as well.

    Args:
        device: the columns of a device by name.
    """
    if device.get("category") not in MADE_WITH_ITS_CARD:
        return None
    owner = str(device.get("oui_manufacturer") or "").removeprefix("Hangzhou ")
    owner = owner.removeprefix("Zhejiang ").replace("Hewlett Packard", "Hewlett-Packard")
    return manufacturer_named_in(owner)


def movement_number(movement_id: int) -> str:
    """Give the number of a movement as sheets bear it: M-000123."""
    return f"M-{movement_id:06d}"


def movement_of_number(text: str) -> int | None:
    """Read what ``movement_number`` writes, also in small letters and without hyphen or zeros."""
    rest = text.strip().casefold().removeprefix("m").removeprefix("-")
    return row_key(rest) if rest != text.strip() else None
