"""Which assets an unknown device may be, and why: signs that they share, each with its weight.

A sign proposes; it never links. What the rules of identity would link by itself has been linked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from collectors.registries.placeholders import is_placeholder
from parc.models import Asset, Attachment, Device, IgnoredKey, SwitchPort
from parc.naming import address_sort
from parc.queries.inbox_cause import parts
from parc.topology import PortRole

# How much a sign says, of 100. One below ``LIKELY`` alone is shown, not proposed: an address is
# lent to the next, and behind one port stands first one machine, then another.
WEIGHTS: Final[Mapping[str, int]] = {
    "serial": 60,
    "mac": 50,
    "name": 30,
    "port": 15,
    "address": 10,
}
LIKELY: Final = 30
_MOST: Final = 5
_MOST_SCORE: Final = 100
_COLUMNS: Final = (Asset.id, Asset.name, Asset.asset_tag)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An asset that may be the device.

    Attributes:
        by: the signs, keys of ``WEIGHTS``, the strongest first.
    """

    asset_id: int
    name: str
    asset_tag: str
    by: tuple[str, ...]

    @property
    def score(self) -> int:
        """Give how like the device it is, of 100."""
        return score_of(self.by)


def score_of(by: Collection[str]) -> int:
    """Give the sum of the weights of some signs, at most 100."""
    return min(sum(WEIGHTS.get(one, 0) for one in by), _MOST_SCORE)


def find_candidates(session: Session, rows: Sequence[Any]) -> dict[int, list[Candidate]]:
    """Give the candidates of each device, the best first; some statements for all of them."""
    signs: Mapping[str, tuple[dict[Any, list[Any]], Callable[[Any], Iterable[Any]]]] = {
        "serial": (_by_serial(session, rows), lambda row: (row.serial_number,)),
        "mac": (_by_mac(session, rows), lambda row: (row.base_mac_address,)),
        "name": (_by_name(session, rows), _names),
        "port": (_by_port(session, rows), lambda row: (row.base_mac_address,)),
        "address": (_by_address(session, rows), lambda row: (address_sort(row.address),)),
    }
    found: dict[int, list[Candidate]] = {}
    for row in rows:
        reasons: dict[int, list[str]] = defaultdict(list)
        assets: dict[int, Any] = {}
        for sign, (known, keys) in signs.items():
            for asset in {one.id: one for key in keys(row) for one in known.get(key, ())}.values():
                assets[asset.id] = asset
                reasons[asset.id].append(sign)
        ranked = [
            Candidate(number, assets[number].name, assets[number].asset_tag, tuple(by))
            for number, by in reasons.items()
        ]
        found[row.id] = sorted(ranked, key=lambda one: (-one.score, one.asset_id))[:_MOST]
    return found


def _by_serial(session: Session, rows: Sequence[Any]) -> dict[Any, list[Any]]:
    serials = {row.serial_number for row in rows if not is_placeholder(row.serial_number)}
    ignored = sa.select(IgnoredKey.value).where(IgnoredKey.kind == "serial")
    query = sa.select(Asset.serial_number, *_COLUMNS).where(
        sa.func.lower(Asset.serial_number).not_in(ignored)
    )
    return _grouped(session, query, Asset.serial_number, serials)


def _by_mac(session: Session, rows: Sequence[Any]) -> dict[Any, list[Any]]:
    query = sa.select(Device.base_mac_address, *_COLUMNS).join(Device, Device.asset_id == Asset.id)
    macs = {row.base_mac_address for row in rows}
    return _grouped(session, query, Device.base_mac_address, macs)


def _by_name(session: Session, rows: Sequence[Any]) -> dict[Any, list[Any]]:
    names = {name for row in rows for name in _names(row)}
    return _grouped(session, sa.select(Asset.name, *_COLUMNS), Asset.name, names)


def _by_port(session: Session, rows: Sequence[Any]) -> dict[Any, list[Any]]:
    """Find who stood at the switch port where a device stands now, and is not there any more."""
    macs = {row.base_mac_address for row in rows}
    query = (
        sa.select(Attachment.mac_address, Attachment.interface_id)
        .join(SwitchPort, SwitchPort.interface_id == Attachment.interface_id)
        .where(SwitchPort.role == PortRole.EDGE, Attachment.last_seen_at >= SwitchPort.read_at)
    )
    places = _grouped(session, query, Attachment.mac_address, macs)
    before = (
        sa.select(Attachment.interface_id, *_COLUMNS)
        .join(Device, Device.base_mac_address == Attachment.mac_address)
        .join(Asset, Asset.id == Device.asset_id)
        .where(_is_away())
    )
    ports = {place.interface_id for found in places.values() for place in found}
    stood = _grouped(session, before, Attachment.interface_id, ports)
    return {
        mac: [asset for place in found for asset in stood.get(place.interface_id, ())]
        for mac, found in places.items()
    }


def _by_address(session: Session, rows: Sequence[Any]) -> dict[Any, list[Any]]:
    """Find who had the address of a device before, and is not there any more."""
    sorts = {address_sort(row.address) for row in rows}
    query = sa.select(Asset.primary_address_sort, *_COLUMNS).where(_is_away())
    return _grouped(session, query, Asset.primary_address_sort, sorts)


def _names(row: Any) -> Iterator[str]:
    """Give the names of a device as an asset may be called: whole, and without its domain."""
    for name in (row.sys_name, row.host_name):
        if name:
            yield from {name, name.partition(".")[0]}


def _is_away() -> sa.ColumnElement[bool]:
    """Tell that no device of an asset answers any more."""
    there = sa.exists().where(Device.asset_id == Asset.id, Device.absent_since.is_(None))
    return ~there.correlate(Asset)


def _grouped(
    session: Session, query: sa.Select[*tuple[Any, ...]], column: Any, keys: Collection[Any]
) -> dict[Any, list[Any]]:
    grouped: dict[Any, list[Any]] = defaultdict(list)
    for part in parts({key for key in keys if key is not None}):
        for row in session.execute(query.where(column.in_(part))):
            grouped[row[0]].append(row)
    return grouped
