"""Settings: frozen, read from TOML and then the environment, all problems told at once."""

from parc.config.loader import find_settings, load_settings
from parc.config.settings import (
    DEFAULT_ASSET_CATEGORIES,
    AgentSettings,
    CredentialSettings,
    DatabaseSettings,
    DiscoverySettings,
    DocumentSettings,
    ImportSettings,
    InboxSettings,
    IncidentSettings,
    InterfaceSettings,
    MailSettings,
    RangeSettings,
    ServerSettings,
    Settings,
)

__all__ = [
    "DEFAULT_ASSET_CATEGORIES",
    "AgentSettings",
    "CredentialSettings",
    "DatabaseSettings",
    "DiscoverySettings",
    "DocumentSettings",
    "ImportSettings",
    "InboxSettings",
    "IncidentSettings",
    "InterfaceSettings",
    "MailSettings",
    "RangeSettings",
    "ServerSettings",
    "Settings",
    "find_settings",
    "load_settings",
]
