"""The rules of identity as data: which keys are tried in which order, and what speaks against each.

A *strong* key may find a device wherever it stands. A *partial* one may find a record that is
already there, at its place; it neither creates one nor moves a strong key. Reasons are codes, kept
and shown with their parameters; ``TEXTS`` says them in English for plans and commands.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


class KeyKind(enum.StrEnum):
    """Kinds of keys, the strongest first."""

    SERIAL = "manufacturer and serial number"
    SYSTEM_UUID = "system UUID"
    ENGINE_ID = "engine id"
    CHASSIS_ID = "chassis id"
    MAC = "MAC addresses"
    AGENT_ID = "agent id"
    NAME_AND_ADDRESS = "name with address"
    ADDRESS = "address"
    ASSET_TAG = "asset tag"


class Strength(enum.StrEnum):
    """What a key may do."""

    STRONG = "strong"
    PARTIAL = "partial"


class Reason(enum.StrEnum):
    """Why a device that a key points at is not taken, and why keys are in conflict."""

    CONTROLLER = "controller"
    CLONE = "clone"
    OTHER_SERIAL = "other_serial"
    OTHER_MAKER = "other_maker"
    OTHER_UUID = "other_uuid"
    FEW_COMMON_MACS = "few_common_macs"
    NO_COMMON_MAC = "no_common_mac"
    MOVED_UNREAD = "moved_unread"
    OTHER_ENGINE = "other_engine"
    OTHER_CHASSIS = "other_chassis"
    SHARED_IN_RUN = "shared_in_run"
    SHARED_BY_KNOWN = "shared_by_known"
    COMMON_SERIAL = "common_serial"
    CLAIMED_BY_SEVERAL = "claimed_by_several"
    FOUND_BY_STRONGER = "found_by_stronger"
    FITS_AS_WELL = "fits_as_well"
    ADDRESS_ALONE = "address_alone"
    LENT = "lent"
    OTHER_KIND = "other_kind"
    OTHER_MAC = "other_mac"
    SHOWN_BY_SEVERAL = "shown_by_several"
    REBUILT = "rebuilt"
    EXCHANGED = "exchanged"
    HAS_OTHER_DEVICE = "has_other_device"
    SHARED_BY_ASSETS = "shared_by_assets"


TEXTS: Final[Mapping[Reason, str]] = {
    Reason.CONTROLLER: "a management controller shows its host's serial",
    Reason.CLONE: "other name, address and MAC addresses: a clone",
    Reason.OTHER_SERIAL: "other serial number",
    Reason.OTHER_MAKER: "other manufacturer",
    Reason.OTHER_UUID: "other system UUID",
    Reason.FEW_COMMON_MACS: "few MAC addresses in common, and another name",
    Reason.NO_COMMON_MAC: "no MAC address in common",
    Reason.MOVED_UNREAD: "only its MAC was seen, at an address that is not its own",
    Reason.OTHER_ENGINE: "other engine id",
    Reason.OTHER_CHASSIS: "other chassis id",
    Reason.SHARED_IN_RUN: "several of this run show this key",
    Reason.SHARED_BY_KNOWN: "several known devices share this key",
    Reason.COMMON_SERIAL: "devices of several manufacturers show this serial number",
    Reason.CLAIMED_BY_SEVERAL: "claimed by several of this run",
    Reason.FOUND_BY_STRONGER: "already found by a stronger key",
    Reason.FITS_AS_WELL: "another device fits as well",
    Reason.ADDRESS_ALONE: "an address alone is not enough",
    Reason.LENT: "a card that goes from machine to machine, seen elsewhere under another name",
    Reason.OTHER_KIND: "other name and kind of device",
    Reason.OTHER_MAC: "other MAC address",
    Reason.SHOWN_BY_SEVERAL: "several devices show this key",
    Reason.REBUILT: "same name, MAC addresses and place, other serial number",
    Reason.EXCHANGED: "another machine has taken name and place of the one that stood there",
    Reason.SHARED_BY_ASSETS: "several assets have this serial number",
    Reason.HAS_OTHER_DEVICE: "the asset has another device that is there",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        against: what speaks against a device that the key points at, the first that holds;
            weaker rules inherit it.
    """

    kind: KeyKind
    strength: Strength
    against: tuple[Reason, ...] = ()


RULES: Final = (
    Rule(KeyKind.SERIAL, Strength.STRONG, (Reason.CONTROLLER, Reason.CLONE)),
    Rule(KeyKind.SYSTEM_UUID, Strength.STRONG, (Reason.OTHER_SERIAL,)),
    Rule(KeyKind.ENGINE_ID, Strength.STRONG, (Reason.OTHER_UUID, Reason.NO_COMMON_MAC)),
    Rule(KeyKind.CHASSIS_ID, Strength.STRONG),
    Rule(KeyKind.MAC, Strength.STRONG, (Reason.FEW_COMMON_MACS, Reason.MOVED_UNREAD)),
    Rule(KeyKind.AGENT_ID, Strength.STRONG),
    Rule(
        KeyKind.NAME_AND_ADDRESS,
        Strength.PARTIAL,
        (Reason.OTHER_ENGINE, Reason.OTHER_CHASSIS),
    ),
    Rule(KeyKind.ADDRESS, Strength.PARTIAL),
    # Finds no device: an asset, for a device that no other rule has given one.
    Rule(KeyKind.ASSET_TAG, Strength.PARTIAL),
)
RANKS: Final[Mapping[KeyKind, int]] = {rule.kind: rank for rank, rule in enumerate(RULES)}


def speaking_against(kind: KeyKind) -> tuple[Reason, ...]:
    """Give what speaks against a key of ``kind``: that of its rule and of all stronger ones."""
    return tuple(reason for rule in RULES[: RANKS[kind] + 1] for reason in rule.against)
