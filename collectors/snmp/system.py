"""The system group and the engine's id: one GET that every device answers."""

from __future__ import annotations

from typing import Final

from collectors import oids
from collectors.observation import System
from collectors.snmp import values
from collectors.snmp.session import DeviceSession
from collectors.snmp.transport import VarBind

# SNMPv2-MIB (RFC 3418) and SNMP-FRAMEWORK-MIB (RFC 3411).
SYS_DESCR: Final = oids.encode("1.3.6.1.2.1.1.1.0")
SYS_OBJECT_ID: Final = oids.encode("1.3.6.1.2.1.1.2.0")
SYS_UP_TIME: Final = oids.encode("1.3.6.1.2.1.1.3.0")
SYS_CONTACT: Final = oids.encode("1.3.6.1.2.1.1.4.0")
SYS_NAME: Final = oids.encode("1.3.6.1.2.1.1.5.0")
SYS_LOCATION: Final = oids.encode("1.3.6.1.2.1.1.6.0")
SNMP_ENGINE_ID: Final = oids.encode("1.3.6.1.6.3.10.2.1.1.0")

PROBED: Final = (SYS_DESCR, SYS_OBJECT_ID, SYS_NAME)
ALL: Final = (
    SYS_DESCR,
    SYS_OBJECT_ID,
    SYS_UP_TIME,
    SYS_CONTACT,
    SYS_NAME,
    SYS_LOCATION,
    SNMP_ENGINE_ID,
)


async def read_system(session: DeviceSession) -> System:
    """Read the system group.

    Raises:
        CollectorError: the device does not answer; see ``SnmpTransport.request``.
    """
    return system_of(await session.get(ALL))


def system_of(found: dict[bytes, VarBind]) -> System:
    """Make a system group of bindings; what is missing stays None."""
    ticks = values.integer(found.get(SYS_UP_TIME))
    return System(
        sys_name=values.name(found.get(SYS_NAME)),
        sys_descr=values.description(found.get(SYS_DESCR)),
        sys_object_id=values.object_identifier(found.get(SYS_OBJECT_ID)),
        sys_location=values.name(found.get(SYS_LOCATION)),
        sys_contact=values.name(found.get(SYS_CONTACT)),
        uptime_seconds=None if ticks is None else ticks // 100,
        engine_id=values.octets_as_hex(found.get(SNMP_ENGINE_ID)),
    )
