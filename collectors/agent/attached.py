"""What is attached to a host: monitors, printers, what is plugged in."""

from __future__ import annotations

from typing import Final

from collectors.agent.edid import read_edid
from collectors.agent.kinds import Kind, make_entry, maker_of
from collectors.agent.values import Row, facts, real, text, truth
from collectors.details import HostEntry


def monitor(row: Row) -> HostEntry | None:
    """Read a monitor by its own description first; agents translate and shorten it."""
    cell = row.get("base64")
    edid = read_edid(cell if isinstance(cell, str) else None)
    told = real(row, "serial", "altserial")
    name = text(row, "caption", "name", "description")
    manufacturer = real(row, "manufacturer")
    serial, made, product = told, None, None
    if edid is not None:
        manufacturer = edid.manufacturer
        name = edid.name or name
        number_text = None if edid.serial_number is None else str(edid.serial_number)
        serial = edid.serial_text or told or number_text
        made, product = edid.made, edid.maker + edid.product
    if name is None and serial is None:
        return None
    return make_entry(
        Kind.MONITOR,
        (serial or name, product if serial is None else None),
        name=name,
        manufacturer=manufacturer,
        model_name=name,
        serial_number=serial,
        state="internal" if edid is not None and edid.is_panel else None,
        facts=facts(
            port=text(row, "port"),
            made=made or text(row, "description"),
            edid=product,
            other_serial=_other(row, serial),
        ),
    )


def _other(row: Row, serial: str | None) -> str | None:
    """Give the serial number in the other of its two forms."""
    told = [real(row, "serial"), real(row, "altserial")]
    return next((one for one in told if one and one != serial), None)


# Queues of what prints into files and faxes; no device stands behind them.
_QUEUES: Final = ("pdf", "xps", "fax", "onenote", "send to", "document converter", "imagewriter")


def printer(row: Row) -> HostEntry | None:
    """Give one print queue that a device stands behind."""
    name = text(row, "name", "description")
    port = text(row, "port")
    words = f"{name} {text(row, 'driver')}".casefold()
    if name is None or any(word in words for word in _QUEUES):
        return None
    return make_entry(
        Kind.PRINTER,
        (name,),
        name=name,
        model_name=text(row, "driver"),
        serial_number=real(row, "serial"),
        facts=facts(
            port=port,
            network=truth(row, "network"),
            shared=truth(row, "shared"),
            server=text(row, "servername"),
        ),
    )


def peripheral(row: Row) -> HostEntry | None:
    """Give one thing at USB or another bus."""
    name = text(row, "caption", "name", "description")
    if name is None:
        return None
    serial = real(row, "serial")
    return make_entry(
        Kind.PERIPHERAL,
        (name, serial),
        name=name,
        manufacturer=maker_of(row),
        serial_number=serial,
        facts=facts(
            type=text(row, "type", "interface"),
            vendor=text(row, "vendorid"),
            product=text(row, "productid"),
        ),
    )
