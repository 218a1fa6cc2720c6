"""The network of one site: switches and what they say is at the far end of their links."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from collectors.observation import Category
from parc.models import Asset, Device, Interface, LocationKind, Neighbor, SwitchPort
from parc.naming import device_name, folded
from parc.queries.locations import Places
from parc.topology import BRIDGING

MOST_NODES = 200
_MOST_DEVICES = 5_000
_MOST_LINKS = 20_000
_PART = 900
_UP = 1
_STATIONS = frozenset({"telephone", "stationOnly", "docsisCableDevice"})


@dataclass(frozen=True, slots=True)
class Node:
    """A device of the map; ``device_id`` is None for a neighbour that nobody knows."""

    key: str
    name: str
    category: Category | None = None
    device_id: int | None = None
    asset_id: int | None = None
    location_id: int | None = None
    is_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """One end of a link: a node, its port, and whether that is up (None: not known).

    ``aggregate`` names the aggregate of the port; ``port`` names all members of a link that was
    made of several.
    """

    node: str
    port: str
    names: frozenset[str] = frozenset()
    is_up: bool | None = None
    vlans: frozenset[int] = frozenset()
    aggregate: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """Two ends; told by one of them or, when ``is_mutual``, by both alike."""

    near: End
    far: End
    is_mutual: bool = False

    @property
    def is_up(self) -> bool | None:
        """Tell whether it works: an end that is down says no, else one that is up says yes."""
        states = {self.near.is_up, self.far.is_up}
        return False if False in states else True if True in states else None

    @property
    def vlans(self) -> frozenset[int]:
        """Give the VLANs that either end is known to carry."""
        return self.near.vlans | self.far.vlans


@dataclass(frozen=True, slots=True)
class NetworkMap:
    """Nodes by key and the links between them, in a stable order."""

    nodes: Mapping[str, Node] = field(default_factory=dict)
    links: Sequence[Link] = ()
    vlans: Sequence[int] = ()

    def with_vlan(self, vlan: int) -> NetworkMap:
        """Give the part of the map that carries a VLAN."""
        links = [link for link in self.links if vlan in link.vlans]
        return replace(self, nodes=self._ends_of(links), links=links)

    def core(self, most: int) -> NetworkMap:
        """Give the ``most`` nodes with the most links, and the links between them."""
        degree = self.degrees()
        kept = set(sorted(self.nodes, key=lambda key: (-degree[key], key))[:most])
        links = [one for one in self.links if one.near.node in kept and one.far.node in kept]
        nodes = {key: node for key, node in self.nodes.items() if key in kept}
        return replace(self, nodes=nodes, links=links)

    def degrees(self) -> Mapping[str, int]:
        """Give the number of links of each node."""
        degree: dict[str, int] = dict.fromkeys(self.nodes, 0)
        for link in self.links:
            degree[link.near.node] += 1
            degree[link.far.node] += 1
        return degree

    def _ends_of(self, links: Iterable[Link]) -> dict[str, Node]:
        kept = {end.node for link in links for end in (link.near, link.far)}
        return {key: node for key, node in self.nodes.items() if key in kept}


def sites_with_network(session: Session, places: Places) -> list[int]:
    """Give the sites that hold switches and the like, in the order of their names."""
    # Told apart here: asked for distinct places, SQLite would walk all assets in their order.
    query = sa.select(Asset.location_id).where(Asset.category.in_(BRIDGING))
    found = set(session.scalars(query))
    held = {place.site_id for i in found if (place := places.by_id.get(i or 0))}
    sites = (place for place in places.by_id.values() if place.kind is LocationKind.SITE)
    return [place.id for place in sites if place.id in held]


def read_map(session: Session, places: Places, site_id: int | None) -> NetworkMap:
    """Read the network of a site; None for what stands at no site."""
    nodes = {node.key: node for node in _members(session, places, site_id)}
    rows = _rows(session, [n.device_id for n in nodes.values() if n.device_id is not None])
    directed: list[tuple[End, End]] = []
    for row in rows:
        far = _far_node(row)
        if far is None:
            continue
        nodes.setdefault(far.key, far)
        directed.append(_ends(row, far))
    links = bundle_links(merge_links(directed))
    vlans = sorted({vlan for link in links for vlan in link.vlans})
    ordered = dict(sorted(nodes.items(), key=lambda pair: (folded(pair[1].name), pair[0])))
    return NetworkMap(ordered, links, vlans)


def merge_links(directed: Iterable[tuple[End, End]]) -> list[Link]:
    """Make one link of what both ends say; pure.

    Rows of two protocols for one port are one; rows of both ends are paired where each names the
    other's port, then those that are left in the order of their ports.
    """
    told: dict[tuple[str, str], dict[str, tuple[End, End]]] = defaultdict(dict)
    for near, far in directed:
        told[near.node, far.node].setdefault(near.port, (near, far))
    links: list[Link] = []
    for (a, b), rows in sorted(told.items()):
        if (b, a) in told and b < a:
            continue
        back = dict(told.get((b, a), {})) if a != b else {}
        waiting = []
        for _port, (near, far) in sorted(rows.items()):
            told_port = folded(far.port)
            match = next((p for p, (end, _own) in back.items() if told_port in end.names), None)
            if match is None:
                waiting.append((near, far))
            else:
                links.append(Link(near, back.pop(match)[0], is_mutual=True))
        rest = [back[port] for port in sorted(back)]
        pairs = zip(waiting, rest, strict=False)  # what is over on one side comes below
        links += [Link(near, end, is_mutual=True) for (near, _), (end, _) in pairs]
        links += [Link(near, far) for near, far in waiting[len(rest) :]]
        links += [Link(far, near) for near, far in rest[len(waiting) :]]
    return sorted(links, key=lambda link: (link.near.node, link.near.port, link.far.node))


def bundle_links(links: Sequence[Link]) -> list[Link]:
    """Make one link of those between the members of the same aggregates; pure."""
    bundles: dict[tuple[str | int, ...], list[Link]] = defaultdict(list)
    for number, link in enumerate(links):
        near, far = link.near, link.far
        names = (near.aggregate or "", far.aggregate or "")
        # Links on no aggregate stay alone.
        bundles[near.node, far.node, *(names if any(names) else (number,))].append(link)
    return [found[0] if len(found) == 1 else _bundle(found) for found in bundles.values()]


def _bundle(links: Sequence[Link]) -> Link:
    near = _joined([link.near for link in links])
    far = _joined([link.far for link in links])
    return Link(near, far, is_mutual=any(link.is_mutual for link in links))


def _joined(ends: Sequence[End]) -> End:
    """Give the ends of several links as one, which works while one of them does."""
    states = {end.is_up for end in ends}
    return End(
        ends[0].node,
        ", ".join(end.port for end in ends),
        frozenset[str]().union(*(end.names for end in ends)),
        True if True in states else False if False in states else None,
        frozenset[int]().union(*(end.vlans for end in ends)),
        ends[0].aggregate,
    )


def _members(session: Session, places: Places, site_id: int | None) -> Iterable[Node]:
    query = (
        sa.select(*_NODE)
        .join(Asset, Asset.id == Device.asset_id)
        .where(Asset.category.in_(BRIDGING))
        .order_by(Asset.name, Device.id)
        .limit(_MOST_DEVICES)
    )
    if site_id is None:
        query = query.where(Asset.location_id.is_(None))
    else:
        query = query.where(Asset.location_id.in_(places.within(site_id)))
    return [_node(row) for row in session.execute(query)]


_NODE = (
    Device.id.label("device_id"),
    Device.address,
    Device.sys_name,
    Device.host_name,
    Device.model_name,
    Device.category.label("device_category"),
    Asset.id.label("asset_id"),
    Asset.name.label("asset_name"),
    Asset.category.label("asset_category"),
    Asset.location_id,
)


def _node(row: Any, *, is_elsewhere: bool = False) -> Node:
    name = row.asset_name or device_name(row.sys_name, row.host_name, row.model_name, row.address)
    return Node(
        f"device {row.device_id}",
        name,
        row.asset_category or row.device_category,
        row.device_id,
        row.asset_id,
        row.location_id,
        is_elsewhere,
    )


def _rows(session: Session, device_ids: Collection[int]) -> list[Any]:
    ordered = sorted(device_ids)
    rows: list[Any] = []
    whole, whole_port = aliased(Interface), aliased(SwitchPort)
    for start in range(0, len(ordered), _PART):
        query = (
            sa.select(
                Neighbor.device_id.label("near_id"),
                Neighbor.local_port,
                Neighbor.chassis_id,
                Neighbor.port_id,
                Neighbor.port_description,
                Neighbor.sys_name.label("told_name"),
                Neighbor.management_address,
                Neighbor.capabilities,
                Interface.if_name,
                Interface.if_descr,
                Interface.if_alias,
                Interface.if_oper_status,
                SwitchPort.native_vlan,
                SwitchPort.untagged_vlans,
                SwitchPort.tagged_vlans,
                whole.if_name.label("aggregate_name"),
                whole.if_descr.label("aggregate_descr"),
                whole_port.native_vlan.label("aggregate_native"),
                whole_port.untagged_vlans.label("aggregate_untagged"),
                whole_port.tagged_vlans.label("aggregate_tagged"),
                *_NODE,
            )
            .outerjoin(Interface, Interface.id == Neighbor.interface_id)
            .outerjoin(SwitchPort, SwitchPort.interface_id == Neighbor.interface_id)
            .outerjoin(whole, whole.id == SwitchPort.aggregate_id)
            .outerjoin(whole_port, whole_port.interface_id == SwitchPort.aggregate_id)
            .outerjoin(Device, Device.id == Neighbor.far_device_id)
            .outerjoin(Asset, Asset.id == Device.asset_id)
            .where(
                Neighbor.device_id.in_(ordered[start : start + _PART]), Neighbor.gone_at.is_(None)
            )
            .order_by(Neighbor.device_id, Neighbor.protocol.desc(), Neighbor.id)
            .limit(_MOST_LINKS)
        )
        rows += session.execute(query)
    return rows


def _far_node(row: Any) -> Node | None:
    """Give the far end, unless the map leaves it out: a telephone, a server or the like."""
    if row.device_id is not None:
        node = _node(row, is_elsewhere=True)
        return node if node.category is None or node.category in BRIDGING else None
    if _STATIONS & set(row.capabilities):
        return None
    name = row.told_name or row.management_address or row.chassis_id
    return Node(f"unknown {row.chassis_id or name}", name) if name else None


def _ends(row: Any, far: Node) -> tuple[End, End]:
    names = (row.if_name, row.if_descr, row.if_alias, row.local_port)
    lists = (row.untagged_vlans, row.tagged_vlans, row.aggregate_untagged, row.aggregate_tagged)
    vlans = {vlan for one in lists for vlan in one or ()}
    vlans |= {vlan for vlan in (row.native_vlan, row.aggregate_native) if vlan}
    near = End(
        f"device {row.near_id}",
        next((name for name in names if name), "?"),
        frozenset(folded(name) for name in names if name),
        None if row.if_oper_status is None else row.if_oper_status == _UP,
        frozenset(vlans),
        row.aggregate_name or row.aggregate_descr,
    )
    return near, End(far.key, row.port_id or row.port_description or "?")
