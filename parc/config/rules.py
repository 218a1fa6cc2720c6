"""What settings must satisfy beyond their types: bounds, words of a set, references."""

from __future__ import annotations

import difflib
import enum
import re
import zoneinfo
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from collectors.addresses import parse_networks
from collectors.credentials import AuthProtocol, PrivProtocol, SnmpVersion
from collectors.observation import Category
from parc.config.lines import Places
from parc.config.settings import (
    AgentSettings,
    CredentialSettings,
    MailSettings,
    RangeSettings,
)
from parc.errors import ConfigProblem

_BOUNDS: dict[tuple[str, str], tuple[float, float]] = {
    ("server", "port"): (1, 65535),
    ("server", "processes"): (1, 32),
    ("server", "threads"): (1, 64),
    ("server", "trusted_proxies"): (0, 5),
    ("interface", "session_idle_minutes"): (5, 10_080),
    ("interface", "session_days"): (1, 90),
    ("interface", "undo_days"): (1, 3650),
    ("discovery", "runs_at_once"): (1, 16),
    ("discovery", "timeout_seconds"): (0.1, 30),
    ("discovery", "retries"): (0, 5),
    ("discovery", "device_seconds"): (5, 3600),
    ("discovery", "observation_days"): (1, 3650),
    ("discovery", "run_days"): (1, 3650),
    ("discovery", "unsafe_share_percent"): (1, 100),
    ("discovery", "unsafe_minimum"): (1, 100_000),
    ("discovery", "gone_after_runs"): (1, 100),
    ("discovery", "source_silent_days"): (1, 3650),
    ("discovery", "edge_port_addresses"): (1, 1_000),
    ("discovery", "link_days"): (1, 3650),
    ("incidents", "close_days"): (1, 3650),
    ("inbox", "listed_per_run"): (0, 1_000),
    ("inbox", "guest_days"): (1, 3650),
    ("inbox", "silent_days"): (1, 3650),
    ("inbox", "closed_days"): (1, 3650),
    ("inbox", "due_held_days"): (0, 3650),
    ("inbox", "due_gone_days"): (0, 3650),
    ("inbox", "due_conflict_days"): (0, 3650),
    ("inbox", "due_address_days"): (0, 3650),
    ("inbox", "due_stock_days"): (0, 3650),
    ("inbox", "due_holder_days"): (0, 3650),
    ("inbox", "due_seat_days"): (0, 3650),
    ("inbox", "due_difference_days"): (0, 3650),
    ("inbox", "due_unknown_days"): (0, 3650),
    ("inbox", "due_silent_days"): (0, 3650),
    ("documents", "max_megabytes"): (1, 500),
    ("imports", "keep_days"): (1, 90),
    ("imports", "watched_minutes"): (1, 1_440),
    ("agents", "interval_hours"): (1, 168),
    ("agents", "requests_per_minute"): (1, 100_000),
    ("agents", "body_megabytes"): (1, 64),
    ("agents", "most_waiting"): (1, 1_000_000),
    ("mail", "port"): (1, 65535),
    ("mail", "timeout_seconds"): (1, 300),
    ("credential", "port"): (1, 65535),
    ("range", "every_minutes"): (0, 525_600),
    ("range", "packets_per_second"): (1, 20_000),
    ("range", "devices_at_once"): (1, 500),
}
_SECURITIES = ("none", "starttls", "tls")
_ROLES = ("read_only", "technician", "manager", "administrator")
_ADDRESS = re.compile(r"[^@\s<>()]+@[^@\s<>()]+")
_TIME = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")


class _Checker:
    def __init__(self, places: Places) -> None:
        self.places = places
        self.problems: list[ConfigProblem] = []

    def add(
        self,
        table: str,
        key: str,
        reason: str,
        position: int,
        near: Sequence[str] = (),
        value: str = "",
    ) -> None:
        close = difflib.get_close_matches(value, near, n=1) if value else []
        name, line = self.places.find(table, key, position)
        self.problems.append(ConfigProblem(name, reason, line, close[0] if close else None))

    def bounds(self, table: str, entry: Any, position: int = 0) -> None:
        for (name, key), (low, high) in _BOUNDS.items():
            if name == table and not low <= getattr(entry, key) <= high:
                self.add(table, key, f"must be between {low:g} and {high:g}", position)

    def word(
        self, table: str, key: str, value: str, words: type[enum.StrEnum], position: int
    ) -> None:
        known = [word.value for word in words]
        if value not in known:
            self.add(table, key, f"{value!r} is none of {', '.join(known)}", position, known, value)


def check_rules(
    places: Places,
    tables: dict[str, Any],
    credentials: Sequence[CredentialSettings],
    ranges: Sequence[RangeSettings],
) -> list[ConfigProblem]:
    """Give all problems of settings whose types are right.

    Networks, cron expressions and secrets are checked where ranges and credentials are saved
    (``parc.services``), by the same rules as the interface's.
    """
    checker = _Checker(places)
    for name, table in tables.items():
        checker.bounds(name, table)
    interface = tables["interface"]
    if interface.language not in ("fr", "en"):
        checker.add("interface", "language", "must be fr or en", 0)
    if not _formats_a_number(interface.asset_tag_pattern):
        checker.add("interface", "asset_tag_pattern", "must hold {number} once", 0)
    _zone(checker, "interface", interface.time_zone, 0)
    base_url = tables["server"].base_url
    if base_url and not re.match(r"^https?://[^/\s]+$", base_url):
        checker.add("server", "base_url", "must be like https://parc.example.org", 0)
    watched = tables["imports"].watched_folder
    if watched and not Path(watched).is_absolute():
        checker.add("imports", "watched_folder", "must be a whole path, such as /srv/parc/drop", 0)
    if not re.match(r"^https?://[^\s?#@]+$", tables["software"].support_url):
        checker.add("software", "support_url", "must be like https://endoflife.date/api/v1", 0)
    _networks(checker, "server", "proxy_networks", tables["server"].proxy_networks)
    _check_agents(checker, tables["agents"])
    _check_mail(checker, tables["mail"])
    _check_credentials(checker, credentials)
    _check_ranges(checker, ranges, [entry.name for entry in credentials])
    return checker.problems


def _check_mail(checker: _Checker, mail: MailSettings) -> None:
    if mail.security not in _SECURITIES:
        reason = f"{mail.security!r} is none of {', '.join(_SECURITIES)}"
        checker.add("mail", "security", reason, 0, _SECURITIES, mail.security)
    for role in mail.roles:
        if role not in _ROLES:
            reason = f"{role!r} is none of {', '.join(_ROLES)}"
            checker.add("mail", "roles", reason, 0, _ROLES, role)
    if mail.host and not _ADDRESS.fullmatch(mail.from_address):
        checker.add("mail", "from_address", "must be an address such as parc@example.org", 0)
    for address in mail.addresses:
        if not _ADDRESS.fullmatch(address):
            checker.add("mail", "addresses", f"{address!r} is no address of e-mail", 0)
    if mail.user and bool(mail.password_env) == bool(mail.password_file):
        reason = "give password_env or password_file, one of the two"
        checker.add("mail", "password_env", reason, 0)


def _formats_a_number(pattern: str) -> bool:
    try:
        return pattern.format(number=1) != pattern.format(number=2)
    except (KeyError, IndexError, ValueError, AttributeError):
        return False


def _zone(checker: _Checker, table: str, name: str, position: int) -> None:
    if name not in zoneinfo.available_timezones():
        near = sorted(zoneinfo.available_timezones())
        checker.add(table, "time_zone", f"{name!r} is no time zone", position, near, name)


def _networks(checker: _Checker, table: str, name: str, texts: Sequence[str]) -> None:
    for problem in parse_networks(texts)[1]:
        checker.add(table, name, f"{problem.text!r}: {problem.reason}", 0)


def _check_agents(checker: _Checker, agents: AgentSettings) -> None:
    _networks(checker, "agents", "networks", agents.networks)
    categories = [category.value for category in Category]
    for name in agents.asset_categories:
        if name not in categories:
            reason = f"{name!r} is no category"
            checker.add("agents", "asset_categories", reason, 0, categories, name)


def _check_credentials(checker: _Checker, credentials: Sequence[CredentialSettings]) -> None:
    seen: set[str] = set()
    for position, entry in enumerate(credentials):
        checker.bounds("credential", entry, position)
        checker.word("credential", "version", entry.version, SnmpVersion, position)
        checker.word("credential", "auth_protocol", entry.auth_protocol, AuthProtocol, position)
        checker.word("credential", "priv_protocol", entry.priv_protocol, PrivProtocol, position)
        if entry.name and entry.name in seen:
            checker.add("credential", "name", f"{entry.name!r} occurs twice", position)
        seen.add(entry.name)


def _check_ranges(checker: _Checker, ranges: Sequence[RangeSettings], names: list[str]) -> None:
    seen: set[str] = set()
    for position, entry in enumerate(ranges):
        checker.bounds("range", entry, position)
        _zone(checker, "range", entry.time_zone, position)
        if not entry.include:
            checker.add("range", "include", "needs at least one network or address", position)
        if entry.every_minutes and entry.cron:
            checker.add("range", "cron", "give every_minutes or cron, not both", position)
        _check_window(checker, entry, position)
        _check_references(checker, entry, names, position)
        if entry.name and entry.name in seen:
            checker.add("range", "name", f"{entry.name!r} occurs twice", position)
        seen.add(entry.name)


def _check_window(checker: _Checker, entry: RangeSettings, position: int) -> None:
    for key in ("window_start", "window_end"):
        value = getattr(entry, key)
        if value and not _TIME.match(value):
            checker.add("range", key, "must be a time like 22:30", position)
    if bool(entry.window_start) != bool(entry.window_end):
        checker.add("range", "window_end", "a window needs its start and its end", position)


def _check_references(
    checker: _Checker, entry: RangeSettings, names: list[str], position: int
) -> None:
    categories = [category.value for category in Category]
    for name in entry.credentials:
        if name not in names:
            checker.add("range", "credentials", f"no credential {name!r}", position, names, name)
    for name in entry.asset_categories:
        if name not in categories:
            reason = f"{name!r} is no category"
            checker.add("range", "asset_categories", reason, position, categories, name)
