"""Which port a machine is plugged into, from what switches have learned; pure.

A MAC is learned by every switch on the way to it. Only one of these ports is where the machine
is: the others lead to further switches, and say no more than the direction.
"""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from collectors.observation import Category

# Devices behind which others stand. A server that routes for its containers is none of them.
BRIDGING: Final = frozenset(
    {
        Category.SWITCH,
        Category.ROUTER,
        Category.FIREWALL,
        Category.ACCESS_POINT,
        Category.WIRELESS_CONTROLLER,
        Category.RADIO,
        Category.OPTICAL,
        Category.OLT,
        Category.NETWORK,
    }
)
# Sockets, by IANAifType: ethernetCsmacd, fastEther, fastEtherFX, gigabitEthernet.
PHYSICAL_TYPES: Final = (6, 62, 69, 117)
_BRIDGE_WORDS: Final = frozenset({"bridge", "router", "repeater"})
_ACCESS_POINT_WORD: Final = "wlanAccessPoint"
_TELEPHONE_WORD: Final = "telephone"
_GROUP_BIT: Final = 1


class PortRole(enum.StrEnum):
    """What stands behind a port."""

    EDGE = "edge"
    UPLINK = "uplink"
    ACCESS_POINT = "access_point"


class RoleReason(enum.StrEnum):
    """Why a port is not where a machine is."""

    NEIGHBOR = "neighbor"
    BRIDGE = "bridge"
    MANY = "many"


class Certainty(enum.StrEnum):
    """How a place is known.

    ``DIRECT``: on an edge port at its last reading. ``ACCESS_POINT``: by Wi-Fi, behind the access
    point of the port. ``LAST_KNOWN``: it was on an edge port, and is not there any more.
    ``UPLINK``: only ports that lead to other switches have seen it.
    """

    DIRECT = "direct"
    ACCESS_POINT = "access_point"
    LAST_KNOWN = "last_known"
    UPLINK = "uplink"


@dataclass(frozen=True, slots=True)
class Bridge:
    """A known device behind which others may stand."""

    device_id: int
    is_access_point: bool = False


@dataclass(frozen=True, slots=True)
class FarEnd:
    """A neighbour on a port; ``category`` is that of its device, where that is known."""

    port: int
    capabilities: frozenset[str] = frozenset()
    device_id: int | None = None
    category: Category | None = None


@dataclass(frozen=True, slots=True)
class PortFacts:
    """What a port is; ``far_device_id`` the one known device that stands directly behind it."""

    role: PortRole = PortRole.EDGE
    reason: RoleReason | None = None
    far_device_id: int | None = None
    mac_count: int = 0


@dataclass(slots=True)
class _Gathered:
    macs: set[str] = field(default_factory=set)
    far_ends: list[FarEnd] = field(default_factory=list)


def is_station_mac(mac: str) -> bool:
    """Tell whether a MAC can be a machine's: no group address."""
    return not int(mac[:2], 16) & _GROUP_BIT


def judge_ports(
    learned: Iterable[tuple[int, str]],
    far_ends: Iterable[FarEnd],
    bridges: Mapping[str, Bridge],
    most_macs: int,
    aggregates: Mapping[int, int] | None = None,
) -> dict[int, PortFacts]:
    """Tell edge ports of one switch from those that lead to others.

    Args:
        learned: port and MAC, without the switch's own MACs.
        bridges: MACs of other known switches, routers and access points.
        most_macs: a port that has learned more is no edge port; a phone and what is plugged into
            it are two or three.
        aggregates: the aggregate of each member. MACs are learned on the one, neighbours are heard
            on the others: all of them lead to the same place.
    """
    ports: dict[int, _Gathered] = defaultdict(_Gathered)
    for port, mac in learned:
        ports[port].macs.add(mac)
    for far_end in far_ends:
        ports[far_end.port].far_ends.append(far_end)
    members = aggregates or {}
    bundles: dict[int, _Gathered] = defaultdict(_Gathered)
    for port in {*members, *members.values()}:
        bundle = bundles[members.get(port, port)]
        bundle.macs |= ports[port].macs
        bundle.far_ends += ports[port].far_ends
    judged = {port: _judge(found, bridges, most_macs) for port, found in ports.items()}
    for port in {*members, *members.values()}:
        facts = _judge(bundles[members.get(port, port)], bridges, most_macs)
        judged[port] = replace(facts, mac_count=judged[port].mac_count)
    return judged


def _judge(found: _Gathered, bridges: Mapping[str, Bridge], most_macs: int) -> PortFacts:
    seen = {bridges[mac] for mac in found.macs if mac in bridges}
    told = {one.device_id for one in found.far_ends if one.device_id is not None}
    direct = told or {bridge.device_id for bridge in seen}
    far = next(iter(direct)) if len(direct) == 1 else None
    count = len(found.macs)
    kinds = {_role_of(one) for one in found.far_ends}
    if PortRole.UPLINK in kinds:
        return PortFacts(PortRole.UPLINK, RoleReason.NEIGHBOR, far, count)
    if any(not bridge.is_access_point for bridge in seen):
        return PortFacts(PortRole.UPLINK, RoleReason.BRIDGE, far, count)
    if PortRole.ACCESS_POINT in kinds:
        return PortFacts(PortRole.ACCESS_POINT, RoleReason.NEIGHBOR, far, count)
    if seen:
        return PortFacts(PortRole.ACCESS_POINT, RoleReason.BRIDGE, far, count)
    if count > most_macs:
        return PortFacts(PortRole.UPLINK, RoleReason.MANY, far, count)
    return PortFacts(PortRole.EDGE, None, far, count)


def _role_of(far_end: FarEnd) -> PortRole:
    """Say what a neighbour makes of its port: its known category first, then what it claims.

    Telephones claim to be bridges, since a computer is plugged into them; that is one machine more.
    """
    if far_end.category is not None:
        if far_end.category is Category.ACCESS_POINT:
            return PortRole.ACCESS_POINT
        return PortRole.UPLINK if far_end.category in BRIDGING else PortRole.EDGE
    words = far_end.capabilities
    if _TELEPHONE_WORD in words:
        return PortRole.EDGE
    if _ACCESS_POINT_WORD in words:
        return PortRole.ACCESS_POINT
    return PortRole.UPLINK if words & _BRIDGE_WORDS else PortRole.EDGE


def is_same_stay(
    last_seen_at: datetime, read_at: datetime | None, moved_at: datetime | None
) -> bool:
    """Tell whether a MAC that is seen on a port again has been there all the time.

    Args:
        last_seen_at: when it was last seen there before.
        read_at: the reading of the switch before this one; None for the first.
        moved_at: when another edge port first saw it, if that was later.

    It has, unless a reading missed it and it was elsewhere meanwhile: a machine that is switched
    off at night stays where it is.
    """
    was_missed = read_at is not None and read_at > last_seen_at
    return not (was_missed and moved_at is not None and moved_at > last_seen_at)


@dataclass(frozen=True, slots=True)
class Sighting:
    """A period in which a port had learned one MAC, with what the port is now.

    Attributes:
        key: any number that tells sightings apart.
        read_at: when the port's forwarding table was last read to its end.
    """

    key: int
    role: PortRole
    mac_count: int
    far_device_id: int | None
    last_seen_at: datetime
    read_at: datetime | None = None

    @property
    def is_current(self) -> bool:
        """Tell whether the last reading of the switch still had it."""
        return self.read_at is None or self.last_seen_at >= self.read_at


@dataclass(frozen=True, slots=True)
class Place:
    """The sighting that says where a machine is, and how sure that is."""

    sighting: Sighting
    certainty: Certainty


def choose_place(sightings: Sequence[Sighting], device_id: int | None = None) -> Place | None:
    """Say which of the sightings of one machine's MACs is its place.

    Args:
        device_id: the device that it is, if it is known: a port behind which exactly this device
            stands is its place, even if the device is a switch itself.

    Of several edge ports the one with the fewest MACs wins: it is nearest.
    """

    def is_own(one: Sighting) -> bool:
        return device_id is not None and one.far_device_id == device_id

    def nearest(one: Sighting) -> tuple[bool, int, float, int]:
        return not is_own(one), one.mac_count, -one.last_seen_at.timestamp(), one.key

    def latest(one: Sighting) -> tuple[float, int, int]:
        return -one.last_seen_at.timestamp(), one.mac_count, one.key

    direct = [one for one in sightings if is_own(one) or one.role is PortRole.EDGE]
    current = [one for one in direct if one.is_current]
    if current:
        return Place(min(current, key=nearest), Certainty.DIRECT)
    rest = [one for one in sightings if one not in direct]
    wireless = [one for one in rest if one.role is PortRole.ACCESS_POINT and one.is_current]
    if wireless:
        return Place(min(wireless, key=nearest), Certainty.ACCESS_POINT)
    if direct:
        return Place(min(direct, key=latest), Certainty.LAST_KNOWN)
    if rest:
        still = [one for one in rest if one.is_current]
        return Place(min(still, key=nearest) if still else min(rest, key=latest), Certainty.UPLINK)
    return None
