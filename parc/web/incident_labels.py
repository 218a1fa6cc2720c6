"""What the sets of incidents are called on pages, and how their badges look."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_pgettext as _in

from parc.models import (
    IncidentCategory,
    IncidentCause,
    IncidentKind,
    IncidentLinkKind,
    IncidentRuleCode,
    IncidentSource,
    IncidentState,
    Level,
    Priority,
)

_STATE: Mapping[IncidentState, str] = {
    IncidentState.DRAFT: _in("incident", "Draft"),
    IncidentState.NEW: _in("incident", "New"),
    IncidentState.PLANNED: _in("incident", "Planned"),
    IncidentState.IN_PROGRESS: _in("incident", "In progress"),
    IncidentState.WAITING: _in("incident", "Waiting"),
    IncidentState.RESOLVED: _in("incident", "Resolved"),
    IncidentState.CLOSED: _in("incident", "Closed"),
    IncidentState.DISMISSED: _in("incident", "Dismissed"),
}
_KIND: Mapping[IncidentKind, str] = {
    IncidentKind.INCIDENT: _in("incident", "Incident"),
    IncidentKind.REQUEST: _in("incident", "Request"),
}
_CATEGORY: Mapping[IncidentCategory, str] = {
    IncidentCategory.HARDWARE: _in("incident", "Hardware"),
    IncidentCategory.SOFTWARE: _in("incident", "Software"),
    IncidentCategory.NETWORK: _in("incident", "Network"),
    IncidentCategory.PRINTING: _in("incident", "Printing"),
    IncidentCategory.SUPPLY: _in("incident", "Supplies"),
    IncidentCategory.ACCOUNT: _in("incident", "Account and access"),
    IncidentCategory.MESSAGING: _in("incident", "Messaging"),
    IncidentCategory.TELEPHONY: _in("incident", "Telephony"),
    IncidentCategory.SECURITY: _in("incident", "Security"),
    IncidentCategory.NEW_EQUIPMENT: _in("incident", "New equipment"),
    IncidentCategory.MOVE: _in("incident", "Move"),
    IncidentCategory.OTHER: _in("incident", "Other"),
}
_LEVEL: Mapping[Level, str] = {
    Level.VERY_LOW: _in("level", "Very low"),
    Level.LOW: _in("level", "Low"),
    Level.MEDIUM: _in("level", "Medium"),
    Level.HIGH: _in("level", "High"),
    Level.VERY_HIGH: _in("level", "Very high"),
}
_PRIORITY: Mapping[Priority, str] = {
    Priority.VERY_LOW: _in("priority", "Very low"),
    Priority.LOW: _in("priority", "Low"),
    Priority.MEDIUM: _in("priority", "Medium"),
    Priority.HIGH: _in("priority", "High"),
    Priority.VERY_HIGH: _in("priority", "Very high"),
    Priority.MAJOR: _in("priority", "Major"),
}
_SOURCE: Mapping[IncidentSource, str] = {
    IncidentSource.HAND: _in("incident", "Entered by a technician"),
    IncidentSource.PORTAL: _in("incident", "Reported by the requester"),
    IncidentSource.RULE: _in("incident", "Seen in the inventory"),
}
_CAUSE: Mapping[IncidentCause, str] = {
    IncidentCause.HARDWARE_FAULT: _in("cause", "Hardware fault"),
    IncidentCause.SOFTWARE_FAULT: _in("cause", "Software fault"),
    IncidentCause.CONFIGURATION: _in("cause", "Configuration"),
    IncidentCause.NETWORK: _in("cause", "Network"),
    IncidentCause.POWER: _in("cause", "Power supply"),
    IncidentCause.WEAR: _in("cause", "Wear or supplies"),
    IncidentCause.USE: _in("cause", "Use"),
    IncidentCause.THIRD_PARTY: _in("cause", "Third party"),
    IncidentCause.REQUEST_DONE: _in("cause", "Request carried out"),
    IncidentCause.NO_FAULT: _in("cause", "No fault found"),
    IncidentCause.DUPLICATE: _in("cause", "Duplicate"),
    IncidentCause.OTHER: _in("cause", "Other"),
}
_LINK: Mapping[IncidentLinkKind, str] = {
    IncidentLinkKind.DUPLICATE_OF: _in("link", "Duplicate of"),
    IncidentLinkKind.RELATED: _in("link", "Related to"),
    IncidentLinkKind.CAUSED_BY: _in("link", "Caused by"),
}
# The same, said of the other incident.
LINKED_FROM: Mapping[IncidentLinkKind, str] = {
    IncidentLinkKind.DUPLICATE_OF: _in("link", "Has the duplicate"),
    IncidentLinkKind.RELATED: _in("link", "Related to"),
    IncidentLinkKind.CAUSED_BY: _in("link", "Cause of"),
}
_RULE: Mapping[IncidentRuleCode, str] = {
    IncidentRuleCode.MEMORY_SMALLER: _in("rule", "Memory is smaller"),
    IncidentRuleCode.DISK_SMALLER: _in("rule", "Disk is smaller or gone"),
    IncidentRuleCode.SERIAL_CHANGED: _in("rule", "Serial number has changed"),
    IncidentRuleCode.SUPPLY_LOW: _in("rule", "Supply is low"),
    IncidentRuleCode.DEVICE_SILENT: _in("rule", "Device is silent"),
    IncidentRuleCode.UNKNOWN_DEVICE: _in("rule", "Unknown device in a critical range"),
}
INCIDENT_LABELS: Mapping[type[enum.StrEnum], Mapping[Any, str]] = {
    IncidentState: _STATE,
    IncidentKind: _KIND,
    IncidentCategory: _CATEGORY,
    Level: _LEVEL,
    Priority: _PRIORITY,
    IncidentSource: _SOURCE,
    IncidentCause: _CAUSE,
    IncidentLinkKind: _LINK,
    IncidentRuleCode: _RULE,
}
INCIDENT_KINDS: Mapping[type[enum.StrEnum], Mapping[Any, str]] = {
    IncidentState: {
        IncidentState.DRAFT: "warning",
        IncidentState.NEW: "warning",
        IncidentState.PLANNED: "busy",
        IncidentState.IN_PROGRESS: "busy",
        IncidentState.RESOLVED: "good",
    },
    Priority: {
        Priority.HIGH: "warning",
        Priority.VERY_HIGH: "bad",
        Priority.MAJOR: "bad",
    },
}
