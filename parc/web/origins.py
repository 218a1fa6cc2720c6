"""Where the values of an asset's devices were read, in the reader's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask_babel import lazy_pgettext as _in

from collectors.evidence import Means, Origin, from_text
from parc.models import Device

_MEANS: Mapping[str, str] = {
    Means.DEFINITION: _in("origin", "Fixed by the definition"),
    Means.OBJECT: _in("origin", "Standard object"),
    Means.GET: _in("origin", "Object named by the definition"),
    Means.GET_REGEX: _in("origin", "Part of an object named by the definition"),
    Means.GET_BELOW: _in("origin", "Object below the device's own sysObjectID"),
    Means.KIN: _in("origin", "Object of another family of its maker"),
    Means.LIKENESS: _in("origin", "By its form, in an object of its maker"),
    Means.OBJECT_SAYS: _in("origin", "Words in an object named by the definition"),
    Means.SYS_DESCR_REGEX: _in("origin", "Part of sysDescr"),
    Means.ENTITY_CHASSIS: _in("origin", "Chassis in ENTITY-MIB"),
    Means.TABLE_FIRST: _in("origin", "First row of a column"),
    Means.SYS_OBJECT_ID_NAME: _in("origin", "Name by sysObjectID"),
    Means.SYS_DESCR_NAME: _in("origin", "Name by a part of sysDescr"),
    Means.SYS_DESCR_SAYS: _in("origin", "Words in sysDescr"),
    Means.ENTERPRISE_NUMBER: _in("origin", "Enterprise number of sysObjectID"),
    Means.ONLY_MAKER: _in("origin", "The only maker with objects in the agent"),
    Means.WORDS: _in("origin", "Known words in sysDescr"),
    Means.BANNER: _in("origin", "Named in sysDescr"),
    Means.HAS_TABLE: _in("origin", "The device has this table"),
    Means.FORWARDING: _in("origin", "What it forwards"),
    Means.TRADE: _in("origin", "What the maker makes"),
    Means.SERVICE: _in("origin", "Named by a service (nmap)"),
    Means.CONTROLLER: _in("origin", "Told by the controller"),
    Means.AGENT: _in("origin", "Told by its agent"),
}


@dataclass(frozen=True, slots=True)
class OriginLine:
    """One source of a field, as text; ``raw`` is what the device gave."""

    means: str
    value: str
    raw: str
    place: str
    definition: str
    is_chosen: bool


def origin_lines(devices: Iterable[Device]) -> dict[str, list[OriginLine]]:
    """Give the sources by field; nothing for sentences that an older version stored."""
    lines: dict[str, list[OriginLine]] = {}
    for device in devices:
        for origin in map(from_text, device.reasons):
            if origin is not None:
                lines.setdefault(origin.field, []).append(_line(device, origin))
    return lines


def _line(device: Device, origin: Origin) -> OriginLine:
    how = origin.how
    told = {"sysDescr": device.sys_descr, "sysObjectID": device.sys_object_id}
    raw = how.raw or told.get(how.object_name or "") or origin.value
    place = " ".join(part for part in (how.object_name, how.oid) if part)
    means = str(_MEANS.get(how.means, how.means))
    return OriginLine(means, origin.value, raw, place, how.definition or "", origin.is_chosen)
