"""What the members of closed sets are called on pages, in the words of the trade."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_pgettext as _in

from collectors.credentials import AuthProtocol, PrivProtocol, SnmpVersion
from collectors.errors import Failure
from collectors.observation import Category
from parc.contract_dates import ContractState, NoticeUnit, Renewal
from parc.key_texts import IgnoredKind
from parc.models import (
    AlertKind,
    BillingRhythm,
    ChangeSetKind,
    ChangeSetState,
    ContractType,
    CoverSource,
    CustomType,
    DeviceStatus,
    EntitlementPeriodKind,
    EntitlementType,
    ImportState,
    JobState,
    LifecycleState,
    LocationKind,
    LockRule,
    MessageState,
    Metric,
    MovementKind,
    MovementSource,
    MovementStatus,
    MovementVariant,
    PeriodKind,
    ProductStatus,
    Role,
    RunPhase,
    RunState,
    RunTrigger,
    ScheduleKind,
    SupplierRole,
    TargetOutcome,
    ValueSource,
)
from parc.software.licensing import LicenceNeed
from parc.software.rules import SoftwareKind
from parc.web.incident_labels import INCIDENT_KINDS, INCIDENT_LABELS

_CATEGORIES: Mapping[Category, str] = {
    Category.SWITCH: _in("category", "Switch"),
    Category.ROUTER: _in("category", "Router"),
    Category.FIREWALL: _in("category", "Firewall"),
    Category.ACCESS_POINT: _in("category", "Access point"),
    Category.WIRELESS_CONTROLLER: _in("category", "Wireless controller"),
    Category.RADIO: _in("category", "Radio link"),
    Category.LOAD_BALANCER: _in("category", "Load balancer"),
    Category.SERVER: _in("category", "Server"),
    Category.HYPERVISOR: _in("category", "Hypervisor"),
    Category.VIRTUAL_MACHINE: _in("category", "Virtual machine"),
    Category.WORKSTATION: _in("category", "Workstation"),
    Category.NAS: _in("category", "NAS"),
    Category.SAN: _in("category", "SAN storage"),
    Category.TAPE: _in("category", "Tape library"),
    Category.PRINTER: _in("category", "Printer"),
    Category.SCANNER: _in("category", "Scanner"),
    Category.UPS: _in("category", "UPS"),
    Category.PDU: _in("category", "PDU"),
    Category.POWER: _in("category", "Power supply"),
    Category.CAMERA: _in("category", "Camera"),
    Category.MONITOR: _in("category", "Monitor"),
    Category.NVR: _in("category", "Video recorder"),
    Category.VIDEO: _in("category", "Video equipment"),
    Category.PHONE: _in("category", "IP phone"),
    Category.MOBILE: _in("category", "Mobile phone"),
    Category.VOICE: _in("category", "Voice gateway"),
    Category.PBX: _in("category", "PBX"),
    Category.BMC: _in("category", "Management controller"),
    Category.CONSOLE: _in("category", "Console server"),
    Category.KVM: _in("category", "KVM switch"),
    Category.ENVIRONMENT: _in("category", "Environment sensor"),
    Category.TIMING: _in("category", "Time server"),
    Category.OPTICAL: _in("category", "Optical transport"),
    Category.OLT: _in("category", "OLT"),
    Category.MODEM: _in("category", "Modem"),
    Category.NETWORK: _in("category", "Network equipment"),
    Category.OTHER: _in("category", "Other"),
}
_LIFECYCLE: Mapping[LifecycleState, str] = {
    LifecycleState.EXPECTED: _in("asset state", "Expected"),
    LifecycleState.IN_STOCK: _in("asset state", "In stock"),
    LifecycleState.RESERVED: _in("asset state", "Reserved"),
    LifecycleState.IN_PREPARATION: _in("asset state", "In preparation"),
    LifecycleState.IN_USE: _in("asset state", "In use"),
    LifecycleState.ON_LOAN: _in("asset state", "On loan"),
    LifecycleState.IN_REPAIR: _in("asset state", "In repair"),
    LifecycleState.IN_TRANSIT: _in("asset state", "In transit"),
    LifecycleState.MISSING: _in("asset state", "Missing"),
    LifecycleState.STOLEN: _in("asset state", "Stolen"),
    LifecycleState.TO_DISPOSE: _in("asset state", "To dispose of"),
    LifecycleState.DISPOSED: _in("asset state", "Disposed"),
}
_DEVICE: Mapping[DeviceStatus, str] = {
    DeviceStatus.UNKNOWN: _in("device", "Unknown"),
    DeviceStatus.LINKED: _in("device", "Linked to an asset"),
    DeviceStatus.IGNORED: _in("device", "Ignored"),
}
_SOURCE: Mapping[ValueSource, str] = {
    ValueSource.PERSON: _in("source", "Manual"),
    ValueSource.SNMP: "SNMP",
    ValueSource.NMAP: "nmap",
    ValueSource.SSH: "SSH",
    ValueSource.CSV: "CSV",
    ValueSource.API: "API",
    ValueSource.AGENT: _in("source", "Agent"),
    ValueSource.CONTROLLER: _in("source", "Controller"),
}
_CUSTOM_TYPES: Mapping[CustomType, str] = {
    CustomType.TEXT: _in("type of a field", "Text"),
    CustomType.NUMBER: _in("type of a field", "Number"),
    CustomType.DATE: _in("type of a field", "Date"),
    CustomType.YES_NO: _in("type of a field", "Yes or no"),
    CustomType.CHOICE: _in("type of a field", "Choice"),
    CustomType.LINK: _in("type of a field", "Link"),
}
_LOCK: Mapping[LockRule, str] = {
    LockRule.NEVER: _in("lock", "Until somebody lifts it"),
    LockRule.STATE: _in("lock", "Until the state changes"),
    LockRule.DAYS: _in("lock", "For some days"),
}
_CHANGE_SET: Mapping[ChangeSetKind, str] = {
    ChangeSetKind.RUN: _in("act", "Discovery"),
    ChangeSetKind.IMPORT: _in("act", "Import"),
    ChangeSetKind.MERGE: _in("act", "Merge"),
    ChangeSetKind.SPLIT: _in("act", "Split"),
    ChangeSetKind.EDIT: _in("act", "Edit"),
    ChangeSetKind.BULK_EDIT: _in("act", "Bulk edit"),
    ChangeSetKind.BULK_STATE: _in("act", "Bulk change of state"),
    ChangeSetKind.BULK_RELEASE: _in("act", "Bulk release of locks"),
    ChangeSetKind.MOVEMENTS: _in("act", "Movements"),
    ChangeSetKind.SEATS: _in("act", "Licence seats"),
    ChangeSetKind.INCIDENTS: _in("act", "Incidents"),
    ChangeSetKind.DECISION: _in("act", "Decisions"),
    ChangeSetKind.AGENTS: _in("act", "Agents"),
    ChangeSetKind.UNDO: _in("act", "Undo"),
}
_CHANGE_SET_STATE: Mapping[ChangeSetState, str] = {
    ChangeSetState.APPLIED: _in("act", "Stands"),
    ChangeSetState.UNDONE: _in("act", "Undone"),
}
_METRIC: Mapping[Metric, str] = {
    Metric.DEVICE: _in("metric", "Device"),
    Metric.NAMED_USER: _in("metric", "Named user"),
    Metric.CONCURRENT: _in("metric", "Concurrent use"),
    Metric.CORE: _in("metric", "Core"),
    Metric.PROCESSOR: _in("metric", "Processor"),
    Metric.CAL: _in("metric", "CAL"),
    Metric.SITE: _in("metric", "Site"),
}
_ENTITLEMENT: Mapping[EntitlementType, str] = {
    EntitlementType.PERPETUAL: _in("licence", "Perpetual"),
    EntitlementType.SUBSCRIPTION: _in("licence", "Subscription"),
    EntitlementType.OEM: _in("licence", "OEM"),
    EntitlementType.VOLUME: _in("licence", "Volume"),
    EntitlementType.TRIAL: _in("licence", "Trial"),
    EntitlementType.FREE: _in("licence", "Free"),
}
_PERIOD_OF: Mapping[EntitlementPeriodKind, str] = {
    EntitlementPeriodKind.TERM: _in("licence", "Term"),
    EntitlementPeriodKind.MAINTENANCE: _in("licence", "Maintenance"),
}
_IMPORT: Mapping[ImportState, str] = {
    ImportState.UPLOADED: _in("import", "Sent, not planned"),
    ImportState.PLANNING: _in("import", "Dry run under way"),
    ImportState.PLANNED: _in("import", "Dry run done"),
    ImportState.APPLYING: _in("import", "Import under way"),
    ImportState.DONE: _in("import", "Imported"),
    ImportState.REFUSED: _in("import", "Nothing imported: rows were refused"),
    ImportState.FAILED: _in("import", "Failed"),
    ImportState.EXPIRED: _in("import", "File thrown away"),
}
_IGNORED: Mapping[IgnoredKind, str] = {
    IgnoredKind.SERIAL: _in("key", "Serial number"),
    IgnoredKind.UUID: _in("key", "UUID"),
    IgnoredKind.MAC: _in("key", "MAC address"),
}
_JOB: Mapping[JobState, str] = {
    JobState.QUEUED: _in("run", "Waiting"),
    JobState.RUNNING: _in("run", "Running"),
    JobState.DONE: _in("run", "Done"),
    JobState.FAILED: _in("run", "Failed"),
    JobState.CANCELLED: _in("run", "Stopped"),
}
_RUN: Mapping[RunState, str] = {
    RunState.QUEUED: _in("run", "Waiting"),
    RunState.RUNNING: _in("run", "Running"),
    RunState.DONE: _in("run", "Done"),
    RunState.FAILED: _in("run", "Failed"),
    RunState.CANCELLED: _in("run", "Stopped"),
    RunState.INTERRUPTED: _in("run", "Interrupted"),
    RunState.HELD: _in("run", "Held for a decision"),
}
_TRIGGER: Mapping[RunTrigger, str] = {
    RunTrigger.SCHEDULE: _in("run", "Schedule"),
    RunTrigger.CATCH_UP: _in("run", "Catch-up of a missed run"),
    RunTrigger.PERSON: _in("run", "Started by hand"),
    RunTrigger.RETRY: _in("run", "Again for failed addresses"),
}
_PHASE: Mapping[RunPhase, str] = {
    RunPhase.WAITING: _in("run", "Waiting"),
    RunPhase.SWEEP: _in("run", "Looking for devices"),
    RunPhase.COLLECT: _in("run", "Reading devices"),
    RunPhase.APPLY: _in("run", "Updating the inventory"),
    RunPhase.ENDED: _in("run", "Ended"),
}
_OUTCOME: Mapping[TargetOutcome, str] = {
    TargetOutcome.COLLECTED: _in("target", "Read"),
    TargetOutcome.PARTIAL: _in("target", "Read in part"),
    TargetOutcome.PRESENT: _in("target", "Answers, not read"),
    TargetOutcome.FAILED: _in("target", "Failed"),
}
_FAILURE: Mapping[Failure, str] = {
    Failure.NO_ANSWER: _in("target", "No answer"),
    Failure.WRONG_CREDENTIALS: _in("target", "Wrong credentials"),
    Failure.REFUSED: _in("target", "Refused"),
    Failure.MALFORMED: _in("target", "Malformed answer"),
    Failure.TOO_LARGE: _in("target", "Too large or too slow"),
    Failure.CANCELLED: _in("target", "Stopped before its end"),
}
_ROLE: Mapping[Role, str] = {
    Role.REQUESTER: _in("role", "Requester"),
    Role.READ_ONLY: _in("role", "Read only"),
    Role.TECHNICIAN: _in("role", "Technician"),
    Role.MANAGER: _in("role", "Manager"),
    Role.ADMINISTRATOR: _in("role", "Administrator"),
}
_SCHEDULE: Mapping[ScheduleKind, str] = {
    ScheduleKind.NONE: _in("schedule", "By hand only"),
    ScheduleKind.INTERVAL: _in("schedule", "Every so many minutes"),
    ScheduleKind.CRON: _in("schedule", "At set times (cron)"),
}
_PLACE: Mapping[LocationKind, str] = {
    LocationKind.SITE: _in("location", "Site"),
    LocationKind.BUILDING: _in("location", "Building"),
    LocationKind.FLOOR: _in("location", "Floor"),
    LocationKind.ROOM: _in("location", "Room"),
}
_MOVEMENT: Mapping[MovementKind, str] = {
    MovementKind.ENTRY: _in("movement", "Entry"),
    MovementKind.ASSIGNMENT: _in("movement", "Assignment"),
    MovementKind.TRANSFER: _in("movement", "Move"),
    MovementKind.LOAN: _in("movement", "Loan"),
    MovementKind.LOAN_EXTENSION: _in("movement", "Loan extension"),
    MovementKind.RETURN: _in("movement", "Return"),
    MovementKind.RESERVATION: _in("movement", "Reservation"),
    MovementKind.PREPARATION: _in("movement", "Preparation"),
    MovementKind.SHIPMENT: _in("movement", "Shipment"),
    MovementKind.SEND_TO_REPAIR: _in("movement", "Send to repair"),
    MovementKind.BACK_FROM_REPAIR: _in("movement", "Back from repair"),
    MovementKind.STANDARD_EXCHANGE: _in("movement", "Standard exchange"),
    MovementKind.PUT_IN_STOCK: _in("movement", "Put in stock"),
    MovementKind.COMPONENT_CHANGE: _in("movement", "Component change"),
    MovementKind.LOSS: _in("movement", "Loss"),
    MovementKind.THEFT: _in("movement", "Theft"),
    MovementKind.FOUND: _in("movement", "Found again"),
    MovementKind.DISPOSAL_DECISION: _in("movement", "Decision to dispose"),
    MovementKind.EXIT: _in("movement", "Exit"),
    MovementKind.STOCKTAKE: _in("movement", "Stocktake finding"),
    MovementKind.CORRECTION: _in("movement", "Correction"),
}
_VARIANT: Mapping[MovementVariant, str] = {
    MovementVariant.PURCHASE: _in("movement", "Purchase"),
    MovementVariant.DELIVERY: _in("movement", "Delivery"),
    MovementVariant.GIFT_RECEIVED: _in("movement", "Gift received"),
    MovementVariant.REPAIR_RETURN: _in("movement", "Returned from repair"),
    MovementVariant.REGULARISATION: _in("movement", "Regularisation"),
    MovementVariant.SCRAP: _in("movement", "Scrapped (electronic waste)"),
    MovementVariant.DONATION: _in("movement", "Donation"),
    MovementVariant.HANDED_OVER: _in("movement", "Transfer of ownership"),
    MovementVariant.SALE: _in("movement", "Sale"),
    MovementVariant.LESSOR_RETURN: _in("movement", "Return to the lessor"),
}
_MOVEMENT_SOURCE: Mapping[MovementSource, str] = {
    MovementSource.HAND: _in("movement", "By hand"),
    MovementSource.IMPORT: _in("movement", "Import"),
    MovementSource.DISCOVERY: _in("movement", "Discovery"),
}
_MOVEMENT_STATUS: Mapping[MovementStatus, str] = {
    MovementStatus.PROPOSED: _in("movement", "Proposed"),
    MovementStatus.CONFIRMED: _in("movement", "Confirmed"),
    MovementStatus.REJECTED: _in("movement", "Rejected"),
    MovementStatus.CANCELLED: _in("movement", "Cancelled"),
}
_VERSION: Mapping[SnmpVersion, str] = {
    SnmpVersion.V1: "SNMP v1",
    SnmpVersion.V2C: "SNMP v2c",
    SnmpVersion.V3: "SNMP v3",
}
_AUTH: Mapping[AuthProtocol, str] = {
    AuthProtocol.NONE: _in("protocol", "None"),
    AuthProtocol.MD5: "MD5",
    AuthProtocol.SHA1: "SHA-1",
    AuthProtocol.SHA224: "SHA-224",
    AuthProtocol.SHA256: "SHA-256",
    AuthProtocol.SHA384: "SHA-384",
    AuthProtocol.SHA512: "SHA-512",
}
_PRIV: Mapping[PrivProtocol, str] = {
    PrivProtocol.NONE: _in("protocol", "None"),
    PrivProtocol.DES: "DES",
    PrivProtocol.AES128: "AES-128",
    PrivProtocol.AES192: "AES-192",
    PrivProtocol.AES256: "AES-256",
    PrivProtocol.AES192_BLUMENTHAL: "AES-192 (Blumenthal)",
    PrivProtocol.AES256_BLUMENTHAL: "AES-256 (Blumenthal)",
}

_SUPPLIER_ROLE: Mapping[SupplierRole, str] = {
    SupplierRole.SUPPLIER: _in("supplier", "Supplier"),
    SupplierRole.MAINTAINER: _in("supplier", "Maintainer"),
    SupplierRole.LESSOR: _in("supplier", "Lessor"),
    SupplierRole.INSURER: _in("supplier", "Insurer"),
    SupplierRole.SERVICE_PROVIDER: _in("supplier", "Service provider"),
    SupplierRole.OPERATOR: _in("supplier", "Telecom operator"),
}
_CONTRACT_TYPE: Mapping[ContractType, str] = {
    ContractType.HARDWARE_MAINTENANCE: _in("contract", "Hardware maintenance"),
    ContractType.SOFTWARE_MAINTENANCE: _in("contract", "Software maintenance"),
    ContractType.RENTAL: _in("contract", "Rental"),
    ContractType.LEASE: _in("contract", "Lease"),
    ContractType.INSURANCE: _in("contract", "Insurance"),
    ContractType.SERVICE: _in("contract", "Service"),
    ContractType.TELECOM: _in("contract", "Telecom"),
}
_CONTRACT_STATE: Mapping[ContractState, str] = {
    ContractState.UPCOMING: _in("contract state", "Not begun"),
    ContractState.RUNNING: _in("contract state", "Running"),
    ContractState.NOTICE_DUE: _in("contract state", "Notice due"),
    ContractState.RENEWING: _in("contract state", "Renews by itself"),
    ContractState.ENDING: _in("contract state", "Ending"),
    ContractState.ENDED: _in("contract state", "Ended"),
}
_BILLING: Mapping[BillingRhythm, str] = {
    BillingRhythm.ONCE: _in("billing", "Once"),
    BillingRhythm.MONTHLY: _in("billing", "Monthly"),
    BillingRhythm.BIMONTHLY: _in("billing", "Every two months"),
    BillingRhythm.QUARTERLY: _in("billing", "Quarterly"),
    BillingRhythm.HALF_YEARLY: _in("billing", "Half-yearly"),
    BillingRhythm.YEARLY: _in("billing", "Yearly"),
}
_RENEWAL: Mapping[Renewal, str] = {
    Renewal.TACIT: _in("renewal", "Tacit"),
    Renewal.EXPRESS: _in("renewal", "Express"),
    Renewal.NONE: _in("renewal", "None"),
}
_NOTICE_UNIT: Mapping[NoticeUnit, str] = {
    NoticeUnit.MONTHS: _in("notice", "months"),
    NoticeUnit.DAYS: _in("notice", "days"),
}
_PERIOD: Mapping[PeriodKind, str] = {
    PeriodKind.INITIAL: _in("period", "Initial term"),
    PeriodKind.TACIT: _in("period", "Tacit renewal"),
    PeriodKind.EXPRESS: _in("period", "Express renewal"),
}
_COVER_SOURCE: Mapping[CoverSource, str] = {
    CoverSource.CHOICE: _in("cover", "Chosen"),
    CoverSource.RULE: _in("cover", "By rule"),
}
_ALERT: Mapping[AlertKind, str] = {
    AlertKind.NOTICE: _in("alert", "Last day to give notice"),
    AlertKind.CONTRACT_END: _in("alert", "End of a contract"),
    AlertKind.WARRANTY_END: _in("alert", "End of a warranty"),
    AlertKind.LICENCE_END: _in("alert", "End of a licence"),
    AlertKind.MAINTENANCE_END: _in("alert", "End of a maintenance"),
}
_MESSAGE: Mapping[MessageState, str] = {
    MessageState.WAITING: _in("letter", "Waiting"),
    MessageState.SENDING: _in("letter", "Being sent"),
    MessageState.SENT: _in("letter", "Sent"),
    MessageState.FAILED: _in("letter", "Failed"),
}

_PRODUCT_STATUS: Mapping[ProductStatus, str] = {
    ProductStatus.UNDECIDED: _in("software", "Not decided"),
    ProductStatus.AUTHORISED: _in("software", "Authorised"),
    ProductStatus.TOLERATED: _in("software", "Tolerated"),
    ProductStatus.FORBIDDEN: _in("software", "Forbidden"),
}
_SOFTWARE: Mapping[SoftwareKind, str] = {
    SoftwareKind.PRODUCT: _in("software", "Product"),
    SoftwareKind.UPDATE: _in("software", "Update"),
    SoftwareKind.LANGUAGE_PACK: _in("software", "Language pack"),
    SoftwareKind.RUNTIME: _in("software", "Runtime"),
    SoftwareKind.DRIVER: _in("software", "Driver"),
}
_NEED: Mapping[LicenceNeed, str] = {
    LicenceNeed.YES: _in("licence need", "Yes"),
    LicenceNeed.NO: _in("licence need", "No"),
}

# By type first: members of two sets with the same value are equal to each other.
_LABELS: Mapping[type[enum.StrEnum], Mapping[Any, str]] = {
    AlertKind: _ALERT,
    **INCIDENT_LABELS,
    AuthProtocol: _AUTH,
    BillingRhythm: _BILLING,
    Category: _CATEGORIES,
    ChangeSetKind: _CHANGE_SET,
    CustomType: _CUSTOM_TYPES,
    LockRule: _LOCK,
    ChangeSetState: _CHANGE_SET_STATE,
    ContractState: _CONTRACT_STATE,
    ContractType: _CONTRACT_TYPE,
    CoverSource: _COVER_SOURCE,
    DeviceStatus: _DEVICE,
    Failure: _FAILURE,
    IgnoredKind: _IGNORED,
    Metric: _METRIC,
    EntitlementType: _ENTITLEMENT,
    EntitlementPeriodKind: _PERIOD_OF,
    ImportState: _IMPORT,
    JobState: _JOB,
    LicenceNeed: _NEED,
    LifecycleState: _LIFECYCLE,
    LocationKind: _PLACE,
    MovementKind: _MOVEMENT,
    MovementSource: _MOVEMENT_SOURCE,
    MovementStatus: _MOVEMENT_STATUS,
    MovementVariant: _VARIANT,
    MessageState: _MESSAGE,
    NoticeUnit: _NOTICE_UNIT,
    PeriodKind: _PERIOD,
    PrivProtocol: _PRIV,
    ProductStatus: _PRODUCT_STATUS,
    SoftwareKind: _SOFTWARE,
    Renewal: _RENEWAL,
    Role: _ROLE,
    RunPhase: _PHASE,
    RunState: _RUN,
    RunTrigger: _TRIGGER,
    ScheduleKind: _SCHEDULE,
    SnmpVersion: _VERSION,
    SupplierRole: _SUPPLIER_ROLE,
    TargetOutcome: _OUTCOME,
    ValueSource: _SOURCE,
}

_KINDS: Mapping[type[enum.StrEnum], Mapping[Any, str]] = {
    **INCIDENT_KINDS,
    LifecycleState: {
        LifecycleState.IN_USE: "good",
        LifecycleState.EXPECTED: "busy",
        LifecycleState.IN_PREPARATION: "busy",
        LifecycleState.IN_TRANSIT: "busy",
        LifecycleState.IN_REPAIR: "warning",
        LifecycleState.TO_DISPOSE: "warning",
        LifecycleState.MISSING: "bad",
        LifecycleState.STOLEN: "bad",
    },
    ChangeSetState: {ChangeSetState.APPLIED: "good"},
    ProductStatus: {
        ProductStatus.AUTHORISED: "good",
        ProductStatus.TOLERATED: "warning",
        ProductStatus.FORBIDDEN: "bad",
    },
    MovementStatus: {
        MovementStatus.PROPOSED: "warning",
        MovementStatus.CONFIRMED: "good",
    },
    ContractState: {
        ContractState.UPCOMING: "busy",
        ContractState.RUNNING: "good",
        ContractState.NOTICE_DUE: "warning",
        ContractState.RENEWING: "busy",
        ContractState.ENDING: "bad",
    },
    MessageState: {
        MessageState.WAITING: "busy",
        MessageState.SENT: "good",
        MessageState.FAILED: "bad",
    },
    DeviceStatus: {DeviceStatus.UNKNOWN: "warning", DeviceStatus.LINKED: "good"},
    RunState: {
        RunState.RUNNING: "busy",
        RunState.DONE: "good",
        RunState.FAILED: "bad",
        RunState.INTERRUPTED: "warning",
        RunState.HELD: "warning",
    },
    ImportState: {
        ImportState.PLANNING: "busy",
        ImportState.APPLYING: "busy",
        ImportState.DONE: "good",
        ImportState.REFUSED: "warning",
        ImportState.FAILED: "bad",
    },
    JobState: {JobState.RUNNING: "busy", JobState.DONE: "good", JobState.FAILED: "bad"},
    TargetOutcome: {
        TargetOutcome.COLLECTED: "good",
        TargetOutcome.PARTIAL: "warning",
        TargetOutcome.FAILED: "bad",
    },
}


def label(member: enum.StrEnum | None) -> str:
    """Name a member in the reader's language; nothing for None."""
    return "" if member is None else str(_LABELS[type(member)][member])


def choices(members: type[enum.StrEnum]) -> list[tuple[str, str]]:
    """Give value and name of all members, in the order of the code, for a list to choose from."""
    return [(member.value, label(member)) for member in members]


def badge_kind(member: enum.StrEnum) -> str:
    """Give the kind of badge that shows a state: good, busy, warning, bad or neutral."""
    return _KINDS.get(type(member), {}).get(member, "neutral")
