"""What one device said, when and by which means: the only thing that collectors hand on.

``None`` means "not seen" and erases nothing. A ``Table`` says whether it was read to its end:
only from a complete one may a missing row be taken for gone. Field names are the words of the
MIB they come from. Plain frozen dataclasses, so that planning can be tested without a network;
rows that a device has by the hundred are structs, which cost a quarter of the time and memory.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import msgspec

from collectors.details import Details
from collectors.errors import Failure
from collectors.evidence import Origin


class Source(StrEnum):
    """The means by which a value was seen."""

    SNMP = "snmp"
    NMAP = "nmap"
    AGENT = "agent"


class Category(StrEnum):
    """What kind of device stands at an address."""

    SWITCH = "switch"
    ROUTER = "router"
    FIREWALL = "firewall"
    ACCESS_POINT = "ap"
    WIRELESS_CONTROLLER = "wireless-controller"
    RADIO = "radio"
    LOAD_BALANCER = "loadbalancer"
    SERVER = "server"
    HYPERVISOR = "hypervisor"
    VIRTUAL_MACHINE = "virtual-machine"
    WORKSTATION = "workstation"
    NAS = "nas"
    SAN = "san"
    TAPE = "tape"
    PRINTER = "printer"
    SCANNER = "scanner"
    UPS = "ups"
    PDU = "pdu"
    POWER = "power"
    CAMERA = "camera"
    NVR = "nvr"
    VIDEO = "video"
    PHONE = "phone"
    MOBILE = "mobile"
    VOICE = "voice"
    PBX = "pbx"
    BMC = "bmc"
    CONSOLE = "console"
    KVM = "kvm"
    ENVIRONMENT = "environment"
    TIMING = "timing"
    OPTICAL = "optical"
    OLT = "olt"
    MODEM = "modem"
    NETWORK = "network"
    MONITOR = "monitor"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class System:
    """The system group (SNMPv2-MIB, RFC 3418); ``engine_id`` in hex (SNMP-FRAMEWORK-MIB)."""

    sys_name: str | None = None
    sys_descr: str | None = None
    sys_object_id: str | None = None
    sys_location: str | None = None
    sys_contact: str | None = None
    uptime_seconds: int | None = None
    engine_id: str | None = None


@dataclass(frozen=True, slots=True)
class Identity:
    """What stands there, as far as a definition or a standard MIB tells it.

    Attributes:
        base_mac_address: the chassis's own MAC (lowest interface MAC or BRIDGE-MIB
            ``dot1dBaseBridgeAddress``), twelve lower-case hex digits with colons.
        chassis_id: LLDP-MIB ``lldpLocChassisId``, as text.
        asset_tag: our own label, where the device holds it (``entPhysicalAssetID``, SMBIOS).
        system_uuid: of the firmware (SMBIOS type 1), in either order of octets.
        definition: id of the device definition that spoke, if one did.
        origins: where each value was read, and what other sources gave in its place.
    """

    manufacturer: str | None = None
    model_name: str | None = None
    serial_number: str | None = None
    category: Category | None = None
    operating_system: str | None = None
    software_revision: str | None = None
    firmware_revision: str | None = None
    hardware_revision: str | None = None
    asset_tag: str | None = None
    base_mac_address: str | None = None
    chassis_id: str | None = None
    system_uuid: str | None = None
    definition: str | None = None
    origins: tuple[Origin, ...] = ()


class Interface(msgspec.Struct, frozen=True, gc=False):
    """One row of ifTable and ifXTable (IF-MIB, RFC 2863) with its addresses (IP-MIB).

    Attributes:
        if_high_speed: Mbit/s.
        addresses: ``address/prefix length`` as text.
    """

    if_index: int
    if_descr: str | None = None
    if_name: str | None = None
    if_alias: str | None = None
    if_type: int | None = None
    if_mtu: int | None = None
    if_high_speed: int | None = None
    if_phys_address: str | None = None
    if_admin_status: int | None = None
    if_oper_status: int | None = None
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Component:
    """One row of entPhysicalTable (ENTITY-MIB, RFC 6933); ``component_class`` is its word.

    Processors and disks of hrDeviceTable (RFC 2790) have a negative index.
    """

    index: int
    contained_in: int | None = None
    component_class: str | None = None
    name: str | None = None
    description: str | None = None
    manufacturer: str | None = None
    model_name: str | None = None
    serial_number: str | None = None
    hardware_revision: str | None = None
    firmware_revision: str | None = None
    software_revision: str | None = None
    is_field_replaceable: bool | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Supply:
    """One row of prtMarkerSuppliesTable (Printer-MIB, RFC 3805).

    ``level`` and ``capacity`` are in the row's unit; -3 and -2 keep their meaning of RFC 3805
    ("some left", "unknown") as ``level`` None with ``is_some_left`` told apart.
    """

    index: int
    description: str | None = None
    supply_type: str | None = None
    unit: str | None = None
    capacity: int | None = None
    level: int | None = None
    is_some_left: bool | None = None


@dataclass(frozen=True, slots=True)
class Storage:
    """One row of hrStorageTable (HOST-RESOURCES-MIB, RFC 2790), in bytes."""

    index: int
    storage_type: str | None = None
    description: str | None = None
    size_bytes: int | None = None
    used_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Service:
    """An open port as nmap saw it; ``is_guess`` when the name only follows from the number."""

    protocol: str
    port: int
    name: str | None = None
    product: str | None = None
    version: str | None = None
    is_guess: bool = True


@dataclass(frozen=True, slots=True)
class CategoryVote:
    """One sign of what a device is, with its weight between 0 and 1."""

    category: Category
    weight: float
    reason: str


@dataclass(frozen=True, slots=True)
class Presence:
    """What a sweep saw of an address without logging in.

    Attributes:
        proof: nmap's word for why it is up (``arp-response``, ``echo-reply``, ``snmp`` …).
        mac_address: twelve lower-case hex digits with colons; only on the same segment.
        oui_manufacturer: who owns the MAC's prefix (IEEE).
        votes: signs of its category, from ports, banners and OUI.
        origins: manufacturer and operating system, as far as its services agree on them.
    """

    proof: str
    mac_address: str | None = None
    oui_manufacturer: str | None = None
    host_name: str | None = None
    services: tuple[Service, ...] = ()
    is_complete: bool = False
    votes: tuple[CategoryVote, ...] = ()
    category: Category | None = None
    category_confidence: float | None = None
    origins: tuple[Origin, ...] = ()


# One table type per row type keeps msgspec's decoding exact; a generic would do the same worse.
@dataclass(frozen=True, slots=True)
class InterfaceTable:
    """Interfaces; ``complete`` when the walk reached the end of the table."""

    rows: tuple[Interface, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class ComponentTable:
    """Components of ENTITY-MIB."""

    rows: tuple[Component, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class SupplyTable:
    """Supplies of a printer."""

    rows: tuple[Supply, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class StorageTable:
    """Memory and file systems of a host."""

    rows: tuple[Storage, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Vlan:
    """One VLAN that a bridge knows (Q-BRIDGE-MIB ``dot1qVlanStaticTable``, RFC 4363)."""

    vlan_id: int
    name: str | None = None


@dataclass(frozen=True, slots=True)
class VlanPort:
    """How one interface takes part in VLANs (Q-BRIDGE-MIB, RFC 4363, or the maker's own table).

    Attributes:
        if_index: the interface.
        native_vlan: ``dot1qPvid``: where untagged frames go.
        untagged_vlans, tagged_vlans: in ascending order.
    """

    if_index: int
    native_vlan: int | None = None
    untagged_vlans: tuple[int, ...] = ()
    tagged_vlans: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PowerPort:
    """Power over Ethernet of one interface (POWER-ETHERNET-MIB ``pethPsePortTable``, RFC 3621).

    Attributes:
        is_enabled: ``pethPsePortAdminEnable``.
        detection_status: the MIB's word: ``disabled searching deliveringPower fault test
            otherFault``.
        power_class: 0 to 4; ``pethPsePortPowerClassifications`` less one.
    """

    if_index: int
    is_enabled: bool | None = None
    detection_status: str | None = None
    power_class: int | None = None


@dataclass(frozen=True, slots=True)
class AggregatePort:
    """An interface that is a member of an aggregate (IEEE8023-LAG-MIB, or ifStackTable).

    Attributes:
        if_index: the member.
        aggregate_if_index: ``dot3adAggPortAttachedAggID``: the aggregate's interface.
    """

    if_index: int
    aggregate_if_index: int


class FdbEntry(msgspec.Struct, frozen=True, gc=False):
    """A MAC that a bridge has learned on a port (BRIDGE-MIB ``dot1dTpFdbTable``, Q-BRIDGE-MIB).

    Attributes:
        mac_address: twelve lower-case hex digits with colons.
        if_index: the interface of the bridge port (``dot1dBasePortIfIndex``).
        vlan_id: None where the table does not tell VLANs apart.
    """

    mac_address: str
    if_index: int
    vlan_id: int | None = None


@dataclass(frozen=True, slots=True)
class Neighbor:
    """What stands at the far end of a link (LLDP-MIB ``lldpRemTable``, CISCO-CDP-MIB).

    Attributes:
        protocol: ``lldp`` or ``cdp``.
        if_index: the own interface; None when the agent's port number names none.
        local_port: the own port as the protocol's table names it.
        chassis_id: as text: a MAC with colons, an address, or the name that it is.
        port_id: as text, likewise.
        capabilities: words of LldpSystemCapabilitiesMap: ``repeater bridge wlanAccessPoint router
            telephone docsisCableDevice stationOnly other``; CDP's are given by the same words.
        management_address: IPv4 or IPv6.
    """

    protocol: str
    if_index: int | None = None
    local_port: str | None = None
    chassis_id: str | None = None
    port_id: str | None = None
    port_description: str | None = None
    sys_name: str | None = None
    sys_descr: str | None = None
    platform: str | None = None
    capabilities: tuple[str, ...] = ()
    management_address: str | None = None


class AddressMapping(msgspec.Struct, frozen=True, gc=False):
    """An IP address and its MAC (IP-MIB ``ipNetToPhysicalTable``, RFC 4293, or ipNetToMedia)."""

    address: str
    mac_address: str
    if_index: int | None = None


@dataclass(frozen=True, slots=True)
class WirelessClient:
    """A station on an access point, as its controller or the access point tells it."""

    mac_address: str
    address: str | None = None
    ssid: str | None = None
    access_point: str | None = None
    host_name: str | None = None


@dataclass(frozen=True, slots=True)
class VlanTable:
    """VLANs of a bridge."""

    rows: tuple[Vlan, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class VlanPortTable:
    """VLANs of the interfaces of a bridge."""

    rows: tuple[VlanPort, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class PowerPortTable:
    """Power over Ethernet of the interfaces."""

    rows: tuple[PowerPort, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class AggregatePortTable:
    """Members of link aggregates."""

    rows: tuple[AggregatePort, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class FdbTable:
    """Learned MACs of a bridge; complete when every VLAN was read to its end."""

    rows: tuple[FdbEntry, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class NeighborTable:
    """Neighbours by LLDP and CDP."""

    rows: tuple[Neighbor, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class AddressMappingTable:
    """IP addresses and their MACs."""

    rows: tuple[AddressMapping, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class WirelessClientTable:
    """Stations on the access points of a device."""

    rows: tuple[WirelessClient, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Links:
    """Where things are plugged in, as one device sees it."""

    vlans: VlanTable = field(default_factory=VlanTable)
    vlan_ports: VlanPortTable = field(default_factory=VlanPortTable)
    power_ports: PowerPortTable = field(default_factory=PowerPortTable)
    aggregate_ports: AggregatePortTable = field(default_factory=AggregatePortTable)
    fdb: FdbTable = field(default_factory=FdbTable)
    neighbors: NeighborTable = field(default_factory=NeighborTable)
    address_mappings: AddressMappingTable = field(default_factory=AddressMappingTable)
    wireless_clients: WirelessClientTable = field(default_factory=WirelessClientTable)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that could not be read, in words; the rest of the observation stands."""

    failure: Failure
    detail: str


@dataclass(frozen=True, slots=True)
class Observation:
    """All that one address said by one means in one run.

    Attributes:
        agent_id: how the agent that spoke names itself; other after each installation.
    """

    address: str
    source: Source
    observed_at: datetime
    presence: Presence | None = None
    system: System | None = None
    identity: Identity | None = None
    interfaces: InterfaceTable = field(default_factory=InterfaceTable)
    components: ComponentTable = field(default_factory=ComponentTable)
    supplies: SupplyTable = field(default_factory=SupplyTable)
    storages: StorageTable = field(default_factory=StorageTable)
    processor_count: int | None = None
    memory_bytes: int | None = None
    agent_id: str | None = None
    links: Links = field(default_factory=Links)
    details: Details = field(default_factory=Details)
    problems: tuple[Problem, ...] = ()


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Observation)


def to_json(observation: Observation) -> bytes:
    """Encode for storage; the same observation always gives the same octets."""
    return _ENCODER.encode(observation)


def from_json(body: bytes) -> Observation:
    """Decode what ``to_json`` wrote.

    Raises:
        ValueError: the octets are not an observation (``msgspec.ValidationError`` is one).
    """
    return _DECODER.decode(body)
