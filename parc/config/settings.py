"""The settings as frozen dataclasses; defaults here, units and reasons in config.example.toml."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from collectors.observation import Category

DEFAULT_ASSET_CATEGORIES = tuple(
    category.value
    for category in (
        Category.SWITCH,
        Category.ROUTER,
        Category.FIREWALL,
        Category.ACCESS_POINT,
        Category.WIRELESS_CONTROLLER,
        Category.LOAD_BALANCER,
        Category.NETWORK,
        Category.PRINTER,
        Category.SERVER,
        Category.HYPERVISOR,
        Category.NAS,
        Category.SAN,
        Category.BMC,
        Category.UPS,
        Category.PDU,
        Category.POWER,
    )
)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where the web server listens and under which name it is known."""

    host: str = "127.0.0.1"
    port: int = 8000
    processes: int = 2
    threads: int = 4
    base_url: str = ""
    trusted_hosts: tuple[str, ...] = ()
    trusted_proxies: int = 0
    proxy_networks: tuple[str, ...] = ("127.0.0.1", "::1")

    @property
    def is_https(self) -> bool:
        """Tell whether browsers reach Parc by TLS, so that cookies may insist on it."""
        return self.base_url.startswith("https://")


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """Which database; empty means SQLite in the data folder."""

    url: str = ""


@dataclass(frozen=True, slots=True)
class InterfaceSettings:
    """Defaults of the pages."""

    language: str = "fr"
    time_zone: str = "Europe/Paris"
    organisation: str = ""
    asset_tag_pattern: str = "P{number:06d}"
    session_idle_minutes: int = 480
    session_days: int = 14
    undo_days: int = 90


@dataclass(frozen=True, slots=True)
class DiscoverySettings:
    """How the collectors work for all ranges."""

    runs_at_once: int = 2
    timeout_seconds: float = 2.0
    retries: int = 1
    device_seconds: int = 300
    observation_days: int = 90
    run_days: int = 365
    allow_public_addresses: bool = False
    nmap_path: str = ""
    definitions_folder: str = ""
    unsafe_share_percent: int = 30
    unsafe_minimum: int = 10
    gone_after_runs: int = 3
    source_silent_days: int = 30
    edge_port_addresses: int = 8
    link_days: int = 365


@dataclass(frozen=True, slots=True)
class IncidentSettings:
    """How incidents end."""

    close_days: int = 7


@dataclass(frozen=True, slots=True)
class InboxSettings:
    """What waits for a decision, how much of it one by one, and by when."""

    listed_per_run: int = 20
    guest_days: int = 14
    silent_days: int = 60
    closed_days: int = 365
    due_held_days: int = 1
    due_gone_days: int = 1
    due_conflict_days: int = 3
    due_address_days: int = 3
    due_stock_days: int = 7
    due_holder_days: int = 3
    due_seat_days: int = 14
    due_difference_days: int = 14
    due_unknown_days: int = 7
    due_silent_days: int = 14


@dataclass(frozen=True, slots=True)
class DocumentSettings:
    """Files that people add to contracts and other records."""

    max_megabytes: int = 20


@dataclass(frozen=True, slots=True)
class ImportSettings:
    """Files on their way into the inventory."""

    keep_days: int = 2
    watched_folder: str = ""
    watched_minutes: int = 5
    watched_apply: bool = False


@dataclass(frozen=True, slots=True)
class SoftwareSettings:
    """What is asked about found software, and where."""

    ask_support: bool = False
    support_url: str = "https://endoflife.date/api/v1"


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """Who may report inventories, how often, and what becomes of them."""

    is_enabled: bool = True
    networks: tuple[str, ...] = ()
    certificate_header: str = ""
    interval_hours: int = 24
    always_whole: bool = True
    keep_people: bool = True
    asset_categories: tuple[str, ...] = ("workstation", "server", "hypervisor", "virtual-machine")
    attached_assets: bool = True
    requests_per_minute: int = 240
    body_megabytes: int = 10
    most_waiting: int = 5_000


@dataclass(frozen=True, slots=True)
class MailSettings:
    """The mail server, and who is told of dates that come near."""

    host: str = ""
    port: int = 587
    security: str = "starttls"
    user: str = ""
    password_env: str = ""
    password_file: str = ""
    from_address: str = ""
    roles: tuple[str, ...] = ("manager", "administrator")
    addresses: tuple[str, ...] = ()
    timeout_seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class CredentialSettings:
    """One ``[[credential]]``; the secrets come from the environment or a named file."""

    name: str
    version: str = "v2c"
    port: int = 161
    community_env: str = ""
    community_file: str = ""
    user_name: str = ""
    auth_protocol: str = "none"
    auth_passphrase_env: str = ""
    auth_passphrase_file: str = ""
    priv_protocol: str = "none"
    priv_passphrase_env: str = ""
    priv_passphrase_file: str = ""
    context_name: str = ""
    networks: tuple[str, ...] = ()
    is_compatible: bool = False
    takes_other_sources: bool = False


@dataclass(frozen=True, slots=True)
class RangeSettings:
    """One ``[[range]]``; shown in the interface as managed by file."""

    name: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    site: str = ""
    every_minutes: int = 0
    cron: str = ""
    time_zone: str = "Europe/Paris"
    window_start: str = ""
    window_end: str = ""
    credentials: tuple[str, ...] = ()
    packets_per_second: int = 500
    devices_at_once: int = 50
    asset_categories: tuple[str, ...] = DEFAULT_ASSET_CATEGORIES
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Settings:
    """All of it; ``data_folder`` is absolute and holds database, master key and caches."""

    data_folder: Path
    server: ServerSettings = field(default_factory=ServerSettings)
    database: DatabaseSettings = field(default_factory=DatabaseSettings)
    interface: InterfaceSettings = field(default_factory=InterfaceSettings)
    discovery: DiscoverySettings = field(default_factory=DiscoverySettings)
    inbox: InboxSettings = field(default_factory=InboxSettings)
    incidents: IncidentSettings = field(default_factory=IncidentSettings)
    documents: DocumentSettings = field(default_factory=DocumentSettings)
    imports: ImportSettings = field(default_factory=ImportSettings)
    software: SoftwareSettings = field(default_factory=SoftwareSettings)
    agents: AgentSettings = field(default_factory=AgentSettings)
    mail: MailSettings = field(default_factory=MailSettings)
    credentials: tuple[CredentialSettings, ...] = ()
    ranges: tuple[RangeSettings, ...] = ()
    path: Path | None = None

    @property
    def database_url(self) -> str:
        """Give the SQLAlchemy address of the database."""
        return self.database.url or f"sqlite:///{self.data_folder / 'parc.db'}"

    @property
    def key_path(self) -> Path:
        """Give the file of the master key."""
        return self.data_folder / "master.key"
