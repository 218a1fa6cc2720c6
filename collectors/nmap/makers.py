"""What services say of who made a device and of its operating system. Pure.

Only what names one maker counts: the CPE names of hardware and of systems, and the product of a
service that nmap knows to run on hardware of its own kind (a printer, a webcam). Two services that
name different makers name none: one of them may only be forwarded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from typing import Final

import msgspec

from collectors.evidence import RAW_CHARACTERS, How, Means, Origin
from collectors.nmap.xml import NmapPort
from collectors.registries.enterprise import manufacturer_named_in

_KINDS_OF_MAKERS: Final = ("cpe:/h:", "cpe:/o:")


class Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Makers by the vendor part of a CPE name, systems by the start of one."""

    makers: dict[str, str]
    systems: dict[str, str]


@cache
def table() -> Table:
    """Read the table that comes with Parc.

    Raises:
        msgspec.ValidationError: the file breaks its own form.
    """
    source = resources.files(__package__).joinpath("makers.toml").read_bytes()
    return msgspec.toml.decode(source, type=Table)


def origins_of(ports: Iterable[NmapPort]) -> tuple[Origin, ...]:
    """Give manufacturer and operating system as far as the services of an address agree."""
    found: dict[str, dict[str, Origin]] = {"manufacturer": {}, "operating_system": {}}
    for port in ports:
        for origin in (*_makers(port), *_systems(port)):
            found[origin.field].setdefault(origin.value, origin)
    return tuple(next(iter(told.values())) for told in found.values() if len(told) == 1)


def _makers(port: NmapPort) -> Iterator[Origin]:
    for cpe in port.cpes:
        name = cpe.lower()
        if name.startswith(_KINDS_OF_MAKERS):
            maker = table().makers.get(name.split(":")[2])
            if maker is not None:
                yield _origin("manufacturer", maker, port, cpe)
    named = manufacturer_named_in(port.product) if port.device_type else None
    if named is not None:
        yield _origin("manufacturer", named, port, port.product)


def _systems(port: NmapPort) -> Iterator[Origin]:
    for cpe in port.cpes:
        name = cpe.lower()
        fitting = [start for start in table().systems if name.startswith(start)]
        if fitting:
            yield _origin("operating_system", table().systems[max(fitting, key=len)], port, cpe)


def _origin(field: str, value: str, port: NmapPort, told: str | None) -> Origin:
    raw = f"{port.number}/{port.protocol} {told or ''}"[:RAW_CHARACTERS]
    return Origin(field, value, How(Means.SERVICE, raw=raw))
