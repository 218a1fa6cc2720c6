"""Names of the standard objects that tell what a device is, for people who look one up.

Sources: RFC 3418, RFC 6933, RFC 3805, RFC 2790, RFC 1628, RFC 4188, IEEE 802.1AB,
ANSI/TIA-1057, RFC 4639, RFC 4502.
"""

from __future__ import annotations

from typing import Final

OBJECTS: Final = {
    "sysDescr": "1.3.6.1.2.1.1.1.0",
    "sysObjectID": "1.3.6.1.2.1.1.2.0",
    "sysName": "1.3.6.1.2.1.1.5.0",
    "entPhysicalDescr": "1.3.6.1.2.1.47.1.1.1.1.2",
    "entPhysicalName": "1.3.6.1.2.1.47.1.1.1.1.7",
    "entPhysicalHardwareRev": "1.3.6.1.2.1.47.1.1.1.1.8",
    "entPhysicalFirmwareRev": "1.3.6.1.2.1.47.1.1.1.1.9",
    "entPhysicalSoftwareRev": "1.3.6.1.2.1.47.1.1.1.1.10",
    "entPhysicalSerialNum": "1.3.6.1.2.1.47.1.1.1.1.11",
    "entPhysicalMfgName": "1.3.6.1.2.1.47.1.1.1.1.12",
    "entPhysicalModelName": "1.3.6.1.2.1.47.1.1.1.1.13",
    "prtGeneralPrinterName": "1.3.6.1.2.1.43.5.1.1.16",
    "prtGeneralSerialNumber": "1.3.6.1.2.1.43.5.1.1.17",
    "hrDeviceDescr": "1.3.6.1.2.1.25.3.2.1.3",
    "upsIdentManufacturer": "1.3.6.1.2.1.33.1.1.1.0",
    "upsIdentModel": "1.3.6.1.2.1.33.1.1.2.0",
    "upsIdentUPSSoftwareVersion": "1.3.6.1.2.1.33.1.1.3.0",
    "upsIdentAgentSoftwareVersion": "1.3.6.1.2.1.33.1.1.4.0",
    "dot1dBaseBridgeAddress": "1.3.6.1.2.1.17.1.1.0",
    "ifPhysAddress": "1.3.6.1.2.1.2.2.1.6",
    "lldpLocChassisId": "1.0.8802.1.1.2.1.3.2.0",
    "lldpXMedLocHardwareRev": "1.0.8802.1.1.2.1.5.4795.1.2.2.0",
    "lldpXMedLocFirmwareRev": "1.0.8802.1.1.2.1.5.4795.1.2.3.0",
    "lldpXMedLocSoftwareRev": "1.0.8802.1.1.2.1.5.4795.1.2.4.0",
    "lldpXMedLocSerialNum": "1.0.8802.1.1.2.1.5.4795.1.2.5.0",
    "lldpXMedLocMfgName": "1.0.8802.1.1.2.1.5.4795.1.2.6.0",
    "lldpXMedLocModelName": "1.0.8802.1.1.2.1.5.4795.1.2.7.0",
    "docsDevSerialNumber": "1.3.6.1.2.1.69.1.1.4.0",
    "docsDevSwCurrentVers": "1.3.6.1.2.1.69.1.3.5.0",
    "probeSoftwareRev": "1.3.6.1.2.1.16.19.2.0",
    "probeHardwareRev": "1.3.6.1.2.1.16.19.3.0",
    "rlPhdUnitGenParamSoftwareVersion": "1.3.6.1.4.1.89.53.14.1.2.1",
    "rlPhdUnitGenParamFirmwareVersion": "1.3.6.1.4.1.89.53.14.1.3.1",
    "rlPhdUnitGenParamHardwareVersion": "1.3.6.1.4.1.89.53.14.1.4.1",
    "rlPhdUnitGenParamSerialNum": "1.3.6.1.4.1.89.53.14.1.5.1",
    "agentInventoryMachineModel": "1.3.6.1.4.1.4413.1.1.1.1.1.3.0",
    "agentInventorySerialNumber": "1.3.6.1.4.1.4413.1.1.1.1.1.4.0",
    "agentInventorySoftwareVersion": "1.3.6.1.4.1.4413.1.1.1.1.1.13.0",
    "cpqSiSysSerialNum": "1.3.6.1.4.1.232.2.2.2.1.0",
    "cpqSiProductName": "1.3.6.1.4.1.232.2.2.4.2.0",
    "chassisModelName": "1.3.6.1.4.1.674.10892.1.300.10.1.9.1",
    "chassisServiceTagName": "1.3.6.1.4.1.674.10892.1.300.10.1.11.1",
    "connUnitProduct": "1.3.6.1.3.94.1.6.1.7",
    "connUnitSn": "1.3.6.1.3.94.1.6.1.8",
    "dot11manufacturerProductName": "1.2.840.10036.3.1.2.1.3",
    "ppmPrinterIEEE1284DeviceId": "1.3.6.1.4.1.2699.1.2.1.2.1.1.3.1",
    "gdStatusId": "1.3.6.1.4.1.11.2.3.9.1.1.7.0",
    "xupsIdentManufacturer": "1.3.6.1.4.1.534.1.1.1.0",
    "xupsIdentModel": "1.3.6.1.4.1.534.1.1.2.0",
    "xupsIdentSoftwareVersion": "1.3.6.1.4.1.534.1.1.3.0",
    "xupsIdentSerialNumber": "1.3.6.1.4.1.534.1.1.6.0",
    "upsmgIdentModelName": "1.3.6.1.4.1.705.1.1.2.0",
    "upsmgIdentFirmwareVersion": "1.3.6.1.4.1.705.1.1.4.0",
    "upsmgIdentSerialNumber": "1.3.6.1.4.1.705.1.1.7.0",
    "upsBasicIdentModel": "1.3.6.1.4.1.318.1.1.1.1.1.1.0",
    "upsAdvIdentSerialNumber": "1.3.6.1.4.1.318.1.1.1.1.2.3.0",
    "upsBaseIdentModel": "1.3.6.1.4.1.935.1.1.1.1.1.1.0",
    "upsSmartIdentAgentFirmwareRevision": "1.3.6.1.4.1.935.1.1.1.1.2.4.0",
    "hpHttpMgVersion": "1.3.6.1.4.1.11.2.36.1.1.2.6.0",
    "hpHttpMgSerialNumber": "1.3.6.1.4.1.11.2.36.1.1.2.9.0",
}
CHASSIS_COLUMNS: Final = {
    "description": "entPhysicalDescr",
    "name": "entPhysicalName",
    "hardware_revision": "entPhysicalHardwareRev",
    "firmware_revision": "entPhysicalFirmwareRev",
    "software_revision": "entPhysicalSoftwareRev",
    "serial_number": "entPhysicalSerialNum",
    "manufacturer": "entPhysicalMfgName",
    "model_name": "entPhysicalModelName",
}
_NAMES: Final = {oid: name for name, oid in OBJECTS.items()}


def name_of(oid: str) -> str | None:
    """Name an object, or a column by an instance of it; None for what is not listed."""
    return _NAMES.get(oid) or _NAMES.get(oid.rpartition(".")[0])
