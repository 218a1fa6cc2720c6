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
from parc.models.base import Base, table_of
from parc.models.change_set import ChangeSet, ChangeSetKind, ChangeSetPart, ChangeSetState
from parc.models.credential import Credential, CredentialSuccess
from parc.models.detail import (
    Battery,
    Installation,
    LifeCount,
    LifeCountReading,
    ManagedDevice,
    Outlet,
    Tray,
)
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
from parc.models.ignored_key import IgnoredKey
from parc.models.inbox import InboxDevice, InboxEntry, InboxKind, InboxState
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
from parc.models.merged_asset import MergedAsset
from parc.models.user import Role, SignInFailure, SignInLink, User, UserSession

__all__ = [
    "NO_VLAN",
    "AddressRange",
    "Asset",
    "AssetField",
    "Attachment",
    "AuditEntry",
    "Base",
    "Battery",
    "BridgeVlan",
    "CategorySign",
    "ChangeSet",
    "ChangeSetKind",
    "ChangeSetPart",
    "ChangeSetState",
    "Component",
    "Counter",
    "Credential",
    "CredentialSuccess",
    "Device",
    "DeviceStatus",
    "Difference",
    "IgnoredKey",
    "InboxDevice",
    "InboxEntry",
    "InboxKind",
    "InboxState",
    "Installation",
    "Interface",
    "JobRun",
    "JobState",
    "LifeCount",
    "LifeCountReading",
    "LifecycleState",
    "Location",
    "LocationKind",
    "ManagedDevice",
    "MappedAddress",
    "MergedAsset",
    "Neighbor",
    "Outlet",
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
    "Tray",
    "User",
    "UserSession",
    "ValueSource",
    "WirelessStation",
    "table_of",
]
