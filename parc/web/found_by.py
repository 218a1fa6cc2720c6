"""Why a record is the one that it is, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext
from flask_babel import lazy_pgettext as _in

from parc.extensions import db
from parc.models import Device
from parc.queries.devices import names_of
from parc.reconcile.found_by import FoundBy, from_stored
from parc.reconcile.matching import Considered
from parc.reconcile.rules import KeyKind, Reason

KEY_KINDS: Mapping[KeyKind, str] = {
    KeyKind.SERIAL: _in("key", "manufacturer and serial number"),
    KeyKind.SYSTEM_UUID: _in("key", "system UUID"),
    KeyKind.ENGINE_ID: _in("key", "SNMP engine"),
    KeyKind.CHASSIS_ID: _in("key", "chassis"),
    KeyKind.MAC: _in("key", "MAC addresses"),
    KeyKind.AGENT_ID: _in("key", "agent"),
    KeyKind.NAME_AND_ADDRESS: _in("key", "name and address"),
    KeyKind.ADDRESS: _in("key", "address"),
    KeyKind.ASSET_TAG: _in("key", "asset tag"),
}
REASONS: Mapping[Reason, str] = {
    Reason.CONTROLLER: _in("reason", "one is the management controller of the other"),
    Reason.CLONE: _in("reason", "other name, address and MAC addresses: a clone"),
    Reason.OTHER_SERIAL: _in("reason", "other serial number"),
    Reason.OTHER_MAKER: _in("reason", "other manufacturer"),
    Reason.OTHER_UUID: _in("reason", "other system UUID"),
    Reason.FEW_COMMON_MACS: _in("reason", "few MAC addresses in common, and another name"),
    Reason.NO_COMMON_MAC: _in("reason", "no MAC address in common"),
    Reason.MOVED_UNREAD: _in("reason", "only its MAC was seen, at an address that is not its own"),
    Reason.OTHER_ENGINE: _in("reason", "other SNMP engine"),
    Reason.OTHER_CHASSIS: _in("reason", "other chassis"),
    Reason.SHARED_IN_RUN: _in("reason", "several devices of the run show this key"),
    Reason.SHARED_BY_KNOWN: _in("reason", "several known devices share this key"),
    Reason.COMMON_SERIAL: _in("reason", "devices of several manufacturers show this serial number"),
    Reason.CLAIMED_BY_SEVERAL: _in("reason", "several devices of the run fit"),
    Reason.FOUND_BY_STRONGER: _in("reason", "found by a stronger key of another device"),
    Reason.FITS_AS_WELL: _in("reason", "another device fits as well"),
    Reason.ADDRESS_ALONE: _in("reason", "an address alone is not enough"),
    Reason.LENT: _in(
        "reason", "a card that goes from machine to machine, seen elsewhere under another name"
    ),
    Reason.OTHER_KIND: _in("reason", "other name and kind of device"),
    Reason.OTHER_MAC: _in("reason", "other MAC address"),
    Reason.SHOWN_BY_SEVERAL: _in("reason", "several devices show this key"),
    Reason.REBUILT: _in("reason", "same name, MAC addresses and place, other serial number"),
    Reason.EXCHANGED: _in(
        "reason", "another machine has taken name and place of the one that stood there"
    ),
    Reason.HAS_OTHER_DEVICE: _in("reason", "the asset has another device that is there"),
    Reason.SHARED_BY_ASSETS: _in("reason", "several assets have this serial number"),
}


@dataclass(frozen=True, slots=True)
class OtherLine:
    """A device that was considered and not taken; ``values`` are what differs, seen and known."""

    device_id: int
    name: str
    key: str
    value: str
    reason: str
    values: str


@dataclass(frozen=True, slots=True)
class MatchLine:
    """One match: when, by which key; without a key the device was taken for new."""

    at: datetime
    run_id: int | None
    key: str
    value: str
    measure: str
    is_strong: bool
    others: Sequence[OtherLine]


@dataclass(frozen=True, slots=True)
class WhyLine:
    """One device with the match that made it and the one that found it when it changed last."""

    device_id: int
    address: str
    created: MatchLine | None
    last: MatchLine | None


def read_why(devices: Sequence[Device]) -> list[WhyLine]:
    """Give a line for each device of which a match is kept."""
    return why_lines(devices, names_of(db.session(), _considered_ids(devices)))


def _considered_ids(devices: Iterable[Device]) -> set[int]:
    return {
        one.device_id
        for device in devices
        for found in _both(device)
        if found
        for one in found.match.considered
    }


def why_lines(devices: Iterable[Device], names: Mapping[int, str]) -> list[WhyLine]:
    """Give a line for each device of which a match is kept.

    Args:
        names: of the devices that were considered; one without a name is gone.
    """
    lines = []
    for device in devices:
        created, last = _both(device)
        if created or last:
            lines.append(
                WhyLine(device.id, device.address, _line(created, names), _line(last, names))
            )
    return lines


def _both(device: Device) -> tuple[FoundBy | None, FoundBy | None]:
    return from_stored(device.created_match, device.id), from_stored(device.last_match, device.id)


def _line(found: FoundBy | None, names: Mapping[int, str]) -> MatchLine | None:
    if found is None:
        return None
    key = found.match.key
    return MatchLine(
        found.at,
        found.run_id,
        str(KEY_KINDS[key.kind]) if key else "",
        key.value if key else "",
        _measure(found.match.values),
        found.strength == "strong",
        [_other(one, names) for one in found.match.considered],
    )


def _measure(values: Sequence[str]) -> str:
    if len(values) != 2 or values[1] == "1":  # noqa: PLR2004 -- how many, of how many
        return ""
    return str(gettext("%(common)s of %(all)s in common", common=values[0], all=values[1]))


def _other(one: Considered, names: Mapping[int, str]) -> OtherLine:
    return OtherLine(
        one.device_id,
        names.get(one.device_id, ""),
        str(KEY_KINDS[one.key.kind]),
        one.key.value,
        str(REASONS[one.reason]),
        " / ".join(value or "—" for value in one.values),
    )
