"""The tables, one file an aggregate; importing this package loads them all."""

from parc.models.address_range import AddressRange, RangeCredential, ScheduleKind
from parc.models.asset import (
    Asset,
    AssetField,
    AuditEntry,
    Counter,
    Difference,
    LifecycleState,
    ValueSource,
)
from parc.models.base import Base
from parc.models.credential import Credential, CredentialSuccess
from parc.models.device import (
    CategorySign,
    Component,
    Device,
    DeviceStatus,
    Interface,
    Service,
    Storage,
    StoredObservation,
    Supply,
)
from parc.models.job import (
    JobRun,
    JobState,
    Run,
    RunPhase,
    RunState,
    RunTarget,
    RunTrigger,
    TargetOutcome,
)
from parc.models.link import (
    NO_VLAN,
    Attachment,
    BridgeVlan,
    MappedAddress,
    Neighbor,
    SwitchPort,
    WirelessStation,
)
from parc.models.location import Location, LocationKind
from parc.models.user import Role, SignInFailure, SignInLink, User, UserSession

__all__ = [
    "NO_VLAN",
    "AddressRange",
    "Asset",
    "AssetField",
    "Attachment",
    "AuditEntry",
    "Base",
    "BridgeVlan",
    "CategorySign",
    "Component",
    "Counter",
    "Credential",
    "CredentialSuccess",
    "Device",
    "DeviceStatus",
    "Difference",
    "Interface",
    "JobRun",
    "JobState",
    "LifecycleState",
    "Location",
    "LocationKind",
    "MappedAddress",
    "Neighbor",
    "RangeCredential",
    "Role",
    "Run",
    "RunPhase",
    "RunState",
    "RunTarget",
    "RunTrigger",
    "ScheduleKind",
    "Service",
    "SignInFailure",
    "SignInLink",
    "Storage",
    "StoredObservation",
    "Supply",
    "SwitchPort",
    "TargetOutcome",
    "User",
    "UserSession",
    "ValueSource",
    "WirelessStation",
]
