"""Who may do what, from one table; pages, bulk actions, exports and commands ask here."""

from __future__ import annotations

import enum

from parc.errors import NotAllowedError
from parc.models import Role
from parc.services.actor import Actor


class Action(enum.StrEnum):
    """What can be done, as far as rights tell it apart."""

    PUBLIC = "public"  # without signing in: sign-in page, assets, health
    OWN_ACCOUNT = "own_account"
    VIEW_INVENTORY = "view_inventory"
    EXPORT_INVENTORY = "export_inventory"
    VIEW_OBSERVATION = "view_observation"
    EDIT_ASSET = "edit_asset"
    DELETE_ASSET = "delete_asset"
    MERGE_ASSET = "merge_asset"
    MOVE_ASSET = "move_asset"
    EDIT_PLACE = "edit_place"
    DELETE_PLACE = "delete_place"
    EDIT_PERSON = "edit_person"
    DELETE_PERSON = "delete_person"
    UNDO_OWN_CHANGE = "undo_own_change"
    UNDO_ANY_CHANGE = "undo_any_change"
    DECIDE_DEVICE = "decide_device"
    DECIDE_INBOX = "decide_inbox"
    VIEW_CONTRACT = "view_contract"
    EDIT_CONTRACT = "edit_contract"
    VIEW_RUN = "view_run"
    START_RUN = "start_run"
    VIEW_RANGE = "view_range"
    EDIT_RANGE = "edit_range"
    EDIT_CREDENTIAL = "edit_credential"
    EDIT_IGNORED_KEY = "edit_ignored_key"
    EDIT_FIELD_RULE = "edit_field_rule"
    EDIT_TAG_PATTERN = "edit_tag_pattern"
    EDIT_CUSTOM_FIELD = "edit_custom_field"
    VIEW_AGENT = "view_agent"
    UPLOAD_INVENTORY = "upload_inventory"
    ENROL_AGENT = "enrol_agent"
    MANAGE_USER = "manage_user"
    REPORT_FAULT = "report_fault"  # and follow what oneself has reported
    VIEW_INCIDENT = "view_incident"
    EDIT_INCIDENT = "edit_incident"
    EDIT_INCIDENT_RULE = "edit_incident_rule"
    EDIT_LICENCE = "edit_licence"
    EDIT_SOFTWARE_RULE = "edit_software_rule"
    DELETE_LICENCE = "delete_licence"
    VIEW_LICENCE_KEY = "view_licence_key"
    IMPORT_RECORDS = "import_records"  # and the right to edit the kind of record


_REQUESTER = frozenset({Action.PUBLIC, Action.OWN_ACCOUNT, Action.REPORT_FAULT})
_READ_ONLY = _REQUESTER | {
    Action.VIEW_INVENTORY,
    Action.EXPORT_INVENTORY,
    Action.VIEW_CONTRACT,
    Action.VIEW_RUN,
    Action.VIEW_RANGE,
    Action.VIEW_INCIDENT,
    Action.VIEW_AGENT,
}
_TECHNICIAN = _READ_ONLY | {
    Action.VIEW_OBSERVATION,
    Action.EDIT_ASSET,
    Action.MERGE_ASSET,
    Action.MOVE_ASSET,
    Action.EDIT_PLACE,
    Action.EDIT_PERSON,
    Action.UNDO_OWN_CHANGE,
    Action.DECIDE_DEVICE,
    Action.DECIDE_INBOX,
    Action.START_RUN,
    Action.EDIT_INCIDENT,
    Action.EDIT_LICENCE,
    Action.VIEW_LICENCE_KEY,
    Action.IMPORT_RECORDS,
    Action.UPLOAD_INVENTORY,
}
_MANAGER = _TECHNICIAN | {
    Action.DELETE_LICENCE,
    Action.DELETE_ASSET,
    Action.DELETE_PLACE,
    Action.DELETE_PERSON,
    Action.EDIT_CONTRACT,
    Action.EDIT_RANGE,
    Action.EDIT_INCIDENT_RULE,
    Action.EDIT_FIELD_RULE,
    Action.EDIT_SOFTWARE_RULE,
    Action.EDIT_TAG_PATTERN,
    Action.UNDO_ANY_CHANGE,
}

RIGHTS: dict[Role, frozenset[Action]] = {
    Role.REQUESTER: _REQUESTER,
    Role.READ_ONLY: _READ_ONLY,
    Role.TECHNICIAN: _TECHNICIAN,
    Role.MANAGER: _MANAGER,
    Role.ADMINISTRATOR: frozenset(Action),
}


# What a login that is limited to places may do of what its role allows: what it sees of it is
# narrowed (parc/queries/scope.py). All else concerns the whole organisation.
WITHIN_PLACES = _REQUESTER | {
    Action.VIEW_INVENTORY,
    Action.EXPORT_INVENTORY,
    Action.VIEW_OBSERVATION,
    Action.VIEW_CONTRACT,
    Action.VIEW_RUN,
    Action.VIEW_RANGE,
    Action.VIEW_INCIDENT,
    Action.EDIT_ASSET,
    Action.DELETE_ASSET,
    Action.MOVE_ASSET,
    Action.UNDO_OWN_CHANGE,
    Action.DECIDE_DEVICE,
    Action.DECIDE_INBOX,
    Action.EDIT_INCIDENT,
}


def may(actor: Actor, action: Action) -> bool:
    """Tell whether ``actor`` may; nobody may only what is public, the system may all."""
    if actor.is_system:
        return True
    if actor.role is None:
        return action is Action.PUBLIC
    if actor.is_limited and action not in WITHIN_PLACES:
        return False
    return action in RIGHTS[actor.role]


def require(actor: Actor, action: Action) -> None:
    """Refuse what ``actor`` may not do.

    Raises:
        NotAllowedError: the role does not hold the right.
    """
    if not may(actor, action):
        raise NotAllowedError(f"{actor.name} may not {action.value}")
