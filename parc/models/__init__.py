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
from parc.models.location import Location, LocationKind
from parc.models.user import Role, SignInFailure, SignInLink, User, UserSession

__all__ = [
    "AddressRange",
    "Asset",
    "AssetField",
    "AuditEntry",
    "Base",
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
    "TargetOutcome",
    "User",
    "UserSession",
    "ValueSource",
]
