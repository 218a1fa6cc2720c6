"""The words of the history: actions, fields, rows and values, in the reader's language.

One table for the history of an asset, the dashboard, a run and its plan. Every action that a
service or a run writes stands in ``ACTIONS``, every field of a device or of its rows in ``FIELDS``.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _
from flask_babel import lazy_pgettext as _in

from collectors.observation import Category
from parc.models import DeviceStatus, LifecycleState, MovementKind, ProductStatus, ValueSource
from parc.naming import TOLD_BY
from parc.queries.dashboard import PeopleChange, RunChange
from parc.services.fields import read_day
from parc.software.licensing import LicenceNeed
from parc.web.assets import LABELS
from parc.web.custom_words import custom_label, custom_text
from parc.web.formats import format_megabits, format_number, format_octets, format_plain_date
from parc.web.import_words import FIELDS as RECORD_FIELDS
from parc.web.labels import label
from parc.web.lock_words import lock_code_text
from parc.web.names import name_of
from parc.web.reason_words import key_text, note_text

ACTIONS: Mapping[str, str] = {
    "absent": _in("history", "No longer answers"),
    "accepted": _in("history", "Accepted as asset"),
    "applied": _in("history", "Plan applied"),
    "archived": _in("history", "Archived"),
    "assigned": _in("history", "Assigned to a colleague"),
    "attached": _in("history", "Attached"),
    "cause_back": _in("history", "Its cause is back"),
    "cause_gone": _in("history", "Its cause is gone"),
    "changed": _in("history", "Changed"),
    "confirmed": _in("history", "Confirmed"),
    "conflict": _in("history", "Conflict of identity"),
    "corrected": _in("history", "State corrected"),
    "created": _in("history", "Added"),
    "waits": _in("history", "Waits for a person"),
    "deleted": _in("history", "Deleted"),
    "difference": _in("history", "Difference seen"),
    "difference_settled": _in("history", "Difference gone"),
    "dismissed": _in("history", "Dismissed"),
    "draft_opened": _in("history", "Draft opened by a rule"),
    "dropped": _in("history", "Plan dropped"),
    "ignored": _in("history", "Ignored"),
    "incident_linked": _in("history", "Linked to another incident"),
    "kept": _in("history", "Own value kept until it changes"),
    "kept_for_good": _in("history", "Own value kept for good"),
    "left": _in("history", "Left as it is"),
    "renewed": _in("history", "Renewed"),
    "notice_given": _in("history", "Notice given"),
    "notice_withdrawn": _in("history", "Notice taken back"),
    "link_made": _in("history", "Sign-in link made"),
    "linked": _in("history", "Linked"),
    "locked": _in("history", "Locked"),
    "moved": _in("history", "Movement"),
    "movement_cancelled": _in("history", "Movement cancelled"),
    "merged": _in("history", "Merged with another record"),
    "merged_away": _in("history", "Merged into another record"),
    "released": _in("history", "Given back to the machines"),
    "reopened": _in("history", "Opened again"),
    "requested": _in("history", "Started by hand"),
    "restored": _in("history", "Restored"),
    "returned": _in("history", "Answers again"),
    "revoked": _in("history", "Revoked"),
    "rotated": _in("history", "Key renewed"),
    "split": _in("history", "Split"),
    "snoozed": _in("history", "Put off"),
    "state_changed": _in("history", "State changed"),
    "stopped": _in("history", "Stopped"),
    "undone": _in("history", "Undone"),
    "unlinked": _in("history", "Link removed"),
    "taken": _in("history", "Seen value taken"),
    "term_added": _in("history", "Term added"),
    "term_changed": _in("history", "Term corrected"),
    "term_deleted": _in("history", "Term deleted"),
    "maintenance_deleted": _in("history", "Maintenance deleted"),
    "maintenance_added": _in("history", "Maintenance added"),
    "maintenance_changed": _in("history", "Maintenance corrected"),
    "keys_added": _in("history", "Keys added"),
    "key_deleted": _in("history", "Key deleted"),
    "keys_shown": _in("history", "Keys shown"),
    "allocated": _in("history", "Seats given"),
    "seat_released": _in("history", "Seats taken back"),
    "taken_back": _in("history", "Taken back"),
    "brought_back": _in("history", "Holds again"),
}
FIELDS: Mapping[str, str] = {
    **RECORD_FIELDS,
    **LABELS,
    "address": _("Address"),
    "alert_days": _("Warn days before"),
    "allocation": _in("field", "Held by"),
    "amount": _("Amount"),
    "billing": _("Billing"),
    "contact": _in("field", "Contact"),
    "contract_id": _("Contract"),
    "currency": _("Currency"),
    "customer_number": _("Our customer number"),
    "document": _in("field", "Document"),
    "ends_on": _("Ends on"),
    "how_to_call": _("How to call"),
    "initial_months": _("Initial term (months)"),
    "line": _in("field", "Line"),
    "maintainer_id": _("Maintainer"),
    "notice_count": _("Notice"),
    "notice_given_on": _("Notice given on"),
    "notice_unit": _("Notice counted in"),
    "number": _("Number"),
    "portal_url": _("Portal"),
    "product_status": _("Status"),
    "licence_need": _("Needs a licence"),
    "status_owner_id": _("Owner"),
    "status_reason": _("Reason"),
    "status_until": _("Tolerated until"),
    "renewal": _("Renewal"),
    "renewal_months": _("Renewed for (months)"),
    "response_minutes": _("Response time"),
    "restoration_minutes": _("Restoration time"),
    "roles": _("Roles"),
    "rule": _in("field", "Rule"),
    "saturday_from": _("Saturday from"),
    "saturday_to": _("Saturday to"),
    "starts_on": _("Starts on"),
    "sunday_from": _("Sunday and holidays from"),
    "sunday_to": _("Sunday and holidays to"),
    "supplier_id": _("Supplier"),
    "support_email": _("Support e-mail"),
    "support_phone": _("Support telephone"),
    "time_zone": _("Time zone"),
    "type": _in("field", "Type"),
    "week_from": _("Week from"),
    "week_to": _("Week to"),
    "agent_id": _("Agent"),
    "addresses": _("Addresses"),
    "architecture": _("Architecture"),
    "asset_id": _("Asset"),
    "assignee": _("Whose"),
    "battery_status": _("Battery"),
    "capacity": _in("field", "Capacity"),
    "category_source": _("Source of the category"),
    "charge_percent": _("Charge"),
    "arrived_on": _("Arrived on"),
    "chassis_id": _("Chassis"),
    "component_class": _("Class"),
    "console_message": _("Display"),
    "contained_in": _in("field", "Contained in"),
    "core_count": _("Cores"),
    "count": _in("field", "Count"),
    "dated": _("Date"),
    "definition": _in("field", "Definition"),
    "description": _("Description"),
    "device_id": _("Device"),
    "engine_id": _("SNMP engine"),
    "facts": _("Details"),
    "host": _("Host"),
    "host_name": _("Name in DNS"),
    "if_admin_status": _in("field", "Set state"),
    "if_alias": _("Description"),
    "if_descr": _in("field", "Name by its driver"),
    "if_high_speed": _("Speed"),
    "if_index": _in("field", "Number"),
    "if_mtu": "MTU",
    "if_name": _("Name"),
    "if_oper_status": _("State"),
    "if_phys_address": _("MAC address"),
    "if_type": _in("field", "Kind"),
    "ignore_reason": _("Reason"),
    "ignored_until": _("Until"),
    "installed_on": _("Installed on"),
    "is_available": _in("field", "Available"),
    "is_field_replaceable": _in("field", "Replaceable"),
    "is_guess": _("by its number"),
    "is_on": _in("field", "Switched on"),
    "is_replacement_needed": _("Battery to be replaced"),
    "is_some_left": _("some left"),
    "kind": _in("field", "Kind"),
    "level": _in("field", "Level"),
    "lock": _("Lock"),
    "load_percent": _("Load"),
    "mac_address": _("MAC address"),
    "media_name": _in("field", "Paper"),
    "memory_bytes": _("Memory"),
    "merged_from": _in("field", "Merged record"),
    "merged_into": _in("field", "Merged into"),
    "minutes_remaining": _("Minutes left"),
    "more": _in("field", "More changes"),
    "movement": _in("field", "Movement"),
    "origin": _in("field", "Found by"),
    "oui_manufacturer": _("Maker of its network card"),
    "output_source": _("Output from"),
    "processor_count": _("Processors"),
    "product": _in("field", "Program"),
    "publisher": _("Publisher"),
    "reason": _("Reason"),
    "reasons": _in("field", "Where it was read"),
    "seconds_on_battery": _("On battery for"),
    "size_bytes": _in("field", "Size"),
    "speed_mhz": _in("field", "Clock"),
    "software_type": _in("field", "Kind"),
    "split_from": _in("field", "Split from"),
    "split_into": _in("field", "Split into"),
    "state": _("State"),
    "status": _("State"),
    "storage_type": _in("field", "Kind"),
    "supply_type": _in("field", "Kind"),
    "sys_contact": _("Contact it names"),
    "sys_descr": _("Says of itself"),
    "sys_location": _("Place it names"),
    "sys_name": _("Calls itself"),
    "sys_object_id": "sysObjectID",
    "system_uuid": _("System UUID"),
    "temperature_celsius": _("Temperature"),
    "told_by": _("Source"),
    "city": _("City"),
    "code": _("Code"),
    "department_id": _("Department"),
    "email": _("E-mail address"),
    "external_id": _("External number"),
    "left_on": _("Left on"),
    "manager_id": _in("people", "Manager"),
    "parent_id": _("Lies in"),
    "phone": _("Telephone"),
    "postal_code": _("Postal code"),
    "site_id": _("Place of work"),
    "thread_count": _("Threads"),
    "unit": _in("field", "Unit"),
    "until": _("Until"),
    "used_bytes": _in("field", "Used"),
    "user_name": _in("field", "User"),
    "version": _("Version"),
}
TABLES: Mapping[str, str] = {
    "interface": _in("row", "Interface"),
    "component": _in("row", "Component"),
    "supply": _in("row", "Supply"),
    "storage": _in("row", "Storage"),
    "service": _in("row", "Service"),
    "life_count": _in("row", "Count"),
    "tray": _in("row", "Tray"),
    "battery": _in("row", "Battery"),
    "outlet": _in("row", "Outlet"),
    "installation": _in("row", "Software"),
    "managed_device": _in("row", "Managed device"),
    "host_entry": _in("row", "Equipment"),
    "package": _in("row", "Software"),
}
PLAN_KINDS: Mapping[str, str] = {
    "create device": _in("plan", "New device"),
    "update device": _in("plan", "Changed device"),
    "absent device": _in("plan", "Device gone"),
    "returned device": _in("plan", "Device back"),
    "conflict": _in("plan", "Conflict of identity"),
    "create asset": _in("plan", "New asset"),
    "link asset": _in("plan", "Link to an asset"),
    "update asset": _in("plan", "Changed asset"),
    "difference": _in("plan", "Difference"),
    "difference settled": _in("plan", "Difference gone"),
}
ROW_ACTIONS: Mapping[str, str] = {
    "added": _in("row", "new"),
    "changed": _in("row", "changed"),
    "gone": _in("row", "gone"),
    "returned": _in("row", "back"),
}
_MEMBERS: Mapping[str, type[enum.StrEnum]] = {
    "category": Category,
    "category_source": ValueSource,
    "licence_need": LicenceNeed,
    "lifecycle_state": LifecycleState,
    "movement": MovementKind,
    "product_status": ProductStatus,
    "status": DeviceStatus,
}
# Days of an asset, a person or a movement, which the history keeps as text.
_DAYS = frozenset(name for name in FIELDS if name.endswith("_on") and name != "installed_on")
_OCTETS = frozenset({"memory_bytes", "size_bytes", "used_bytes"})


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One line of the dashboard's changes: what, with its address, and what happened to it."""

    moment: Any
    subject: str
    url: str
    text: str
    author: str = ""


_SEALED = frozenset({"keys", "password"})  # the history says only that they changed


def action_label(action: str) -> str:
    """Name an action."""
    return str(ACTIONS.get(action, action))


def field_label(name: str) -> str:
    """Name a field, or a field of a row: ``interface/if_alias/Gi1`` is "Interface Gi1: Name"."""
    key = key_text(name)
    if key is not None:
        return key
    table, slash, rest = name.partition("/")
    if table == "lock" and slash:
        return str(gettext("Lock: %(field)s", field=field_label(rest)))
    if table == "silent" and slash:
        return str(gettext("Silent for long: %(field)s", field=field_label(rest)))
    if table == "custom" and slash:
        return custom_label(rest)
    if not slash or table not in TABLES:
        return str(FIELDS.get(name, name))
    field, _slash, key = rest.partition("/")
    row = " ".join(filter(None, (str(TABLES[table]), key)))
    return gettext("%(row)s: %(field)s", row=row, field=field_label(field)) if field else row


def value_text(name: str, value: Any) -> str:
    """Write a value of a field; what is nothing is a dash."""
    if value is None or value in ("", []):
        return "—"
    if isinstance(value, bool):
        return str(gettext("yes") if value else gettext("no"))
    field = name.split("/")[1] if "/" in name else name
    kind = _MEMBERS.get(field)
    if kind is not None and value in set(kind):
        return label(kind(value))
    if isinstance(value, int):
        return name_of(field, value) or _whole(name, field, value)
    if isinstance(value, list | tuple):
        return ", ".join(source_text(one) if name == TOLD_BY else str(one) for one in value)
    return _sentence(name, field, str(value))


def source_text(word: str) -> str:
    """Name by which means something was told; a word of an older version stays as it is."""
    return label(ValueSource(word)) if word in set(ValueSource) else word


def _rule_of_cover(value: str) -> str:
    """Write what a rule takes in, as the history keeps it, with the name of its category."""
    parts = value.split(", ")
    return ", ".join(label(Category(part)) if part in set(Category) else part for part in parts)


def _sentence(name: str, field: str, value: str) -> str:
    """Write a day, a lock, and of a conflict who else shows the key and why it is no match."""
    if field in _SEALED:
        value = gettext("(not shown)")
    if field in _DAYS and (day := read_day(value)) is not None:
        return format_plain_date(day)
    if field == "rule":
        return _rule_of_cover(value)
    if name.startswith("custom/"):
        return custom_text(name.removeprefix("custom/"), value)
    if name.startswith("lock/"):
        return lock_code_text(value)
    if name.startswith("silent/") and value in set(ValueSource):
        return label(ValueSource(value))
    return note_text(value) if key_text(name) is not None else value


def plan_kind_label(kind: str) -> str:
    """Name the kind of a plan's line, such as "interface added"."""
    table, _space, action = kind.rpartition(" ")
    if table in TABLES and action in ROW_ACTIONS:
        return f"{TABLES[table]}, {ROW_ACTIONS[action]}"
    return str(PLAN_KINDS.get(kind, kind))


def plan_field_label(kind: str, name: str) -> str:
    """Name the field of a plan's line; a row's key stands before it: "Gi1 if_alias"."""
    if kind.rpartition(" ")[0] not in TABLES:
        return field_label(name)
    key, space, field = name.rpartition(" ")
    return f"{key} {field_label(field)}" if space and field in FIELDS else name


def change_lines(changes: Sequence[PeopleChange | RunChange]) -> list[ChangeLine]:
    """Write the dashboard's changes: people's one by one, those of a run as one line."""
    return [_run_line(one) if isinstance(one, RunChange) else _person_line(one) for one in changes]


def _run_line(change: RunChange) -> ChangeLine:
    parts = [
        text
        for count, text in (
            (
                change.created_count,
                ngettext("%(num)s new device", "%(num)s new devices", change.created_count),
            ),
            (
                change.asset_count,
                ngettext("%(num)s asset added", "%(num)s assets added", change.asset_count),
            ),
            (
                change.changed_count,
                ngettext("%(num)s device changed", "%(num)s devices changed", change.changed_count),
            ),
            (
                change.gone_count,
                ngettext("%(num)s device gone", "%(num)s devices gone", change.gone_count),
            ),
            (
                change.difference_count,
                ngettext("%(num)s difference", "%(num)s differences", change.difference_count),
            ),
        )
        if count
    ]
    url = url_for("runs.show", run_id=change.run_id)
    return ChangeLine(change.at, change.range_name, url, ", ".join(parts))


def _person_line(change: PeopleChange) -> ChangeLine:
    text = action_label(change.action)
    if change.others:
        more = ngettext("and %(num)s more", "and %(num)s more", change.others)
        text = f"{text} ({more})"
    url = ""
    if change.subject_kind == "device":
        url = url_for("devices.show", device_id=change.subject_id)
    elif change.action != "deleted":
        url = url_for("assets.history", asset_id=change.subject_id)
    return ChangeLine(change.at, change.subject_name, url, text, change.author)


def _whole(name: str, field: str, value: int) -> str:
    if field in _OCTETS:
        return format_octets(value)
    if name.endswith("//"):
        return format_number(value)
    return format_megabits(value) if field == "if_high_speed" else str(value)
