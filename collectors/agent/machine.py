"""What stands inside the case: board, processors, memory, disks, cards, batteries."""

from __future__ import annotations

from collections.abc import Callable

from collectors.agent.kinds import MEBI, MEGA, Kind, make_entry, maker_of
from collectors.agent.values import Row, amount, day, facts, number, real, speed_mhz, text, truth
from collectors.details import HostEntry


def chassis(row: Row) -> HostEntry | None:
    """Give the case, and what kind of machine stands in it."""
    kind = text(row, "chassis_type")
    machine = text(row, "vmsystem")
    return make_entry(
        Kind.CHASSIS,
        (),
        name=kind,
        state=None if machine in {None, "Physical"} else machine,
        facts=facts(
            workgroup=text(row, "workgroup"),
            swap_mib=number(row, "swap"),
            description=text(row, "description"),
        ),
    )


def board(row: Row) -> HostEntry | None:
    """Give the mainboard."""
    return make_entry(
        Kind.BOARD,
        (),
        manufacturer=real(row, "mmanufacturer"),
        model_name=real(row, "mmodel"),
        serial_number=real(row, "msn"),
    )


def bios(row: Row) -> HostEntry | None:
    """Give the firmware."""
    return make_entry(
        Kind.BIOS,
        (),
        manufacturer=real(row, "bmanufacturer"),
        version=real(row, "bversion"),
        dated=day(row, "bdate", is_american=True),
        facts=facts(secure_boot=text(row, "secure_boot"), sku=real(row, "skunumber")),
    )


def processor(row: Row) -> HostEntry | None:
    """Give one processor, with all its cores."""
    name = text(row, "name", "type", "familyname")
    sockets = number(row, "nbsocket") or 1
    cores = number(row, "core", "corecount")
    threads = number(row, "thread", "threads")
    if cores and threads and threads < cores:
        threads *= cores  # threads of a core, not of the processor
    return make_entry(
        Kind.PROCESSOR,
        (name, real(row, "serial")),
        name=name,
        manufacturer=text(row, "manufacturer"),
        core_count=cores * sockets if cores else None,
        thread_count=threads * sockets if threads else None,
        speed_mhz=speed_mhz(row, "speed"),
        serial_number=real(row, "serial"),
        facts=facts(architecture=text(row, "arch"), sockets=sockets if sockets > 1 else None),
    )


def memory(row: Row) -> HostEntry | None:
    """Give one memory module; an empty slot is none."""
    size = amount(row, MEBI, "capacity")
    if size is None:
        return None  # an empty slot
    slot = text(row, "numslots", "caption")
    return make_entry(
        Kind.MEMORY,
        (slot, real(row, "serialnumber")),
        name=text(row, "caption", "description"),
        manufacturer=real(row, "manufacturer"),
        model_name=real(row, "model"),
        serial_number=real(row, "serialnumber"),
        version=real(row, "type"),
        size_bytes=size,
        speed_mhz=speed_mhz(row, "speed"),
        facts=facts(slot=slot, form=text(row, "formfactor", "description")),
    )


def disk(row: Row) -> HostEntry | None:
    """Give one disk."""
    name, model = text(row, "name", "description"), text(row, "model", "caption")
    serial = real(row, "serial")
    if name is None and model is None:
        return None
    return make_entry(
        Kind.DISK,
        (serial or name, None if serial else model),
        name=name,
        manufacturer=maker_of(row),
        model_name=model,
        serial_number=serial,
        version=text(row, "firmware"),
        state=_encryption(row),
        size_bytes=amount(row, MEGA, "disksize"),
        facts=facts(
            type=text(row, "type"),
            interface=text(row, "interface", "description"),
            wwn=text(row, "wwn"),
        ),
    )


def volume(row: Row) -> HostEntry | None:
    """Give one file system."""
    place = text(row, "letter") or text(row, "type")
    total = amount(row, MEBI, "total")
    free = amount(row, MEBI, "free") or 0
    if place is None or total is None:
        return None
    return make_entry(
        Kind.VOLUME,
        (place,),
        name=place,
        version=text(row, "filesystem"),
        state=_encryption(row),
        size_bytes=total,
        used_bytes=max(total - free, 0),
        facts=facts(
            label=text(row, "label"),
            device=text(row, "volumn"),
            encryption=text(row, "encrypt_name"),
            algorithm=text(row, "encrypt_algo"),
            system=truth(row, "systemdrive") or None,
        ),
    )


def _encryption(row: Row) -> str | None:
    """Give ``encrypted``, ``partly`` or ``clear``; None when nothing is told of it."""
    status = (text(row, "encrypt_status") or "").casefold()
    if not status:
        return None
    if truth(row, "encrypt_status") or status == "encrypted":
        return "encrypted"
    return "partly" if "part" in status else "clear"


def card(kind: Kind) -> Callable[[Row], HostEntry | None]:
    """Give what makes an entry of a card or a modem."""

    def make(row: Row) -> HostEntry | None:
        name = text(row, "name", "caption", "description")
        if name is None:
            return None
        slot = text(row, "pcislot")
        return make_entry(
            kind,
            (name, slot),
            name=name,
            manufacturer=maker_of(row),
            model_name=text(row, "model", "chipset"),
            serial_number=real(row, "serial"),
            version=text(row, "rev"),
            size_bytes=amount(row, MEBI, "memory"),
            facts=facts(type=text(row, "type"), slot=slot, driver=text(row, "driver")),
        )

    return make


def sim_card(row: Row) -> HostEntry | None:
    """Give one SIM card."""
    serial = real(row, "iccid", "serial")
    operator = text(row, "operator_name")
    return make_entry(
        Kind.SIM_CARD,
        (serial or operator,),
        name=operator,
        serial_number=serial,
        facts=facts(phone=text(row, "phone_number", "line_number"), country=text(row, "country")),
    )


def battery(row: Row) -> HostEntry | None:
    """Give one battery."""
    name, serial = text(row, "name"), real(row, "serial")
    designed = number(row, "capacity")
    if name is None and serial is None and designed is None:
        return None
    return make_entry(
        Kind.BATTERY,
        (name, serial),
        name=name,
        manufacturer=real(row, "manufacturer"),
        serial_number=serial,
        version=text(row, "chemistry"),
        dated=day(row, "date"),
        facts=facts(
            designed_mwh=designed,
            real_mwh=number(row, "real_capacity"),
            health=text(row, "health"),
        ),
    )


def power_supply(row: Row) -> HostEntry | None:
    """Give one power supply."""
    name, serial = text(row, "name"), real(row, "serialnumber", "serial")
    if name is None and serial is None:
        return None
    return make_entry(
        Kind.POWER_SUPPLY,
        (serial or name, text(row, "location")),
        name=name,
        manufacturer=real(row, "manufacturer"),
        model_name=real(row, "model", "partnum"),
        serial_number=serial,
        facts=facts(power=text(row, "power_max"), status=text(row, "status")),
    )
